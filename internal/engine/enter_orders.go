package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// page is how many candidates are decided in one transaction.
const page = 1000

// EnterOrders decides every order that a campaign has yet to consider, each as
// of the instant it was placed: what the shop learned later does not change who
// was meant. It returns how many were decided. A campaign that another planner
// is deciding is left to it. Twice is harmless: a decided order has left the
// inbox in the transaction that decided it.
func (e *Engine) EnterOrders(ctx context.Context) (int, error) {
	return e.eachCampaign(ctx, func(c postgres.Campaign) (int, error) {
		if c.Definition.Enter.On != "order_paid" {
			return 0, nil
		}
		return e.untilDone(ctx, c, func(p *postgres.Planning, v *version) (int, bool, error) {
			candidates, err := p.InboxCandidates(ctx, e.at(), page)
			if err != nil || len(candidates) == 0 {
				return 0, true, err
			}
			if _, err := e.enter(ctx, p, v, candidates); err != nil {
				return 0, true, err
			}
			orders := make([]int64, len(candidates))
			for i, k := range candidates {
				orders[i] = k.OrderID
			}
			return len(candidates), len(candidates) < page, p.Considered(ctx, orders)
		})
	})
}

// eachCampaign runs fn for all that still enroll. A paused campaign does: pause
// stops messages, not the experiment.
func (e *Engine) eachCampaign(ctx context.Context, fn func(postgres.Campaign) (int, error)) (int, error) {
	list, err := e.Store.Campaigns(ctx, "")
	if err != nil {
		return 0, err
	}
	total := 0
	var faults []error
	for _, c := range list {
		if c.Status == "cancelled" {
			continue
		}
		n, err := fn(c)
		total += n
		if err != nil {
			faults = append(faults, fmt.Errorf("campaign %s: %w", c.Name, err)) // and on to the next: it is not to blame
		}
	}
	return total, errors.Join(faults...)
}

// untilDone runs one planning transaction after another until step says that
// it is done, or another planner has the campaign.
func (e *Engine) untilDone(ctx context.Context, c postgres.Campaign, step func(*postgres.Planning, *version) (n int, done bool, err error)) (int, error) {
	v, err := e.version(ctx, c.VersionID)
	if err != nil {
		return 0, err
	}
	// The end of entry is the campaign's and not the version's: it may be set while this runs.
	planner := *v.planner
	planner.Closes = c.EntryUntil
	open := *v
	open.planner = &planner
	v = &open
	total := 0
	for {
		var n int
		var done bool
		busy, err := e.Store.Plan(ctx, c, func(p *postgres.Planning) error {
			n, done, err = step(p, v)
			return err
		})
		if err != nil || busy {
			return total, err
		}
		total += n
		if done {
			return total, nil
		}
	}
}

// enter decides a page of candidates with wave.Plan and writes what it said. It
// returns how many came in.
func (e *Engine) enter(ctx context.Context, p *postgres.Planning, v *version, candidates []postgres.Candidate) (int, error) {
	known, err := e.know(ctx, p, v.needs, candidates)
	if err != nil {
		return 0, err
	}
	envs := make([]rules.Env, len(candidates))
	var meant []*postgres.Candidate
	for i := range candidates {
		k := &candidates[i]
		if k.Merged {
			continue
		}
		if envs[i] = e.env(k, &v.needs, new(known[int64(k.Profile.ID)]), v.basis); v.planner.Meant(envs[i]) {
			meant = append(meant, k)
		}
	}
	if err := p.Reach(ctx, meant); err != nil {
		return 0, err
	}
	var entering []postgres.Entering
	tallies := map[time.Time]map[audience.Reason]int{}
	again := map[int64]postgres.Candidate{} // a customer may stand in a page twice
	for i, k := range candidates {
		who := int64(k.Profile.ID)
		if before, ok := again[who]; ok {
			k.Entries, k.LastEntry = before.Entries, before.LastEntry
		}
		d := wave.Decision{Reason: audience.AlreadyEntered} // two orders at one instant are one entry
		if !k.LastEntry.Equal(k.At) {
			d = e.decide(v, &k, envs[i], new(known[who]))
		}
		if d.Err != nil {
			e.Log.Warn("rule could not be evaluated", "campaign", v.stored.Name, "customer", who, "error", d.Err)
		}
		slot := tallyKey(k, e.Shop.Zone)
		if tallies[slot] == nil {
			tallies[slot] = map[audience.Reason]int{}
		}
		tallies[slot][d.Reason]++
		if d.Reason == "" {
			k.Entries, k.LastEntry = k.Entries+1, k.At
			entering = append(entering, newEntering(v.planner, k, d))
		}
		again[who] = k
	}
	if len(entering) > 0 {
		if _, err := p.Enter(ctx, entering); err != nil {
			return 0, err
		}
	}
	return len(entering), p.Count(ctx, tallies)
}

func newEntering(p *wave.Planner, k postgres.Candidate, d wave.Decision) postgres.Entering {
	x := postgres.Entering{Enrollment: d.Enrollment, OrderID: k.OrderID, EventID: k.EventID, Deliveries: d.Deliveries}
	if next, ok := p.NextRound(k.At, 1); ok {
		x.NextRound = &next
	}
	return x
}

func (e *Engine) decide(v *version, k *postgres.Candidate, env rules.Env, known *facts) wave.Decision {
	if k.Merged {
		return wave.Decision{Reason: audience.Merged}
	}
	return v.planner.Plan(wave.Candidate{
		Profile: k.Profile, Contact: k.Contact, EnteredAt: k.At, Entries: k.Entries, LastEntry: k.LastEntry, OtherCampaign: k.Elsewhere && !e.sharesCap(v.stored.Definition.Limits.Group),
		Env: env, Occasion: known.occasion(k, v.stored.Definition.Enter.Occasion),
	})
}

// tallyKey is the slot, or for triggered entries the day in the shop's zone.
func tallyKey(k postgres.Candidate, zone *time.Location) time.Time {
	if k.OrderID == 0 && k.EventID == 0 {
		return k.At.UTC()
	}
	y, m, d := k.At.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
