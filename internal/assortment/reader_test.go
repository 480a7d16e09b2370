package assortment_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/assortment"
)

// randomOrders are of 40 products, by customer; every ninth is of nobody.
func randomOrders(n int) []assortment.Order {
	r := rand.New(rand.NewPCG(3, 9))
	orders := make([]assortment.Order, n)
	for i := range orders {
		o := assortment.Order{ID: fmt.Sprintf("%09d", i), Day: r.IntN(800)}
		if i%9 > 0 {
			o.Customer = fmt.Sprintf("c%06d", r.IntN(n/4+1))
		}
		for range 1 + r.IntN(4) {
			k := r.IntN(40)
			o.Lines = append(o.Lines, assortment.Line{Product: fmt.Sprintf("p%02d", k), Category: fmt.Sprint(k % 3), Units: 1, Contribution: int64(k), Costed: k > 0})
		}
		orders[i] = o
	}
	slices.SortStableFunc(orders, func(a, b assortment.Order) int { return cmp.Compare(a.Customer, b.Customer) })
	return orders
}

// What is read in parts is what all of it together gives, and of a sample of the
// baskets only the partners hang.
func TestAReaderGivesWhatTallyGives(t *testing.T) {
	t.Parallel()
	orders := randomOrders(250_000)
	want := assortment.Tally(orders, 70, 800)
	for _, baskets := range []int{1 << 30, 1000} {
		r := assortment.NewReader(70, 800, baskets)
		for _, o := range orders {
			r.Add(o)
		}
		got := r.Sales(20)
		if baskets > len(orders) {
			var all [][]string
			for _, o := range orders {
				if o.Day >= 70 {
					all = append(all, productsOf([]assortment.Order{o})[0])
				}
			}
			assortment.Partner(want, assortment.NewBaskets(slices.Values(all)).Pairs(20))
		} else {
			for i := range got {
				got[i].Partners = want[i].Partners
			}
		}
		if diff := gocmp.Diff(got, want); diff != "" {
			t.Errorf("%d baskets: -got +want\n%s", baskets, diff)
		}
	}
}
