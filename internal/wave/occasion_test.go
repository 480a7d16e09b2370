package wave_test

import (
	"testing"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/wave"
)

func day(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOccasionsComeOnceAYear(t *testing.T) {
	t.Parallel()
	birthday := func(before int) campaigns.Occasion { return campaigns.Occasion{Attribute: "birthday", Before: before} }
	for name, row := range map[string]struct {
		occasion campaigns.Occasion
		born     string // empty: unknown
		want     []string
	}{
		"on the day":                {birthday(0), "1990-05-17", []string{"2027-05-17", "2028-05-17"}},
		"a week ahead":              {birthday(7), "1990-05-17", []string{"2027-05-10", "2028-05-10"}},
		"ahead, in the year before": {birthday(10), "1990-01-03", []string{"2027-12-24", "2028-12-24"}},
		"29 February":               {birthday(0), "1992-02-29", []string{"2027-02-28", "2028-02-29"}},
		"29 February, a day ahead":  {birthday(1), "1992-02-29", []string{"2027-02-27", "2028-02-28"}},
		"28 February":               {birthday(0), "1992-02-28", []string{"2027-02-28", "2028-02-28"}},
		"1 March, a day ahead":      {birthday(1), "1992-03-01", []string{"2027-02-28", "2028-02-29"}},
		"unknown":                   {birthday(0), "", nil},
		"not before the day itself": {birthday(7), "2028-05-17", []string{"2028-05-10"}},
		"a date for all":            {campaigns.Occasion{Month: 12, Day: 24, Before: 14}, "", []string{"2027-12-10", "2028-12-10"}},
		"29 February for all":       {campaigns.Occasion{Month: 2, Day: 29}, "1990-05-17", []string{"2027-02-28", "2028-02-29"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var born *calendar.Date
			if row.born != "" {
				d := day(t, row.born)
				born = &d
			}
			var got []string
			for d := day(t, "2027-01-01"); d.Year < 2029; d = d.AddDays(1) {
				if wave.OccasionToday(row.occasion, born, d) {
					got = append(got, d.String())
				}
			}
			if len(got) != len(row.want) {
				t.Fatalf("days %v, want %v", got, row.want)
			}
			for i := range got {
				if got[i] != row.want[i] {
					t.Errorf("days %v, want %v", got, row.want)
				}
			}
		})
	}
}

// The day of an occasion is the shop's, also where the slot's instant lies on
// another day elsewhere.
func TestTheSlotOfAnOccasionIsAskedByTheShopsDay(t *testing.T) {
	t.Parallel()
	c := campaign()
	c.Enter.On, c.Enter.Occasion = "", &campaigns.Occasion{Attribute: "birthday", Before: 7, Time: 30}
	s, ok := wave.ScheduleOf(c.Enter)
	if !ok || s != (campaigns.Schedule{Every: "day", Time: 30}) {
		t.Fatalf("ScheduleOf = %+v, %t", s, ok)
	}
	slots := wave.Slots(s, zone(t, "Europe/Berlin"), instant(t, "2026-03-02 00:00", "Europe/Berlin"), instant(t, "2026-03-03 00:00", "Europe/Berlin"))
	born := day(t, "1990-03-09")
	for name, row := range map[string]struct {
		date *calendar.Date
		want audience.Reason
	}{"in a week": {&born, ""}, "unknown": {nil, audience.NoOccasion}, "another day": {&calendar.Date{Year: 1990, Month: 3, Day: 8}, audience.NoOccasion}} {
		k := ann(t, slots[0]) // 23:30 of the day before in UTC
		k.Occasion = row.date
		if got := planner(t, c).Plan(k); got.Reason != row.want {
			t.Errorf("%s: refused with %q, want %q", name, got.Reason, row.want)
		}
	}
}
