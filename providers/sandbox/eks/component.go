package eks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// component is a component that is being made.
type component struct {
	plugin.ConstructRequest

	ctx        context.Context
	connection *grpc.ClientConn
	monitor    pulumirpc.ResourceMonitorClient
	urn        resource.URN
	outputs    resource.PropertyMap

	reachesIssuers bool
}

// made is a resource that the component has registered, or found.
type made struct {
	urn     resource.URN
	id      string
	state   resource.PropertyMap
	preview bool
}

func newComponent(ctx context.Context, r plugin.ConstructRequest) (*component, error) {
	connection, err := grpc.NewClient(r.Info.MonitorAddress,
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return nil, fmt.Errorf("connect to the engine: %w", err)
	}
	return &component{
		ConstructRequest: r, ctx: ctx, connection: connection, monitor: pulumirpc.NewResourceMonitorClient(connection),
		outputs: resource.PropertyMap{},
	}, nil
}

// refuse is an error in the words of the real provider.
func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

type refusal string

func (r refusal) Error() string { return string(r) }

func (c *component) close() { _ = c.connection.Close() }

// input returns an argument without its outer marks; null when it is absent or unknown.
func (c *component) input(name string) value {
	found, _ := shallow(c.Inputs[resource.PropertyKey(name)])
	return found
}

// raw returns an argument with its marks.
func (c *component) raw(name string) value { return c.Inputs[resource.PropertyKey(name)] }

// given tells whether an argument is there; one that is not known yet is.
func (c *component) given(name string) bool {
	found, known := shallow(c.raw(name))
	return !known || !found.IsNull()
}

// isTrue tells whether a flag is set. A flag decides what there is, so it must be known.
func (c *component) isTrue(name string) bool {
	found := c.input(name)
	return found.IsBool() && found.BoolValue()
}

// orFlag returns a flag, or what it is by default.
func orFlag(v value, fallback bool) bool {
	if found, _ := shallow(v); found.IsBool() {
		return found.BoolValue()
	}
	return fallback
}

func marshal() plugin.MarshalOptions {
	return plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true}
}

// registerSelf registers the component, with the options that the program gave it but those
// that are lost on the way to a Node program: they reach neither the component nor its
// children. (docs/reference/real-plugins.md 1, row 8; SDK 3.144.1, pulumi issue 19494)
func (c *component) registerSelf(parent resource.URN) error {
	options := c.Options
	request := &pulumirpc.RegisterResourceRequest{
		Type: string(c.Type), Name: c.Name, Parent: string(parent),
		Protect: options.Protect, Providers: options.Providers, AliasSpecs: true,
	}
	for _, urn := range options.Dependencies {
		request.Dependencies = append(request.Dependencies, string(urn))
	}
	for _, alias := range options.Aliases {
		request.Aliases = append(request.Aliases, aliasOf(alias))
	}
	registered, err := c.send(request, resource.PropertyMap{})
	if err != nil {
		return err
	}
	c.urn = registered.urn
	return nil
}

func aliasOf(alias resource.Alias) *pulumirpc.Alias {
	if alias.URN != "" {
		return &pulumirpc.Alias{Alias: &pulumirpc.Alias_Urn{Urn: string(alias.URN)}}
	}
	spec := &pulumirpc.Alias_Spec{Name: alias.Name, Type: alias.Type, Project: alias.Project, Stack: alias.Stack}
	if alias.NoParent {
		spec.Parent = &pulumirpc.Alias_Spec_NoParent{NoParent: true}
	} else if alias.Parent != "" {
		spec.Parent = &pulumirpc.Alias_Spec_ParentUrn{ParentUrn: string(alias.Parent)}
	}
	return &pulumirpc.Alias{Alias: &pulumirpc.Alias_Spec_{Spec: spec}}
}

// child is a resource to be registered. Its parent is the component unless it has one.
type child struct {
	typ, name     string
	parent        resource.URN
	inputs        map[string]value
	version       string // of the provider; awsVersion when it has none
	provider      string // a reference, "" for the one that the component has
	ignoreChanges []string
	dependsOn     []*made
}

// register makes a resource. What it protects, and with which provider it is made, the
// engine takes from the component.
func (c *component) register(r child) (*made, error) {
	request := &pulumirpc.RegisterResourceRequest{
		Type: r.typ, Name: r.name, Parent: string(c.urn), Custom: true, Version: awsVersion,
		Provider: r.provider, IgnoreChanges: r.ignoreChanges,
	}
	if r.parent != "" {
		request.Parent = string(r.parent)
	}
	if r.version != "" {
		request.Version = r.version
	}
	for _, on := range r.dependsOn {
		request.Dependencies = append(request.Dependencies, string(on.urn))
	}
	return c.send(request, object(r.inputs).ObjectValue())
}

// group registers a component within the component.
func (c *component) group(typ, name string) (*made, error) {
	group, err := c.send(&pulumirpc.RegisterResourceRequest{Type: typ, Name: name, Parent: string(c.urn)}, resource.PropertyMap{})
	if err != nil {
		return nil, err
	}
	_, err = c.monitor.RegisterResourceOutputs(c.ctx, &pulumirpc.RegisterResourceOutputsRequest{Urn: string(group.urn)})
	return group, err
}

