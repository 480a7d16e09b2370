package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/stats"
)

const (
	leastWindows = 1000    // of history, for a cap
	mostWindows  = 100_000 // of history, that are looked at
)

// freezeBounds is what one enrollment of a design that begins now counts for at
// most, for each length of its points' windows: quantiles of what customers
// spent in such windows before, less what came back. Where orders let customers
// in, these are the windows that orders opened in the past year, else the one
// window before now of the customers of then. Profit is bounded by the margin of
// that, as it is when a report is read. Lengths with too little history, or of which the quantile is 0, are not
// bounded.
func (e *Engine) freezeBounds(ctx context.Context, def campaigns.Campaign, at time.Time) ([]postgres.Bound, error) {
	var bounds []postgres.Bound
	for _, p := range def.Evaluation.Points {
		seconds := int64(p.Window / time.Second)
		if slices.ContainsFunc(bounds, func(b postgres.Bound) bool { return b.WindowSeconds == seconds }) {
			continue
		}
		windows, revenue, err := e.Store.SpentInWindows(ctx, postgres.History{At: at, AfterOrders: def.Enter.On == "order_paid",
			Window: p.Window, ReturnWindow: e.Shop.ReturnWindow, Currency: e.Shop.Currency, Most: mostWindows})
		if err != nil {
			return nil, fmt.Errorf("campaign %s: caps of %s: %w", def.Name, p.Name, err)
		}
		b := postgres.Bound{WindowSeconds: seconds, Windows: windows}
		if windows >= leastWindows {
			b.Revenue = postgres.Quantiles{P99: bound(revenue.P99, 1), P995: bound(revenue.P995, 1)}
		}
		bounds = append(bounds, b)
	}
	return bounds, nil
}

// bound is a share of a quantile; nil where that bounds nothing.
func bound(quantile *int64, share float64) *int64 {
	if quantile == nil || *quantile <= 0 {
		return nil
	}
	minor := int64(math.RoundToEven(share * float64(*quantile)))
	if minor <= 0 {
		return nil
	}
	return &minor
}

// worth is how the orders of windows of a length are counted in money.
func (e reading) worth(window time.Duration) postgres.Worth {
	w := postgres.Worth{Margin: e.Shop.Margin, MicrosPerMinor: e.perMinor(), ManyHeld: evaluation.ManyHeld,
		Unsubscribes: slices.Contains(e.campaign.Definition.Evaluation.Shown(), evaluation.MetricLeaving)}
	for _, b := range e.bounds {
		if b.WindowSeconds == int64(window/time.Second) {
			w.Few, w.Many = postgres.Capped{Revenue: b.Revenue.P99}, postgres.Capped{Revenue: b.Revenue.P995}
			if m := e.Shop.Margin; m != nil {
				w.Few.Profit, w.Many.Profit = bound(b.Revenue.P99, *m), bound(b.Revenue.P995, *m)
			}
		}
	}
	return w
}

// metrics are the sums of both arms. Profit is among them only where the margin
// is known.
func metrics(arms []postgres.ArmTotals, w postgres.Worth) []evaluation.MetricInput {
	var treat, hold postgres.ArmTotals
	for _, a := range arms {
		switch holdout.Arm(a.Arm) {
		case holdout.Treat:
			treat = a
		case holdout.Hold:
			hold = a
		}
	}
	caps := w.Few
	if hold.Final.Enrollments >= evaluation.ManyHeld {
		caps = w.Many
	}
	arm := func(a postgres.ArmTotals, whole, capped func(postgres.Money) []float64) evaluation.MetricArm {
		return evaluation.MetricArm{Whole: moments(a, whole), Capped: moments(a, capped), LargestOrderMinor: a.Money.LargestOrderMinor}
	}
	one := func(name string, bound *int64, whole, capped func(postgres.Money) []float64) evaluation.MetricInput {
		in := evaluation.MetricInput{Metric: name, Treat: arm(treat, whole, capped), Hold: arm(hold, whole, capped)}
		if bound != nil {
			in.Cap = &evaluation.Cap{Minor: *bound, Quantile: evaluation.CapQuantile(hold.Final.Enrollments)}
		}
		return in
	}
	orders := func(m postgres.Money) []float64 { return m.Orders }
	all := []evaluation.MetricInput{
		one(evaluation.MetricOrders, nil, orders, orders),
		one(evaluation.MetricRevenue, caps.Revenue, func(m postgres.Money) []float64 { return m.Revenue }, func(m postgres.Money) []float64 { return m.RevenueCapped }),
	}
	if w.Margin != nil {
		all = append(all, one(evaluation.MetricProfit, caps.Profit,
			func(m postgres.Money) []float64 { return m.Profit }, func(m postgres.Money) []float64 { return m.ProfitCapped }))
	}
	returned := func(m postgres.Money) []float64 { return m.Returned }
	refunds := one(evaluation.MetricRefunds, nil, returned, returned)
	refunds.Treat.Orders, refunds.Hold.Orders = placed(treat), placed(hold)
	all = append(all, refunds)
	if w.Unsubscribes {
		left := func(m postgres.Money) []float64 { x := float64(m.Unsubscribed); return []float64{x, x, x} }
		all = append(all, one(evaluation.MetricLeaving, nil, left, left))
	}
	return all
}

// placed is orders and those of them that were returned.
func placed(a postgres.ArmTotals) stats.Pairs {
	p := stats.Pairs{Y: moments(a, func(m postgres.Money) []float64 { return m.Returned })}
	if s := a.Money.Placed; len(s) == 3 {
		p.X, p.XY = stats.Moments{N: a.Final.Enrollments, Sum: s[0], Sum2: s[1]}, s[2]
	}
	return p
}

func moments(a postgres.ArmTotals, sums func(postgres.Money) []float64) stats.Moments {
	m := stats.Moments{N: a.Final.Enrollments}
	if s := sums(a.Money); len(s) == 3 {
		m.Sum, m.Sum2, m.Sum3 = s[0], s[1], s[2]
	}
	return m
}

// cost is what a treated enrollment cost in the point's window, messages and
// redeemed codes, and what an order earns. It is of the final enrollments, of
// the matured ones while too few are final, and of all so far while none is.
func (e *Engine) cost(arms []postgres.ArmTotals, entries postgres.EntrySpan) evaluation.Cost {
	cost := evaluation.Cost{Margin: e.Shop.Margin, AverageOrderMinor: max(0, entries.AverageOrderMinor),
		Currency: evaluation.Currency{Code: e.Shop.Currency, Digits: e.Shop.Digits}}
	var assigned, final int64
	for _, a := range arms {
		if holdout.Arm(a.Arm) != holdout.GlobalHold {
			assigned, final = assigned+a.Assigned, final+a.Final.Enrollments
		}
	}
	opens := evaluation.Opens(final, assigned)
	per := func(arm holdout.Arm) int64 {
		for _, a := range arms {
			if holdout.Arm(a.Arm) != arm {
				continue
			}
			n, spent := a.Final.Enrollments, a.SpentFinal
			if !opens {
				n, spent = a.Matured.Enrollments, a.SpentMatured
			}
			if n == 0 {
				n, spent = a.Assigned, a.Spent
			}
			return (spent.MessageMicros + spent.RedeemedMinor*e.perMinor()) / n
		}
		return 0
	}
	cost.PerTreatedMicros = max(0, per(holdout.Treat)-per(holdout.Hold))
	return cost
}
