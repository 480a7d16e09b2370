package evaluation

import (
	"math"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/stats"
)

const (
	beforeAlarm = 0.001 // E08
	muchOverlap = 0.50  // E12: of the treated, more than this
	gapChance   = 0.001 // E07: that a shop has such a gap anywhere by chance
)

// Doubts is what speaks against a point beside the sizes of its arms. Bought
// before is in a time as long as the window, before entry.
type Doubts struct {
	Treated       int64      `json:"treated"`
	TreatedBefore int64      `json:"treated_before"`
	Held          int64      `json:"held"`
	HeldBefore    int64      `json:"held_before"`
	BeforeP       *float64   `json:"before_p"`       // of the arms having bought as differently by chance; nil: nobody had
	Elsewhere     int64      `json:"elsewhere"`      // treated to whom another campaign wrote
	MissingHours  int64      `json:"missing_hours"`  // in which the whole shop had no order, when it should have
	CompleteUntil *time.Time `json:"complete_until"` // what the orders' feed says, where that is before the windows end
	Edited        int64      `json:"edited"`         // assigned by another share or salt than the design's
	EditedAt      *time.Time `json:"edited_at"`
}

// doubt finds arms that differed before (E08) or were assigned by several rules
// (E06), and notes orders that are missing (E07) and other campaigns (E12).
func (e *evaluator) doubt() {
	if e.in.Doubts == nil || e.in.ReplayAA {
		return
	}
	d := *e.in.Doubts
	d.CompleteUntil, d.EditedAt = utc(d.CompleteUntil), utc(d.EditedAt)
	e.result.Doubts = &d
	if d.Edited > 0 && d.EditedAt != nil {
		e.add(E06, e.say.Say("E06", "count", e.say.Count(d.Edited), "date", e.say.Date(*d.EditedAt, e.in.Zone)))
	}
	treat, hold := stats.Count{X: d.TreatedBefore, N: d.Treated}, stats.Count{X: d.HeldBefore, N: d.Held}
	if _, p, ok := stats.ScoreTest(treat, hold); ok && treat.X+hold.X > 0 {
		if d.BeforeP = Number(p); p < beforeAlarm {
			t, _ := treat.Rate()
			h, _ := hold.Rate()
			e.add(E08, e.say.Say("E08", "treat", e.say.PerHundred(t, 1), "hold", e.say.PerHundred(h, 1)))
		}
	}
	switch {
	case d.MissingHours > 0:
		e.note(E07, e.say.SayCount("E07", d.MissingHours))
	case d.CompleteUntil != nil:
		e.note(E07, e.say.Say("E07.until", "date", e.say.Date(*d.CompleteUntil, e.in.Zone)))
	}
	if share, ok := (stats.Count{X: d.Elsewhere, N: d.Treated}).Rate(); ok && share > muchOverlap {
		e.note(E12, e.say.Say("E12", "share", e.say.Portion(share)))
	}
}

func utc(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return instant(*at)
}

// MissingHours are those of runs without an order in the whole shop that chance
// does not make: by the hour of the day, orders come at a rate (Poisson), and a
// run in which so many were to come is empty with a chance of exp of minus their
// number. There are as many runs as orders, over which the chance is shared. The
// rate is the median over days, so that a day of many orders makes no gap of the
// others; a shop that most days has none at that hour has no gap then. hours are
// orders by hour, one after another.
func MissingHours(hours []int64) int64 {
	const day = 24
	var byHour [day][]int64
	var rate [day]float64
	var all float64
	for i, n := range hours {
		byHour[i%day], all = append(byHour[i%day], n), all+float64(n)
	}
	for i, counts := range byHour {
		if slices.Sort(counts); len(counts) > 0 {
			rate[i] = float64(counts[(len(counts)-1)/2])
		}
	}
	if all == 0 {
		return 0 // nothing is known of how many should come
	}
	enough := math.Log(all / gapChance)
	var missing, run int64
	expected := 0.0
	end := func() {
		if expected > enough {
			missing += run
		}
		run, expected = 0, 0
	}
	for i, n := range hours {
		if n > 0 {
			end()
			continue
		}
		run++
		expected += rate[i%day]
	}
	end()
	return missing
}
