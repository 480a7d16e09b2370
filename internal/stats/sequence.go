package stats

import "math"

// A confidence sequence may be looked at as often as one likes: with chance
// 1 - alpha it holds the truth at every look at once. It is the asymptotic one of
// a normal mixture (Robbins 1970, Ann Math Stat 41:1397; Waudby-Smith, Arbour,
// Sinha, Kennedy and Ramdas 2024, Ann Stat 52:2613; the dual of the mixture
// sequential test of Johari, Koomen, Pekelis and Walsh 2022, Oper Res 70:1806),
// and wider than the interval of a single look however many customers it saw.

// Early is what may be shown at a time that nobody planned.
type Early struct {
	Estimate         // with its confidence sequence at this time
	Z        float64 // the value in its standard errors
	N        int64   // customers of both arms
}

// SequenceScale is the tau squared that makes the sequence narrowest when a
// number of customers has been seen: w/planned, where w - ln(1+w) = -2 ln(alpha),
// that is w = -W(-alpha^2/e) - 1 on the lower branch of Lambert's W. It is for
// ever: one that follows the data is no longer valid. planned counts from 1.
func SequenceScale(planned int64, alpha float64) float64 {
	twoSided(alpha) // panics for what is no alpha
	if planned < 1 {
		panic("stats: a sequence is planned for at least one customer")
	}
	goal := -2 * math.Log(alpha)

	// Newton's rule on a convex function, from a place beyond the root, falls
	// until the digits end.
	w := goal + math.Sqrt(2*goal)
	for {
		next := w - (w-math.Log1p(w)-goal)*(1+w)/w
		if !(next < w) {
			return w / float64(planned)
		}
		w = next
	}
}

// MeanSequence is the sequence of a value with its standard error, arms unpooled,
// once n customers have matured. tau2 is that of SequenceScale. It holds from
// where the value is about normal; Warm says when for rates. Not defined (ok
// false) without customers or without a spread.
func MeanSequence(value, se float64, n int64, tau2, alpha float64) (Early, bool) {
	twoSided(alpha)
	if !(tau2 > 0) || math.IsInf(tau2, 1) {
		panic("stats: the scale of a sequence is positive")
	}
	k, z := float64(n)*tau2, value/se
	half := se * math.Sqrt((k+1)/k*(math.Log1p(k)-2*math.Log(alpha)))
	if n < 1 || !(se > 0) || !finite(z, value-half, value+half) {
		return Early{}, false
	}
	return Early{Estimate{value, value - half, value + half}, z, n}, true
}

// RateSequence is the sequence of treat's rate minus control's, in [-1,1]. Not
// defined before both are Warm, whatever the truth is.
func RateSequence(treat, control Count, tau2, alpha float64) (Early, bool) {
	if !Warm(treat, control) {
		return Early{}, false
	}
	p1, p0 := float64(treat.X)/float64(treat.N), float64(control.X)/float64(control.N)
	se := math.Sqrt(p1*(1-p1)/float64(treat.N) + p0*(1-p0)/float64(control.N))
	e, ok := MeanSequence(p1-p0, se, treat.N+control.N, tau2, alpha)
	e.Lo, e.Hi = max(-1, e.Lo), min(1, e.Hi)
	return e, ok
}

// Warm is whether the normal law may be trusted: a hundred customers in the
// control and ten in either arm who did it.
func Warm(treat, control Count) bool {
	treat.check()
	control.check()
	return control.N >= 100 && treat.X >= 10 && control.X >= 10
}

// AlwaysValid is the p-value after each of the looks so far, in order: the least
// that any of them had, so it never rises, and below alpha exactly when one of
// the sequences left out 0. tau2 is that of the looks.
func AlwaysValid(looks []Early, tau2 float64) []float64 {
	p := make([]float64, len(looks))
	least := 1.0
	for i, l := range looks {
		k := float64(l.N) * tau2
		least = min(least, math.Exp(math.Log1p(k)/2-l.Z*l.Z*k/(2*(k+1))))
		p[i] = least
	}
	return p
}
