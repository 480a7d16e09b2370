package customer

import (
	"cmp"
	"math"
	"slices"

	"github.com/rewave/rewave/internal/stats"
)

// Cycle is what a customer's purchase occasions say of their rhythm, as of a day,
// in the words of buy-till-you-die models. Any unit of time, the same in all.
type Cycle struct {
	Repeats int     // x: occasions after the first
	Last    float64 // t_x: from the first occasion to the last
	Age     float64 // T: from the first occasion to now

	// Early and Late are the repeats of the first and of the second half of Age;
	// one in the very middle is early.
	Early, Late int
}

// CycleOf reads a customer's purchase days, in order, as of a day: later ones are
// left out. Not defined without a purchase.
func CycleOf(days []int, asOf int) (Cycle, bool) {
	if len(days) == 0 || days[0] > asOf {
		return Cycle{}, false
	}
	first, last := days[0], days[0]
	c := Cycle{Age: float64(asOf - first)}
	for _, day := range days {
		if day == last {
			continue
		}
		if day > asOf {
			break
		}
		last = day
		c.Repeats++
		if 2*(day-first) <= asOf-first {
			c.Early++
		}
	}
	c.Late = c.Repeats - c.Early
	c.Last = float64(last - first)
	return c, true
}

// Recency is the time since the last purchase.
func (c Cycle) Recency() float64 { return c.Age - c.Last }

// MeanGap is the average time between purchases, t_x/x (AIPT). Unknown before the
// second.
func (c Cycle) MeanGap() (float64, bool) {
	if c.Repeats == 0 {
		return 0, false
	}
	return c.Last / float64(c.Repeats), true
}

// Overdue is the time since the last purchase in mean gaps: 1 is on time. Before
// the second purchase the shop's median gap from the first to the second stands
// in for the customer's own; unknown when that is not above 0. After one short
// gap it exaggerates: see GapModel.Silent.
func (c Cycle) Overdue(firstGap float64) (float64, bool) {
	gap, ok := c.MeanGap()
	if !ok {
		gap, ok = firstGap, firstGap > 0
	}
	if !ok {
		return 0, false
	}
	return c.Recency() / gap, true
}

// Trend is the repeats of the second half of the customer's time for each of the
// first half, (late + 1/2)/(early + 1/2): above 1 they buy faster. Half a
// purchase is added to both, so that none is no infinity (Haldane 1956, Ann Hum
// Genet 20:309). Unknown before the second purchase.
func (c Cycle) Trend() (float64, bool) {
	return (float64(c.Late) + 0.5) / (float64(c.Early) + 0.5), c.Repeats > 0
}

// Rate is repeats per day, for a Cycle in days; a customer younger than 30 days
// counts as 30, as a day's worth of data says nothing of a month.
func (c Cycle) Rate() float64 { return float64(c.Repeats) / max(c.Age, 30) }

// GapModel is how the purchase rates of a shop's customers differ: gamma with
// shape R and rate Alpha, the first two parameters of BG/NBD (Fader, Hardie and
// Lee 2005, Mark Sci 24:275). Alpha is in the unit of time of the Cycle. The zero
// value is no model.
type GapModel struct {
	R     float64 `json:"r"`
	Alpha float64 `json:"alpha"`
}

// Known says whether there is a model: both parameters finite and above 0.
func (m GapModel) Known() bool {
	return m.R > 0 && m.Alpha > 0 && !math.IsInf(m.R, 0) && !math.IsInf(m.Alpha, 0)
}

// Silent is the probability that a customer who still buys would have stayed
// silent since the last purchase, ((alpha + t_x)/(alpha + T))^(r+x): the rate
// after x repeats in t_x is gamma(r + x, alpha + t_x), and a Poisson buyer of
// that rate is silent for R with probability e^(-rate R). Small is overdue, and
// one short gap alone does not make it small. Unknown without a model.
func (m GapModel) Silent(c Cycle) (float64, bool) {
	if !m.Known() {
		return 0, false
	}
	return math.Pow((m.Alpha+c.Last)/(m.Alpha+c.Age), m.R+float64(c.Repeats)), true
}

// NextGap is the time a customer who still buys is expected to take from one
// purchase to the next, (alpha + t_x)/(r + x - 1): the mean of 1/rate. Unknown
// without a model, and where r + x <= 1 as there it has no mean.
func (m GapModel) NextGap(c Cycle) (float64, bool) {
	shape := m.R + float64(c.Repeats) - 1
	if !m.Known() || shape <= 0 {
		return 0, false
	}
	return (m.Alpha + c.Last) / shape, true
}

// FirstGap is the time from a customer's first purchase to the second, or, where
// there is no second, to the day up to which that is known.
type FirstGap struct {
	Days int
	Back bool // there was a second
}

// FirstGapOf reads a customer's purchase days, in order, as of a day. Not defined
// without a purchase.
func FirstGapOf(days []int, asOf int) (FirstGap, bool) {
	if len(days) == 0 || days[0] > asOf {
		return FirstGap{}, false
	}
	for _, day := range days {
		if day > asOf {
			break
		}
		if day > days[0] {
			return FirstGap{Days: day - days[0], Back: true}, true
		}
	}
	return FirstGap{Days: asOf - days[0]}, true
}

// FirstGaps is how long a shop's customers take to their second purchase. Those
// not back yet say only that it takes longer: left out, the gaps would look too
// short in a young shop (Kaplan and Meier 1958, J Am Stat Assoc 53:457).
type FirstGaps struct {
	curve stats.Curve
}

// FirstGapsOf counts customers by their first gap.
func FirstGapsOf(customers map[FirstGap]int64) FirstGaps {
	byDay := map[int]stats.Event{}
	n := int64(0)
	for gap, count := range customers {
		e := byDay[gap.Days]
		e.At = float64(gap.Days)
		if gap.Back {
			e.Bought += count
		} else {
			e.Censored += count
		}
		byDay[gap.Days] = e
		n += count
	}
	events := make([]stats.Event, 0, len(byDay))
	for _, e := range byDay {
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b stats.Event) int { return cmp.Compare(a.At, b.At) })
	curve, _ := stats.KaplanMeier(n, events, 0.05)
	return FirstGaps{curve}
}

// Median is the days after which half of all customers are back. Unknown where
// fewer than half ever are, or nobody was watched long enough.
func (g FirstGaps) Median() (float64, bool) { return reach(g.curve.Steps, 0.5) }

// atRiskLeast is how many customers must still be followed for the end of the
// curve to be read: with fewer, one purchase moves it by a tenth or more.
const atRiskLeast = 10

// AmongBack is the days after which a share q in (0,1] of those who come back at
// all are back: the curve over its own height where at least ten customers are
// still followed. Who would come back later than anybody was watched for is not
// known, so in a young shop it is too short. Unknown when nobody is back while
// ten are followed.
func (g FirstGaps) AmongBack(q float64) (float64, bool) {
	steps := g.curve.Steps
	for len(steps) > 0 && steps[len(steps)-1].AtRisk < atRiskLeast {
		steps = steps[:len(steps)-1]
	}
	if len(steps) == 0 {
		return 0, false
	}
	return reach(steps, q*steps[len(steps)-1].Value)
}

// reach is the time of the first step as high as a share, but for rounding.
func reach(steps []stats.Step, share float64) (float64, bool) {
	for _, s := range steps {
		if s.Value >= share*(1-1e-12) {
			return s.At, true
		}
	}
	return 0, false
}
