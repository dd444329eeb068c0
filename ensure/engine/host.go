package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
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
	// Versions are the plugins that the programs need from the engine, by package
	// name, for providers that the programs do not pin.
	Versions map[string]semver.Version
	// Find looks for the object that an interrupted create may have made; nil when the
	// providers cannot tell. found is false when there surely is none.
	Find func(ctx context.Context, urn, typ string, inputs resource.PropertyMap) (id string, found bool, err error)
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
func newHost(ctx context.Context, directory string, plugins Plugins, run pulumi.RunFunc,
	log func(diag.Severity, resource.URN, string),
) (*host, error) {
	h := &host{plugins: plugins}
	pluginContext, err := plugin.NewContextWithRoot(context.WithoutCancel(ctx), sink(log), discard(), nil,
		directory, directory, nil, false, nil, nil, nil, nil, nil, schema.NewLoaderServerFromHost)
	if err != nil {
		return nil, fmt.Errorf("start plugin host: %w", err)
	}
	h.Host = pluginContext.Host
	h.program = &program{ctx: ctx, run: run, host: h}
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
	return h.Host.Provider(descriptor, env.NewEnv(env.JoinStore(own, e.GetStore())))
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

// program is the language runtime of one inline program.
type program struct {
	plugin.LanguageRuntime // nil: the engine calls nothing else for a running program

	ctx  context.Context
	run  pulumi.RunFunc
	host *host
}

// Run implements plugin.LanguageRuntime.
func (p *program) Run(info plugin.RunInfo) (failure string, bail bool, err error) {
	if p.run == nil {
		return "", false, errors.New("operation has no program")
	}
	defer func() {
		// A panic in a program must not skip the writing of state.
		if r := recover(); r != nil {
			failure = fmt.Sprintf("program panicked: %v", r)
		}
	}()
	settings := map[string]string{}
	for key, value := range info.Config {
		settings[key.String()] = value
	}
	program, err := pulumi.NewContext(context.WithoutCancel(p.ctx), pulumi.RunInfo{
		Project: info.Project, Stack: info.Stack, Organization: info.Organization,
		Config: settings, Parallel: info.Parallel, DryRun: info.DryRun,
		MonitorAddr: info.MonitorAddress, EngineAddr: p.host.ServerAddr(),
	})
	if err != nil {
		return "", false, fmt.Errorf("connect program to engine: %w", err)
	}
	defer program.Close()
	if err := pulumi.RunWithContext(program, p.run); err != nil {
		return err.Error(), false, nil
	}
	return "", false, nil
}

// GetRequiredPackages implements plugin.LanguageRuntime.
func (p *program) GetRequiredPackages(plugin.ProgramInfo) ([]workspace.PackageDescriptor, error) {
	var packages []workspace.PackageDescriptor
	for name, version := range p.host.plugins.Versions {
		packages = append(packages, workspace.NewPackageDescriptor(
			workspace.PluginDescriptor{Name: name, Kind: "resource", Version: &version}, nil))
	}
	return packages, nil
}

// GetPluginInfo implements plugin.LanguageRuntime.
func (p *program) GetPluginInfo() (plugin.PluginInfo, error) { return plugin.PluginInfo{}, nil }

// Close implements plugin.LanguageRuntime.
func (p *program) Close() error { return nil }

// Cancel implements plugin.LanguageRuntime: the engine refuses the program's next
// registration, which ends it.
func (p *program) Cancel() error { return nil }

var _ plugin.LanguageRuntime = (*program)(nil)
