package stats

import "math"

// TestAndRoll is how many of n customers each of two variants is tried on before
// the better one is sent to all others, so that the n together are expected to
// bring most (Feit and Berman 2019, Marketing Sci 38:1038, with one prior for
// both variants): noise is the standard deviation of one customer's outcome,
// spread that of the variants' true means. It is for choosing where both may be
// sent; what it picks is the better guess and no proof. Never more than a
// sixth of n. Not defined unless all are positive and finite.
func TestAndRoll(n int64, noise, spread float64) (each float64, ok bool) {
	ratio := noise / spread * (noise / spread)
	if n < 1 || !(noise > 0) || !(spread > 0) || !(ratio > 0) || !finite(ratio) {
		return 0, false
	}
	a := 0.75 * ratio
	quarter := float64(n) / 4 * ratio

	// sqrt(quarter + a^2) - a, without losing the digits of a small population.
	each = quarter / (math.Hypot(math.Sqrt(quarter), a) + a)
	if !finite(each) {
		return 0, false
	}
	return each, true
}
