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
	if s.Every == "" && s.RRule == "" {
		if at := calendar.Instant(s.AtDate, s.Time, zone); at.After(after) && !at.After(until) {
			slots = append(slots, at)
		}
		return slots
	}

	add := func(day calendar.Date) {
		at := calendar.Instant(day, s.Time, zone)
		// A date that the zone left out has no slot of its own: its clock would fall on the next one's.
		if at.After(after) && !at.After(until) && calendar.DateOf(at, zone) == day {
			slots = append(slots, at)
		}
	}
	// Where the clocks go back over midnight, the date after until's may already have been.
	first, last := calendar.DateOf(after, zone), calendar.DateOf(until, zone).AddDays(1)
	if s.RRule != "" {
		for _, day := range recurrence(s).Days(s.Since, first, last) {
			add(day)
		}
		return slots
	}
	for day := first; !last.Before(day); day = day.AddDays(1) {
		if onDay(s.Every, day) {
			add(day)
		}
	}
	return slots
}

// recurrence reads the rule again each time it is asked for: that is quick, and
// a schedule stays a plain value.
func recurrence(s campaigns.Schedule) calendar.Recurrence {
	r, err := calendar.ParseRecurrence(s.RRule)
	if err != nil {
		panic("wave: a recurrence that its loader did not refuse: " + err.Error())
	}
	return r
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
// two years, or for a recurrence within forty.
func NextSlot(s campaigns.Schedule, zone *time.Location, after time.Time) (time.Time, bool) {
	spans := []int{40, 740}
	if s.RRule != "" {
		spans = append(spans, 40*366)
	}
	for _, days := range spans {
		if slots := Slots(s, zone, after, after.AddDate(0, 0, days)); len(slots) > 0 {
			return slots[0], true
		}
	}
	return time.Time{}, false
}

// NextEntry is the first slot after an instant at which anybody can be let in: of
// an occasion of one date for all, the first on its day. False where there is
// none, and where slots let nobody in.
func NextEntry(e campaigns.Enter, zone *time.Location, after time.Time) (time.Time, bool) {
	schedule, ok := ScheduleOf(e)
	if !ok {
		return time.Time{}, false
	}
	slot, ok := NextSlot(schedule, zone, after)
	if o := e.Occasion; o != nil && o.Attribute == "" {
		const years = 9 // 29 February comes after eight years at the latest
		for range years * 366 {
			if !ok || OccasionToday(*o, nil, calendar.DateOf(slot, zone)) {
				break
			}
			slot, ok = NextSlot(schedule, zone, slot)
		}
	}
	return slot, ok
}
