package aws

import (
	"encoding/json"
	"reflect"
	"strings"

	awspolicy "github.com/hashicorp/awspolicyequivalence"
)

// What is written otherwise and means the same. Each is an Equal of a sandbox.Type.

// samePolicy compares IAM policies with the library that the provider compares them with
// (terraform-provider-aws, internal/verify/json.go): order of keys and statements, spacing, and
// a text instead of a list of one mean nothing.
func samePolicy(old, new any) bool {
	before, after := text(old), text(new)
	same, err := awspolicy.PoliciesAreEquivalent(before, after)
	return err == nil && same
}

// sameJSON compares texts that hold JSON.
func sameJSON(old, new any) bool {
	var before, after any
	if json.Unmarshal([]byte(text(old)), &before) != nil || json.Unmarshal([]byte(text(new)), &after) != nil {
		return false
	}
	return reflect.DeepEqual(before, after)
}

// sameFolded compares texts without case.
func sameFolded(old, new any) bool { return strings.EqualFold(text(old), text(new)) }

// sameDomain compares names of domains: case and a last dot mean nothing.
func sameDomain(old, new any) bool {
	return strings.EqualFold(strings.TrimSuffix(text(old), "."), strings.TrimSuffix(text(new), "."))
}

func text(value any) string {
	text, _ := value.(string)
	return text
}

// meanings is an Equal in which one comparison holds for several paths.
func meanings(same func(old, new any) bool, paths ...string) map[string]func(old, new any) bool {
	equal := map[string]func(old, new any) bool{}
	for _, path := range paths {
		equal[path] = same
	}
	return equal
}
