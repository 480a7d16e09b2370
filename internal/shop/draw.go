package shop

import (
	"math"
	"math/rand/v2"
)

// gamma draws from Gamma(shape, 1), shape > 0, by Marsaglia and Tsang (2000),
// "A simple method for generating gamma variables"; below shape 1 with their
// boost. Written out here so that a library's new version cannot change a shop.
func gamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(r, shape+1) * math.Pow(1-r.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < 0.5*x*x+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}

// beta draws from Beta(a, b), both > 0.
func beta(r *rand.Rand, a, b float64) float64 {
	x, y := gamma(r, a), gamma(r, b)
	if x+y == 0 {
		return 0.5 // both underflowed: a and b are far below anything sensible
	}
	return x / (x + y)
}

// weighted draws an index in proportion to the weights, whose sum is total.
func weighted(r *rand.Rand, weights []int, total int) int {
	n := r.IntN(total)
	for i, w := range weights {
		if n < w {
			return i
		}
		n -= w
	}
	panic("shop: weights do not add up to their total")
}
