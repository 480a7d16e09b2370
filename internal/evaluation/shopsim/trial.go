package shopsim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// Caps bound what one customer counts for, in minor units.
type Caps struct {
	Revenue, Profit int64
	Quantile        float64
}

// Arm is one arm's sums.
type Arm struct {
	Assigned, Buyers, Orders, Revenue int64
	Messages, Redeemed, Largest       int64

	OrderSums, RevenueSums, RevenueCapped, ProfitSums, ProfitCapped stats.Moments
}

// Add counts one customer.
func (a *Arm) Add(o Outcome, margin, message float64, caps Caps) {
	a.Assigned++
	a.Messages += int64(o.Messages)
	a.Redeemed += o.Redeemed
	if o.Bought() {
		a.Buyers++
		a.Orders += o.Orders
		a.Revenue += o.Revenue
		a.Largest = max(a.Largest, o.Largest)
		a.OrderSums.Add(float64(o.Orders))
		a.RevenueSums.Add(float64(o.Revenue))
		a.RevenueCapped.Add(float64(min(o.Revenue, caps.Revenue)))
	} else {
		a.OrderSums.N++
		a.RevenueSums.N++
		a.RevenueCapped.N++
	}
	if profit := Profit(o, margin, message); profit != 0 {
		a.ProfitSums.Add(float64(profit))
		a.ProfitCapped.Add(float64(min(profit, caps.Profit)))
	} else {
		a.ProfitSums.N++
		a.ProfitCapped.N++
	}
}

// Merge counts the customers of another arm as well.
func (a *Arm) Merge(o Arm) {
	a.Assigned, a.Buyers, a.Orders, a.Revenue = a.Assigned+o.Assigned, a.Buyers+o.Buyers, a.Orders+o.Orders, a.Revenue+o.Revenue
	a.Messages, a.Redeemed, a.Largest = a.Messages+o.Messages, a.Redeemed+o.Redeemed, max(a.Largest, o.Largest)
	a.OrderSums, a.RevenueSums, a.RevenueCapped = a.OrderSums.Merge(o.OrderSums), a.RevenueSums.Merge(o.RevenueSums), a.RevenueCapped.Merge(o.RevenueCapped)
	a.ProfitSums, a.ProfitCapped = a.ProfitSums.Merge(o.ProfitSums), a.ProfitCapped.Merge(o.ProfitCapped)
}

// Profit is margin x revenue less coupons less messages, in minor units.
func Profit(o Outcome, margin, message float64) int64 {
	return int64(math.RoundToEven(margin*float64(o.Revenue))) - o.Redeemed - int64(math.RoundToEven(message*float64(o.Messages)))
}

// Trial is one campaign that is over.
type Trial struct {
	Treat, Hold  Arm
	Contaminated int64

	Share        float64 // held out by plan
	Margin       float64
	Message      float64
	AverageOrder int64
	Caps         Caps
	Window       float64
}

// Setup is what stays the same from trial to trial.
type Setup struct {
	Shop         *Shop
	Campaign     *Campaign
	Customers    int
	Share        float64
	Few, Many    Caps // where fewer or no fewer than a thousand are held out
	AverageOrder int64
	Visit        func(held bool, c *Customer, o *Outcome) // sees every customer; nil: nobody looks
}

// Run enrols the customers, draws their arms and plays them.
func (s *Setup) Run(r *rand.Rand) Trial {
	t := s.empty()
	p := Player{Shop: s.Shop, Campaign: s.Campaign}
	for range s.Customers {
		c := s.Shop.Enter(r)
		held := r.Float64() < s.Share
		o := p.Natural(r, &c)
		leaked := held && s.Shop.Leak > 0 && r.Float64() < s.Shop.Leak
		if !held || leaked {
			o = p.Answer(r, &c)
		}
		if held {
			if leaked {
				// What was sent to them was paid for as a treated customer's.
				o.Messages, t.Contaminated = 0, t.Contaminated+1
			}
			t.Hold.Add(o, t.Margin, t.Message, t.Caps)
		} else {
			t.Treat.Add(o, t.Margin, t.Message, t.Caps)
		}
		if s.Visit != nil {
			s.Visit(held, &c, &o)
		}
	}
	return t
}

