package wave

import (
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/holdout"
)

// Skips are the default where a campaign is large enough for them to be read.
const (
	defaultSkip       = holdout.Whole / 10
	skipsAreReadAbove = 100_000 // enrollments
)

// Skips is the share of each wave that skips somebody: the written one, else, in
// a campaign that expects enough enrollments, the default on every wave but
// services and the one that comes first in a round begun at `at` in the shop's
// zone. A wave that is not named is never skipped.
func Skips(c campaigns.Campaign, at time.Time, zone *time.Location) (map[string]holdout.Share, error) {
	skips := map[string]holdout.Share{}
	for _, w := range c.Waves {
		if w.Skip.Share > 0 {
			skips[w.Name] = w.Skip.Share
		}
	}
	if c.Evaluation.Expect.Enrollments < skipsAreReadAbove {
		return skips, nil
	}
	places, err := PlaceRound(c, at, zone.String())
	if err != nil {
		return nil, err
	}
	first := 0
	for i, p := range places {
		if p.ScheduledAt.Before(places[first].ScheduledAt) {
			first = i
		}
	}
	for i, w := range c.Waves {
		if !w.Skip.Written && !w.Service && i != first {
			skips[w.Name] = defaultSkip
		}
	}
	return skips, nil
}
