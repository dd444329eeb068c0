package sandbox

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// lookup returns the property at a path, nil when it is absent.
func lookup(properties resource.PropertyMap, path string) *resource.PropertyValue {
	for {
		head, rest, more := strings.Cut(path, ".")
		value, ok := properties[resource.PropertyKey(head)]
		if !ok || value.IsNull() {
			return nil
		}
		if !more {
			return &value
		}
		if value, _, _ = unwrap(value); !value.IsObject() {
			return nil
		}
		properties, path = value.ObjectValue(), rest
	}
}

// with returns properties with one more, at a path.
func with(properties resource.PropertyMap, path string, value resource.PropertyValue) resource.PropertyMap {
	head, rest, below := strings.Cut(path, ".")
	properties = properties.Copy()
	if below {
		object, _, _ := unwrap(properties[resource.PropertyKey(head)])
		children := resource.PropertyMap{}
		if object.IsObject() {
			children = object.ObjectValue()
		}
		value = resource.NewObjectProperty(with(children, rest, value))
	}
	properties[resource.PropertyKey(head)] = value
	return properties
}

// at returns the texts that a path with lists ("ingress[].securityGroups[]") leads to,
// by the path of each.
func at(plain any, path, sofar string) map[string]string {
	head, rest, _ := strings.Cut(path, ".")
	name, list := strings.CutSuffix(head, "[]")
	object, ok := plain.(map[string]any)
	if !ok {
		return nil
	}
	found := map[string]string{}
	visit := func(value any, where string) {
		if rest != "" {
			for path, text := range at(value, rest, where) {
				found[path] = text
			}
		} else if text, ok := value.(string); ok {
			found[where] = text
		}
	}
	where := Join(sofar, name)
	if !list {
		visit(object[name], where)
		return found
	}
	elements, _ := object[name].([]any)
	for i, element := range elements {
		visit(element, fmt.Sprintf("%s[%d]", where, i))
	}
	return found
}

// Join puts a name behind a path.
func Join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

// without returns properties without the one at a path.
func without(properties resource.PropertyMap, path string) resource.PropertyMap {
	head, rest, below := strings.Cut(path, ".")
	properties = properties.Copy()
	if !below {
		delete(properties, resource.PropertyKey(head))
		return properties
	}
	if object, _, _ := unwrap(properties[resource.PropertyKey(head)]); object.IsObject() {
		properties[resource.PropertyKey(head)] = resource.NewObjectProperty(without(object.ObjectValue(), rest))
	}
	return properties
}
