package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// Computed in whole numbers of any length; the first two are Fisher's tea and twins,
// the fourth is the basket of the method's specification.
func TestFisherExact(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b Count
		want stats.Exact
	}{
		{Count{3, 4}, Count{1, 4}, stats.Exact{P: 0.4857142857142857, Mid: 0.2571428571428571, Less: 0.9857142857142858, Greater: 0.24285714285714285}},
		{Count{2, 17}, Count{10, 13}, stats.Exact{P: 0.0005367241191434358, Mid: 0.0003118741381189105, Less: 0.00046518094336290503, Greater: 0.9999845190186861}},
		{Count{0, 50}, Count{6, 50}, stats.Exact{P: 0.02666107630839047, Mid: 0.013330538154195236, Less: 0.013330538154195236, Greater: 1}},
		{Count{90, 300}, Count{310, 1700}, stats.Exact{P: 7.042957365895731e-06, Mid: 5.933052620726714e-06, Less: 0.9999977384132316, Greater: 4.481396258737669e-06}},
		{Count{810, 9000}, Count{72, 1000}, stats.Exact{P: 0.059824092672194386, Mid: 0.05605975670286463, Less: 0.9774545165368657, Greater: 0.03007415540179381}},
		{Count{30, 40000}, Count{1, 20}, stats.Exact{P: 0.015382402266638888, Mid: 0.00774588849887952, Less: 0.015382402266638888, Greater: 0.9998906252688798}},
		{Count{450, 900}, Count{450, 900}, stats.Exact{P: 1, Mid: 0.9812015148805654, Less: 0.5187984851194346, Greater: 0.5187984851194346}},
		{Count{0, 5}, Count{0, 7}, stats.Exact{P: 1, Mid: 0.5, Less: 1, Greater: 1}},
		{Count{5, 5}, Count{7, 7}, stats.Exact{P: 1, Mid: 0.5, Less: 1, Greater: 1}},
	} {
		got, ok := stats.FisherExact(tt.a, tt.b)
		if !ok {
			t.Fatalf("%v, %v: not defined", tt.a, tt.b)
		}
		for _, c := range []struct {
			name      string
			got, want float64
		}{{"p", got.P, tt.want.P}, {"mid", got.Mid, tt.want.Mid}, {"less", got.Less, tt.want.Less}, {"greater", got.Greater, tt.want.Greater}} {
			if math.Abs(c.got/c.want-1) > 1e-11 {
				t.Errorf("%v, %v: %s = %v, want %v", tt.a, tt.b, c.name, c.got, c.want)
			}
		}
	}
	for _, pair := range [][2]Count{{{}, {1, 2}}, {{1, 2}, {}}, {{}, {}}} {
		if got, ok := stats.FisherExact(pair[0], pair[1]); ok || got != (stats.Exact{}) {
			t.Errorf("%v: %+v is defined", pair, got)
		}
	}
}

func TestFisherProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawCount(t, "a"), drawCount(t, "b")
		got, _ := stats.FisherExact(a, b)
		swapped, _ := stats.FisherExact(b, a)
		others, _ := stats.FisherExact(Count{a.N - a.X, a.N}, Count{b.N - b.X, b.N})
		alike := func(x, y float64) bool { return math.Abs(x-y) <= 1e-9*(x+y)+1e-290 }
		if !alike(got.P, swapped.P) || !alike(got.Mid, swapped.Mid) || !alike(got.Less, swapped.Greater) || !alike(got.Greater, swapped.Less) {
			t.Fatalf("%+v, arms swapped %+v", got, swapped)
		}
		if !alike(got.P, others.P) || !alike(got.Less, others.Greater) {
			t.Fatalf("%+v, those who did not %+v", got, others)
		}
		if !(0 <= got.Mid && got.Mid <= got.P && got.P <= 1 && got.Less+got.Greater >= 1-1e-9) {
			t.Fatalf("%+v", got)
		}
	})
}

// Without a difference mid-P alarms about as often as it says, the exact p-value
// less often.
func TestFisherAlarms(t *testing.T) {
	t.Parallel()
	const n, rate = 40, 0.2
	chances, total := newBinomial(n, rate), 0.0
	var exact, mid float64
	for i := range chances {
		for j := range chances {
			p := (chances[i] - before(chances, i)) * (chances[j] - before(chances, j))
			got, _ := stats.FisherExact(Count{int64(i), n}, Count{int64(j), n})
			exact += p * hit(got.P < 0.05)
			mid += p * hit(got.Mid < 0.05)
			total += p
		}
	}
	near(t, "all tables", total, 1, 1e-9)
	if !(exact < 0.03 && mid > exact && mid < 0.06) {
		t.Errorf("exact alarms in %.4f, mid-P in %.4f", exact, mid)
	}
}

func before(b binomial, i int) float64 {
	if i == 0 {
		return 0
	}
	return b[i-1]
}