func (s *Setup) empty() Trial {
	caps := s.Many
	if s.Share*float64(s.Customers) < evaluation.ManyHeld {
		caps = s.Few
	}
	return Trial{Share: s.Share, Margin: s.Shop.Margin, Message: s.Campaign.Message, AverageOrder: s.AverageOrder, Caps: caps, Window: s.Campaign.Window}
}

// Ended is the day as of which trials are judged: all is final by then.
var Ended = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// Input is the trial as the product's evaluation takes it.
func (t *Trial) Input() evaluation.Input {
	const day = 24 * time.Hour
	started := Ended.Add(-200 * day)
	margin := t.Margin
	in := evaluation.Input{
		Point: evaluation.Point{
			Name: "window", Metric: "repurchase_rate", Primary: true, Anchor: "entry",
			Window: time.Duration(t.Window) * day, ReturnWindow: 14 * day, FinalAt: Ended.Add(-day),
		},
		Design:       evaluation.Design{HoldShare: Share(t.Share), EntryFrom: started, EntryUntil: started.Add(90 * day)},
		Observations: []evaluation.Observation{t.Treat.observed(holdout.Treat), t.Hold.observed(holdout.Hold)},
		Integrity:    evaluation.Integrity{Held: t.Hold.Assigned, Contaminated: t.Contaminated, GhostsDue: t.Hold.Assigned},
		Cost: evaluation.Cost{
			PerTreatedMicros: t.cost(), Margin: &margin, AverageOrderMinor: t.AverageOrder,
			Currency: evaluation.Currency{Code: "GBP", Digits: 2},
		},
		AsOf: Ended,
	}
	metric := func(name string, minor int64, treat, hold evaluation.MetricArm) {
		m := evaluation.MetricInput{Metric: name, Treat: treat, Hold: hold}
		if minor > 0 {
			m.Cap = &evaluation.Cap{Minor: minor, Quantile: t.Caps.Quantile}
		}
		in.Metrics = append(in.Metrics, m)
	}
	a, b := t.Treat, t.Hold
	metric(evaluation.MetricOrders, 0, evaluation.MetricArm{Whole: a.OrderSums, Capped: a.OrderSums}, evaluation.MetricArm{Whole: b.OrderSums, Capped: b.OrderSums})
	metric(evaluation.MetricRevenue, t.Caps.Revenue,
		evaluation.MetricArm{Whole: a.RevenueSums, Capped: a.RevenueCapped, LargestOrderMinor: a.Largest},
		evaluation.MetricArm{Whole: b.RevenueSums, Capped: b.RevenueCapped, LargestOrderMinor: b.Largest})
	metric(evaluation.MetricProfit, t.Caps.Profit,
		evaluation.MetricArm{Whole: a.ProfitSums, Capped: a.ProfitCapped}, evaluation.MetricArm{Whole: b.ProfitSums, Capped: b.ProfitCapped})
	return in
}

// cost is that of a treated customer, in millionths of the currency's unit, less
// what the holdout cost.
func (t *Trial) cost() int64 {
	per := func(a Arm) float64 {
		if a.Assigned == 0 {
			return 0
		}
		return (float64(a.Messages)*t.Message + float64(a.Redeemed)) * 1e4 / float64(a.Assigned)
	}
	return max(0, int64(per(t.Treat)-per(t.Hold)))
}

func (a Arm) observed(arm holdout.Arm) evaluation.Observation {
	totals := evaluation.Totals{Enrollments: a.Assigned, Buyers: a.Buyers, Orders: a.Orders, RevenueMinor: a.Revenue}
	return evaluation.Observation{Arm: arm, Assigned: a.Assigned, Matured: totals, Final: totals}
}

// Share is a share of the holdout as a design has it.
func Share(x float64) holdout.Share { return holdout.Share(math.Round(x * float64(holdout.Whole))) }
