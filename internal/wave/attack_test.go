package wave_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/wave"
)

// odd are zones with what breaks calendars: a day left out, a change at
// midnight, half an hour, the hour before midnight, a fast that stops the change.
var odd = []struct {
	zone     string
	from, to string
}{
	{"Pacific/Apia", "2011-12-20 00:00", "2012-01-10 00:00"},
	{"America/Sao_Paulo", "2018-10-25 00:00", "2018-11-15 00:00"},
	{"America/Nuuk", "2024-03-20 00:00", "2024-04-10 00:00"},
	{"America/Nuuk", "2023-10-20 00:00", "2023-11-05 00:00"},
	{"Australia/Lord_Howe", "2026-03-28 00:00", "2026-04-12 00:00"},
	{"Africa/Casablanca", "2026-02-08 00:00", "2026-03-28 00:00"},
	{"Europe/Berlin", "2026-10-15 00:00", "2026-11-05 00:00"},
	{"Asia/Gaza", "2026-03-20 00:00", "2026-04-05 00:00"},
}

// A slot comes once for each date, whenever and in how many pieces it is asked for.
func TestSlotsAskedForInPiecesAreTheSame(t *testing.T) {
	t.Parallel()
	for _, o := range odd {
		z := zone(t, o.zone)
		from, to := instant(t, o.from, o.zone), instant(t, o.to, o.zone)
		for _, clock := range []calendar.Clock{0, 1, 90, 120, 150, 12 * 60, 22*60 + 30, 23 * 60, 23*60 + 59} {
			for _, every := range []string{"day", "month", "friday", "FREQ=DAILY;INTERVAL=3"} {
				s := campaigns.Schedule{Every: every, Time: clock}
				if strings.HasPrefix(every, "FREQ") {
					s.Every, s.RRule, s.Since = "", every, calendar.DateOf(from, z).AddDays(-5)
				}
				whole := wave.Slots(s, z, from, to)
				var pieces []time.Time
				rng := rand.New(rand.NewPCG(uint64(clock), 7))
				for at := from; at.Before(to); {
					next := at.Add(time.Duration(rng.Int64N(int64(20*hour))) + time.Second)
					if next.After(to) {
						next = to
					}
					pieces = append(pieces, wave.Slots(s, z, at, next)...)
					at = next
				}
				if fmt.Sprint(whole) != fmt.Sprint(pieces) {
					t.Errorf("%s, %s at %v: whole %v, in pieces %v", o.zone, every, clock, whole, pieces)
				}
				for i := 1; i < len(whole); i++ {
					if !whole[i].After(whole[i-1]) {
						t.Errorf("%s, %s at %v: two slots at %v", o.zone, every, clock, whole[i])
					}
				}
			}
		}
	}
}

// Whatever the clocks do, a wave falls on the first minute of its window, is not
// over before it begins, and stands behind the wave it counts from.
func TestEveryWaveFallsOnTheFirstOpenMinute(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		o := odd[rng.IntN(len(odd))]
		z := zone(t, o.zone)
		from, to := instant(t, o.from, o.zone), instant(t, o.to, o.zone)
		start := from.Add(time.Duration(rng.Int64N(int64(to.Sub(from)/time.Minute))) * time.Minute)
		c := campaign()
		for i := range c.Waves {
			w := &c.Waves[i]
			w.After.Wait = time.Duration(rng.IntN(60)) * hour
			w.Between, w.ExpiresAfter = nil, 0
			if a, b := calendar.Clock(rng.IntN(1440)), calendar.Clock(rng.IntN(1441)); rng.IntN(3) > 0 && a != b {
				w.Between = &calendar.Window{From: a, To: b}
			}
		}
		got, err := wave.PlaceRound(c, start, o.zone)
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]time.Time{}
		for _, d := range got {
			at[d.Wave] = d.ScheduledAt
			if !d.ExpiresAt.After(d.ScheduledAt) {
				t.Errorf("%s %+v expires at once", o.zone, d)
			}
		}
		for _, w := range c.Waves {
			base := start
			if w.After.Wave != "" {
				base = at[w.After.Wave]
			}
			want := base.Add(w.After.Wait)
			for w.Between != nil && !w.Between.Contains(want, z) {
				want = want.Truncate(time.Minute).Add(time.Minute)
			}
			if !at[w.Name].Equal(want) {
				t.Errorf("%s from %v: %s in %v at %v, want %v", o.zone, start, w.Name, w.Between, at[w.Name].In(z), want.In(z))
			}
		}
	}
}
