package stats

import "math"

// Fieller is the ratio a/b of two estimates that are normal with variances va
// and vb and covariance cab, with the interval of all ratios r for which a - r*b
// is not told from 0 at alpha (Fieller 1954, J R Stat Soc B 16:175). Unlike the
// delta method it holds where b is not far from 0.
//
// Not defined (ok false) when b itself is not told from 0 at alpha: then no
// ratio is too large. Nor when float64 cannot hold an end. A negative variance
// panics.
func Fieller(a, va, b, vb, cab, alpha float64) (Estimate, bool) {
	if !(va >= 0 && vb >= 0) {
		panic("stats: variances are not negative")
	}
	z := twoSided(alpha)
	square, half, constant := b*b-z*z*vb, a*b-z*z*cab, a*a-z*z*va
	if !(square > 0) {
		return Estimate{}, false
	}

	// half^2 - square*constant with what cancels left out. It is negative only by
	// rounding, or if cab is no covariance of these two.
	root := math.Sqrt(max(0, z*z*(a*a*vb+b*b*va-2*a*b*cab)-z*z*z*z*(va*vb-cab*cab)))

	// The end farther from 0 first, the other by Vieta's rule: no digits lost.
	far := half + math.Copysign(root, half)
	e := Estimate{Value: a / b}
	e.Lo, e.Hi = far/square, e.Value
	if far != 0 {
		e.Hi = constant / far
	}
	e.Lo, e.Hi = min(e.Lo, e.Hi, e.Value), max(e.Lo, e.Hi, e.Value)
	if !finite(e.Lo, e.Value, e.Hi) {
		return Estimate{}, false
	}
	return e, true
}
