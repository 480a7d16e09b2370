package evaluation_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"pgregory.net/rapid"
)

const (
	day  = 24 * time.Hour
	tenM = holdout.Whole / 10
)

func on(date string) time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return t
}

func ptr[T any](v T) *T { return &v }

// input is a campaign that ended: 0.46 a customer, a margin of 35 %, orders of 62.
func input(xt, nt, xc, nc int64) evaluation.Input {
	arm := func(name holdout.Arm, x, n int64) evaluation.Observation {
		totals := evaluation.Totals{Enrollments: n, Buyers: x, Orders: x + x/10, RevenueMinor: x * 6200}
		return evaluation.Observation{Arm: name, Assigned: n, Matured: totals, Final: totals}
	}
	return evaluation.Input{
		Point: evaluation.Point{
			Name: "overall_30d", Metric: "repurchase_rate", Primary: true, Anchor: "thanks, as scheduled",
			Window: 30 * day, ReturnWindow: 14 * day, FinalAt: on("2026-06-14"),
		},
		Design: evaluation.Design{HoldShare: tenM, EntryFrom: on("2026-01-01"), EntryUntil: on("2026-04-01")},
		Observations: []evaluation.Observation{
			arm(holdout.Treat, xt, nt), arm(holdout.Hold, xc, nc),
		},
		Cost: evaluation.Cost{
			PerTreatedMicros: 460_000, Margin: ptr(0.35), AverageOrderMinor: 6200,
			Currency: evaluation.Currency{Code: "GBP", Digits: 2},
		},
		AsOf: on("2026-06-20"),
	}
}

