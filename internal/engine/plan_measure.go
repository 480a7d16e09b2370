package engine

import (
	"context"
	"math"
	"time"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
)

// leastComparable is how many customers of the past a natural rate, and how many
// ended codes a redemption, must rest on.
const leastComparable = 100

// pool is a coupon pool with how it stands.
type pool struct {
	coupon.Pool
	free       int
	redemption *float64 // of its codes that have ended; nil: too few have
}

func (e *Engine) pools(ctx context.Context, at time.Time) (map[string]pool, error) {
	terms, err := e.Store.CouponPools(ctx)
	if err != nil || len(terms) == 0 {
		return nil, err
	}
	statuses, err := e.Store.CouponStatuses(ctx, "", at)
	if err != nil {
		return nil, err
	}
	pools := map[string]pool{}
	for _, t := range terms {
		pools[t.Name] = pool{Pool: t}
	}
	for _, s := range statuses {
		p := pools[s.Pool]
		p.free = s.Free
		if ended := s.Redeemed + s.Expired; ended >= leastComparable {
			share := float64(s.Redeemed) / float64(ended)
			p.redemption = &share
		}
		pools[s.Pool] = p
	}
	return pools, nil
}

// units is minor units in the currency's unit.
func (w *walk) units(minor float64) float64 { return minor / math.Pow10(w.Shop.Digits) }

// orderValue is the average kept order of the last year; nil where there is none.
func (w *walk) orderValue() *float64 {
	if w.orders == 0 || w.orderMinor <= 0 {
		return nil
	}
	value := round(w.units(float64(w.orderMinor) / float64(w.orders)))
	return &value
}

// couponMoney is what a pool is needed for when so many of its codes are bound.
func (w *walk) couponMoney(c *planned, name string, codes float64) report.CouponMoney {
	p, ok := w.pools[name]
	m := report.CouponMoney{Pool: name, Missing: !ok, Free: p.free, Codes: round(codes)}
	if share := c.def.Evaluation.Expect.Redemption; share != nil {
		written := share.Float()
		m.Redemption, m.From = &written, "expect"
	} else if p.redemption != nil {
		m.Redemption, m.From = p.redemption, "history"
	}
	if !ok {
		return m
	}
	var order int64
	if w.orders > 0 {
		order = w.orderMinor / w.orders
	}
	if minor, known := p.Face(order, w.Shop.Currency); known && (order > 0 || p.Kind != coupon.Percent && p.Kind != coupon.Amount) {
		value := w.units(float64(minor))
		exposure := round(codes * value)
		m.Value, m.Exposure = &value, &exposure
		if m.Redemption != nil {
			expected := round(exposure * *m.Redemption)
			m.Expected = &expected
		}
	}
	return m
}

// economics are what one treated customer costs until the primary point's window
// ends; code says which of it is not known.
func (w *walk) economics(c *planned) (x evaluation.Economics, code string) {
	treated := float64(c.tally.arms[holdout.Treat])
	if treated == 0 {
		return x, "nobody"
	}
	x.Messages = float64(c.tally.pointMicros) / 1e6 / treated
	for name, codes := range c.tally.pointCodes {
		m := w.couponMoney(c, name, float64(codes))
		switch {
		case m.Missing:
			code = "pool_missing"
		case m.Value == nil && code == "":
			code = "coupon_value_unknown"
		case m.Redemption == nil && code == "":
			code = "redemption_unknown"
		case m.Value != nil && m.Redemption != nil:
			// Pools differ in what a code is worth: one value for all, weighed by what is redeemed.
			redeemed := float64(codes) / treated * *m.Redemption
			if sum := x.Redemption + redeemed; sum > 0 {
				x.CouponValue = (x.Redemption*x.CouponValue + redeemed**m.Value) / sum
				x.Redemption = sum
			}
		}
	}
	if code != "" {
		return x, code
	}
	if x.Cost() == 0 {
		return x, "free"
	}
	value := w.orderValue()
	switch {
	case w.Shop.Margin == nil:
		return x, "margin_unknown"
	case value == nil:
		return x, "order_value_unknown"
	}
	x.Margin, x.OrderValue = *w.Shop.Margin, *value
	return x, ""
}

// naturalRate is the share of comparable customers who bought within the primary
// point's window: the file's word, else the shop's past.
func (c *planned) naturalRate() (rate *float64, from string) {
	if share := c.def.Evaluation.Expect.NaturalRate; share != nil {
		written := share.Float()
		return &written, "expect"
	}
	if c.tally.customers < leastComparable {
		return nil, ""
	}
	share := round6(float64(c.tally.buyers) / float64(c.tally.customers))
	return &share, "history"
}

// enrollments is how many come in, the global holdout not counted, and what that
// is the number of.
func (w *walk) enrollments(c *planned) (n int64, of string, days int) {
	if said := c.def.Evaluation.Expect.Enrollments; said > 0 {
		return int64(said), "expect", 0
	}
	if !c.triggered() {
		of = "slot"
		if c.out.Entry.Recurs {
			of = "next_slot"
		}
		return int64(c.tally.arms[holdout.Treat] + c.tally.arms[holdout.Hold]), of, 0
	}
	f := w.forecast(c)
	if f.PerDay.Estimate == nil {
		return 0, "unknown", 0
	}
	days = forecastDays
	if until := c.out.Entry.Until; until != nil {
		days = int(until.Sub(w.start(c)) / (24 * time.Hour))
	}
	return int64(math.Round(*f.PerDay.Estimate * float64(days))), "forecast", days
}

