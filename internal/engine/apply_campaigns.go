package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
)

// ApplyCampaign makes a checked definition the one that runs. Customers in
// flight keep the version they entered under. entryUntil, where set, closes
// entry from that instant on whatever the file says. Nothing changes unless all
// of it can: the rule, the messages and the channels are tried first.
func (e *Engine) ApplyCampaign(ctx context.Context, def campaigns.Campaign, entryUntil *time.Time) (postgres.Applied, error) {
	if _, err := e.compile(postgres.Campaign{Name: def.Name, Definition: def, Share: def.Holdout.Share, Design: 1}); err != nil {
		return postgres.Applied{}, fmt.Errorf("apply campaign %s: %w", def.Name, err)
	}
	for _, w := range def.Waves {
		for _, name := range w.Channels {
			if _, ok := e.Channels[name]; !ok {
				return postgres.Applied{}, fault.New(fault.Invalid, fmt.Sprintf("campaign %s: wave %s: channel %q is not set up", def.Name, w.Name, name),
					"configure it under `channels:` in rewave.yaml")
			}
		}
	}
	at, err := e.now(ctx)
	if err != nil {
		return postgres.Applied{}, err
	}
	return e.Store.ApplyCampaign(ctx, def, at, entryUntil)
}

// Audience counts a definition against what is stored, as of an instant, and
// changes nothing: how many would enter, in which arm, and the reasons why the
// others would not. It asks the function that will decide.
type Audience struct {
	At      time.Time
	Treat   int
	Hold    int
	Refused map[string]int
}

// PlanAudience is the dry run of a slot: it asks wave.Plan about every customer
// at an instant. For an order-triggered campaign it asks about the newest order
// of each customer in the 30 days before.
func (e *Engine) PlanAudience(ctx context.Context, def campaigns.Campaign, at time.Time) (Audience, error) {
	out := Audience{At: at, Refused: map[string]int{}}
	stored, err := e.asApplied(ctx, def)
	if err != nil {
		return out, err
	}
	planner, err := wave.NewPlanner(def, wave.Design{Number: stored.Design, Share: def.Holdout.Share}, e.Shop.Zone)
	if err != nil {
		return out, err
	}
	v := &version{stored: stored, planner: planner}
	err = e.Store.Preview(ctx, stored, at, v.channels(), page, func(p *postgres.Planning, candidates []postgres.Candidate) error {
		customers := make([]int64, len(candidates))
		for i, k := range candidates {
			customers[i] = int64(k.Profile.ID)
		}
		orders, err := p.Orders(ctx, customers, at, e.Shop.Currency)
		if err != nil {
			return err
		}
		for _, k := range candidates {
			d := e.decide(v, k, orders[int64(k.Profile.ID)])
			switch {
			case d.Reason != "":
				out.Refused[string(d.Reason)]++
			case d.Enrollment.Arm == "treat":
				out.Treat++
			default:
				out.Hold++
			}
		}
		return nil
	})
	return out, err
}

// asApplied is a definition under the id and the design number that an apply
// would give it.
func (e *Engine) asApplied(ctx context.Context, def campaigns.Campaign) (postgres.Campaign, error) {
	c := postgres.Campaign{Name: def.Name, Design: 1, Definition: def}
	list, err := e.Store.Campaigns(ctx, "")
	if err != nil {
		return c, err
	}
	for _, applied := range list {
		if applied.Name == def.Name {
			c.ID, c.Design = applied.ID, applied.Design
			if applied.DesignHash != def.Design {
				c.Design++
			}
		}
	}
	return c, nil
}
