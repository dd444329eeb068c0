package ensure

import (
	"context"
	"errors"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// errSandboxOnly is the answer of all that this version of ptd does not reach yet.
var errSandboxOnly = errors.New("this version of ptd works in the sandbox only: pass --sandbox (or set PTD_SANDBOX=1)")

// Real is the Environment of the real clouds. State is where a target's configuration
// says, and provider plugins are Pulumi's own. Accounts, clusters and tunnels, which this
// version of ptd cannot reach yet, are errors, the first of them before anything runs.
type Real struct {
	states   backends
	programs programs
}

// OpenReal opens the real clouds; nothing is asked of them yet.
func OpenReal() *Real {
	return &Real{states: backends{options: func(target *config.Target) engine.BackendOptions {
		return engine.BackendOptions{URL: target.BackendURL(), SecretsProvider: target.SecretsProviderURL()}
	}}}
}

// Prepare implements Environment.
func (r *Real) Prepare(*config.Target) error { return errSandboxOnly }

// Backend implements Environment.
func (r *Real) Backend(target *config.Target) *engine.Backend { return r.states.of(target) }

// Plugins implements Environment.
func (r *Real) Plugins(*config.Target) engine.Plugins { return r.programs.serve(engine.Plugins{}) }

// AWS implements Environment.
func (r *Real) AWS() aws.Cloud { return unreached{} }

// Clusters implements Environment.
func (r *Real) Clusters(*config.Target) kubernetes.Clusters { return unreached{} }

// OpenTunnel implements Environment.
func (r *Real) OpenTunnel(context.Context, *config.Target) (note string, err error) {
	return "", errSandboxOnly
}

// Close implements Environment.
func (r *Real) Close() error { return errors.Join(r.states.close(), r.programs.close()) }

// unreached are the accounts and clusters that cannot be reached yet.
type unreached struct{}

func (unreached) Account(context.Context, string, string) (aws.Account, error) {
	return nil, errSandboxOnly
}

func (unreached) Cluster(context.Context, string) (kubernetes.Cluster, error) {
	return nil, errSandboxOnly
}
