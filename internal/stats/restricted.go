package stats

import "math"

// RestrictedMean is the mean time until a customer buys, of the time up to a
// horizon: who has not bought by then counts the whole of it. The difference of
// two arms is how much later one buys, in the unit of time of their events.
type RestrictedMean struct {
	Estimate // with the normal band
	SE       float64
}

// Restricted is the restricted mean up to the horizon: the area above the curve
// (Irwin 1949, J Hyg 47:188; Royston and Parmar 2013, BMC Med Res Methodol
// 13:152), with Greenwood's variance. Not defined (ok false) when the horizon is
// not after entry or lies where nobody is followed, or when nobody bought before
// it, as then nothing says how sure that is; panics when it is not a number.
func (c Curve) Restricted(horizon, alpha float64) (RestrictedMean, bool) {
	z := twoSided(alpha)
	if math.IsNaN(horizon) || math.IsInf(horizon, 0) {
		panic("stats: a horizon is a time")
	}
	until := len(c.Steps)
	for until > 0 && c.Steps[until-1].At >= horizon {
		until--
	}
	steps := c.Steps[:until]
	if horizon <= 0 || len(steps) == 0 || c.Left == 0 && horizon > c.Until && steps[until-1].Value < 1 {
		return RestrictedMean{}, false
	}

	// From the horizon back, area is what lies above the curve from a step on.
	var area, variance float64
	end := horizon
	for i := until - 1; i >= 0; i-- {
		s := steps[i]
		area += (1 - s.Value) * (end - s.At)
		end = s.At
		if area > 0 {
			risk, bought := float64(s.AtRisk), float64(s.Bought)
			variance += area * area * bought / (risk * (risk - bought))
		}
	}
	mean, se := area+end, math.Sqrt(variance)
	if se == 0 {
		return RestrictedMean{}, false
	}
	return RestrictedMean{Estimate{mean, max(0, mean-z*se), min(horizon, mean+z*se)}, se}, true
}

// RestrictedDifference is treat's restricted mean minus control's, of independent
// arms: negative where treat buys sooner. Not defined where either is not.
func RestrictedDifference(treat, control Curve, horizon, alpha float64) (RestrictedMean, bool) {
	z := twoSided(alpha)
	t, ok1 := treat.Restricted(horizon, alpha)
	c, ok0 := control.Restricted(horizon, alpha)
	if !ok1 || !ok0 {
		return RestrictedMean{}, false
	}
	d, se := t.Value-c.Value, math.Hypot(t.SE, c.SE)
	return RestrictedMean{Estimate{d, max(-horizon, d-z*se), min(horizon, d+z*se)}, se}, true
}
