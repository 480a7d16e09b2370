package wave_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/wave"
)

func TestARampGoesOutInThreeStepsWhateverTheArm(t *testing.T) {
	t.Parallel()
	c := campaigns.Campaign{Name: "sale", Enter: campaigns.Enter{When: "true"}, Rounds: campaigns.Rounds{Times: 1},
		Waves: []campaigns.Wave{{Name: "news", Channels: []string{"email"}, Ramp: time.Hour}}}
	p, err := wave.NewPlanner(c, wave.Design{Number: 1}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	got := map[time.Duration]int{}
	for i := range 10_000 {
		e := enrollment.Enrollment{Key: fmt.Sprint("c", i), EnteredAt: at, Entry: 1, Arm: holdout.Treat, Zone: "UTC"}
		treated, err := p.Round(e, 1, audience.Contact{})
		if err != nil {
			t.Fatal(err)
		}
		e.Arm = holdout.Hold
		held, err := p.Round(e, 1, audience.Contact{})
		if err != nil {
			t.Fatal(err)
		}
		if !treated[0].ScheduledAt.Equal(held[0].ScheduledAt) {
			t.Fatalf("%s: treated at %s, its ghost at %s", e.Key, treated[0].ScheduledAt, held[0].ScheduledAt)
		}
		if lasts := treated[0].ExpiresAt.Sub(treated[0].ScheduledAt); lasts != 7*24*time.Hour {
			t.Fatalf("expires after %s", lasts)
		}
		got[treated[0].ScheduledAt.Sub(at)]++
	}
	// Fixed by the hash: about 1%, 9% and 90%.
	if diff := cmp.Diff(map[time.Duration]int{0: 79, time.Hour: 911, 2 * time.Hour: 9010}, got); diff != "" {
		t.Error(diff)
	}
}
