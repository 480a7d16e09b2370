package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// 682 of 925 is R's binom.test; the rest was computed with 60 digits from sums of
// binomial chances.
func TestClopperPearson(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		count  Count
		lo, hi float64
	}{
		{Count{682, 925}, 0.707668264079039023, 0.765406558241525247},
		{Count{1, 30}, 0.000843570926630478756, 0.172169455633412679},
		{Count{7, 120}, 0.0237720237905190851, 0.116498379645614626},
		{Count{40, 9000}, 0.00317701778334546354, 0.00604720459024192712},
		{Count{29, 30}, 0.827830544366587321, 0.999156429073369521},
		{Count{0, 10}, 0, 1 - math.Pow(0.025, 0.1)},
		{Count{10, 10}, math.Pow(0.025, 0.1), 1},
	} {
		got, ok := stats.ClopperPearson(tt.count, 0.05)
		if !ok {
			t.Fatalf("%v: not defined", tt.count)
		}
		same(t, "exact", got, Estimate{float64(tt.count.X) / float64(tt.count.N), tt.lo, tt.hi}, 1e-10)
	}
	if got, ok := stats.ClopperPearson(Count{}, 0.05); ok || got != (Estimate{}) {
		t.Errorf("%+v is defined", got)
	}
}

func TestClopperPearsonProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCount(t, "count")
		alpha := rapid.Float64Range(0.001, 0.4).Draw(t, "alpha")
		got, _ := stats.ClopperPearson(c, alpha)
		wider, _ := stats.ClopperPearson(c, alpha/2)
		if !(0 <= got.Lo && got.Lo <= got.Value && got.Value <= got.Hi && got.Hi <= 1) || wider.Lo > got.Lo || wider.Hi < got.Hi {
			t.Fatalf("%+v, at half the alpha %+v", got, wider)
		}
		others, _ := stats.ClopperPearson(Count{c.N - c.X, c.N}, alpha)
		if math.Abs(others.Lo+got.Hi-1)+math.Abs(others.Hi+got.Lo-1) > 1e-9 {
			t.Fatalf("%+v, those who did not %+v", got, others)
		}
	})
}

func TestUpperBoundOfTheSpecification(t *testing.T) {
	t.Parallel()
	wilson, exact, ok := stats.UpperBound(Count{18, 9000}, 0.05)
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "Wilson", wilson, 0.002938488553, 1e-9)
	near(t, "exact", exact, 0.002964319965, 1e-9)
	_, exact, _ = stats.UpperBound(Count{0, 9000}, 0.05)
	near(t, "exact of none", exact, 0.000332803750047978470, 1e-10)
	if wilson, exact, ok := stats.UpperBound(Count{}, 0.05); ok || wilson != 0 || exact != 0 {
		t.Errorf("of nobody %v and %v", wilson, exact)
	}
}

// Whatever the rate, it stays below the exact bound at least as often as promised.
func TestExactUpperBoundHolds(t *testing.T) {
	t.Parallel()
	const n = 300
	for _, rate := range []float64{0.001, 0.004, 0.01, 0.03, 0.2} {
		chances, held := newBinomial(n, rate), 0.0
		for k := range chances {
			_, exact, _ := stats.UpperBound(Count{int64(k), n}, 0.05)
			held += (chances[k] - before(chances, k)) * hit(rate <= exact)
		}
		if held < 0.95-1e-9 {
			t.Errorf("rate %v is below the bound in %.4f, want at least 0.95", rate, held)
		}
	}
}

func TestNonInferior(t *testing.T) {
	t.Parallel()
	z, p, ok := stats.NonInferior(Effect{0.0011, 0.0015}, 0.004)
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "z", z, 1.933333333, 1e-9)
	near(t, "p", p, 0.02659757402, 1e-9)
	if z, p, _ := stats.NonInferior(Effect{0.004, 0.0015}, 0.004); z != 0 || p != 0.5 {
		t.Errorf("at the margin: z %v, p %v", z, p)
	}
	if _, p, _ := stats.NonInferior(Effect{0.009, 0}, 0.004); p != 1 {
		t.Errorf("certain harm: p %v", p)
	}
	for _, harm := range []Effect{{math.NaN(), 1}, {1, -1}, {1, math.Inf(1)}} {
		if z, p, ok := stats.NonInferior(harm, 0.004); ok || z != 0 || p != 1 {
			t.Errorf("%v: z %v, p %v", harm, z, p)
		}
	}
}
