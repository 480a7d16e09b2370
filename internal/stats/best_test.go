package stats_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

type Belief = stats.Belief
type Choice = stats.Choice
type Normal = stats.Normal

func rate(x, n int64) stats.Beta { return stats.RateBelief(Count{x, n}) }

// The first is the specification's; the others are mpmath 1.2's at 30 digits.
func TestBeats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		b, a Count
		want float64
	}{
		{Count{450, 4500}, Count{405, 4500}, 0.9470684387},
		{Count{405, 4500}, Count{450, 4500}, 0.052931561298278},
		{Count{}, Count{}, 0.5},
		{Count{3, 10}, Count{0, 7}, 0.91486068111455},
		{Count{12, 900}, Count{60, 1000}, 1.6879554709528e-8},
		{Count{1, 3}, Count{300, 500}, 0.18057287087568},
	} {
		near(t, "chance", stats.Beats(tt.b, tt.a), tt.want, 1e-10)
	}
	if got := stats.Beats(Count{0, 1_000_000}, Count{1_000_000, 1_000_000}); got != 0 {
		t.Errorf("nobody of a million beats all of a million with chance %v", got)
	}
	if got := stats.Beats(Count{1_000_000, 1_000_000}, Count{0, 1_000_000}); math.Abs(got-1) > 1e-9 {
		t.Errorf("all of a million beat nobody of a million with chance %v", got)
	}
}

// Losses of choosing the first of two. The specification prints the first as
// 0.0001380882769; these are mpmath's, by the identity of the test below.
func TestChoose(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		b, a Count
		want float64
	}{
		{Count{450, 4500}, Count{405, 4500}, 0.00013808827741882},
		{Count{405, 4500}, Count{450, 4500}, 0.010133645807405},
		{Count{}, Count{}, 1.0 / 6},
		{Count{3, 10}, Count{0, 7}, 0.0075679394564843},
		{Count{12, 900}, Count{60, 1000}, 0.046465826688357},
	} {
		got := stats.Choose([]Belief{stats.RateBelief(tt.b), stats.RateBelief(tt.a)})
		near(t, "loss", got[0].Loss, tt.want, 1e-10)
		near(t, "chance", got[0].Best, stats.Beats(tt.b, tt.a), 1e-9)
	}
	first := stats.Choose([]Belief{rate(450, 4500), rate(405, 4500)})[0].Loss
	near(t, "the specification's loss", first, 0.0001380882769, 5e-9)

	// mpmath's adaptive quadrature at 20 digits.
	for _, tt := range []struct {
		name string
		arms []Belief
		want []Choice
	}{
		{"three differences of money", []Belief{Normal{0.43, 0.35}, Normal{0.2, 0.1}, Normal{0, 0.6}},
			[]Choice{{0.597608449965, 0.145031498525}, {0.171403899706, 0.375031498525}, {0.230987650329, 0.575031498525}}},
		{"one far more certain", []Belief{Normal{0, 1}, Normal{5, 0.01}, Normal{-3, 2}, Normal{1, 1}},
			[]Choice{{2.8701195543e-7, 5.0000214992}, {0.999936338049, 2.14991950204e-5}, {3.16775999257e-5, 8.0000214992}, {3.16973387973e-5, 4.0000214992}}},
		{"three rates", []Belief{rate(30, 400), rate(41, 420), rate(3, 50)},
			[]Choice{{0.08944254249, 0.0308833549446}, {0.665713313491, 0.00847171645463}, {0.244844144019, 0.0310747058823}}},
		{"one arm", []Belief{rate(3, 50)}, []Choice{{1, 0}}},
		{"none", nil, []Choice{}},
	} {
		if diff := cmp.Diff(stats.Choose(tt.arms), tt.want, nearly); diff != "" {
			t.Errorf("%s (-got +want):\n%s", tt.name, diff)
		}
	}
}

func TestChoosePanics(t *testing.T) {
	t.Parallel()
	for name, belief := range map[string]Belief{
		"no spread": Normal{1, 0}, "no end": Normal{1, math.Inf(1)}, "no mean": Normal{math.NaN(), 1}, "no count": stats.Beta{},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: %v is believed", name, belief)
				}
			}()
			stats.Choose([]Belief{belief, rate(1, 2)})
		}()
	}
}

func TestChooseProperties(t *testing.T) {
	t.Parallel()
	count := rapid.Custom(func(t *rapid.T) Count {
		n := rapid.Int64Range(0, 5000).Draw(t, "n")
		return Count{rapid.Int64Range(0, n).Draw(t, "x"), n}
	})
	rapid.Check(t, func(t *rapid.T) {
		b, a := count.Draw(t, "b"), count.Draw(t, "a")
		both := stats.Choose([]Belief{stats.RateBelief(b), stats.RateBelief(a)})
		beats := stats.Beats(b, a)
		if math.Abs(beats+stats.Beats(a, b)-1) > 1e-9 || math.Abs(both[0].Best-beats) > 1e-8 {
			t.Fatalf("%v against %v: chance %v, %v the other way, %v by quadrature", b, a, beats, stats.Beats(a, b), both[0].Best)
		}

		// E(a-b)+ = E(a) P(a' > b) - E(b) P(a > b'), primes with one more who did it.
		one := func(c Count) Count { return Count{c.X + 1, c.N + 1} }
		exact := stats.RateBelief(a).Mean()*stats.Beats(one(a), b) - stats.RateBelief(b).Mean()*stats.Beats(a, one(b))
		if both[0].Loss < 0 || math.Abs(both[0].Loss-exact) > 1e-9 {
			t.Fatalf("%v against %v: loss %v, want %v", b, a, both[0].Loss, exact)
		}

		// More arms: chances add up, and a loss differs by what the means do.
		arms := []Belief{stats.RateBelief(b), stats.RateBelief(a), Normal{0.5, rapid.Float64Range(0.001, 0.3).Draw(t, "sd")}, stats.RateBelief(count.Draw(t, "c"))}
		var total float64
		choices := stats.Choose(arms)
		for i, c := range choices {
			total += c.Best
			if !(c.Best >= 0 && c.Best <= 1 && c.Loss >= 0) || math.Abs(c.Loss+arms[i].Mean()-choices[0].Loss-arms[0].Mean()) > 1e-9 {
				t.Fatalf("%v of %v", choices, arms)
			}
		}
		if math.Abs(total-1) > 1e-12 {
			t.Fatalf("chances add up to %v", total)
		}
	})
}
