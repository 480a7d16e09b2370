package calendar

import "time"

// wall is the wall time at t, written as if it were UTC so that two of them can
// be subtracted.
func wall(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// period ends where the zone next changes its offset after t; open means never.
func period(t time.Time, zone *time.Location) (end time.Time, open bool) {
	_, end = t.In(zone).ZoneBounds()
	return end.UTC(), end.IsZero()
}

// Instant is when date and clock are reached in zone: the first instant after
// the gap where the zone skips them, the first of the two where they come twice.
// Clock 1440 is the midnight that ends the date.
func Instant(date Date, clock Clock, zone *time.Location) time.Time {
	want := time.Date(date.Year, date.Month, date.Day, 0, int(clock), 0, 0, time.UTC)

	// No offset, and no jump between two, has ever been above 26 hours.
	at := want.Add(-48 * time.Hour)
	for {
		missing := want.Sub(wall(at, zone))
		if missing <= 0 {
			return at
		}
		end, open := period(at, zone)
		if reached := at.Add(missing); open || reached.Before(end) {
			return reached
		}
		at = end
	}
}

// DateOf is the date on the wall at t.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{Year: y, Month: m, Day: d}
}

// ClockOf is the time of day on the wall at t, seconds cut off.
func ClockOf(t time.Time, zone *time.Location) Clock {
	hour, minute, _ := t.In(zone).Clock()
	return Clock(hour*60 + minute)
}
