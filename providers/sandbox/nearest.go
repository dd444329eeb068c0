package sandbox

import (
	"iter"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest suggests the candidate that a misspelt name was meant to be, the first in the
// alphabet of several; "" when none is near: at most a third of the name differs.
func Nearest(name string, candidates iter.Seq[string]) string {
	best, distance := "", 1+len(name)/3
	for candidate := range candidates {
		d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(candidate), nil)
		if d < distance || d == distance && best != "" && candidate < best {
			best, distance = candidate, d
		}
	}
	return best
}
