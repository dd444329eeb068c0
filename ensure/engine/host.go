package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Plugins are the resource providers of a run.
type Plugins struct {
	// Simulated providers, by package name ("aws"), are made in process, anew for each
	// provider resource of an operation.
	Simulated map[string]func() (plugin.Provider, error)
	// OnlySimulated refuses every other provider instead of starting its plugin, and
	// keeps the engine from looking for plugins anywhere.
	OnlySimulated bool
	// Real are the packages, by name, whose plugins run although OnlySimulated is set.
	Real map[string]RealPlugin
	// Environment is added to the environment of the named provider's plugin, and of
	// no other process ("postgresql": {"ALL_PROXY": "socks5://..."}).
	Environment map[string]map[string]string
	// Versions are those of the packages that the run's own programs use, by package. They
	// serve older requests of the same major version, too.
	Versions map[string]semver.Version
	// Programs names the directory that the PATH of a plugin begins with, "" for none; nil
	// is none for all. It is asked whenever an operation asks for the plugin.
	Programs func(plugin string) (directory string, err error)
	// Identify tells the id by which a provider reads an object back that it makes from
	// inputs; provider are the inputs of the provider. ok is false when the cloud chooses
	// the id, and id is "" when what is made is in the state alone. nil is false for all.
	Identify func(typ string, inputs, provider resource.PropertyMap) (id string, ok bool)
	// Find lists the ids of the objects that creates of a resource have made, also of
	// those that were cut off, for what Identify does not find; nil when nobody can tell.
	Find func(ctx context.Context, urn, typ string, inputs resource.PropertyMap) (ids []string, err error)
	// Gone asks the cloud whether what a provider of a package, with these inputs, works on (a
	// cluster, a server) was deleted: reason says so, and is "" while it is there. An error
	// says that nobody could tell: then the provider is asked as if it were there. nil never
	// asks.
	Gone func(ctx context.Context, pkg string, inputs resource.PropertyMap) (reason string, err error)
}

// RealPlugin is a plugin that runs where others are simulated: in the version that is
// installed, whichever is asked for.
type RealPlugin struct {
	// Version is the one to fetch where none is installed; nil for what is asked for.
	Version *semver.Version
	// Between makes what stands between the engine and the plugin.
	Between func(plugin.Provider) plugin.Provider
}

// Host runs the provider plugins of a run. A plugin is started when an operation first
// needs it, and serves all that ask for the same package, major version, environment and
// configuration until the host is closed; one operation at a time.
type Host struct {
	plugins Plugins

	mutex     sync.Mutex // for what follows
	processes []*process
	closed    bool
	unheard   []error                   // what plugins complained of while no operation ran
	newest    map[string]semver.Version // by package and major version, that was asked for
	said      map[string]bool           // what operations were told once
	there     map[string]bool           // what Plugins.Gone found there, by package and inputs
}

var errClosed = errors.New("the plugin host is closed")

// NewHost describes a host. Nothing is started before an operation needs it.
func NewHost(plugins Plugins) *Host { return &Host{plugins: plugins} }

// Close ends all plugins. Each has five seconds to end by itself. No operation may run,
// or begin afterwards.
func (h *Host) Close() error {
	h.mutex.Lock()
	ending := h.processes
	h.processes, h.closed = nil, true
	h.mutex.Unlock()
	h.end(ending)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	failures := h.unheard
	h.unheard = nil
	return errors.Join(failures...)
}

// end ends processes side by side and waits for all.
func (h *Host) end(processes []*process) {
	var ending sync.WaitGroup
	for _, p := range processes {
		ending.Go(p.close)
	}
	ending.Wait()
}

// reserve gives a session a process that was started as wanted and has the
// configuration, or has none yet and then is meant to get it; "" stands for any. It
// makes a new one if there is none.
func (h *Host) reserve(session *session, wanted origin, configuration string) (*process, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.closed {
		return nil, fmt.Errorf("start provider %q: %w", wanted.descriptor.Name, errClosed)
	}
	var chosen *process
	for _, p := range h.processes {
		if p.origin.key != wanted.key || p.spent || p.session != nil && p.session != session {
			continue
		}
		if p.configuration == configuration {
			chosen = p // nothing is better
			break
		}
		if chosen == nil && (p.configuration == "" || configuration == "") {
			chosen = p
		}
	}
	if chosen == nil {
		chosen = &process{host: h, origin: wanted}
		h.processes = append(h.processes, chosen)
	}
	if chosen.session = session; configuration != "" {
		chosen.configuration = configuration
	}
	return chosen, nil
}

// release takes back what a session has, and ends what cannot be used again.
func (h *Host) release(session *session) {
	h.mutex.Lock()
	var ending, staying []*process
	for _, p := range h.processes {
		if p.session == session && p.spent {
			ending = append(ending, p)
		} else {
			staying = append(staying, p)
		}
	}
	h.processes = staying
	h.mutex.Unlock()
	h.end(ending) // while the session still hears them
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, p := range h.processes {
		if p.session == session {
			p.session = nil
		}
	}
}

// of lists the processes that a session has.
func (h *Host) of(session *session) []*process {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	var found []*process
	for _, p := range h.processes {
		if p.session == session {
			found = append(found, p)
		}
	}
	return found
}

// drop ends a process that does not work.
func (h *Host) drop(broken *process) {
	h.mutex.Lock()
	for i, p := range h.processes {
		if p == broken {
			h.processes = append(h.processes[:i:i], h.processes[i+1:]...)
			break
		}
	}
	h.mutex.Unlock()
	broken.close()
}

// workingDirectory is where programs and plugins run.
func workingDirectory() (string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the working directory: %w", err)
	}
	return directory, nil
}
