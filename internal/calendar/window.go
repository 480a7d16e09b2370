package calendar

import (
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/fault"
)

// DayEnd is the end of the day, 24:00.
const DayEnd Clock = 24 * 60

// NewWindow is the daily window [from, to). An empty window is an error, a
// *fault.Fault: equal ends could mean never or always.
func NewWindow(from, to Clock) (Window, error) {
	if from == to || from == DayEnd {
		return Window{}, fault.New(fault.Invalid, fmt.Sprintf("the window %s to %s is empty", from, to),
			`for the whole day write ["00:00", "24:00"]`)
	}
	return Window{From: from, To: to}, nil
}

// String is HH:MM-HH:MM.
func (w Window) String() string { return w.From.String() + "-" + w.To.String() }

// ContainsClock reports whether the time of day lies in the window; its end does
// not. A window with equal ends contains every time.
func (w Window) ContainsClock(c Clock) bool {
	if w.From < w.To {
		return w.From <= c && c < w.To
	}
	return c >= w.From || c < w.To
}

// Contains reports whether the wall in zone shows a time of the window at t.
func (w Window) Contains(t time.Time, zone *time.Location) bool {
	return w.ContainsClock(ClockOf(t, zone))
}

// NextOpen is the first instant not before t at which the window contains the
// wall time: t itself inside the window. A window that a zone skips on one day
// opens on the next.
func (w Window) NextOpen(t time.Time, zone *time.Location) time.Time {
	for {
		if w.Contains(t, zone) {
			return t
		}
		// Within a period of one offset the wall runs evenly.
		now := wall(t, zone)
		midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		opens := midnight.Add(time.Duration(w.From) * time.Minute)
		if opens.Before(now) {
			opens = opens.Add(24 * time.Hour)
		}
		at := t.Add(opens.Sub(now))
		end, open := period(t, zone)
		if open || at.Before(end) {
			return at
		}
		t = end
	}
}

// Quiet reports whether t falls into the window read as quiet hours. It is
// closed at its start, open at its end, quiet in both of two repeated hours; and
// where a zone skips the whole of it, it stays quiet for its nominal length
// after the gap.
func (w Window) Quiet(t time.Time, zone *time.Location) bool {
	return w.Contains(t, zone) || t.Before(w.owed(t, zone))
}

// QuietEnd is the first instant not before t that is not quiet: t itself outside
// quiet hours. It never comes for a window of the whole day, which NewWindow
// makes only of 00:00 to 24:00; QuietEnd is then the zero Time.
func (w Window) QuietEnd(t time.Time, zone *time.Location) time.Time {
	if w.From == w.To || w.From == 0 && w.To == DayEnd {
		return time.Time{}
	}
	loud := Window{From: w.To % DayEnd, To: w.From}
	if loud.To == 0 {
		loud.To = DayEnd
	}
	for w.Quiet(t, zone) {
		if owed := w.owed(t, zone); t.Before(owed) {
			t = owed
			continue
		}
		t = loud.NextOpen(t, zone)
	}
	return t
}

// owed is the end of quiet that is kept after the last gap before t because the
// gap swallowed the whole window; the zero Time where it did not.
func (w Window) owed(t time.Time, zone *time.Location) time.Time {
	gap, _ := t.In(zone).ZoneBounds()
	if gap.IsZero() {
		return time.Time{}
	}
	skippedTo := wall(gap, zone)
	skippedFrom := wall(gap.Add(-time.Nanosecond), zone).Add(time.Nanosecond)
	length := time.Duration((w.To-w.From+DayEnd)%DayEnd) * time.Minute
	if length == 0 || skippedTo.Sub(skippedFrom) < length {
		return time.Time{}
	}
	day := time.Date(skippedFrom.Year(), skippedFrom.Month(), skippedFrom.Day(), 0, 0, 0, 0, time.UTC)
	for range 3 {
		starts := day.Add(time.Duration(w.From) * time.Minute)
		if !starts.Before(skippedFrom) && !starts.Add(length).After(skippedTo) {
			return gap.UTC().Add(length)
		}
		day = day.Add(24 * time.Hour)
	}
	return time.Time{}
}
