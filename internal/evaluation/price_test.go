package evaluation_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// judged is a point with 9,000 treated of whom 810 bought and 1,000 held out of
// whom 72 did, in pounds.
func judged() evaluation.Result {
	x := func(v float64) *float64 { return &v }
	arm := func(name holdout.Arm, n, buyers, revenue int64) evaluation.Arm {
		return evaluation.Arm{Arm: name, Counted: n, Buyers: buyers, RevenueMinor: revenue}
	}
	known := func(v, lo, hi float64) evaluation.Figure {
		return evaluation.Figure{Estimate: x(v), Lo: x(lo), Hi: x(hi), Method: "hall"}
	}
	return evaluation.Result{
		Point: evaluation.Point{Name: "p"}, Currency: evaluation.Currency{Code: "GBP", Digits: 2}, Difference: known(0.018, -0.001, 0.034),
		Arms: []evaluation.Arm{arm(holdout.Treat, 9000, 810, 810*7000), arm(holdout.Hold, 1000, 72, 72*6800)},
		Metrics: []evaluation.Metric{
			{Metric: evaluation.MetricOrders, Total: known(189, 16, 362)},
			{Metric: evaluation.MetricRevenue, Difference: known(1.4, 0.1, 2.7), Total: known(12_600, 900, 24_300)},
			{Metric: evaluation.MetricProfit, Difference: known(0.43, -0.2, 1.06)},
		},
	}
}

// alike is n units, of which k are x and the others 0.
func alike(n, k int64, x float64) stats.Moments {
	return stats.Moments{N: n, Sum: float64(k) * x, Sum2: float64(k) * x * x, Sum3: float64(k) * x * x * x}
}

// The figures of a campaign whose every treated customer cost 0.46 and which sold 21 orders more of every 1,000: 0.46 / 0.021 = 21.90.
func TestThePriceOfOneMoreOrder(t *testing.T) {
	t.Parallel()
	in := evaluation.PriceInput{
		Treat:  evaluation.PriceArm{Orders: alike(90_000, 8370, 1), Cost: alike(90_000, 90_000, 46), CostOrders: 8370 * 46},
		Hold:   evaluation.PriceArm{Orders: alike(10_000, 720, 1), Cost: alike(10_000, 0, 0)},
		Margin: true,
	}
	p := judged().Price(in)
	near(t, "price", *p.PerOrder.Estimate, 0.46/0.021)
	if !p.PerOrder.Known() || *p.PerOrder.Lo > 21 || *p.PerOrder.Hi < 23 {
		t.Errorf("range %v %v", *p.PerOrder.Lo, *p.PerOrder.Hi)
	}
	// With a tenth of the customers nobody can tell whether there was an order more at all.
	in.Treat = evaluation.PriceArm{Orders: alike(9000, 837, 1), Cost: alike(9000, 9000, 46), CostOrders: 837 * 46}
	in.Hold = evaluation.PriceArm{Orders: alike(1000, 80, 1)}
	in.Hold.Cost = stats.Moments{N: 1000}
	p = judged().Price(in)
	if p.PerOrder.Estimate == nil || p.PerOrder.Lo != nil || p.PerOrder.Hi != nil || p.PerOrder.Code != evaluation.Unbounded {
		t.Errorf("unbounded: %+v", p.PerOrder)
	}
}

// 90 of 9,000 treated cost 9.00 and brought a margin of 27.00 each: a return of 2 on what was spent.
func TestTheReturnOnACampaign(t *testing.T) {
	t.Parallel()
	in := evaluation.PriceInput{Margin: true,
		Treat: evaluation.PriceArm{Orders: alike(9000, 90, 1), Cost: alike(9000, 90, 900), Gain: alike(9000, 90, 2700), CostOrders: 90 * 900, GainCost: 90 * 900 * 2700},
		Hold:  evaluation.PriceArm{Orders: stats.Moments{N: 1000}, Cost: stats.Moments{N: 1000}, Gain: stats.Moments{N: 1000}},
	}
	p := judged().Price(in)
	near(t, "return", *p.Return.Estimate, 2)
	near(t, "price of the holdout", *p.ByHoldout.Estimate, 430)
	// .09*70 - .072*68 = 1.404 = 1.224 + .18
	near(t, "more buyers", p.Parts.MoreBuyers, 1.224)
	near(t, "bigger baskets", p.Parts.BiggerBaskets, 0.18)
	in.Margin = false
	if p := judged().Price(in); p.Return.Code != evaluation.MarginUnknown || p.Return.Estimate != nil {
		t.Errorf("without a margin: %+v", p.Return)
	}
	skewed := judged()
	skewed.Metrics[1].Difference = evaluation.Figure{Code: evaluation.E11}
	in.Margin = true
	if p := skewed.Price(in); p.Return.Code != evaluation.E11 {
		t.Errorf("one order decides: %+v", p.Return)
	}
}

// The published case: of every 100 treated 5 used a code, 9 bought, 7.2 would have: 64 to 100 % of codes.
func TestCodesOfThoseWhoWouldHaveBought(t *testing.T) {
	t.Parallel()
	in := evaluation.PriceInput{Coupons: evaluation.CouponInput{Given: 8500, Redeemed: 460, Leaked: 3, Redeemers: 450}}
	c := judged().Price(in).Coupons
	near(t, "at least", *c.Subsidised.Lo, 0.64)
	near(t, "at most", *c.Subsidised.Hi, 1)
	if c.Prevented {
		t.Error("nobody was prevented")
	}
	fewer := judged()
	fewer.Arms[0].Buyers = 540
	if c := fewer.Price(in).Coupons; !c.Prevented {
		t.Errorf("fewer bought than in the holdout: %+v", c)
	}
}

func TestNothingIsPricedThatIsNotKnown(t *testing.T) {
	t.Parallel()
	refused, replay := judged(), judged()
	refused.Difference = evaluation.Figure{Code: evaluation.E01}
	replay.ReplayAA = true
	if refused.Price(evaluation.PriceInput{}) != nil || replay.Price(evaluation.PriceInput{}) != nil || replay.Credited(evaluation.CreditedInput{}) != nil {
		t.Error("a price of nothing")
	}
}

func TestCreditedStandsBesideTheEffect(t *testing.T) {
	t.Parallel()
	c := judged().Credited(evaluation.CreditedInput{Orders: 900, Credited: 756, RevenueMinor: 529_200, Hours: 120})
	near(t, "times", *c.Times, 4)
	near(t, "revenue", c.Revenue, 5292)
	unsure := judged()
	lo := -3.0
	unsure.Metrics[0].Total.Lo = &lo
	if c := unsure.Credited(evaluation.CreditedInput{Credited: 756}); c.Times != nil {
		t.Errorf("times what may be nothing: %v", *c.Times)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
