package stats

import "math"

// Ratio is one estimate divided by another, with its interval.
type Ratio struct {
	Estimate

	// SE is by the delta method: it says how sharp the ratio is where the divisor is
	// far from 0, and is not what the interval is made of.
	SE float64

	Unbounded Why
}

// Fieller is top/bottom, which have the given covariance, with the interval of all
// ratios r for which top - r*bottom is not told from 0 at alpha (Fieller 1954, J R
// Stat Soc B 16:175). Unlike the delta method's it holds where the bottom is not
// far from 0; where it is not told from 0 at all, the interval is unbounded.
//
// Cost per incremental order is the cost per customer by the orders per customer,
// both treat minus control; return on a campaign is profit by cost.
//
// Not defined (ok false) when the bottom is 0, an SE is negative or float64 cannot
// hold an end.
func Fieller(top, bottom Effect, covariance, alpha float64) (Ratio, bool) {
	z := twoSided(alpha)
	if !top.usable() || !bottom.usable() || !finite(covariance) || bottom.Value == 0 {
		return Ratio{}, false
	}
	a, b := top.Value, bottom.Value
	va, vb := top.SE*top.SE, bottom.SE*bottom.SE
	r := Ratio{Estimate: unbounded(a / b), SE: math.Sqrt(max(0, va-2*a/b*covariance+a/b*(a/b)*vb)) / math.Abs(b)}
	if !finite(r.Value, r.SE) {
		return Ratio{}, false
	}
	square, half, constant := b*b-z*z*vb, a*b-z*z*covariance, a*a-z*z*va
	if !(square > 0) {
		r.Unbounded = DivisorMayBeZero
		return r, true
	}

	// half^2 - square*constant with what cancels left out. It is negative only by
	// rounding, or if the covariance is none of these two.
	root := math.Sqrt(max(0, z*z*(a*a*vb+b*b*va-2*a*b*covariance)-z*z*z*z*(va*vb-covariance*covariance)))

	// The end farther from 0 first, the other by Vieta's rule: no digits lost.
	far := half + math.Copysign(root, half)
	lo, hi := far/square, r.Value
	if far != 0 {
		hi = constant / far
	}
	r.Lo, r.Hi = min(lo, hi, r.Value), max(lo, hi, r.Value)
	if !finite(r.Lo, r.Hi) {
		return Ratio{}, false
	}
	return r, true
}

// RelativeMeans is treat's mean divided by control's: 1 says alike, subtract 1 for
// a relative lift. Not defined with fewer than two units in an arm, a control mean
// of 0, or when float64 cannot hold an end.
func RelativeMeans(treat, control Moments, alpha float64) (Ratio, bool) {
	top, ok1 := treat.effect()
	bottom, ok0 := control.effect()
	if !ok1 || !ok0 {
		return Ratio{}, false
	}
	return Fieller(top, bottom, 0, alpha)
}

// DifferenceRatio is the difference in y, treat minus control, divided by the one
// in x, both per unit, with the covariance they have: with profit by cost the
// return on a campaign, with cost by orders the price of one more order, with an
// outcome by delivery the effect on those who are reached. Not defined with fewer
// than two units in an arm, no difference in x, or when float64 cannot hold an end.
func DifferenceRatio(treat, control Pairs, alpha float64) (Ratio, bool) {
	var top, bottom [2]Effect
	var both float64
	for i, p := range []Pairs{treat, control} {
		covariance, ok := p.Covariance()
		y, ok1 := p.Y.effect()
		x, ok0 := p.X.effect()
		if !ok || !ok1 || !ok0 {
			return Ratio{}, false
		}
		top[i], bottom[i] = y, x
		both += covariance / float64(p.X.N)
	}
	return Fieller(minus(top[0], top[1]), minus(bottom[0], bottom[1]), both, alpha)
}

// effect is the mean with its standard error.
func (m Moments) effect() (Effect, bool) {
	mean, _ := m.Mean()
	variance, ok := m.Variance()
	if !ok {
		return Effect{}, false
	}
	return Effect{mean, math.Sqrt(variance / float64(m.N))}, true
}

// minus is the difference of two that have nothing to do with each other.
func minus(a, b Effect) Effect {
	return Effect{a.Value - b.Value, math.Hypot(a.SE, b.SE)}
}
