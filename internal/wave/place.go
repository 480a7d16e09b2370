package wave

import (
	"errors"
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
		return nil, noZone(err)
	}
	l, err := layoutOf(c.Waves)
	if err != nil {
		return nil, err
	}
	places := make([]Place, len(c.Waves))
	l.place(places, c.Waves, start, where)
	return places, nil
}

func noZone(err error) error { return fmt.Errorf("zone of the customer: %w", err) }

// layout is how the waves of a campaign build on one another, by their places in
// the file. It is the same for every customer, and is found once.
type layout []step

type step struct {
	wave int
	from int // the wave it counts from, which stands before it; -1: the start of the round
}

// layoutOf puts each wave behind the one it counts from. The loader refuses
// circles and waves that are not there.
func layoutOf(waves []campaigns.Wave) (layout, error) {
	at := make(map[string]int, len(waves))
	sorted := make(layout, 0, len(waves))
	for len(sorted) < len(waves) {
		before := len(sorted)
		for i := range waves {
			w := &waves[i]
			from := -1
			if w.After.Wave != "" {
				var placed bool
				if from, placed = at[w.After.Wave]; !placed {
					continue
				}
			}
			if _, done := at[w.Name]; !done {
				at[w.Name] = i
				sorted = append(sorted, step{i, from})
			}
		}
		if len(sorted) == before {
			return nil, errors.New("waves count from one another in a circle, or from one that is not there")
		}
	}
	return sorted, nil
}

// place fills in places, one for each wave.
func (l layout) place(places []Place, waves []campaigns.Wave, start time.Time, zone *time.Location) {
	for _, s := range l {
		w, at := &waves[s.wave], start
		if s.from >= 0 {
			at = places[s.from].ScheduledAt
		}
		at = at.Add(w.After.Wait)
		if w.Between != nil {
			at = w.Between.NextOpen(at, zone)
		}
		places[s.wave] = Place{Wave: w.Name, ScheduledAt: at}
	}
	for i := range places {
		places[i].ExpiresAt = expires(places, i, waves[i].ExpiresAfter)
	}
}

// lastWave is how long the last wave of a round may be late where the file
// does not say.
const lastWave = 7 * 24 * time.Hour

// expires is the written bound, else the next wave's instant in the round.
func expires(places []Place, i int, written time.Duration) time.Time {
	mine := places[i].ScheduledAt
	if written > 0 {
		return mine.Add(written)
	}
	var next time.Time
	for j := range places {
		if at := places[j].ScheduledAt; at.After(mine) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return mine.Add(lastWave)
	}
	return next
}
