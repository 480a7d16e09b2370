package main

import (
	"context"
	"fmt"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/shop"
)

// planted asks the made-up shop what a campaign changed, by the primary point: what
// the treated customers did, and what the same ones would have done, had it sent
// nothing. The ledger says whom to ask about, and from when on; both answers are
// the shop's own.
//
// What they did is held against what the report counted: had an order been lost
// or counted twice on its way, the two would differ.
func (d *demo) planted(ctx context.Context, r report.Report) (*report.Planted, error) {
	result, ok := r.Primary()
	if !ok {
		return nil, nil
	}
	c, err := d.store.CampaignDesign(ctx, r.Campaign, 0)
	if err != nil {
		return nil, err
	}
	point, ok := primaryPoint(c.Definition)
	if !ok || point.Anchor.Wave == "" {
		return nil, nil
	}
	roster, err := d.store.Roster(ctx, postgres.PointQuery{Campaign: c.ID, Design: c.Design, Anchor: "wave", Wave: point.Anchor.Wave, Round: max(1, point.Anchor.Round),
		Window: point.Window, ReturnWindow: d.engine.Shop.ReturnWindow, AsOf: r.AsOf})
	if err != nil {
		return nil, err
	}
	asked := map[holdout.Arm][]shop.Question{}
	var micros int64
	for _, m := range roster {
		arm := holdout.Arm(m.Arm)
		until := m.Anchor.Add(point.Window)
		asked[arm] = append(asked[arm], shop.Question{Customer: m.Customer, From: m.Anchor, Until: until, Except: m.Trigger})
		if arm == holdout.Treat {
			micros += d.living.spentOn(m.Customer, r.Campaign, m.Anchor, until)
		}
	}
	answers := map[holdout.Arm]shop.Truth{}
	for _, arm := range []holdout.Arm{holdout.Treat, holdout.Hold} {
		t, err := d.living.world.Truth(r.Campaign, asked[arm], d.engine.Shop.ReturnWindow, r.AsOf)
		if err != nil {
			return nil, err
		}
		if got := result.Arm(arm); got.Counted != t.Asked || got.Buyers != t.Buyers || got.Orders != t.Orders || got.RevenueMinor != t.RevenueMinor {
			return nil, fault.New(fault.Broken, fmt.Sprintf("%s: of those %s the report counts %d buyers of %d with %d orders worth %d, and the shop %d of %d with %d worth %d", r.Campaign, arm,
				got.Buyers, got.Counted, got.Orders, got.RevenueMinor, t.Buyers, t.Asked, t.Orders, t.RevenueMinor), "something was lost or counted twice on its way")
		}
		answers[arm] = t
	}
	t := answers[holdout.Treat]
	p := &report.Planted{Treated: t.Asked, Buyers: t.Buyers, Natural: t.Natural}
	if t.Asked == 0 {
		return p, nil
	}
	p.Effect = float64(t.Buyers-t.Natural) / float64(t.Asked)
	p.Profit = t.ProfitMinor(*d.engine.Shop.Margin)/100 - float64(micros)/1e6
	p.Covered = covers(result.Difference, p.Effect)
	if m, ok := result.Metric(evaluation.MetricProfit); ok {
		p.CoveredP = covers(m.Total, p.Profit)
	}
	return p, nil
}

// covers says whether an interval holds a figure; nil where there is none.
func covers(f evaluation.Figure, x float64) *bool {
	if !f.Known() {
		return nil
	}
	holds := *f.Lo <= x && x <= *f.Hi
	return &holds
}

func primaryPoint(c campaigns.Campaign) (campaigns.Point, bool) {
	for _, p := range c.Evaluation.Points {
		if p.Name == c.Evaluation.Primary.Point {
			return p, true
		}
	}
	return campaigns.Point{}, false
}
