package stats

import "math"

// Digamma is the derivative of ln Gamma(x) for x > 0, to within 1e-13 of its size
// or of one (Abramowitz and Stegun 1964, 6.3.5 up to x >= 10 and 6.3.18 from there).
// gonum's is right to 1e-10 only, too little for the end of a fit.
func Digamma(x float64) float64 {
	sum := 0.0
	for ; x < 10; x++ {
		sum -= 1 / x
	}
	y := 1 / (x * x)
	series := y * (1.0/12 - y*(1.0/120-y*(1.0/252-y*(1.0/240-y*(1.0/132-y*(691.0/32760-y/12))))))
	return sum + math.Log(x) - 1/(2*x) - series
}
