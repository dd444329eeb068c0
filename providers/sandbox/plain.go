package sandbox

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

type unknownValue struct{}

// Unknown stands for a value that is not known before something is applied.
var Unknown any = unknownValue{}

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
