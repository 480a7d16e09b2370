package stats

import "math"

// Quantile is the value below which a share q in [0,1] of the sorted, finite
// values lies, interpolated between neighbours (type 7 of Hyndman and Fan 1996,
// Am Stat 50:361; percentile_cont of SQL): 0 gives the first, 1 the last. Not
// defined without values. A q outside [0,1] panics.
func Quantile(sorted []float64, q float64) (float64, bool) {
	if !(q >= 0 && q <= 1) {
		panic("stats: a quantile is asked at a share in [0,1]")
	}
	if len(sorted) == 0 {
		return 0, false
	}
	below, part := math.Modf(q * float64(len(sorted)-1))
	i := int(below)
	if part == 0 {
		return sorted[i], true
	}
	return sorted[i] + part*(sorted[i+1]-sorted[i]), true
}
