package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Package is a simulated provider package.
type Package struct {
	Name string
	// Types and Functions are by token.
	Types     map[string]Type
	Functions map[string]Function
	// Resolve describes types that are not in Types; nil when there are none.
	Resolve func(token string) (Type, bool)
	// Adapt, when set, changes a type by the provider's inputs.
	Adapt func(inputs Inputs, token string, typ Type) Type
	// Configure finds account and region in the provider's inputs.
	Configure func(inputs Inputs) (account, region string, err error)
	// ReplacedByConfigure is true when another account or region makes another provider, and
	// replaces what it has made.
	ReplacedByConfigure bool
	// Connect, when set, is tried before each operation that is not a preview: an
	// endpoint that must be there, credentials that must be right. The cloud is locked.
	Connect func(cloud *Cloud, inputs Inputs) error
}

// Function is a data source. arguments holds no unknown value.
type Function func(call *Call) (map[string]any, error)

// Call is a call of a data source. The cloud is locked.
type Call struct {
	Cloud           *Cloud
	Account, Region string
	Arguments       Inputs
}

// Provider is a configured simulated provider.
type Provider struct {
	plugin.UnimplementedProvider

	pkg             *Package
	cloud           *Cloud
	account, region string
	inputs          Inputs
}

// do runs an operation alone, connected.
func (p *Provider) do(operation func() error) error {
	return p.cloud.Do(func() error {
		if p.pkg.Connect != nil {
			if err := p.pkg.Connect(p.cloud, p.inputs); err != nil {
				return err
			}
		}
		return operation()
	})
}

// NewProvider makes a provider of a package that works on a cloud.
func NewProvider(cloud *Cloud, pkg *Package) *Provider { return &Provider{cloud: cloud, pkg: pkg} }

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
	answer := diff(r.OldInputs, r.NewInputs, nil)
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
	p.inputs = PlainMap(r.Inputs)
	if p.pkg.Configure == nil {
		return plugin.ConfigureResponse{}, nil
	}
	var err error
	if p.account, p.region, err = p.pkg.Configure(p.inputs); err != nil {
		return plugin.ConfigureResponse{}, fmt.Errorf("configure provider %s: %w", p.pkg.Name, err)
	}
	return plugin.ConfigureResponse{}, nil
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
		typ = p.pkg.Adapt(p.inputs, string(token), typ)
	}
	return typ, nil
}

// Check implements plugin.Provider.
func (p *Provider) Check(_ context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	inputs := r.News.Copy()
	for key, value := range inputs {
		if value.IsNull() {
			delete(inputs, key)
		}
	}
	for name, value := range typ.Defaults {
		if _, ok := inputs[resource.PropertyKey(name)]; !ok {
			inputs[resource.PropertyKey(name)] = property(value)
		}
	}
	if inputs, err = p.autoName(typ, r, inputs); err != nil {
		return plugin.CheckResponse{}, err
	}
	var failures []plugin.CheckFailure
	if typ.Args != nil {
		failures = checkShape(inputs, typ.Args, "")
	}
	if typ.Check != nil && len(failures) == 0 {
		for _, problem := range typ.Check(PlainMap(inputs)) {
			failures = append(failures, failure(problem.Path, "%s", problem.Text))
		}
	}
	return plugin.CheckResponse{Properties: inputs, Failures: failures}, nil
}

