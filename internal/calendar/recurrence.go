package calendar

import (
	"time"

	"github.com/teambition/rrule-go"
)

// Recurrence is a rule of RFC 5545 that gives days: no times, and no beginning
// of its own. ParseRecurrence makes it; the zero Recurrence is no rule.
type Recurrence struct{ rule rrule.ROption }

// Days returns the days of the recurrence in [from, to], oldest first, where it
// is counted from the day since. The work is bounded by the days that a rule
// gives from since to to, whatever the rule.
func (r Recurrence) Days(since, from, to Date) []Date {
	var days []Date
	r.each(since, func(d Date) bool {
		if to.Before(d) {
			return false
		}
		if !d.Before(from) {
			days = append(days, d)
		}
		return true
	})
	return days
}

// First returns the first day of the recurrence that is not before from; false
// if there is none.
func (r Recurrence) First(since, from Date) (first Date, found bool) {
	r.each(since, func(d Date) bool {
		first, found = d, !d.Before(from)
		return !found
	})
	return first, found
}

// shift puts a rule near the end of the library's calendar. The library looks
// for the next day of a rule as far as the year 9999, and a rule that gives no
// more days would keep it busy for eight thousand years. The calendar repeats
// itself after 400 years, weekdays included, so the same rule 7600 years on
// gives the same days, and ends soon.
const shift = 7600

// each calls fn with the days from since on, in order, until it says stop.
func (r Recurrence) each(since Date, fn func(Date) bool) {
	rule := r.rule
	rule.Dtstart = later(since)
	if !rule.Until.IsZero() {
		rule.Until = later(dateUTC(rule.Until))
	}
	series, err := rrule.NewRRule(rule)
	if err != nil {
		panic("calendar: a recurrence that was read is refused: " + err.Error())
	}
	next := series.Iterator()
	for at, ok := next(); ok; at, ok = next() {
		if !fn(Date{Year: at.Year() - shift, Month: at.Month(), Day: at.Day()}) {
			return
		}
	}
}

func later(d Date) time.Time { return time.Date(d.Year+shift, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
