package assortment

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
)

// Baskets are orders as sets of items, ready to be counted. An item that is twice
// in one basket is in it once.
type Baskets struct {
	items []string  // by name
	of    []int     // baskets of each item
	in    [][]int32 // items of each basket, in order
}

// NewBaskets reads baskets; those without an item do not count.
func NewBaskets(baskets iter.Seq[[]string]) *Baskets {
	ids := map[string]int32{} // in order of appearance at first
	b := &Baskets{}
	for basket := range baskets {
		if len(basket) == 0 {
			continue
		}
		set := make([]int32, 0, len(basket))
		for _, item := range basket {
			id, ok := ids[item]
			if !ok {
				id = int32(len(ids))
				ids[item] = id
			}
			set = append(set, id)
		}
		slices.Sort(set)
		b.in = append(b.in, slices.Compact(set))
	}

	// Numbers in the order of names, so that pairs come out as A < B.
	b.items = slices.Sorted(maps.Keys(ids))
	byName := make([]int32, len(ids))
	for i, item := range b.items {
		byName[ids[item]] = int32(i)
	}
	b.of = make([]int, len(b.items))
	for _, set := range b.in {
		for i, id := range set {
			set[i] = byName[id]
			b.of[set[i]]++
		}
		slices.Sort(set)
	}
	return b
}

// Len is the number of baskets, Items that of different items.
func (b *Baskets) Len() int   { return len(b.in) }
func (b *Baskets) Items() int { return len(b.items) }

// Least is the smallest number of baskets whose share of all is at least support.
func (b *Baskets) Least(support float64) int {
	return max(0, int(math.Ceil(support*float64(len(b.in))*(1-1e-12)))) // a share that is a whole number but for rounding is it
}

// Pair is two items, A before B by name. A stands on the left of the Counts.
type Pair struct {
	A, B string
	Counts
}

// Pairs are those in at least so many baskets (1 or more) together, by lift from
// the highest, then by names.
func (b *Baskets) Pairs(least int) []Pair {
	least = max(least, 1)
	sets, with := b.frequent(least)
	var pairs []Pair
	together := make([]int64, len(b.items))
	var seen []int32
	done := make([]int32, len(sets)) // items of each basket that were on the left
	for a, baskets := range with {
		for _, basket := range baskets {
			done[basket]++ // a is the next, as baskets and items are in one order
			for _, other := range sets[basket][done[basket]:] {
				if together[other] == 0 {
					seen = append(seen, other)
				}
				together[other]++
			}
		}
		for _, other := range seen {
			if n := together[other]; n >= int64(least) {
				counts := Counts{Left: int64(b.of[a]), Right: int64(b.of[other]), Both: n, All: int64(len(b.in))}
				pairs = append(pairs, Pair{b.items[a], b.items[other], counts})
			}
			together[other] = 0
		}
		seen = seen[:0]
	}
	slices.SortFunc(pairs, func(x, y Pair) int {
		return cmp.Or(cmp.Compare(y.Lift(), x.Lift()), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	return pairs
}

// frequent is the baskets without what is in fewer than least of them, and for
// each item that remains the baskets it is in.
func (b *Baskets) frequent(least int) (sets, with [][]int32) {
	sets = make([][]int32, len(b.in))
	with = make([][]int32, len(b.items))
	for basket, set := range b.in {
		for _, item := range set {
			if b.of[item] >= least {
				sets[basket] = append(sets[basket], item)
				with[item] = append(with[item], int32(basket))
			}
		}
	}
	return sets, with
}

// Rule says that who has all of Left in the basket has Right in it, as surely as
// the Counts tell.
type Rule struct {
	Left  []string // by name
	Right string
	Counts
}

// Rules are those over at most so many items, in at least so many baskets (1 or
// more), with at least such a confidence, by lift from the highest, then by names
// (Agrawal and Srikant 1994, VLDB: 487; found by intersecting lists of baskets,
// Zaki 2000, IEEE Trans Knowl Data Eng 12:372). Their number grows without bound
// as the least number of baskets falls; items bounds the work.
func (b *Baskets) Rules(least int, confidence float64, items int) []Rule {
	least = max(least, 1)
	_, with := b.frequent(least)
	found := map[string]int64{} // sets of items and their baskets
	var extend func(set []int32, baskets []int32)
	extend = func(set []int32, baskets []int32) {
		found[key(set)] = int64(len(baskets))
		if len(set) >= items {
			return
		}
		for next := set[len(set)-1] + 1; int(next) < len(with); next++ {
			if both := intersect(baskets, with[next]); len(both) >= least {
				extend(append(slices.Clone(set), next), both)
			}
		}
	}
	for item, baskets := range with {
		if len(baskets) > 0 {
			extend([]int32{int32(item)}, baskets)
		}
	}

	var rules []Rule
	for packed, both := range found {
		set := unkey(packed)
		if len(set) < 2 {
			continue
		}
		for i, right := range set {
			left := slices.Delete(slices.Clone(set), i, i+1)
			counts := Counts{Left: found[key(left)], Right: int64(b.of[right]), Both: both, All: int64(len(b.in))}
			if counts.Confidence() < confidence {
				continue
			}
			rule := Rule{Right: b.items[right], Counts: counts}
			for _, item := range left {
				rule.Left = append(rule.Left, b.items[item])
			}
			rules = append(rules, rule)
		}
	}
	slices.SortFunc(rules, func(x, y Rule) int {
		return cmp.Or(cmp.Compare(y.Lift(), x.Lift()), slices.Compare(x.Left, y.Left), cmp.Compare(x.Right, y.Right))
	})
	return rules
}

func intersect(a, b []int32) []int32 {
	var both []int32
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both = append(both, a[i])
			i++
			j++
		}
	}
	return both
}

// key packs a set of items, in order, so that it can stand in a map.
func key(set []int32) string {
	packed := make([]byte, 0, 4*len(set))
	for _, item := range set {
		packed = append(packed, byte(item>>24), byte(item>>16), byte(item>>8), byte(item))
	}
	return string(packed)
}

func unkey(packed string) []int32 {
	set := make([]int32, 0, len(packed)/4)
	for i := 0; i < len(packed); i += 4 {
		set = append(set, int32(packed[i])<<24|int32(packed[i+1])<<16|int32(packed[i+2])<<8|int32(packed[i+3]))
	}
	return set
}