func (c *component) send(request *pulumirpc.RegisterResourceRequest, inputs resource.PropertyMap) (*made, error) {
	fail := func(err error) (*made, error) {
		return nil, fmt.Errorf("register %s %s: %w", request.Type, request.Name, err)
	}
	var err error
	if request.Object, err = plugin.MarshalProperties(inputs, marshal()); err != nil {
		return fail(err)
	}
	request.PropertyDependencies = map[string]*pulumirpc.RegisterResourceRequest_PropertyDependencies{}
	for name, v := range inputs {
		m := marks{}
		plain(v, &m)
		slices.Sort(m.dependencies)
		urns := make([]string, len(m.dependencies))
		for i, urn := range m.dependencies {
			urns[i] = string(urn)
			if !slices.Contains(request.Dependencies, urns[i]) {
				request.Dependencies = append(request.Dependencies, urns[i])
			}
		}
		request.PropertyDependencies[string(name)] = &pulumirpc.RegisterResourceRequest_PropertyDependencies{Urns: urns}
	}
	slices.Sort(request.Dependencies)
	request.AcceptSecrets, request.AcceptResources, request.SupportsPartialValues = true, true, true
	response, err := c.monitor.RegisterResource(c.ctx, request)
	if status.Code(err) == codes.Unavailable || status.Code(err) == codes.Canceled {
		// The engine has stopped after another child failed: Node's words, and its client's.
		// (docs/reference/real-plugins.md 1, row 10)
		err = errors.New("14 UNAVAILABLE: grpc: the client connection is closing")
	}
	if err != nil {
		return fail(err)
	}
	state, err := plugin.UnmarshalProperties(response.GetObject(), marshal())
	if err != nil {
		return fail(err)
	}
	return &made{resource.URN(response.GetUrn()), response.GetId(), state, c.Info.DryRun}, nil
}

// registerOutputs ends the component.
func (c *component) registerOutputs() error {
	outputs, err := plugin.MarshalProperties(c.outputs, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true})
	if err == nil {
		_, err = c.monitor.RegisterResourceOutputs(c.ctx, &pulumirpc.RegisterResourceOutputsRequest{Urn: string(c.urn), Outputs: outputs})
	}
	if err != nil {
		return fmt.Errorf("register the outputs of %s %s: %w", c.Type, c.Name, err)
	}
	return nil
}

// find reads the resource that a reference names.
func (c *component) find(v value, typ string) (*made, error) {
	v, known := shallow(v)
	if !known || !v.IsResourceReference() {
		return nil, fmt.Errorf("want a resource of type %s, have none", typ)
	}
	reference := v.ResourceReferenceValue()
	if got := string(reference.URN.Type()); got != typ {
		return nil, fmt.Errorf("want a resource of type %s, have %s, a %s", typ, reference.URN.Name(), got)
	}
	answer, err := c.invoke("pulumi:pulumi:getResource", resource.PropertyMap{"urn": text(string(reference.URN))})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", reference.URN, err)
	}
	found := &made{urn: reference.URN, preview: c.Info.DryRun}
	if id := answer["id"]; id.IsString() {
		found.id = id.StringValue()
	}
	if state := answer["state"]; state.IsObject() {
		found.state = state.ObjectValue()
	}
	return found, nil
}

// invoke calls a data source with the component's provider.
func (c *component) invoke(token string, arguments resource.PropertyMap) (resource.PropertyMap, error) {
	request := &pulumirpc.ResourceInvokeRequest{Tok: token, AcceptResources: true}
	if token != "pulumi:pulumi:getResource" {
		request.Provider, request.Version = c.Options.Providers["aws"], awsVersion
	}
	var err error
	if request.Args, err = plugin.MarshalProperties(arguments, marshal()); err != nil {
		return nil, err
	}
	response, err := c.monitor.Invoke(c.ctx, request)
	if err != nil {
		return nil, err
	}
	if failures := response.GetFailures(); len(failures) > 0 {
		return nil, fmt.Errorf("%s", failures[0].GetReason())
	}
	return plugin.UnmarshalProperties(response.GetReturn(), marshal())
}

// get returns an output of a resource, which depends on it. In a preview it is unknown
// when it is not there.
func (r *made) get(path ...any) value {
	found, known := at(resource.NewObjectProperty(r.state), path...)
	m := marks{}
	if known {
		found = plain(found, &m)
	}
	m.unknown = m.unknown || !known || found.IsNull() && r.preview
	if found.IsNull() && !m.unknown {
		return found
	}
	m.dependencies = []resource.URN{r.urn}
	return m.output(found)
}

// reference is a resource as a value.
func (r *made) reference() value {
	return resource.MakeCustomResourceReference(r.urn, resource.ID(r.id), "")
}

// identifier is the id of a resource.
func (r *made) identifier() value {
	return marks{unknown: r.id == "", dependencies: []resource.URN{r.urn}}.output(text(r.id))
}

// provider is the reference by which others are made with a provider.
func (r *made) provider() string {
	id := r.id
	if id == "" {
		id = plugin.UnknownStringValue
	}
	return string(r.urn) + "::" + id
}
