package engine

import (
	"context"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/postgres"
)

// BeginRounds starts the next round of every enrollment whose time has come,
// exited or not, in both arms: the round row is the denominator, and whether a
// message still goes out is judged at each gate. It returns how many began.
func (e *Engine) BeginRounds(ctx context.Context) (int, error) {
	return e.eachCampaign(ctx, func(c postgres.Campaign) (int, error) {
		return e.untilDone(ctx, c, func(p *postgres.Planning, _ *version) (int, bool, error) {
			due, err := p.DueRounds(ctx, e.at(), page)
			if err != nil || len(due) == 0 {
				return 0, true, err
			}
			for i := range due {
				d := &due[i]
				v, err := e.version(ctx, d.Version)
				if err != nil {
					return 0, true, err
				}
				// The first channel stands; the gate moves to the next where it may not be used.
				if d.Deliveries, err = v.planner.Round(d.Enrollment(), d.Begun+1, audience.Contact{}); err != nil {
					return 0, true, err
				}
				if next, ok := v.planner.NextRound(d.EnteredAt, d.Begun+1); ok {
					d.NextRound = &next
				}
			}
			return len(due), len(due) < page, p.BeginRounds(ctx, due)
		})
	})
}
