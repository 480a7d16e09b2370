package scenario

import (
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/source"
)

// wall is a date, with a time of day where one is written.
type wall struct {
	calendar.DateTime
	whole bool // the date alone
}

func parseWall(s string) (wall, error) {
	if len(s) == len("2006-01-02") {
		date, err := calendar.ParseDate(s)
		return wall{calendar.DateTime{Date: date}, true}, err
	}
	at, err := calendar.ParseDateTime(s)
	return wall{DateTime: at}, err
}

// noon is the time of day of a date that is written alone.
const noon = calendar.Clock(12 * 60)

// instant reads a date with a time of day in the shop's zone; of a date alone it
// is noon.
func (r *reader) instant(n source.Node) (time.Time, bool) {
	w, ok := source.Quoted(n, parseWall)
	if !ok {
		return time.Time{}, false
	}
	clock := w.Clock
	if w.whole {
		clock = noon
	}
	at := calendar.Instant(w.Date, clock, r.zone)
	if at.After(r.c.last) {
		r.c.last = at
	}
	return at, true
}

// span reads when something is expected: a minute, a day, or the two ends of a
// time, both of which belong to it.
func (r *reader) span(n source.Node) (from, to time.Time, ok bool) {
	if !n.IsList() {
		w, ok := source.Quoted(n, parseWall)
		if !ok {
			return from, to, false
		}
		from, to = r.extent(w)
		return from, to, true
	}
	items, _ := n.Items()
	if len(items) != 2 {
		n.Report("must be two instants", `for example ["2026-11-13 09:30", "2026-11-13 20:30"]`)
		return from, to, false
	}
	first, okFirst := source.Quoted(items[0], parseWall)
	second, okSecond := source.Quoted(items[1], parseWall)
	if !okFirst || !okSecond {
		return from, to, false
	}
	from, _ = r.extent(first)
	if _, to = r.extent(second); !to.After(from) {
		n.Report("ends before it begins", "")
		return from, to, false
	}
	return from, to, true
}

// extent is the whole day or the minute that a wall names.
func (r *reader) extent(w wall) (from, to time.Time) {
	if w.whole {
		from, to = calendar.Instant(w.Date, 0, r.zone), calendar.Instant(w.Date.AddDays(1), 0, r.zone)
	} else {
		from = calendar.Instant(w.Date, w.Clock, r.zone)
		to = from.Add(time.Minute)
	}
	if from.After(r.c.last) {
		r.c.last = from
	}
	return from, to
}
