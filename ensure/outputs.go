package ensure

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

// A stack's Outputs is a struct whose exported fields are Pulumi outputs tagged with
// the name of the stack output (DESIGN section 4). A field may also be a map of
// outputs, tagged with a name that has a * for the key: `pulumi:"*_pw"`. The option
// optional (`pulumi:"name,optional"`) marks outputs that older state may lack.
type outputField struct {
	index    int
	name     string
	optional bool
	keyed    bool // a map of outputs
}

func outputFields(outputs reflect.Type) ([]outputField, error) {
	var fields []outputField
	for i := range outputs.NumField() {
		field := outputs.Field(i)
		tag, ok := field.Tag.Lookup("pulumi")
		if !ok || !field.IsExported() {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		described := outputField{index: i, name: name, optional: option == "optional", keyed: field.Type.Kind() == reflect.Map}
		element := field.Type
		if described.keyed {
			element = field.Type.Elem()
		}
		if !element.Implements(reflect.TypeFor[pulumi.Output]()) || described.keyed != strings.Contains(name, "*") {
			return nil, fmt.Errorf("field %s of %s (output %q) is a %s, want a Pulumi output, or a map of them with a * in its name",
				field.Name, outputs, tag, field.Type)
		}
		fields = append(fields, described)
	}
	return fields, nil
}

// exportOutputs makes the fields of outputs the outputs of the program's stack.
func exportOutputs(ctx *pulumi.Context, outputs any) error {
	value := reflect.ValueOf(outputs).Elem()
	fields, err := outputFields(value.Type())
	if err != nil {
		return err
	}
	for _, field := range fields {
		set := value.Field(field.index)
		if field.keyed {
			for _, key := range set.MapKeys() {
				ctx.Export(strings.ReplaceAll(field.name, "*", key.String()), set.MapIndex(key).Interface().(pulumi.Output))
			}
			continue
		}
		if set.IsZero() {
			return fmt.Errorf("output %q was not set", field.name)
		}
		ctx.Export(field.name, set.Interface().(pulumi.Output))
	}
	return nil
}

// loadOutputs makes a stack's Outputs from the values of its stack outputs, secret
// ones as secrets, unknown ones as unknown. With values nil all are unknown.
func loadOutputs[T any](values resource.PropertyMap) (*T, error) {
	outputs := new(T)
	value := reflect.ValueOf(outputs).Elem()
	fields, err := outputFields(value.Type())
	if err != nil {
		return nil, err
	}
	claimed := map[resource.PropertyKey]bool{}
	for _, field := range fields {
		claimed[resource.PropertyKey(field.name)] = true
	}
	for _, field := range fields {
		into := value.Field(field.index)
		if field.keyed {
			into.Set(reflect.MakeMap(into.Type()))
			for key, property := range values {
				if claimed[key] {
					continue
				}
				if part, ok := matchKey(field.name, string(key)); ok {
					output, err := toOutput(property, into.Type().Elem())
					if err != nil {
						return nil, fmt.Errorf("output %q: %w", key, err)
					}
					into.SetMapIndex(reflect.ValueOf(part), output)
				}
			}
			continue
		}
		property, ok := values[resource.PropertyKey(field.name)]
		switch {
		case values == nil:
			property = resource.MakeComputed(resource.NewNullProperty())
		case !ok && !field.optional:
			return nil, fmt.Errorf("output %q is missing", field.name)
		}
		output, err := toOutput(property, into.Type())
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", field.name, err)
		}
		into.Set(output)
	}
	return outputs, nil
}

// matchKey returns what the * of pattern stands for in name.
func matchKey(pattern, name string) (string, bool) {
	before, after, _ := strings.Cut(pattern, "*")
	if len(name) <= len(before)+len(after) || !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
		return "", false
	}
	return name[len(before) : len(name)-len(after)], true
}

