package stats

import "math"

// Exact is Fisher's test of two rates.
type Exact struct {
	P       float64 // of tables no likelier than this one: two-sided
	Mid     float64 // the same with half of those as likely as this one: less cautious
	Less    float64 // of a's rate as low as this or lower
	Greater float64 // of a's rate as high as this or higher
}

// FisherExact is the exact test of two rates given all four sums of their table
// (Fisher 1935, J R Stat Soc 98:39; two-sided by likelihood, as in R; mid-P: Lancaster
// 1961, J Am Stat Assoc 56:223). It needs no large counts, and takes time as the
// spread of the counts. Probabilities below 1e-300 are 0. Not defined when a group is
// empty.
func FisherExact(a, b Count) (Exact, bool) {
	if empty(a, b) {
		return Exact{}, false
	}
	n, x, k := float64(a.N), float64(a.N+b.N), float64(a.X+b.X)

	// Probabilities relative to the likeliest table, each from its neighbour: no
	// difference of large logarithms loses digits.
	up := func(i float64) float64 { return (n - i) * (k - i) / ((i + 1) * (x - n - k + i + 1)) }
	lo, hi := max(0, n+k-x), min(n, k)
	mode := min(hi, max(lo, math.Floor((n+1)*(k+1)/(x+2))))
	walk := func(visit func(i, weight float64)) {
		visit(mode, 1)
		for i, w := mode, 1.0; i < hi && w > 0; i++ {
			w *= up(i)
			visit(i+1, w)
		}
		for i, w := mode, 1.0; i > lo && w > 0; i-- {
			w /= up(i - 1)
			visit(i-1, w)
		}
	}
	var all, own float64
	walk(func(i, w float64) {
		all += w
		if i == float64(a.X) {
			own = w
		}
	})

	// Tables as likely as this one are told from others by more than rounding.
	var e Exact
	var alike float64
	walk(func(i, w float64) {
		if w <= own*(1+1e-7) {
			e.P += w
			if w >= own*(1-1e-7) {
				alike += w
			}
		}
		if i <= float64(a.X) {
			e.Less += w
		}
		if i >= float64(a.X) {
			e.Greater += w
		}
	})
	return Exact{min(1, e.P/all), min(1, (e.P-alike/2)/all), min(1, e.Less/all), min(1, e.Greater/all)}, true
}
