package engine

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/stats"
)

// creditedFor is how long a tool that credits the last message credits it.
const creditedFor = 5 * 24 * time.Hour

// moreFacts is what is read of the primary point beside rates and money.
type moreFacts struct {
	leaked   int64
	credited postgres.Credited
	profile  []postgres.TraitRow
	basket   []postgres.CategoryRow
	harm     []postgres.Harm
	returns  []postgres.ReturnRow
	traffic  []postgres.TrafficRow
	answers  []postgres.AnswerRow
	doubts   postgres.PointDoubts
	hours    []int64
	feeds    []postgres.Feed
}

// more reads it; nothing in a replay, in which nobody was written to.
func (e reading) more(ctx context.Context, group *errgroup.Group, f *readings) {
	for _, p := range f.points {
		if e.AA || !p.primary || p.toCome {
			continue
		}
		c := e.campaign
		fetch(group, &f.more.leaked, func() (int64, error) { return e.Store.CouponLeaks(ctx, c.ID, c.Design, p.AsOf) })
		fetch(group, &f.more.credited, func() (postgres.Credited, error) { return e.Store.Credited(ctx, p.PointQuery, creditedFor) })
		fetch(group, &f.more.profile, func() ([]postgres.TraitRow, error) { return e.Store.Profile(ctx, p.PointQuery) })
		fetch(group, &f.more.harm, func() ([]postgres.Harm, error) { return e.Store.Harm(ctx, c.ID, c.Design, p.AsOf) })
		fetch(group, &f.more.returns, func() ([]postgres.ReturnRow, error) { return e.Store.Returns(ctx, p.PointQuery) })
		fetch(group, &f.more.traffic, func() ([]postgres.TrafficRow, error) { return e.Store.Traffic(ctx, p.PointQuery) })
		fetch(group, &f.more.answers, func() ([]postgres.AnswerRow, error) { return e.Store.Answers(ctx, p.PointQuery) })
		layer := holdout.CampaignLayer(c.Name, c.Design, 0)
		fetch(group, &f.more.doubts, func() (postgres.PointDoubts, error) {
			return e.Store.PointDoubts(ctx, p.PointQuery, int64(c.Share), layer)
		})
		if from, to, ok := e.watched(p.Window); ok {
			fetch(group, &f.more.hours, func() ([]int64, error) { return e.Store.OrdersByHour(ctx, from, to) })
		}
		fetch(group, &f.more.feeds, func() ([]postgres.Feed, error) { return e.Store.Feeds(ctx) })
		fetch(group, &f.more.basket, func() ([]postgres.CategoryRow, error) {
			return e.Store.Categories(ctx, p.PointQuery, evaluation.LeastTogether)
		})
	}
}

// before is how much of the time before entry is looked at for what is usual.
const before = 28 * 24 * time.Hour

// watched is the time in which the shop's orders should have no gap.
func (e reading) watched(window time.Duration) (from, to time.Time, ok bool) {
	if e.entries.First == nil || e.entries.Last == nil {
		return from, to, false
	}
	from, to = e.entries.First.Add(-before).Truncate(time.Hour), e.entries.Last.Add(window).Truncate(time.Hour)
	if to.After(e.report.AsOf) {
		to = e.report.AsOf.Truncate(time.Hour)
	}
	return from, to, from.Before(to)
}

// doubts is what speaks against the primary point, and a warning for each thing
// that is odd and not its fault.
func (e reading) doubts(p *pointFacts, f moreFacts) *evaluation.Doubts {
	if e.AA || !p.primary {
		return nil
	}
	d := f.doubts
	out := &evaluation.Doubts{Treated: d.Treated, TreatedBefore: d.TreatedBefore, Held: d.Held, HeldBefore: d.HeldBefore, Elsewhere: d.Elsewhere,
		MissingHours: evaluation.MissingHours(f.hours), Edited: d.Edited, EditedAt: d.EditedAt}
	for _, a := range p.arms {
		if a.LastAnchor == nil {
			continue
		}
		closes := a.LastAnchor.Add(p.Window)
		for _, x := range f.feeds {
			if x.Name == "orders" && x.CompleteUntil.Before(closes) && x.CompleteUntil.Before(e.report.AsOf) {
				out.CompleteUntil = &x.CompleteUntil
			}
		}
	}
	for _, x := range []struct {
		n              int64
		code, sentence string
	}{
		{d.ForeignOrders, "other_currency", "warning.other_currency"}, {d.LooseRefunds, "refunds_without_orders", "warning.refunds_without_orders"}, {d.Backward, "clocks_differ", "warning.clocks_differ"},
	} {
		if x.n > 0 {
			e.report.Warnings = append(e.report.Warnings, report.Warning{Code: x.code, Sentence: e.report.Language.SayCount(x.sentence, x.n, "currency", e.Shop.Currency)})
		}
	}
	return out
}

