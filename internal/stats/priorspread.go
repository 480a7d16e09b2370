package stats

import "math"

// PriorSpread is the standard deviation of true effects among past campaigns, of
// which estimates and their standard errors are known, about no effect: the one
// under which they are as far from 0 as they are (Paule and Mandel 1982, J Res NBS
// 87:377, with the mean known). It is the SD of the Normal around 0 that the next
// campaign starts from; where there are no past ones, 0.3 of the control's mean is
// a start. Not defined (ok false) for fewer than five, as its own error is too
// large then, or where they differ from 0 by no more than chance.
func PriorSpread(estimates, ses []float64) (sd float64, ok bool) {
	if len(estimates) != len(ses) {
		panic("stats: as many standard errors as estimates")
	}
	largest := 0.0
	for i, se := range ses {
		if !(se > 0) || !finite(se, estimates[i]) {
			return 0, false
		}
		largest = max(largest, math.Abs(estimates[i]))
	}
	if len(ses) < 5 {
		return 0, false
	}
	beyond := func(sd float64) bool {
		var q float64
		for i, d := range estimates {
			z := d / math.Hypot(ses[i], sd)
			q += z * z
		}
		return q > float64(len(ses))
	}
	if !beyond(0) {
		return 0, false
	}
	return bisect(0, 2*largest, beyond), true
}
