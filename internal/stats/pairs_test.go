package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

type Pairs = stats.Pairs

func pairsFrom(units []stats.XY) (p Pairs) {
	for _, u := range units {
		p.Add(u.X, u.Y)
	}
	return p
}

// drawPairs are amounts spent before and after, most of them nothing.
func drawPairs(t *rapid.T, name string, atLeast int) []stats.XY {
	amount := rapid.OneOf(rapid.Just(0), rapid.IntRange(1, 500), rapid.IntRange(1, 100_000))
	units := make([]stats.XY, rapid.IntRange(atLeast, 40).Draw(t, name+".n"))
	for i := range units {
		units[i] = stats.XY{X: float64(amount.Draw(t, name+".x")), Y: float64(amount.Draw(t, name+".y"))}
	}
	return units
}

func TestPairsThatAreNotDefined(t *testing.T) {
	t.Parallel()
	one, uneven := pairsFrom([]stats.XY{{1, 2}}), pairsFrom([]stats.XY{{1, 2}, {3, 5}, {4, 4}})
	uneven.X.N++
	broken := pairsFrom([]stats.XY{{1, 2}, {3, 5}, {4, 4}})
	broken.XY = math.NaN()
	for _, p := range []Pairs{{}, one, uneven, broken} {
		both, ok1 := p.Covariance()
		r2, ok2 := p.RSquared()
		if ok1 || ok2 || both != 0 || r2 != 0 {
			t.Errorf("%+v: covariance %v %v, R2 %v %v", p, both, ok1, r2, ok2)
		}
	}
}

func TestPairsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units := drawPairs(t, "units", 2)
		p, n := pairsFrom(units), float64(len(units))
		mx, my := p.X.Sum/n, p.Y.Sum/n
		var xx, xy, yy float64
		for _, u := range units {
			xx += (u.X - mx) * (u.X - mx)
			xy += (u.X - mx) * (u.Y - my)
			yy += (u.Y - my) * (u.Y - my)
		}
		both, _ := p.Covariance()
		if math.Abs(both-xy/(n-1)) > 1e-9*math.Sqrt(xx*yy) {
			t.Fatalf("covariance %v, from the units %v", both, xy/(n-1))
		}
		r2, _ := p.RSquared()
		if want := xy / xx * xy / yy; xx > 0 && yy > 0 && math.Abs(r2-want) > 1e-9 {
			t.Fatalf("R2 %v, from the units %v", r2, want)
		}

		// One more unit at a time, in any order.
		parts := make([]Pairs, len(units))
		for i, u := range units {
			parts[i].Add(u.X/3, u.Y/7)
		}
		want := stats.MergePairs(parts...)
		random := rand.New(rand.NewPCG(1, uint64(len(units))))
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if got := stats.MergePairs(parts...); got != want {
			t.Fatalf("merged in another order %+v, want %+v", got, want)
		}
		cut := rapid.IntRange(0, len(units)).Draw(t, "cut")
		if got := stats.MergePairs(pairsFrom(units[:cut]), pairsFrom(units[cut:])); math.Abs(got.XXY-p.XXY) > 1e-13*p.XXY ||
			math.Abs(got.XYY-p.XYY) > 1e-13*p.XYY || got.XY != p.XY || got.X.N != p.X.N {
			t.Fatalf("merged %+v, whole %+v", got, p)
		}
	})
}

func TestMergeKeepsWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	if got := stats.MergePairs(Pairs{XY: math.NaN()}, Pairs{XY: 1}); !math.IsNaN(got.XY) {
		t.Errorf("XY = %v, want NaN, as a number would hide it", got.XY)
	}

	// Plain addition gives 0 or 1 by the order.
	if got := stats.MergePairs(Pairs{XY: 1e30}, Pairs{XY: 1}, Pairs{XY: -1e30}); got.XY != 1 {
		t.Errorf("XY = %v, want 1", got.XY)
	}
}
