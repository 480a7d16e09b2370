package engine

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/stats"
)

// mostPast is how many past campaigns say how far effects lie apart.
const mostPast = 20

// waveCells is the primary point by the variants of a wave, and by the channels
// that reached those treated.
type waveCells struct {
	wave               campaigns.Wave
	variants, channels []postgres.CellTotals
}

// readWaveCells reads the primary point for each wave that says several things or goes
// by several channels.
func (e reading) readWaveCells(ctx context.Context, group *errgroup.Group, f *readings) {
	p := f.primary()
	if p == nil || e.AA { // nobody was told anything
		return
	}
	cells := func(to *[]postgres.CellTotals, by, name string) {
		fetch(group, to, func() ([]postgres.CellTotals, error) {
			return e.Store.ObserveCells(ctx, p.PointQuery, p.worth, postgres.Split{By: by, Name: name})
		})
	}
	varied := false
	for _, w := range e.campaign.Definition.Waves {
		c := &waveCells{wave: w}
		f.waveCells = append(f.waveCells, c)
		if len(w.Variants) > 1 {
			cells(&c.variants, "variant", w.Name)
			varied = true
		}
		if len(w.Channels) > 1 {
			cells(&c.channels, "channel", w.Name)
		}
	}
	if varied && e.Shop.Margin != nil {
		fetch(group, &f.prior, func() (*float64, error) { return e.pastSpread(ctx) })
	}
}

// pastSpread is how far the profit effects of the shop's other campaigns lie
// apart, per enrollment at their primary points, in minor units; nil where too
// few are known, or they differ by no more than chance.
func (e reading) pastSpread(ctx context.Context) (*float64, error) {
	list, err := e.Store.Campaigns(ctx, "")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b postgres.Campaign) int { return b.StartedAt.Compare(a.StartedAt) })
	var estimates, ses []float64
	for _, c := range list {
		if c.ID == e.campaign.ID || len(estimates) == mostPast {
			continue
		}
		other := e
		other.campaign, other.span = c, nil
		if other.entries, err = e.Store.Entries(ctx, c.ID, c.Design, e.report.AsOf, e.Shop.Currency); err != nil {
			return nil, err
		}
		if other.bounds, err = e.Store.Bounds(ctx, c.ID, c.Design); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(c.Definition.Evaluation.Points, func(p campaigns.Point) bool { return p.Name == c.Definition.Evaluation.Primary.Point })
		if i < 0 || other.entries.First == nil {
			continue
		}
		point := c.Definition.Evaluation.Points[i]
		p := other.pointFacts(point, max(1, point.Anchor.Round))
		arms, err := e.Store.Observe(ctx, p.PointQuery, p.worth)
		if err != nil {
			return nil, err
		}
		if d, ok := profitEffect(arms, p.worth); ok {
			estimates, ses = append(estimates, d.Value), append(ses, d.SE)
		}
	}
	if sd, ok := stats.PriorSpread(estimates, ses); ok {
		return &sd, nil
	}
	return nil, nil
}

// profitEffect is a campaign's effect on profit; false where not enough of it is
// final.
func profitEffect(arms []postgres.ArmTotals, w postgres.Worth) (stats.Skewed, bool) {
	var final, assigned int64
	for _, a := range arms {
		if holdout.Arm(a.Arm) != holdout.GlobalHold {
			final, assigned = final+a.Final.Enrollments, assigned+a.Assigned
		}
	}
	if !evaluation.Opens(final, assigned) {
		return stats.Skewed{}, false
	}
	profit := metric(metrics(arms, w), evaluation.MetricProfit)
	if profit == nil || profit.Hold.Whole.N < 100 {
		return stats.Skewed{}, false
	}
	d, ok := stats.HallDifference(profit.Treat.Capped, profit.Hold.Capped, 0.05)
	return d, ok && d.Bounded
}

func metric(list []evaluation.MetricInput, name string) *evaluation.MetricInput {
	if i := slices.IndexFunc(list, func(m evaluation.MetricInput) bool { return m.Metric == name }); i >= 0 {
		return &list[i]
	}
	return nil
}

// addWaveCells says what the variants did, and what became of those whom each
// channel reached.
func (e reading) addWaveCells(f readings) {
	p := f.primary()
	primary, ok := e.report.Primary()
	if p == nil || !ok {
		return
	}
	for _, c := range f.waveCells {
		if len(c.wave.Variants) > 1 {
			e.report.Variants = append(e.report.Variants, e.variantsOf(p, c, f.prior, primary.Blocked()).Judge())
		}
		if len(c.wave.Channels) < 2 {
			continue
		}
		observed := evaluation.Observed{Wave: c.wave.Name, Point: p.point.Name, Round: p.Round}
		for _, channel := range c.wave.Channels {
			for _, x := range c.channels {
				if x.Cell == channel && x.Arm == string(holdout.Treat) && x.Final.Enrollments > 0 {
					observed.Channels = append(observed.Channels, evaluation.ReachedBy(channel, x.Assigned, evaluation.Totals(x.Final)))
				}
			}
		}
		if len(observed.Channels) > 1 {
			e.report.Observed = append(e.report.Observed, observed)
		}
	}
}

func (e reading) variantsOf(p *pointFacts, c *waveCells, prior *float64, blocked evaluation.Code) evaluation.VariantsInput {
	in := evaluation.VariantsInput{
		Wave: c.wave.Name, Point: p.point.Name, Round: p.Round, Prior: prior, Blocked: blocked,
		Planned:  int64(e.campaign.Definition.Evaluation.Expect.Enrollments),
		Currency: evaluation.Currency{Code: e.Shop.Currency, Digits: e.Shop.Digits},
	}
	if closes := closesAt(e.campaign, e.entries, e.Shop.Zone); closes != nil {
		in.Closed = !e.report.AsOf.Before(*closes)
	}
	hold := armOf(p.arms, holdout.Hold)
	in.Hold = observation(hold)
	for _, v := range c.wave.Variants {
		treat := postgres.ArmTotals{Arm: string(holdout.Treat)}
		for _, x := range c.variants {
			if x.Cell == v.Name && x.Arm == string(holdout.Treat) {
				treat = x.ArmTotals
			}
		}
		in.Variants = append(in.Variants, evaluation.VariantInput{Name: v.Name, Share: v.Share, Treat: observation(treat),
			Profit: metric(metrics([]postgres.ArmTotals{treat, hold}, p.worth), evaluation.MetricProfit)})
	}
	return in
}

func armOf(arms []postgres.ArmTotals, arm holdout.Arm) postgres.ArmTotals {
	for _, a := range arms {
		if a.Arm == string(arm) {
			return a
		}
	}
	return postgres.ArmTotals{Arm: string(arm)}
}

func observation(a postgres.ArmTotals) evaluation.Observation {
	return evaluation.Observation{Arm: holdout.Arm(a.Arm), Assigned: a.Assigned, Matured: evaluation.Totals(a.Matured), Final: evaluation.Totals(a.Final)}
}
