package aws

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// tagged adds what holds for all taggable types. Tags that others put on are read back, and
// taken away by the next update, but for those that the provider was told to ignore
// (terraform-provider-aws, internal/tags/key_value_tags.go).
func tagged(token string, typ sandbox.Type) sandbox.Type {
	read, check := typ.Read, typ.Check
	typ.Shared = append(slices.Clone(typ.Shared), "tags")
	typ.Read = func(o *sandbox.Operation) error {
		delete(o.Outputs, "tagsAll")
		if tags := o.Inputs.Map("tags"); tags != nil {
			seen := seenTags(o, token, tags)
			o.Outputs["tags"], o.Outputs["tagsAll"] = seen, maps.Clone(seen)
		}
		if read != nil {
			return read(o)
		}
		return nil
	}
	typ.Check = rule.Within("tags", checkTags)
	if strings.HasPrefix(token, "aws:iam/") {
		typ.Check = rule.All(typ.Check, rule.Within("tags", checkIdentityTags))
	}
	if check != nil {
		typ.Check = rule.All(typ.Check, check)
	}
	return typ
}

// seenTags are the tags of an object that the provider does not leave to others.
func seenTags(o *sandbox.Operation, token string, tags map[string]any) map[string]any {
	ignored := o.Configuration.Map("ignoreTags")
	if text, ok := o.Configuration.Text("ignoreTags"); ok { // nested values may come as JSON
		if json.Unmarshal([]byte(text), &ignored) != nil {
			ignored = nil
		}
	}
	seen := maps.Clone(tags)
	maps.DeleteFunc(seen, func(key string, _ any) bool {
		return strings.HasPrefix(key, "aws:") ||
			token == routeTableType && key == "AmazonFSx" || // internal/service/ec2/vpc_route_table.go
			slices.Contains(ignored.List("keys"), any(key)) ||
			slices.ContainsFunc(ignored.List("keyPrefixes"), func(prefix any) bool { return strings.HasPrefix(key, text(prefix)) })
	})
	return seen
}

// checkTags holds the limits that AWS sets for tags.
func checkTags(tags sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	if len(tags) > 50 {
		problems.Add("", "%d tags are more than 50", len(tags))
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value, _ := tags.Text(key)
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128:
			problems.Add(key, "a tag's key has 1 to 128 characters")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			problems.Add(key, "the prefix aws: is reserved")
		case utf8.RuneCountInString(value) > 256:
			problems.Add(key, "a tag's value has at most 256 characters")
		}
	}
	return problems
}

// identityTag is what IAM takes in keys and values of tags
// (docs.aws.amazon.com: IAM/latest/APIReference/API_Tag.html).
var identityTag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`) })

// checkIdentityTags holds what IAM refuses beyond that: characters, and keys that differ only in
// case (docs.aws.amazon.com: IAM/latest/UserGuide/id_tags.html).
func checkIdentityTags(tags sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	seen := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if value, _ := tags.Text(key); !identityTag().MatchString(key) || !identityTag().MatchString(value) {
			problems.Add(key, "ValidationError: failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")
		}
		if before, twice := seen[strings.ToLower(key)]; twice {
			problems.Add(key, "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive: %s, %s", before, key)
		}
		seen[strings.ToLower(key)] = key
	}
	return problems
}
