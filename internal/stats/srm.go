package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// SRM checks that the arms have the sizes that were planned (sample ratio
// mismatch): the p-value of the observed counts under the planned weights, by
// Pearson's chi-square, which is also returned. Weights are positive and need
// not add up to one.
//
// Where a planned size is below 5 the chi-square no longer holds; with two arms
// p is then exact (binomial, twice the smaller tail), with more it is not
// defined. It is not defined (ok false) with fewer than two arms or nobody in
// them either.
func SRM(observed []int64, planned []float64) (chi2, p float64, ok bool) {
	total, weights, ok := sizes(observed, planned)
	if !ok {
		return 0, 1, false
	}
	smallest := math.Inf(1)
	for i, o := range observed {
		expected := total * planned[i] / weights
		smallest = min(smallest, expected)
		chi2 += (float64(o) - expected) * (float64(o) - expected) / expected
	}
	switch {
	case smallest >= 5:
		return chi2, ChiSquareTail(chi2, len(observed)-1), true
	case len(observed) == 2:
		share := planned[0] / weights
		return chi2, min(1, 2*min(binomialAtMost(observed[0], total, share), binomialAtMost(observed[1], total, 1-share))), true
	}
	return chi2, 1, false
}

// SRMLogBayes is the log Bayes factor against the planned weights, from a
// Dirichlet prior of the given concentration around them: it may be looked at as
// often as one likes, and log(1000) is an alarm. Not defined where SRM is not
// for want of arms or customers. Concentration 1000 found real mismatches more
// often than 10,000 in our runs.
func SRMLogBayes(observed []int64, planned []float64, concentration float64) (logBF float64, ok bool) {
	total, weights, ok := sizes(observed, planned)
	if !ok {
		return 0, false
	}
	logBF = logGamma(concentration) - logGamma(concentration+total)
	for i, o := range observed {
		share := planned[i] / weights
		prior := concentration * share
		logBF += logGamma(prior+float64(o)) - logGamma(prior) - float64(o)*math.Log(share)
	}
	return logBF, true
}

// sizes sums both sides and says whether there is anything to compare.
func sizes(observed []int64, planned []float64) (total, weights float64, ok bool) {
	if len(observed) != len(planned) {
		panic("stats: as many planned weights as observed arms")
	}
	for i, o := range observed {
		if o < 0 || !(planned[i] > 0) || math.IsInf(planned[i], 1) {
			panic("stats: sizes are not negative and planned weights are positive")
		}
		total += float64(o)
		weights += planned[i]
	}
	return total, weights, len(observed) >= 2 && total > 0
}

// binomialAtMost is the chance of k or fewer of n at share p in (0,1).
func binomialAtMost(k int64, n, p float64) float64 {
	if float64(k) >= n {
		return 1
	}
	return mathext.RegIncBeta(n-float64(k), float64(k)+1, 1-p)
}

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
