package output

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"

	"github.com/ptd-go/ptd/apply"
)

// Await returns the plain value of an output that does not depend on a running program,
// as those that Load made.
func Await[T any](ctx context.Context, output pulumi.Output) (value T, known bool, err error) {
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

// Public renders the values of a stack's outputs for people and scripts: plain data,
// secrets hidden unless shown.
func Public(values resource.PropertyMap, showSecrets bool) map[string]any {
	public := map[string]any{}
	for key, property := range values {
		plain, _, secret := Plain(property)
		if secret && !showSecrets {
			plain = "[secret]"
		}
		public[string(key)] = plain
	}
	return public
}

// Plain takes the marks off a value: plain Go data, whether all of it is known, and
// whether any of it is secret.
func Plain(property resource.PropertyValue) (plain any, known, secret bool) {
	switch {
	case property.IsSecret():
		plain, known, _ = Plain(property.SecretValue().Element)
		return plain, known, true
	case property.IsOutput():
		output := property.OutputValue()
		if !output.Known {
			return nil, false, output.Secret
		}
		plain, known, secret = Plain(output.Element)
		return plain, known, secret || output.Secret
	case property.IsComputed():
		return nil, false, false
	case property.IsArray():
		list, known := []any{}, true
		for _, element := range property.ArrayValue() {
			value, elementKnown, elementSecret := Plain(element)
			list, known, secret = append(list, value), known && elementKnown, secret || elementSecret
		}
		return list, known, secret
	case property.IsObject():
		object, known := map[string]any{}, true
		for key, element := range property.ObjectValue() {
			value, elementKnown, elementSecret := Plain(element)
			object[string(key)], known, secret = value, known && elementKnown, secret || elementSecret
		}
		return object, known, secret
	default:
		return property.V, true, false
	}
}

// fromProperty makes an output of type typ (pulumi.StringOutput, ...) from a value.
func fromProperty(property resource.PropertyValue, typ reflect.Type) (reflect.Value, error) {
	plain, known, secret := Plain(property)
	var value reflect.Value
	if known {
		var err error
		if value, err = convert(plain, elementOf(typ)); err != nil {
			return reflect.Value{}, err
		}
	}
	output, err := constant(value, typ)
	if err == nil && secret {
		output = reflect.ValueOf(pulumi.ToSecret(output.Interface()))
	}
	return output, err
}

// constant makes an output of type typ of a value, unknown when it is the zero Value.
func constant(value reflect.Value, typ reflect.Type) (reflect.Value, error) {
	element := elementOf(typ)
	source := pulumi.Output(pulumi.ToOutput(0))
	if !value.IsValid() {
		source, value = pulumi.UnsafeUnknownOutput(nil), reflect.Zero(element)
	}
	signature := reflect.FuncOf([]reflect.Type{reflect.TypeFor[any]()}, []reflect.Type{element}, false)
	function := reflect.MakeFunc(signature, func([]reflect.Value) []reflect.Value { return []reflect.Value{value} })
	output := reflect.ValueOf(apply.To(source, function.Interface()))
	if !output.Type().AssignableTo(typ) {
		return reflect.Value{}, fmt.Errorf("values of %s come as %s, not as %s", element, output.Type(), typ)
	}
	return output, nil
}

// elementOf is the type of the values of outputs of type typ.
func elementOf(typ reflect.Type) reflect.Type {
	return reflect.Zero(typ).Interface().(pulumi.Output).ElementType()
}

// convert makes a value of typ from plain data.
func convert(plain any, typ reflect.Type) (reflect.Value, error) {
	into := reflect.New(typ)
	encoded, err := json.Marshal(plain)
	if err == nil {
		err = json.Unmarshal(encoded, into.Interface())
	}
	if err != nil { // which may quote the value
		return reflect.Value{}, fmt.Errorf("is a %T, want %s", plain, typ)
	}
	return into.Elem(), nil
}
