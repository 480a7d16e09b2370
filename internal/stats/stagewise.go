package stats

import "math"

// Ended is what a question of several looks says once it has ended.
type Ended struct {
	// Estimate is the effect in standard errors of the last look's estimate:
	// multiply by that. Value is as often too large as too small, where the plain
	// z of an early end is mostly too large. Value, not z, lies within Lo and Hi.
	Estimate

	P float64 // two-sided
}

// StageWise is the p-value and interval of a question that has ended at the last
// of the given looks, with that look's z: either because |z| reached its bound or
// because it was the last one planned. Outcomes are ordered by the look they ended
// at (Fairbank and Madsen 1982, Biometrika 69:69; Tsiatis, Rosner and Mehta 1984,
// Biometrics 40:797), so nothing that later looks would have brought matters. P is
// at most the alpha of the plan exactly when a bound was reached, and at alpha Lo
// and Hi leave out 0 exactly when P is at most alpha. One look gives the plain
// interval.
//
// bounds are those of OBFBounds and information what they were made from; the
// last bound is not used. It is not defined (ok false) where OBFBounds is not or
// z is not finite; for a question that goes on it is not valid.
func StageWise(bounds, information []float64, z, alpha float64) (Ended, bool) {
	if !(alpha > 0 && alpha < 1) {
		panic("stats: alpha is a share strictly between 0 and 1")
	}
	if len(bounds) != len(information) {
		panic("stats: as many bounds as looks")
	}
	steps, ok := increments(information)
	if !ok || !finite(z) {
		return Ended{}, false
	}
	looks := make([]walk, len(steps))
	w := start()
	for i, step := range steps {
		w.move(step)
		looks[i] = *w
		if i+1 < len(steps) {
			w.keep(bounds[i], steps[i+1])
		}
	}
	at0 := lower(looks, bounds, z, 0)
	above0 := lower(looks, bounds, -z, 0)
	return Ended{
		Estimate: Estimate{limit(looks, bounds, z, 0.5), -limit(looks, bounds, -z, alpha/2), limit(looks, bounds, z, alpha/2)},
		P:        min(1, 2*min(at0, above0)),
	}, true
}

// limit is the effect at which an outcome of z or lower has the given chance.
func limit(looks []walk, bounds []float64, z, share float64) float64 {
	inside := func(effect float64) bool { return lower(looks, bounds, z, effect) >= share }
	from, to := z-1, z+1
	for step := 1.0; !inside(from); step *= 2 {
		from -= step
	}
	for step := 1.0; inside(to); step *= 2 {
		to += step
	}
	return bisect(from, to, inside)
}

// lower is the chance, under an effect in standard errors of the last look, to
// end earlier below, or at the last look at z or lower.
func lower(looks []walk, bounds []float64, z, effect float64) (share float64) {
	last := len(looks) - 1
	drift := effect / math.Sqrt(looks[last].time)
	for i, w := range looks[:last] {
		share += w.below(-bounds[i], drift)
	}
	return share + looks[last].below(z, drift)
}