// toOutput makes an output of type typ (pulumi.StringOutput, ...) from a value.
func toOutput(property resource.PropertyValue, typ reflect.Type) (reflect.Value, error) {
	element := reflect.Zero(typ).Interface().(pulumi.Output).ElementType()
	plain, known, secret := plainOf(property)
	var source pulumi.Output
	converted := reflect.Zero(element)
	if known {
		var err error
		if converted, err = convert(plain, element); err != nil {
			return reflect.Value{}, err
		}
		source = pulumi.ToOutput(0)
	} else {
		source = pulumi.UnsafeUnknownOutput(nil)
	}
	signature := reflect.FuncOf([]reflect.Type{reflect.TypeFor[any]()}, []reflect.Type{element}, false)
	constant := reflect.MakeFunc(signature, func([]reflect.Value) []reflect.Value { return []reflect.Value{converted} })
	output := source.ApplyT(constant.Interface())
	if secret {
		output = pulumi.ToSecret(output)
	}
	result := reflect.ValueOf(output)
	if !result.Type().AssignableTo(typ) {
		return reflect.Value{}, fmt.Errorf("values of %s come as %s, not as %s", element, result.Type(), typ)
	}
	return result, nil
}

// plainOf takes the marks off a value: plain Go data, whether all of it is known,
// and whether any of it is secret.
func plainOf(property resource.PropertyValue) (plain any, known, secret bool) {
	switch {
	case property.IsSecret():
		plain, known, _ = plainOf(property.SecretValue().Element)
		return plain, known, true
	case property.IsOutput():
		output := property.OutputValue()
		if !output.Known {
			return nil, false, output.Secret
		}
		plain, known, secret = plainOf(output.Element)
		return plain, known, secret || output.Secret
	case property.IsComputed():
		return nil, false, false
	case property.IsArray():
		list, known := []any{}, true
		for _, element := range property.ArrayValue() {
			value, elementKnown, elementSecret := plainOf(element)
			list, known, secret = append(list, value), known && elementKnown, secret || elementSecret
		}
		return list, known, secret
	case property.IsObject():
		object, known := map[string]any{}, true
		for key, element := range property.ObjectValue() {
			value, elementKnown, elementSecret := plainOf(element)
			object[string(key)], known, secret = value, known && elementKnown, secret || elementSecret
		}
		return object, known, secret
	default:
		return property.V, true, false
	}
}

// convert makes a value of typ from plain data.
func convert(plain any, typ reflect.Type) (reflect.Value, error) {
	mismatch := fmt.Errorf("is a %T, want %s", plain, typ)
	if plain == nil {
		return reflect.Zero(typ), nil
	}
	value := reflect.ValueOf(plain)
	switch typ.Kind() {
	case reflect.Interface:
		return value, nil
	case reflect.Pointer:
		element, err := convert(plain, typ.Elem())
		if err != nil {
			return element, err
		}
		pointer := reflect.New(typ.Elem())
		pointer.Elem().Set(element)
		return pointer, nil
	case reflect.Slice:
		list, ok := plain.([]any)
		if !ok {
			return reflect.Value{}, mismatch
		}
		slice := reflect.MakeSlice(typ, 0, len(list))
		for _, item := range list {
			element, err := convert(item, typ.Elem())
			if err != nil {
				return element, err
			}
			slice = reflect.Append(slice, element)
		}
		return slice, nil
	case reflect.Map:
		object, ok := plain.(map[string]any)
		if !ok {
			return reflect.Value{}, mismatch
		}
		result := reflect.MakeMap(typ)
		for key, item := range object {
			element, err := convert(item, typ.Elem())
			if err != nil {
				return element, err
			}
			result.SetMapIndex(reflect.ValueOf(key), element)
		}
		return result, nil
	case reflect.Int, reflect.Float64:
		if value.Kind() != reflect.Float64 {
			return reflect.Value{}, mismatch
		}
		return value.Convert(typ), nil
	default:
		if value.Type() != typ {
			return reflect.Value{}, mismatch
		}
		return value, nil
	}
}

// await returns the plain value of an output that loadOutputs made.
func await[T any](ctx context.Context, output pulumi.Output) (value T, known bool, err error) {
	result, err := internals.UnsafeAwaitOutput(ctx, output)
	if err != nil || !result.Known {
		return value, false, err
	}
	value, ok := result.Value.(T)
	if !ok {
		return value, false, fmt.Errorf("output is a %T, want %T", result.Value, value)
	}
	return value, true, nil
}

// publicOutputs renders outputs for people and scripts: plain data, secrets hidden
// unless shown.
func publicOutputs(values resource.PropertyMap, showSecrets bool) map[string]any {
	public := map[string]any{}
	for key, property := range values {
		plain, _, secret := plainOf(property)
		if secret && !showSecrets {
			plain = "[secret]"
		}
		public[string(key)] = plain
	}
	return public
}