func evaluate(t *testing.T, in evaluation.Input) evaluation.Result {
	t.Helper()
	r, err := evaluation.Evaluate(in, evaluation.English())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// said is what a person reads of a result.
type said struct {
	Verdict                     evaluation.Verdict
	Sentence, Explanation, Next string
	Date                        string
}

func says(r evaluation.Result) said {
	s := said{r.Verdict, r.Sentence, r.Explanation, r.Next, ""}
	if r.NextDate != nil {
		s.Date = r.NextDate.Format(time.DateOnly)
	}
	return s
}

func TestVerdictsInWords(t *testing.T) {
	t.Parallel()
	change := func(in evaluation.Input, f func(*evaluation.Input)) evaluation.Input {
		f(&in)
		return in
	}
	for _, tt := range []struct {
		name string
		in   evaluation.Input
		want said
	}{
		{"open, entry closed", input(810, 9000, 72, 1000), said{
			Verdict:     evaluation.Open,
			Sentence:    "Of every 100 customers we wrote to, 9.0 bought again; 7.2 would have bought anyway. The campaign's own effect is +1.8 (between -0.1 and +3.4). We cannot yet say it pays: it needs +2.1.",
			Explanation: "We cannot tell yet. The campaign may have changed the number of buyers by anything from -0.1 to +3.4 per 100 customers; it needs +2.1 to pay for itself.",
			Next:        "To see a difference of 2.1 per 100 takes about 14,000 enrollments; there are 10,000. Entry is closed, so this run will not tell. A further run of that size, begun now, is final by 1 December 2026: widen the segment. With half of the customers held out, about 5,300 would do.",
			Date:        "2026-12-01",
		}},
		{"open, entry goes on", change(input(810, 9000, 72, 1000), func(in *evaluation.Input) {
			in.Design.EntryUntil = time.Time{}
		}), said{
			Verdict:     evaluation.Open,
			Sentence:    "Of every 100 customers we wrote to, 9.0 bought again; 7.2 would have bought anyway. The campaign's own effect is +1.8 (between -0.1 and +3.4). We cannot yet say it pays: it needs +2.1.",
			Explanation: "We cannot tell yet. The campaign may have changed the number of buyers by anything from -0.1 to +3.4 per 100 customers; it needs +2.1 to pay for itself.",
			Next:        "To see a difference of 2.1 per 100 takes about 14,000 enrollments; there are 10,000. At the present pace they have entered and are final by 29 September 2026. With half of the customers held out, about 5,300 would do.",
			Date:        "2026-09-29",
		}},
		{"open, entry closes too soon", change(input(810, 9000, 72, 1000), func(in *evaluation.Input) {
			in.Design.EntryUntil = on("2026-07-01")
		}), said{
			Verdict:     evaluation.Open,
			Sentence:    "Of every 100 customers we wrote to, 9.0 bought again; 7.2 would have bought anyway. The campaign's own effect is +1.8 (between -0.1 and +3.4). We cannot yet say it pays: it needs +2.1.",
			Explanation: "We cannot tell yet. The campaign may have changed the number of buyers by anything from -0.1 to +3.4 per 100 customers; it needs +2.1 to pay for itself.",
			Next:        "To see a difference of 2.1 per 100 takes about 14,000 enrollments; there are 10,000. Entry closes on 1 July 2026, at the present pace with about 11,000: extend it or widen the segment. With half of the customers held out, about 5,300 would do.",
			Date:        "2026-08-15",
		}},
		{"pays", input(1200, 9000, 72, 1000), said{
			Verdict:  evaluation.Pays,
			Sentence: "Of every 100 customers we wrote to, 13.3 bought again; 7.2 would have bought anyway. The campaign's own effect is +6.1 (between +4.2 and +7.8). It pays: it needs +2.1.",
		}},
		{"loses, though it brings some", input(6600, 90000, 720, 10000), said{
			Verdict:  evaluation.Loses,
			Sentence: "Of every 100 customers we wrote to, 7.3 bought again; 7.2 would have bought anyway. The campaign's own effect is +0.1 (between -0.4 and +0.7). It does not pay: it needs +2.1.",
		}},
		{"loses, and does harm", input(4000, 90000, 720, 10000), said{
			Verdict:  evaluation.Loses,
			Sentence: "Of every 100 customers we wrote to, 4.4 bought again; 7.2 would have bought anyway. The campaign's own effect is -2.8 (between -3.3 and -2.2). It costs you buyers.",
		}},
		{"no margin declared", change(input(1200, 9000, 72, 1000), func(in *evaluation.Input) {
			in.Cost.Margin = nil
		}), said{
			Verdict:  evaluation.Pays,
			Sentence: "Of every 100 customers we wrote to, 13.3 bought again; 7.2 would have bought anyway. The campaign's own effect is +6.1 (between +4.2 and +7.8). It brings buyers back; whether it pays is not known, as no margin is declared: the verdict is against 0.",
		}},
		{"a point beside the primary", change(input(810, 9000, 72, 1000), func(in *evaluation.Input) {
			in.Point.Primary = false
		}), said{
			Verdict:  evaluation.None,
			Sentence: "Of every 100 customers we wrote to, 9.0 bought again; 7.2 would have bought anyway. The campaign's own effect is +1.8 (between -0.1 and +3.4).",
		}},
		{"E01, sizes", input(810, 8880, 72, 1120), said{
			Verdict:  evaluation.Refused,
			Sentence: "The two groups are not the sizes we planned (8,880/1,120 instead of 9,000/1,000; chance of this: 1 in 15,800). Something removed customers from one group, so we do not show a result.",
		}},
		{"E02, six buyers held out", input(500, 4500, 6, 500), said{
			Verdict:  evaluation.Refused,
			Sentence: "Only 6 holdout customers bought. That is too few to say anything; a further run needs about 8,400 enrollments.",
		}},
		{"E02, six buyers held out, entry goes on", change(input(500, 4500, 6, 500), func(in *evaluation.Input) {
			in.Design.EntryUntil = time.Time{}
		}), said{
			Verdict:  evaluation.Refused,
			Sentence: "Only 6 holdout customers bought. That is too few to say anything; wait for about 3,400 more.",
			Date:     "2026-11-25",
		}},
		{"E02, a holdout of sixty", input(50, 540, 20, 60), said{
			Verdict:  evaluation.Refused,
			Sentence: "Only 60 customers are held out. That is too few to say anything; a further run needs about 1,000 enrollments.",
		}},
		{"E02, nobody bought", input(0, 9000, 0, 1000), said{
			Verdict:  evaluation.Refused,
			Sentence: "Nobody in the holdout bought. That is too few to say anything; a further run needs more customers.",
		}},
		{"E02, one", input(400, 4500, 1, 500), said{
			Verdict:  evaluation.Refused,
			Sentence: "Only one holdout customer bought. That is too few to say anything; a further run needs about 50,000 enrollments.",
		}},
		{"E02, a treated arm that does not buy", input(3, 1800, 12, 200), said{
			Verdict:  evaluation.Refused,
			Sentence: "Only 3 of the customers we wrote to bought. That is too few to say anything; a further run needs about 6,700 enrollments.",
		}},
		{"E02, nobody held out", change(input(810, 9000, 0, 0), func(in *evaluation.Input) {
			in.Design.HoldShare = 0
		}), said{
			Verdict:  evaluation.Refused,
			Sentence: "This campaign holds nobody out, so what would have been bought anyway is not known.",
		}},
		{"E02, nobody entered", input(0, 0, 0, 0), said{
			Verdict:  evaluation.Refused,
			Sentence: "Nobody has entered this campaign yet.",
		}},
		{"E03, too early", change(input(810, 9000, 72, 1000), func(in *evaluation.Input) {
			in.AsOf = on("2026-06-01")
			in.Observations[0].Final = evaluation.Totals{Enrollments: 8400, Buyers: 700, Orders: 700}
		}), said{
			Verdict:     evaluation.Provisional,
			Sentence:    "Results open on 14 June 2026; before that the figures are provisional and there is no verdict.",
			Explanation: "So far, with 10,000 of 10,000 enrollments complete: of every 100 customers we wrote to, 9.0 bought again; of every 100 held out, 7.2.",
			Date:        "2026-06-14",
		}},
		{"E03, nothing over yet", change(input(0, 9000, 0, 1000), func(in *evaluation.Input) {
			in.AsOf = on("2026-02-01")
			for i := range in.Observations {
				in.Observations[i].Matured, in.Observations[i].Final = evaluation.Totals{}, evaluation.Totals{}
			}
		}), said{
			Verdict:     evaluation.Provisional,
			Sentence:    "Results open on 14 June 2026; before that the figures are provisional and there is no verdict.",
			Explanation: "No enrollment has its window behind it yet.",
			Date:        "2026-06-14",
		}},
		{"E03, entry without an end", change(input(810, 9000, 72, 1000), func(in *evaluation.Input) {
			in.Point.FinalAt, in.Design.EntryUntil = time.Time{}, time.Time{}
			in.Observations[0].Final = evaluation.Totals{Enrollments: 8400, Buyers: 700, Orders: 700}
		}), said{
			Verdict:     evaluation.Provisional,
			Sentence:    "Results open when 95 % of the enrollments are final; 9,400 of 10,000 are. Entry has no end, so that day moves on while it is open: give the campaign an `until`. Before that day the figures are provisional and there is no verdict.",
			Explanation: "So far, with 10,000 of 10,000 enrollments complete: of every 100 customers we wrote to, 9.0 bought again; of every 100 held out, 7.2.",
		}},
		{"E03, later than planned", change(input(810, 9000, 72, 1000), func(in *evaluation.Input) {
			in.Observations[0].Final = evaluation.Totals{Enrollments: 8400, Buyers: 700, Orders: 700}
		}), said{
			Verdict:     evaluation.Provisional,
			Sentence:    "Results are not open yet: 9,400 of 10,000 enrollments are final. Until 95 % are, the figures are provisional and there is no verdict.",
			Explanation: "So far, with 10,000 of 10,000 enrollments complete: of every 100 customers we wrote to, 9.0 bought again; of every 100 held out, 7.2.",
		}},
		// 0.001 a customer and 21.70 an order: 0.005 of 100, which nobody can tell from 0. A tenth of 7.2 is looked for.
		{"open, a break-even of almost nothing", change(input(810, 9000, 72, 1000), func(in *evaluation.Input) {
			in.Cost.PerTreatedMicros, in.Design.EntryUntil, in.Design.EntryFrom = 1000, time.Time{}, on("2026-04-01")
		}), said{
			Verdict:     evaluation.Open,
			Sentence:    "Of every 100 customers we wrote to, 9.0 bought again; 7.2 would have bought anyway. The campaign's own effect is +1.8 (between -0.1 and +3.4). We cannot yet say it pays: it needs less than 0.1.",
			Explanation: "We cannot tell yet. The campaign may have changed the number of buyers by anything from -0.1 to +3.4 per 100 customers; it needs less than 0.1 to pay for itself.",
			Next:        "To see a difference of 0.7 per 100 takes about 120,000 enrollments; there are 10,000. At the present pace they have entered and are final by 8 November 2028. With half of the customers held out, about 43,000 would do.",
			Date:        "2028-11-08",
		}},
		{"open, at a pace of many years", change(input(810, 9000, 72, 1000), func(in *evaluation.Input) {
			in.Cost.PerTreatedMicros, in.Design.EntryUntil = 1000, time.Time{}
		}), said{
			Verdict:     evaluation.Open,
			Sentence:    "Of every 100 customers we wrote to, 9.0 bought again; 7.2 would have bought anyway. The campaign's own effect is +1.8 (between -0.1 and +3.4). We cannot yet say it pays: it needs less than 0.1.",
			Explanation: "We cannot tell yet. The campaign may have changed the number of buyers by anything from -0.1 to +3.4 per 100 customers; it needs less than 0.1 to pay for itself.",
			Next:        "To see a difference of 0.7 per 100 takes about 120,000 enrollments; there are 10,000. A campaign of this size cannot tell within three years: it takes a larger audience or a larger holdout. With half of the customers held out, about 43,000 would do.",
		}},
		{"open, closed, a further run of many years", change(input(405, 4500, 390, 4500), func(in *evaluation.Input) {
			in.Cost.PerTreatedMicros, in.Design.HoldShare, in.Design.EntryFrom = 1000, holdout.Whole/2, on("2024-01-01")
		}), said{
			Verdict:     evaluation.Open,
			Sentence:    "Of every 100 customers we wrote to, 9.0 bought again; 8.7 would have bought anyway. The campaign's own effect is +0.3 (between -0.8 and +1.5). We cannot yet say it pays: it needs less than 0.1.",
			Explanation: "We cannot tell yet. The campaign may have changed the number of buyers by anything from -0.8 to +1.5 per 100 customers; it needs less than 0.1 to pay for itself.",
			Next:        "To see a difference of 0.9 per 100 takes about 35,000 enrollments; there are 9,000. A campaign of this size cannot tell within three years: it takes a larger audience.",
		}},
		{"E02, at a pace of many years", change(input(500, 4500, 1, 500), func(in *evaluation.Input) {
			in.Design.EntryUntil = time.Time{}
		}), said{
			Verdict:  evaluation.Refused,
			Sentence: "Only one holdout customer bought. That is too few to say anything; at the present pace there are not enough within three years: widen the segment or hold out more.",
		}},
		{"A/A replay, too few", change(input(6, 510, 58, 495), func(in *evaluation.Input) {
			in.ReplayAA = true
			in.Design.HoldShare = holdout.Whole / 2
		}), said{
			Verdict:  evaluation.Refused,
			Sentence: "Nobody was treated: this is a replay of the shop's own history. Only 6 of the customers we wrote to bought. That is too few to say anything; a further run needs about 1,700 enrollments.",
		}},
		{"A/A replay", change(input(62, 510, 58, 495), func(in *evaluation.Input) {
			in.ReplayAA = true
			in.Design.HoldShare = holdout.Whole / 2
		}), said{
			Verdict:     evaluation.Open,
			Sentence:    "Nobody was treated: this is a replay of the shop's own history, and both groups are alike by construction. Of every 100 customers in the one, 12.2 bought again; in the other 11.7. The difference is +0.4 (between -3.6 and +4.5). It includes 0, as a correct report does in 95 of 100 replays.",
			Explanation: "This checks the measurement; it is not a finding about the campaign.",
			Next:        "With groups of these sizes, an effect of +6.3 per 100 would be seen in 80 of 100 runs.",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(says(evaluate(t, tt.in)), tt.want); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

func TestFiguresOfAnOpenVerdict(t *testing.T) {
	t.Parallel()
	got := evaluate(t, input(810, 9000, 72, 1000))
	near := func(name string, got *float64, want float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > 2e-9*max(1, math.Abs(want)) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	near("difference", got.Difference.Estimate, 0.018)
	near("difference from", got.Difference.Lo, -0.0005724682453)
	near("difference to", got.Difference.Hi, 0.03373189806)
	near("relative", got.Relative.Estimate, 0.25)
	near("relative from", got.Relative.Lo, -0.006440154402)
	near("relative to", got.Relative.Hi, 0.5781078108)
	near("p", got.P, 0.05689818678)
	near("break even", got.BreakEven, 0.02119815668)
	near("extra buyers", got.ExtraBuyers.Estimate, 162)
	near("treated, from", got.Arm(holdout.Treat).Rate.Lo, 0.08426113111)
	near("held out, to", got.Arm(holdout.Hold).Rate.Hi, 0.08971178358)
	near("price", got.PricePerBuyer.Estimate, 0.46/0.018)
	if got.PricePerBuyer.Hi != nil || got.PricePerBuyer.Code != evaluation.Unbounded {
		t.Errorf("an effect that may be nothing has an upper price: %+v", got.PricePerBuyer)
	}
}

func TestRefusalsShowNoComparison(t *testing.T) {
	t.Parallel()
	for _, in := range []evaluation.Input{input(810, 8880, 72, 1120), input(500, 4500, 6, 500), input(0, 9000, 0, 1000)} {
		got := evaluate(t, in)
		if got.Difference.Estimate != nil || got.Relative.Estimate != nil || got.P != nil || got.ExtraBuyers.Estimate != nil {
			t.Errorf("%s shows %+v", got.Sentence, got.Difference)
		}
		if got.Difference.Code == "" || len(got.Refusals) == 0 {
			t.Errorf("%s does not say why", got.Sentence)
		}
	}
}

func TestAReplayThatLeavesOutZeroIsNotAFinding(t *testing.T) {
	t.Parallel()
	in := input(90, 500, 40, 500)
	in.ReplayAA, in.Design.HoldShare = true, holdout.Whole/2
	got := evaluate(t, in)
	if got.Verdict != evaluation.Open || !strings.Contains(got.Sentence, "It leaves out 0, as a correct report does in 5 of 100 replays") {
		t.Errorf("%s: %s", got.Verdict, got.Sentence)
	}
	if got.ExtraBuyers.Code != evaluation.NobodyTreated {
		t.Errorf("extra buyers of nobody: %+v", got.ExtraBuyers)
	}
}

func TestContradictionsAreErrors(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*evaluation.Input){
		"more buyers than enrollments": func(in *evaluation.Input) { in.Observations[0].Final.Buyers = 9001 },
		"more final than assigned":     func(in *evaluation.Input) { in.Observations[0].Assigned = 10 },
		"an arm twice":                 func(in *evaluation.Input) { in.Observations[1].Arm = holdout.Treat },
		"an unknown arm":               func(in *evaluation.Input) { in.Observations[1].Arm = "control" },
		"no instant":                   func(in *evaluation.Input) { in.AsOf = time.Time{} },
		"no window":                    func(in *evaluation.Input) { in.Point.Window = 0 },
		"a margin of NaN":              func(in *evaluation.Input) { in.Cost.Margin = ptr(math.NaN()) },
	} {
		in := input(810, 9000, 72, 1000)
		spoil(&in)
		if r, err := evaluation.Evaluate(in, evaluation.English()); err == nil {
			t.Errorf("%s: %s", name, r.Sentence)
		}
	}
}

// Whatever the counts, there is a verdict with a whole sentence, and JSON takes
// it: no NaN, no brace left, no figure beside a refusal.
func TestEveryInputHasAnAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := input(0, 0, 0, 0)
		in.Observations = nil
		for _, arm := range []holdout.Arm{holdout.Treat, holdout.Hold, holdout.GlobalHold} {
			o := evaluation.Observation{Arm: arm, Assigned: rapid.OneOf(rapid.Int64Range(0, 300), rapid.Int64Range(0, 1e7)).Draw(t, "assigned")}
			o.Matured = totals(t, o.Assigned)
			o.Final = totals(t, o.Matured.Enrollments)
			in.Observations = append(in.Observations, o)
		}
		in.Design.HoldShare = holdout.Share(rapid.Int64Range(0, int64(holdout.Whole)).Draw(t, "share"))
		in.Point.Primary = rapid.Bool().Draw(t, "primary")
		in.ReplayAA = rapid.Bool().Draw(t, "replay")
		in.AsOf = on("2026-01-01").Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "day")) * day)
		in.Cost.PerTreatedMicros = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 1e12)).Draw(t, "cost")
		if rapid.Bool().Draw(t, "no margin") {
			in.Cost.Margin = nil
		}
		if rapid.Bool().Draw(t, "entry goes on") {
			in.Design.EntryUntil = time.Time{}
		}
		r, err := evaluation.Evaluate(in, evaluation.English())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if r.Sentence == "" || r.Verdict == "" || strings.Contains(r.Sentence+r.Explanation+r.Next, "{") {
			t.Fatalf("%s %q %q %q", r.Verdict, r.Sentence, r.Explanation, r.Next)
		}
		if at := r.NextDate; at != nil && r.Verdict != evaluation.Provisional && at.After(in.AsOf.Add(3*365*day)) {
			t.Fatalf("%s on %v: %q", r.Verdict, at, r.Sentence+r.Next)
		}
		if strings.Contains(strings.ToLower(string(text)), "no effect") {
			t.Fatal("a report never says that there is no effect")
		}
		if shown := r.Difference.Estimate != nil; shown != (r.Verdict != evaluation.Refused && r.Verdict != evaluation.Provisional) {
			t.Fatalf("%s with difference %v", r.Verdict, shown)
		}
		if shown := r.Difference.Estimate != nil; shown == (len(r.Refusals) > 0) {
			t.Fatalf("refusals %v beside a difference", r.Refusals)
		}
	})
}

