package sandbox

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Read implements plugin.Provider.
func (p *Provider) Read(_ context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	if p.unknown {
		return plugin.ReadResponse{ReadResult: plugin.ReadResult{Inputs: resource.PropertyMap{}, Outputs: resource.PropertyMap{}}}, nil
	}
	after, err := p.cloud.Fault("read", string(r.URN.Type()), r.URN.Name())
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	defer after()
	var object *Object
	o := p.operation(typ, r.URN, r.URN.Type(), nil)
	if err := p.do("read", r.URN, func() (err error) {
		if typ.Find != nil {
			object, err = typ.Find(o, string(r.ID), PlainMap(r.Inputs))
		} else if found := o.Object(o.Type, string(r.ID)); found != nil {
			object = found.clone()
		}
		if object == nil || err != nil {
			return err
		}
		o.ID, o.Inputs, o.Outputs = object.ID, object.Inputs, object.Outputs
		return read(typ, o)
	}); errors.Is(err, ErrGone) || errors.Is(err, errUnreached) || object == nil && err == nil {
		return plugin.ReadResponse{}, nil
	} else if err != nil {
		return plugin.ReadResponse{}, err
	}
	marked := r.Inputs
	if len(marked) == 0 {
		marked = r.State
	}
	inputs, held := maps.Clone(object.Inputs), maps.Clone(object.Inputs)
	for _, name := range typ.Unread {
		for _, read := range []map[string]any{inputs, held} {
			if value, known := r.Inputs[resource.PropertyKey(name)]; known {
				read[name] = Plain(value)
			} else {
				delete(read, name)
			}
		}
	}
	for _, name := range slices.Concat(typ.ReadBack, typ.Shared) {
		value, known := o.Outputs[name]
		if _, given := inputs[name]; given && known {
			inputs[name] = value
		}
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID:      r.ID,
		Inputs:  p.state(Type{}, marked, inputs, nil),
		Outputs: p.state(typ, marked, held, o.Outputs),
	}}, nil
}

// read fills in what the provider reads of an object that is there.
func read(typ Type, o *Operation) error {
	if typ.Read == nil {
		return nil
	}
	if o.Outputs = maps.Clone(o.Outputs); o.Outputs == nil { // as a store without any leaves it
		o.Outputs = map[string]any{}
	}
	return typ.Read(o)
}
