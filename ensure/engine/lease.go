package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// lease is a plugin as the engine has it for one provider resource. Until it is
// configured any process answers; then it is the one that has the configuration.
type lease struct {
	plugin.NotForwardCompatibleProvider // a new method has to be decided on here

	session *session
	origin  origin

	mutex      sync.Mutex      // for what follows
	configured plugin.Provider // nil until then
}

// any is a process that answers what needs no configuration.
func (l *lease) any() (*process, error) { return l.session.acquire(l.source(), "") }

func (l *lease) source() origin {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.origin
}

// bound is the configured process.
func (l *lease) bound() (plugin.Provider, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.configured == nil {
		return nil, fmt.Errorf("provider %q is not configured", l.origin.descriptor.Name)
	}
	return l.configured, nil
}

// Configure implements plugin.Provider.
func (l *lease) Configure(ctx context.Context, request plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	bind := func(provider plugin.Provider) {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.configured = provider
	}
	if request.Inputs.ContainsUnknowns() {
		// Pulumi asks no plugin then, and answers itself. No process is spoiled for it.
		provider := plugin.NewProviderWithClient(l.session.context, l.Pkg(), nil, false)
		bind(provider)
		return provider.Configure(ctx, request)
	}
	settings := request.Inputs.Copy()
	delete(settings, "version")           // the engine's note of which plugin to start
	inputs, err := json.Marshal(settings) // with keys in order
	if err != nil {
		return plugin.ConfigureResponse{}, fmt.Errorf("configure provider %q: %w", l.Pkg(), err)
	}
	p, err := l.session.acquire(l.source(), digest(inputs))
	if err != nil {
		return plugin.ConfigureResponse{}, err
	}
	bind(p.provider)
	return p.configure(ctx, request)
}

// Close implements plugin.Provider: the session gives everything back at its end.
func (l *lease) Close() error { return nil }

// SignalCancellation implements plugin.Provider: the session tells the processes.
func (l *lease) SignalCancellation(context.Context) error { return nil }

// Pkg implements plugin.Provider.
func (l *lease) Pkg() tokens.Package { return tokens.Package(l.origin.descriptor.Name) }

// Parameterize implements plugin.Provider: what makes another package of a plugin is a
// part of its origin.
func (l *lease) Parameterize(_ context.Context, request plugin.ParameterizeRequest) (plugin.ParameterizeResponse, error) {
	source := l.source()
	wanted, err := newOrigin(source.descriptor, source.environment, &request)
	if err != nil {
		return plugin.ParameterizeResponse{}, err
	}
	p, err := l.session.acquire(wanted, "")
	if err != nil {
		return plugin.ParameterizeResponse{}, err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.origin = wanted
	return *p.parameters, nil
}

// Handshake implements plugin.Provider.
func (l *lease) Handshake(ctx context.Context, request plugin.ProviderHandshakeRequest) (*plugin.ProviderHandshakeResponse, error) {
	return unconfigured(ctx, l, request, plugin.Provider.Handshake)
}

// GetSchema implements plugin.Provider.
func (l *lease) GetSchema(ctx context.Context, request plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	return unconfigured(ctx, l, request, plugin.Provider.GetSchema)
}

// GetMapping implements plugin.Provider.
func (l *lease) GetMapping(ctx context.Context, request plugin.GetMappingRequest) (plugin.GetMappingResponse, error) {
	return unconfigured(ctx, l, request, plugin.Provider.GetMapping)
}

// GetMappings implements plugin.Provider.
func (l *lease) GetMappings(ctx context.Context, request plugin.GetMappingsRequest) (plugin.GetMappingsResponse, error) {
	return unconfigured(ctx, l, request, plugin.Provider.GetMappings)
}

// CheckConfig implements plugin.Provider.
func (l *lease) CheckConfig(ctx context.Context, request plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	return unconfigured(ctx, l, request, plugin.Provider.CheckConfig)
}

// DiffConfig implements plugin.Provider.
func (l *lease) DiffConfig(ctx context.Context, request plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return unconfigured(ctx, l, request, plugin.Provider.DiffConfig)
}

// GetPluginInfo implements plugin.Provider.
func (l *lease) GetPluginInfo(ctx context.Context) (plugin.PluginInfo, error) {
	return unconfigured(ctx, l, struct{}{}, func(provider plugin.Provider, ctx context.Context, _ struct{}) (plugin.PluginInfo, error) {
		return provider.GetPluginInfo(ctx)
	})
}

// Check implements plugin.Provider.
func (l *lease) Check(ctx context.Context, request plugin.CheckRequest) (plugin.CheckResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Check)
}

// Diff implements plugin.Provider.
func (l *lease) Diff(ctx context.Context, request plugin.DiffRequest) (plugin.DiffResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Diff)
}

// Create implements plugin.Provider.
func (l *lease) Create(ctx context.Context, request plugin.CreateRequest) (plugin.CreateResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Create)
}

// Read implements plugin.Provider.
func (l *lease) Read(ctx context.Context, request plugin.ReadRequest) (plugin.ReadResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Read)
}

// Update implements plugin.Provider.
func (l *lease) Update(ctx context.Context, request plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Update)
}

// Delete implements plugin.Provider.
func (l *lease) Delete(ctx context.Context, request plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Delete)
}

// Construct implements plugin.Provider.
func (l *lease) Construct(ctx context.Context, request plugin.ConstructRequest) (plugin.ConstructResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Construct)
}

// Invoke implements plugin.Provider.
func (l *lease) Invoke(ctx context.Context, request plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Invoke)
}

// Call implements plugin.Provider.
func (l *lease) Call(ctx context.Context, request plugin.CallRequest) (plugin.CallResponse, error) {
	return configured(ctx, l, request, plugin.Provider.Call)
}

// unconfigured asks any process of the lease's plugin.
func unconfigured[Q, A any](ctx context.Context, l *lease, request Q, ask func(plugin.Provider, context.Context, Q) (A, error)) (answer A, err error) {
	p, err := l.any()
	if err != nil {
		return answer, err
	}
	return ask(p.provider, ctx, request)
}

// configured asks the process that has the lease's configuration.
func configured[Q, A any](ctx context.Context, l *lease, request Q, ask func(plugin.Provider, context.Context, Q) (A, error)) (answer A, err error) {
	provider, err := l.bound()
	if err != nil {
		return answer, err
	}
	return ask(provider, ctx, request)
}

var _ plugin.Provider = (*lease)(nil)
