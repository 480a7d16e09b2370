package assortment_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/assortment"
)

// Worked out apart from this code, in Python.
func TestCountsOfARule(t *testing.T) {
	t.Parallel()
	c := assortment.Counts{Left: 300, Right: 400, Both: 90, All: 2000}
	near(t, "support", c.Support(), .045, 1e-12)
	near(t, "confidence", c.Confidence(), .3, 1e-12)
	near(t, "confidence the other way", c.Reverse().Confidence(), .225, 1e-12)
	lift := c.LiftEstimate(.05)
	near(t, "lift", lift.Value, 1.5, 1e-12)
	near(t, "lower end", lift.Lo, 1.235726038, 1e-9)
	near(t, "upper end", lift.Hi, 1.820791932, 1e-9)
}

func TestPairsOfFewBaskets(t *testing.T) {
	t.Parallel()
	b := assortment.NewBaskets(slices.Values([][]string{
		{"tea", "cup", "tea"}, {"cup", "tea", "pot"}, {"pot"}, {}, {"tea", "pot"}, {"cup"},
	}))
	want := []assortment.Pair{
		{A: "cup", B: "tea", Counts: assortment.Counts{Left: 3, Right: 3, Both: 2, All: 5}},
		{A: "pot", B: "tea", Counts: assortment.Counts{Left: 3, Right: 3, Both: 2, All: 5}},
	}
	if diff := cmp.Diff(want, b.Pairs(2)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := len(b.Pairs(0)); got != 3 { // never together is no pair
		t.Errorf("%d pairs in one basket or more", got)
	}
	if got := assortment.NewBaskets(slices.Values([][]string{})).Pairs(1); len(got) > 0 {
		t.Errorf("no baskets gave %v", got)
	}
}

func TestLeastIsTheFirstCountWithTheSupport(t *testing.T) {
	t.Parallel()
	hundred := assortment.NewBaskets(slices.Values(slices.Repeat([][]string{{"tea"}}, 100)))
	for support, want := range map[float64]int{0: 0, .001: 1, .07: 7, .29: 29, .2901: 30, 1: 100} {
		if got := hundred.Least(support); got != want {
			t.Errorf("support %v: %d baskets, want %d", support, got, want)
		}
	}
}

func baskets(t *rapid.T) [][]string {
	items := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
	return rapid.SliceOfN(rapid.SliceOfN(items, 0, 6), 0, 25).Draw(t, "baskets")
}

// What is counted cleverly is what is counted plainly, in any order of the input.
func TestPairsAndRulesAreCountedRight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := baskets(t)
		least := rapid.IntRange(1, 4).Draw(t, "least")
		confidence := rapid.SampledFrom([]float64{0, .3, .5, 1}).Draw(t, "confidence")
		with := func(items ...string) (n int64) {
			for _, basket := range all {
				if len(basket) > 0 && !slices.ContainsFunc(items, func(item string) bool { return !slices.Contains(basket, item) }) {
					n++
				}
			}
			return n
		}
		b := assortment.NewBaskets(slices.Values(all))
		pairs, rules := b.Pairs(least), b.Rules(least, confidence, 3)

		var found int
		names := []string{"a", "b", "c", "d", "e", "f"}
		for i, x := range names {
			for _, y := range names[i+1:] {
				if with(x, y) < int64(least) {
					continue
				}
				found++
				want := assortment.Pair{A: x, B: y, Counts: assortment.Counts{Left: with(x), Right: with(y), Both: with(x, y), All: with()}}
				if !slices.Contains(pairs, want) {
					t.Fatalf("%+v is not among %+v", want, pairs)
				}
			}
		}
		if found != len(pairs) {
			t.Fatalf("%d pairs, want %d", len(pairs), found)
		}
		wantRules := 0
		for _, right := range names {
			for i, x := range names {
				for _, y := range names[i:] { // y = x: one item on the left
					if x == right || y == right {
						continue
					}
					if both := with(x, y, right); both >= int64(least) && float64(both)/float64(with(x, y)) >= confidence {
						wantRules++
					}
				}
			}
		}
		if wantRules != len(rules) {
			t.Fatalf("%d rules, want %d", len(rules), wantRules)
		}
		for _, r := range rules {
			want := assortment.Counts{Left: with(r.Left...), Right: with(r.Right), Both: with(append(r.Left, r.Right)...), All: with()}
			if r.Counts != want {
				t.Fatalf("%v -> %s: %+v, want %+v", r.Left, r.Right, r.Counts, want)
			}
		}

		other := slices.Clone(all)
		slices.Reverse(other)
		for i := range other {
			other[i] = slices.Clone(other[i])
			slices.Reverse(other[i])
		}
		turned := assortment.NewBaskets(slices.Values(other))
		if diff := cmp.Diff(pairs, turned.Pairs(least)); diff != "" {
			t.Fatalf("turned round: -want +got\n%s", diff)
		}
		if diff := cmp.Diff(rules, turned.Rules(least, confidence, 3)); diff != "" {
			t.Fatalf("turned round: -want +got\n%s", diff)
		}
	})
}

