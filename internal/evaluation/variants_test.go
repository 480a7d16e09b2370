package evaluation_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// spent is n enrollments of whom some bought, each worth so much, to the nearest unit around it.
func spent(n, buyers, each int64) stats.Moments {
	var m stats.Moments
	for i := range n {
		y := int64(0)
		if i < buyers {
			y = each + i%41 - 20
		}
		m.Add(float64(y))
	}
	return m
}

// two is two variants of 4,500 each against 1,000 held out of whom 72 bought, each worth 2,000 pence.
func two(buyers ...int64) evaluation.VariantsInput {
	hold := evaluation.Totals{Enrollments: 1000, Buyers: 72}
	in := evaluation.VariantsInput{Wave: "coupon", Point: "overall_30d", Round: 1, Closed: true, Currency: evaluation.Currency{Code: "GBP", Digits: 2},
		Hold: evaluation.Observation{Arm: holdout.Hold, Assigned: 1000, Matured: hold, Final: hold}}
	for i, x := range buyers {
		total := evaluation.Totals{Enrollments: 4500, Buyers: x}
		in.Variants = append(in.Variants, evaluation.VariantInput{Name: fmt.Sprint("v", i+1), Share: holdout.Whole / holdout.Share(len(buyers)),
			Treat: evaluation.Observation{Arm: holdout.Treat, Assigned: 4500, Matured: total, Final: total},
			Profit: &evaluation.MetricInput{Metric: evaluation.MetricProfit,
				Treat: evaluation.MetricArm{Capped: spent(4500, x, 2000)}, Hold: evaluation.MetricArm{Capped: spent(1000, 72, 2000)}}})
	}
	return in
}

func TestTheBestVariantIsNamedOnlyWhenItIsTime(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		in   evaluation.VariantsInput
		want string
	}{
		"one is far better, and entry is over":    {two(405, 700), "v2 winner"},
		"one is far better, entry is not":         {with(two(405, 700), func(in *evaluation.VariantsInput) { in.Closed = false }), "v2 leading"},
		"fewer than planned are final":            {with(two(405, 700), func(in *evaluation.VariantsInput) { in.Planned = 10_001 }), "v2 leading"},
		"as many as planned are, entry open":      {with(two(405, 700), func(in *evaluation.VariantsInput) { in.Planned, in.Closed = 10_000, false }), "v2 winner"},
		"they are alike":                          {two(600, 610), "v2 leading"},
		"the better one does not beat the hold":   {two(150, 324), "v2 best_unpaid"},
		"the sizes are not as planned":            {with(two(405, 700), func(in *evaluation.VariantsInput) { in.Variants[0].Treat.Assigned = 4000 }), " E01"},
		"the point is not to be compared":         {with(two(405, 700), func(in *evaluation.VariantsInput) { in.Blocked = evaluation.E03 }), " E03"},
		"too few are held out":                    {with(two(405, 700), func(in *evaluation.VariantsInput) { in.Hold.Final.Buyers = 9 }), " E02"},
		"one has too few buyers to know the best": {two(9, 700), " "},
		"no margin is declared":                   {with(two(405, 700), func(in *evaluation.VariantsInput) { in.Variants[0].Profit, in.Variants[1].Profit = nil, nil }), " "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := row.in.Judge()
			got := fmt.Sprint(v.Best, " ", v.Standing, v.Code)
			if got != row.want {
				t.Errorf("got %q, want %q: %+v", got, row.want, v)
			}
		})
	}
}

func with(in evaluation.VariantsInput, change func(*evaluation.VariantsInput)) evaluation.VariantsInput {
	change(&in)
	return in
}

// Three variants: each by the score test and by Hall against the one holdout, Holm over them; beliefs start at the holdout's mean with
// three tenths of it, or with what past campaigns say.
func TestVariantsAgainstTheHoldoutAndEachOther(t *testing.T) {
	t.Parallel()
	in := two(405, 480, 450)
	v := in.Judge()
	var ps, profits []float64
	var beliefs []stats.Belief
	mean, _ := in.Variants[0].Profit.Hold.Capped.Mean()
	for _, x := range in.Variants {
		_, p, _ := stats.ScoreTest(stats.Count{X: x.Treat.Final.Buyers, N: 4500}, stats.Count{X: 72, N: 1000})
		d, _ := stats.HallDifference(x.Profit.Treat.Capped, x.Profit.Hold.Capped, 0.05)
		m, _ := x.Profit.Treat.Capped.Mean()
		variance, _ := x.Profit.Treat.Capped.Variance()
		b, _ := stats.Normal{Center: mean, SD: 0.3 * mean}.Posterior(m, math.Sqrt(variance/4500))
		ps, profits, beliefs = append(ps, p), append(profits, d.P), append(beliefs, b)
	}
	choices := stats.Choose(beliefs)
	for i, x := range v.Variants {
		near(t, x.Variant+" p", *x.Holm, stats.Holm(ps)[i])
		near(t, x.Variant+" profit p", *x.ProfitHolm, stats.Holm(profits)[i])
		near(t, x.Variant+" best", *x.Best, choices[i].Best)
		near(t, x.Variant+" loss", *x.Loss, choices[i].Loss/100)
	}
	near(t, "prior", *v.Prior, 0.3*mean/100)
	spread := 25.0
	in.Prior = &spread
	v = in.Judge()
	near(t, "prior of past campaigns", *v.Prior, 0.25)
	if v.PriorOf != "past_campaigns" {
		t.Errorf("prior of %q", v.PriorOf)
	}
}
