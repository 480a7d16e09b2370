package stats

import "math"

// SampleSize is how many customers in all, with a share hold of them in the
// control, let a two-sided test at alpha see rates p1 against p0 with the given
// power (Fleiss, Levin and Paik 2003, ch. 4, unpooled variance, no continuity
// correction), rounded up. Not defined unless both rates are in [0,1] and
// differ, and hold and power are strictly between 0 and 1.
func SampleSize(p1, p0, hold, alpha, power float64) (n int64, ok bool) {
	inside := func(x float64) bool { return x >= 0 && x <= 1 }
	if !inside(p1) || !inside(p0) || p1 == p0 || !(hold > 0 && hold < 1) || !(power > 0 && power < 1) {
		return 0, false
	}
	z := twoSided(alpha) + NormalQuantile(power)
	size := z * z * (p1*(1-p1)/(1-hold) + p0*(1-p0)/hold) / ((p1 - p0) * (p1 - p0))
	if !(size < math.MaxInt64/4) {
		return 0, false
	}
	return max(1, int64(math.Ceil(size))), true
}

// DetectableLift is the smallest rise above p0, in absolute terms, that n
// customers with a share hold in the control let the same test see. Not defined
// where SampleSize is not, or when even a rise to 1 would go unseen.
func DetectableLift(p0 float64, n int64, hold, alpha, power float64) (lift float64, ok bool) {
	seen := func(lift float64) bool {
		needed, ok := SampleSize(min(1, p0+lift), p0, hold, alpha, power)
		return ok && needed <= n
	}
	if n < 1 || !(p0 >= 0 && p0 < 1) || !seen(1-p0) {
		return 0, false
	}
	unseen := bisect(0, 1-p0, func(lift float64) bool { return !seen(lift) })
	return unseen, true
}
