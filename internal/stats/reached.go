package stats

import "math"

// Reached is the effect on those whom the campaign reaches (complier average causal
// effect: Imbens and Angrist 1994, Econometrica 62:467): the effect itt on all
// assigned divided by how much more were reached in treat than in control. Reached
// is a message in the mailbox. Never opens or clicks: writing to people can change
// those who do not open.
//
// The standard error is the delta method's with both parts independent; where the
// moments of outcome and delivery are at hand, DifferenceRatio has their covariance
// too. Unbounded where the shares reached are not told apart at alpha. Not defined
// when an arm is empty, the shares are alike or float64 cannot hold a figure.
func Reached(itt Effect, treat, control Count, alpha float64) (Difference, bool) {
	z := twoSided(alpha)
	if empty(treat, control) || !itt.usable() {
		return Difference{}, false
	}
	t, _ := treat.Rate()
	c, _ := control.Rate()
	more := t - c
	variance := t*(1-t)/float64(treat.N) + c*(1-c)/float64(control.N)
	if more == 0 {
		return Difference{}, false
	}
	e := Effect{itt.Value / more, math.Hypot(itt.SE/more, itt.Value/more/more*math.Sqrt(variance))}
	if math.Abs(more) > z*math.Sqrt(variance) {
		return e.Difference(alpha)
	}
	if !e.usable() {
		return Difference{}, false
	}
	return Difference{Estimate: unbounded(e.Value), SE: e.SE, P: 1, Unbounded: DivisorMayBeZero}, true
}
