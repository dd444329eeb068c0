// Package output ties the outputs of stacks to Go structs.
//
// A stack's outputs are a struct whose exported fields are Pulumi outputs tagged with the
// name of the stack output. There are three forms, and embedded structs of them:
//
//	Password  pulumi.StringOutput            `pulumi:"password"`
//	Passwords map[string]pulumi.StringOutput `pulumi:"*_pw"` // the * is the key
//	Clusters  output.Releases[Cluster]       // the tags, with a *, are on the fields of Cluster
//
// The option optional (`pulumi:"name,optional"`) marks outputs that state may lack, because
// an older program wrote it, or because a release has none. Such an output is loaded as
// the zero value: "", an empty list.
package output

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Export makes the fields of outputs, a pointer to a struct, the outputs of the program's
// stack. It is an error if one was not set, unless it is one that a release may lack.
func Export(ctx *pulumi.Context, outputs any) error {
	value := reflect.ValueOf(outputs).Elem()
	fields, err := fieldsOf(value.Type(), false)
	if err != nil {
		return err
	}
	export := func(name string, output reflect.Value) error {
		if output.IsZero() {
			return fmt.Errorf("output %q was not set", name)
		}
		ctx.Export(name, output.Interface().(pulumi.Output))
		return nil
	}
	for _, field := range fields {
		if field.keyed == nil {
			if err := export(field.name, field.of(value)); err != nil {
				return err
			}
			continue
		}
		for key, one := range field.of(value).Seq2() {
			for _, part := range field.keyed {
				if output := part.of(one); !part.optional || !output.IsZero() {
					if err := export(part.under(key.String()), output); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// Load makes a struct of outputs from the values of a stack's outputs, secret ones as
// secrets, unknown ones as unknown. With values nil all are unknown, and maps are empty.
// It is an error if one is of another type, or is missing and neither optional nor a
// release's (see Releases.Get).
func Load[T any](values resource.PropertyMap) (*T, error) {
	outputs := new(T)
	value := reflect.ValueOf(outputs).Elem()
	fields, err := fieldsOf(value.Type(), false)
	if err != nil {
		return nil, err
	}
	claimed := map[string]bool{}
	for _, field := range fields {
		claimed[field.name] = true
	}
	for _, field := range fields {
		if field.keyed == nil {
			found, err := field.load(field.name, values, field.of(value))
			if err != nil {
				return nil, err
			}
			if !found {
				return nil, fmt.Errorf("output %q is missing", field.name)
			}
			continue
		}
		all := field.of(value)
		all.Set(reflect.MakeMap(all.Type()))
		for key := range field.keys(values, claimed) {
			one := reflect.New(all.Type().Elem()).Elem()
			for _, part := range field.keyed {
				if _, err := part.load(part.under(key), values, part.of(one)); err != nil {
					return nil, err
				}
			}
			all.SetMapIndex(reflect.ValueOf(key), one)
		}
	}
	return outputs, nil
}

// field is a field of an outputs struct: one output, or a map of one or more by key.
type field struct {
	index    []int // of the field; none in a map of outputs
	name     string
	optional bool
	typ      reflect.Type // of the output
	keyed    []field      // what a map has for each key, whose names have a * for it
}

// fieldsOf describes the tagged fields of a struct of outputs, or of what one release has
// of them.
func fieldsOf(outputs reflect.Type, ofRelease bool) ([]field, error) {
	var fields []field
	for _, found := range reflect.VisibleFields(outputs) {
		if found.Anonymous || !found.IsExported() {
			continue
		}
		if found.Type.Implements(reflect.TypeFor[releases]()) && !ofRelease {
			keyed, err := fieldsOf(found.Type.Elem(), true)
			if err != nil {
				return nil, err
			}
			fields = append(fields, field{index: found.Index, keyed: keyed})
			continue
		}
		tag, ok := found.Tag.Lookup("pulumi")
		if !ok {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		described := field{index: found.Index, name: name, optional: option == "optional", typ: found.Type}
		starred := ofRelease
		if found.Type.Kind() == reflect.Map && !ofRelease {
			starred = true
			described = field{index: found.Index, keyed: []field{{name: name, optional: described.optional, typ: found.Type.Elem()}}}
		}
		for _, one := range append(described.keyed, described) {
			if one.typ != nil && !one.typ.Implements(reflect.TypeFor[pulumi.Output]()) || starred != strings.Contains(name, "*") {
				return nil, fmt.Errorf("field %s of %s (output %q) is a %s, want a Pulumi output; with a * in its name a map of them, or a release's",
					found.Name, outputs, tag, found.Type)
			}
		}
		fields = append(fields, described)
	}
	return fields, nil
}

// of is the field's value in a struct.
func (f field) of(outputs reflect.Value) reflect.Value {
	if f.index == nil {
		return outputs
	}
	return outputs.FieldByIndex(f.index)
}

// under is the name of the stack output for a key.
func (f field) under(key string) string { return strings.Replace(f.name, "*", key, 1) }

// load sets an output to the value of the stack output called name, and tells whether it
// could be found.
func (f field) load(name string, values resource.PropertyMap, into reflect.Value) (found bool, err error) {
	property, found := values[resource.PropertyKey(name)]
	switch {
	case values == nil:
		property = resource.MakeComputed(resource.NewNullProperty())
	case !found && !f.optional:
		return false, nil
	}
	output, err := fromProperty(property, f.typ)
	if err != nil {
		return false, fmt.Errorf("output %q: %w", name, err)
	}
	into.Set(output)
	return true, nil
}

// keys are those that values have something of. What is claimed is an output by itself.
func (f field) keys(values resource.PropertyMap, claimed map[string]bool) map[string]bool {
	keys := map[string]bool{}
	for name := range values {
		for _, part := range f.keyed {
			before, after, _ := strings.Cut(part.name, "*")
			rest, begins := strings.CutPrefix(string(name), before)
			key, ends := strings.CutSuffix(rest, after)
			if begins && ends && key != "" && !claimed[string(name)] {
				keys[key] = true
			}
		}
	}
	return keys
}