// The pairs and the 463 rules of Groceries, as printed in the book and as counted
// in Python.
func TestGroceries(t *testing.T) {
	t.Parallel()
	var want struct {
		Baskets  int `json:"baskets"`
		Items    int `json:"distinct_items"`
		Pairs    int `json:"pairs_with_support_at_least_0_006"`
		TopPairs []struct {
			A, B string
			NAB  int64 `json:"n_ab"`
			NA   int64 `json:"n_a"`
			NB   int64 `json:"n_b"`
			Lift float64
		} `json:"top20_pairs_by_lift"`
		Rules    int            `json:"rules_support_0_006_confidence_0_25_minlen_2"`
		BySize   map[string]int `json:"rules_by_size"`
		TopRules []struct {
			Left                      []string
			Right                     string
			Count                     int64
			Support, Confidence, Lift float64
		} `json:"top10_rules_by_lift"`
	}
	reference(t, "groceries", &want)
	b := assortment.NewBaskets(slices.Values(groceries(t)))
	least := b.Least(.006)
	pairs, rules := b.Pairs(least), b.Rules(least, .25, 10)

	if got, want := [5]int{b.Len(), b.Items(), least, len(pairs), len(rules)}, [5]int{want.Baskets, want.Items, 60, want.Pairs, want.Rules}; got != want {
		t.Fatalf("baskets, items, least, pairs and rules are %v, want %v", got, want)
	}
	if len(want.TopPairs) != 20 || len(want.TopRules) != 10 {
		t.Fatal("the reference is not whole")
	}
	for i, w := range want.TopPairs {
		wanted := assortment.Pair{A: w.A, B: w.B, Counts: assortment.Counts{Left: w.NA, Right: w.NB, Both: w.NAB, All: int64(want.Baskets)}}
		if diff := cmp.Diff(wanted, pairs[i]); diff != "" {
			t.Errorf("pair %d: -want +got\n%s", i+1, diff)
		}
		near(t, w.A+" and "+w.B, pairs[i].Lift(), w.Lift, 1e-12)
	}
	bySize := map[string]int{}
	for _, r := range rules {
		bySize[string(rune('0'+len(r.Left)+1))]++
	}
	if diff := cmp.Diff(want.BySize, bySize); diff != "" {
		t.Errorf("by size: -want +got\n%s", diff)
	}
	for i, w := range want.TopRules {
		got := rules[i]
		if !slices.Equal(got.Left, w.Left) || got.Right != w.Right || got.Both != w.Count {
			t.Errorf("rule %d is %v -> %s (%d), want %v -> %s (%d)", i+1, got.Left, got.Right, got.Both, w.Left, w.Right, w.Count)
		}
		near(t, "support", got.Support(), w.Support, 1e-12)
		near(t, "confidence", got.Confidence(), w.Confidence, 1e-12)
		near(t, "lift", got.Lift(), w.Lift, 1e-12)
	}
}

type retailPair struct {
	A, B       string
	NA         int64 `json:"n_a"`
	NB         int64 `json:"n_b"`
	NAB        int64 `json:"n_ab"`
	Lift       float64
	Confidence float64 `json:"confidence_ab"`
	Reverse    float64 `json:"confidence_ba"`
}

func TestPairsOfOnlineRetail(t *testing.T) {
	t.Parallel()
	var ref struct {
		Pairs struct {
			Orders, N int
			Items     int          `json:"distinct_items"`
			Least     int          `json:"min_pair_orders"`
			Pairs     int          `json:"pairs_at_or_above_min"`
			ByLift    []retailPair `json:"top_by_lift"`
			ByCount   []retailPair `json:"top_by_count"`
		}
	}
	reference(t, "online_retail", &ref)
	want := ref.Pairs
	b := assortment.NewBaskets(slices.Values(productsOf(onlineRetail(t))))
	pairs := b.Pairs(want.Least)
	if got, want := [3]int{b.Len(), b.Items(), len(pairs)}, [3]int{want.Orders, want.Items, want.Pairs}; got != want {
		t.Fatalf("orders, items and pairs are %v, want %v", got, want)
	}
	if len(want.ByLift) != 20 || len(want.ByCount) == 0 {
		t.Fatal("the reference is not whole")
	}
	told := func(p assortment.Pair) retailPair {
		return retailPair{p.A, p.B, p.Left, p.Right, p.Both, p.Lift(), p.Confidence(), p.Reverse().Confidence()}
	}
	within := cmp.Comparer(func(x, y float64) bool { return x == y || (x-y)/y < 1e-12 && (y-x)/y < 1e-12 })
	for i, w := range want.ByLift {
		if diff := cmp.Diff(w, told(pairs[i]), within); diff != "" {
			t.Errorf("pair %d: -want +got\n%s", i+1, diff)
		}
	}
	for _, w := range want.ByCount {
		i := slices.IndexFunc(pairs, func(p assortment.Pair) bool { return p.A == w.A && p.B == w.B })
		if i < 0 {
			t.Errorf("no pair %s and %s", w.A, w.B)
			continue
		}
		if diff := cmp.Diff(w, told(pairs[i]), within); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func BenchmarkPairsOfOnlineRetail(b *testing.B) {
	products := productsOf(onlineRetail(b))
	for name, least := range map[string]int{"least=100": 100, "least=20": 20} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				assortment.NewBaskets(slices.Values(products)).Pairs(least)
			}
		})
	}
}
