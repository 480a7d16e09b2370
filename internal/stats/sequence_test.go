package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// The vectors of the method's specification.
func TestMeanSequence(t *testing.T) {
	t.Parallel()
	tau2 := stats.SequenceScale(10_000, 0.05)
	near(t, "w", tau2*10_000, 8.211968062, 1e-10)
	for n, want := range map[int64]float64{
		1_000: 3.823218333, 2_500: 3.251099681, 5_000: 3.078662538, 10_000: 3.035122413, 20_000: 3.064003115, 50_000: 3.157141542,
	} {
		got, ok := stats.MeanSequence(0, 1, n, tau2, 0.05)
		if !ok || got.Lo != -got.Hi {
			t.Errorf("n %d: %+v, defined %v", n, got, ok)
		}
		near(t, "multiplier", got.Hi, want, 2e-10)
	}
	got, _ := stats.MeanSequence(0.018, 0.0094533, 10_000, tau2, 0.05)
	near(t, "lo", got.Lo, 0.018-0.02869192271, 1e-9)
	near(t, "hi", got.Hi, 0.018+0.02869192271, 1e-9)
	near(t, "p", stats.AlwaysValid([]stats.Early{got}, tau2)[0], 0.6030505736, 2e-10)

	strong, _ := stats.MeanSequence(4.2, 1, 6_000, tau2, 0.05)
	p := stats.AlwaysValid([]stats.Early{got, strong, got}, tau2)
	near(t, "first p", p[0], 0.6030505736, 2e-10)
	near(t, "second p", p[1], 0.001592952965, 3e-10)
	if p[2] != p[1] {
		t.Errorf("p rises from %v to %v", p[1], p[2])
	}
	if none := stats.AlwaysValid([]stats.Early{{}, {N: 50_000}}, tau2); none[0] != 1 || none[1] != 1 {
		t.Errorf("p of nothing seen: %v, want 1", none)
	}
}

func TestSequenceIsNotDefined(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]struct {
		value, se float64
		n         int64
	}{
		"nobody": {1, 1, 0}, "no spread": {1, 0, 9}, "no number": {math.NaN(), 1, 9}, "no end": {1, math.Inf(1), 9}, "too far out": {1e308, 1e-308, 9},
	} {
		if got, ok := stats.MeanSequence(given.value, given.se, given.n, 0.01, 0.05); ok || got != (stats.Early{}) {
			t.Errorf("%s: %+v, defined %v", name, got, ok)
		}
	}
	enough := Count{50, 1000}
	for name, pair := range map[string][2]Count{
		"small control":           {enough, {12, 99}},
		"few buyers in control":   {enough, {9, 1000}},
		"few buyers in treatment": {{9, 1000}, enough},
		"nobody":                  {{}, {}},
	} {
		if got, ok := stats.RateSequence(pair[0], pair[1], 0.01, 0.05); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if _, ok := stats.RateSequence(Count{10, 900}, Count{10, 100}, 0.01, 0.05); !ok {
		t.Error("ten of each and a hundred held are not enough")
	}
	for name, bad := range map[string]func(){
		"nobody planned": func() { stats.SequenceScale(0, 0.05) },
		"no alpha":       func() { stats.SequenceScale(1, 0) },
		"no scale":       func() { stats.MeanSequence(0, 1, 1, 0, 0.05) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s has a sequence", name)
				}
			}()
			bad()
		}()
	}
}

func TestSequenceProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alpha := rapid.Float64Range(1e-6, 0.9).Draw(t, "alpha")
		planned := rapid.Int64Range(1, 10_000_000).Draw(t, "planned")
		tau2 := stats.SequenceScale(planned, alpha)

		// -(1+w) is Lambert's W of -alpha^2/e.
		w := tau2 * float64(planned)
		if x := -(1 + w) * math.Exp(-(1 + w)); math.Abs(x/(-alpha*alpha/math.E)-1) > 1e-12 {
			t.Fatalf("w %v at alpha %v gives %v", w, alpha, x)
		}

		// Wider than the interval of one look at every n, narrowest where planned.
		n := rapid.Int64Range(1, 100_000_000).Draw(t, "n")
		z := rapid.Float64Range(-8, 8).Draw(t, "z")
		got, ok := stats.MeanSequence(z, 1, n, tau2, alpha)
		if half := (got.Hi - got.Lo) / 2; !ok || !(half > -stats.NormalQuantile(alpha/2)) {
			t.Fatalf("half-width %v at n %d", half, n)
		}
		at, _ := stats.MeanSequence(z, 1, planned, tau2, alpha)
		if got.Hi-got.Lo < (at.Hi-at.Lo)*(1-1e-12) {
			t.Fatalf("narrower at %d than at the planned %d", n, planned)
		}
		p := stats.AlwaysValid([]stats.Early{got}, tau2)[0]
		if math.Abs(p/alpha-1) > 1e-9 && (p < alpha) != (got.Lo > 0 || got.Hi < 0) {
			t.Fatalf("p %v and %+v disagree", p, got)
		}
	})
}

