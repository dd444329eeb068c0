package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Reference is an input that names another object.
type Reference struct {
	// Path leads to the input: "vpcId", "subnetIds[]", "ingress[].securityGroups[]".
	Path string
	// Types may be named by it.
	Types []string
	// By is the property of the other object that is named; "" for its id.
	By string
	// ID, when set, makes the other object's id of what the input says, where the input is
	// only a part of it: a name within a group that another input names.
	ID func(o *Operation, value string) string
	// Message is the cloud's error, with %s for what was named.
	Message string
	// Weak references do not keep the other object from being deleted.
	Weak bool
	// Skip leaves values alone that do not name an object of the sandbox.
	Skip func(o *Operation, value string) bool
}

// references finds the objects that inputs name. In a preview unknown names are
// skipped, and names of things that this run may still make are, too.
func (p *Provider) references(typ Type, o *Operation, preview bool) ([]string, error) {
	var keys []string
	for _, reference := range typ.References {
		named := at(map[string]any(o.Inputs), reference.Path, "")
		for _, path := range slices.Sorted(maps.Keys(named)) {
			name := named[path]
			if name == "" || reference.Skip != nil && reference.Skip(o, name) {
				continue
			}
			found := p.find(reference, o, name)
			if found == nil && !preview {
				message := reference.Message
				if message == "" {
					message = "NotFound: %s does not exist"
				}
				return nil, fmt.Errorf("%s: "+message, path, name)
			}
			if found != nil && !reference.Weak && !slices.Contains(keys, found.Key()) {
				keys = append(keys, found.Key())
			}
		}
	}
	return keys, nil
}

// find looks for the object that a reference names.
func (p *Provider) find(reference Reference, o *Operation, name string) *Object {
	if reference.ID != nil {
		name = reference.ID(o, name)
	}
	for _, typ := range reference.Types {
		for _, object := range p.cloud.byType[typ] {
			value := object.ID
			if reference.By != "" {
				value = object.String(reference.By)
			}
			if p.pkg.same(value, name) && (object.Account == o.Account || object.Account == "") {
				return object
			}
		}
	}
	return nil
}

// same compares ids and names as the package does.
func (pkg *Package) same(a, b string) bool {
	return a == b || pkg.FoldsCase && strings.EqualFold(a, b)
}
