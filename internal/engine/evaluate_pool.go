package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/stats"
)

// poolMember is one campaign under one design, with what its primary point read.
type poolMember struct {
	campaign postgres.Campaign
	facts    *pointFacts
	result   evaluation.Result
	cap      *int64 // on profit
}

// addPool puts the primary points of all campaigns and designs side by side. A
// campaign that nobody has entered, or that holds nobody out, has no effect.
func (e *Engine) addPool(ctx context.Context, r *report.Programme, ask Programme) error {
	found, err := e.poolMembers(ctx, ask)
	if err != nil || len(found) == 0 {
		return err
	}
	var queries []postgres.PointQuery
	var caps []*int64
	var members []evaluation.Member
	for _, m := range found {
		queries, caps = append(queries, m.facts.PointQuery), append(caps, m.cap)
		members = append(members, evaluation.Member{Campaign: m.campaign.Name, Design: m.campaign.Design, Result: m.result})
	}
	rows, err := e.Store.Units(ctx, queries, caps, found[0].facts.worth)
	if err != nil {
		return err
	}
	var together []evaluation.Together
	segments := make([][]evaluation.Segment, len(members))
	for _, row := range rows {
		x := row.Figures
		switch m := &members[row.Point-1]; row.Kind {
		case "pair":
			together = append(together, evaluation.Together{A: row.Point - 1, B: row.Other - 1, ArmA: holdout.Arm(row.Arm), ArmB: holdout.Arm(row.OtherArm),
				N: float64(row.N), YA: x[0], YB: x[1], YY: x[2], PA: x[3], PB: x[4], PP: x[5], Customers: int64(x[6])})
		case "segment":
			sums := side(m, row.Arm)
			sums.N, sums.Buyers, sums.Profit = sums.N+row.N, sums.Buyers+x[0], sums.Profit+x[1]
			segments[row.Point-1] = evaluation.AddSegment(segments[row.Point-1], row.Stratum, holdout.Arm(row.Arm), stats.Moments{N: row.N, Sum: x[1], Sum2: x[2], Sum3: x[3]})
		case "contact":
			sums := side(m, row.Arm)
			sums.Own, sums.OwnMicros, sums.Would, sums.WouldMi = x[0], x[1], x[2], x[3]
			sums.Others = stats.Moments{N: row.N, Sum: x[4], Sum2: x[5], Sum3: x[6]}
		}
	}
	currency := evaluation.Currency{Code: e.Shop.Currency, Digits: e.Shop.Digits}
	pool := evaluation.PoolCampaigns(members, together, currency, e.Shop.Margin != nil)
	r.Pool = &pool
	if e.Shop.Margin == nil {
		return nil
	}
	for i, m := range found {
		for _, q := range evaluation.Quiets(members[i], segments[i], currency) {
			if q.Disturbs {
				q.Rule, q.When = stratumRule(*m.campaign.Definition.Strata, q.Stratum), m.campaign.Definition.Enter.When
			}
			r.Quiet = append(r.Quiet, q)
		}
	}
	return nil
}

// stratumRule is the customers of a stratum as a rule says them. The default is
// everybody whom no other stratum names.
func stratumRule(s campaigns.Strata, name string) string {
	if name != s.Default {
		return s.By + " == " + strconv.Quote(name)
	}
	var others []string
	for _, v := range s.Values {
		if v.Name != name {
			others = append(others, strconv.Quote(v.Name))
		}
	}
	return "not (" + s.By + " in [" + strings.Join(others, ", ") + "])"
}

func side(m *evaluation.Member, arm string) *evaluation.Sums {
	if holdout.Arm(arm) == holdout.Hold {
		return &m.Hold
	}
	return &m.Treat
}

// poolMembers evaluates the primary point of every campaign under each of its
// designs; --from and --until choose those whose entries lie in the span.
func (e *Engine) poolMembers(ctx context.Context, ask Programme) ([]poolMember, error) {
	list, err := e.Store.Campaigns(ctx, "")
	if err != nil {
		return nil, err
	}
	var out []poolMember
	for _, current := range list {
		for design := 1; design <= current.Design; design++ {
			c, err := e.Store.CampaignDesign(ctx, current.Name, design)
			if err != nil {
				return nil, err
			}
			m, ok, err := e.poolMember(ctx, c, ask)
			if err != nil {
				return nil, fmt.Errorf("campaign %s, design %d: %w", c.Name, c.Design, err)
			}
			if ok {
				out = append(out, m)
			}
		}
	}
	return out, nil
}

func (e *Engine) poolMember(ctx context.Context, c postgres.Campaign, ask Programme) (m poolMember, ok bool, err error) {
	if c.Share == 0 {
		return m, false, nil
	}
	entries, err := e.Store.Entries(ctx, c.ID, c.Design, ask.AsOf, e.Shop.Currency)
	if err != nil || entries.First == nil || !ask.Until.IsZero() && !entries.First.Before(ask.Until) || entries.Last.Before(ask.From) {
		return m, false, err
	}
	bounds, err := e.Store.Bounds(ctx, c.ID, c.Design)
	if err != nil {
		return m, false, err
	}
	read := reading{Engine: e, report: &report.Report{AsOf: ask.AsOf}, campaign: c, entries: entries, bounds: bounds}
	for _, p := range c.Definition.Evaluation.Points {
		if p.Name != c.Definition.Evaluation.Primary.Point {
			continue
		}
		f := read.pointFacts(p, max(1, p.Anchor.Round))
		if f.toCome {
			return m, false, nil
		}
		group, ctx := errgroup.WithContext(ctx)
		fetch(group, &f.arms, func() ([]postgres.ArmTotals, error) { return e.Store.Observe(ctx, f.PointQuery, f.worth) })
		fetch(group, &f.mixed, func() (postgres.Mixed, error) { return e.Store.Integrity(ctx, f.PointQuery) })
		if err := group.Wait(); err != nil {
			return m, false, err
		}
		in, err := read.input(f)
		if err != nil {
			return m, false, err
		}
		result, err := evaluation.Evaluate(in, report.English())
		if err != nil {
			return m, false, err
		}
		m = poolMember{campaign: c, facts: f, result: result}
		for _, metric := range in.Metrics {
			if metric.Metric == evaluation.MetricProfit && metric.Cap != nil {
				m.cap = &metric.Cap.Minor
			}
		}
		return m, true, nil
	}
	return m, false, nil
}
