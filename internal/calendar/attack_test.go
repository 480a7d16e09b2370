package calendar_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/calendar"
)

// Quiet hours end at the first minute that is not quiet, whatever the clocks do.
func TestQuietEndsAtTheFirstLoudMinute(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, name := range []string{"Pacific/Apia", "America/Sao_Paulo", "America/Nuuk", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Berlin"} {
		z, err := calendar.Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 3000 {
			// Two days around one of the zone's changes, so that most spans hold it.
			_, change := time.Date(2008+rng.IntN(12), 1, 1, 0, 0, 0, 0, time.UTC).In(z).ZoneBounds()
			at := change.UTC().Add(time.Duration(rng.IntN(96)-72) * time.Hour).Add(time.Duration(rng.IntN(60)) * time.Minute)
			w := calendar.Window{From: calendar.Clock(rng.IntN(1440)), To: calendar.Clock(rng.IntN(1440))}
			if w.From == w.To || change.IsZero() {
				continue
			}
			want := at
			for w.Quiet(want, z) {
				want = want.Add(time.Minute)
			}
			if got := w.QuietEnd(at, z); !got.Equal(want) {
				t.Fatalf("%s %v at %v: quiet ends %v, want %v", name, w, at.In(z), got.In(z), want.In(z))
			}
		}
	}
}
