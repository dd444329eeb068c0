package engine

import (
	"context"
	"fmt"
	"os"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Plugins are the resource providers of an operation.
type Plugins struct {
	// Simulated providers, by package name ("aws"), are made in process, anew for each
	// operation.
	Simulated map[string]func() (plugin.Provider, error)
	// OnlySimulated refuses every other provider instead of starting its plugin.
	OnlySimulated bool
	// Environment is added to the environment of the named provider's plugin, and of
	// no other process ("postgresql": {"ALL_PROXY": "socks5://..."}).
	Environment map[string]map[string]string
	// Programs names the directory that the PATH of a plugin begins with, "" for none; nil
	// is none for all. It is asked when the plugin starts.
	Programs func(plugin string) (directory string, err error)
	// Versions are the plugins that the programs need from the engine, by package
	// name, for providers that the programs do not pin.
	Versions map[string]semver.Version
	// Find lists the ids of the objects that creates of a resource have made, also of
	// those that were cut off; nil when the providers cannot tell.
	Find func(ctx context.Context, urn, typ string, inputs resource.PropertyMap) (ids []string, err error)
}

// runtimeName is the runtime of inline programs. It is not part of a stack's identity.
const runtimeName = "go"

// host is the engine's plugin host for one operation: Pulumi's own, except that the
// program runs in this process, and so do simulated providers.
type host struct {
	plugin.Host
	plugins Plugins
	program *program
}

// newHost starts Pulumi's host, which serves what plugins call back. The engine
// closes it at the end of the operation.
func newHost(ctx context.Context, directory string, operation Operation, log sink) (*host, error) {
	h := &host{plugins: operation.Plugins}
	pluginContext, err := plugin.NewContextWithRoot(context.WithoutCancel(ctx), log, discard(), nil,
		directory, directory, nil, false, nil, nil, nil, nil, nil, schema.NewLoaderServerFromHost)
	if err != nil {
		return nil, fmt.Errorf("start plugin host: %w", err)
	}
	h.Host = pluginContext.Host
	h.program = &program{ctx: ctx, run: operation.Program, executable: operation.Executable, host: h, log: log}
	return h, nil
}

// Provider implements plugin.Host.
func (h *host) Provider(descriptor workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	if simulate, ok := h.plugins.Simulated[descriptor.Name]; ok {
		return simulate()
	}
	if h.plugins.OnlySimulated {
		return nil, fmt.Errorf("provider %q is not simulated in the sandbox", descriptor.Name)
	}
	own := env.MapStore{}
	for name, value := range h.plugins.Environment[descriptor.Name] {
		own[name] = value
	}
	given := e.GetStore()
	if h.plugins.Programs != nil {
		directory, err := h.plugins.Programs(descriptor.Name)
		if err != nil {
			return nil, fmt.Errorf("start provider %q: %w", descriptor.Name, err)
		}
		if directory != "" {
			own["PATH"] = before(directory, env.JoinStore(own, given))
		}
	}
	return h.Host.Provider(descriptor, env.NewEnv(env.JoinStore(own, given)))
}

// before is the PATH of an environment, else ptd's own, after a directory.
func before(directory string, environment env.Store) string {
	path, ok := environment.Raw("PATH")
	if !ok {
		path = os.Getenv("PATH")
	}
	if path == "" {
		return directory
	}
	return directory + string(os.PathListSeparator) + path
}

// LanguageRuntime implements plugin.Host.
func (h *host) LanguageRuntime(string) (plugin.LanguageRuntime, error) { return h.program, nil }

// EnsurePlugins implements plugin.Host: providers are started when first needed.
func (h *host) EnsurePlugins([]workspace.PluginDescriptor, plugin.Flags) error { return nil }

// ResolvePlugin implements plugin.Host.
func (h *host) ResolvePlugin(spec workspace.PluginDescriptor) (*workspace.PluginInfo, error) {
	if _, ok := h.plugins.Simulated[spec.Name]; ok || h.plugins.OnlySimulated {
		return &workspace.PluginInfo{Name: spec.Name, Kind: spec.Kind, Version: spec.Version}, nil
	}
	return h.Host.ResolvePlugin(spec)
}

// sink hands what programs and plugins log to the operation's events.
type sink func(severity diag.Severity, urn resource.URN, message string)

func (s sink) Logf(severity diag.Severity, d *diag.Diag, args ...any) {
	message := d.Message
	if !d.Raw {
		message = fmt.Sprintf(message, args...)
	}
	s(severity, d.URN, message)
}
func (s sink) Debugf(d *diag.Diag, args ...any)   { s.Logf(diag.Debug, d, args...) }
func (s sink) Infof(d *diag.Diag, args ...any)    { s.Logf(diag.Info, d, args...) }
func (s sink) Infoerrf(d *diag.Diag, args ...any) { s.Logf(diag.Infoerr, d, args...) }
func (s sink) Errorf(d *diag.Diag, args ...any)   { s.Logf(diag.Error, d, args...) }
func (s sink) Warningf(d *diag.Diag, args ...any) { s.Logf(diag.Warning, d, args...) }
func (s sink) Stringify(severity diag.Severity, d *diag.Diag, args ...any) (string, string) {
	return string(severity), fmt.Sprintf(d.Message, args...)
}
