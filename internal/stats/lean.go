package stats

import "math"

// Lean is an estimate with its standard error and the third central moment of the
// estimate itself: what Hall's interval needs.
type Lean struct {
	Effect
	Third float64
}

// Lean is the mean of the units. Not defined below two of them.
func (m Moments) Lean() (Lean, bool) {
	e, ok := m.effect()
	third, told := m.Third()
	if !ok || !told {
		return Lean{}, false
	}
	n := float64(m.N)
	return Lean{e, third / n / n}, true
}

// WeighLeans is the weighted sum of estimates that have nothing to do with each
// other, as many weights as there are: 1 and -1 for a difference, the shares of
// strata to put them together again.
func WeighLeans(parts []Lean, weights []float64) Lean {
	var sum Lean
	var variance float64
	for i, p := range parts {
		w := weights[i]
		sum.Value += w * p.Value
		variance += w * w * p.SE * p.SE
		sum.Third += w * w * w * p.Third
	}
	sum.SE = math.Sqrt(variance)
	return sum
}

// Hall is the interval of HallDifference for an estimate made in another way. Not
// defined when float64 cannot hold a figure.
func (l Lean) Hall(alpha float64) (Skewed, bool) {
	return hall(l.Value, l.SE, l.Third, twoSided(alpha))
}
