package stats

import "math"

// MeanSMD is how many standard deviations two groups' means lie apart, the two
// variances averaged (standardised mean difference, Austin 2009, Stat Med 28:3083):
// it describes groups and does not grow with their size. Below 0.1 is usually taken
// for alike. Not defined with fewer than two units in a group, or when nothing
// varies in either.
func MeanSMD(a, b Moments) (float64, bool) {
	ma, _ := a.Mean()
	mb, _ := b.Mean()
	va, ok1 := a.Variance()
	vb, ok2 := b.Variance()
	if !ok1 || !ok2 {
		return 0, false
	}
	return smd(ma-mb, va, vb)
}

// RateSMD is MeanSMD for shares, with the variances p(1-p). Not defined for an
// empty group, or when both are all or nothing.
func RateSMD(a, b Count) (float64, bool) {
	pa, ok1 := a.Rate()
	pb, ok2 := b.Rate()
	if !ok1 || !ok2 {
		return 0, false
	}
	return smd(pa-pb, pa*(1-pa), pb*(1-pb))
}

func smd(apart, va, vb float64) (float64, bool) {
	d := apart / math.Sqrt((va+vb)/2)
	if !finite(d) {
		return 0, false
	}
	return d, true
}
