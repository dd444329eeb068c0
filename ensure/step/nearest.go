package step

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// nearestAtMost is how many of the nearest names an error has.
const nearestAtMost = 3

// nearest are the candidates that a URN or pattern is nearest to. Most of a URN says only
// where a resource is, so that those of its name come first, then those of its type.
func nearest(urn string, candidates []string) []string {
	type scored struct {
		candidate string
		distance  int
	}
	var near []scored
	for _, candidate := range candidates {
		if strings.Contains(candidate, "::"+string(resource.RootStackType)+"::") {
			continue
		}
		distance := distance(urn, candidate)
		if urnName(urn) != "" && urnName(urn) == urnName(candidate) {
			distance /= 2
		}
		near = append(near, scored{candidate, distance})
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.distance - b.distance })
	var names []string
	for _, s := range near[:min(nearestAtMost, len(near))] {
		names = append(names, s.candidate)
	}
	return names
}

// urnName is the logical name at the end of a URN, "" if it is a pattern.
func urnName(urn string) string {
	name := urn[strings.LastIndex(urn, "::")+1:]
	if strings.Contains(name, "*") {
		return ""
	}
	return name
}

// distance counts what has to be inserted, deleted or substituted to make one text of the
// other; a * in the first stands for anything.
func distance(pattern, text string) int {
	row := make([]int, len(text)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(pattern) {
		diagonal := row[0]
		if pattern[i] != '*' {
			row[0]++
		}
		for j := range len(text) {
			above := row[j+1]
			switch {
			case pattern[i] == '*':
				row[j+1] = min(above, row[j])
			case pattern[i] == text[j]:
				row[j+1] = diagonal
			default:
				row[j+1] = min(above, row[j], diagonal) + 1
			}
			diagonal = above
		}
	}
	return row[len(text)]
}
