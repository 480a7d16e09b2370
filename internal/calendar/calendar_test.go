package calendar

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Shanghai",
	"Asia/Kathmandu", "Asia/Tehran", "Africa/Casablanca", "Europe/Dublin", "America/St_Johns", "Pacific/Chatham", "Antarctica/Troll",
	"Asia/Gaza", "Pacific/Kiritimati", "America/Caracas", "Asia/Pyongyang", "Africa/Monrovia", "Europe/Amsterdam",
}

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestInstantAtTheKnownTraps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, zone, date, clock, want string }{
		{"an ordinary day", "Europe/Berlin", "2026-11-12", "10:00", "2026-11-12T09:00:00Z"},
		{"New York skips 02:30", "America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z"},
		{"New York has 01:30 twice", "America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"},
		{"Sao Paulo skips midnight", "America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00:00Z"},
		{"Sao Paulo has 23:30 twice", "America/Sao_Paulo", "2018-02-17", "23:30", "2018-02-18T01:30:00Z"},
		{"Apia skips a day", "Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00:00Z"},
		{"Lord Howe skips half an hour", "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"},
		{"Lord Howe has 01:45 twice", "Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z"},
		{"the end of the day", "Europe/Berlin", "2026-11-12", "24:00", "2026-11-12T23:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			date, err := ParseDate(test.date)
			if err != nil {
				t.Fatal(err)
			}
			clock, err := ParseEndClock(test.clock)
			if err != nil {
				t.Fatal(err)
			}
			got := Instant(date, clock, zone(t, test.zone)).Format(time.RFC3339)
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}

func anyZone(t *rapid.T) *time.Location {
	return zone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
}

func anyDate(t *rapid.T) Date {
	return Date{Year: 1970, Month: 1, Day: 2}.AddDays(rapid.IntRange(0, 70*365).Draw(t, "day"))
}

// nearChange is an instant often close to a change of offset, where faults live.
func nearChange(t *rapid.T, z *time.Location) time.Time {
	at := Instant(anyDate(t), 0, z)
	if _, end := at.In(z).ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, "at a change") {
		at = end
	}
	return at.Add(time.Duration(rapid.IntRange(-48*3600, 48*3600).Draw(t, "seconds")) * time.Second).UTC()
}

func TestInstantIsNeverEarlierAndComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z := anyZone(t)
		date, clock := anyDate(t), Clock(rapid.IntRange(0, 1439).Draw(t, "clock"))
		if _, end := Instant(date, 0, z).ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, "at a change") {
			date = DateOf(end, z)
		}
		at := Instant(date, clock, z)
		want := time.Date(date.Year, date.Month, date.Day, 0, int(clock), 0, 0, time.UTC)
		got := wall(at, z)
		if got.Before(want) {
			t.Fatalf("%s %s in %s is %s, where the wall shows %s", date, clock, z, at, got)
		}
		if got.After(want) && !wall(at.Add(-time.Second), z).Before(want) {
			t.Fatalf("%s %s in %s is %s, and earlier instants would do", date, clock, z, at)
		}
		// A second less shows another wall time, or it is the later of two.
		for back := time.Minute; back <= 3*time.Hour; back += time.Minute {
			if wall(at.Add(-back), z).Equal(want) {
				t.Fatalf("%s %s in %s: %s is not the first", date, clock, z, at)
			}
		}
		if again := Instant(DateOf(at, z), ClockOf(at, z), z); got.Equal(want) && !again.Equal(at) {
			t.Fatalf("%s in %s comes back as %s", at, z, again)
		}
	})
}

func anyWindow(t *rapid.T) Window {
	from := Clock(rapid.IntRange(0, 1439).Draw(t, "from"))
	length := Clock(rapid.IntRange(1, 1438).Draw(t, "length"))
	to := (from + length) % DayEnd
	if to == 0 {
		to = DayEnd
	}
	return Window{From: from, To: to}
}

func TestNextOpenIsTheFirstInstantInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, w := anyZone(t), anyWindow(t)
		from := nearChange(t, z)
		at := w.NextOpen(from, z)
		if at.Before(from) || !w.Contains(at, z) {
			t.Fatalf("%s from %s in %s: %s", w, from, z, at)
		}
		if w.Contains(from, z) && !at.Equal(from) {
			t.Fatalf("%s from %s in %s: inside, yet %s", w, from, z, at)
		}
		for probe := from; probe.Before(at); probe = probe.Add(7 * time.Minute) {
			if w.Contains(probe, z) {
				t.Fatalf("%s from %s in %s: %s, but %s is inside", w, from, z, at, probe)
			}
		}
		if at.After(from) && w.Contains(at.Add(-time.Second), z) {
			t.Fatalf("%s from %s in %s: %s is not the first", w, from, z, at)
		}
		if at.Sub(from) > 49*time.Hour {
			t.Fatalf("%s from %s in %s: only at %s", w, from, z, at)
		}
	})
}

