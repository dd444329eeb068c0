package sandbox

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
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
		at := join(path, string(key))
		if !ok {
			reason := "is not a property of this resource"
			if near := nearest(string(key), fields); near != "" {
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
			failures = append(failures, failure(join(path, name), "is required"))
		}
	}
	slices.SortFunc(failures, func(a, b plugin.CheckFailure) int { return compare(string(a.Property), string(b.Property)) })
	return failures
}

var resourceInterface = reflect.TypeFor[pulumi.Resource]()

func failure(path, format string, args ...any) plugin.CheckFailure {
	return plugin.CheckFailure{Property: resource.PropertyKey(path), Reason: fmt.Sprintf(format, args...)}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

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

// nearest suggests the property that a misspelt one was meant to be.
func nearest(name string, fields map[string]reflect.StructField) string {
	best, distance := "", 1+len(name)/3
	for candidate := range fields {
		d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(candidate), nil)
		if d < distance || d == distance && best != "" && candidate < best {
			best, distance = candidate, d
		}
	}
	return best
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
			failures = append(failures, checkValue(value.ObjectValue()[key], typ.Elem(), join(path, string(key)))...)
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

// unwrap takes the marks off a value.
func unwrap(value resource.PropertyValue) (plain resource.PropertyValue, unknown, secret bool) {
	for {
		switch {
		case value.IsSecret():
			value, secret = value.SecretValue().Element, true
		case value.IsOutput():
			output := value.OutputValue()
			secret = secret || output.Secret
			if !output.Known {
				return value, true, secret
			}
			value = output.Element
		case value.IsComputed():
			return value, true, secret
		default:
			return value, false, secret
		}
	}
}

// Plain turns a value into plain Go data: nil, bool, float64, string, []any and
// map[string]any. Unknown values become the value Unknown.
func Plain(value resource.PropertyValue) any {
	value, unknown, _ := unwrap(value)
	switch {
	case unknown:
		return Unknown
	case value.IsArray():
		list := make([]any, len(value.ArrayValue()))
		for i, element := range value.ArrayValue() {
			list[i] = Plain(element)
		}
		return list
	case value.IsObject():
		return PlainMap(value.ObjectValue())
	case value.IsResourceReference():
		return string(value.ResourceReferenceValue().URN)
	default:
		return value.V
	}
}

// PlainMap turns properties into plain Go data; null properties are left out.
func PlainMap(properties resource.PropertyMap) map[string]any {
	plain := make(map[string]any, len(properties))
	for key, value := range properties {
		if converted := Plain(value); converted != nil {
			plain[string(key)] = converted
		}
	}
	return plain
}

type unknownValue struct{}

// Unknown stands for a value that is not known before something is applied.
var Unknown any = unknownValue{}

// Properties turns plain Go data into properties, Unknown into unknown values.
func Properties(plain map[string]any) resource.PropertyMap {
	properties := make(resource.PropertyMap, len(plain))
	for key, value := range plain {
		properties[resource.PropertyKey(key)] = property(value)
	}
	return properties
}

func property(plain any) resource.PropertyValue {
	switch plain := plain.(type) {
	case unknownValue:
		return resource.MakeComputed(resource.NewStringProperty(""))
	case []any:
		list := make([]resource.PropertyValue, len(plain))
		for i, element := range plain {
			list[i] = property(element)
		}
		return resource.NewArrayProperty(list)
	case map[string]any:
		return resource.NewObjectProperty(Properties(plain))
	default:
		return resource.NewPropertyValue(plain)
	}
}

// containsUnknown tells whether any part of plain data is Unknown.
func containsUnknown(plain any) bool {
	switch plain := plain.(type) {
	case unknownValue:
		return true
	case []any:
		return slices.ContainsFunc(plain, containsUnknown)
	case map[string]any:
		for _, value := range plain {
			if containsUnknown(value) {
				return true
			}
		}
	}
	return false
}
