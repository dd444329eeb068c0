package ensure

import (
	"context"
	"errors"
	"sync"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/azure"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
)

// Environment is what runs touch outside of themselves: clouds, state backends, provider
// plugins and tunnels. A Sandbox simulates all of them, Real reaches them.
type Environment interface {
	// Prepare readies the environment for a target, before anything of it runs.
	Prepare(target *config.Target) error
	// Backend keeps the state of a target's stacks; it is one for all of them.
	Backend(target *config.Target) (*engine.Backend, error)
	// Host runs the provider plugins of a target's stacks; it is one for all of them.
	Host(target *config.Target) *engine.Host
	// AWS reaches AWS accounts, Azure its subscriptions.
	AWS() aws.Cloud
	Azure() azure.Cloud
	// Clusters reaches the Kubernetes clusters of a target, Databases its database servers.
	Clusters(target *config.Target) kubernetes.Clusters
	Databases(target *config.Target) postgresql.Servers
	// Unawaited says that nothing in the clusters does what controllers do: what they would
	// make is not waited for.
	Unawaited() bool
	// OpenTunnel opens the way into a target's private network, which stays open until
	// Close; note says what the user should know of it, if anything.
	OpenTunnel(ctx context.Context, target *config.Target) (note string, err error)
	// Close releases what the environment holds.
	Close() error
}

// backends are state backends by target, each opened once.
type backends struct {
	options func(target *config.Target) engine.BackendOptions

	mutex  sync.Mutex
	opened map[string]*engine.Backend
}

func (b *backends) of(target *config.Target) *engine.Backend {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.opened == nil {
		b.opened = map[string]*engine.Backend{}
	}
	if b.opened[target.Name] == nil {
		b.opened[target.Name] = engine.NewBackend(b.options(target))
	}
	return b.opened[target.Name]
}

func (b *backends) close() error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var failures []error
	for _, backend := range b.opened {
		failures = append(failures, backend.Close())
	}
	return errors.Join(failures...)
}
