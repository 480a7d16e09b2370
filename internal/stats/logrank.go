package stats

import "math"

// LogRankTest compares when two arms buy, along the whole of their curves.
type LogRankTest struct {
	Observed float64 // of treat's customers who bought
	Expected float64 // that many would have, had both arms one curve
	Variance float64 // of Observed - Expected, hypergeometric
	Chi2, P  float64 // with one degree of freedom, two-sided
}

// LogRank is the test of Mantel (1966, Cancer Chemother Rep 50:163) and Peto and
// Peto (1972, J R Stat Soc A 135:185). At one time purchases come before
// censorings. It finds best what lasts, one arm always a share faster than the
// other, and may miss curves that cross. Not defined (ok false) when no purchase
// could have been of either arm.
func LogRank(treat, control FollowUp) (LogRankTest, bool) {
	var test LogRankTest
	left1, left0 := treat.N, control.N
	events1, events0 := byTime(treat.Events), byTime(control.Events)
	for len(events1)+len(events0) > 0 {
		at := math.Inf(1)
		for _, events := range [][]Event{events1, events0} {
			if len(events) > 0 {
				at = min(at, events[0].At)
			}
		}
		var e1, e0 Event
		if len(events1) > 0 && events1[0].At == at {
			e1, events1 = events1[0], events1[1:]
		}
		if len(events0) > 0 && events0[0].At == at {
			e0, events0 = events0[0], events0[1:]
		}
		test.at(float64(left1), float64(left0), float64(e1.Bought), float64(e0.Bought))
		left1, left0 = left1-e1.Bought-e1.Censored, left0-e0.Bought-e0.Censored
		if left1 < 0 || left0 < 0 {
			panic("stats: more purchases and censorings than customers")
		}
	}
	if test.Variance == 0 {
		return LogRankTest{P: 1}, false
	}
	d := test.Observed - test.Expected
	test.Chi2 = d * d / test.Variance
	test.P = ChiSquareTail(test.Chi2, 1)
	return test, true
}

// at adds what one time says, of those followed until then and who bought.
func (l *LogRankTest) at(risk1, risk0, bought1, bought0 float64) {
	risk, bought := risk1+risk0, bought1+bought0
	if bought == 0 {
		return
	}
	share := risk1 / risk
	l.Observed += bought1
	l.Expected += bought * share
	if risk > 1 {
		l.Variance += share * (1 - share) * bought * (risk - bought) / (risk - 1)
	}
}
