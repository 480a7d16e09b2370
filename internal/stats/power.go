package stats

import "math"

// SampleSize is how many customers in all, with a share hold of them in the
// control, let a two-sided test at alpha see rates p1 against p0 with the given
// power (Fleiss, Levin and Paik 2003, ch. 4, unpooled variance, no continuity
// correction), rounded up. Not defined unless both rates are in [0,1] and
// differ, and hold and power are strictly between 0 and 1.
func SampleSize(p1, p0, hold, alpha, power float64) (n int64, ok bool) {
	inside := func(x float64) bool { return x >= 0 && x <= 1 }
	if !inside(p1) || !inside(p0) {
		return 0, false
	}
	return enough(p1-p0, p1*(1-p1), p0*(1-p0), hold, alpha, power)
}

// enough is how many customers see a difference of two means, from the variance
// of a customer in each arm.
func enough(difference, treated, held, hold, alpha, power float64) (n int64, ok bool) {
	level := twoSided(alpha)
	if difference == 0 || !(hold > 0 && hold < 1) || !(power > 0 && power < 1) {
		return 0, false
	}
	z := (level + NormalQuantile(power)) / difference
	size := z * z * (treated/(1-hold) + held/hold)
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

// MoneySampleSize is SampleSize for a difference of mean money per customer, of a
// standard deviation sd in both arms: what a covariate of correlation rho leaves
// of it, sd*sqrt(1-rho^2), where one is adjusted for. Not defined unless sd is
// positive and finite, the difference is not 0, and the shares are as above.
func MoneySampleSize(difference, sd, hold, alpha, power float64) (n int64, ok bool) {
	if !(sd > 0) || math.IsNaN(difference) {
		return 0, false
	}
	return enough(difference, sd*sd, sd*sd, hold, alpha, power)
}

// DetectableMoney is the smallest difference of mean money, in absolute terms,
// that n customers let the same test see. Not defined where MoneySampleSize is
// not, or for fewer than two customers.
func DetectableMoney(sd float64, n int64, hold, alpha, power float64) (difference float64, ok bool) {
	level := twoSided(alpha)
	if !(sd > 0) || n < 2 || !(hold > 0 && hold < 1) || !(power > 0 && power < 1) {
		return 0, false
	}
	difference = (level + NormalQuantile(power)) * sd * math.Sqrt((1/hold+1/(1-hold))/float64(n))
	if !(difference > 0) || !finite(difference) {
		return 0, false
	}
	return difference, true
}

// DaysUntil is the day, counted from the first on which customers enter at a
// daily pace, at whose end n have entered and been watched for the given days
// after it. Not defined when nobody enters, or it takes longer than a hundred
// years.
func DaysUntil(n int64, pace float64, watched int) (days int, ok bool) {
	if !(pace > 0) || n < 0 || watched < 0 {
		return 0, false
	}
	const century = 36_525
	entering := math.Ceil(float64(n) / pace)
	if entering > century || watched > century {
		return 0, false
	}
	return int(entering) + watched, true
}
