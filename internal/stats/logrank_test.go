package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// The two arms of the method's specification.
var (
	specTreat = FollowUp{N: 10, Events: []Event{
		{At: 2, Bought: 1}, {At: 5, Bought: 2}, {At: 9, Censored: 1}, {At: 12, Bought: 1}, {At: 20, Censored: 1}, {At: 30, Censored: 4},
	}}
	specControl = FollowUp{N: 8, Events: []Event{{At: 4, Bought: 1}, {At: 15, Bought: 1}, {At: 18, Censored: 1}, {At: 30, Censored: 5}}}
)

// Acute myelogenous leukaemia, maintained and not (Miller 1981, Survival Analysis,
// p. 49): time until relapse; negative: last seen without one.
var (
	amlMaintained = signed(9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161)
	amlOther      = signed(5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45)
)

// The lung cancer trial of the Veterans' Administration (Kalbfleisch and Prentice
// 1980, appendix 1), test treatment and standard.
var (
	veteranTest = signed(999, 112, -87, -231, 242, 991, 111, 1, 587, 389, 33, 25, 357, 467, 201, 1, 30, 44, 283, 15, 25, -103, 21,
		13, 87, 2, 20, 7, 24, 99, 8, 99, 61, 25, 95, 80, 51, 29, 24, 18, -83, 31, 51, 90, 52, 73, 8, 36, 48, 7, 140, 186, 84, 19, 45,
		80, 52, 164, 19, 53, 15, 43, 340, 133, 111, 231, 378, 49)
	veteranStandard = signed(72, 411, 228, 126, 118, 10, 82, 110, 314, -100, 42, 8, 144, -25, 11, 30, 384, 4, 54, 13, -123, -97, 153,
		59, 117, 16, 151, 22, 56, 21, 18, 139, 20, 31, 52, 287, 18, 51, 122, 27, 54, 7, 63, 392, 10, 8, 92, 35, 117, 132, 12, 162, 3,
		95, 177, 162, 216, 553, 278, 12, 260, 200, 156, -182, 143, 105, 103, 250, 100)
)

func signed(times ...float64) (f FollowUp) {
	for _, t := range times {
		f.Add(math.Abs(t), t > 0)
	}
	return f
}

// The first case is the specification's; the others are survdiff's of R's
// survival 3.5.
func TestLogRank(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		treat, control FollowUp
		want           stats.LogRankTest
	}{
		{"specification", specTreat, specControl, stats.LogRankTest{Observed: 4, Expected: 3.088172448, Variance: 1.446999794, Chi2: 0.5745885295, P: 0.4484412965}},
		{"leukaemia", amlMaintained, amlOther, stats.LogRankTest{Observed: 7, Expected: 10.6893359923, Variance: 4.00755074594, Chi2: 3.39638869898, P: 0.0653393220405}},
		{"lung cancer", veteranTest, veteranStandard, stats.LogRankTest{Observed: 64, Expected: 63.4998033364, Variance: 30.4103883993, Chi2: 0.00822734320235, P: 0.92772723334}},
	} {
		got, ok := stats.LogRank(tt.treat, tt.control)
		if diff := cmp.Diff(got, tt.want, nearly); diff != "" || !ok {
			t.Errorf("%s (-got +want):\n%s", tt.name, diff)
		}
	}
	for name, pair := range map[string][2]FollowUp{
		"nobody":                  {},
		"nobody bought":           {signed(-1, -2), signed(-3)},
		"nobody in one arm":       {signed(1, 2), {}},
		"one arm gone by then":    {signed(-1), signed(2, 3)},
		"the only one left":       {signed(1), signed()},
		"both arms all at a time": {signed(5, 5), signed(5)},
	} {
		if got, ok := stats.LogRank(pair[0], pair[1]); ok || got.P != 1 {
			t.Errorf("%s: %+v, defined %v", name, got, ok)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("more purchases than customers have a test")
		}
	}()
	stats.LogRank(FollowUp{N: 1, Events: []Event{{At: 1, Bought: 2}}}, specControl)
}

func TestLogRankProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Float64Range(-30, 30), 2, 40)
		treat, control := signed(times.Draw(t, "treat")...), signed(times.Draw(t, "control")...)
		got, ok := stats.LogRank(treat, control)
		if !ok {
			return
		}
		swapped, _ := stats.LogRank(control, treat)
		if !(got.P >= 0 && got.P <= 1) || math.Abs(swapped.P-got.P) > 1e-9 || math.Abs(swapped.Observed-swapped.Expected+got.Observed-got.Expected) > 1e-9 {
			t.Fatalf("%+v, arms swapped %+v", got, swapped)
		}

		// Only the order of times matters.
		stretched := func(f FollowUp) (g FollowUp) {
			g.N = f.N
			for _, e := range f.Events {
				e.At = math.Expm1(e.At)
				g.Events = append(g.Events, e)
			}
			return g
		}
		if later := logRank(stretched(treat), stretched(control)); later != got {
			t.Fatalf("%+v, in another time %+v", got, later)
		}
	})
}

// Of arms that are alike the test finds a difference in 5 of 100, with customers
// who enter over time.
func TestLogRankHoldsAlpha(t *testing.T) {
	t.Parallel()
	const repetitions = 10_000
	random := rand.New(rand.NewPCG(20260707, 1))
	var alarms, found float64
	for range repetitions {
		control := drawn(random, 150, 0.01, 30)
		alarms += hit(logRank(drawn(random, 300, 0.01, 30), control).P < 0.05)
		found += hit(logRank(drawn(random, 300, 0.02, 30), control).P < 0.05)
	}
	alarms, found = 100*alarms/repetitions, 100*found/repetitions
	t.Logf("alarms in %.1f %%, twice the hazard found in %.1f %%", alarms, found)
	if alarms < 4.3 || alarms > 5.7 || found < 60 {
		t.Errorf("alarms in %.1f %%, want 5; twice the hazard found in %.1f %%, want more than 60", alarms, found)
	}
}
