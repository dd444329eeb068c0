package sandbox

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Create implements plugin.Provider.
func (p *Provider) Create(_ context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if p.unknown && r.Preview {
		return plugin.CreateResponse{}, nil
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
		err = p.do("create", r.URN, func() error { return p.create(typ, o) })
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

func (p *Provider) create(typ Type, o *Operation) error {
	if containsUnknown(map[string]any(o.Inputs)) {
		return fmt.Errorf("create %s: an input is not known", o.Name)
	}
	references, err := p.admit(typ, o, false)
	if err != nil {
		return err
	}
	overwrites := typ.Overwrites != nil && typ.Overwrites(o.Inputs)
	if !overwrites {
		if err := p.unique(typ, o, ""); err != nil {
			return err
		}
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
		Inputs: o.Inputs, Outputs: o.Outputs, References: references, Managers: o.Managers,
	}
	if typ.Patches != "" {
		object.Type, object.URN, object.References = typ.Patches, "", nil
		if o.Old != nil {
			object.URN, object.External, object.References = o.Old.URN, o.Old.External, o.Old.References
		}
	}
	if existing := o.Object(object.Type, o.ID); existing != nil && o.Old == nil && !overwrites {
		return fmt.Errorf("AlreadyExists: %s already exists", existing.describe())
	}
	if err := p.cloud.Put(object); err != nil {
		return err
	}
	return read(typ, o)
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
