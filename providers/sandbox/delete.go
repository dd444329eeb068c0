package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Delete implements plugin.Provider. What is gone already is deleted.
func (p *Provider) Delete(_ context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	after, err := p.cloud.Fault("delete", string(r.URN.Type()), r.URN.Name())
	if err == nil {
		err = p.do("delete", r.URN, func() error { return p.delete(typ, r) })
	}
	if errors.Is(err, errUnreached) {
		err = nil
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
	object := o.Object(typ.object(o.Type), o.ID)
	if object == nil && typ.Missing != nil {
		return typ.Missing(o)
	}
	if object == nil {
		return nil
	}
	o.Old = object.clone()
	if typ.Patches != "" {
		return typ.Delete(o)
	}
	if dependents := p.cloud.Dependents(object.Key()); len(dependents) > 0 {
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
	return p.cloud.Remove(object.Key())
}
