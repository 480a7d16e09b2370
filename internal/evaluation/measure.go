package evaluation

import (
	"math"
	"strings"

	"github.com/rewave/rewave/internal/stats"
)

const (
	methodHall = "hall"

	// Decisive is E11: more of an arm's revenue than this, in one order.
	Decisive = 0.25
)

// CapQuantile is the quantile of the shop's history that bounds what one
// enrollment counts for: a small holdout needs the tighter one, or a few large
// orders leave its interval too short.
func CapQuantile(held int64) float64 {
	if held >= ManyHeld {
		return 0.995
	}
	return 0.99
}

// ManyHeld is how many final enrollments of the holdout bear the wider cap.
const ManyHeld = 1000

// measure works out the metrics beside the repurchase rate; blocked, where set,
// is why none of them may be compared.
func (e *evaluator) measure(blocked Code) {
	order := e.decisiveOrder()
	var skewed []string
	for _, in := range e.in.Metrics {
		m := Metric{
			Metric: in.Metric, Cap: in.Cap,
			Difference: Figure{Method: methodHall}, Total: Figure{Method: methodHall}, Uncapped: Figure{Method: methodHall},
		}
		switch {
		case blocked != "":
			m.refuse(blocked)
		case in.Metric == MetricLeaving:
			e.leaving(&m, in)
		case order > 0 && OfMoney(in.Metric):
			e.means(&m, in)
			m.refuse(E11)
		default:
			e.means(&m, in)
			if e.difference(&m, in); m.Difference.Code == E11 && e.shown(in.Metric) {
				skewed = append(skewed, e.say.Say("metric."+in.Metric))
			}
		}
		if in.Metric == MetricRefunds {
			e.ratio(&m, in, blocked)
		}
		e.result.Metrics = append(e.result.Metrics, m)
	}
	switch {
	case blocked != "":
		return
	case order > 0 && (e.shown(MetricRevenue) || e.shown(MetricProfit)):
		e.note(E11, e.say.Say("E11", "order", e.say.Money(float64(order)/e.scale(MetricRevenue), e.in.Cost.Currency)))
	}
	if len(skewed) > 0 {
		e.note(E11, e.say.Say("E11.skew", "metrics", strings.Join(skewed, ", ")))
	}
}

// refuse leaves every comparison of the metric nil, for the reason given.
func (m *Metric) refuse(code Code) {
	for _, f := range []*Figure{&m.Difference, &m.Total, &m.Uncapped} {
		*f = Figure{Method: f.Method, Code: code}
	}
	m.P = nil
}

// scale is how many of the units that a metric is summed in make one that it is
// shown in.
func (e *evaluator) scale(metric string) float64 {
	if !OfMoney(metric) {
		return 1
	}
	return math.Pow10(e.in.Cost.Currency.Digits)
}

func (e *evaluator) means(m *Metric, in MetricInput) {
	for _, arm := range []struct {
		to   **float64
		from stats.Moments
	}{{&m.Treat, in.Treat.Whole}, {&m.Hold, in.Hold.Whole}} {
		if mean, ok := arm.from.Mean(); ok {
			*arm.to = Number(mean / e.scale(in.Metric))
		}
	}
}

// difference compares the capped sums, and beside them the sums as they are.
func (e *evaluator) difference(m *Metric, in MetricInput) {
	scale := e.scale(in.Metric)
	d, ok := stats.HallDifference(in.Treat.Capped, in.Hold.Capped, alpha)
	m.Difference = skewedFigure(d, ok, 1/scale)
	if ok {
		m.Skew = Number(d.A)
	}
	if ok && d.Bounded {
		m.P = Number(d.P)
	}
	if m.Difference.Code == E11 {
		m.refuse(E11)
		return
	}
	whole, ok := stats.HallDifference(in.Treat.Whole, in.Hold.Whole, alpha)
	m.Uncapped = skewedFigure(whole, ok, 1/scale)

	m.Total = skewedFigure(d, m.Difference.Estimate != nil, float64(in.Treat.Capped.N)/scale)
	if e.in.ReplayAA {
		m.Total = Figure{Method: methodHall, Code: NobodyTreated}
	}
}

// skewedFigure is a difference times a factor. One that is too skewed keeps its
// estimate and has no ends.
func skewedFigure(d stats.Skewed, ok bool, times float64) Figure {
	f := Figure{Method: methodHall, Code: NoEstimate}
	if !ok {
		return f
	}
	f = figure(stats.Estimate{Value: times * d.Value, Lo: times * d.Lo, Hi: times * d.Hi}, methodHall)
	if !d.Bounded && math.Abs(d.A) > 1 {
		f.Code = E11
	}
	return f
}

// decisiveOrder is the largest order that makes more than a quarter of its arm's
// revenue, in minor units; 0 where none does.
func (e *evaluator) decisiveOrder() int64 {
	var largest int64
	for _, m := range e.in.Metrics {
		if m.Metric != MetricRevenue {
			continue
		}
		for _, arm := range []MetricArm{m.Treat, m.Hold} {
			if float64(arm.LargestOrderMinor) > Decisive*arm.Whole.Sum {
				largest = max(largest, arm.LargestOrderMinor)
			}
		}
	}
	return largest
}

// disagreement is whether profit speaks against the verdict that buyers give:
// its whole interval lies on the other side of 0.
func (e *evaluator) disagreement() bool {
	profit, ok := e.result.Metric(MetricProfit)
	if !ok || !profit.Difference.Known() {
		return false
	}
	switch e.result.Verdict {
	case Pays:
		return *profit.Difference.Hi < 0
	case Loses:
		return *profit.Difference.Lo > 0
	}
	return false
}

// disagree leaves the verdict open, as buyers and profit say opposite things.
func (e *evaluator) disagree() {
	r := &e.result
	key := "disagree." + strings.ToLower(string(r.Verdict))
	profit, _ := r.Metric(MetricProfit)
	d := profit.Difference
	currency := e.in.Cost.Currency
	if unit := math.Pow10(-currency.Digits); max(math.Abs(*d.Lo), math.Abs(*d.Hi)) < 10*unit {
		currency.Digits += 2
	}
	bare := Currency{Digits: currency.Digits}
	r.Verdict = Open
	r.Sentence = e.say.Say(key, append(e.figures(), "bought", e.say.Say("bought", e.figures()...),
		"profit", e.say.MoneyEffect(*d.Estimate, currency), "profitLo", e.say.MoneyEffect(*d.Lo, bare), "profitHi", e.say.MoneyEffect(*d.Hi, bare))...)
	r.Explanation = e.say.Say("disagree.explain")
	e.needs(e.threshold())
	r.Next = strings.TrimSpace(e.say.Say(key+".next") + " " + r.Next)
}

func (e *evaluator) note(code Code, sentence string) {
	e.result.Notes = append(e.result.Notes, Refusal{code, sentence})
}
