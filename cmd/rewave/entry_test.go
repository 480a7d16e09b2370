package main

import (
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
)

func TestNextEntry(t *testing.T) {
	t.Parallel()
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 1, 50, 0, 0, zone) // a Sunday
	day := func(month time.Month, d int) calendar.Date {
		return calendar.Date{Year: 2026, Month: month, Day: d}
	}
	byOrder := campaigns.Enter{On: "order_paid"}
	mondays := campaigns.Enter{Schedule: &campaigns.Schedule{Every: "monday", Time: 10 * 60}}
	once := func(year int, clock calendar.Clock) campaigns.Enter {
		return campaigns.Enter{Schedule: &campaigns.Schedule{AtDate: calendar.Date{Year: year, Month: 11, Day: 22}, Time: clock}}
	}
	for _, test := range []struct {
		name  string
		given campaigns.Campaign
		after time.Time
		want  string
	}{
		{"an order", campaigns.Campaign{Enter: byOrder}, now, "enters with each paid order"},
		{"an order, later", campaigns.Campaign{Enter: byOrder, From: day(12, 1)}, now, "enters with each paid order from 2026-12-01 on"},
		{"an order, ended today", campaigns.Campaign{Enter: byOrder, Until: day(11, 22)}, now, "entry has ended (until 2026-11-22): nobody would enter"},
		{"weekly", campaigns.Campaign{Enter: mondays}, now, "next entry Mon 23 Nov 10:00"},
		{"weekly, later", campaigns.Campaign{Enter: mondays, From: day(12, 1)}, now, "next entry Mon 7 Dec 10:00"},
		{"weekly, never", campaigns.Campaign{Enter: mondays, Until: day(11, 23)}, now, "no slot lies between from and until: nobody would enter"},
		{"weekly, late", campaigns.Campaign{Enter: mondays}, now.AddDate(0, 0, -7), "entry of 2026-11-16 10:00 is due"},
		{"an event", campaigns.Campaign{Enter: campaigns.Enter{On: "event", Event: "Order Delayed"}}, now, `enters with each "Order Delayed"`},
		{"each one's day", campaigns.Campaign{Enter: campaigns.Enter{Occasion: &campaigns.Occasion{Attribute: "birthday", Before: 7, Time: 10 * 60}}}, now, "asks daily whose day it is, next Sun 22 Nov 10:00"},
		{"one day for all", campaigns.Campaign{Enter: campaigns.Enter{Occasion: &campaigns.Occasion{Month: 12, Day: 24, Before: 14, Time: 10 * 60}}}, now, "next entry Thu 10 Dec 10:00"},
		{"once", campaigns.Campaign{Enter: once(2026, 111)}, now, "next entry Sun 22 Nov 01:51"},
		{"once, in five years", campaigns.Campaign{Enter: once(2031, 110)}, now, "next entry Sat 22 Nov 2031 01:50"},
		{"once, past", campaigns.Campaign{Enter: once(2026, 110)}, now, "its slot 2026-11-22 01:50 is past: nobody would enter"},
		{"once, before from", campaigns.Campaign{Enter: once(2026, 111), From: day(11, 23)}, now, "no slot lies between from and until: nobody would enter"},
		{"once, late", campaigns.Campaign{Enter: once(2026, 110)}, now.Add(-1), "entry of 2026-11-22 01:50 is due"},
	} {
		if got := nextEntry(test.given, zone, test.after, now).String(); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
