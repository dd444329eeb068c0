package ensure

import (
	"errors"
	"sync"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/stacks/config"
)

// Environment is what a run touches outside of itself: clouds, state backends,
// provider plugins and tunnels. OpenSandbox makes a simulated one.
type Environment struct {
	// Accounts reaches the cloud accounts of actions, Clusters the Kubernetes clusters.
	Accounts aws.Cloud
	Clusters kubernetes.Clusters

	newBackend func(target *config.Target) engine.BackendOptions
	providers  func() engine.Plugins
	programs   programs
	// prepare readies the environment for a target; objects lists what is in it.
	prepare func(target *config.Target) error
	objects func() ([]sandbox.Object, error)
	// tunnel says what happens instead of a tunnel into the private network.
	tunnel string
	close  func() error

	mutex    sync.Mutex
	backends map[string]*engine.Backend
	plugged  *engine.Host // nil until an operation needs it
	told     bool
}

// Real reaches the real clouds, which this version of ptd cannot yet.
func Real() (*Environment, error) {
	return nil, errors.New("this version of ptd works in the sandbox only: pass --sandbox (or set PTD_SANDBOX=1)")
}

// backend returns the state backend of a target, one for all its stacks.
func (e *Environment) backend(target *config.Target) *engine.Backend {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.backends == nil {
		e.backends = map[string]*engine.Backend{}
	}
	if e.backends[target.Name] == nil {
		e.backends[target.Name] = engine.NewBackend(e.newBackend(target))
	}
	return e.backends[target.Name]
}

// host runs the provider plugins of all operations.
func (e *Environment) host() *engine.Host {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.plugged == nil {
		e.plugged = engine.NewHost(e.plugins())
	}
	return e.plugged
}

// wouldTunnel says once what stands in for the tunnel.
func (e *Environment) wouldTunnel(r *run, tailscale bool) {
	if tailscale || e.told || e.tunnel == "" {
		return
	}
	e.told = true
	r.say(Info, "%s", e.tunnel)
}

// Close releases what the environment holds.
func (e *Environment) Close() error {
	var failures []error
	if e.plugged != nil {
		failures = append(failures, e.plugged.Close())
	}
	for _, backend := range e.backends {
		failures = append(failures, backend.Close())
	}
	failures = append(failures, e.programs.close())
	if e.close != nil {
		failures = append(failures, e.close())
	}
	return errors.Join(failures...)
}