// autoName gives a resource without a name the one it had, or a new one: the same for
// one resource each time, unless an object has it, which is being replaced.
func (p *Provider) autoName(typ Type, r plugin.CheckRequest, inputs resource.PropertyMap) (resource.PropertyMap, error) {
	if typ.AutoName == "" || lookup(inputs, typ.AutoName) != nil || lookup(inputs, typ.AutoName+"Prefix") != nil {
		return inputs, nil
	}
	name := lookup(r.Olds, typ.AutoName)
	for attempt := 0; name == nil; attempt++ {
		candidate := resource.NewStringProperty(generatedName(r.URN, attempt))
		if err := p.cloud.Do(func() error {
			for _, other := range p.cloud.byType[string(r.URN.Type())] {
				if taken := lookup(Properties(other.Inputs), typ.AutoName); taken != nil && same(*taken, candidate) {
					return nil
				}
			}
			name = &candidate
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return with(inputs, typ.AutoName, *name), nil
}

func generatedName(urn resource.URN, attempt int) string {
	return urn.Name() + "-" + Digest(7, string(urn), fmt.Sprint(attempt))
}

// generated tells whether a name is one that autoName gave.
func generated(urn resource.URN, name resource.PropertyValue) bool {
	text, _ := Plain(name).(string)
	return strings.HasPrefix(text, urn.Name()+"-") && len(text) == len(generatedName(urn, 0))
}

// with returns properties with one more, at a path.
func with(properties resource.PropertyMap, path string, value resource.PropertyValue) resource.PropertyMap {
	head, rest, below := strings.Cut(path, ".")
	properties = properties.Copy()
	if below {
		object, _, _ := unwrap(properties[resource.PropertyKey(head)])
		children := resource.PropertyMap{}
		if object.IsObject() {
			children = object.ObjectValue()
		}
		value = resource.NewObjectProperty(with(children, rest, value))
	}
	properties[resource.PropertyKey(head)] = value
	return properties
}

// lookup returns the property at a path, nil when it is absent.
func lookup(properties resource.PropertyMap, path string) *resource.PropertyValue {
	for {
		head, rest, more := strings.Cut(path, ".")
		value, ok := properties[resource.PropertyKey(head)]
		if !ok || value.IsNull() {
			return nil
		}
		if !more {
			return &value
		}
		if value, _, _ = unwrap(value); !value.IsObject() {
			return nil
		}
		properties, path = value.ObjectValue(), rest
	}
}

// Digest returns n hex digits that depend on the parts alone.
func Digest(n int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:n]
}

// Diff implements plugin.Provider.
func (p *Provider) Diff(_ context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	old, replace := settled(r, typ.Computed), typ.Replace
	if typ.ReplaceIf != nil {
		replace = slices.Concat(replace, typ.ReplaceIf(PlainMap(old), PlainMap(r.NewInputs)))
	}
	answer := diff(old, r.NewInputs, replace)
	if len(answer.ReplaceKeys) > 0 && typ.DeleteBeforeReplace {
		name := lookup(r.NewInputs, typ.AutoName)
		answer.DeleteBeforeReplace = name == nil || !generated(r.URN, *name)
	}
	return answer, nil
}

// settled returns the old inputs as the cloud sees them: naming what it had chosen
// itself changes nothing, and neither does no longer giving the prefix of a name or a
// computed input.
func settled(r plugin.DiffRequest, computed []string) resource.PropertyMap {
	old := r.OldInputs.Copy()
	for key, value := range r.NewInputs {
		chosen, ok := r.OldOutputs[key]
		if _, given := old[key]; !given && ok && same(chosen, value) {
			old[key] = value
		}
	}
	for key := range old {
		if _, given := r.NewInputs[key]; !given && (strings.HasSuffix(string(key), "Prefix") || slices.Contains(computed, string(key))) {
			delete(old, key)
		}
	}
	return old
}

// diff compares inputs; properties in replace force a replacement.
func diff(old, new resource.PropertyMap, replace []string) plugin.DiffResponse {
	answer := plugin.DiffResponse{Changes: plugin.DiffNone, DetailedDiff: map[string]plugin.PropertyDiff{}}
	keys := maps.Clone(old)
	if keys == nil {
		keys = resource.PropertyMap{}
	}
	maps.Copy(keys, new)
	for _, key := range keys.StableKeys() {
		before, had := old[key]
		after, has := new[key]
		if had && has && same(before, after) || (!had || before.IsNull()) && (!has || after.IsNull()) {
			continue
		}
		answer.Changes = plugin.DiffSome
		answer.ChangedKeys = append(answer.ChangedKeys, key)
		kind := plugin.DiffUpdate
		switch {
		case !had:
			kind = plugin.DiffAdd
		case !has:
			kind = plugin.DiffDelete
		}
		if replacing(old, new, string(key), replace) {
			kind = kind.AsReplace()
			answer.ReplaceKeys = append(answer.ReplaceKeys, key)
		}
		answer.DetailedDiff[string(key)] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return answer
}

// replacing tells whether a property has changed where that replaces the resource.
func replacing(old, new resource.PropertyMap, key string, replace []string) bool {
	return slices.ContainsFunc(replace, func(path string) bool {
		head, _, below := strings.Cut(path, ".")
		if head != key || !below {
			return head == key
		}
		before, after := lookup(old, path), lookup(new, path)
		return (before == nil) != (after == nil) || before != nil && !same(*before, *after)
	})
}

// same compares values without their marks. An unknown value may differ.
func same(a, b resource.PropertyValue) bool {
	before, after := Plain(a), Plain(b)
	return !containsUnknown(after) && property(before).DeepEquals(property(after))
}

// Create implements plugin.Provider.
func (p *Provider) Create(_ context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	inputs := PlainMap(r.Properties)
	o := p.operation(typ, r.URN, r.URN.Type(), inputs)
	if r.Preview {
		for _, path := range typ.Outputs {
			foresee(o, path, Unknown)
		}
		failed := p.cloud.Do(func() error { _, err := p.admit(typ, o, true); return err })
		return plugin.CreateResponse{Properties: p.state(typ, r.Properties, inputs, o.Outputs)}, failed
	}
	after, err := p.cloud.Fault("create", string(r.URN.Type()), r.URN.Name())
	if err == nil {
		err = p.do(func() error { return p.create(typ, o) })
	}
	if err != nil {
		return plugin.CreateResponse{Status: resource.StatusOK}, err
	}
	after()
	return plugin.CreateResponse{
		ID: resource.ID(o.ID), Properties: p.state(typ, r.Properties, inputs, o.Outputs), Status: resource.StatusOK,
	}, nil
}

// foresee sets an output of a preview, unless it is given as an input. The part of a
// path before a dot is an input.
func foresee(o *Operation, path string, value any) {
	head, rest, below := strings.Cut(path, ".")
	if !below {
		if _, given := o.Inputs[path]; !given {
			o.Outputs[path] = value
		}
		return
	}
	object, ok := o.Outputs[head].(map[string]any)
	if !ok {
		if object, ok = o.Inputs[head].(map[string]any); !ok {
			return
		}
	}
	if _, given := object[rest]; !given {
		object = maps.Clone(object)
		object[rest] = value
		o.Outputs[head] = object
	}
}

func (p *Provider) operation(typ Type, urn resource.URN, token tokens.Type, inputs Inputs) *Operation {
	o := &Operation{
		Cloud: p.cloud, Account: p.account, Region: p.region, URN: string(urn), Name: urn.Name(), Type: string(token),
		Inputs: inputs, Outputs: map[string]any{},
	}
	if typ.Global {
		o.Region = ""
	}
	return o
}

func (p *Provider) create(typ Type, o *Operation) error {
	if containsUnknown(map[string]any(o.Inputs)) {
		return fmt.Errorf("create %s: an input is not known", o.Name)
	}
	references, err := p.admit(typ, o, false)
	if err != nil {
		return err
	}
	if err := unique(typ, o, ""); err != nil {
		return err
	}
	if typ.Create != nil {
		if err := typ.Create(o); err != nil {
			return err
		}
	}
	if o.ID == "" {
		return fmt.Errorf("the sandbox gave %s no id", o.Type)
	}
	object := &Object{
		Provider: p.pkg.Name, Type: o.Type, ID: o.ID, Account: o.Account, Region: o.Region, URN: o.URN,
		Inputs: o.Inputs, Outputs: o.Outputs, References: references,
	}
	if existing := p.cloud.Object(object.Key()); existing != nil {
		return fmt.Errorf("AlreadyExists: %s already exists", existing.describe())
	}
	return p.cloud.Put(object)
}

// NewID returns an identifier of digits hex digits behind a prefix, such as
// "vpc-0a1b2c3d4e5f60718". It is the same each time for one resource, unless the
// resource has an object already, which is being replaced.
func (o *Operation) NewID(prefix string, digits int) string {
	for attempt := 0; ; attempt++ {
		id := prefix + Digest(digits, o.Account, o.Region, o.URN, o.Type, fmt.Sprint(attempt))
		if o.Cloud.Object(Key(o.Type, o.Account, o.Region, id)) == nil {
			return id
		}
	}
}

// admit finds the objects that inputs name, and refuses what is wrong with the store
// as it is.
func (p *Provider) admit(typ Type, o *Operation, preview bool) ([]string, error) {
	references, err := p.references(typ, o, preview)
	if err == nil && typ.Admit != nil {
		err = typ.Admit(o, preview)
	}
	return references, err
}

// references finds the objects that inputs name. In a preview unknown names are
// skipped, and names of things that this run may still make are, too.
func (p *Provider) references(typ Type, o *Operation, preview bool) ([]string, error) {
	var keys []string
	for _, reference := range typ.References {
		named := at(map[string]any(o.Inputs), reference.Path, "")
		for _, path := range slices.Sorted(maps.Keys(named)) {
			name := named[path]
			if name == "" || reference.Skip != nil && reference.Skip(name) {
				continue
			}
			found := p.cloud.find(reference, o.Account, name)
			if found == nil && !preview {
				message := reference.Message
				if message == "" {
					message = "NotFound: %s does not exist"
				}
				return nil, fmt.Errorf("%s: "+message, path, name)
			}
			if found != nil && !reference.Weak && !slices.Contains(keys, found.Key()) {
				keys = append(keys, found.Key())
			}
		}
	}
	return keys, nil
}

// find looks for the object that a reference names.
func (c *Cloud) find(reference Reference, account, name string) *Object {
	for _, typ := range reference.Types {
		for _, object := range c.byType[typ] {
			value := object.ID
			if reference.By != "" {
				value = object.String(reference.By)
			}
			if value == name && (object.Account == account || object.Account == "") {
				return object
			}
		}
	}
	return nil
}

// unique makes sure that no other object has the names of this one.
func unique(typ Type, o *Operation, self string) error {
	for _, rule := range typ.Unique {
		name := nameOf(rule, o.Inputs, o.Outputs)
		if name == "" {
			continue
		}
		for _, other := range o.Cloud.byType[o.Type] {
			elsewhere := !rule.Everywhere && (other.Account != o.Account || other.Region != o.Region)
			if other.Key() == self || elsewhere || nameOf(rule, other.Inputs, other.Outputs) != name {
				continue
			}
			return fmt.Errorf(rule.Message, name)
		}
	}
	return nil
}

func nameOf(rule Unique, inputs Inputs, outputs map[string]any) string {
	parts := make([]string, len(rule.Properties))
	for i, property := range rule.Properties {
		value := inputs[property]
		if value == nil {
			value = outputs[property]
		}
		if value == nil {
			return ""
		}
		parts[i] = fmt.Sprint(value)
	}
	return strings.Join(parts, " ")
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

// Update implements plugin.Provider.
func (p *Provider) Update(_ context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	inputs := PlainMap(r.NewInputs)
	o := p.operation(typ, r.URN, r.URN.Type(), inputs)
	o.ID = string(r.ID)
	if r.Preview {
		var changing []string
		if typ.Changing != nil {
			changing = typ.Changing(PlainMap(r.OldInputs), inputs)
		}
		for _, path := range typ.Outputs {
			if slices.Contains(changing, path) {
				foresee(o, path, Unknown)
			} else if value := lookup(r.OldOutputs, path); value != nil {
				foresee(o, path, Plain(*value))
			}
		}
		failed := p.cloud.Do(func() error { _, err := p.admit(typ, o, true); return err })
		return plugin.UpdateResponse{Properties: p.state(typ, r.NewInputs, inputs, o.Outputs)}, failed
	}
	after, err := p.cloud.Fault("update", string(r.URN.Type()), r.URN.Name())
	if err == nil {
		err = p.do(func() error { return p.update(typ, o) })
	}
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	after()
	return plugin.UpdateResponse{
		Properties: p.state(typ, r.NewInputs, inputs, o.Outputs), Status: resource.StatusOK,
	}, nil
}

func (p *Provider) update(typ Type, o *Operation) error {
	key := Key(o.Type, o.Account, o.Region, o.ID)
	old := p.cloud.Object(key)
	if old == nil {
		return fmt.Errorf("NotFound: %s %s does not exist any more; run with --refresh", o.Type, o.ID)
	}
	references, err := p.admit(typ, o, false)
	if err != nil {
		return err
	}
	if err := unique(typ, o, key); err != nil {
		return err
	}
	o.Old, o.Outputs = old.clone(), maps.Clone(old.Outputs)
	if typ.Update != nil {
		if err := typ.Update(o); err != nil {
			return err
		}
	}
	object := old.clone()
	object.Inputs, object.Outputs, object.References = o.Inputs, o.Outputs, references
	return p.cloud.Put(object)
}

// Delete implements plugin.Provider. What is gone already is deleted.
func (p *Provider) Delete(_ context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	after, err := p.cloud.Fault("delete", string(r.URN.Type()), r.URN.Name())
	if err == nil {
		err = p.do(func() error { return p.delete(typ, r) })
	}
	if err != nil {
		return plugin.DeleteResponse{Status: resource.StatusOK}, err
	}
	after()
	return plugin.DeleteResponse{Status: resource.StatusOK}, nil
}

func (p *Provider) delete(typ Type, r plugin.DeleteRequest) error {
	o := p.operation(typ, r.URN, r.URN.Type(), PlainMap(r.Inputs))
	o.ID = string(r.ID)
	key := Key(o.Type, o.Account, o.Region, o.ID)
	object := p.cloud.Object(key)
	if object == nil {
		return nil
	}
	o.Old = object.clone()
	if dependents := p.cloud.Dependents(key); len(dependents) > 0 {
		names := make([]string, len(dependents))
		for i, dependent := range dependents {
			names[i] = dependent.describe()
		}
		verb := "use"
		if len(names) == 1 {
			verb = "uses"
		}
		return fmt.Errorf("DependencyViolation: %s cannot be deleted: %s still %s it", object.describe(), strings.Join(names, ", "), verb)
	}
	if typ.Delete != nil {
		if err := typ.Delete(o); err != nil {
			return err
		}
	}
	return p.cloud.Remove(key)
}

// Read implements plugin.Provider.
func (p *Provider) Read(_ context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	after, err := p.cloud.Fault("read", string(r.URN.Type()), r.URN.Name())
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	defer after()
	var object *Object
	o := p.operation(typ, r.URN, r.URN.Type(), nil)
	if err := p.do(func() error {
		if found := p.cloud.Object(Key(string(r.URN.Type()), o.Account, o.Region, string(r.ID))); found != nil {
			object = found.clone()
		}
		return nil
	}); err != nil || object == nil {
		return plugin.ReadResponse{}, err
	}
	marked := r.Inputs
	if len(marked) == 0 {
		marked = r.State
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID:      r.ID,
		Inputs:  p.state(Type{}, marked, object.Inputs, nil),
		Outputs: p.state(typ, marked, object.Inputs, object.Outputs),
	}}, nil
}

// Invoke implements plugin.Provider.
func (p *Provider) Invoke(_ context.Context, r plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	function, ok := p.pkg.Functions[string(r.Tok)]
	if !ok {
		return plugin.InvokeResponse{}, fmt.Errorf("the sandbox does not simulate the function %s", r.Tok)
	}
	call := &Call{Cloud: p.cloud, Account: p.account, Region: p.region, Arguments: PlainMap(r.Args)}
	var result map[string]any
	err := p.cloud.Do(func() (err error) {
		result, err = function(call)
		return err
	})
	var absent *NoMatch
	if errors.As(err, &absent) {
		return plugin.InvokeResponse{Failures: []plugin.CheckFailure{{Reason: absent.Error()}}}, nil
	}
	if err != nil {
		return plugin.InvokeResponse{}, err
	}
	return plugin.InvokeResponse{Properties: Properties(result)}, nil
}

// NoMatch is the failure of a data source that found nothing.
type NoMatch struct{ What string }

func (e *NoMatch) Error() string { return "no matching " + e.What + " found" }
