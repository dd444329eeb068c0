package workload

import (
	"maps"
	"slices"
)

// Parts names what of a workload can be taken away and is in several stacks, sorted: what
// is switched on, sites, releases, and by release what is switched on in it. The helm stack
// outputs them, so that the next run knows what is no longer there.
func Parts(features map[string]bool, sites []string, releases map[string]map[string]bool) []string {
	var parts []string
	add := func(features map[string]bool, of string) {
		for feature, on := range features {
			if on {
				parts = append(parts, feature+of)
			}
		}
	}
	add(features, "")
	for _, site := range sites {
		parts = append(parts, "site "+site)
	}
	for release := range maps.Keys(releases) {
		parts = append(parts, "release "+release)
		add(releases[release], " of release "+release)
	}
	slices.Sort(parts)
	return parts
}
