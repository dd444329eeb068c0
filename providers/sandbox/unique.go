package sandbox

import (
	"fmt"
	"strings"
)

// Unique is a name that only one object of a type may have.
type Unique struct {
	// Properties hold the name; several are joined.
	Properties []string
	// Everywhere is true for names that are unique over all accounts.
	Everywhere bool
	// Message is the cloud's error, with %s for the name.
	Message string
}

// unique makes sure that no other object has the names of this one.
func (p *Provider) unique(typ Type, o *Operation, self string) error {
	for _, names := range typ.Unique {
		name := nameOf(names, o.Inputs, o.Outputs)
		if name == "" {
			continue
		}
		for _, other := range o.Cloud.byType[o.Type] {
			elsewhere := !names.Everywhere && (other.Account != o.Account || other.Region != o.Region)
			if other.Key() == self || elsewhere || !p.pkg.same(nameOf(names, other.Inputs, other.Outputs), name) {
				continue
			}
			return fmt.Errorf(names.Message, name)
		}
	}
	return nil
}

func nameOf(names Unique, inputs Inputs, outputs map[string]any) string {
	parts := make([]string, len(names.Properties))
	for i, property := range names.Properties {
		value := inputs[property]
		if value == nil {
			value = outputs[property]
		}
		if value == nil {
			return ""
		}
		parts[i] = fmt.Sprint(value)
	}
	return strings.Join(parts, " ")
}
