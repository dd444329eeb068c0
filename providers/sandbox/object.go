package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Object is one thing in the simulated cloud.
type Object struct {
	Provider string `json:"provider"`
	Type     string `json:"type"` // Pulumi's type token
	ID       string `json:"id"`
	Account  string `json:"account,omitempty"`
	Region   string `json:"region,omitempty"`
	// URN is the resource that made the object; "" for what actions made.
	URN string `json:"urn,omitempty"`
	// External is true for what the configuration names as existing and owned by
	// others; reset and destroy leave it alone.
	External bool `json:"external,omitempty"`
	// Inputs are what it was made from, Outputs what it has beside them.
	Inputs  map[string]any `json:"inputs"`
	Outputs map[string]any `json:"outputs,omitempty"`
	// References are the keys of the objects it needs.
	References []string `json:"references,omitempty"`
	// Managers are who set which of Inputs, where a provider keeps that and not all of it is
	// its maker's: the paths of each, as JSON pointers.
	Managers map[string][]string `json:"managers,omitempty"`
}

// Key identifies an object in its cloud.
func (o *Object) Key() string { return Key(o.Type, o.Account, o.Region, o.ID) }

// Key builds the key of an object.
func Key(typ, account, region, id string) string {
	parts := []string{typ}
	for _, part := range []string{account, region} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(append(parts, id), " ")
}

// Get returns an output or, failing that, an input.
func (o *Object) Get(property string) any {
	if value, ok := o.Outputs[property]; ok {
		return value
	}
	return o.Inputs[property]
}

// String returns the text of an output or input, "" when it is absent or no text.
func (o *Object) String(property string) string {
	text, _ := o.Get(property).(string)
	return text
}

// Name is what a person would call the object.
func (o *Object) Name() string {
	for _, property := range []string{"name", "bucket", "identifier", "domainName", "family"} {
		if name := o.String(property); name != "" {
			return name
		}
	}
	if metadata, ok := o.Get("metadata").(map[string]any); ok {
		if name, ok := metadata["name"].(string); ok {
			return name
		}
	}
	return o.ID
}

func (o *Object) describe() string {
	kind := o.Type[strings.LastIndexByte(o.Type, ':')+1:]
	if name := o.Name(); name != o.ID {
		return fmt.Sprintf("%s %s (%s)", kind, name, o.ID)
	}
	return fmt.Sprintf("%s %s", kind, o.ID)
}

func (o *Object) clone() *Object {
	copied := *o
	copied.Inputs, copied.Outputs = maps.Clone(o.Inputs), maps.Clone(o.Outputs)
	copied.References = slices.Clone(o.References)
	return &copied
}
