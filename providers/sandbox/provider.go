package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Provider is a configured simulated provider.
type Provider struct {
	plugin.UnimplementedProvider

	pkg             *Package
	cloud           *Cloud
	account, region string
	inputs          Inputs
	unknown         bool // what it was configured with, in a preview
	log             func(severity diag.Severity, urn resource.URN, message string)
}

// NewProvider makes a provider of a package that works on a cloud.
func NewProvider(cloud *Cloud, pkg *Package) *Provider { return &Provider{cloud: cloud, pkg: pkg} }

// LogTo hands what the provider has to say of resources to log; nobody hears it else.
func (p *Provider) LogTo(log func(severity diag.Severity, urn resource.URN, message string)) {
	p.log = log
}

// Pkg implements plugin.Provider.
func (p *Provider) Pkg() tokens.Package { return tokens.Package(p.pkg.Name) }

// GetPluginInfo implements plugin.Provider.
func (p *Provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{Version: &semver.Version{}}, nil
}

// Close implements plugin.Provider.
func (p *Provider) Close() error { return nil }

// SignalCancellation implements plugin.Provider: every operation here is short.
func (p *Provider) SignalCancellation(context.Context) error { return nil }

// CheckConfig implements plugin.Provider.
func (p *Provider) CheckConfig(_ context.Context, r plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: r.News}, nil
}

// DiffConfig implements plugin.Provider: another region or account is another cloud.
func (p *Provider) DiffConfig(_ context.Context, r plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	answer := (Type{}).diff(r.OldInputs, r.NewInputs, nil)
	if !p.pkg.ReplacedByConfigure || answer.Changes == plugin.DiffNone {
		return answer, nil
	}
	oldAccount, oldRegion, oldErr := p.pkg.Configure(PlainMap(r.OldInputs))
	account, region, err := p.pkg.Configure(PlainMap(r.NewInputs))
	if oldErr == nil && err == nil && (oldAccount != account || oldRegion != region) {
		answer.ReplaceKeys = answer.ChangedKeys
	}
	return answer, nil
}

// Configure implements plugin.Provider.
func (p *Provider) Configure(_ context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	p.inputs, p.unknown = PlainMap(r.Inputs), unconfigured(r.Inputs)
	if p.pkg.Configure == nil || p.unknown {
		return plugin.ConfigureResponse{}, nil
	}
	var err error
	if p.account, p.region, err = p.pkg.Configure(p.inputs); err != nil {
		return plugin.ConfigureResponse{}, fmt.Errorf("configure provider %s: %w", p.pkg.Name, err)
	}
	return plugin.ConfigureResponse{}, nil
}

// object returns the object of a type that has an id, nil when there is none.
func (p *Provider) object(typ, account, region, id string) *Object {
	if object := p.cloud.Object(Key(typ, account, region, id)); object != nil || !p.pkg.FoldsCase {
		return object
	}
	for _, object := range p.cloud.OfType(typ) {
		if object.Account == account && object.Region == region && p.pkg.same(object.ID, id) {
			return object
		}
	}
	return nil
}

// typeOf describes a type, or says that the sandbox does not know it.
func (p *Provider) typeOf(token tokens.Type) (Type, error) {
	typ, ok := p.pkg.Types[string(token)]
	if !ok && p.pkg.Resolve != nil {
		typ, ok = p.pkg.Resolve(string(token))
	}
	if !ok {
		return Type{}, fmt.Errorf("the sandbox does not simulate %s", token)
	}
	if p.pkg.Adapt != nil {
		return p.pkg.Adapt(p.cloud, p.inputs, string(token), typ)
	}
	return typ, nil
}

// errUnreached is why an operation was not run on what the provider takes for gone.
var errUnreached = errors.New("not reached")

// do runs an operation on a resource alone, connected.
func (p *Provider) do(attempt string, urn resource.URN, operation func() error) error {
	return p.cloud.Do(func() error {
		if p.pkg.Connect != nil {
			if err := p.pkg.Connect(p.cloud, p.inputs); err != nil {
				return p.unreachable(attempt, urn, err)
			}
		}
		return operation()
	})
}

// unreachable is what the provider makes of what it cannot connect to.
func (p *Provider) unreachable(attempt string, urn resource.URN, reason error) error {
	if p.pkg.Unreachable == nil {
		return reason
	}
	warning, failure := p.pkg.Unreachable(attempt, p.inputs, reason)
	if warning != "" && p.log != nil {
		p.log(diag.Warning, urn, warning)
	}
	if failure == nil {
		return errUnreached
	}
	return failure
}

func (p *Provider) operation(typ Type, urn resource.URN, token tokens.Type, inputs Inputs) *Operation {
	o := &Operation{
		Cloud: p.cloud, Account: p.account, Region: p.region, URN: string(urn), Name: urn.Name(), Type: string(token),
		Inputs: inputs, Configuration: p.inputs, Outputs: map[string]any{}, provider: p,
	}
	if typ.Global {
		o.Region = ""
	}
	return o
}

// state builds the properties that the engine keeps: inputs and outputs, with what
// is secret marked so.
func (p *Provider) state(typ Type, marked resource.PropertyMap, inputs Inputs, outputs map[string]any) resource.PropertyMap {
	all := maps.Clone(map[string]any(inputs))
	maps.Copy(all, outputs)
	properties := Properties(all)
	for key, value := range marked {
		if kept, ok := properties[key]; ok && value.ContainsSecrets() {
			properties[key] = resource.MakeSecret(kept)
		}
	}
	for _, name := range typ.Secret {
		key := resource.PropertyKey(name)
		if value, ok := properties[key]; ok && !value.IsSecret() {
			properties[key] = resource.MakeSecret(value)
		}
	}
	return properties
}
