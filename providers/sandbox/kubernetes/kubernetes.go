// Package kubernetes simulates the Kubernetes provider of Pulumi on the clusters of a
// sandbox: a cluster must be there, objects decode strictly into their API types, and
// a custom resource needs a definition and follows its schema.
package kubernetes

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// New makes the simulated provider.
func New(cloud *sandbox.Cloud) *sandbox.Provider { return sandbox.NewProvider(cloud, pkg) }

const name = "kubernetes"

var pkg = &sandbox.Package{
	Name:                name,
	Resolve:             resolve,
	Configure:           configure,
	ReplacedByConfigure: true,
	Connect:             connect,
}

// clusters are the types of clusters, with the output that holds their address.
var clusters = map[string]string{
	"aws:eks/cluster:Cluster":                      "endpoint",
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
	server, err := server(in)
	return server, "", err
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
	Users []named
}

type named struct{ Name string }

// server returns the address that a kubeconfig leads to.
func server(in sandbox.Inputs) (string, error) {
	content, ok := in.Text("kubeconfig")
	if !ok {
		return "", errors.New("no kubeconfig is configured: the sandbox reads none from the environment")
	}
	var read kubeconfig
	// What it holds is secret, so the parser's own message, which quotes it, is left out.
	if err := yaml.Unmarshal([]byte(content), &read); err != nil {
		return "", errors.New("the kubeconfig is neither YAML nor JSON")
	}
	wanted, _ := in.Text("context")
	wanted = cmp.Or(wanted, read.CurrentContext)
	for _, context := range read.Contexts {
		if context.Name != wanted {
			continue
		}
		if !slices.Contains(read.Users, named{context.Context.User}) {
			return "", fmt.Errorf("context %q of the kubeconfig names user %q, which it does not have", wanted, context.Context.User)
		}
		for _, cluster := range read.Clusters {
			if cluster.Name == context.Context.Cluster && cluster.Cluster.Server != "" {
				return cluster.Cluster.Server, nil
			}
		}
		return "", fmt.Errorf("context %q of the kubeconfig names cluster %q, which has no server", wanted, context.Context.Cluster)
	}
	return "", fmt.Errorf("the kubeconfig has no context %q", wanted)
}

// connect makes sure that a cluster answers at the address.
func connect(cloud *sandbox.Cloud, in sandbox.Inputs) error {
	address, err := server(in)
	if err != nil {
		return fmt.Errorf("connect to the Kubernetes cluster: %w", err)
	}
	for typ, output := range clusters {
		for _, cluster := range cloud.OfType(typ) {
			if host := cluster.String(output); host != "" && (host == address || "https://"+host+":443" == address) {
				return nil
			}
		}
	}
	return fmt.Errorf("connect to the Kubernetes cluster: no cluster answers at %s", address)
}
