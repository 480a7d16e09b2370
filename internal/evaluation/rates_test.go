package evaluation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

func ones(n, x int64) stats.Moments {
	return stats.Moments{N: n, Sum: float64(x), Sum2: float64(x), Sum3: float64(x)}
}

// 18 of 9,000 treated unsubscribed: at most .0029385 in 95 of 100 reports would be two-sided; one-sided it is Wilson's at 90 %.
func TestReturnsAndUnsubscribes(t *testing.T) {
	t.Parallel()
	pairs := func(orders, returned int64, n int64) (p stats.Pairs) {
		for i := range n {
			x, y := 0.0, 0.0
			if i < orders {
				x = 1
			}
			if i < returned {
				y = 1
			}
			p.Add(x, y)
		}
		return p
	}
	treat, hold := pairs(900, 90, 9000), pairs(80, 4, 1000)
	arm := func(p stats.Pairs) evaluation.MetricArm {
		return evaluation.MetricArm{Whole: p.Y, Capped: p.Y, Orders: p}
	}
	count := func(n, x int64) evaluation.MetricArm {
		return evaluation.MetricArm{Whole: ones(n, x), Capped: ones(n, x)}
	}
	c := cell("", 9000, 810, 1000, 72)
	in := evaluation.Input{Point: evaluation.Point{Name: "p", Window: 24 * time.Hour}, Design: evaluation.Design{HoldShare: holdout.Whole / 10},
		Observations: []evaluation.Observation{c.Treat, c.Hold}, AsOf: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
		Metrics: []evaluation.MetricInput{{Metric: evaluation.MetricRefunds, Treat: arm(treat), Hold: arm(hold)}, {Metric: evaluation.MetricLeaving, Treat: count(9000, 18), Hold: count(1000, 1)}}}
	r, err := evaluation.Evaluate(in, evaluation.English())
	if err != nil {
		t.Fatal(err)
	}
	refunds, left := r.Metrics[0], r.Metrics[1]
	near(t, "returned, per enrolled", *refunds.Difference.Estimate, 0.01-0.004)
	near(t, "of orders", *refunds.Ratio.Treat.Estimate, 0.1)
	near(t, "of orders held out", *refunds.Ratio.Hold.Estimate, 0.05)
	d, _ := stats.SumRatioDifference(treat, hold, 0.05)
	near(t, "their difference", *refunds.Ratio.Difference.Lo, d.Lo)
	near(t, "unsubscribed", *left.Treat, 0.002)
	wilson, _ := stats.Wilson(stats.Count{X: 18, N: 9000}, 0.1)
	near(t, "at most", *left.Upper, wilson.Hi)

	for name, row := range map[string]struct {
		shown []string
		want  string
	}{
		"all":           {nil, "[refund_rate unsubscribes]"},
		"in this order": {[]string{"unsubscribes", "repurchase_rate", "refund_rate"}, "[unsubscribes refund_rate]"},
		"one":           {[]string{"refund_rate"}, "[refund_rate]"},
		"none":          {[]string{"repurchase_rate"}, "[]"},
	} {
		in.Shown = row.shown
		r, err := evaluation.Evaluate(in, evaluation.English())
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, m := range r.Metrics {
			names = append(names, m.Metric)
		}
		if fmt.Sprint(names) != row.want {
			t.Errorf("%s: got %v, want %s", name, names, row.want)
		}
	}
}
