package source

import "strings"

// Suggest is the candidate nearest to word, or "" where none is near enough to
// be what was meant: at most a third of the letters differ, and a swap of two
// neighbours counts as one.
func Suggest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, bestDistance := "", len(word)/3+1
	if bestDistance > 3 {
		bestDistance = 3
	}
	lower := strings.ToLower(word)
	for _, c := range candidates {
		limit := max(len(word), len(c))/3 + 1
		if d := distance(lower, strings.ToLower(c)); d < limit && d <= bestDistance && (best == "" || d < bestDistance) {
			best, bestDistance = c, d
			continue
		}
		// mail for email: a word of some length that is only missing an end.
		if best == "" && len(word) >= 4 && strings.HasSuffix(c, lower) {
			best = c
		}
	}
	return best
}

// distance is the optimal string alignment distance.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before := make([]int, len(y)+1)
	last := make([]int, len(y)+1)
	row := make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
