// Package components holds what every ptd ComponentResource shares: the one
// constructor that registers it, builds its children and registers its outputs.
// The components themselves live in the subpackages, one a cloud or provider.
package components

import (
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Register makes a component of the given type token ("ptd:aws:Vpc") and logical
// name. It registers component, calls build with the options every child must be
// given (the component as parent, which also passes its providers on), and then
// registers as outputs all exported Output fields of component that carry a
// `pulumi:"name"` tag.
//
// component is a pointer to a struct that embeds pulumi.ResourceState. build fills
// the tagged fields; a field that it leaves nil is an error, so that no component
// can forget an output.
func Register(
	ctx *pulumi.Context, typ, name string, component pulumi.ComponentResource,
	build func(child pulumi.ResourceOption) error, opts ...pulumi.ResourceOption,
) error {
	if err := ctx.RegisterComponentResource(typ, name, component, opts...); err != nil {
		return fmt.Errorf("register component %s %q: %w", typ, name, err)
	}
	if err := build(pulumi.Parent(component)); err != nil {
		return fmt.Errorf("build component %s %q: %w", typ, name, err)
	}
	outputs, err := outputsOf(component)
	if err != nil {
		return fmt.Errorf("outputs of component %s %q: %w", typ, name, err)
	}
	if err := ctx.RegisterResourceOutputs(component, outputs); err != nil {
		return fmt.Errorf("register outputs of component %s %q: %w", typ, name, err)
	}
	return nil
}

func outputsOf(component pulumi.ComponentResource) (pulumi.Map, error) {
	value := reflect.ValueOf(component)
	if value.Kind() != reflect.Pointer || value.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("component is a %T, want a pointer to a struct", component)
	}
	value = value.Elem()
	outputs := pulumi.Map{}
	for i := range value.NumField() {
		field := value.Type().Field(i)
		tag, tagged := field.Tag.Lookup("pulumi")
		if !tagged || !field.IsExported() || field.Anonymous {
			continue
		}
		input, ok := value.Field(i).Interface().(pulumi.Output)
		if !ok || reflectNil(value.Field(i)) {
			return nil, fmt.Errorf("field %s (output %q) was not set", field.Name, tag)
		}
		outputs[tag] = input
	}
	return outputs, nil
}

// reflectNil tells whether an Output field still has its zero value: an interface
// that is nil, or one of the SDK's output structs without state.
func reflectNil(v reflect.Value) bool { return v.IsZero() }
