package wave_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/wave"
)

func TestSkipsAreWrittenOrTheDefaultOfALargeCampaign(t *testing.T) {
	t.Parallel()
	c := campaigns.Campaign{Waves: []campaigns.Wave{
		{Name: "second", After: campaigns.After{Wave: "first", Wait: time.Hour}},
		{Name: "first"},
		{Name: "receipt", Service: true},
		{Name: "never", After: campaigns.After{Wait: time.Hour}, Skip: campaigns.Skip{Written: true}},
		{Name: "often", After: campaigns.After{Wait: time.Hour}, Skip: campaigns.Skip{Written: true, Share: holdout.Whole / 2}},
	}}
	for _, test := range []struct {
		name     string
		expected int
		want     map[string]holdout.Share
	}{
		{"small", 99_999, map[string]holdout.Share{"often": holdout.Whole / 2}},
		{"large", 100_000, map[string]holdout.Share{"often": holdout.Whole / 2, "second": holdout.Whole / 10}},
	} {
		c.Evaluation.Expect.Enrollments = test.expected
		got, err := wave.Skips(c, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", test.name, diff)
		}
	}
}
