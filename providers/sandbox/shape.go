package sandbox

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CheckShape checks a component's properties as a resource's are checked.
func CheckShape(properties resource.PropertyMap, shape reflect.Type) []plugin.CheckFailure {
	return checkShape(properties, shape, "")
}

// checkShape checks properties against the plain form of an SDK's arguments, a
// struct with `pulumi` tags: no property that is not there, every property of its
// type, and those that are neither pointers nor collections present. (Collections
// that are required are checked by the SDK's own constructors.) Unknown values are
// of any type.
func checkShape(properties resource.PropertyMap, shape reflect.Type, path string) []plugin.CheckFailure {
	var failures []plugin.CheckFailure
	fields := fieldsOf(shape)
	for _, key := range properties.StableKeys() {
		field, ok := fields[string(key)]
		at := Join(path, string(key))
		if !ok {
			reason := "is not a property of this resource"
			if near := Nearest(string(key), maps.Keys(fields)); near != "" {
				reason += fmt.Sprintf(" (did you mean %q?)", near)
			}
			failures = append(failures, failure(at, "%s", reason))
			continue
		}
		failures = append(failures, checkValue(properties[key], field.Type, at)...)
	}
	for name, field := range fields {
		switch field.Type.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
			continue
		}
		if value, ok := properties[resource.PropertyKey(name)]; !ok || value.IsNull() {
			failures = append(failures, failure(Join(path, name), "is required"))
		}
	}
	slices.SortFunc(failures, func(a, b plugin.CheckFailure) int { return strings.Compare(string(a.Property), string(b.Property)) })
	return failures
}

var resourceInterface = reflect.TypeFor[pulumi.Resource]()

// fieldsOf lists the properties of an arguments struct by name.
func fieldsOf(shape reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for i := range shape.NumField() {
		if tag, ok := shape.Field(i).Tag.Lookup("pulumi"); ok {
			name, _, _ := strings.Cut(tag, ",")
			fields[name] = shape.Field(i)
		}
	}
	return fields
}

// checkValue checks one value against a field's type.
func checkValue(value resource.PropertyValue, typ reflect.Type, path string) []plugin.CheckFailure {
	value, unknown, _ := unwrap(value)
	if unknown || value.IsNull() {
		return nil
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	wrong := func(want string) []plugin.CheckFailure {
		kind := value.TypeString()
		if value.IsResourceReference() {
			kind = "resource"
		}
		if value.IsArray() {
			kind = "list"
		}
		return []plugin.CheckFailure{failure(path, "is a %s, want a %s", kind, want)}
	}
	switch typ.Kind() {
	case reflect.String:
		if !value.IsString() {
			return wrong("string")
		}
	case reflect.Bool:
		if !value.IsBool() {
			return wrong("bool")
		}
	case reflect.Int, reflect.Float64:
		if !value.IsNumber() {
			return wrong("number")
		}
		if typ.Kind() == reflect.Int && value.NumberValue() != float64(int64(value.NumberValue())) {
			return wrong("whole number")
		}
	case reflect.Slice:
		if !value.IsArray() {
			return wrong("list")
		}
		var failures []plugin.CheckFailure
		for i, element := range value.ArrayValue() {
			failures = append(failures, checkValue(element, typ.Elem(), fmt.Sprintf("%s[%d]", path, i))...)
		}
		return failures
	case reflect.Map:
		if !value.IsObject() {
			return wrong("map")
		}
		var failures []plugin.CheckFailure
		for _, key := range value.ObjectValue().StableKeys() {
			failures = append(failures, checkValue(value.ObjectValue()[key], typ.Elem(), Join(path, string(key)))...)
		}
		return failures
	case reflect.Struct:
		if reflect.PointerTo(typ).Implements(resourceInterface) {
			if !value.IsResourceReference() {
				return wrong("resource")
			}
			return nil
		}
		if !value.IsObject() {
			return wrong("object")
		}
		return checkShape(value.ObjectValue(), typ, path)
	}
	return nil // an interface takes anything
}

func failure(path, format string, args ...any) plugin.CheckFailure {
	return plugin.CheckFailure{Property: resource.PropertyKey(path), Reason: fmt.Sprintf(format, args...)}
}
