package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func paired(xs, ys []float64) (p Pairs) {
	for i := range xs {
		p.Add(xs[i], ys[i])
	}
	return p
}

// The two vectors of the method's specification: events per round, clustered on the
// customer, and refunds per order.
func TestSumRatioOfTheSpecification(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                       string
		treat, control             Pairs
		wantT, wantC, wantApart    float64
		wantSET, wantSEC, wantSEOf float64
	}{
		{"rounds", paired([]float64{5, 5, 4, 5, 3, 5, 5, 5}, []float64{2, 0, 1, 3, 0, 1, 0, 2}), paired([]float64{5, 5, 4, 5}, []float64{0, 1, 0, 1}),
			0.2432432432, 0.1052631579, 0.1379800853, 0.08146046524, 0.05775252362, 0.09985570281},
		{"refunds", paired([]float64{1, 2, 1, 3, 1, 1, 2, 1}, []float64{0, 1, 0, 1, 0, 0, 0, 1}), paired([]float64{1, 1, 2, 1, 1, 2}, []float64{0, 0, 1, 0, 0, 0}),
			0.25, 0.125, 0.125, 0.1044638618, 0.1135368883, 0.1542832571},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			treat, ok1 := stats.SumRatio(tt.treat)
			control, ok0 := stats.SumRatio(tt.control)
			apart, ok := stats.SumRatioDifference(tt.treat, tt.control, 0.05)
			if !ok || !ok1 || !ok0 {
				t.Fatal("not defined")
			}
			near(t, "treat", treat.Value, tt.wantT, 1e-9)
			near(t, "treat se", treat.SE, tt.wantSET, 1e-9)
			near(t, "control", control.Value, tt.wantC, 1e-9)
			near(t, "control se", control.SE, tt.wantSEC, 1e-9)
			near(t, "se", apart.SE, tt.wantSEOf, 1e-9)
			same(t, "difference", apart.Estimate, Estimate{tt.wantApart, tt.wantApart - z95*tt.wantSEOf, tt.wantApart + z95*tt.wantSEOf}, 1e-8)
			near(t, "p", apart.P, 2*stats.NormalCDF(-tt.wantApart/tt.wantSEOf), 1e-8)
		})
	}
}

func TestSumRatioThatIsNotDefined(t *testing.T) {
	t.Parallel()
	some := paired([]float64{1, 2}, []float64{1, 3})
	for _, p := range []Pairs{{}, paired([]float64{1}, []float64{1}), paired([]float64{0, 0}, []float64{1, 2}), paired([]float64{1, -3}, []float64{1, 2}),
		paired([]float64{1, 2}, []float64{1, math.NaN()})} {
		got, ok := stats.SumRatio(p)
		_, ok1 := stats.SumRatioDifference(p, some, 0.05)
		_, ok2 := stats.SumRatioDifference(some, p, 0.05)
		if ok || ok1 || ok2 || got != (Effect{}) {
			t.Errorf("%+v: %+v is defined", p, got)
		}
	}

	// No customers have such squares.
	if got, ok := stats.SumRatio(Pairs{X: Moments{N: 3, Sum: 3, Sum2: 3}, Y: Moments{N: 3, Sum: 6}, XY: 9}); !ok || got != (Effect{2, 0}) {
		t.Errorf("of sums that contradict each other %+v, defined %v", got, ok)
	}

	// All alike: a ratio, and no interval.
	alike := paired([]float64{1, 2, 3}, []float64{2, 4, 6})
	if got, ok := stats.SumRatioDifference(alike, alike, 0.05); !ok || got.Unbounded != stats.NothingVaries || got.P != 1 || got.Value != 0 {
		t.Errorf("%+v, defined %v", got, ok)
	}
}

func TestSumRatioProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units := func(name string) (p Pairs, xs, ys []float64) {
			for _, u := range drawPairs(t, name, 2) {
				x := 1 + math.Mod(u.X, 5) // rows of a customer
				xs, ys = append(xs, x), append(ys, u.Y)
				p.Add(x, u.Y)
			}
			return p, xs, ys
		}
		treat, xs, ys := units("treat")
		control, _, _ := units("control")
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		r, _ := stats.SumRatio(treat)
		var squares float64
		for i := range xs {
			squares += (ys[i] - r.Value*xs[i]) * (ys[i] - r.Value*xs[i])
		}
		n := float64(len(xs))
		if want := math.Sqrt(n/(n-1)*squares) / treat.X.Sum; math.Abs(r.SE-want) > 1e-6*want+1e-7*math.Abs(r.Value) {
			t.Fatalf("se %v, from the units %v", r.SE, want)
		}
		got, ok := stats.SumRatioDifference(treat, control, alpha)
		if !ok {
			t.Fatal("not defined")
		}
		if got.Unbounded != "" {
			return
		}
		swapped, _ := stats.SumRatioDifference(control, treat, alpha)
		cents, _ := stats.SumRatioDifference(scaled(treat), scaled(control), alpha)
		wider, _ := stats.SumRatioDifference(treat, control, alpha/2)
		switch unit := got.Hi - got.Lo + math.Abs(got.Value); {
		case !(got.Lo < got.Value && got.Value < got.Hi):
			t.Fatalf("%+v leaves out its estimate", got)
		case math.Abs(swapped.Lo+got.Hi)+math.Abs(swapped.Hi+got.Lo)+math.Abs(swapped.P-got.P) > 1e-9*unit:
			t.Fatalf("arms swapped: %+v against %+v", swapped, got)
		case math.Abs(cents.Lo-100*got.Lo)+math.Abs(cents.Hi-100*got.Hi) > 1e-6*unit:
			t.Fatalf("a hundred times as much: %+v against %+v", cents, got)
		case wider.Lo > got.Lo || wider.Hi < got.Hi:
			t.Fatalf("at half the alpha %+v, not wider than %+v", wider, got)
		}

		// Customers who are all in one row each: a plain difference of means.
		ones := func(p Pairs) Pairs {
			n := p.X.N
			f := float64(n)
			return Pairs{X: Moments{n, f, f, f}, Y: p.Y, XY: p.Y.Sum, XXY: p.Y.Sum, XYY: p.Y.Sum2}
		}
		single, _ := stats.SumRatioDifference(ones(treat), ones(control), alpha)
		plain, _ := stats.HallDifference(treat.Y, control.Y, alpha)
		if math.Abs(single.Value-plain.Value) > 1e-9*unitOf(plain) || math.Abs(single.SE-plain.SE) > 1e-7*plain.SE {
			t.Fatalf("one row each: %+v, means %+v", single, plain)
		}
	})
}

func unitOf(s stats.Skewed) float64 { return s.SE + math.Abs(s.Value) }

func scaled(p Pairs) Pairs {
	return Pairs{X: p.X, Y: hundredfold(p.Y), XY: 100 * p.XY, XXY: 100 * p.XXY, XYY: 1e4 * p.XYY}
}

// Five rounds with the same customers, some of whom buy often (setting K1 of the
// method's specification): the interval of customers holds the truth in 95 of 100
// repetitions, that of rows is too sure.
func TestClusteredCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, treated, held, rounds, lift = 1000, 5400, 600, 5, 0.02
	random := rand.New(rand.NewPCG(20260606, 1))
	draw := func(n int, lift float64) (p Pairs) {
		seldom, often := newBinomial(rounds, 0.05+lift), newBinomial(rounds, 0.40+lift)
		var counts [rounds + 1]float64
		for range n {
			from := seldom
			if random.Uint64()%5 == 0 {
				from = often
			}
			counts[from.draw(random)]++
		}
		f := float64(n)
		p.X = Moments{int64(n), rounds * f, rounds * rounds * f, 0}
		p.Y.N = int64(n)
		for s, c := range counts {
			v := float64(s)
			p.Y.Sum, p.Y.Sum2, p.XY = p.Y.Sum+v*c, p.Y.Sum2+v*v*c, p.XY+rounds*v*c
		}
		return p
	}
	var clustered, rows float64
	for range repetitions {
		treat := draw(treated, lift)
		control := draw(held, 0)
		got, _ := stats.SumRatioDifference(treat, control, 0.05)
		clustered += hit(got.Lo <= lift && lift <= got.Hi)
		rows += hit(waldHolds(Count{int64(treat.Y.Sum), treated * rounds}, Count{int64(control.Y.Sum), held * rounds}, lift))
	}
	clustered, rows = 100*clustered/repetitions, 100*rows/repetitions
	t.Logf("clustered covers %.1f %%, rows %.1f %%", clustered, rows)
	if clustered < 93 || clustered > 97 {
		t.Errorf("clustered covers %.1f %%, want 93 to 97", clustered)
	}
	if rows > 90 {
		t.Errorf("rows cover %.1f %%, want at most 90", rows)
	}
}