func totals(t *rapid.T, n int64) evaluation.Totals {
	var out evaluation.Totals
	out.Enrollments = rapid.OneOf(rapid.Just(n), rapid.Int64Range(0, n)).Draw(t, "enrollments")
	out.Buyers = rapid.Int64Range(0, out.Enrollments).Draw(t, "buyers")
	out.Orders = out.Buyers + rapid.Int64Range(0, 10).Draw(t, "more orders")
	return out
}

// Swapping the arms turns the effect round and nothing else.
func TestSwappedArms(t *testing.T) {
	t.Parallel()
	in := input(450, 5000, 360, 5000)
	in.Design.HoldShare = holdout.Whole / 2
	swapped := input(360, 5000, 450, 5000)
	swapped.Design.HoldShare = holdout.Whole / 2
	a, b := evaluate(t, in), evaluate(t, swapped)
	for _, pair := range [][2]*float64{{a.Difference.Estimate, b.Difference.Estimate}, {a.Difference.Lo, b.Difference.Hi}, {a.Difference.Hi, b.Difference.Lo}} {
		if *pair[0] != -*pair[1] {
			t.Errorf("%v and %v are not opposite", *pair[0], *pair[1])
		}
	}
	if *a.P != *b.P {
		t.Errorf("p %v and %v", *a.P, *b.P)
	}
}
