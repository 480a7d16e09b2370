package evaluation_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// sums are those of n enrollments of which the rest have 0.
func sums(n int64, values ...float64) stats.Moments {
	m := stats.Moments{N: n}
	for _, y := range values {
		m.Sum, m.Sum2, m.Sum3 = m.Sum+y, m.Sum2+y*y, m.Sum3+y*y*y
	}
	return m
}

func times(n int, values ...float64) []float64 {
	var all []float64
	for range n {
		all = append(all, values...)
	}
	return all
}

// metric has the same sums capped and not.
func metric(name string, treat, hold stats.Moments) evaluation.MetricInput {
	return evaluation.MetricInput{Metric: name,
		Treat: evaluation.MetricArm{Whole: treat, Capped: treat}, Hold: evaluation.MetricArm{Whole: hold, Capped: hold}}
}

func TestMetricsInUnitsOfTheCurrency(t *testing.T) {
	t.Parallel()
	in := input(1200, 9000, 72, 1000)
	revenue := metric(evaluation.MetricRevenue, sums(9000, times(300, 5000, 6000, 6500, 90000)...), sums(1000, times(18, 5000, 6000, 6500, 30000)...))
	revenue.Cap = &evaluation.Cap{Minor: 20000, Quantile: 0.995}
	revenue.Treat.Capped = sums(9000, times(300, 5000, 6000, 6500, 20000)...)
	revenue.Hold.Capped = sums(1000, times(18, 5000, 6000, 6500, 20000)...)
	in.Metrics = []evaluation.MetricInput{
		metric(evaluation.MetricOrders, sums(9000, times(1200, 1)...), sums(1000, times(70, 1, 2)...)), revenue,
	}
	got := evaluate(t, in).Metrics
	if len(got) != 2 {
		t.Fatalf("got %d metrics", len(got))
	}
	near := func(name string, got *float64, want float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > 1e-9*max(1, math.Abs(want)) {
			t.Errorf("%s = %v, want %v", name, show(got), want)
		}
	}
	// Worked out apart from this code, in exact fractions and then in floating point: 1200/9000 - 210/1000, and so on.
	near("orders, treated", got[0].Treat, 2.0/15)
	near("orders, held out", got[0].Hold, 0.21)
	near("orders, difference", got[0].Difference.Estimate, 2.0/15-0.21)
	near("orders, in all", got[0].Total.Estimate, 9000*(2.0/15-0.21))
	near("revenue, treated", got[1].Treat, 300*1075.0/9000)
	near("revenue, held out", got[1].Hold, 18*475.0/1000)
	near("revenue, as it is", got[1].Uncapped.Estimate, 300*1075.0/9000-18*475.0/1000)
	near("revenue, capped", got[1].Difference.Estimate, 300*375.0/9000-18*375.0/1000)
	near("revenue, in all", got[1].Total.Estimate, 9000*(300*375.0/9000-18*375.0/1000))
	near("revenue, in all, from", got[1].Total.Lo, 9000**got[1].Difference.Lo)
	if diff := cmp.Diff(got[1].Cap, &evaluation.Cap{Minor: 20000, Quantile: 0.995}); diff != "" {
		t.Error(diff)
	}
}

func show(x *float64) any {
	if x == nil {
		return nil
	}
	return *x
}

// EVALUATION's vector (e): d 1.9, se 0.81, third moments 700000 and 686000 of 18000 and 2000. Sums are made to have them.
func TestHallsVector(t *testing.T) {
	t.Parallel()
	in := input(1620, 18000, 160, 2000)
	// Variances v with v/18000 + v/2000 = 0.81^2, that is v = 0.6561 x 1800.
	in.Metrics = []evaluation.MetricInput{metric(evaluation.MetricRevenue, withMoments(18000, 10, 0.6561*1800, 700000), withMoments(2000, 8.1, 0.6561*1800, 686000))}
	in.Cost.Currency.Digits = 0
	m := evaluate(t, in).Metrics[0]
	for name, pair := range map[string][2]float64{
		"from": {*m.Difference.Lo, -0.3083478052}, "to": {*m.Difference.Hi, 3.207551902}, "A": {*m.Skew, -0.3186421563}, "p": {*m.P, 0.07896994199},
		"estimate": {*m.Difference.Estimate, 1.9},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-7 {
			t.Errorf("%s = %v, want %v", name, pair[0], pair[1])
		}
	}
}

