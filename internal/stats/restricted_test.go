package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func curveFrom(f FollowUp) Curve { return curveOf(f.N, f.Events...) }

// The first case is the specification's; the others are survfit's of R's survival
// 3.5.
func TestRestricted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		treat, control FollowUp
		horizon        float64
		want           [2][2]float64 // mean and SE of each arm
		difference     [2]float64
	}{
		{"specification", specTreat, specControl, 30, [2][2]float64{{20.1, 3.852791196}, {24.875, 3.285562642}}, [2]float64{-4.775, 5.063489101}},
		{"leukaemia", amlMaintained, amlOther, 40, [2][2]float64{{28.89772727273, 3.46757767889}, {21.93055555556, 3.83564116318}},
			[2]float64{28.89772727273 - 21.93055555556, math.Hypot(3.46757767889, 3.83564116318)}},
		{"lung cancer", veteranTest, veteranStandard, 300, [2][2]float64{{103.4941817227, 12.6024033154}, {114.1211298918, 11.6734248309}},
			[2]float64{103.4941817227 - 114.1211298918, math.Hypot(12.6024033154, 11.6734248309)}},
	} {
		treat, control := curveFrom(tt.treat), curveFrom(tt.control)
		for i, c := range []Curve{treat, control} {
			got, ok := c.Restricted(tt.horizon, 0.05)
			mean, se := tt.want[i][0], tt.want[i][1]
			want := stats.RestrictedMean{Estimate: Estimate{mean, mean - z95*se, min(tt.horizon, mean+z95*se)}, SE: se}
			if diff := cmp.Diff(got, want, nearly); diff != "" || !ok {
				t.Errorf("%s, arm %d (-got +want):\n%s", tt.name, i, diff)
			}
		}
		got, ok := stats.RestrictedDifference(treat, control, tt.horizon, 0.05)
		d, se := tt.difference[0], tt.difference[1]
		if diff := cmp.Diff(got, stats.RestrictedMean{Estimate: Estimate{d, d - z95*se, d + z95*se}, SE: se}, nearly); diff != "" || !ok {
			t.Errorf("%s, difference (-got +want):\n%s", tt.name, diff)
		}
	}
}

func TestRestrictedIsNotDefined(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		of      FollowUp
		horizon float64
	}{
		{"before anybody bought", signed(5, 6, -9), 5},
		{"at entry", signed(5, 6, -9), 0},
		{"before entry", signed(5, 6, -9), -1},
		{"where nobody is followed", signed(5, 6, -9), 9.5},
		{"nobody bought", signed(-5, -6), 4},
		{"nobody", FollowUp{}, 4},
		{"all at once, which says nothing of how sure it is", signed(5, 5, 5), 10},
	} {
		c, _ := stats.KaplanMeier(tt.of.N, tt.of.Events, 0.05)
		if got, ok := c.Restricted(tt.horizon, 0.05); ok || got != (stats.RestrictedMean{}) {
			t.Errorf("%s: %+v, defined %v", tt.name, got, ok)
		}
		if _, ok := stats.RestrictedDifference(c, curveFrom(specControl), max(1, tt.horizon), 0.05); ok {
			t.Errorf("%s: it has a difference", tt.name)
		}
	}

	// Where all have bought, the curve is known for ever.
	got, ok := curveFrom(signed(1, 3)).Restricted(100, 0.05)
	near(t, "mean", got.Value, 2, 1e-12)
	near(t, "SE", got.SE, math.Sqrt(0.5), 1e-12) // area 1 above a step of 1 of 2
	if !ok {
		t.Error("all have bought: not defined")
	}
}

func TestRestrictedProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Float64Range(0.1, 30), 3, 40).Draw(t, "times")
		curve := curveFrom(signed(times...))
		horizon := rapid.Float64Range(1, 40).Draw(t, "horizon")
		got, ok := curve.Restricted(horizon, 0.05)
		if !ok {
			return
		}

		// Without censoring it is the mean of what is seen of each, with the binomial's standard error.
		var sum, squares float64
		n := float64(len(times))
		for _, at := range times {
			sum += min(at, horizon)
		}
		for _, at := range times {
			d := min(at, horizon) - sum/n
			squares += d * d
		}
		if math.Abs(got.Value-sum/n) > 1e-9 || math.Abs(got.SE-math.Sqrt(squares)/n) > 1e-9 || !(0 <= got.Lo && got.Lo <= got.Value && got.Value <= got.Hi && got.Hi <= horizon) {
			t.Fatalf("%+v, want %v and SE %v", got, sum/n, math.Sqrt(squares)/n)
		}
		slower, _ := curveFrom(specTreat).Restricted(20, 0.05)
		if d, ok := stats.RestrictedDifference(curve, curveFrom(specTreat), 20, 0.05); ok {
			mine, _ := curve.Restricted(20, 0.05)
			if d.Value != mine.Value-slower.Value || !(d.Lo <= d.Value && d.Value <= d.Hi) {
				t.Fatalf("difference %+v of %+v and %+v", d, mine, slower)
			}
		}
	})
}

// With customers who enter over time the bands hold the truth in 95 of 100.
func TestRestrictedCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, horizon, hazard, lift = 2000, 25, 0.02, 1.5
	truth := func(hazard float64) (mean float64) {
		for day := range horizon { // purchases of a day count at its end
			mean += math.Exp(-hazard * float64(day))
		}
		return mean
	}
	random := rand.New(rand.NewPCG(20260708, 1))
	var one, both float64
	for range repetitions {
		treat, control := curveFrom(drawn(random, 300, hazard*lift, 30)), curveFrom(drawn(random, 150, hazard, 30))
		m, _ := control.Restricted(horizon, 0.05)
		one += hit(m.Lo <= truth(hazard) && truth(hazard) <= m.Hi)
		d, _ := stats.RestrictedDifference(treat, control, horizon, 0.05)
		want := truth(hazard*lift) - truth(hazard)
		both += hit(d.Lo <= want && want <= d.Hi)
	}
	for name, hits := range map[string]float64{"mean": one, "difference": both} {
		if share := 100 * hits / repetitions; share < 93 || share > 97 {
			t.Errorf("%s covers %.1f %%, want 95", name, share)
		} else {
			t.Logf("%s covers %.1f %%", name, share)
		}
	}
}
