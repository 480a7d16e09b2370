package engine

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/postgres"
)

// readAtOnce is how many statements of one report run at a time. Each goes
// through the whole campaign; none needs another's answer.
const readAtOnce = 3

// readings is all that a report is made of, as it was read.
type readings struct {
	points     []*pointFacts // file order, then rounds
	firsts     []postgres.FirstOrders
	waves      []postgres.WaveTotals
	coupons    []postgres.CouponCount
	deliveries []postgres.DeliveryCount

	waveCells []*waveCells
	prior     *float64 // of profit effects, from past campaigns
	splits    []*splitFacts
	more      moreFacts
}

// primary is the point that the verdict rests on; nil while it is to come.
func (f *readings) primary() *pointFacts {
	for _, p := range f.points {
		if p.primary && !p.toCome {
			return p
		}
	}
	return nil
}

// pointFacts is what was read of a point in one round.
type pointFacts struct {
	postgres.PointQuery
	point   campaigns.Point
	primary bool
	begins  *time.Time // of the round, as roundBegins has it
	toCome  bool       // it has not begun, and nothing was read
	worth   postgres.Worth

	arms  []postgres.ArmTotals
	mixed postgres.Mixed
	curve []postgres.CurveRow // of the primary only
}

// readings reads everything, several statements at a time.
func (e reading) readings(ctx context.Context) (readings, error) {
	var f readings
	c := e.campaign
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readAtOnce)
	for _, p := range c.Definition.Evaluation.Points {
		for _, round := range roundsOf(c.Definition, p) {
			point := e.pointFacts(p, round)
			f.points = append(f.points, point)
			if point.toCome {
				continue
			}
			fetch(group, &point.arms, func() ([]postgres.ArmTotals, error) { return e.Store.Observe(ctx, point.PointQuery, point.worth) })
			fetch(group, &point.mixed, func() (postgres.Mixed, error) { return e.Store.Integrity(ctx, point.PointQuery) })
			if point.primary {
				fetch(group, &point.curve, func() ([]postgres.CurveRow, error) { return e.Store.Curve(ctx, point.PointQuery) })
			}
		}
	}
	e.readWaveCells(ctx, group, &f)
	e.readSplits(ctx, group, &f)
	if e.looked() {
		fetch(group, &f.firsts, func() ([]postgres.FirstOrders, error) {
			return e.Store.FirstOrders(ctx, postgres.RoundsQuery{Campaign: c.ID, Design: c.Design,
				Every: c.Definition.Rounds.Every, Rounds: c.Definition.Rounds.Times,
				ReturnWindow: e.Shop.ReturnWindow, AsOf: e.report.AsOf, Currency: e.Shop.Currency})
		})
	}
	if waves := e.skipping(); len(waves) > 0 {
		fetch(group, &f.waves, func() ([]postgres.WaveTotals, error) {
			return e.Store.WaveTotals(ctx, postgres.PointQuery{Campaign: c.ID, Design: c.Design,
				ReturnWindow: e.Shop.ReturnWindow, AsOf: e.report.AsOf, Currency: e.Shop.Currency}, waves)
		})
	}
	fetch(group, &f.coupons, func() ([]postgres.CouponCount, error) {
		return e.Store.CouponCounts(ctx, c.ID, c.Design, e.report.AsOf)
	})
	e.more(ctx, group, &f)
	fetch(group, &f.deliveries, func() ([]postgres.DeliveryCount, error) { return e.Store.DeliveryCounts(ctx, c.ID, c.Design) })
	err := group.Wait()
	return f, err
}

// fetch reads one fact beside the others.
func fetch[T any](group *errgroup.Group, to *T, read func() (T, error)) {
	group.Go(func() (err error) {
		*to, err = read()
		return err
	})
}

// pointFacts is what is to be read of a point in a round.
func (e reading) pointFacts(p campaigns.Point, round int) *pointFacts {
	c := e.campaign
	begins := roundBegins(c.Definition, round, e.entries)
	facts := &pointFacts{
		PointQuery: postgres.PointQuery{Campaign: c.ID, Design: c.Design, Anchor: anchorKind(p.Anchor), Wave: p.Anchor.Wave, Round: round,
			Window: p.Window, ReturnWindow: e.Shop.ReturnWindow, AsOf: e.report.AsOf, Currency: e.Shop.Currency},
		point:   p,
		primary: p.Name == c.Definition.Evaluation.Primary.Point && round == max(1, p.Anchor.Round),
		begins:  begins, toCome: begins != nil && begins.After(e.report.AsOf),
		worth: e.worth(p.Window),
	}
	if e.span != nil {
		facts.From, facts.Until = &e.span.from, &e.span.until
	}
	return facts
}

// looked reports whether the file asks for a look after each of several rounds;
// of a campaign read by cohorts there is one after each cohort instead.
func (e reading) looked() bool {
	c := e.campaign.Definition
	return c.Rounds.Times > 1 && c.Evaluation.Cohort == "" && slices.Contains(c.Evaluation.Looks, "round")
}
