package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ChiSquareTail is the share of a chi-square with df degrees of freedom above x,
// with small shares kept to their last digits. x <= 0 gives 1; df counts from 1.
func ChiSquareTail(x float64, df int) float64 {
	switch {
	case df < 1:
		panic("stats: a chi-square has at least one degree of freedom")
	case x <= 0:
		return 1
	case math.IsInf(x, 1):
		return 0
	case df == 1:
		return math.Erfc(math.Sqrt(x / 2))
	}
	return mathext.GammaIncRegComp(float64(df)/2, x/2)
}
