package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

type Count = stats.Count
type Estimate = stats.Estimate

// The worked vectors of the method's specification: difference, relative lift,
// statistic and p, each computed there independently.
func TestScoreIntervalsOfTheSpecification(t *testing.T) {
	t.Parallel()
	none := Estimate{math.NaN(), math.NaN(), math.NaN()}
	for _, tt := range []struct {
		name             string
		treat, control   Count
		difference, lift Estimate
		z, p             float64
	}{
		{"nine hundred of nine thousand", Count{810, 9000}, Count{72, 1000},
			Estimate{0.018, -0.0005724682453, 0.03373189806}, Estimate{0.25, -0.006440154402, 0.5781078108}, 1.904092128, 0.05689818678},
		{"a handful", Count{7, 120}, Count{1, 30},
			Estimate{0.025, -0.1119373723, 0.09161094497}, Estimate{0.75, -0.6969322963, 9.849178649}, 0.5432443618, 0.5869615664},
		{"nobody at all", Count{0, 50}, Count{0, 10},
			Estimate{0, -0.2809153351, 0.07246924477}, none, 0, 1},
		{"nobody in the control", Count{5, 200}, Count{0, 40},
			Estimate{0.025, -0.06334333303, 0.05726980333}, none, 1.008474728, 0.3132266142},
		{"Miettinen and Nurminen's kind of example", Count{7, 34}, Count{1, 34},
			Estimate{0.1764705882, 0.02704162658, 0.3452912170}, Estimate{6, 0.2085679751, 42.03297224}, 2.241651177, 0.02498392562},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, ok := stats.ScoreDifference(tt.treat, tt.control, 0.05)
			if !ok {
				t.Fatal("no difference")
			}
			same(t, "difference", d, tt.difference, 2e-9)

			r, ok := stats.ScoreRatio(tt.treat, tt.control, 0.05)
			if want := !math.IsNaN(tt.lift.Value); ok != want {
				t.Fatalf("ratio reportable: %v, want %v", ok, want)
			}
			if ok {
				same(t, "lift", Estimate{r.Value - 1, r.Lo - 1, r.Hi - 1}, tt.lift, 2e-9)
			}
			z, p, _ := stats.ScoreTest(tt.treat, tt.control)
			near(t, "z", z, tt.z, 1e-9)
			near(t, "p", p, tt.p, 1e-9)
		})
	}
}

// Corners and sizes where the closed form loses digits. Computed with mpmath 1.3
// at 60 digits, the constrained rate by halving the likelihood's score rather
// than by the cubic.
func TestScoreIntervalsAtTheCorners(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		treat, control Count
		difference     Estimate
		ratio          Estimate
	}{
		{Count{12, 100000}, Count{3, 10000}, Estimate{-0.00018, -0.000763636594819754, 3.734740631782315e-5}, Estimate{0.4, 0.12134582676680323, 1.318860065956587}},
		{Count{0, 200}, Count{5, 40}, Estimate{-0.125, -0.26146341575504502, -0.054503563672352552}, Estimate{0, 0, 0.15258551322274488}},
		{Count{150, 9000000}, Count{20, 1000000}, Estimate{-3.3333333333333333e-6, -1.4473801601886222e-5, 4.3286309396038382e-6}, Estimate{0.83333333333333333, 0.52479447921285013, 1.3232736617298987}},
		{Count{50, 50}, Count{1, 10}, Estimate{0.9, 0.5929327405240774, 0.98233499137704691}, Estimate{10, 2.4565964879795213, 56.609086434333624}},
		{Count{50, 50}, Count{10, 10}, Estimate{0, -0.07246924476908884, 0.28091533512359461}, Estimate{1, 0.92753075523091116, 1.3906568292231315}},
		{Count{3, 4000}, Count{1, 4000}, Estimate{0.0005, -0.00072665808744614198, 0.0019790794518561857}, Estimate{3, 0.4300354472188589, 20.933634650727102}},
		{Count{0, 1}, Count{1, 1}, Estimate{-1, -1, 0.58690137124552522}, Estimate{0, 0, 3.841458820694126}},
		{Count{400000, 9000000}, Count{40000, 1000000}, Estimate{0.0044444444444444444, 0.0040359000420345945, 0.0048498840422407029}, Estimate{1.1111111111111111, 1.0999821300198481, 1.1223565665467657}},
		{Count{10, 10}, Count{3, 20}, Estimate{0.85, 0.53047400424888665, 0.94850961955495321}, Estimate{6.6666666666666667, 2.7431698040132395, 19.42110334700774}},
	} {
		d, _ := stats.ScoreDifference(tt.treat, tt.control, 0.05)
		r, _ := stats.ScoreRatio(tt.treat, tt.control, 0.05)
		same(t, "difference", d, tt.difference, 1e-9)
		same(t, "ratio", r, tt.ratio, 1e-9)
	}
}

