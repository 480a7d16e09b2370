package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
)

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The days are those that RFC 5545, 3.8.5.3, prints for its examples, but for
// the rows that say otherwise.
func TestRecurrencesGiveTheDaysOfTheRFC(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ rule, since, until, want string }{
		{"FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02", "1999-01-01", "1997-09-02 1997-09-12 1997-09-22 1997-10-02 1997-10-12"},
		{"FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997-09-02", "1999-01-01", "1997-09-02 1997-09-04 1997-09-16 1997-09-18 1997-09-30 1997-10-02 1997-10-14 1997-10-16"},
		{"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05", "1999-01-01", "1997-08-05 1997-08-10 1997-08-19 1997-08-24"},
		{"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05", "1999-01-01", "1997-08-05 1997-08-17 1997-08-19 1997-08-31"},
		{"FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "1997-09-05", "1999-01-01", "1997-09-05 1997-10-03 1997-11-07 1997-12-05"},
		{"FREQ=MONTHLY;COUNT=4;BYDAY=-2MO", "1997-09-22", "1999-01-01", "1997-09-22 1997-10-20 1997-11-17 1997-12-22"},
		{"FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", "1998-02-28", "1997-09-28 1997-10-29 1997-11-28 1997-12-29 1998-01-29 1998-02-26"},
		{"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1997-09-02", "2000-12-31", "1998-02-13 1998-03-13 1998-11-13 1999-08-13 2000-10-13"},
		{"FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", "1999-01-01", "1997-09-04 1997-10-07 1997-11-06"},
		{"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29", "1998-01-31", "1997-09-29 1997-10-30 1997-11-27 1997-12-30 1998-01-29"},
		{"FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15", "2008-01-01", "2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30"},
		{"FREQ=YEARLY;INTERVAL=3;COUNT=7;BYYEARDAY=1,100,200", "1997-01-01", "2010-01-01", "1997-01-01 1997-04-10 1997-07-19 2000-01-01 2000-04-09 2000-07-18 2003-01-01"},
		{"FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1999-12-31", "1997-05-19 1998-05-18 1999-05-17"},
		{"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", "1999-12-31", "1997-05-12 1998-05-11 1999-05-17"},
		{"FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05", "2004-12-31", "1996-11-05 2000-11-07 2004-11-02"},
		{"FREQ=DAILY;UNTIL=20260103", "2026-01-01", "2026-12-31", "2026-01-01 2026-01-02 2026-01-03"},    // ours: the last day belongs to it
		{"rrule:freq=monthly;byday=1mo", "2026-01-01", "2026-03-31", "2026-01-05 2026-02-02 2026-03-02"}, // ours: as pasted, in lower case
		{"FREQ=MONTHLY", "2026-01-31", "2026-06-01", "2026-01-31 2026-03-31 2026-05-31"},                 // ours: months without the day are left out
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			r, err := calendar.ParseRecurrence(row.rule)
			if err != nil {
				t.Fatal(err)
			}
			since := date(t, row.since)
			var got []string
			for _, d := range r.Days(since, since, date(t, row.until)) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(strings.Join(got, " "), row.want); diff != "" {
				t.Errorf("days (got -, want +):\n%s", diff)
			}
		})
	}
}

func TestDaysOfARecurrenceAreThoseOfTheSpanAskedFor(t *testing.T) {
	t.Parallel()
	r, err := calendar.ParseRecurrence("FREQ=WEEKLY;INTERVAL=2")
	if err != nil {
		t.Fatal(err)
	}
	since := date(t, "2026-01-05")
	got := r.Days(since, date(t, "2026-02-02"), date(t, "2026-03-02"))
	if diff := cmp.Diff(got, []calendar.Date{date(t, "2026-02-02"), date(t, "2026-02-16"), date(t, "2026-03-02")}); diff != "" {
		t.Errorf("days (got -, want +):\n%s", diff)
	}
	if first, ok := r.First(since, date(t, "2026-02-03")); !ok || first != date(t, "2026-02-16") {
		t.Errorf("First = %v, %t; want 2026-02-16", first, ok)
	}
	if early := r.Days(since, date(t, "2025-01-01"), date(t, "2026-01-04")); early != nil {
		t.Errorf("days before it begins: %v", early)
	}
}

