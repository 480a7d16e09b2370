package engine

import (
	"context"

	"github.com/rewave/rewave/internal/postgres"
)

// EnterEvents decides every event that a campaign has yet to consider, as
// EnterOrders does it with orders: each as of the instant it tells of. It
// returns how many were decided. Twice is harmless: a decided event has left its
// inbox in the transaction that decided it.
func (e *Engine) EnterEvents(ctx context.Context) (int, error) {
	return e.eachCampaign(ctx, func(c postgres.Campaign) (int, error) {
		if c.Definition.Enter.On != "event" {
			return 0, nil
		}
		return e.untilDone(ctx, c, func(p *postgres.Planning, v *version) (int, bool, error) {
			candidates, err := p.EventCandidates(ctx, e.at(), page)
			if err != nil || len(candidates) == 0 {
				return 0, true, err
			}
			if _, err := e.enter(ctx, p, v, candidates); err != nil {
				return 0, true, err
			}
			events := make([]int64, len(candidates))
			for i, k := range candidates {
				events[i] = k.EventID
			}
			return len(candidates), len(candidates) < page, p.ConsideredEvents(ctx, events)
		})
	})
}
