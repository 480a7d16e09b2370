package stats

import "math"

// Normal is the belief in a mean or in a difference of means. SD is positive.
type Normal struct{ Center, SD float64 }

// Posterior is what an estimate with its standard error makes of n as the belief
// before: the mean of both, each by its precision (Gelman et al. 2013, Bayesian
// Data Analysis, 2.5). Not defined (ok false) unless both spreads are positive and
// all finite.
func (n Normal) Posterior(estimate, se float64) (Normal, bool) {
	if !(n.SD > 0) || !(se > 0) || !finite(n.Center, n.SD, estimate, se) {
		return Normal{}, false
	}

	// From the ratio of the two, as a square may be out of range.
	weight := 1 / (1 + se/n.SD*(se/n.SD))
	post := Normal{n.Center + weight*(estimate-n.Center), se * math.Sqrt(weight)}
	if !(post.SD > 0) || !finite(post.Center) {
		return Normal{}, false
	}
	return post, true
}

// Mean is the expected value.
func (n Normal) Mean() float64 { return n.Center }

// Positive is the chance that it is above 0.
func (n Normal) Positive() float64 { return n.above(0) }

// Regret is what acting on it is expected to lose against not acting: the mean
// loss of those cases in which it is below 0, times their chance.
func (n Normal) Regret() float64 {
	u := n.Center / n.SD
	return max(0, n.SD*math.Exp(-u*u/2)/math.Sqrt(2*math.Pi)-n.Center*NormalCDF(-u))
}

func (n Normal) below(x float64) float64 { return NormalCDF((x - n.Center) / n.SD) }

func (n Normal) above(x float64) float64 { return NormalCDF((n.Center - x) / n.SD) }

func (n Normal) density(x float64) float64 {
	u := (x - n.Center) / n.SD
	return math.Exp(-u * u / 2)
}

func (n Normal) support() (lo, sd, hi float64) {
	return n.Center - 40*n.SD, n.SD, n.Center + 40*n.SD
}
