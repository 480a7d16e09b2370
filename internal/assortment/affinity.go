package assortment

import (
	"cmp"
	"slices"
)

// Affinity is how much of what a customer buys is of a category, against the shop.
type Affinity struct {
	Category string
	Own      float64 // the customer's share, drawn towards the shop's
	Shop     float64 // the shop's share, above 0
}

// Index is how many times the shop's share the customer's is: 1 is like everyone.
func (a Affinity) Index() float64 { return a.Own / a.Shop }

// Affinities are those of a customer to each category that the shop has sold, from
// the highest index, then by name. own and shop are amounts by category, both of
// money or both of orders; below 0, as after refunds, is none. For a category with
// own amount a of A, and the shop's share p,
//
//	own share = (a + prior p) / (A + prior)
//
// the mean of a Dirichlet prior of that weight (Agresti 2013, Categorical Data
// Analysis, 1.6). prior > 0 is in the unit of the amounts, and a good one is what
// three orders come to: a customer of one order then counts for a quarter, of nine
// for three quarters. Without own amounts every index is 1; what the shop has not
// sold is left out.
func Affinities(own, shop map[string]int64, prior float64) []Affinity {
	var affinities []Affinity
	for category := range shop {
		if a, sold := AffinityTo(category, own, shop, prior); sold {
			affinities = append(affinities, a)
		}
	}
	slices.SortFunc(affinities, func(a, b Affinity) int {
		return cmp.Or(cmp.Compare(b.Index(), a.Index()), cmp.Compare(a.Category, b.Category))
	})
	return affinities
}

// AffinityTo is that of Affinities to one category; sold is false where the shop has
// not sold it.
func AffinityTo(category string, own, shop map[string]int64, prior float64) (a Affinity, sold bool) {
	amount := shop[category]
	if amount <= 0 {
		return a, false
	}
	var shopSum, ownSum int64
	for c, amount := range shop {
		if amount > 0 {
			shopSum += amount
			ownSum += max(0, own[c])
		}
	}
	p := float64(amount) / float64(shopSum)
	return Affinity{category, (float64(max(0, own[category])) + prior*p) / (float64(ownSum) + prior), p}, true
}
