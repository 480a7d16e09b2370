package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// NormalCDF is the share of a standard normal below x, exact to the last digits
// in the lower tail too. For the upper tail take NormalCDF(-x).
func NormalCDF(x float64) float64 {
	return math.Erfc(-x/math.Sqrt2) / 2
}

// NormalQuantile is the x below which a share p of a standard normal lies, to
// within 1e-12 of its size or better. p = 0 and p = 1 give the infinities; any
// p outside [0,1] panics.
func NormalQuantile(p float64) float64 {
	switch {
	case !(p >= 0 && p <= 1):
		panic("stats: a quantile is asked at a share in [0,1]")
	case p == 0:
		return math.Inf(-1)
	case p == 1:
		return math.Inf(1)
	case p > 0.5:
		// The lower tail keeps its digits, 1-p loses none above a half.
		return -NormalQuantile(1 - p)
	}
	x := mathext.NormalQuantile(p)

	// One step of Halley's rule against the error function removes what the
	// rational approximation leaves.
	density := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
	if density == 0 {
		return x
	}
	e := (NormalCDF(x) - p) / density
	return x - e/(1+x*e/2)
}

// twoSided is the z that leaves alpha in both tails together.
func twoSided(alpha float64) float64 {
	if !(alpha > 0 && alpha < 1) {
		panic("stats: alpha is a share strictly between 0 and 1")
	}
	return -NormalQuantile(alpha / 2)
}
