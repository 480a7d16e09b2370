package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// The vector of a wave's own effect in the method's specification.
func TestClustersOfTheSpecification(t *testing.T) {
	t.Parallel()
	ys := []float64{1, 0, 0, 1, 0, 1, 0, 0, 1, 0}
	sent := []bool{true, true, true, true, false, true, false, true, true, false}
	ps := []float64{0.9, 0.9, 0.8, 0.8, 0.9, 0.9, 0.8, 0.8, 0.9, 0.9}
	var all stats.Clusters
	for i := range ys {
		var c stats.Cluster
		c.See(stats.Decision{Sent: sent[i], P: ps[i], Y: ys[i]})
		all.Add(c)
	}
	treat, control, _ := all.Means()
	got, ok := all.Difference(0.05)
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "sent", treat, 0.5593220339, 1e-9)
	near(t, "skipped", control, 0, 1e-9)
	near(t, "difference", got.Value, 0.5593220339, 1e-9)
	near(t, "se", got.SE, 0.1885229614, 1e-9)
}

// Example of pooled cycles in the specification: events of each customer over its
// cycles, an arm's error of which has the factor n/(n-1) that Clusters lack.
func TestClustersRatio(t *testing.T) {
	t.Parallel()
	var all stats.Clusters
	arms := [2][2][]float64{{{2, 0, 1, 3, 0, 1, 0, 2}, {5, 5, 4, 5, 3, 5, 5, 5}}, {{0, 1, 0, 1}, {5, 5, 4, 5}}}
	for i, y := range arms[0][0] {
		all.Add(stats.Cluster{TreatY: y, Treat: arms[0][1][i]})
	}
	for i, y := range arms[1][0] {
		all.Add(stats.Cluster{ControlY: y, Control: arms[1][1][i]})
	}
	top := stats.Effect{Value: 9. / 37, SE: .08146046524 * math.Sqrt(7./8)}
	bottom := stats.Effect{Value: 2. / 19, SE: .05775252362 * math.Sqrt(3./4)}
	for _, alpha := range []float64{.3, .05} {
		got, ok := all.Ratio(alpha)
		want, _ := stats.Fieller(top, bottom, 0, alpha)
		if !ok || got.Unbounded != want.Unbounded {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		near(t, "ratio", got.Value, want.Value, 1e-9)
		near(t, "se", got.SE, want.SE, 1e-9)
		if want.Unbounded == "" {
			near(t, "lo", got.Lo, want.Lo, 1e-8)
			near(t, "hi", got.Hi, want.Hi, 1e-8)
		}
	}

	// Customers that are in both arms alike: the ratio is 1 without any error.
	var same stats.Clusters
	for _, y := range []float64{2, 0, 1, 3} {
		same.Add(stats.Cluster{TreatY: y, Treat: 2, ControlY: y, Control: 2})
	}
	if got, ok := same.Ratio(.05); !ok || got.Value != 1 || got.SE > 1e-7 {
		t.Errorf("alike: %+v, defined %v", got, ok)
	}
	if got, ok := (stats.Clusters{}).Ratio(.05); ok {
		t.Errorf("of nobody: %+v", got)
	}
}

func TestClustersThatAreNotDefined(t *testing.T) {
	t.Parallel()
	of := func(clusters ...stats.Cluster) (s stats.Clusters) {
		for _, c := range clusters {
			s.Add(c)
		}
		return s
	}
	for name, s := range map[string]stats.Clusters{
		"nobody":         {},
		"one customer":   of(stats.Cluster{1, 1, 1, 1}),
		"no control":     of(stats.Cluster{1, 1, 0, 0}, stats.Cluster{2, 1, 0, 0}),
		"nobody sent to": of(stats.Cluster{0, 0, 1, 1}, stats.Cluster{0, 0, 2, 1}),
		"no number":      of(stats.Cluster{math.NaN(), 1, 1, 1}, stats.Cluster{2, 1, 2, 1}),
	} {
		if got, ok := s.Difference(0.05); ok || got != (stats.Difference{}) {
			t.Errorf("%s: %+v is defined", name, got)
		}
	}
	if got, ok := of(stats.Cluster{1, 1, 0, 0}, stats.Cluster{1, 1, 0, 0}, stats.Cluster{0, 0, 3, 1}).Difference(0.05); !ok || got.Unbounded != stats.NothingVaries || got.Value != -2 {
		t.Errorf("all alike: %+v, defined %v", got, ok)
	}
	for _, p := range []float64{0, 1, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a decision with probability %v is taken", p)
				}
			}()
			new(stats.Cluster).See(stats.Decision{P: p})
		}()
	}
}

func TestClustersProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		customers := make([][]stats.Decision, rapid.IntRange(2, 25).Draw(t, "customers"))
		for i := range customers {
			customers[i] = make([]stats.Decision, rapid.IntRange(1, 4).Draw(t, "rows"))
			for j := range customers[i] {
				customers[i][j] = stats.Decision{Sent: rapid.Bool().Draw(t, "sent"), P: rapid.SampledFrom([]float64{0.1, 0.5, 0.8, 0.9}).Draw(t, "p"), Y: float64(rapid.IntRange(-50, 5000).Draw(t, "y"))}
			}
		}
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		sum := func(change func(stats.Decision) stats.Decision) (s stats.Clusters, parts []stats.Clusters) {
			for _, rows := range customers {
				var c stats.Cluster
				var one stats.Clusters
				for _, d := range rows {
					c.See(change(d))
				}
				s.Add(c)
				one.Add(c)
				parts = append(parts, one)
			}
			return s, parts
		}
		s, parts := sum(func(d stats.Decision) stats.Decision { return d })
		got, ok := s.Difference(alpha)
		if !ok || got.Unbounded != "" {
			return
		}

		// The textbook, row by row.
		var n, wy, w, vy, v float64
		for _, rows := range customers {
			for _, d := range rows {
				n++
				if d.Sent {
					wy, w = wy+d.Y/d.P, w+1/d.P
				} else {
					vy, v = vy+d.Y/(1-d.P), v+1/(1-d.P)
				}
			}
		}
		var squares float64
		for _, rows := range customers {
			var psi float64
			for _, d := range rows {
				if d.Sent {
					psi += (d.Y - wy/w) / d.P / (w / n)
				} else {
					psi -= (d.Y - vy/v) / (1 - d.P) / (v / n)
				}
			}
			squares += psi * psi
		}
		unit := got.SE + math.Abs(got.Value)
		if math.Abs(got.Value-(wy/w-vy/v)) > 1e-9*unit || math.Abs(got.SE-math.Sqrt(squares)/n) > 1e-5*unit {
			t.Fatalf("%+v, from the rows %v with se %v", got, wy/w-vy/v, math.Sqrt(squares)/n)
		}

		swapped, _ := sum(func(d stats.Decision) stats.Decision { return stats.Decision{Sent: !d.Sent, P: 1 - d.P, Y: d.Y} })
		cents, _ := sum(func(d stats.Decision) stats.Decision { d.Y *= 100; return d })
		negated, _ := swapped.Difference(alpha)
		hundred, _ := cents.Difference(alpha)
		wider, _ := s.Difference(alpha / 2)
		switch {
		case !(got.Lo < got.Value && got.Value < got.Hi):
			t.Fatalf("%+v leaves out its estimate", got)
		case math.Abs(negated.Lo+got.Hi)+math.Abs(negated.Hi+got.Lo) > 1e-6*unit:
			t.Fatalf("arms swapped: %+v against %+v", negated, got)
		case math.Abs(hundred.Lo-100*got.Lo)+math.Abs(hundred.Hi-100*got.Hi) > 1e-4*unit:
			t.Fatalf("a hundred times as much: %+v against %+v", hundred, got)
		case wider.Lo > got.Lo || wider.Hi < got.Hi:
			t.Fatalf("at half the alpha %+v, not wider than %+v", wider, got)
		}
		random := rand.New(rand.NewPCG(2, uint64(len(parts))))
		merged := stats.MergeClusters(parts...)
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if again := stats.MergeClusters(parts...); again != merged {
			t.Fatalf("merged in another order %+v, want %+v", again, merged)
		}
		if m, _ := merged.Difference(alpha); math.Abs(m.Value-got.Value)+math.Abs(m.SE-got.SE) > 1e-9*unit {
			t.Fatalf("merged %+v, whole %+v", m, got)
		}
	})
}

// Re-drawn rounds: each customer is in both arms by turns, the skip's probability
// changes on the way and so does the season, and customers differ. The weighted
// estimate holds the true effect; the naive difference of means does not.
func TestClustersCoverage(t *testing.T) {
	t.Parallel()
	const repetitions, customers, effect = 1000, 2000, 0.03
	random := rand.New(rand.NewPCG(20260707, 1))
	var weighted, naive float64
	for range repetitions {
		var w, plain stats.Clusters
		for range customers {
			rate := 0.05
			if random.Uint64()%5 == 0 {
				rate = 0.4
			}
			var c, p stats.Cluster
			for round := range 4 {
				send, season := 0.9, 0.0
				if round >= 2 {
					send, season = 0.6, 0.1
				}
				d := stats.Decision{Sent: random.Float64() < send, P: send}
				d.Y = hit(random.Float64() < rate+season+effect*hit(d.Sent))
				c.See(d)
				d.P = 0.5
				p.See(d)
			}
			w.Add(c)
			plain.Add(p)
		}
		got, _ := w.Difference(0.05)
		weighted += hit(got.Lo <= effect && effect <= got.Hi)
		got, _ = plain.Difference(0.05)
		naive += hit(got.Lo <= effect && effect <= got.Hi)
	}
	weighted, naive = 100*weighted/repetitions, 100*naive/repetitions
	t.Logf("weighted covers %.1f %%, naive %.1f %%", weighted, naive)
	if weighted < 93 || weighted > 97 || naive > 50 {
		t.Errorf("weighted covers %.1f %%, want 93 to 97; naive %.1f %%, want at most 50", weighted, naive)
	}
}