// withMoments are the power sums of n units of that mean, sample variance and third central moment.
func withMoments(n int64, mean, variance, third float64) stats.Moments {
	size := float64(n)
	sum2 := variance*(size-1) + size*mean*mean
	return stats.Moments{N: n, Sum: size * mean, Sum2: sum2, Sum3: size*third + 3*mean*sum2 - 2*size*mean*mean*mean}
}

// One order of 8,400.00 among small ones makes more than a quarter of what the holdout spent.
func TestOneOrderDecides(t *testing.T) {
	t.Parallel()
	in := input(1200, 9000, 72, 1000)
	hold := sums(1000, append(times(30, 60_00), 840_000)...) // 840,000 of 1,020,000
	in.Metrics = []evaluation.MetricInput{
		metric(evaluation.MetricOrders, sums(9000, times(1200, 1)...), sums(1000, times(72, 1)...)),
		metric(evaluation.MetricRevenue, sums(9000, times(1200, 6000, 7000)...), hold),
		metric(evaluation.MetricProfit, sums(9000, times(1200, 2000, 2500)...), hold),
	}
	for i := range in.Metrics[1:] {
		in.Metrics[i+1].Treat.LargestOrderMinor, in.Metrics[i+1].Hold.LargestOrderMinor = 7000, 840_000
	}
	got := evaluate(t, in)
	if got.Verdict != evaluation.Pays || got.Metrics[0].Difference.Code != "" {
		t.Errorf("%s, orders %+v", got.Verdict, got.Metrics[0].Difference)
	}
	for _, m := range got.Metrics[1:] {
		if m.Difference != (evaluation.Figure{Method: "hall", Code: evaluation.E11}) || m.Total.Code != evaluation.E11 || m.P != nil {
			t.Errorf("%s: %+v", m.Metric, m)
		}
	}
	want := []evaluation.Refusal{{Code: evaluation.E11, Sentence: "One order of 8,400.00 GBP decides this result."}}
	if diff := cmp.Diff(got.Notes, want); diff != "" {
		t.Errorf("notes: got -, want +\n%s", diff)
	}

	// A quarter exactly does not decide.
	in.Metrics[1].Hold.LargestOrderMinor, in.Metrics[2].Hold.LargestOrderMinor = 255_000, 255_000
	if got := evaluate(t, in); len(got.Notes) > 0 && got.Notes[0].Sentence == want[0].Sentence {
		t.Errorf("a quarter decides: %v", got.Notes)
	}
}

func TestAFewCustomersDecide(t *testing.T) {
	t.Parallel()
	in := input(1200, 9000, 72, 1000)
	in.Metrics = []evaluation.MetricInput{
		// More skewed than any sums of real customers can be, which come close to 1 and never pass it.
		metric(evaluation.MetricRevenue, withMoments(9000, 10, 100, 0), withMoments(1000, 9, 100, 4e6)),
	}
	got := evaluate(t, in)
	if m := got.Metrics[0]; m.Difference.Code != evaluation.E11 || m.Difference.Estimate != nil || math.Abs(*m.Skew) <= 1 || m.Treat == nil {
		t.Errorf("%+v", m)
	}
	want := []evaluation.Refusal{{Code: evaluation.E11, Sentence: "A few customers decide what is said of revenue: no range can be given."}}
	if diff := cmp.Diff(got.Notes, want); diff != "" {
		t.Errorf("notes: got -, want +\n%s", diff)
	}
}

