package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// policyDocument checks a property that holds a policy in JSON, of limit characters. Policies
// of identities need resources, trust policies principals.
func policyDocument(property, needs string, limit int) rule.Check {
	return documentOfSize(property, needs, limit, func(text string) int { return len(text) })
}

// identityPolicy is policyDocument for what IAM keeps, which does not count white space (IAM
// and AWS STS quotas, IAM User Guide).
func identityPolicy(property, needs string, limit int) rule.Check {
	return documentOfSize(property, needs, limit, policySize)
}

func policySize(text string) int { return len(strings.Join(strings.Fields(text), "")) }

func documentOfSize(property, needs string, limit int, sizeOf func(text string) int) rule.Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		text, ok := in.Text(property)
		if !ok {
			return nil
		}
		problem := func(format string, args ...any) []sandbox.Problem {
			return rule.One(property, "MalformedPolicyDocument: "+format, args...)
		}
		if size := sizeOf(text); size > limit {
			return rule.One(property, "LimitExceeded: a policy of %d characters is longer than %d", size, limit)
		}
		var document struct {
			Version   string
			Statement []map[string]any
		}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&document); err != nil {
			return problem("%v", err)
		}
		if document.Version != "2012-10-17" {
			return problem("version %q is not 2012-10-17", document.Version)
		}
		if len(document.Statement) == 0 {
			return problem("it has no statements")
		}
		for i, statement := range document.Statement {
			if text := checkStatement(statement, needs); text != "" {
				return problem("statement %d: %s", i+1, text)
			}
		}
		return nil
	}
}

func checkStatement(statement map[string]any, needs string) string {
	elements := []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
	for _, key := range slices.Sorted(maps.Keys(statement)) {
		if !slices.Contains(elements, key) {
			return fmt.Sprintf("%q is not an element of a statement", key)
		}
	}
	if effect := statement["Effect"]; effect != "Allow" && effect != "Deny" {
		return fmt.Sprintf("effect is %v, not Allow or Deny", effect)
	}
	for _, element := range []string{"Action", needs} {
		value, ok := statement[element]
		if !ok {
			value, ok = statement["Not"+element]
		}
		if list, isList := value.([]any); !ok || isList && len(list) == 0 {
			return fmt.Sprintf("%s must not be empty", element)
		}
	}
	return ""
}
