package wave

import (
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
)

// OccasionToday reports whether the slot of a day is the one for a customer's
// occasion: the occasion lies o.Before days ahead of it. Date is what the
// customer's attribute says, nil where it is unknown, and not read for a fixed
// date. An anniversary is never before the date itself. What falls on 29
// February is kept on the 28th in common years.
func OccasionToday(o campaigns.Occasion, date *calendar.Date, day calendar.Date) bool {
	kept := day.AddDays(o.Before)
	of := calendar.Date{Month: time.Month(o.Month), Day: o.Day}
	if o.Attribute != "" {
		if date == nil || kept.Before(*date) {
			return false
		}
		of = *date
	}
	return of.KeptIn(kept.Year) == kept
}

// SameSlots says whether customers are asked at the same instants, and about the
// same occasion. Where they are not, what lies behind an edit has no slots.
func SameSlots(a, b campaigns.Enter) bool {
	s, slots := ScheduleOf(a)
	t, too := ScheduleOf(b)
	var of, kept campaigns.Occasion
	if a.Occasion != nil {
		of = *a.Occasion
	}
	if b.Occasion != nil {
		kept = *b.Occasion
	}
	return slots == too && s == t && of == kept
}

// ScheduleOf is the schedule on which customers are asked whether they enter:
// the written one, for an occasion every day at its time. False where entry is
// by an order or an event.
func ScheduleOf(e campaigns.Enter) (campaigns.Schedule, bool) {
	switch {
	case e.Schedule != nil:
		return *e.Schedule, true
	case e.Occasion != nil:
		return campaigns.Schedule{Every: "day", Time: e.Occasion.Time}, true
	}
	return campaigns.Schedule{}, false
}
