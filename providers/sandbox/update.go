package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Update implements plugin.Provider.
func (p *Provider) Update(_ context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if p.unknown && r.Preview {
		return plugin.UpdateResponse{Properties: resource.PropertyMap{}, Status: resource.StatusOK}, nil
	}
	inputs := PlainMap(r.NewInputs)
	o := p.operation(typ, r.URN, r.URN.Type(), inputs)
	o.ID, o.Seen = string(r.ID), PlainMap(r.OldOutputs)
	if r.Preview {
		var changing []string
		if typ.Changing != nil {
			changing = typ.Changing(PlainMap(r.OldInputs), inputs)
		}
		for _, path := range slices.Concat(typ.Outputs, typ.Computed) {
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
		err = p.do("update", r.URN, func() error { return p.update(typ, o) })
	}
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	after()
	marked := r.OldOutputs.Copy() // what is kept stays secret
	maps.Copy(marked, r.NewInputs)
	return plugin.UpdateResponse{
		Properties: p.state(typ, marked, o.Inputs, o.Outputs), Status: resource.StatusOK,
	}, nil
}

func (p *Provider) update(typ Type, o *Operation) error {
	old := o.Object(typ.object(o.Type), o.ID)
	if old == nil {
		return fmt.Errorf("NotFound: %s %s does not exist any more; run with --refresh", o.Type, o.ID)
	}
	o.Inputs = typ.kept(old.Inputs, o.Inputs)
	// What the program says no differently than the provider has read is not sent.
	for _, name := range typ.ReadBack {
		if value, known := o.Seen[name]; known && typ.equal(name, value, o.Inputs[name]) {
			if was, had := old.Inputs[name]; had {
				o.Inputs[name] = was
			}
		}
	}
	for _, name := range typ.Shared {
		if value := shared(old.Inputs[name], o.Seen[name], o.Inputs[name]); value != nil {
			o.Inputs[name] = value
		}
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
	if o.ID != old.ID { // an update that makes another: what the engine knows the object by is no more
		if err := p.cloud.Remove(old.Key()); err != nil {
			return err
		}
		object.ID = o.ID
	}
	object.Inputs, object.Outputs, object.Managers = o.Inputs, o.Outputs, o.Managers
	if typ.Patches == "" {
		object.References = references
	}
	if err := p.cloud.Put(object); err != nil {
		return err
	}
	return read(typ, o)
}

// kept returns new inputs with those that the cloud keeps although they are no longer given,
// or are given otherwise.
func (typ Type) kept(old, new Inputs) Inputs {
	if typ.Ignore != nil {
		new = PlainMap(ignoring(Properties(old), Properties(new), typ.Ignore(old, new)))
	}
	new = maps.Clone(new)
	for _, path := range typ.Computed {
		keep(old, new, path)
	}
	return new
}

func keep(old, new Inputs, path string) {
	head, rest, below := strings.Cut(path, ".")
	was, had := old[head]
	is, given := new[head]
	switch {
	case had && !given && !below:
		new[head] = was
	case below && had && given:
		before, object := was.(map[string]any)
		after, also := is.(map[string]any)
		if object && also {
			after = maps.Clone(after)
			keep(before, after, rest)
			new[head] = after
		}
	}
}

// shared returns what a map holds after an update: what is there, without the keys that were
// seen and are no longer wanted, and with those that are.
func shared(there, seen, wanted any) any {
	result := map[string]any{}
	for _, part := range []any{there, wanted} {
		object, _ := part.(map[string]any)
		maps.Copy(result, object)
	}
	before, _ := seen.(map[string]any)
	after, _ := wanted.(map[string]any)
	for key := range before {
		if _, given := after[key]; !given {
			delete(result, key)
		}
	}
	if wanted == nil && len(result) == 0 {
		return nil
	}
	return result
}