// Thirty daily looks at 450 treated and 50 held a day who buy at 5 %. Without an
// effect (P1) a fixed interval raises an alarm in more than a quarter of all
// campaigns; the five bounds and the sequence in no more than one of twenty; the
// sequence as it is misprinted in a handbook, ln((V+rho)/(rho+alpha^2)) for
// ln((V+rho)/(rho alpha^2)), in more than half (P3). With a lift of 35 % (P2) the
// bounds find about what one look at the end would.
func TestThirtyDailyLooks(t *testing.T) {
	t.Parallel()
	const days, treated, held, rate, alpha, repetitions = 30, 450, 50, 0.05, 0.05, 10_000
	tau2 := stats.SequenceScale(days*(treated+held), alpha)
	bounds, _ := stats.OBFBounds(fifths, fifths, alpha)
	control := newBinomial(held, rate)
	for i, tt := range []struct {
		name                              string
		lift                              float64
		fixed, end, five, sequence, wrong [2]float64 // per cent of campaigns with an alarm, from and to
	}{
		{"no effect", 1, [2]float64{25.5, 28.5}, [2]float64{4.3, 5.7}, [2]float64{4, 5.5}, [2]float64{1.5, 3}, [2]float64{50, 80}},
		{"a lift of 35 %", 1.35, [2]float64{80, 100}, [2]float64{75, 78.5}, [2]float64{74, 77.5}, [2]float64{56, 61}, [2]float64{90, 100}},
	} {
		random := rand.New(rand.NewPCG(20260606, uint64(i)))
		treat := newBinomial(treated, rate*tt.lift)
		var fixed, end, five, sequence, wrong float64
		for range repetitions {
			var t1, t0 Count
			var z float64
			var byFixed, byFive, byWrong bool
			var early []stats.Early
			for day := 1; day <= days; day++ {
				t1, t0 = Count{t1.X + treat.draw(random), t1.N + treated}, Count{t0.X + control.draw(random), t0.N + held}
				z, _, _ = stats.ScoreTest(t1, t0)
				byFixed = byFixed || math.Abs(z) >= z95
				byFive = byFive || day%6 == 0 && math.Abs(z) >= bounds[day/6-1]
				if e, ok := stats.RateSequence(t1, t0, tau2, alpha); ok {
					early = append(early, e)
					byWrong = byWrong || math.Abs(e.Value) > misprinted(e, tau2)
				}
			}
			p := stats.AlwaysValid(early, tau2)
			fixed, end, five = fixed+hit(byFixed), end+hit(math.Abs(z) >= z95), five+hit(byFive)
			sequence, wrong = sequence+hit(p[len(p)-1] < alpha), wrong+hit(byWrong)
		}
		for _, c := range []struct {
			name  string
			got   float64
			bands [2]float64
		}{
			{"a fixed interval every day", fixed, tt.fixed},
			{"a fixed interval at the end", end, tt.end},
			{"five looks", five, tt.five},
			{"the sequence", sequence, tt.sequence},
			{"the misprint", wrong, tt.wrong},
		} {
			if share := 100 * c.got / repetitions; share < c.bands[0] || share > c.bands[1] {
				t.Errorf("%s: %s raises an alarm in %.1f %%, want %v", tt.name, c.name, share, c.bands)
			} else {
				t.Logf("%s: %s raises an alarm in %.1f %%", tt.name, c.name, share)
			}
		}
	}
}

// misprinted is the half-width with rho + alpha^2 for rho alpha^2, on the scale
// of n observations whose variance makes up the standard error.
func misprinted(e stats.Early, tau2 float64) float64 {
	se, n := e.Value/e.Z, float64(e.N)
	rho, v := n*se*se/tau2, n*n*se*se
	return se * math.Sqrt((v+rho)/v*math.Log((v+rho)/(rho+0.05*0.05)))
}
