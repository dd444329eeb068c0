package main

import "strings"

// nearest returns the candidate that was probably meant by word: one that is at most a
// third of its letters away, or that it begins; "" when there is none.
func nearest(word string, candidates []string) string {
	best, distance := "", len(word)/3+1
	for _, candidate := range candidates {
		apart := editDistance(word, candidate)
		if len(word) >= 3 && strings.HasPrefix(candidate, word) {
			apart = 1
		}
		if apart < len(candidate) && (apart < distance || apart == distance && best == "") {
			best, distance = candidate, apart
		}
	}
	return best
}

// editDistance counts the letters to insert, delete or substitute.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
