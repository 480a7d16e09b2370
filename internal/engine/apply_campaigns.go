package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// ApplyCampaign makes a checked definition the one that runs. Customers in
// flight keep the version they entered under. entryUntil, where set, closes
// entry from that instant on whatever the file says. Nothing changes unless all
// of it can: the rule, the messages, the channels and the coupon pools are
// tried first.
func (e *Engine) ApplyCampaign(ctx context.Context, def campaigns.Campaign, entryUntil *time.Time) (postgres.Applied, error) {
	applied, err := e.applyAll(ctx, []campaigns.Campaign{def}, entryUntil)
	if err != nil {
		return postgres.Applied{}, err
	}
	return applied[0], nil
}

// ApplyCampaigns is ApplyCampaign for several at once: all of them, in the order
// given, or none.
func (e *Engine) ApplyCampaigns(ctx context.Context, defs []campaigns.Campaign) ([]postgres.Applied, error) {
	return e.applyAll(ctx, defs, nil)
}

func (e *Engine) applyAll(ctx context.Context, defs []campaigns.Campaign, entryUntil *time.Time) ([]postgres.Applied, error) {
	at, err := e.now(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]postgres.Applying, len(defs))
	for i, def := range defs {
		if err := e.CanRun(ctx, def); err != nil {
			return nil, err
		}
		as, err := e.asApplied(ctx, def, at)
		if err != nil {
			return nil, err
		}
		var bounds []postgres.Bound
		if as.DesignHash == "" {
			if bounds, err = e.freezeBounds(ctx, def, at); err != nil {
				return nil, err
			}
		}
		list[i] = postgres.Applying{
			Definition: def, EntryUntil: entryUntil,
			Rests: postgres.Design{Share: as.Share, Auto: as.Auto, Skips: as.Skips, Global: as.Global, Epoch: as.Epoch, Scores: as.ScoresID, Bounds: bounds},
			Limits: postgres.Limits{Budget: e.micros(def.Limits.BudgetMinor), PerMinute: def.Limits.PerMinute, PerDay: e.micros(def.Limits.DayBudgetMinor),
				Day: calendar.Instant(calendar.DateOf(at, e.Shop.Zone), 0, e.Shop.Zone), PerMinor: e.perMinor()},
		}
	}
	return e.Store.ApplyCampaigns(ctx, list, at)
}

// CanRun tries the rule, the messages, the channels and the coupon pools of a
// definition, as an apply does.
func (e *Engine) CanRun(ctx context.Context, def campaigns.Campaign) error {
	v, err := e.compile(postgres.Campaign{Name: def.Name, Definition: def, Design: 1})
	if err != nil {
		return fmt.Errorf("campaign %s: %w", def.Name, err)
	}
	for _, pool := range v.pools {
		if _, err := e.Store.CouponPool(ctx, pool); err != nil {
			return fmt.Errorf("campaign %s: %w", def.Name, err)
		}
	}
	for _, w := range def.Waves {
		for _, name := range w.Channels {
			if _, ok := e.Channels[name]; !ok {
				return fault.New(fault.Invalid, fmt.Sprintf("campaign %s: wave %s: channel %q is not set up", def.Name, w.Name, name),
					"configure it under `channels:` in rewave.yaml")
			}
		}
	}
	return nil
}

// micros is an amount of minor units in millionths of the currency's unit; nil
// stays nil.
func (e *Engine) micros(minor *int64) *int64 {
	if minor == nil {
		return nil
	}
	n := *minor * e.perMinor()
	return &n
}

// perMinor is how many millionths of the currency's unit one minor unit is.
func (e *Engine) perMinor() int64 {
	n := int64(1_000_000)
	for range e.Shop.Digits {
		n /= 10
	}
	return n
}

// asApplied is a definition as an apply would store it: under its id and its
// design's number, with what the design rests on. It has a DesignHash where that
// design has begun.
func (e *Engine) asApplied(ctx context.Context, def campaigns.Campaign, at time.Time) (postgres.Campaign, error) {
	c := postgres.Campaign{Name: def.Name, Definition: def, Design: 1}
	list, err := e.Store.Campaigns(ctx, "")
	if err != nil {
		return c, err
	}
	var same *postgres.Campaign
	for _, applied := range list {
		switch {
		case applied.Name != def.Name:
		case applied.DesignHash == def.Design:
			c.ID, c.Design, c.DesignHash, same = applied.ID, applied.Design, applied.DesignHash, &applied
		default:
			c.ID, c.Design = applied.ID, applied.Design+1
		}
	}
	if err := e.rest(ctx, &c, same, at); err != nil {
		return c, err
	}
	if c.Auto && same == nil {
		c.Share, err = e.chooseHoldout(ctx, def, at)
	}
	return c, err
}

// rest fills in what the design rests on: what was resolved when it began, or,
// where it has yet to begin, what would be now. A share that is left to size is
// not chosen here.
func (e *Engine) rest(ctx context.Context, c *postgres.Campaign, same *postgres.Campaign, at time.Time) error {
	if same != nil {
		c.Share, c.Auto, c.Skips, c.Global, c.Epoch = same.Share, same.Auto, same.Skips, same.Global, same.Epoch
		c.ScoresID, c.Scores = same.ScoresID, same.Scores
		return nil
	}
	var err error
	c.Share, c.Auto, c.Global, c.Epoch = c.Definition.Holdout.Share, c.Definition.Holdout.Auto, e.Shop.Global, e.Shop.Epoch
	if c.Skips, err = wave.Skips(c.Definition, at, e.Shop.Zone); err != nil {
		return err
	}
	needs, err := e.needs(c.Definition)
	if err != nil || !needs.Scores {
		return err
	}
	newest, err := e.Store.NewestScores(ctx, e.Shop.Currency, e.Shop.Zone.String(), at, true)
	if newest != nil {
		c.ScoresID, c.Scores = newest.ID, &newest.Scores
	}
	return err
}

// needs is what a definition's rule and strata read.
func (e *Engine) needs(def campaigns.Campaign) (rules.Needs, error) {
	p, err := wave.NewPlanner(def, wave.Design{}, e.Shop.Zone)
	if err != nil {
		return rules.Needs{}, err
	}
	return p.Needs(), nil
}

// Lacks says why what the rule of a stored campaign predicts is unknown of
// everybody; empty: it predicts nothing, or is not.
func (e *Engine) Lacks(c postgres.Campaign) (string, error) {
	needs, err := e.needs(c.Definition)
	return needs.Lacks(c.Scores), err
}

// chooseHoldout is the share that `auto` comes to, by what the plan of the
// campaign says of its size.
func (e *Engine) chooseHoldout(ctx context.Context, def campaigns.Campaign, at time.Time) (holdout.Share, error) {
	w, err := e.walk(ctx, []campaigns.Campaign{def}, at, nil)
	if err != nil {
		return 0, err
	}
	return w.campaigns[0].share(), nil
}