// addMore says it, where the primary point may be judged.
func (e reading) addMore(f readings) {
	result, ok := e.report.Primary()
	if !ok || e.AA {
		return
	}
	for _, p := range f.points {
		if !p.primary || len(p.arms) == 0 {
			continue
		}
		e.report.Price = result.Price(e.price(p, f))
		c := f.more.credited
		e.report.Credited = result.Credited(evaluation.CreditedInput{Orders: c.Orders, Credited: c.Credited, RevenueMinor: c.RevenueMinor, Hours: creditedFor.Hours()})
		var rows []evaluation.TraitRow
		for _, x := range f.more.profile {
			rows = append(rows, evaluation.TraitRow{Name: x.Name, Level: x.Level, Rarer: x.Rarer, Number: x.Number, Arm: holdout.Arm(x.Arm), Bought: x.Bought,
				N: x.N, Sum: x.Sum, Sum2: x.Sum2, Least: x.Least, Greatest: x.Greatest})
		}
		e.report.Moved = result.Moved(rows)
		var categories []evaluation.CategoryRow
		for _, x := range f.more.basket {
			categories = append(categories, evaluation.CategoryRow{What: x.What, Category: x.Category, Other: x.Other, Arm: holdout.Arm(x.Arm), N: x.N})
		}
		e.report.Basket = result.Basket(categories)
		e.addGuardrails(result, f.more)
		e.addTraffic(result, f.more)
	}
}

// addGuardrails says what came of the messages and of the orders that should not.
func (e reading) addGuardrails(result evaluation.Result, f moreFacts) {
	var harm []evaluation.HarmInput
	for _, x := range f.harm {
		harm = append(harm, evaluation.HarmInput(x))
	}
	var treat, hold evaluation.ReturnInput
	var reasons []evaluation.ReasonInput
	for _, x := range f.returns {
		if x.Reason != nil {
			reasons = append(reasons, evaluation.ReasonInput{Reason: *x.Reason, Arm: holdout.Arm(x.Arm), Orders: x.N})
			continue
		}
		if len(x.Sums) != 8 {
			continue
		}
		s := x.Sums
		in := evaluation.ReturnInput{Refunds: stats.Moments{N: x.N, Sum: s[5], Sum2: s[6], Sum3: s[7]},
			Orders: stats.Pairs{X: stats.Moments{N: x.N, Sum: s[0], Sum2: s[1]}, Y: stats.Moments{N: x.N, Sum: s[2], Sum2: s[3]}, XY: s[4]}}
		switch holdout.Arm(x.Arm) {
		case holdout.Treat:
			treat = in
		case holdout.Hold:
			hold = in
		}
	}
	g := &evaluation.Guardrails{Limits: evaluation.Limits(harm), Refunds: result.Refunds(treat, hold, reasons)}
	if len(g.Limits) > 0 || g.Refunds != nil {
		e.report.Guardrails = g
	}
}

// addTraffic says how far customers came and what they answered.
func (e reading) addTraffic(result evaluation.Result, f moreFacts) {
	var rows []evaluation.TrafficRow
	for _, x := range f.traffic {
		rows = append(rows, evaluation.TrafficRow{What: x.What, Name: x.Name, Arm: holdout.Arm(x.Arm), N: x.N})
	}
	var answers []evaluation.AnswerRow
	for _, x := range f.answers {
		answers = append(answers, evaluation.AnswerRow(x))
	}
	if e.report.Traffic = result.Traffic(rows); e.report.Traffic != nil {
		e.report.Surveys = evaluation.Surveys(answers)
	}
}

// price is what contact cost in the point's window and what it brought.
func (e reading) price(p *pointFacts, f readings) evaluation.PriceInput {
	in := evaluation.PriceInput{Margin: e.Shop.Margin != nil, Coupons: evaluation.CouponInput{Leaked: f.more.leaked}}
	for _, n := range f.coupons {
		in.Coupons.Given, in.Coupons.Redeemed = in.Coupons.Given+n.Given, in.Coupons.Redeemed+n.Redeemed
	}
	for _, a := range p.arms {
		r := a.Return
		arm := evaluation.PriceArm{Orders: moments(a, func(m postgres.Money) []float64 { return m.Orders }),
			Cost: squares(a, r.Cost), Gain: squares(a, r.Gain), CostOrders: r.CostOrders, GainCost: r.GainCost}
		switch holdout.Arm(a.Arm) {
		case holdout.Treat:
			in.Treat, in.Coupons.Redeemers = arm, r.Redeemers
		case holdout.Hold:
			in.Hold = arm
		}
	}
	return in
}

// squares are moments without cubes.
func squares(a postgres.ArmTotals, sums []float64) stats.Moments {
	m := stats.Moments{N: a.Final.Enrollments}
	if len(sums) == 2 {
		m.Sum, m.Sum2 = sums[0], sums[1]
	}
	return m
}
