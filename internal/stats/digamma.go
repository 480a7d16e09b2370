package stats

import "gonum.org/v1/gonum/mathext"

// Digamma is the derivative of ln Gamma(x) for x > 0.
func Digamma(x float64) float64 { return mathext.Digamma(x) }
