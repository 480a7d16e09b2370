package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

var fifths = []float64{0.2, 0.4, 0.6, 0.8, 1}

// Computed with scipy: Simpson's rule on 4000 intervals of the score scale with
// the drift inside the densities, ends by Brent's method.
func TestStageWise(t *testing.T) {
	t.Parallel()
	even, _ := stats.OBFBounds(fifths, fifths, 0.05)
	unevenly := []float64{0.05, 0.3, 1}
	uneven, _ := stats.OBFBounds([]float64{1.0 / 3, 2.0 / 3, 1}, unevenly, 0.05)
	for _, tt := range []struct {
		name                string
		bounds, information []float64
		z                   float64
		want                Estimate
		p                   float64
	}{
		{"one look is the plain interval", even[:1], fifths[:1], 1.5, Estimate{1.5, 1.5 - z95, 1.5 + z95}, 0.133614402538},
		{"an early end", even[:2], fifths[:2], 3.6, Estimate{3.59987793333, 1.63982295852, 5.55988025694}, 0.000318766817817},
		{"halfway", even[:3], fifths[:3], 2.9, Estimate{2.88812574747, 0.919216597027, 4.85191099163}, 0.00410141852568},
		{"halfway, harm", even[:3], fifths[:3], -2.9, Estimate{-2.88812574747, -4.85191099163, -0.919216597027}, 0.00410141852568},
		{"the last bound itself", even, fifths, even[4], Estimate{1.98774749679, 0, 3.96071029232}, 0.05},
		{"nothing found", even, fifths, 1.2, Estimate{1.19882536306, -0.76182364609, 3.15911094363}, 0.230729967256},
		{"no difference at all", even, fifths, 0, Estimate{0, -1.95996718343, 1.95996718343}, 1},
		{"far out at the last look", even, fifths, -4.5, Estimate{-2.53578380484, -4.73439582497, -0.328602291525}, 0.0244235808136},
		{"uneven looks, an early end", uneven[:2], unevenly[:2], 2.7, Estimate{2.69888693043, 0.736157740731, 4.65938090381}, 0.0071165233508},
		{"uneven looks, the end", uneven, unevenly, 2.5, Estimate{2.45129216775, 0.372585861717, 4.43473571587}, 0.0229213647413},
	} {
		got, ok := stats.StageWise(tt.bounds, tt.information, tt.z, 0.05)
		if !ok {
			t.Errorf("%s: not defined", tt.name)
			continue
		}
		near(t, tt.name+": p", got.P, tt.p, 1e-9)
		for name, pair := range map[string][2]float64{"value": {got.Value, tt.want.Value}, "lo": {got.Lo, tt.want.Lo}, "hi": {got.Hi, tt.want.Hi}} {
			if math.Abs(pair[0]-pair[1]) > 1e-9 {
				t.Errorf("%s: %s %.12g, want %.12g", tt.name, name, pair[0], pair[1])
			}
		}
	}
	for name, undefined := range map[string]struct {
		information []float64
		z           float64
	}{"no information": {[]float64{0}, 1}, "no look": {nil, 1}, "no number": {[]float64{1}, math.NaN()}, "no end": {[]float64{1}, math.Inf(1)}} {
		if got, ok := stats.StageWise(make([]float64, len(undefined.information)), undefined.information, undefined.z, 0.05); ok {
			t.Errorf("%s gives %+v", name, got)
		}
	}
}

func TestStageWiseProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		looks := rapid.IntRange(1, 3).Draw(t, "looks")
		var spend, information []float64
		at := 0.0
		for i := range looks {
			at += rapid.Float64Range(0.1, 1).Draw(t, "news")
			spend, information = append(spend, float64(i+1)/float64(looks)), append(information, at)
		}
		const alpha = 0.05
		bounds, _ := stats.OBFBounds(spend, information, alpha)
		z := rapid.Float64Range(-8, 8).Draw(t, "z")
		got, ok := stats.StageWise(bounds, information, z, alpha)
		if !ok || !(got.Lo < got.Value && got.Value < got.Hi) || !(got.P >= 0 && got.P <= 1) {
			t.Fatalf("%+v, defined %v", got, ok)
		}
		if math.Abs(math.Abs(z)-bounds[looks-1]) > 1e-6 && (got.P < alpha) != (math.Abs(z) > bounds[looks-1]) {
			t.Fatalf("p %v at z %v against the bound %v", got.P, z, bounds[looks-1])
		}
		if math.Abs(got.P-alpha) > 1e-6 && (got.P < alpha) != (got.Lo > 0 || got.Hi < 0) {
			t.Fatalf("%+v: p and interval disagree", got)
		}
		mirrored, _ := stats.StageWise(bounds, information, -z, alpha)
		if mirrored.P != got.P || mirrored.Lo != -got.Hi || mirrored.Hi != -got.Lo || math.Abs(mirrored.Value+got.Value) > 1e-9 {
			t.Fatalf("%+v, with the sign turned %+v", got, mirrored)
		}
		wider, _ := stats.StageWise(bounds, information, z, alpha/5)
		if wider.Lo > got.Lo || wider.Hi < got.Hi {
			t.Fatalf("%+v is not within %+v", got, wider)
		}
		more, _ := stats.StageWise(bounds, information, z+0.1, alpha)
		if more.Value < got.Value-1e-9 || more.Lo < got.Lo-1e-9 || more.Hi < got.Hi-1e-9 {
			t.Fatalf("a larger z has %+v after %+v", more, got)
		}
	})
}

// Of questions that end at the first bound they reach, the interval holds the
// effect in 95 of 100 and the value is as often below it as above; of those that
// end early, z by itself is mostly too large.
func TestStageWiseCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, effect = 400, 2.0
	bounds, _ := stats.OBFBounds(fifths, fifths, 0.05)
	random := rand.New(rand.NewPCG(20260505, 1))
	var covered, above, early, naive float64
	for range repetitions {
		score, last := 0.0, 0
		for i := range fifths {
			last, score = i, score+effect*0.2+random.NormFloat64()*math.Sqrt(0.2)
			if math.Abs(score)/math.Sqrt(fifths[i]) >= bounds[i] {
				break
			}
		}
		z, truth := score/math.Sqrt(fifths[last]), effect*math.Sqrt(fifths[last])
		got, _ := stats.StageWise(bounds[:last+1], fifths[:last+1], z, 0.05)
		covered += hit(got.Lo <= truth && truth <= got.Hi)
		above += hit(got.Value > truth)
		early += hit(last < 4)
		naive += hit(last < 4 && z > truth)
	}
	covered, above, naive = 100*covered/repetitions, 100*above/repetitions, 100*naive/early
	t.Logf("covers %.1f %%; too large in %.1f %%, z of %v early ends in %.1f %%", covered, above, early, naive)
	if covered < 92 || covered > 98 || above < 44 || above > 56 || naive < 75 {
		t.Errorf("covers %.1f %%, want 95; too large in %.1f %%, want 50; z of early ends in %.1f %%, want more than 75", covered, above, naive)
	}
}
