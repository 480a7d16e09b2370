package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
)

// Programme says over which span all campaigns are evaluated.
type Programme struct {
	AsOf  time.Time
	From  time.Time // zero: since an epoch's first assignment
	Until time.Time // zero: the latest end that is final as of AsOf
}

// EvaluateProgramme judges all campaigns of the shop together. It reads, and
// writes nothing.
func (e *Engine) EvaluateProgramme(ctx context.Context, ask Programme) (report.Programme, error) {
	r := report.Programme{AsOf: ask.AsOf, From: ask.From, Until: ask.Until, Zone: e.Shop.Zone, Language: report.English()}
	if err := e.addEpochs(ctx, &r, ask); err != nil {
		return r, fmt.Errorf("evaluate the programme: %w", err)
	}
	if err := e.addPool(ctx, &r, ask); err != nil {
		return r, fmt.Errorf("evaluate the programme: %w", err)
	}
	return r, nil
}

// lateOrders is how long after a span its orders may still arrive.
const lateOrders = 24 * time.Hour

// addEpochs compares, in each epoch, those held out of everything with everybody
// else, the newest first. An epoch ends where the next begins: those held out of
// it may be written to from then on.
func (e *Engine) addEpochs(ctx context.Context, r *report.Programme, ask Programme) error {
	epochs, err := e.Store.Epochs(ctx, ask.AsOf)
	if err != nil {
		return err
	}
	latest := ask.Until
	if latest.IsZero() {
		latest = ask.AsOf.Add(-e.Shop.ReturnWindow - lateOrders)
	}
	for i, epoch := range slices.Backward(epochs) {
		from, until := epoch.First, latest
		if ask.From.After(from) {
			from = ask.From
		}
		for _, next := range epochs[i+1:] {
			if next.Name != epoch.Name && next.First.Before(until) {
				until = next.First
			}
		}
		if !from.Before(until) {
			r.TooYoung = append(r.TooYoung, report.Young{Epoch: epoch.Name, First: epoch.First})
			continue
		}
		g, err := e.epoch(ctx, epoch, from, until, ask.AsOf)
		if err != nil {
			return fmt.Errorf("epoch %s: %w", epoch.Name, err)
		}
		r.Epochs = append(r.Epochs, g)
	}
	return nil
}

// epoch evaluates one epoch over [from, until). What one customer counts for is
// bounded by what the customers of before the epoch spent in a span as long.
func (e *Engine) epoch(ctx context.Context, epoch postgres.Epoch, from, until, asOf time.Time) (evaluation.Global, error) {
	span := until.Sub(from)
	worth, err := e.programmeWorth(ctx, epoch.First, span)
	if err != nil {
		return evaluation.Global{}, err
	}
	arms, reached, err := e.Store.ObserveProgramme(ctx, postgres.ProgrammeQuery{Epoch: epoch.Name, Share: epoch.Share, From: from, Until: until,
		ReturnWindow: e.Shop.ReturnWindow, AsOf: asOf, Currency: e.Shop.Currency}, worth)
	if err != nil {
		return evaluation.Global{}, err
	}
	in := evaluation.GlobalInput{Epoch: epoch.Name, From: from, Until: until, In: evaluation.Input{
		Point: evaluation.Point{Name: epoch.Name, Metric: "repurchase_rate", Anchor: "assignment", Window: span,
			ReturnWindow: e.Shop.ReturnWindow, FinalAt: until.Add(e.Shop.ReturnWindow + lateOrders)},
		Design:  evaluation.Design{HoldShare: epoch.Share, EntryFrom: epoch.First},
		AsOf:    asOf,
		Zone:    e.Shop.Zone,
		Metrics: metrics(arms, worth),
	}}
	for _, a := range arms {
		in.In.Observations = append(in.In.Observations, evaluation.Observation{Arm: holdout.Arm(a.Arm), Assigned: a.Assigned,
			Matured: evaluation.Totals(a.Matured), Final: evaluation.Totals(a.Final)})
		switch holdout.Arm(a.Arm) {
		case holdout.Treat:
			in.Messages, in.Redeemed = a.Spent.MessageMicros, a.Spent.RedeemedMinor
		case holdout.Hold:
			in.In.Integrity = evaluation.Integrity{Held: a.Assigned, Contaminated: reached}
		}
	}
	in.In.Cost = e.cost(arms, postgres.EntrySpan{AverageOrderMinor: averageOrder(arms)})
	return evaluation.EvaluateGlobal(in, report.English())
}

// averageOrder is that of the kept orders of those held out.
func averageOrder(arms []postgres.ArmTotals) int64 {
	for _, a := range arms {
		if holdout.Arm(a.Arm) == holdout.Hold && a.Final.Orders > 0 {
			return a.Final.RevenueMinor / a.Final.Orders
		}
	}
	return 0
}

// programmeWorth counts orders in money, bounded by the span before the epoch.
func (e *Engine) programmeWorth(ctx context.Context, at time.Time, span time.Duration) (postgres.Worth, error) {
	windows, revenue, err := e.Store.SpentInWindows(ctx, postgres.History{At: at, Window: span,
		ReturnWindow: e.Shop.ReturnWindow, Currency: e.Shop.Currency, Most: mostWindows})
	if err != nil {
		return postgres.Worth{}, err
	}
	b := postgres.Bound{WindowSeconds: int64(span / time.Second), Windows: windows}
	if windows >= leastWindows {
		b.Revenue = postgres.Quantiles{P99: bound(revenue.P99, 1), P995: bound(revenue.P995, 1)}
	}
	return reading{Engine: e, bounds: []postgres.Bound{b}}.worth(span), nil
}
