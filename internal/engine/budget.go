package engine

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/postgres"
)

// Budget is how the budget of a campaign stands. It holds for all messages of
// the campaign at once, whatever version their customers are on.
type Budget struct {
	Limit, Spent float64 // in the currency's unit; spent for messages, and bound by codes
	Exhausted    bool    // not even the cheapest message fits any more
	Waiting      int64   // messages that wait to be sent
}

// Budget says how a definition's budget stands, with what its campaign has spent
// so far; nil where it has none, or was never applied.
func (e *Engine) Budget(ctx context.Context, def campaigns.Campaign, applied postgres.Campaign, at time.Time) (*Budget, error) {
	if def.Limits.BudgetMinor == nil || applied.ID == 0 {
		return nil, nil
	}
	var pools []string
	for _, c := range []campaigns.Campaign{def, applied.Definition} {
		pools = append(pools, poolsNamed(c)...)
	}
	slices.Sort(pools)
	s, err := e.Store.Spending(ctx, applied.ID, at, slices.Compact(pools))
	if err != nil {
		return nil, err
	}
	limit, spent := *e.micros(def.Limits.BudgetMinor), s.Micros+s.Bound*e.perMinor()
	cheapest := int64(math.MaxInt64)
	for _, w := range def.Waves {
		for _, channel := range w.Channels {
			cheapest = min(cheapest, e.Shop.CostMicros[channel])
		}
	}
	return &Budget{Limit: float64(limit) / 1e6, Spent: float64(spent) / 1e6, Exhausted: limit-spent < cheapest, Waiting: s.Waiting}, nil
}

// poolsNamed are the pools that a definition gives codes from, some of them
// twice.
func poolsNamed(c campaigns.Campaign) []string {
	var pools []string
	add := func(content campaigns.Content) {
		if content.Coupon != nil {
			pools = append(pools, content.Coupon.Pool)
		}
	}
	for _, w := range c.Waves {
		add(w.Content)
		for _, p := range w.ByStratum {
			add(p.Content)
		}
		for _, v := range w.Variants {
			add(v.Content)
		}
	}
	return pools
}
