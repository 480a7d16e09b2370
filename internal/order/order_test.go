package order

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func at(minute int) time.Time {
	return time.Date(2011, 1, 18, 10, minute, 0, 0, time.UTC)
}

func TestMatchRefunds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sold     []Sold
		returned []Returned
		want     []Part
	}{
		"bought and cancelled": {
			sold:     []Sold{{OrderID: 1, Line: 1, PlacedAt: at(1), Quantity: 74215}},
			returned: []Returned{{Name: "C541433", Line: 1, At: at(17), Quantity: 74215}},
			want:     []Part{{0, 0, 74215}},
		},
		"the latest line first, then the one before": {
			sold: []Sold{
				{OrderID: 1, Line: 1, PlacedAt: at(1), Quantity: 5},
				{OrderID: 2, Line: 1, PlacedAt: at(2), Quantity: 2},
				{OrderID: 3, Line: 1, PlacedAt: at(9), Quantity: 7},
			},
			returned: []Returned{{Name: "C1", Line: 1, At: at(5), Quantity: 4}},
			want:     []Part{{0, 1, 2}, {0, 0, 2}},
		},
		"the same minute counts as sold": {
			sold:     []Sold{{OrderID: 1, Line: 1, PlacedAt: at(1), Quantity: 1}},
			returned: []Returned{{Name: "C1", Line: 1, At: at(1), Quantity: 1}},
			want:     []Part{{0, 0, 1}},
		},
		"more than was sold": {
			sold:     []Sold{{OrderID: 1, Line: 1, PlacedAt: at(1), Quantity: 3}},
			returned: []Returned{{Name: "C1", Line: 1, At: at(2), Quantity: 5}},
			want:     []Part{{0, 0, 3}, {0, -1, 2}},
		},
		"before anything was sold": {
			sold:     []Sold{{OrderID: 1, Line: 1, PlacedAt: at(3), Quantity: 3}},
			returned: []Returned{{Name: "C1", Line: 1, At: at(2), Quantity: 3}},
			want:     []Part{{0, -1, 3}},
		},
		"the order it names, though a later one has units left": {
			sold: []Sold{
				{OrderID: 1, Line: 1, PlacedAt: at(1), Quantity: 3},
				{OrderID: 2, Line: 1, PlacedAt: at(2), Quantity: 3},
			},
			returned: []Returned{{Name: "R1", Line: 1, At: at(3), Quantity: 1, OrderID: 1}, {Name: "R2", Line: 1, At: at(4), Quantity: 5}},
			want:     []Part{{0, 0, 1}, {1, 1, 3}, {1, 0, 2}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := MatchRefunds(test.sold, test.returned)
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("parts (-got +want):\n%s", diff)
			}
		})
	}
}

// unitByUnit is the rule as a person would carry it out: for every refund in the
// order of time, one unit after another, look through all lines for the latest.
func unitByUnit(sold []Sold, returned []Returned) map[string]int {
	left := make([]int, len(sold))
	for i, s := range sold {
		left[i] = s.Quantity
	}
	done := make([]bool, len(returned))
	earlier := func(a, b Returned) bool {
		if !a.At.Equal(b.At) {
			return a.At.Before(b.At)
		}
		return a.Name < b.Name || a.Name == b.Name && a.Line < b.Line
	}
	later := func(a, b Sold) bool {
		if !a.PlacedAt.Equal(b.PlacedAt) {
			return a.PlacedAt.After(b.PlacedAt)
		}
		return a.Name > b.Name || a.Name == b.Name && a.Line > b.Line
	}
	given := map[string]int{}
	for range returned {
		first := -1
		for i, r := range returned {
			if !done[i] && (first < 0 || earlier(r, returned[first])) {
				first = i
			}
		}
		done[first] = true
		r := returned[first]
		for range r.Quantity {
			best := -1
			for i, s := range sold {
				if left[i] > 0 && !s.PlacedAt.After(r.At) && (r.OrderID == 0 || r.OrderID == s.OrderID) && (best < 0 || later(s, sold[best])) {
					best = i
				}
			}
			if best >= 0 {
				left[best]--
			}
			given[fmt.Sprint(first, best)]++
		}
	}
	return given
}

func TestMatchRefundsAgreesWithUnitByUnit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minute, units := rapid.IntRange(0, 8), rapid.IntRange(1, 6)
		var sold []Sold
		for i := range rapid.IntRange(0, 8).Draw(t, "lines") {
			id := int64(i/2 + 1) // two lines an order
			placed := at(minute.Draw(t, "placed"))
			if i%2 == 1 {
				placed = sold[i-1].PlacedAt
			}
			sold = append(sold, Sold{OrderID: id, Name: fmt.Sprint(id), Line: i%2 + 1, PlacedAt: placed, Quantity: units.Draw(t, "sold")})
		}
		var returned []Returned
		for i := range rapid.IntRange(0, 6).Draw(t, "refunds") {
			returned = append(returned, Returned{Name: fmt.Sprint("C", i/2), Line: i%2 + 1, At: at(minute.Draw(t, "at")), Quantity: units.Draw(t, "returned"),
				OrderID: rapid.SampledFrom([]int64{0, 0, 0, 1, 2, 9}).Draw(t, "names")})
		}
		parts := MatchRefunds(sold, returned)
		got := map[string]int{}
		for _, p := range parts {
			got[fmt.Sprint(p.Returned, p.Sold)] += p.Quantity
		}
		if diff := cmp.Diff(got, unitByUnit(sold, returned)); diff != "" {
			t.Fatalf("units (-got +want):\n%s", diff)
		}

		// The order of the arguments does not matter.
		order := rapid.Permutation(indexes(len(sold))).Draw(t, "order")
		shuffled := make([]Sold, len(sold))
		for to, from := range order {
			shuffled[to] = sold[from]
		}
		again := MatchRefunds(shuffled, returned)
		for i := range again {
			if again[i].Sold >= 0 {
				again[i].Sold = order[again[i].Sold]
			}
		}
		if diff := cmp.Diff(again, parts); diff != "" {
			t.Fatalf("parts of shuffled lines (-got +want):\n%s", diff)
		}
	})
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
