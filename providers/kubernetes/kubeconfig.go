package kubernetes

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/ptd-go/ptd/files"
)

// Kubeconfig is a kubeconfig that a user named, with the content of every file that it
// refers to.
type Kubeconfig struct {
	path   string
	config *clientcmdapi.Config
}

// ReadKubeconfig reads the kubeconfig at a path. It is an error if the file, or one that it
// refers to, cannot be read, or if it leads to no cluster.
func ReadKubeconfig(path string) (*Kubeconfig, error) {
	config, err := load(path)
	// What it holds is secret, so the decoder's own message, which quotes it, is left out.
	if failure := (*fs.PathError)(nil); errors.As(err, &failure) {
		return nil, fmt.Errorf("read the kubeconfig %s: %w", path, failure)
	}
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig %s: it is no kubeconfig: neither YAML nor JSON, or with keys of the wrong type", path)
	}
	read := &Kubeconfig{path, config}
	for _, name := range read.contexts() {
		if err := read.check(name); err != nil {
			return nil, fmt.Errorf("read the kubeconfig %s: %w", path, err)
		}
	}
	if len(config.Contexts) == 0 {
		return nil, fmt.Errorf("read the kubeconfig %s: it has no context, so it leads to no cluster", path)
	}
	return read, nil
}

// maxKubeconfig bounds a kubeconfig, and each of the files that it refers to.
const maxKubeconfig = 1 << 20

// load reads a kubeconfig as client-go does, which would wait where one of the files is a pipe.
func load(path string) (*clientcmdapi.Config, error) {
	content, err := files.Read(path, maxKubeconfig)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.Load(content)
	if err != nil {
		return nil, err
	}
	var named []string
	for _, cluster := range config.Clusters {
		cluster.LocationOfOrigin = path
	}
	for _, user := range config.AuthInfos {
		user.LocationOfOrigin = path
	}
	if err := clientcmd.ResolveLocalPaths(config); err != nil {
		return nil, err
	}
	for _, cluster := range config.Clusters {
		named = append(named, cluster.CertificateAuthority)
	}
	for _, user := range config.AuthInfos {
		named = append(named, user.ClientCertificate, user.ClientKey, user.TokenFile)
	}
	for _, name := range named {
		if name == "" {
			continue
		}
		if err := files.Check(name); err != nil {
			return nil, err
		}
	}
	return config, clientcmdapi.FlattenConfig(config)
}

// contexts are the names of all contexts, sorted.
func (k *Kubeconfig) contexts() []string {
	var names []string
	for name := range k.config.Contexts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// check finds what a context lacks to lead to a cluster.
func (k *Kubeconfig) check(name string) error {
	context := k.config.Contexts[name]
	if cluster := k.config.Clusters[context.Cluster]; cluster == nil || cluster.Server == "" {
		return fmt.Errorf("its context %q names the cluster %q, which has no server", name, context.Cluster)
	}
	if context.AuthInfo != "" && k.config.AuthInfos[context.AuthInfo] == nil {
		return fmt.Errorf("its context %q names the user %q, which it does not have", name, context.AuthInfo)
	}
	return nil
}

// Context chooses for each of clusters a context: the one that has the cluster's name, else
// the current one. It is an error if there is none, or if two clusters would be one.
func (k *Kubeconfig) Context(clusters ...string) (map[string]string, error) {
	chosen, servers := map[string]string{}, map[string]string{}
	for _, name := range clusters {
		context := name
		if k.config.Contexts[name] == nil {
			context = k.config.CurrentContext
		}
		if k.config.Contexts[context] == nil {
			return nil, fmt.Errorf("the kubeconfig %s has neither a context %q nor a current one; it has %s",
				k.path, name, strings.Join(k.contexts(), ", "))
		}
		server := k.Server(context)
		if other, taken := servers[server]; taken {
			return nil, fmt.Errorf("the kubeconfig %s leads to %s for the cluster %s and for the cluster %s: "+
				"give it a context for each, of the cluster's name, on servers of their own", k.path, server, other, name)
		}
		chosen[name], servers[server] = context, name
	}
	return chosen, nil
}

// Server is the address of the cluster that a context leads to, "" when there is no such
// context.
func (k *Kubeconfig) Server(context string) string {
	named := k.config.Contexts[context]
	if named == nil || k.config.Clusters[named.Cluster] == nil {
		return ""
	}
	return k.config.Clusters[named.Cluster].Server
}

// Text is the kubeconfig of one context alone, which holds secrets.
func (k *Kubeconfig) Text(context string) (string, error) {
	text, err := clientcmd.Write(*k.only(context))
	if err != nil {
		return "", fmt.Errorf("write the kubeconfig of context %q of %s: %w", context, k.path, err)
	}
	return string(text), nil
}

// only is the kubeconfig with nothing but what one context needs.
func (k *Kubeconfig) only(context string) *clientcmdapi.Config {
	alone := k.config.DeepCopy()
	alone.CurrentContext = context
	_ = clientcmdapi.MinifyConfig(alone) // it fails where there is no such context
	return alone
}

// CurrentServer is the address of the cluster to which the current context of a kubeconfig's
// text leads, "" when it leads to none.
func CurrentServer(text string) string {
	config, err := clientcmd.Load([]byte(text))
	if err != nil {
		return ""
	}
	return (&Kubeconfig{config: config}).Server(config.CurrentContext)
}
