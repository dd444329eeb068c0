package kubernetes

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"

	"github.com/ptd-go/ptd/providers/sandbox"
)

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
		User struct{ Exec *sandbox.Credential }
	}
}

// kubeContext is where a kubeconfig leads.
type kubeContext struct {
	server     string
	credential *sandbox.Credential
}

// Server is the address of the cluster to which the kubeconfig in the inputs of a provider
// leads.
func Server(in sandbox.Inputs) (string, error) {
	context, err := currentContext(in)
	if err != nil {
		return "", err
	}
	return context.server, nil
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
				found.credential, hasUser = user.User.Exec, true
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
