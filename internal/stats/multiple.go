package stats

import (
	"cmp"
	"slices"
)

// Holm are the p-values of several declared questions, each adjusted so that one
// below alpha is a false alarm with at most that chance in all of them together,
// whatever they have to do with each other (Holm 1979, Scand J Stat 6:65). In the
// order given; a p outside [0,1] panics.
func Holm(ps []float64) []float64 {
	return adjusted(ps, func(order []int, out []float64) {
		worst := 0.0
		for rank, i := range order {
			worst = max(worst, min(1, float64(len(ps)-rank)*ps[i]))
			out[i] = worst
		}
	})
}

// BenjaminiHochberg are q-values: of those questions that are at or below q, a
// share of at most q is false alarms on average (Benjamini and Hochberg 1995, J R
// Stat Soc B 57:289), for questions that are independent or lean the same way. In
// the order given; a p outside [0,1] panics.
func BenjaminiHochberg(ps []float64) []float64 {
	return adjusted(ps, func(order []int, out []float64) {
		best := 1.0
		for rank := len(order) - 1; rank >= 0; rank-- {
			i := order[rank]
			best = min(best, float64(len(ps))*ps[i]/float64(rank+1))
			out[i] = best
		}
	})
}

// adjusted fills in the p-values from their places by size.
func adjusted(ps []float64, fill func(order []int, out []float64)) []float64 {
	order := make([]int, len(ps))
	for i, p := range ps {
		if !(p >= 0 && p <= 1) {
			panic("stats: a p-value is in [0,1]")
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ps[a], ps[b]) })
	out := make([]float64, len(ps))
	fill(order, out)
	return out
}
