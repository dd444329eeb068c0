package ensure

import (
	"context"
	"errors"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/azure"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
)

// errSandboxOnly is the answer of all that this version of ptd does not reach yet.
var errSandboxOnly = errors.New("this version of ptd works in the sandbox only: pass --sandbox (or set PTD_SANDBOX=1)")

// Real is the Environment of the real clouds. Provider plugins are Pulumi's own. What
// needs a target's credentials (state, accounts, clusters, tunnels) this version of ptd
// cannot reach yet: it is an error, the first of them before anything runs.
type Real struct{ plugins hosts }

// OpenReal opens the real clouds; nothing is asked of them yet.
func OpenReal() *Real {
	r := &Real{}
	r.plugins.plugins = func(target *config.Target) engine.Plugins {
		return engine.Plugins{Gone: deleted{r.AWS(), target}.gone}
	}
	return r
}

// Prepare implements Environment.
func (r *Real) Prepare(*config.Target) error { return errSandboxOnly }

// Backend implements Environment.
func (r *Real) Backend(*config.Target) (*engine.Backend, error) { return nil, errSandboxOnly }

// Host implements Environment.
func (r *Real) Host(target *config.Target) *engine.Host { return r.plugins.of(target) }

// AWS implements Environment.
func (r *Real) AWS() aws.Cloud { return unreached{errSandboxOnly} }

// Azure implements Environment.
func (r *Real) Azure() azure.Cloud { return unreached{errSandboxOnly} }

// Clusters implements Environment.
func (r *Real) Clusters(*config.Target) kubernetes.Clusters { return unreached{errSandboxOnly} }

// Databases implements Environment.
func (r *Real) Databases(*config.Target) postgresql.Servers { return unreached{errSandboxOnly} }

// Unawaited implements Environment.
func (r *Real) Unawaited() bool { return false }

// OpenTunnel implements Environment.
func (r *Real) OpenTunnel(context.Context, *config.Target) (note string, err error) {
	return "", errSandboxOnly
}

// Close implements Environment.
func (r *Real) Close() error { return r.plugins.close() }

// unreached is every edge that cannot be reached yet, and why.
type unreached struct{ reason error }

func (u unreached) Account(context.Context, string, string) (aws.Account, error) {
	return nil, u.reason
}

func (u unreached) Subscription(context.Context, string, string) (azure.Subscription, error) {
	return nil, u.reason
}

func (u unreached) Cluster(context.Context, string) (kubernetes.Cluster, error) {
	return nil, u.reason
}

func (u unreached) Contents(context.Context, string, string, string) (*postgresql.Contents, error) {
	return nil, u.reason
}