// start is when the first can come in.
func (w *walk) start(c *planned) time.Time {
	switch {
	case !c.slot.IsZero():
		return c.slot
	case c.out.Entry.From != nil:
		return *c.out.Entry.From
	}
	return w.at
}

// forecast is the pace of entries, of the past as far as it reaches.
func (w *walk) forecast(c *planned) report.Forecast {
	days := forecastDays
	if !c.tally.oldest.IsZero() {
		days = min(days, int(w.at.Sub(c.tally.oldest)/(24*time.Hour)))
	}
	perDay := make([]int, max(0, days))
	for ago, n := range c.tally.perDay {
		if ago < len(perDay) {
			perDay[ago] = n
		}
	}
	if pace, ok := evaluation.Pace(perDay); ok && !c.tally.oldest.IsZero() {
		return report.Forecast{From: "history", Days: days, PerDay: pace}
	}
	if said := c.def.Evaluation.Expect.Enrollments; said > 0 && c.out.Entry.Until != nil {
		if open := c.out.Entry.Until.Sub(w.start(c)).Hours() / 24; open >= 1 {
			mean := round6(float64(said) / open)
			return report.Forecast{From: "expect", PerDay: evaluation.Figure{Estimate: &mean}}
		}
	}
	return report.Forecast{PerDay: evaluation.Figure{Code: evaluation.NoEstimate}}
}

// resolve chooses the holdouts that are left to size; true where one is another
// than the walk was made with.
func (w *walk) resolve() bool {
	changed := false
	for _, c := range w.campaigns {
		if !c.chosen() || !c.open() {
			continue
		}
		chosen := w.choose(c)
		if chosen != c.share() {
			c.asks.planner.Design.Share, c.past.planner.Design.Share = chosen, chosen
			changed = true
		}
	}
	return changed
}

// choose is the share that `auto` comes to: the smallest that can prove
// break-even, and the smallest of all where that is not known.
func (w *walk) choose(c *planned) holdout.Share {
	candidates := evaluation.HoldoutCandidates()
	natural, _ := c.naturalRate()
	x, code := w.economics(c)
	lift, ok := evaluation.BreakEven(x)
	if natural == nil || code != "" || !ok {
		return candidates[0]
	}
	n, _, _ := w.enrollments(c)
	return evaluation.ChooseHoldout(candidates, n, *natural, lift).Share
}

func (c *planned) share() holdout.Share { return c.asks.planner.Design.Share }

// measure says whether the primary point can tell.
func (w *walk) measure(c *planned) *report.Measure {
	m := &report.Measure{Point: c.primary.Name, WindowHours: c.primary.Window.Hours(), Buyers: c.tally.buyers, Customers: c.tally.customers,
		OrderValue: w.orderValue(), Margin: w.Shop.Margin, Share: c.share().Float(), Auto: c.def.Holdout.Auto}
	m.Enrollments, m.Of, m.Days = w.enrollments(c)
	m.Natural, m.NaturalFrom = c.naturalRate()
	x, code := w.economics(c)
	if cost := round6(x.Cost()); code == "" || code == "free" || code == "margin_unknown" || code == "order_value_unknown" {
		m.Cost = &cost
		if cost > 0 && m.Of != "unknown" {
			price := round(evaluation.HoldoutPrice(c.share(), m.Enrollments, cost))
			m.Price = &price
		}
	}
	if lift, ok := evaluation.BreakEven(x); ok && code == "" {
		lift = round6(lift)
		m.BreakEven = &lift
	}
	m.Code = w.tells(c, m, code)
	point := evaluation.Point{Window: c.primary.Window, ReturnWindow: w.Shop.ReturnWindow}
	opens := w.start(c).Add(c.anchor)
	first := opens.Add(c.primary.Window + 24*time.Hour).UTC()
	final := opens.Add(point.Tail()).UTC()
	if until := c.out.Entry.Until; until != nil && (c.triggered() || c.out.Entry.Recurs) {
		final = until.Add(c.anchor + point.Tail()).UTC()
	}
	m.FirstLook, m.Final = &first, &final
	return m
}

// tells fills in what can be seen, and returns why that does not do.
func (w *walk) tells(c *planned, m *report.Measure, code string) string {
	share := c.share()
	switch {
	case share == 0:
		return "no_holdout"
	case m.Natural == nil:
		return "natural_unknown"
	case m.Of == "unknown" && code == "nobody": // of the past nobody came in, which says nothing of those to come
		return "pace_unknown"
	}
	breakEven := 0.0
	if m.BreakEven != nil {
		breakEven = *m.BreakEven
	}
	if m.Of == "unknown" && code == "" {
		if n, ok := evaluation.Enough(share, *m.Natural, breakEven); ok {
			m.Needed = &n
		}
		return "pace_unknown"
	}
	h := evaluation.Hold(share, m.Enrollments, *m.Natural, breakEven)
	m.Detectable, m.Proves = h.Detectable, h.Proves
	if code != "" {
		return code
	}
	held := float64(m.Enrollments) * share.Float()
	switch {
	case !h.Proves:
		if n, ok := evaluation.Enough(share, *m.Natural, breakEven); ok {
			m.Needed = &n
		}
		return "too_small"
	case held < leastHeld || held**m.Natural < leastBuyers:
		m.Proves = false
		return "too_few"
	}
	return ""
}

// A verdict is refused below these (evaluation.E02).
const (
	leastHeld   = 100
	leastBuyers = 10
)

func round(x float64) float64  { return math.Round(x*100) / 100 }
func round6(x float64) float64 { return math.Round(x*1e6) / 1e6 }
