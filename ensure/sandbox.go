package ensure

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/azure"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/providers/sandbox"
	sandboxaws "github.com/ptd-go/ptd/providers/sandbox/aws"
	sandboxeks "github.com/ptd-go/ptd/providers/sandbox/eks"
	sandboxkubernetes "github.com/ptd-go/ptd/providers/sandbox/kubernetes"
	sandboxpostgresql "github.com/ptd-go/ptd/providers/sandbox/postgresql"
	sandboxrandom "github.com/ptd-go/ptd/providers/sandbox/random"
	sandboxtls "github.com/ptd-go/ptd/providers/sandbox/tls"
	"github.com/ptd-go/ptd/stacks/config"
)

// Sandbox is an Environment that simulates every cloud, in a directory, but for the parts
// that are to be real.
type Sandbox struct {
	directory string
	real      RealParts
	cloud     *sandbox.Cloud
	states    backends
	plugins   hosts
}

// OpenSandbox opens the sandbox in a directory, which the first change makes.
// State is kept at <directory>/state/<target>, the simulated cloud in cloud.json.
func OpenSandbox(directory string) (*Sandbox, error) { return OpenSandboxWith(directory, RealParts{}) }

// OpenSandboxWith opens the sandbox in a directory as OpenSandbox does, with real parts: the
// plugins of those packages, on what was given, and everything else simulated.
func OpenSandboxWith(directory string, real RealParts) (*Sandbox, error) {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	cloud, err := sandbox.Open(directory, sandboxaws.Package(), sandboxkubernetes.Package(), sandboxpostgresql.Package())
	if err != nil {
		return nil, err
	}
	return &Sandbox{
		directory: directory, real: real, cloud: cloud, states: backends{options: sandboxBackend(directory, cloud.Make)},
		plugins: hosts{plugins: func(target *config.Target) engine.Plugins {
			return real.serve(cloud, target, simulatedPlugins(cloud, target))
		}},
	}, nil
}

// Prepare implements Environment: what the configuration names as existing and owned by
// others is there, and the real parts are where they were.
func (s *Sandbox) Prepare(target *config.Target) error {
	now, err := s.real.placesOf(target)
	if err != nil {
		return err
	}
	record, err := recordPlaces(s.directory, target, now)
	if err != nil {
		return err
	}
	if record != nil {
		s.cloud.BeforeWriting(record)
	}
	return declareExternal(s.cloud, target)
}

// Backend implements Environment.
func (s *Sandbox) Backend(target *config.Target) (*engine.Backend, error) {
	return s.states.of(target), nil
}

// Host implements Environment: all plugins are simulated but for those of the real parts.
func (s *Sandbox) Host(target *config.Target) *engine.Host { return s.plugins.of(target) }

func simulatedPlugins(cloud *sandbox.Cloud, target *config.Target) engine.Plugins {
	simulated := map[string]func() (plugin.Provider, error){
		"eks": func() (plugin.Provider, error) { return sandboxeks.New(), nil },
	}
	for name, provider := range map[string]func(*sandbox.Cloud) *sandbox.Provider{
		"aws":        sandboxaws.New,
		"kubernetes": sandboxkubernetes.With(kubernetesOptions(target)),
		"postgresql": sandboxpostgresql.New,
		"random":     sandboxrandom.New,
		"tls":        sandboxtls.New,
	} {
		simulated[name] = func() (plugin.Provider, error) { return provider(cloud), nil }
	}
	return engine.Plugins{
		Simulated: simulated, OnlySimulated: true,
		Find: func(ctx context.Context, urn, typ string, _ resource.PropertyMap) ([]string, error) {
			return cloud.Find(ctx, urn, typ)
		},
		Gone: deleted{sandboxaws.Accounts(cloud), target}.gone,
	}
}

// AWS implements Environment.
func (s *Sandbox) AWS() aws.Cloud { return sandboxaws.Accounts(s.cloud) }

// Azure implements Environment: no Azure is simulated yet.
func (s *Sandbox) Azure() azure.Cloud {
	return unreached{errors.New("the sandbox does not simulate Azure yet")}
}

// Databases implements Environment.
func (s *Sandbox) Databases(*config.Target) postgresql.Servers {
	if s.real.PostgreSQL != nil {
		return realServers{s.real.PostgreSQL}
	}
	return sandboxpostgresql.Servers(s.cloud)
}

// Clusters implements Environment.
func (s *Sandbox) Clusters(target *config.Target) kubernetes.Clusters {
	simulated := sandboxkubernetes.Clusters(s.cloud, kubernetesOptions(target))
	if s.real.Kubernetes != nil {
		return &realClusters{simulated, s.real, target}
	}
	return simulated
}

// Unawaited implements Environment.
func (s *Sandbox) Unawaited() bool { return s.real.Unawaited }

// OpenTunnel implements Environment: nothing is opened, which the note says.
func (s *Sandbox) OpenTunnel(context.Context, *config.Target) (note string, err error) {
	if s.real.Kubernetes != nil || s.real.PostgreSQL != nil {
		return "the sandbox reaches what is real as it was named, and the rest without the tunnel that a real run would start here", nil
	}
	return "the sandbox reaches the private network without the tunnel that a real run would start here", nil
}

// Close implements Environment.
func (s *Sandbox) Close() error {
	return errors.Join(s.plugins.close(), s.states.close(), s.cloud.Close())
}

// kubernetesOptions make the simulated operator know a Site as the real one does, unless
// the target's operator is newer than what ptd knows of it.
func kubernetesOptions(target *config.Target) sandboxkubernetes.Options {
	if workload := target.AWSWorkload; workload != nil && workload.AllowUnknownSiteFields {
		return sandboxkubernetes.Options{}
	}
	return sandboxkubernetes.Options{SiteSchema: config.SiteDefinition}
}

func sandboxBackend(directory string, prepare func() error) func(*config.Target) engine.BackendOptions {
	return func(target *config.Target) engine.BackendOptions {
		return engine.BackendOptions{
			URL:             (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(directory, "state", target.Name))}).String(),
			SecretsProvider: engine.KeyFileScheme + "://default", KeyFile: filepath.Join(directory, "state", "key"),
			Prepare: prepare,
		}
	}
}

// ResetSandbox deletes what ptd has made in a sandbox: its cloud, its state and its keys. left
// are files of others, which stay.
func ResetSandbox(directory string) (left []string, err error) { return sandbox.Reset(directory) }

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

// Objects lists what is in the sandbox's clouds.
func (s *Sandbox) Objects() ([]Object, error) {
	list, err := s.cloud.List()
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
