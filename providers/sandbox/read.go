package sandbox

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

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
		if found := o.Object(o.Type, string(r.ID)); found != nil {
			object = found.clone()
			for _, name := range typ.Unreadable {
				if kept, ok := r.State[resource.PropertyKey(name)]; ok {
					object.Inputs[name] = Plain(kept)
				} else {
					delete(object.Inputs, name)
				}
			}
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