func TestParseRecurrenceRefusesInTheUsersWords(t *testing.T) {
	t.Parallel()
	const freq = "FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"
	for text, want := range map[string]string{
		"":                                    `"" is not a part of a recurrence / write name=value, with ; between: FREQ=MONTHLY;BYDAY=1MO`,
		"every monday":                        `"EVERY MONDAY" is not a part of a recurrence / write name=value, with ; between: FREQ=MONTHLY;BYDAY=1MO`,
		"FREQ=DAILY;":                         `"" is not a part of a recurrence / write name=value, with ; between: FREQ=MONTHLY;BYDAY=1MO`,
		"BYDAY=MO":                            "FREQ is missing / " + freq,
		"FREQ=HOURLY":                         "FREQ=HOURLY gives no whole days / " + freq,
		"FREQ=FORTNIGHTLY":                    "FREQ=FORTNIGHTLY gives no whole days / " + freq,
		"FREQ=DAILY;FREQ=DAILY":               "FREQ is written twice / ",
		"FREQ=DAILY;BYHOUR=10":                `BYHOUR is a time of day; a recurrence gives days / write the time beside it: at: "10:00"`,
		"FREQ=DAILY;DTSTART=2026":             `DTSTART does not belong in a recurrence / write the day it counts from beside it: since: "2026-01-01"`,
		"FREQ=DAILY;BYDAYS=MO":                `"BYDAYS" is not a part of a recurrence / did you mean BYDAY?`,
		"FREQ=DAILY;COLOUR=RED":               `"COLOUR" is not a part of a recurrence / known are FREQ, INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS`,
		"FREQ=DAILY;INTERVAL=0":               "INTERVAL=0 is not a number from 1 to 1000 / ",
		"FREQ=DAILY;INTERVAL=1e3":             "INTERVAL=1E3 is not a number from 1 to 1000 / ",
		"FREQ=DAILY;COUNT=99999999":           "COUNT=99999999 is not a number from 1 to 10000 / ",
		"FREQ=DAILY;COUNT=3;UNTIL=20260101":   "COUNT and UNTIL exclude each other / keep one of them",
		"FREQ=DAILY;UNTIL=20260101T100000Z":   "UNTIL must be a day, the last one / UNTIL=20261231",
		"FREQ=DAILY;UNTIL=20261301":           "UNTIL=20261301 is not a day / UNTIL=20261231",
		"FREQ=WEEKLY;WKST=XX":                 "WKST=XX is not a day of the week / MO, TU, WE, TH, FR, SA or SU",
		"FREQ=WEEKLY;BYDAY=MO,,TU":            `BYDAY=MO,,TU: "" is not a day of the week / MO, TU, WE, TH, FR, SA or SU; with a number before it the first, the last: 1MO, -1FR`,
		"FREQ=WEEKLY;BYDAY=1MO":               "BYDAY=1MO counts days, which FREQ=WEEKLY has none of / use FREQ=MONTHLY or YEARLY, or take the number out",
		"FREQ=MONTHLY;BYDAY=6MO":              "BYDAY=6 is not a number from 1 to 5, or from -1 to -5 / ",
		"FREQ=YEARLY;BYMONTH=2;BYDAY=-53MO":   "BYDAY=-53 is not a number from 1 to 5, or from -1 to -5 / ",
		"FREQ=MONTHLY;BYMONTHDAY=0":           "BYMONTHDAY=0 is not a number from 1 to 31, or from -1 to -31 / ",
		"FREQ=WEEKLY;BYMONTHDAY=1":            "BYMONTHDAY does not go with FREQ=WEEKLY / it goes with FREQ=DAILY, MONTHLY, YEARLY",
		"FREQ=MONTHLY;BYWEEKNO=1":             "BYWEEKNO does not go with FREQ=MONTHLY / it goes with FREQ=YEARLY",
		"FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO":    "BYDAY with a number does not go with BYWEEKNO / take the number out",
		"FREQ=MONTHLY;BYSETPOS=-1":            "BYSETPOS picks from days, and the recurrence names none / for the last workday of the month: FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30": "the recurrence never gives a day / its parts exclude one another",
		"FREQ=DAILY;BYMONTH=" + strings.Repeat("1,", 300) + "1": "the recurrence is longer than 500 characters / ",
	} {
		_, err := calendar.ParseRecurrence(text)
		f, ok := fault.Of(err)
		if !ok {
			t.Errorf("%q: got %v, want %s", text, err, want)
			continue
		}
		if got := f.Message + " / " + f.Hint; got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// Any rule that is read can be counted out over the life of a shop, soon.
func FuzzParseRecurrence(f *testing.F) {
	for _, seed := range []string{
		"FREQ=DAILY", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=MONTHLY;BYDAY=-5SU", "FREQ=YEARLY;BYDAY=-53MO,53SU", "FREQ=YEARLY;BYWEEKNO=-53,53;WKST=SU",
		"FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;WKST=TH", "FREQ=WEEKLY;INTERVAL=1000;BYMONTH=2", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=999",
		"FREQ=YEARLY;BYYEARDAY=366,-366;BYDAY=MO", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366,-366", "FREQ=YEARLY;BYMONTH=1,2;BYDAY=5MO;BYSETPOS=-1;COUNT=10000",
		"RRULE:FREQ=DAILY;UNTIL=21991231;WKST=SU", "FREQ=;;=", "FREQ=DAILY;BYDAY=٣MO",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		begun := time.Now()
		defer func() {
			if took := time.Since(begun); took > 2*time.Second {
				t.Fatalf("%q took %v", text, took)
			}
		}()
		r, err := calendar.ParseRecurrence(text)
		if err != nil {
			if fa, ok := fault.Of(err); !ok || fa.Message == "" {
				t.Fatalf("%q: %v is no fault", text, err)
			}
			return
		}
		since, to := date(t, "2024-02-29"), date(t, "2090-12-31")
		last := since.AddDays(-1)
		for _, d := range r.Days(since, since, to) {
			if !last.Before(d) || to.Before(d) {
				t.Fatalf("%q gives %v after %v", text, d, last)
			}
			last = d
		}
	})
}
