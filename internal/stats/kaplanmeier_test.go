package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

type Event = stats.Event
type Curve = stats.Curve
type Step = stats.Step
type Gap = stats.Gap

var nearly = cmpopts.EquateApprox(1e-9, 1e-12)

func curveOf(n int64, events ...Event) Curve {
	c, ok := stats.KaplanMeier(n, events, 0.05)
	if !ok {
		panic("not defined")
	}
	return c
}

// The two arms of the method's specification, which states F_T(12), F_C(15) and
// the difference there. The other steps, and those of the cases below, were
// computed with Python's decimals at 60 digits.
func TestKaplanMeierOfTheSpecification(t *testing.T) {
	t.Parallel()
	treat := curveOf(10, Event{2, 1, 0}, Event{5, 2, 0}, Event{9, 0, 1}, Event{12, 1, 0}, Event{20, 0, 1}, Event{30, 0, 4})
	control := curveOf(8, Event{4, 1, 0}, Event{15, 1, 0}, Event{18, 0, 1}, Event{30, 0, 5})
	if diff := cmp.Diff(treat, Curve{N: 10, Until: 30, Steps: []Step{
		{2, 10, 1, Estimate{0.1, 0.01471860663, 0.5269907286}, 0.09486832981},
		{5, 9, 2, Estimate{0.3, 0.1080509588, 0.6712834067}, 0.1449137675},
		{12, 6, 1, Estimate{0.4166666667, 0.1792605028, 0.7702134811}, 0.1610152972},
	}}, nearly); diff != "" {
		t.Errorf("treat (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(control, Curve{N: 8, Until: 30, Steps: []Step{
		{4, 8, 1, Estimate{0.125, 0.01860703412, 0.6129999860}, 0.1169267933},
		{15, 7, 1, Estimate{0.25, 0.06910168291, 0.6851928863}, 0.1530931089},
	}}, nearly); diff != "" {
		t.Errorf("control (-got +want):\n%s", diff)
	}
	gap := func(at, value, se float64) Gap {
		return Gap{at, Estimate{value, value - z95*se, value + z95*se}, se}
	}
	if diff := cmp.Diff(stats.CurveDifference(treat, control, 0.05), []Gap{
		gap(4, 0.1-0.125, math.Hypot(0.09486832981, 0.1169267933)),
		gap(5, 0.3-0.125, math.Hypot(0.1449137675, 0.1169267933)),
		gap(12, 0.4166666667-0.125, math.Hypot(0.1610152972, 0.1169267933)),
		gap(15, 0.1666666667, 0.2221788152),
	}, nearly); diff != "" {
		t.Errorf("difference (-got +want):\n%s", diff)
	}
}

func TestKaplanMeier(t *testing.T) {
	t.Parallel()
	one := func(at float64, risk, bought int64, e Estimate, se float64) []Step {
		return []Step{{at, risk, bought, e, se}}
	}
	for _, tt := range []struct {
		name   string
		n      int64
		events []Event
		want   Curve
	}{
		{"no event yet", 5, nil, Curve{N: 5, Left: 5}},
		{"nobody bought", 5, []Event{{7, 0, 5}}, Curve{N: 5, Until: 7}},
		{"purchases come before censorings", 4, []Event{{3, 0, 2}, {3, 1, 0}},
			Curve{N: 4, Until: 3, Left: 1, Steps: one(3, 4, 1, Estimate{0.25, 0.03945135771, 0.8720530824}, 0.2165063509)}},
		{"the only one bought", 1, []Event{{3, 1, 0}}, Curve{N: 1, Until: 3, Steps: one(3, 1, 1, Estimate{1, 0, 1}, 0)}},
		{"the last one bought", 4, []Event{{1, 1, 0}, {2, 3, 0}},
			Curve{N: 4, Until: 2, Steps: append(one(1, 4, 1, Estimate{0.25, 0.03945135771, 0.8720530824}, 0.2165063509),
				one(2, 3, 3, Estimate{1, 0.03945135771, 1}, 0)...)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(curveOf(tt.n, tt.events...), tt.want, nearly); diff != "" {
				t.Errorf("(-got +want):\n%s", diff)
			}
		})
	}
	if _, ok := stats.KaplanMeier(0, nil, 0.05); ok {
		t.Error("an arm of nobody has a curve")
	}
}

func TestKaplanMeierPanics(t *testing.T) {
	t.Parallel()
	for name, events := range map[string][]Event{
		"more than there are": {{1, 2, 1}, {2, 0, 1}},
		"less than nobody":    {{1, -1, 0}},
		"un-censored":         {{1, 0, -1}},
		"at no time":          {{math.NaN(), 1, 0}},
		"never":               {{math.Inf(1), 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Errorf("%v have a curve", events)
				}
			}()
			stats.KaplanMeier(3, events, 0.05)
		})
	}
}

