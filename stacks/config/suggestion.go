package config

import (
	"slices"
	"strings"
)

// nearest is the candidate that was probably meant by word, or "".
func nearest(word string, candidates []string) string {
	near := nearestAll(word, candidates)
	if len(near) == 0 {
		return ""
	}
	return near[0]
}

// nearestAll are up to three candidates near word, the nearest first. Spelling of case,
// "-" and "_" does not count; of the rest a third of the letters may differ, or word is a part of the candidate.
func nearestAll(word string, candidates []string) []string {
	type scored struct {
		candidate string
		distance  int
	}
	if len(word) > 200 {
		return nil
	}
	var near []scored
	for _, candidate := range candidates {
		if candidate == "" || candidate == word {
			continue
		}
		limit := max(1, min(len(word), len(candidate))/3)
		distance := editDistance(plain(word), plain(candidate))
		switch {
		case distance <= limit:
			near = append(near, scored{candidate, distance})
		case len(word) >= 4 && strings.Contains(plain(candidate), plain(word)):
			near = append(near, scored{candidate, len(candidate)}) // a part is better than nothing
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.candidate, b.candidate)
	})
	names := make([]string, 0, 3)
	for _, s := range near[:min(3, len(near))] {
		names = append(names, s.candidate)
	}
	return names
}

func plain(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// editDistance counts insertions, deletions, substitutions and swaps of neighbours.
func editDistance(a, b string) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