func TestQuietEndIsNeverQuiet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, w := anyZone(t), anyWindow(t)
		from := nearChange(t, z)
		end := w.QuietEnd(from, z)
		if end.Before(from) || w.Quiet(end, z) || w.Contains(end, z) {
			t.Fatalf("%s from %s in %s: %s", w, from, z, end)
		}
		for probe := from; probe.Before(end); probe = probe.Add(7 * time.Minute) {
			if !w.Quiet(probe, z) {
				t.Fatalf("%s from %s in %s: %s, but %s is not quiet", w, from, z, end, probe)
			}
		}
	})
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, zone string
		window     Window
		at, want   string // want: the end of quiet, or the instant itself
	}{
		{"across midnight, before it", "Europe/Berlin", Window{21 * 60, 9 * 60}, "2026-11-12T20:00:00Z", "2026-11-13T08:00:00Z"},
		{"across midnight, after it", "Europe/Berlin", Window{21 * 60, 9 * 60}, "2026-11-13T02:00:00Z", "2026-11-13T08:00:00Z"},
		{"closed at the start", "UTC", Window{21 * 60, 9 * 60}, "2026-11-12T21:00:00Z", "2026-11-13T09:00:00Z"},
		{"open at the end", "UTC", Window{21 * 60, 9 * 60}, "2026-11-13T09:00:00Z", "2026-11-13T09:00:00Z"},
		{"to the end of the day", "UTC", Window{21 * 60, DayEnd}, "2026-11-12T22:00:00Z", "2026-11-13T00:00:00Z"},
		{"quiet in both of two hours", "America/New_York", Window{60, 120}, "2026-11-01T05:10:00Z", "2026-11-01T07:00:00Z"},
		{"swallowed by a gap, owed after it", "America/New_York", Window{120, 180}, "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"},
		{"half in a gap", "America/New_York", Window{150, 210}, "2026-03-08T07:10:00Z", "2026-03-08T07:30:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, test.at)
			if err != nil {
				t.Fatal(err)
			}
			got := test.window.QuietEnd(at, zone(t, test.zone)).UTC().Format(time.RFC3339)
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
}

func TestAQuietDayHasNoEnd(t *testing.T) {
	t.Parallel()
	if got := (Window{0, DayEnd}).QuietEnd(time.Unix(0, 0), time.UTC); !got.IsZero() {
		t.Errorf("got %v", got)
	}
}

func TestZoneRefuses(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":                         "the time zone is empty",
		"Local":                    `"Local" is not a time zone that means the same on every machine`,
		"GMT+8":                    `unknown time zone "GMT+8"`,
		"right/UTC":                `unknown time zone "right/UTC"`,
		"../../etc/passwd":         `unknown time zone "../../etc/passwd"`,
		"Mars/Olympus":             `unknown time zone "Mars/Olympus"`,
		"Europe/Berlin\nX":         `unknown time zone "Europe/Berlin\nX"`,
		"posix/Europe/Berlin":      `unknown time zone "posix/Europe/Berlin"`,
		"Europe/Berlin/Mitte/West": `unknown time zone "Europe/Berlin/Mitte/West"`,
	} {
		if _, err := Zone(name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
	for name, want := range map[string]string{
		"asia/shanghai": "Asia/Shanghai", "Asia/Beijing": "Asia/Shanghai", "america/new york": "America/New_York", "utc": "UTC",
		"america/port-au-prince": "", "?": "",
	} {
		if got := nearZone(name); got != want {
			t.Errorf("%q: suggests %q, want %q", name, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"2026-02-29", "2026-1-1", "1969-12-31", "2200-01-01", "12.11.2026", "", "2026-11-12 "} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("date %q = %v", s, d)
		}
	}
	for _, s := range []string{"9:30", "24:00", "23:60", "0930", "", "09:30:00", "25:00"} {
		if c, err := ParseClock(s); err == nil {
			t.Errorf("clock %q = %v", s, c)
		}
	}
	for _, s := range []string{"2026-11-12T10:00", "2026-11-12", "2026-11-12 24:00", "2026-13-12 10:00"} {
		if d, err := ParseDateTime(s); err == nil {
			t.Errorf("date with time %q = %v", s, d)
		}
	}
	got, err := ParseDateTime("2026-11-12 10:05")
	if diff := cmp.Diff(got, DateTime{Date: Date{2026, 11, 12}, Clock: 605}); diff != "" || err != nil {
		t.Errorf("%v -got +want\n%s", err, diff)
	}
}

func TestNewWindowRefusesAnEmptyOne(t *testing.T) {
	t.Parallel()
	for _, w := range []Window{{600, 600}, {DayEnd, 60}, {0, 0}} {
		if got, err := NewWindow(w.From, w.To); err == nil {
			t.Errorf("%v: got %v", w, got)
		}
	}
}

func TestZonesAreFoundOnceAndUnknownOnesNever(t *testing.T) {
	t.Parallel()
	var zones Zones
	first, err := zones.Find("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := zones.Find("Europe/Berlin"); err != nil || again != first {
		t.Errorf("got %p, %v; want %p", again, err, first)
	}
	for range 2 {
		if zone, err := zones.Find("Europe/Berln"); err == nil {
			t.Errorf("got %v", zone)
		}
	}
}
