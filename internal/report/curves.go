package report

import (
	"slices"
	"strconv"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// share of enrollments that had bought by the end of a day.
func (c Curve) share(day int) float64 {
	return float64(c.step(day).Buyers) / float64(max(1, c.Enrollments))
}

// step is the curve as it stands on a day; the zero Step before the first.
func (c Curve) step(day int) Step {
	var at Step
	for _, s := range c.Steps {
		if s.Day > day {
			break
		}
		at = s
	}
	return at
}

// band works out each step's share with its band and, where it may be compared,
// the difference: Kaplan and Meier's curve of enrollments that have all been seen
// for the whole span, so that none is censored. A band holds on its day by
// itself, not along the whole curve.
func (c *Curves) band(compared bool) {
	curves := map[holdout.Arm]stats.Curve{}
	for i := range c.Arms {
		a := &c.Arms[i]
		curve, ok := a.kaplanMeier()
		if !ok {
			continue
		}
		curves[a.Arm] = curve
		next := 0
		for k := range a.Steps {
			s := &a.Steps[k]
			s.Share = rounded(float64(s.Buyers) / float64(a.Enrollments))
			for next < len(curve.Steps) && curve.Steps[next].At <= float64(s.Day) {
				next++
			}
			if next > 0 && s.Buyers < a.Enrollments {
				s.Lo, s.Hi = rounded(curve.Steps[next-1].Lo), rounded(curve.Steps[next-1].Hi)
			}
		}
	}
	c.Difference = []Gap{}
	treat, known1 := curves[holdout.Treat]
	hold, known0 := curves[holdout.Hold]
	if !compared || !known1 || !known0 {
		return
	}
	for _, g := range stats.CurveDifference(treat, hold, alpha) {
		c.Difference = append(c.Difference, Gap{int(g.At), rounded(g.Value), rounded(g.Lo), rounded(g.Hi)})
	}
}

const alpha = 0.05

// kaplanMeier is not there for an arm of nobody, or of counts that do not rise.
func (c Curve) kaplanMeier() (stats.Curve, bool) {
	events := make([]stats.Event, 0, len(c.Steps))
	before := int64(0)
	for _, s := range c.Steps {
		if s.Buyers < before || s.Buyers > c.Enrollments {
			return stats.Curve{}, false
		}
		events = append(events, stats.Event{At: float64(s.Day), Bought: s.Buyers - before})
		before = s.Buyers
	}
	return stats.KaplanMeier(c.Enrollments, events, alpha)
}

func (c Curves) arm(name holdout.Arm) Curve {
	for _, a := range c.Arms {
		if a.Arm == name {
			return a
		}
	}
	return Curve{}
}

// days are those on which any of the curves rises, within the span.
func (c Curves) days(curves ...Curve) []int {
	var days []int
	for _, a := range curves {
		for _, s := range a.Steps {
			if s.Day >= 0 && s.Day <= c.Days {
				days = append(days, s.Day)
			}
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// gap is the difference as it stands on a day; false before anyone had bought.
func (c Curves) gap(day int) (Gap, bool) {
	var at Gap
	found := false
	for _, g := range c.Difference {
		if g.Day > day {
			break
		}
		at, found = g, true
	}
	return at, found
}

// rounded is x to twelve digits, as every figure of a report.
func rounded(x float64) *float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	if err != nil {
		return nil
	}
	y += 0
	return &y
}
