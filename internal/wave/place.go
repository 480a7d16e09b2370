package wave

import (
	"fmt"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
)

// Place is where one wave of a round falls.
type Place struct {
	Wave        string
	ScheduledAt time.Time
	ExpiresAt   time.Time
}

// PlaceRound places every wave of a round that starts at an instant, in the
// order of the file; zone is the customer's, an IANA name.
func PlaceRound(c campaigns.Campaign, start time.Time, zone string) ([]Place, error) {
	where, err := calendar.Zone(zone)
	if err != nil {
		return nil, fmt.Errorf("zone of the customer: %w", err)
	}
	at := make(map[string]time.Time, len(c.Waves))
	for _, w := range inOrder(c.Waves) {
		from := start
		if w.After.Wave != "" {
			from = at[w.After.Wave]
		}
		when := from.Add(w.After.Wait)
		if w.Between != nil {
			when = w.Between.NextOpen(when, where)
		}
		at[w.Name] = when
	}
	places := make([]Place, 0, len(c.Waves))
	for _, w := range c.Waves {
		places = append(places, Place{Wave: w.Name, ScheduledAt: at[w.Name], ExpiresAt: expires(w, at)})
	}
	return places, nil
}

// lastWave is how long the last wave of a round may be late where the file
// does not say.
const lastWave = 7 * 24 * time.Hour

// expires is the written bound, else the next wave's instant in the round.
func expires(w campaigns.Wave, at map[string]time.Time) time.Time {
	mine := at[w.Name]
	if w.ExpiresAfter > 0 {
		return mine.Add(w.ExpiresAfter)
	}
	var next time.Time
	for _, other := range at {
		if other.After(mine) && (next.IsZero() || other.Before(next)) {
			next = other
		}
	}
	if next.IsZero() {
		return mine.Add(lastWave)
	}
	return next
}

// inOrder sorts waves so that each stands behind the one it counts from. The
// loader has refused circles.
func inOrder(waves []campaigns.Wave) []campaigns.Wave {
	done := make(map[string]bool, len(waves))
	sorted := make([]campaigns.Wave, 0, len(waves))
	for len(sorted) < len(waves) {
		before := len(sorted)
		for _, w := range waves {
			if !done[w.Name] && (w.After.Wave == "" || done[w.After.Wave]) {
				done[w.Name] = true
				sorted = append(sorted, w)
			}
		}
		if len(sorted) == before {
			panic("wave: campaign with waves in a circle was not refused by its loader")
		}
	}
	return sorted
}