func TestCurveDifferenceIsLeftOutWhereItIsNotKnown(t *testing.T) {
	t.Parallel()
	at := func(treat, control Curve) []float64 {
		var times []float64
		for _, g := range stats.CurveDifference(treat, control, 0.05) {
			times = append(times, g.At)
		}
		return times
	}
	steady := curveOf(10, Event{1, 1, 0}, Event{3, 1, 0}, Event{5, 1, 0}, Event{9, 1, 0})
	for _, tt := range []struct {
		name string
		with Curve
		want []float64
	}{
		{"both go on", curveOf(10, Event{2, 1, 0}), []float64{2, 3, 5, 9}},
		{"one has not begun", curveOf(10, Event{4, 1, 0}), []float64{4, 5, 9}},
		{"one has not begun at all", curveOf(10, Event{4, 0, 1}), nil},
		{"one is no longer followed", curveOf(10, Event{2, 1, 0}, Event{5, 0, 9}), []float64{2, 3, 5}},
		{"all of one have bought", curveOf(10, Event{2, 1, 0}, Event{5, 9, 0}), []float64{2, 3}},
		{"no curve", Curve{}, nil},
	} {
		if diff := cmp.Diff(at(steady, tt.with), tt.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(at(tt.with, steady), tt.want); diff != "" {
			t.Errorf("%s, arms swapped (-got +want):\n%s", tt.name, diff)
		}
	}
}

func TestKaplanMeierProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (n int64, events []Event) {
			for at := range rapid.IntRange(1, 12).Draw(t, name+" days") {
				e := Event{float64(at), rapid.Int64Range(0, 9).Draw(t, name+" bought"), rapid.Int64Range(0, 9).Draw(t, name+" censored")}
				events, n = append(events, e), n+e.Bought+e.Censored
			}
			return n + rapid.Int64Range(1, 9).Draw(t, name+" left"), events
		}
		n, events := draw("treat")
		curve := curveOf(n, events...)
		below := 0.0
		for _, s := range curve.Steps {
			if !(0 <= s.Lo && s.Lo <= s.Value && s.Value <= s.Hi && s.Hi <= 1 && below < s.Value) || s.SE <= 0 {
				t.Fatalf("step %+v after %v", s, below)
			}
			below = s.Value
		}

		// The order and the grouping of events do not matter.
		mixed := slices.Clone(events)
		slices.Reverse(mixed)
		for i, e := range mixed {
			mixed[i].Censored = 0
			mixed = append(mixed, Event{e.At, 0, e.Censored})
		}
		if diff := cmp.Diff(curveOf(n, mixed...), curve); diff != "" {
			t.Fatalf("in another order (-got +want):\n%s", diff)
		}

		// Without censoring the curve is the plain share, and Greenwood's the
		// binomial standard error.
		var bought int64
		var plain []Event
		for _, e := range events {
			plain = append(plain, Event{e.At, e.Bought, 0})
		}
		for _, s := range curveOf(n, plain...).Steps {
			bought += s.Bought
			share := float64(bought) / float64(n)
			if se := math.Sqrt(share * (1 - share) / float64(n)); math.Abs(s.Value-share) > 1e-12 || math.Abs(s.SE-se) > 1e-12 {
				t.Fatalf("%+v, want %v and SE %v", s, share, se)
			}
		}

		n, events = draw("control")
		other := curveOf(n, events...)
		swapped := stats.CurveDifference(other, curve, 0.05)
		for i, g := range stats.CurveDifference(curve, other, 0.05) {
			if s := swapped[i]; s.At != g.At || s.Value != -g.Value || s.Lo != -g.Hi || s.Hi != -g.Lo || s.SE != g.SE {
				t.Fatalf("arms swapped: %+v against %+v", s, g)
			}
		}
	})
}

// With customers who enter over time, and so are followed for different times,
// the bands hold the true share at a time in 95 of 100 repetitions.
func TestKaplanMeierCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, days, day, hazard, lift = 2000, 30, 20, 0.01, 1.4
	random := rand.New(rand.NewPCG(20260303, 1))
	arm := func(n int64, hazard float64) Curve { return curveFrom(drawn(random, n, hazard, days)) }
	truth := func(hazard float64) float64 { return -math.Expm1(-hazard * day) }
	var band, difference float64
	for range repetitions {
		treat, control := arm(300, hazard*lift), arm(150, hazard)
		for _, s := range slices.Backward(control.Steps) {
			if s.At <= day {
				band += hit(s.Lo <= truth(hazard) && truth(hazard) <= s.Hi)
				break
			}
		}
		for _, g := range slices.Backward(stats.CurveDifference(treat, control, 0.05)) {
			if g.At <= day {
				d := truth(hazard*lift) - truth(hazard)
				difference += hit(g.Lo <= d && d <= g.Hi)
				break
			}
		}
	}
	for name, hits := range map[string]float64{"band": band, "difference": difference} {
		if share := 100 * hits / repetitions; share < 93.5 || share > 96.5 {
			t.Errorf("%s covers %.1f %%, want 95", name, share)
		} else {
			t.Logf("%s covers %.1f %%", name, share)
		}
	}
}
