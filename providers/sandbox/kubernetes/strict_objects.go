package kubernetes

import (
	"encoding/json"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// checkIdentity makes sure that an object is what its type says.
func checkIdentity(kind schema.GroupVersionKind, in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	for property, want := range map[string]string{"apiVersion": kind.GroupVersion().String(), "kind": kind.Kind} {
		if got, _ := in.Text(property); got != want {
			problems.Add(property, "is %q, want %q", got, want)
		}
	}
	slices.SortFunc(problems, func(a, b sandbox.Problem) int { return strings.Compare(a.Path, b.Path) })
	return problems
}

// checkObject decodes an object into its API type and checks it as the API does. What
// is not known yet is checked when it is.
func checkObject(in sandbox.Inputs) []sandbox.Problem {
	known, all := without(map[string]any(in))
	object, err := decode(known)
	if err != nil {
		return rule.One("", "%v", err)
	}
	if !all {
		return nil
	}
	var problems rule.Problems
	for _, problem := range validate(object) {
		problems.Add(problem.Field, "%s", problem.ErrorBody())
	}
	return problems
}

func decode(plain any) (runtime.Object, error) {
	content, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	object, _, err := decoder().Decode(content, nil, nil)
	return object, err
}

// without leaves unknown values out, and tells whether there were none.
func without(plain any) (known any, all bool) {
	all = true
	switch plain := plain.(type) {
	case map[string]any:
		kept := make(map[string]any, len(plain))
		for key, value := range plain {
			if value == sandbox.Unknown {
				all = false
				continue
			}
			value, complete := without(value)
			kept[key], all = value, all && complete
		}
		return kept, all
	case []any:
		kept := make([]any, 0, len(plain))
		for _, value := range plain {
			if value == sandbox.Unknown {
				all = false
				continue
			}
			value, complete := without(value)
			kept, all = append(kept, value), all && complete
		}
		return kept, all
	default:
		return plain, true
	}
}
