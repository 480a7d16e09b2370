package evaluation

import (
	"math"
	"slices"

	"github.com/rewave/rewave/internal/stats"
)

const methodSums = "ratio_of_sums"

// OfMoney is whether a metric is summed in minor units of the currency.
func OfMoney(metric string) bool { return metric == MetricRevenue || metric == MetricProfit }

// ratio is returned orders of all orders, in both arms.
func (e *evaluator) ratio(m *Metric, in MetricInput, blocked Code) {
	none := Figure{Method: methodSums, Code: blocked}
	m.Ratio = &Ratio{none, none, none}
	if blocked != "" {
		return
	}
	of := func(d stats.Difference, ok bool) Figure {
		if !ok {
			return Figure{Method: methodSums, Code: NoEstimate}
		}
		return figure(d.Estimate, methodSums)
	}
	single := func(p stats.Pairs) Figure {
		effect, ok := stats.SumRatio(p)
		if !ok {
			return of(stats.Difference{}, false)
		}
		return of(effect.Difference(alpha))
	}
	m.Ratio.Treat, m.Ratio.Hold = single(in.Treat.Orders), single(in.Hold.Orders)
	m.Ratio.Difference = of(stats.SumRatioDifference(in.Treat.Orders, in.Hold.Orders, alpha))
}

// leaving is a guardrail: what matters is how large the rate of those treated
// may be. What the holdout does stands beside it, as other campaigns write to
// them too.
func (e *evaluator) leaving(m *Metric, in MetricInput) {
	e.means(m, in)
	treat, hold := counted(in.Treat.Whole), counted(in.Hold.Whole)
	m.Difference, m.Total, m.Uncapped = Figure{Method: methodScore, Code: NoEstimate}, Figure{Method: methodScore, Code: NoEstimate}, Figure{Method: methodScore}
	if d, ok := stats.ScoreDifference(treat, hold, alpha); ok {
		n := float64(treat.N)
		m.Difference, m.Uncapped = figure(d, methodScore), figure(d, methodScore)
		m.Total = figure(stats.Estimate{Value: n * d.Value, Lo: n * d.Lo, Hi: n * d.Hi}, methodScore)
	}
	if e.in.ReplayAA {
		m.Total = Figure{Method: methodScore, Code: NobodyTreated}
	}
	if _, p, ok := stats.ScoreTest(treat, hold); ok {
		m.P = Number(p)
	}
	if wilson, _, ok := stats.UpperBound(treat, alpha); ok {
		m.Upper = Number(wilson)
	}
}

// counted is a sum of noughts and ones as a count.
func counted(m stats.Moments) stats.Count {
	return stats.Count{X: int64(math.Round(m.Sum)), N: m.N}
}

func (e *evaluator) shown(metric string) bool {
	return e.in.Shown == nil || slices.Contains(e.in.Shown, metric)
}

// show leaves the metrics that are to be told, in their order.
func (e *evaluator) show() {
	if e.in.Shown == nil {
		return
	}
	all := e.result.Metrics
	e.result.Metrics = []Metric{}
	for _, name := range e.in.Shown {
		if i := slices.IndexFunc(all, func(m Metric) bool { return m.Metric == name }); i >= 0 {
			e.result.Metrics = append(e.result.Metrics, all[i])
		}
	}
}
