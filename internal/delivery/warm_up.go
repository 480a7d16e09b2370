package delivery

import (
	"math"
	"time"

	"github.com/rewave/rewave/internal/calendar"
)

// WarmUp is how many messages a day a provider, and the mailboxes behind it, get
// from a sender they do not know yet: Start on the first day, each day Grow times
// as many, and never more than Until. The days count by the calendar, whether
// anything is sent on them or not.
type WarmUp struct {
	From  calendar.Date // the first day; any before it is like it
	Start int           // at least 1
	Grow  float64       // above 1
	Until int           // at least Start
	Zone  *time.Location
}

// Limit is how many messages may go out on a day, from Start to Until. It never
// falls from one day to the next.
func (w WarmUp) Limit(day calendar.Date) int {
	days := max(0, day.DaysSince(w.From))
	// 200 * 1.5 is to be 300 however it is rounded.
	n := math.Floor(float64(w.Start)*math.Pow(w.Grow, float64(days)) + 1e-6)
	if n >= float64(w.Until) { // it may be infinite
		return w.Until
	}
	return int(n)
}

// Day is one day of a warm-up.
type Day struct {
	Date  calendar.Date
	Limit int
	Ends  time.Time // when the next begins
}

// On is the day that an instant falls on.
func (w WarmUp) On(at time.Time) Day {
	date := calendar.DateOf(at, w.Zone)
	return Day{Date: date, Limit: w.Limit(date), Ends: calendar.Instant(date.AddDays(1), 0, w.Zone)}
}
