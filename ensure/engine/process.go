package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// process is a running plugin, with a Pulumi host of its own that serves what it calls
// back: so that what it says reaches the operation that it works for. A plugin is
// configured once; that is why another configuration is another process.
type process struct {
	host   *Host
	origin origin

	// Guarded by the host's mutex.
	configuration string   // the digest of what it is, or will be, configured with; "" for none yet
	session       *session // the operation that has it; nil for none
	spent         bool     // it was told to cancel, it died, or it could not be configured

	mutex      sync.Mutex // for what follows
	context    *plugin.Context
	provider   plugin.Provider
	failure    error    // that it did not start
	seen       *session // the operation for which it was last seen alive
	configured bool
	parameters *plugin.ParameterizeResponse
}

// origin is what a plugin is started from. Equal keys are for equal plugins.
type origin struct {
	key         string
	descriptor  workspace.PluginDescriptor
	environment env.MapStore
	parameters  *plugin.ParameterizeRequest // nil for most
}

// newOrigin describes a plugin with its whole environment.
func newOrigin(descriptor workspace.PluginDescriptor, environment env.MapStore, parameters *plugin.ParameterizeRequest) (origin, error) {
	key, err := json.Marshal([]any{descriptor, environment, parameters}) // with keys in order
	if err != nil {
		return origin{}, fmt.Errorf("start provider %q: %w", descriptor.Name, err)
	}
	return origin{digest(key), descriptor, environment, parameters}, nil
}

// errDead says that a plugin which was idle no longer answers.
var errDead = errors.New("the plugin no longer answers")

// ready starts the plugin if it does not run, and makes sure, once an operation, that
// it lives.
func (p *process) ready(ctx context.Context, session *session) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch {
	case p.failure != nil || p.seen == session:
		return p.failure
	case p.provider == nil:
		p.seen, p.failure = session, p.start(ctx)
		return p.failure
	}
	if _, err := p.provider.GetPluginInfo(ctx); err != nil {
		return errDead
	}
	p.seen = session
	return nil
}

func (p *process) start(ctx context.Context) error {
	directory, err := workingDirectory()
	if err != nil {
		return err
	}
	p.context, err = plugin.NewContextWithRoot(context.WithoutCancel(ctx), sink(p.log), sink(p.status), nil,
		directory, directory, nil, false, nil, nil, nil, nil, nil, nil)
	if err != nil {
		return fmt.Errorf("start plugin host: %w", err)
	}
	started := false
	options := p.context.DialOptions
	p.context.DialOptions = func(description any) []grpc.DialOption {
		var list []grpc.DialOption
		if options != nil {
			list = options(description)
		}
		return append(list, grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, request, reply any,
			connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
		) error {
			err := invoke(ctx, method, request, reply, connection, options...)
			// Until it has started, it is called until it answers.
			if code := status.Code(err); started && (code == codes.Unavailable || err != nil && path.Base(method) == "Configure") {
				p.spend()
			}
			return err
		}))
	}
	p.provider, err = p.context.Host.Provider(p.origin.descriptor, env.NewEnv(p.origin.environment))
	if err != nil {
		return err // as it is: the engine installs a plugin that is missing
	}
	started = true
	if p.origin.parameters == nil {
		return nil
	}
	response, err := p.provider.Parameterize(ctx, *p.origin.parameters)
	p.parameters = &response
	return err
}

// configure configures the plugin, unless it was before. That this fails is known when
// the plugin is first used.
func (p *process) configure(ctx context.Context, request plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.configured {
		return plugin.ConfigureResponse{}, nil
	}
	p.configured = true
	response, err := p.provider.Configure(ctx, request)
	if err != nil {
		p.spend()
	}
	return response, err
}

// spend keeps the process from being used again.
func (p *process) spend() {
	p.host.mutex.Lock()
	defer p.host.mutex.Unlock()
	p.spent = true
}

// cancel tells the plugin to end what it is doing.
func (p *process) cancel(ctx context.Context) error {
	p.spend()
	p.mutex.Lock()
	provider := p.provider
	p.mutex.Unlock()
	if provider == nil {
		return nil
	}
	if err := provider.SignalCancellation(ctx); err != nil {
		return fmt.Errorf("tell provider %q to cancel: %w", p.origin.descriptor.Name, err)
	}
	return nil
}

// close ends the plugin.
func (p *process) close() {
	p.spend()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.context == nil {
		return
	}
	if err := p.context.Close(); err != nil {
		p.log(diag.Warning, "", fmt.Sprintf("end provider %q: %v", p.origin.descriptor.Name, err))
	}
	p.context = nil
}

// log hands what the plugin says to the operation that has it.
func (p *process) log(severity diag.Severity, urn resource.URN, message string) {
	p.host.mutex.Lock()
	session, spent := p.session, p.spent
	if session == nil && (severity == diag.Warning || severity == diag.Error) {
		p.host.unheard = append(p.host.unheard, fmt.Errorf("provider %q: %s", p.origin.descriptor.Name, message))
	}
	p.host.mutex.Unlock()
	if session == nil {
		return
	}
	if spent && severity == diag.Error {
		severity = diag.Warning // its last words; what came of it is an error of its own
	}
	session.log(severity, urn, message)
}

// status hands what the plugin waits for to the operation that has it.
func (p *process) status(severity diag.Severity, urn resource.URN, message string) {
	p.host.mutex.Lock()
	session := p.session
	p.host.mutex.Unlock()
	if session != nil && session.status != nil {
		session.status(severity, urn, message)
	}
}
