package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// runtimeName is the runtime of inline programs. It is not part of a stack's identity.
const runtimeName = "go"

// session is the engine's plugin host for one operation: Pulumi's own, except that the
// program runs in this process, and so do simulated providers, and that plugins are lent
// from the Host. The engine closes it at the end, and whoever made it, too.
type session struct {
	plugin.Host // serves what the program calls back

	host    *Host
	context *plugin.Context
	program *program
	log     sink
	heard   bool // somebody listens to the operation
	status  sink // what plugins wait for; nil for nobody listens
	named   []workspace.ProjectPlugin
	creates func(urn string, inputs resource.PropertyMap) resource.PropertyMap // see Operation.CreateWith
	seeds   map[resource.URN][]byte                                            // see constraints
	there   map[resource.URN]bool                                              // what the state has
	closing sync.Once
	failure error // of closing

	mutex     sync.Mutex // for what follows
	simulated []plugin.Provider
	canceled  bool
	reasons   map[resource.URN]string // why a cluster cannot be reached, see explained
	deleted   map[string]bool         // the URNs of providers of what is gone
}

// newSession begins to serve an operation on a stack whose state is before. plan is what
// an apply is held to, or nil.
func (h *Host) newSession(ctx context.Context, operation Operation, before *deploy.Snapshot, plan *Plan, log sink) (*session, error) {
	if h == nil {
		return nil, errors.New("the operation has no plugin host")
	}
	h.mutex.Lock()
	closed := h.closed
	h.mutex.Unlock()
	if closed {
		return nil, errClosed
	}
	named, err := h.installed(before)
	if err != nil {
		return nil, err
	}
	directory, err := workingDirectory()
	if err != nil {
		return nil, err
	}
	pluginContext, err := plugin.NewContextWithRoot(context.WithoutCancel(ctx), log, discard(), nil,
		directory, directory, nil, false, nil, nil, nil, nil, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("start plugin host: %w", err)
	}
	made := &session{
		Host: pluginContext.Host, host: h, context: pluginContext, log: log, named: named, there: map[resource.URN]bool{},
		creates: operation.CreateWith, heard: operation.Events != nil || operation.Channel != nil || operation.Display != nil,
		program: newProgram(ctx, operation, pluginContext.Host.ServerAddr(), log),
	}
	if plan != nil {
		made.seeds = plan.constraints.seeds
	}
	made.log = made.withoutReasons(log)
	if before != nil {
		for _, state := range before.Resources {
			made.there[state.URN] = made.there[state.URN] || !state.Delete
		}
	}
	return made, nil
}

// GetProjectPlugins implements plugin.Host.
func (s *session) GetProjectPlugins() []workspace.ProjectPlugin { return s.named }

// Provider implements plugin.Host.
func (s *session) Provider(descriptor workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	plugins := s.host.plugins
	if simulate, ok := plugins.Simulated[descriptor.Name]; ok {
		provider, err := simulate()
		if err != nil {
			return nil, err
		}
		if says, ok := provider.(interface {
			LogTo(func(severity diag.Severity, urn resource.URN, message string))
		}); ok {
			says.LogTo(s.log)
		}
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.simulated = append(s.simulated, provider)
		return &overlay{Provider: provider, session: s, name: descriptor.Name}, nil
	}
	part, real := plugins.Real[descriptor.Name]
	if plugins.OnlySimulated && !real {
		return nil, fmt.Errorf("provider %q is not simulated in the sandbox", descriptor.Name)
	}
	if real {
		var err error
		if descriptor, err = part.installed(descriptor); err != nil {
			return nil, err
		}
	}
	environment, err := plugins.environment(descriptor.Name, e.GetStore())
	if err != nil {
		return nil, fmt.Errorf("start provider %q: %w", descriptor.Name, err)
	}
	if real {
		lent, err := s.lendExactly(descriptor, environment)
		if err != nil {
			return nil, err
		}
		return &overlay{Provider: part.Between(lent), session: s, name: descriptor.Name}, nil
	}
	lent, err := s.lend(descriptor, environment)
	if err != nil {
		return nil, err
	}
	return &overlay{Provider: lent, session: s, name: descriptor.Name}, nil
}

// environment is the whole environment of a plugin: what the engine gives, and over it
// the plugin's own.
func (p Plugins) environment(name string, given env.Store) (env.MapStore, error) {
	all := maps.Collect(given.Values())
	maps.Copy(all, p.Environment[name])
	if p.Programs == nil {
		return all, nil
	}
	directory, err := p.Programs(name)
	if err != nil || directory == "" {
		return all, err
	}
	path, ok := all["PATH"]
	if !ok {
		path = os.Getenv("PATH")
	}
	if all["PATH"] = directory; path != "" { // an empty element is the working directory
		all["PATH"] += string(os.PathListSeparator) + path
	}
	return all, nil
}

// acquire gets a running process with a configuration; see Host.reserve.
func (s *session) acquire(wanted origin, configuration string) (*process, error) {
	for {
		s.mutex.Lock()
		canceled := s.canceled
		s.mutex.Unlock()
		if canceled {
			return nil, fmt.Errorf("start provider %q: %w", wanted.descriptor.Name, ErrCanceled)
		}
		p, err := s.host.reserve(s, wanted, configuration)
		if err != nil {
			return nil, err
		}
		if err = p.ready(s.context.Request(), s); err == nil {
			return p, nil
		}
		s.host.drop(p)
		if !errors.Is(err, errDead) {
			return nil, err
		}
	}
}

// LanguageRuntime implements plugin.Host.
func (s *session) LanguageRuntime(string) (plugin.LanguageRuntime, error) { return s.program, nil }

// EnsurePlugins implements plugin.Host: providers are started when first needed.
func (s *session) EnsurePlugins([]workspace.PluginDescriptor, plugin.Flags) error { return nil }

// ResolvePlugin implements plugin.Host.
func (s *session) ResolvePlugin(spec workspace.PluginDescriptor) (*workspace.PluginInfo, error) {
	plugins := s.host.plugins
	if part, real := plugins.Real[spec.Name]; real {
		var err error
		if spec, err = part.installed(spec); err != nil {
			return nil, err
		}
		return s.Host.ResolvePlugin(spec)
	}
	if _, ok := plugins.Simulated[spec.Name]; ok || plugins.OnlySimulated {
		return &workspace.PluginInfo{Name: spec.Name, Kind: spec.Kind, Version: spec.Version}, nil
	}
	return s.Host.ResolvePlugin(spec)
}

// SignalCancellation implements plugin.Host: the plugins end what they are doing, and
// are not used again.
func (s *session) SignalCancellation() error {
	s.mutex.Lock()
	s.canceled = true
	simulated := s.simulated
	s.mutex.Unlock()
	failures := []error{s.program.Cancel()}
	for _, provider := range simulated {
		failures = append(failures, provider.SignalCancellation(s.context.Request()))
	}
	for _, p := range s.host.of(s) {
		failures = append(failures, p.cancel(s.context.Request()))
	}
	return errors.Join(failures...)
}

// Close implements plugin.Host: it ends the program, and gives the plugins back.
func (s *session) Close() error {
	s.closing.Do(func() {
		s.program.end()
		s.host.release(s)
		s.mutex.Lock()
		simulated := s.simulated
		s.simulated = nil
		s.mutex.Unlock()
		var failures []error
		for _, provider := range simulated {
			failures = append(failures, provider.Close())
		}
		s.failure = errors.Join(append(failures, s.context.Close())...)
	})
	return s.failure
}