func TestScoreOfAnEmptyArmIsNotDefined(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]Count{{{}, {1, 10}}, {{1, 10}, {}}, {{}, {}}} {
		if _, ok := stats.ScoreDifference(pair[0], pair[1], 0.05); ok {
			t.Errorf("difference of %v is defined", pair)
		}
		if _, ok := stats.ScoreRatio(pair[0], pair[1], 0.05); ok {
			t.Errorf("ratio of %v is defined", pair)
		}
		if _, p, ok := stats.ScoreTest(pair[0], pair[1]); ok || p != 1 {
			t.Errorf("test of %v: p %v, defined %v", pair, p, ok)
		}
	}
}

// drawCount is any arm, small ones and extreme rates included.
func drawCount(t *rapid.T, name string) Count {
	n := rapid.OneOf(rapid.Int64Range(1, 40), rapid.Int64Range(1, 5_000_000)).Draw(t, name+".n")
	x := rapid.OneOf(rapid.Int64Range(0, min(n, 20)), rapid.Int64Range(0, n)).Draw(t, name+".x")
	return Count{x, n}
}

func TestScoreProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		treat, control := drawCount(t, "treat"), drawCount(t, "control")
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		wider := alpha * rapid.Float64Range(0.05, 0.95).Draw(t, "factor")

		d, _ := stats.ScoreDifference(treat, control, alpha)
		if !(d.Lo <= d.Value && d.Value <= d.Hi) || d.Lo < -1 || d.Hi > 1 {
			t.Fatalf("difference %v leaves out its estimate or [-1,1]", d)
		}
		if w, _ := stats.ScoreDifference(treat, control, wider); w.Lo > d.Lo+1e-9 || w.Hi < d.Hi-1e-9 {
			t.Fatalf("difference at alpha %v is %v, at %v %v: not wider", wider, w, alpha, d)
		}
		if s, _ := stats.ScoreDifference(control, treat, alpha); math.Abs(s.Value+d.Value)+math.Abs(s.Lo+d.Hi)+math.Abs(s.Hi+d.Lo) > 1e-8 {
			t.Fatalf("arms swapped: %v against %v", s, d)
		}
		z, p, _ := stats.ScoreTest(treat, control)
		if swapped, q, _ := stats.ScoreTest(control, treat); swapped != -z || q != p {
			t.Fatalf("arms swapped: z %v p %v against z %v p %v", swapped, q, z, p)
		}
		r, ok := stats.ScoreRatio(treat, control, alpha)
		if ok && (!(0 <= r.Lo && r.Lo <= r.Value && r.Value <= r.Hi) || math.IsInf(r.Hi, 0)) {
			t.Fatalf("ratio %v leaves out its estimate or is unbounded", r)
		}
		if math.Abs(p-alpha) < 1e-6*alpha {
			return // on the very edge the last bits decide
		}
		rejects := p < alpha
		if excludes := d.Lo > 0 || d.Hi < 0; excludes != rejects {
			t.Fatalf("p %v at alpha %v, but the difference is %v", p, alpha, d)
		}
		if excludes := r.Lo > 1 || r.Hi < 1; ok && excludes != rejects {
			t.Fatalf("p %v at alpha %v, but the ratio is %v", p, alpha, r)
		}
	})
}

func same(t *testing.T, name string, got, want Estimate, tolerance float64) {
	t.Helper()
	near(t, name, got.Value, want.Value, tolerance)
	near(t, name+" from", got.Lo, want.Lo, tolerance)
	near(t, name+" to", got.Hi, want.Hi, tolerance)
}
