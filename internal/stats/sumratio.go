package stats

import (
	"math"
	"math/big"
)

// SumRatio is the sum of y divided by the sum of x over customers, with the
// standard error of a sample of customers (delta method, Deng et al. 2018, KDD
// 233; linearised ratio, Cochran 1977, Sampling Techniques, 6.3, with n/(n-1)). It
// is one method with two uses:
//
//   - a ratio of totals, as refunds (y) per order (x);
//   - a mean over rows when a customer has several: y their sum, x their number.
//     Rows counted as if independent are too sure by far.
//
// For many customers; two hundred is few. Not defined with fewer than two, a sum of
// x of 0 or less, or when float64 cannot hold a figure.
func SumRatio(p Pairs) (Effect, bool) {
	if !p.usable(2) || !(p.X.Sum > 0) {
		return Effect{}, false
	}
	e := Effect{Value: p.Y.Sum / p.X.Sum}

	// The sum of (y - ratio*x)^2, times the squared sum of x, before anything is
	// rounded.
	x, y := p.X.Sum, p.Y.Sum
	parts := []*big.Float{product(p.Y.Sum2, x, x), product(-2, p.XY, x, y), product(p.X.Sum2, y, y)}
	squares := new(big.Float).SetPrec(512)
	for _, part := range parts {
		squares.Add(squares, part)
	}
	if told(squares, parts...) && squares.Sign() > 0 {
		n := float64(p.X.N)
		variance, ok := quotient(squares.Mul(squares, product(n)), product(n-1, x, x, x, x))
		if !ok {
			return Effect{}, false
		}
		e.SE = math.Sqrt(variance)
	}
	if !e.usable() {
		return Effect{}, false
	}
	return e, true
}

// SumRatioDifference is treat's ratio minus control's, for arms that share no
// customer; see Clusters for those that do. Ratios of totals only describe when x
// is itself changed by the campaign: then take y per customer, by HallDifference.
func SumRatioDifference(treat, control Pairs, alpha float64) (Difference, bool) {
	t, ok1 := SumRatio(treat)
	c, ok0 := SumRatio(control)
	if !ok1 || !ok0 {
		return Difference{}, false
	}
	return minus(t, c).Difference(alpha)
}
