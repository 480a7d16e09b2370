package stats

import "math"

// Effect is an estimate, by whatever method, with its standard error, SE >= 0.
type Effect struct{ Value, SE float64 }

func (e Effect) usable() bool { return finite(e.Value, e.SE) && e.SE >= 0 }

// Why says why an interval has no ends; empty where it has them.
type Why string

const (
	// NothingVaries: all units are alike, which is no certainty about others.
	NothingVaries Why = "nothing varies"

	// DivisorMayBeZero: what is divided by is not told from 0, so no ratio is too
	// large.
	DivisorMayBeZero Why = "the divisor may be zero"
)

// Difference is an effect with its normal interval and p-value.
type Difference struct {
	Estimate
	SE float64
	P  float64 // two-sided; below alpha exactly when the interval leaves out 0; 1 when Unbounded

	Unbounded Why
}

// Difference is the effect with its normal interval: for large samples that are
// not skewed. Not defined when float64 cannot hold a figure.
func (e Effect) Difference(alpha float64) (Difference, bool) {
	half := twoSided(alpha) * e.SE
	if !e.usable() || !finite(e.Value-half, e.Value+half) {
		return Difference{}, false
	}
	if e.SE == 0 {
		return Difference{Estimate: unbounded(e.Value), P: 1, Unbounded: NothingVaries}, true
	}
	return Difference{
		Estimate: Estimate{e.Value, e.Value - half, e.Value + half},
		SE:       e.SE,
		P:        min(1, 2*NormalCDF(-math.Abs(e.Value/e.SE))),
	}, true
}

func unbounded(value float64) Estimate { return Estimate{value, math.Inf(-1), math.Inf(1)} }
