package stats

import (
	"cmp"
	"math"
	"slices"
)

// Curve is the cumulative share of an arm that has bought: 0 before the first
// step and flat between steps.
type Curve struct {
	N     int64
	Steps []Step  // in order of time
	Until float64 // the last time of any event
	Left  int64   // still followed after Until; when 0 nothing is known beyond it
}

// Step is the curve from At on, until the next step.
type Step struct {
	At       float64
	AtRisk   int64 // neither bought nor censored before At
	Bought   int64 // at At
	Estimate       // share who have bought by At, in (0,1], with a band for this time alone

	// SE is Greenwood's. It is 0 where all have bought, which is no certainty: the
	// band there goes from the last Lo to 1.
	SE float64
}

// KaplanMeier is the cumulative share 1 - S(t) of n customers who have bought,
// counted so that those seen for part of the time say what they can (Kaplan and
// Meier 1958, J Am Stat Assoc 53:457), with Greenwood's variance (1926) and the
// log(-log) band (Kalbfleisch and Prentice 1980, ch. 1), which stays within
// [0,1]. At one time purchases come before censorings. Each band holds for its
// time, not for the whole curve at once.
//
// Events come in any order. Those of the n who are in none were followed past
// the last one. It needs censoring to have nothing to do with buying: the end of
// the data, not an unsubscription. Not defined (ok false) when n is 0; panics
// when events count more than n, less than 0, or are at no time.
func KaplanMeier(n int64, events []Event, alpha float64) (Curve, bool) {
	z := twoSided(alpha)
	curve := Curve{N: n, Left: n}
	var logS, greenwood, lo float64
	for _, e := range byTime(events) {
		if curve.Left < e.Bought+e.Censored {
			panic("stats: more purchases and censorings than customers")
		}
		if e.Bought > 0 {
			risk, bought := float64(curve.Left), float64(e.Bought)
			logS += math.Log1p(-bought / risk)
			greenwood += bought / (risk * (risk - bought))
			step := Step{At: e.At, AtRisk: curve.Left, Bought: e.Bought, Estimate: Estimate{1, lo, 1}}
			if e.Bought < curve.Left {
				step.Estimate = logLog(logS, math.Sqrt(greenwood), z)
				step.SE = math.Exp(logS) * math.Sqrt(greenwood)
			}
			lo = step.Lo
			curve.Steps = append(curve.Steps, step)
		}
		curve.Left -= e.Bought + e.Censored
		curve.Until = e.At
	}
	return curve, n > 0
}

// logLog is 1 - S with its log(-log) band, from ln S < 0 and the standard error of that.
func logLog(logS, se, z float64) Estimate {
	spread := math.Exp(z * se / -logS)
	return Estimate{-math.Expm1(logS), -math.Expm1(logS / spread), -math.Expm1(logS * spread)}
}

// Gap is the difference of two curves from At on, until the next gap.
type Gap struct {
	At       float64
	Estimate // in [-1,1], with a band for this time alone
	SE       float64
}

// CurveDifference is treat's curve minus control's, at every time either has a
// step, with the normal band of two independent arms. A time is left out where
// one of the curves is still 0 or already 1, as a normal band has no width
// there, or is no longer known because nobody of the arm is followed.
func CurveDifference(treat, control Curve, alpha float64) []Gap {
	z := twoSided(alpha)
	var gaps []Gap
	for _, at := range times(treat, control) {
		t, known1 := treat.at(at)
		c, known0 := control.at(at)
		if !known1 || !known0 {
			continue
		}
		d, se := t.Value-c.Value, math.Hypot(t.SE, c.SE)
		gaps = append(gaps, Gap{at, Estimate{d, max(-1, d-z*se), min(1, d+z*se)}, se})
	}
	return gaps
}

// at is the step in force at a time, if the curve is known and inside (0,1) there.
func (c Curve) at(time float64) (Step, bool) {
	i, exact := slices.BinarySearchFunc(c.Steps, time, func(s Step, at float64) int { return cmp.Compare(s.At, at) })
	if !exact {
		i--
	}
	if i < 0 || c.Left == 0 && time > c.Until {
		return Step{}, false
	}
	return c.Steps[i], c.Steps[i].Value < 1
}

// times are those of both curves' steps, in order and each once.
func times(curves ...Curve) []float64 {
	var all []float64
	for _, c := range curves {
		for _, s := range c.Steps {
			all = append(all, s.At)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