func TestBuyersAndProfitDisagree(t *testing.T) {
	t.Parallel()
	pays := input(1200, 9000, 72, 1000)
	pays.Metrics = []evaluation.MetricInput{metric(evaluation.MetricProfit, sums(9000, times(4500, -100, -90)...), sums(1000, times(100, 1, 2)...))}
	loses := input(6600, 90000, 720, 10000)
	loses.Metrics = []evaluation.MetricInput{metric(evaluation.MetricProfit, sums(90000, times(30000, 600, 900, 0)...), sums(10000, times(1000, 500, 700)...))}
	for name, row := range map[string]struct {
		in   evaluation.Input
		want said
	}{
		"buyers say that it pays": {pays, said{
			Verdict: evaluation.Open,
			Sentence: "Of every 100 customers we wrote to, 13.3 bought again; 7.2 would have bought anyway. The campaign's own effect is +6.1 (between +4.2 and +7.8). " +
				"By buyers it pays, by profit it loses: -0.95 GBP per customer (between -0.95 and -0.95). The two disagree, so we cannot say yet.",
			Explanation: "Buyers count one for one. Profit counts what they spent and what the coupons and messages cost.",
		}},
		"buyers say that it does not": {loses, said{
			Verdict: evaluation.Open,
			Sentence: "Of every 100 customers we wrote to, 7.3 bought again; 7.2 would have bought anyway. The campaign's own effect is +0.1 (between -0.4 and +0.7). " +
				"By buyers it does not pay, by profit it does: +3.80 GBP per customer (between +3.75 and +3.85). The two disagree, so we cannot say yet.",
			Explanation: "Buyers count one for one. Profit counts what they spent and what the coupons and messages cost.",
		}},
	} {
		got := says(evaluate(t, row.in))
		row.want.Next, row.want.Date = got.Next, got.Date
		if got.Next == "" || got.Date == "" {
			t.Errorf("%s: an open verdict without what it needs: %+v", name, got)
		}
		if diff := cmp.Diff(got, row.want); diff != "" {
			t.Errorf("%s: got -, want +\n%s", name, diff)
		}
	}

	// An interval that touches 0 does not disagree, and a replay never does.
	pays.Metrics = []evaluation.MetricInput{metric(evaluation.MetricProfit, sums(9000, times(4500, -100, 100)...), sums(1000, times(100, 1, -1)...))}
	if got := evaluate(t, pays); got.Verdict != evaluation.Pays {
		t.Errorf("%s: %s", got.Verdict, got.Sentence)
	}
}

func TestWhatMixedTheArms(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		mixed    evaluation.Integrity
		replay   bool
		verdict  evaluation.Verdict
		sentence string // of the refusal or note; "" where there is none
	}{
		"E04": {evaluation.Integrity{Held: 1000, Contaminated: 270}, false, evaluation.Refused,
			"27 % of the customers who should have received nothing did receive the message."},
		"a fifth is noted": {evaluation.Integrity{Held: 1000, Contaminated: 200}, false, evaluation.Pays,
			"20 % of the customers who should have received nothing were reached all the same: the difference understates what the campaign does."},
		"more than a twentieth": {evaluation.Integrity{Held: 1000, Contaminated: 51}, false, evaluation.Pays,
			"5.1 % of the customers who should have received nothing were reached all the same: the difference understates what the campaign does."},
		"a twentieth": {evaluation.Integrity{Held: 1000, Contaminated: 50}, false, evaluation.Pays,
			"5.0 % of the customers who should have received nothing were reached all the same; the difference is a little larger than shown."},
		"one of a hundred": {evaluation.Integrity{Held: 1000, Contaminated: 10}, false, evaluation.Pays,
			"1.0 % of the customers who should have received nothing were reached all the same; the difference is a little larger than shown."},
		"fewer":           {evaluation.Integrity{Held: 1000, Contaminated: 9}, false, evaluation.Pays, ""},
		"none held":       {evaluation.Integrity{}, false, evaluation.Pays, ""},
		"a replay":        {evaluation.Integrity{Held: 1000, Contaminated: 900}, true, evaluation.Open, ""},
		"E05":             {evaluation.Integrity{GhostsDue: 1000, GhostsLost: 6}, false, evaluation.Refused, "We do not know when 0.6 % of the holdout would have been contacted."},
		"half of hundred": {evaluation.Integrity{GhostsDue: 1000, GhostsLost: 5}, false, evaluation.Pays, ""},
		"E05 of a replay": {evaluation.Integrity{GhostsDue: 1000, GhostsLost: 1000}, true, evaluation.Refused, "We do not know when 100 % of the holdout would have been contacted."},
	} {
		in := input(1200, 9000, 72, 1000)
		in.Integrity, in.ReplayAA = row.mixed, row.replay
		got := evaluate(t, in)
		sentence := ""
		for _, r := range append(append([]evaluation.Refusal{}, got.Refusals...), got.Notes...) {
			sentence += r.Sentence
		}
		if got.Verdict != row.verdict || sentence != row.sentence || got.Integrity != row.mixed {
			t.Errorf("%s: %s %q, want %s %q", name, got.Verdict, sentence, row.verdict, row.sentence)
		}
		if shown := got.Difference.Estimate != nil; shown == (got.Verdict == evaluation.Refused) {
			t.Errorf("%s: %s with difference %v", name, got.Verdict, shown)
		}
	}
}

