package eks

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

type value = resource.PropertyValue

// text, flag, list and object build plain values.
func text(s string) value { return resource.NewStringProperty(s) }
func flag(b bool) value   { return resource.NewBoolProperty(b) }

func list(values ...value) value { return resource.NewArrayProperty(slices.Clone(values)) }

// object leaves out what is null.
func object(fields map[string]value) value {
	made := resource.PropertyMap{}
	for name, field := range fields {
		if !field.IsNull() {
			made[resource.PropertyKey(name)] = field
		}
	}
	return resource.NewObjectProperty(made)
}

// marks are what is known of a value besides itself.
type marks struct {
	unknown, secret bool
	dependencies    []resource.URN
}

// plain takes all marks off a value and adds them to m. What is unknown becomes null.
func plain(v value, m *marks) value {
	switch {
	case v.IsSecret():
		m.secret = true
		return plain(v.SecretValue().Element, m)
	case v.IsComputed():
		m.unknown = true
		return resource.NewNullProperty()
	case v.IsOutput():
		output := v.OutputValue()
		m.secret = m.secret || output.Secret
		for _, urn := range output.Dependencies {
			if !slices.Contains(m.dependencies, urn) {
				m.dependencies = append(m.dependencies, urn)
			}
		}
		if !output.Known {
			m.unknown = true
			return resource.NewNullProperty()
		}
		return plain(output.Element, m)
	case v.IsArray():
		values := make([]value, len(v.ArrayValue()))
		for i, element := range v.ArrayValue() {
			values[i] = plain(element, m)
		}
		return resource.NewArrayProperty(values)
	case v.IsObject():
		fields := resource.PropertyMap{}
		for key, field := range v.ObjectValue() {
			fields[key] = plain(field, m)
		}
		return resource.NewObjectProperty(fields)
	default:
		return v
	}
}

// output puts marks on a value. With none, it stays as it is.
func (m marks) output(v value) value {
	if !m.unknown && !m.secret && len(m.dependencies) == 0 {
		return v
	}
	return resource.NewOutputProperty(resource.Output{
		Element: v, Known: !m.unknown, Secret: m.secret, Dependencies: m.dependencies,
	})
}

// derive computes a value from others, which is unknown when one of them is.
func derive(compute func(known []value) value, from ...value) value {
	m, known := marks{}, make([]value, len(from))
	for i, v := range from {
		known[i] = plain(v, &m)
	}
	if m.unknown {
		return m.output(resource.NewNullProperty())
	}
	return m.output(compute(known))
}

// shallow takes the marks off the outside of a value; it is null when it is unknown.
func shallow(v value) (value, bool) {
	for {
		switch {
		case v.IsSecret():
			v = v.SecretValue().Element
		case v.IsOutput() && v.OutputValue().Known:
			v = v.OutputValue().Element
		case v.IsOutput(), v.IsComputed():
			return resource.NewNullProperty(), false
		default:
			return v, true
		}
	}
}

// at follows a path of names and indices into a value.
func at(v value, path ...any) (found value, known bool) {
	for _, step := range path {
		if v, known = shallow(v); !known {
			return v, false
		}
		switch step := step.(type) {
		case string:
			if !v.IsObject() {
				return resource.NewNullProperty(), true
			}
			v = v.ObjectValue()[resource.PropertyKey(step)]
		case int:
			if !v.IsArray() || step >= len(v.ArrayValue()) {
				return resource.NewNullProperty(), true
			}
			v = v.ArrayValue()[step]
		}
	}
	return v, true
}
