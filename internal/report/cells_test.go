package report_test

import (
	"testing"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/stats"
)

// spent is n enrollments of whom some bought, each worth about so many minor units.
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

func seen(arm holdout.Arm, n, buyers int64) evaluation.Observation {
	total := evaluation.Totals{Enrollments: n, Buyers: buyers, Orders: buyers + buyers/7, RevenueMinor: 6240 * buyers}
	return evaluation.Observation{Arm: arm, Assigned: n, Matured: total, Final: total}
}

// variants are three of a wave, in halves of the shop's treated; the last has too few buyers.
func (s shop) variants(wave string, planned int64, buyers ...int64) evaluation.Variants {
	kept := int64(s.kept * float64(s.held))
	in := evaluation.VariantsInput{Wave: wave, Point: "overall_30d", Round: 1, Hold: seen(holdout.Hold, s.held, kept), Planned: planned, Closed: true, Currency: pounds}
	n := s.treated / int64(len(buyers))
	for i, x := range buyers {
		in.Variants = append(in.Variants, evaluation.VariantInput{Name: []string{"plain", "coupon", "gift"}[i], Share: holdout.Whole / holdout.Share(len(buyers)),
			Treat: seen(holdout.Treat, n, x), Profit: &evaluation.MetricInput{Metric: evaluation.MetricProfit,
				Treat: evaluation.MetricArm{Capped: spent(n, x, 2100)}, Hold: evaluation.MetricArm{Capped: spent(s.held, kept, 2100)}}})
	}
	return in.Judge()
}

// blocked are variants of sizes that were not planned.
func (s shop) blocked() evaluation.Variants {
	return evaluation.VariantsInput{Wave: "care", Point: "overall_30d", Round: 1, Hold: seen(holdout.Hold, s.held, 600), Currency: pounds,
		Variants: []evaluation.VariantInput{{Name: "plain", Share: holdout.Whole / 2, Treat: seen(holdout.Treat, 3000, 600)}, {Name: "coupon", Share: holdout.Whole / 2, Treat: seen(holdout.Treat, 3500, 700)}}}.Judge()
}

// parts is the shop by variants and channels.
func parts(t *testing.T) report.Report {
	r := usual.report(t)
	r.Variants = []evaluation.Variants{usual.variants("thanks", 0, 850, 1000), usual.variants("coupon", 12_000, 620, 640, 601), usual.blocked(),
		usual.variants("hello", 0, 500, 760), usual.variants("again", 0, 8, 800)}
	r.Variants[1].PriorOf = "past_campaigns"
	total := func(n, x int64) evaluation.Totals { return seen(holdout.Treat, n, x).Final }
	r.Observed = []evaluation.Observed{{Wave: "thanks", Point: "overall_30d", Round: 1, Channels: []evaluation.ObservedChannel{
		evaluation.ReachedBy("sms", 2400, total(2400, 700)), evaluation.ReachedBy("email", 4100, total(4100, 1010))}}}
	cell := func(name string, n, x, held, kept int64) evaluation.CellInput {
		return evaluation.CellInput{Name: name, Treat: seen(holdout.Treat, n, x), Hold: seen(holdout.Hold, held, kept)}
	}
	split := func(by string, blocked evaluation.Code, cells ...evaluation.CellInput) {
		r.Splits = append(r.Splits, evaluation.CellsInput{By: by, Point: "overall_30d", Round: 1, HoldShare: s30, Cells: cells, Blocked: blocked}.Split())
	}
	split("stratum", "", cell("food", 2450, 710, 1050, 212), cell("clothing", 2100, 560, 900, 240), cell("durable", 1750, 430, 750, 160), cell("daily", 360, 90, 155, 40), cell("garden", 140, 30, 60, 8), cell("pets", 70, 9, 30, 2))
	split("customer.region", "", cell("north", 3500, 900, 1500, 350), cell("south", 2000, 580, 1100, 250), cell("", 60, 8, 25, 3))
	split("customer.locale", "", cell("en", 6870, 1855, 2930, 676))
	split("customer.zone", evaluation.E03, cell("Europe/London", 6870, 1855, 2930, 676))
	split("customer.attribute", "", cell("a", 2000, 540, 857, 200), cell("b", 2000, 560, 857, 195))
	ratio := func(x float64) evaluation.Figure { return interval(x, 0.02, "ratio_of_sums") }
	r.Points[1].Metrics = append(r.Points[1].Metrics,
		evaluation.Metric{Metric: evaluation.MetricRefunds, Treat: ptr(0.024), Hold: ptr(0.019), Difference: interval(0.005, 0.004, "hall"), Total: interval(34, 27, "hall"),
			Uncapped: interval(0.005, 0.004, "hall"), Skew: ptr(0.2), P: ptr(0.014), Ratio: &evaluation.Ratio{Treat: ratio(0.077), Hold: ratio(0.071), Difference: ratio(0.006)}},
		evaluation.Metric{Metric: evaluation.MetricLeaving, Treat: ptr(0.004), Hold: ptr(0.001), Difference: interval(0.003, 0.002, "miettinen_nurminen"),
			Total: interval(21, 14, "miettinen_nurminen"), Uncapped: interval(0.003, 0.002, "miettinen_nurminen"), P: ptr(0.02), Upper: ptr(0.00553)})
	r.Cohorts = cohorts(t)
	evaluation.CohortPlan{Cohorts: 6, Planned: 60_000, HoldShare: s30}.Look(r.Cohorts.Cohorts)
	r.Cohorts.Looked, r.Cohorts.Asked = true, "2026-04"
	return r
}

// endless is the shop of which entry has no end.
func endless(t *testing.T) report.Report {
	r := usual.report(t)
	r.Cohorts = cohorts(t)
	r.Cohorts.Code = evaluation.NoEstimate
	r.Warnings = []report.Warning{{Code: "cohort", Sentence: report.English().Say("cohort.asked", "from", "1 April 2026", "to", "30 April 2026")}}
	return r
}

// cohorts are four months of the shop, in the third of which the groups are not of the planned sizes, and two that are open.
func cohorts(t *testing.T) *evaluation.Cohorts {
	out := &evaluation.Cohorts{Span: "month", Point: "overall_30d", Round: 1, Tail: []evaluation.OpenCohort{
		{Cohort: "2026-05", From: on("2026-04-30").Add(23 * time.Hour), Until: on("2026-05-31").Add(23 * time.Hour), Assigned: 9100, Final: 2100, Opens: ptr(on("2026-07-15"))},
		{Cohort: "2026-06", From: on("2026-05-31").Add(23 * time.Hour), Until: on("2026-06-30").Add(23 * time.Hour), Assigned: 6000}}}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for i, month := range []string{"2026-01", "2026-02", "2026-03", "2026-04"} {
		s := usual
		s.bought += []float64{-0.02, 0, 0.01, 0.03}[i]
		if i == 2 {
			s.held -= 300
		}
		from := time.Date(2026, time.Month(i+1), 1, 0, 0, 0, 0, london)
		p := evaluation.Point{Name: "overall_30d", Metric: "repurchase_rate", Anchor: "thanks, as scheduled", Window: 30 * day, ReturnWindow: 14 * day, FinalAt: on("2026-05-20")}
		out.Cohorts = append(out.Cohorts, evaluation.Cohort{Cohort: month, From: from.UTC(), Until: from.AddDate(0, 1, 0).UTC(), Result: s.result(t, p, 1, 1)})
	}
	return out
}

const s30 = 3 * holdout.Whole / 10
