package evaluation

import (
	"math"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

const (
	methodFieller = "fieller"
	methodBounds  = "monotone_bounds"
)

// PriceInput is what contact cost and brought, over the final enrollments of a
// point.
type PriceInput struct {
	Treat, Hold PriceArm
	Margin      bool // Gain is known
	Coupons     CouponInput
}

// PriceArm is the power sums of one arm, in orders and minor units.
type PriceArm struct {
	Orders, Cost, Gain   stats.Moments // Gain is the margin of what was kept, before Cost; cubes are not read
	CostOrders, GainCost float64       // sums of products
}

// CouponInput counts the codes of a design, and who used one in the point's
// window.
type CouponInput struct{ Given, Redeemed, Leaked, Redeemers int64 }

// Price is what the effect of a point cost. Money is in units of the currency.
type Price struct {
	Point     string   `json:"point"`
	PerOrder  Figure   `json:"price_per_extra_order"`
	Return    Figure   `json:"return"`           // (margin of the extra orders - cost) / cost
	ByHoldout Figure   `json:"price_of_holdout"` // the profit that those held out would have brought
	Parts     *Parts   `json:"parts"`            // nil: nobody bought in one of the arms
	Coupons   *Coupons `json:"coupons"`          // nil: none were given
}

// Parts take the difference in revenue per enrollment apart. Only the first has a
// cause one may name: the buyers of both arms are not the same kind of people.
type Parts struct {
	MoreBuyers    float64 `json:"more_buyers"`
	BiggerBaskets float64 `json:"bigger_baskets"`
}

// Coupons are what became of the codes, and how many of those who used one in the
// window would have bought anyway. Subsidised has no estimate: its ends are
// bounds, as no data of two arms can say it closer.
type Coupons struct {
	Given      int64  `json:"given"`
	Redeemed   int64  `json:"redeemed"`
	Leaked     int64  `json:"leaked"`    // an order named them which they were not for
	Redeemers  int64  `json:"redeemers"` // final enrollments
	Subsidised Figure `json:"subsidised"`
	Prevented  bool   `json:"prevented"` // fewer bought than in the holdout: the bounds hold even so, and are wide
}

// Price is nil where the point has no difference to price, and in a replay.
func (r Result) Price(in PriceInput) *Price {
	if r.ReplayAA || !r.Difference.Known() {
		return nil
	}
	scale := math.Pow10(r.Currency.Digits)
	p := &Price{Point: r.Point.Name, ByHoldout: Figure{Method: methodHall, Code: MarginUnknown}, Return: Figure{Method: methodFieller, Code: MarginUnknown}}
	p.PerOrder = r.perOrder(in, scale)
	if in.Margin {
		p.Return = r.returned(in)
	}
	hold, treat := r.Arm(holdout.Hold), r.Arm(holdout.Treat)
	if profit, ok := r.Metric(MetricProfit); ok {
		p.ByHoldout = times(profit.Difference, float64(hold.Counted))
	}
	if treat.Buyers > 0 && hold.Buyers > 0 {
		spent := func(a Arm) stats.Spending {
			return stats.Spending{Rate: float64(a.Buyers) / float64(a.Counted), PerBuyer: float64(a.RevenueMinor) / float64(a.Buyers) / scale}
		}
		more, bigger := stats.TwoParts(spent(treat), spent(hold))
		if more, bigger := Number(more), Number(bigger); more != nil && bigger != nil {
			p.Parts = &Parts{*more, *bigger}
		}
	}
	if in.Coupons.Given > 0 {
		p.Coupons = r.coupons(in.Coupons)
	}
	return p
}

// perOrder is the difference in cost by that in orders.
func (r Result) perOrder(in PriceInput, scale float64) Figure {
	pairs := func(a PriceArm) stats.Pairs { return stats.Pairs{X: a.Orders, Y: a.Cost, XY: a.CostOrders} }
	if in.Treat.Cost.Sum == 0 && in.Hold.Cost.Sum == 0 {
		return Figure{Method: methodFieller, Code: NoEstimate}
	}
	ratio, ok := stats.DifferenceRatio(pairs(in.Treat), pairs(in.Hold), alpha)
	f := ratioFigure(ratio, ok, 1/scale, 0)
	if f.Known() && *f.Estimate < 0 {
		return Figure{Method: methodFieller, Code: NoEstimate} // fewer orders have no price
	}
	return f
}

// returned is the difference in margin by that in cost, less the cost itself.
func (r Result) returned(in PriceInput) Figure {
	if revenue, ok := r.Metric(MetricRevenue); ok && revenue.Difference.Code == E11 {
		return Figure{Method: methodFieller, Code: E11}
	}
	pairs := func(a PriceArm) stats.Pairs { return stats.Pairs{X: a.Cost, Y: a.Gain, XY: a.GainCost} }
	ratio, ok := stats.DifferenceRatio(pairs(in.Treat), pairs(in.Hold), alpha)
	return ratioFigure(ratio, ok, 1, -1)
}

// ratioFigure is a ratio times a factor, plus a term. One without ends keeps its
// estimate.
func ratioFigure(ratio stats.Ratio, ok bool, factor, term float64) Figure {
	if !ok {
		return Figure{Method: methodFieller, Code: NoEstimate}
	}
	of := func(x float64) float64 { return factor*x + term }
	return figure(stats.Estimate{Value: of(ratio.Value), Lo: of(ratio.Lo), Hi: of(ratio.Hi)}, methodFieller)
}

func times(f Figure, by float64) Figure {
	out := Figure{Method: f.Method, Code: f.Code}
	for _, x := range []struct{ from, to **float64 }{{&f.Estimate, &out.Estimate}, {&f.Lo, &out.Lo}, {&f.Hi, &out.Hi}} {
		if *x.from != nil {
			*x.to = Number(by * **x.from)
		}
	}
	return out
}

func (r Result) coupons(in CouponInput) *Coupons {
	c := &Coupons{Given: in.Given, Redeemed: in.Redeemed, Leaked: in.Leaked, Redeemers: in.Redeemers,
		Subsidised: Figure{Method: methodBounds, Code: NoEstimate}}
	treat, hold := r.Arm(holdout.Treat), r.Arm(holdout.Hold)
	if in.Redeemers == 0 || in.Redeemers > treat.Buyers {
		return c
	}
	s, ok := stats.CouponSubsidy(stats.Count{X: treat.Buyers, N: treat.Counted}, stats.Count{X: hold.Buyers, N: hold.Counted}, in.Redeemers)
	if ok {
		c.Subsidised.Lo, c.Subsidised.Hi, c.Prevented = Number(s.OfRedeemersLo), Number(s.OfRedeemersHi), s.Prevented
	}
	return c
}

// CreditedInput is what crediting the last message counts.
type CreditedInput struct {
	Orders       int64 // of the final treated enrollments
	Credited     int64 // of these, those after a message of this campaign, the last of any
	RevenueMinor int64 // of the credited
	Hours        float64
}

// Credited stands beside the campaign's own effect, never in its place.
type Credited struct {
	Point       string   `json:"point"`
	Hours       float64  `json:"window_hours"` // how long a message is credited
	Orders      int64    `json:"orders"`       // of the treated
	Credited    int64    `json:"credited"`
	Revenue     float64  `json:"credited_revenue"`
	Incremental Figure   `json:"incremental_orders"`
	Earned      Figure   `json:"incremental_revenue"`
	Times       *float64 `json:"times"` // credited / incremental; nil: there may be no extra order
}

// Credited is nil where the point has no difference to hold it against.
func (r Result) Credited(in CreditedInput) *Credited {
	orders, ok := r.Metric(MetricOrders)
	if r.ReplayAA || !ok || orders.Total.Estimate == nil {
		return nil
	}
	c := &Credited{Point: r.Point.Name, Hours: in.Hours, Orders: in.Orders, Credited: in.Credited,
		Revenue: *Number(float64(in.RevenueMinor) / math.Pow10(r.Currency.Digits)), Incremental: orders.Total}
	revenue, _ := r.Metric(MetricRevenue)
	c.Earned = revenue.Total
	if orders.Total.Known() && *orders.Total.Lo > 0 {
		c.Times = Number(float64(in.Credited) / *orders.Total.Estimate)
	}
	return c
}
