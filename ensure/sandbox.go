package ensure

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/sandbox"
	sandboxaws "github.com/ptd-go/ptd/providers/sandbox/aws"
	sandboxeks "github.com/ptd-go/ptd/providers/sandbox/eks"
	sandboxkubernetes "github.com/ptd-go/ptd/providers/sandbox/kubernetes"
	sandboxpostgresql "github.com/ptd-go/ptd/providers/sandbox/postgresql"
	sandboxrandom "github.com/ptd-go/ptd/providers/sandbox/random"
	sandboxtls "github.com/ptd-go/ptd/providers/sandbox/tls"
	"github.com/ptd-go/ptd/stacks/config"
)

// simulated are the providers that the sandbox has, by package name, but eks, which is
// made of them.
var simulated = map[string]func(*sandbox.Cloud) *sandbox.Provider{
	"aws":        sandboxaws.New,
	"kubernetes": sandboxkubernetes.With(kubernetesOptions),
	"postgresql": sandboxpostgresql.New,
	"random":     sandboxrandom.New,
	"tls":        sandboxtls.New,
}

// kubernetesOptions make the simulated operator know a Site as the real one does.
var kubernetesOptions = sandboxkubernetes.Options{SiteSchema: config.SiteDefinition()}

// OpenSandbox opens the sandbox in a directory, making it when it does not exist.
// State is kept at <directory>/state/<target>, the simulated cloud in cloud.json.
func OpenSandbox(directory string) (*Environment, error) {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	cloud, err := sandbox.Open(directory)
	if err != nil {
		return nil, err
	}
	engine.UseKeyFile(filepath.Join(directory, "state", "key"))
	providers := map[string]func() (plugin.Provider, error){}
	for name, provider := range simulated {
		providers[name] = func() (plugin.Provider, error) { return provider(cloud), nil }
	}
	providers["eks"] = func() (plugin.Provider, error) { return sandboxeks.New(), nil }
	environment := &Environment{
		Accounts:   sandboxaws.Accounts(cloud),
		Clusters:   sandboxkubernetes.Clusters(cloud, kubernetesOptions),
		newBackend: sandboxBackend(directory),
		providers: func() engine.Plugins {
			return engine.Plugins{
				Simulated: providers, OnlySimulated: true,
				Find: func(ctx context.Context, urn, typ string, _ resource.PropertyMap) ([]string, error) {
					return cloud.Find(ctx, urn, typ)
				},
			}
		},
		objects: cloud.List,
		tunnel:  "the sandbox reaches the private network without the tunnel that a real run would start here",
		close:   cloud.Close,
	}
	environment.prepare = func(target *config.Target) error {
		if workload := target.AWSWorkload; workload != nil && workload.AllowUnknownSiteFields {
			// The operator is newer than what ptd knows of it.
			newer := sandboxkubernetes.Options{}
			environment.Clusters = sandboxkubernetes.Clusters(cloud, newer)
			providers["kubernetes"] = func() (plugin.Provider, error) { return sandboxkubernetes.With(newer)(cloud), nil }
		}
		return declareExternal(cloud, target)
	}
	return environment, nil
}

func sandboxBackend(directory string) func(*config.Target) engine.BackendOptions {
	return func(target *config.Target) engine.BackendOptions {
		return engine.BackendOptions{
			URL:             "file://" + filepath.ToSlash(filepath.Join(directory, "state", target.Name)),
			SecretsProvider: engine.KeyFileScheme + "://default",
		}
	}
}

// ResetSandbox deletes a sandbox: its cloud, its state and its keys.
func ResetSandbox(directory string) error {
	if _, err := os.Stat(directory); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return sandbox.Reset(directory)
}

// Object is one thing in the sandbox's cloud.
type Object struct {
	Provider string `json:"provider"`
	Type     string `json:"type"`
	ID       string `json:"id"`
	Name     string `json:"name"`
	Account  string `json:"account,omitempty"`
	Region   string `json:"region,omitempty"`
	// External is true for what the configuration names as owned by others.
	External bool `json:"external,omitempty"`
}

// Objects lists what is in the sandbox's cloud.
func (e *Environment) Objects() ([]Object, error) {
	if e.objects == nil {
		return nil, errors.New("only a sandbox can list its objects")
	}
	list, err := e.objects()
	if err != nil {
		return nil, err
	}
	objects := make([]Object, len(list))
	for i, object := range list {
		objects[i] = Object{
			Provider: object.Provider, Type: object.Type, ID: object.ID, Name: object.Name(),
			Account: object.Account, Region: object.Region, External: object.External,
		}
	}
	return objects, nil
}
