package assortment_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/stats"
)

var within = cmpopts.EquateApprox(1e-9, 1e-12)

func TestTransitionsAmongThoseWhoBoughtAgain(t *testing.T) {
	t.Parallel()
	customers := [][][]string{
		{{"food", "food"}, {"toys", "food"}, {"toys"}},
		{{"food"}, {"toys"}},
		{{"toys"}, {"books"}},
		{{"food"}}, // has not bought again
		{},
	}
	first := assortment.FirstToSecond(slices.Values(customers))
	if diff := cmp.Diff([]string{"food", "toys"}, first.Categories()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	share := func(category string, x, n int64) assortment.Share {
		count := stats.Count{X: x, N: n}
		estimate, _ := stats.Wilson(count, .05)
		return assortment.Share{Category: category, Count: count, Estimate: estimate}
	}
	if diff := cmp.Diff([]assortment.Share{share("toys", 2, 2), share("food", 1, 2)}, first.Row("food"), within); diff != "" {
		t.Errorf("from the first: -want +got\n%s", diff)
	}
	each := assortment.EachToNext(slices.Values(customers))
	if diff := cmp.Diff([]assortment.Share{share("books", 1, 2), share("toys", 1, 2)}, each.Row("toys"), within); diff != "" {
		t.Errorf("from each: -want +got\n%s", diff)
	}
	if got := first.Row("books"); len(got) > 0 {
		t.Errorf("nothing followed, and it was %v", got)
	}

	// Three followed: toys twice, food and books once.
	chance := func(category string, x, n, to float64) assortment.Chance {
		p := (to + .5) / 4
		return assortment.Chance{Category: category, Share: (x + 20*p) / (n + 20), Any: p}
	}
	want := []assortment.Chance{chance("toys", 2, 2, 2), chance("food", 1, 2, 1), chance("books", 0, 2, 1)}
	if diff := cmp.Diff(want, first.Next("food", "food"), within); diff != "" {
		t.Errorf("after food: -want +got\n%s", diff)
	}
	want = []assortment.Chance{chance("toys", 0, 0, 2), chance("books", 0, 0, 1), chance("food", 0, 0, 1)}
	if diff := cmp.Diff(want, first.Next("garden"), within); diff != "" {
		t.Errorf("after what nobody followed: -want +got\n%s", diff)
	}
	near(t, "odds", assortment.Chance{Share: .75}.Odds(), 3, 1e-12)
	if got := assortment.FirstToSecond(slices.Values([][][]string{})).Next("food"); len(got) > 0 {
		t.Errorf("a shop without orders: %v", got)
	}
}

func TestAffinities(t *testing.T) {
	t.Parallel()
	shop := map[string]int64{"food": 6000, "toys": 3000, "books": 1000, "returns": -50}
	own := map[string]int64{"books": 300, "toys": -20, "garden": 900}
	want := []assortment.Affinity{
		{Category: "books", Own: (300 + 100*.1) / 400, Shop: .1},
		{Category: "food", Own: 60. / 400, Shop: .6},
		{Category: "toys", Own: 30. / 400, Shop: .3},
	}
	got := assortment.Affinities(own, shop, 100)
	if diff := cmp.Diff(want, got, within); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	near(t, "index", got[0].Index(), 7.75, 1e-12)
	for _, a := range assortment.Affinities(nil, shop, 100) {
		near(t, "index of nothing bought: "+a.Category, a.Index(), 1, 1e-12)
	}
}

// Shares add up to 1, lie between the customer's and the shop's, and do not
// depend on the unit of money.
func TestAffinitiesHaveTheirProperties(t *testing.T) {
	t.Parallel()
	amounts := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.Int64Range(0, 500), 1, 4)
	rapid.Check(t, func(t *rapid.T) {
		own, shop := amounts.Draw(t, "own"), amounts.Draw(t, "shop")
		prior := rapid.Float64Range(.1, 1000).Draw(t, "prior")
		var ownSum, sum float64
		for category, amount := range own {
			shop[category] += amount
			ownSum += float64(amount)
		}
		got := assortment.Affinities(own, shop, prior)
		for _, a := range got {
			sum += a.Own
			raw := a.Shop
			if ownSum > 0 {
				raw = float64(own[a.Category]) / ownSum
			}
			if lo, hi := min(raw, a.Shop), max(raw, a.Shop); a.Own < lo-1e-9 || a.Own > hi+1e-9 {
				t.Fatalf("%+v is not between %v and %v", a, lo, hi)
			}
		}
		if len(got) > 0 && (sum < 1-1e-9 || sum > 1+1e-9) {
			t.Fatalf("%+v add up to %v", got, sum)
		}
		for _, amounts := range []map[string]int64{own, shop} {
			for category := range amounts {
				amounts[category] *= 100
			}
		}
		byCategory := cmpopts.SortSlices(func(a, b assortment.Affinity) bool { return a.Category < b.Category })
		if diff := cmp.Diff(got, assortment.Affinities(own, shop, 100*prior), within, byCategory); diff != "" {
			t.Fatalf("in another unit: -want +got\n%s", diff)
		}
	})
}
