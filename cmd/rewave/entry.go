package main

import (
	"fmt"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/wave"
)

// entry is when customers next come into a campaign.
type entry struct {
	at    time.Time // of the next slot; zero: by each order or event, or never
	never bool      // nobody comes in any more
	says  string
}

// nextEntry is the first entry after an instant; one that is not after now is
// late.
func nextEntry(c campaigns.Campaign, zone *time.Location, after, now time.Time) entry {
	const slot = "2006-01-02 15:04"
	if !c.Until.IsZero() && !now.Before(calendar.Instant(c.Until, 0, zone)) {
		return entry{never: true, says: fmt.Sprintf("entry has ended (until %s)", c.Until)}
	}
	var opens time.Time
	if !c.From.IsZero() {
		opens = calendar.Instant(c.From, 0, zone)
	}
	schedule, slots := wave.ScheduleOf(c.Enter)
	if !slots {
		by := "paid order"
		if c.Enter.On == "event" {
			by = fmt.Sprintf("%q", c.Enter.Event)
		}
		if opens.After(now) {
			return entry{says: fmt.Sprintf("enters with each %s from %s on", by, c.From)}
		}
		return entry{says: "enters with each " + by}
	}
	at, ok := time.Time{}, true
	if s := schedule; !s.AtDate.IsZero() {
		at = calendar.Instant(s.AtDate, s.Time, zone)
		if !at.After(after) {
			return entry{never: true, says: fmt.Sprintf("its slot %s is past", at.In(zone).Format(slot))}
		}
		ok = !at.Before(opens)
	} else {
		if opens.After(after) {
			after = opens.Add(-1)
		}
		at, ok = wave.NextEntry(c.Enter, zone, after)
	}
	switch {
	case !ok || !c.Until.IsZero() && !at.Before(calendar.Instant(c.Until, 0, zone)):
		return entry{never: true, says: "no slot lies between from and until"}
	case !at.After(now):
		return entry{at: at, says: "entry of " + at.In(zone).Format(slot) + " is due"}
	}
	what := "next entry "
	if o := c.Enter.Occasion; o != nil && o.Attribute != "" {
		what = "asks daily whose day it is, next "
	}
	form := "Mon 2 Jan 15:04"
	if at.In(zone).Year() != now.In(zone).Year() {
		form = "Mon 2 Jan 2006 15:04"
	}
	return entry{at: at, says: what + at.In(zone).Format(form)}
}

// String is a sentence about a campaign that does not run yet.
func (e entry) String() string {
	if e.never {
		return e.says + ": nobody would enter"
	}
	return e.says
}

// next is the slot for programs; nil where there is none.
func (e entry) next() *string {
	if e.at.IsZero() {
		return nil
	}
	at := timestamp(e.at)
	return &at
}
