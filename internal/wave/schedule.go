package wave

import (
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
)

// Slots returns the entry slots of a schedule in (after, until], oldest first,
// in the shop's zone. A clock that a slot's day skips falls on the first valid
// instant after; one that it repeats, on the first.
func Slots(s campaigns.Schedule, zone *time.Location, after, until time.Time) []time.Time {
	var slots []time.Time
	if s.Every == "" {
		if at := calendar.Instant(s.AtDate, s.Time, zone); at.After(after) && !at.After(until) {
			slots = append(slots, at)
		}
		return slots
	}

	for day := calendar.DateOf(after, zone); ; day = day.AddDays(1) {
		at := calendar.Instant(day, s.Time, zone)
		if at.After(until) {
			return slots
		}
		// A date that the zone left out has no slot of its own: its clock would fall on the next one's.
		if at.After(after) && onDay(s.Every, day) && calendar.DateOf(at, zone) == day {
			slots = append(slots, at)
		}
	}
}

func onDay(every string, d calendar.Date) bool {
	switch every {
	case "day":
		return true
	case "month":
		return d.Day == 1
	}
	return every == weekdays[d.Weekday()]
}

var weekdays = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// NextSlot is the first slot after an instant; false if there is none within
// two years.
func NextSlot(s campaigns.Schedule, zone *time.Location, after time.Time) (time.Time, bool) {
	for days := 40; days <= 740; days += 700 {
		if slots := Slots(s, zone, after, after.AddDate(0, 0, days)); len(slots) > 0 {
			return slots[0], true
		}
	}
	return time.Time{}, false
}
