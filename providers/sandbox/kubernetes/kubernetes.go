// Package kubernetes simulates the Kubernetes provider of Pulumi on the clusters of a
// sandbox: a cluster must be there, objects decode strictly into their API types, and
// a custom resource needs a definition and follows its schema.
package kubernetes

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// Options say what the simulation knows from outside.
type Options struct {
	// SiteSchema is the OpenAPI v3 schema of a Site, which the Team Operator's chart brings;
	// nil takes any Site.
	SiteSchema map[string]any
}

// New makes the simulated provider, with no options.
func New(cloud *sandbox.Cloud) *sandbox.Provider { return With(Options{})(cloud) }

// With makes simulated providers with options.
func With(options Options) func(cloud *sandbox.Cloud) *sandbox.Provider {
	s := &simulation{options}
	pkg := &sandbox.Package{
		Name:                name,
		Types:               map[string]sandbox.Type{releaseType: s.releases()},
		Resolve:             s.resolve,
		Adapt:               s.adapt,
		Configure:           configure,
		ReplacedByConfigure: true,
		Connect:             connect,
	}
	return func(cloud *sandbox.Cloud) *sandbox.Provider { return sandbox.NewProvider(cloud, pkg) }
}

const name = "kubernetes"

// simulation is the provider with its options.
type simulation struct{ options Options }

// cluster is the one that an operation works on.
func (s *simulation) cluster(o *sandbox.Operation) *cluster {
	return &cluster{cloud: o.Cloud, account: o.Account, options: s.options}
}

// define builds a definition that a chart brings.
func (options Options) define(group group, kind string) map[string]any {
	if kind == "Site" && options.SiteSchema != nil {
		return definitionObject(schema.GroupVersionKind{Group: group.Group, Version: group.Version, Kind: kind}, "sites", "", options.SiteSchema)
	}
	return group.definition(kind)
}

// clusters are the types of clusters, with the output that holds their address.
var clusters = map[string]string{
	eksClusterType: "endpoint",
	"azure-native:containerservice:ManagedCluster": "fqdn",
}

// configure finds the cluster that objects belong to: the identifier that the program
// gives, which a changed address leaves alone, or the address.
func configure(in sandbox.Inputs) (account, region string, err error) {
	for _, property := range []string{"namespace", "renderYamlToDirectory", "kubeClientSettings"} {
		if _, ok := in[property]; ok {
			return "", "", fmt.Errorf("the sandbox does not simulate the property %s of the provider", property)
		}
	}
	if identifier, ok := in.Text("clusterIdentifier"); ok {
		return identifier, "", nil
	}
	if in["kubeconfig"] == sandbox.Unknown {
		return "", "", nil
	}
	context, err := currentContext(in)
	if err != nil {
		return "", "", err
	}
	return context.server, "", nil
}

// kubeconfig is the part of a kubeconfig that names a server.
type kubeconfig struct {
	CurrentContext string `yaml:"current-context"`
	Contexts       []struct {
		Name    string
		Context struct{ Cluster, User string }
	}
	Clusters []struct {
		Name    string
		Cluster struct{ Server string }
	}
	Users []struct {
		Name string
		User struct{ Exec *execPlugin }
	}
}

// execPlugin is a command that gets a credential.
type execPlugin struct {
	Command string
	Args    []string
}

// check refuses what would get no credential for a cluster.
func (e *execPlugin) check(cluster string) error {
	if e.Command != "ptd" {
		return fmt.Errorf("getting credentials: exec: executable %s not found: only ptd itself is on the machine", e.Command)
	}
	if len(e.Args) != 3 || e.Args[0] != "token" {
		return fmt.Errorf("getting credentials: exec: executable ptd failed: `ptd %s` is not `ptd token <target> <cluster>`", strings.Join(e.Args, " "))
	}
	if e.Args[2] != cluster {
		return fmt.Errorf("Unauthorized: the server has asked for the client to provide credentials: ptd got those of cluster %s for cluster %s", e.Args[2], cluster)
	}
	return nil
}

// kubeContext is where a kubeconfig leads.
type kubeContext struct {
	server string
	exec   *execPlugin
}

// currentContext reads where the kubeconfig of a provider leads.
func currentContext(in sandbox.Inputs) (*kubeContext, error) {
	content, ok := in.Text("kubeconfig")
	if !ok {
		return nil, errors.New("no kubeconfig is configured: the sandbox reads none from the environment")
	}
	var read kubeconfig
	// What it holds is secret, so the parser's own message, which quotes it, is left out.
	if err := yaml.Unmarshal([]byte(content), &read); err != nil {
		return nil, errors.New("the kubeconfig is neither YAML nor JSON")
	}
	wanted, _ := in.Text("context")
	wanted = cmp.Or(wanted, read.CurrentContext)
	for _, context := range read.Contexts {
		if context.Name != wanted {
			continue
		}
		found := &kubeContext{}
		hasUser := false
		for _, user := range read.Users {
			if user.Name == context.Context.User {
				found.exec, hasUser = user.User.Exec, true
			}
		}
		if !hasUser {
			return nil, fmt.Errorf("context %q of the kubeconfig names user %q, which it does not have", wanted, context.Context.User)
		}
		for _, cluster := range read.Clusters {
			if cluster.Name == context.Context.Cluster && cluster.Cluster.Server != "" {
				found.server = cluster.Cluster.Server
				return found, nil
			}
		}
		return nil, fmt.Errorf("context %q of the kubeconfig names cluster %q, which has no server", wanted, context.Context.Cluster)
	}
	return nil, fmt.Errorf("the kubeconfig has no context %q", wanted)
}

// connect makes sure that a cluster answers at the address, that it is the one that the
// identifier names, and that it lets the caller in.
func connect(cloud *sandbox.Cloud, in sandbox.Inputs) error {
	context, err := currentContext(in)
	if err != nil {
		return fmt.Errorf("connect to the Kubernetes cluster: %w", err)
	}
	for typ, output := range clusters {
		for _, cluster := range cloud.OfType(typ) {
			host := cluster.String(output)
			if host == "" || host != context.server && "https://"+host+":443" != context.server {
				continue
			}
			if typ == eksClusterType {
				err = enter(cloud, cluster, context, in)
			}
			if err != nil {
				err = fmt.Errorf("connect to the Kubernetes cluster: %w", err)
			}
			return err
		}
	}
	return fmt.Errorf("connect to the Kubernetes cluster: no cluster answers at %s", context.server)
}

// enter checks what EKS checks, and that the identifier is that of the cluster.
func enter(cloud *sandbox.Cloud, cluster *sandbox.Object, context *kubeContext, in sandbox.Inputs) error {
	identifier, _ := in.Text("clusterIdentifier")
	if arn := cluster.String("arn"); strings.HasPrefix(identifier, "arn:") && arn != "" && identifier != arn {
		return fmt.Errorf("the kubeconfig leads to the cluster %s, and clusterIdentifier is %s", arn, identifier)
	}
	if context.exec != nil {
		if err := context.exec.check(clusterName(cluster)); err != nil {
			return err
		}
	}
	return authorize(cloud, cluster)
}
