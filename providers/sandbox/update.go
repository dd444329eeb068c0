package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

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
	old := o.Object(typ.object(o.Type), o.ID)
	if old == nil {
		return fmt.Errorf("NotFound: %s %s does not exist any more; run with --refresh", o.Type, o.ID)
	}
	references, err := p.admit(typ, o, false)
	if err != nil {
		return err
	}
	if err := p.unique(typ, o, old.Key()); err != nil {
		return err
	}
	o.Old, o.Outputs, o.Managers = old.clone(), maps.Clone(old.Outputs), old.Managers
	if typ.Update != nil {
		if err := typ.Update(o); err != nil {
			return err
		}
	}
	object := old.clone()
	object.Inputs, object.Outputs, object.Managers = o.Inputs, o.Outputs, o.Managers
	if typ.Patches == "" {
		object.References = references
	}
	return p.cloud.Put(object)
}
