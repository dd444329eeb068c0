package engine

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Beyond returns what a plan does in addition to an earlier plan of the same stack
// from the same state: what it would do if the earlier one had been applied first.
func (p *Plan) Beyond(earlier *Plan) *Plan {
	done := map[string]Change{}
	for _, change := range earlier.Changes {
		done[change.URN] = change
	}
	beyond := *p
	beyond.Changes = nil
	for _, change := range p.Changes {
		before, ok := done[change.URN]
		switch {
		case !ok:
			beyond.Changes = append(beyond.Changes, change)
		case change.Inputs.DeepEquals(before.Inputs):
			beyond.Unchanged++
		default:
			change.Kind, change.Differences = Update, between(before.Inputs, change.Inputs)
			beyond.Changes = append(beyond.Changes, change)
		}
	}
	return &beyond
}

// between lists the inputs that differ.
func between(before, after resource.PropertyMap) []Difference {
	keys := slices.Concat(before.StableKeys(), after.StableKeys())
	slices.Sort(keys)
	var found []Difference
	for _, key := range slices.Compact(keys) {
		if !before[key].DeepEquals(after[key]) {
			path := string(key)
			found = append(found, Difference{Path: path, Old: valueAt(before, path), New: valueAt(after, path)})
		}
	}
	return found
}