// What is sorted or mixed wrongly decides before what is not over, and that before what is too few.
func TestTheFirstRefusalDecides(t *testing.T) {
	t.Parallel()
	all := input(3, 8880, 6, 1120)
	all.Integrity = evaluation.Integrity{Held: 1000, Contaminated: 900, GhostsDue: 1000, GhostsLost: 900}
	all.Observations[0].Final = evaluation.Totals{Enrollments: 10, Buyers: 3, Orders: 3}
	all.Metrics = []evaluation.MetricInput{metric(evaluation.MetricRevenue, sums(10), sums(1120))}
	steps := []struct {
		want evaluation.Code
		cure func(*evaluation.Input)
	}{
		{evaluation.E01, func(in *evaluation.Input) {
			in.Observations[0].Assigned, in.Observations[0].Matured.Enrollments = 10080, 10080
		}},
		{evaluation.E04, func(in *evaluation.Input) { in.Integrity.Contaminated = 0 }},
		{evaluation.E05, func(in *evaluation.Input) { in.Integrity.GhostsLost = 0 }},
		{evaluation.E03, func(in *evaluation.Input) {
			in.Observations[0].Final.Enrollments = 10080
			in.Metrics = []evaluation.MetricInput{metric(evaluation.MetricRevenue, sums(10080), sums(1120))}
		}},
		{evaluation.E02, func(*evaluation.Input) {}},
	}
	for _, step := range steps {
		got := evaluate(t, all)
		m := got.Metrics[0]
		if got.Difference.Code != step.want || m.Difference.Code != step.want || m.Total.Code != step.want || m.Uncapped.Code != step.want || m.Treat != nil || m.P != nil {
			t.Errorf("want %s: %s, metric %+v", step.want, got.Sentence, m)
		}
		step.cure(&all)
	}
}

func TestAReplayHasNoTotals(t *testing.T) {
	t.Parallel()
	in := input(450, 5000, 360, 5000)
	in.ReplayAA, in.Design.HoldShare = true, holdout.Whole/2
	in.Metrics = []evaluation.MetricInput{metric(evaluation.MetricRevenue, sums(5000, times(200, 10, 20)...), sums(5000, times(180, 10, 20)...))}
	m := evaluate(t, in).Metrics[0]
	if m.Total != (evaluation.Figure{Method: "hall", Code: evaluation.NobodyTreated}) || !m.Difference.Known() {
		t.Errorf("%+v", m)
	}
	if text, err := json.Marshal(m); err != nil || len(text) == 0 {
		t.Error(err)
	}
}

func TestMetricsThatContradictAreErrors(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*evaluation.Input){
		"of other enrollments": func(in *evaluation.Input) { in.Metrics[0].Treat.Whole.N-- },
		"capped of fewer":      func(in *evaluation.Input) { in.Metrics[0].Hold.Capped.N-- },
		"twice":                func(in *evaluation.Input) { in.Metrics = append(in.Metrics, in.Metrics[0]) },
		"unknown":              func(in *evaluation.Input) { in.Metrics[0].Metric = "clicks" },
		"more reached than held": func(in *evaluation.Input) {
			in.Integrity = evaluation.Integrity{Held: 1, Contaminated: 2}
		},
		"more ghosts lost than due": func(in *evaluation.Input) { in.Integrity = evaluation.Integrity{GhostsLost: 1} },
	} {
		in := input(810, 9000, 72, 1000)
		in.Metrics = []evaluation.MetricInput{metric(evaluation.MetricOrders, sums(9000, times(810, 1)...), sums(1000, times(72, 1)...))}
		spoil(&in)
		if r, err := evaluation.Evaluate(in, evaluation.English()); err == nil {
			t.Errorf("%s: %s", name, r.Sentence)
		}
	}
}
