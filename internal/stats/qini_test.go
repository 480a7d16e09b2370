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

func TestQiniOfTheSpecification(t *testing.T) {
	t.Parallel()
	scores := []float64{.9, .8, .8, .7, .6, .5, .4, .3, .2, .1}
	treat := []int{1, 1, 0, 1, 0, 1, 1, 0, 1, 0}
	ys := []float64{1, 1, 0, 1, 0, 0, 1, 1, 0, 0}
	var customers []stats.Scored
	for i := range scores {
		customers = append(customers, stats.Scored{Score: scores[i], Treat: treat[i] == 1, Y: ys[i]})
	}
	want := stats.QiniCurve{
		Points: []stats.QiniPoint{{0, 0}, {1, 1}, {3, 2}, {4, 3}, {5, 3}, {6, 3}, {7, 4}, {8, 4 - 5.0/3}, {9, 2}, {10, 2.5}},
		Area:   2.308333333, Random: 1.25, Qini: 1.058333333,
	}
	got, ok := stats.Qini(customers)
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 0)); diff != "" || !ok {
		t.Errorf("defined %v (-want +got):\n%s", ok, diff)
	}
}

func TestQiniThatIsNotDefined(t *testing.T) {
	t.Parallel()
	for _, customers := range [][]stats.Scored{nil, {{1, true, 1}, {2, true, 0}}, {{1, false, 1}}, {{1, true, 1}, {math.NaN(), false, 0}}, {{1, true, math.Inf(1)}, {1, false, 0}}} {
		if got, ok := stats.Qini(customers); ok || got.Points != nil {
			t.Errorf("%v: %+v is defined", customers, got)
		}
	}
}

func TestQiniProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		customers := make([]stats.Scored, rapid.IntRange(2, 40).Draw(t, "n"))
		for i := range customers {
			customers[i] = stats.Scored{Score: float64(rapid.IntRange(0, 9).Draw(t, "score")), Treat: rapid.Bool().Draw(t, "treat"), Y: float64(rapid.IntRange(0, 3).Draw(t, "y")) / 7}
		}
		got, ok := stats.Qini(customers)
		if !ok {
			return
		}
		changed := func(change func(stats.Scored) stats.Scored) stats.QiniCurve {
			out := slices.Clone(customers)
			slices.Reverse(out)
			for i := range out {
				out[i] = change(out[i])
			}
			c, _ := stats.Qini(out)
			return c
		}
		same := func(s stats.Scored) stats.Scored { return s }
		monotone := func(s stats.Scored) stats.Scored { s.Score = math.Exp(s.Score); return s }
		alike := func(s stats.Scored) stats.Scored { s.Score = 0; return s }
		hundredfold := func(s stats.Scored) stats.Scored { s.Y *= 100; return s }
		if diff := cmp.Diff(got, changed(same)); diff != "" {
			t.Fatalf("in another order (-first +other):\n%s", diff)
		}
		if diff := cmp.Diff(got, changed(monotone)); diff != "" {
			t.Fatalf("scores in another unit (-first +other):\n%s", diff)
		}
		if knows := changed(alike); math.Abs(knows.Qini) > 1e-12 || math.Abs(knows.Random-got.Random) > 1e-12 {
			t.Fatalf("a score that is the same for all has %+v", knows)
		}
		if cents := changed(hundredfold); math.Abs(cents.Qini-100*got.Qini) > 1e-8 {
			t.Fatalf("a hundred times as much: %v, once %v", cents.Qini, got.Qini)
		}
	})
}

// A score that knows who is moved ranks above one that knows half of it, and that
// above none (setting Q1 of the method's specification).
func TestQiniRanksScores(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(20261010, 1))
	const n = 40_000
	customers := make([][]stats.Scored, 3)
	for range n {
		effect, noise := 0.2*random.Float64(), 0.2*random.Float64()
		s := stats.Scored{Treat: random.Float64() < 0.5}
		s.Y = hit(random.Float64() < 0.1+effect*hit(s.Treat))
		for i, score := range []float64{effect, effect + noise, noise} {
			s.Score = score
			customers[i] = append(customers[i], s)
		}
	}
	var qini [3]float64
	for i := range qini {
		got, _ := stats.Qini(customers[i])
		qini[i] = got.Qini / n
	}
	t.Logf("per customer: knows %.4f, half %.4f, nothing %.4f", qini[0], qini[1], qini[2])
	if !(qini[0] > qini[1] && qini[1] > qini[2] && math.Abs(qini[2]) < qini[0]/4) {
		t.Errorf("in order of what they know: %v", qini)
	}
}
