package postgresql

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// identifiers are the inputs that make, joined by dots, the id by which the plugin reads
// back what it makes, by type: the provider's Importer of each passes the id to the Read,
// which takes it apart so. None are of types whose create is done again without harm.
var identifiers = map[string][]string{
	"postgresql:index/database:Database":                   {"name"},
	"postgresql:index/defaultPrivileg:DefaultPrivileg":     nil,
	"postgresql:index/defaultPrivileges:DefaultPrivileges": nil,
	"postgresql:index/extension:Extension":                 {"database", "name"},
	"postgresql:index/grant:Grant":                         nil,
	"postgresql:index/grantRole:GrantRole":                 nil,
	"postgresql:index/role:Role":                           {"name"},
	"postgresql:index/schema:Schema":                       {"database", "name"},
}

// Identifier is the id by which the plugin reads back what it makes from the inputs of a
// type. ok is false where an input that decides it is not known; id is "" where there is
// nothing to read, because a second create settles all.
func Identifier(typ string, inputs resource.PropertyMap) (id string, ok bool) {
	names, ok := identifiers[typ]
	if !ok {
		return "", false
	}
	parts := make([]string, len(names))
	for i, name := range names {
		value := inputs[resource.PropertyKey(name)]
		if value.IsSecret() {
			value = value.SecretValue().Element
		}
		if !value.IsString() || value.StringValue() == "" {
			return "", false
		}
		parts[i] = value.StringValue()
	}
	return strings.Join(parts, "."), true
}
