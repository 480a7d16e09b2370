package wave

import (
	"maps"
	"slices"

	"github.com/rewave/rewave/campaigns"
)

// PoolLimit is a coupon pool that gives one customer fewer codes than a campaign
// may ask of it: later messages do as the wave's if_exhausted says.
type PoolLimit struct {
	Pool   string
	Asked  int // at most, over all rounds of one entry
	Allows int
	Again  bool // one entry is well; a customer who enters again is not
}

// PoolLimits compares what one entry may ask of each pool with what the pool
// allows a customer, by name; a pool that is not among them is not looked at.
// The answer is in the order of the names, and empty where all is well. Codes
// that a customer has from other campaigns come on top.
func PoolLimits(c campaigns.Campaign, perCustomer map[string]int) []PoolLimit {
	asked := codesPerRound(c)
	var limits []PoolLimit
	for _, pool := range slices.Sorted(maps.Keys(asked)) {
		allows, known := perCustomer[pool]
		n := asked[pool] * max(1, c.Rounds.Times)
		again := c.Enter.Again.EachTime || c.Enter.Again.After > 0
		if known && (n > allows || again && 2*n > allows) {
			limits = append(limits, PoolLimit{Pool: pool, Asked: n, Allows: allows, Again: n <= allows})
		}
	}
	return limits
}

// codesPerRound is how many codes of each pool one customer is given in a round
// at most. A customer stays in one stratum; the variant is drawn by each wave.
func codesPerRound(c campaigns.Campaign) map[string]int {
	strata := []string{""}
	if c.Strata != nil {
		strata = strata[:0]
		for _, s := range c.Strata.Values {
			strata = append(strata, s.Name)
		}
	}
	most := map[string]int{}
	for _, stratum := range strata {
		codes := map[string]int{}
		for _, w := range c.Waves {
			for pool := range poolsOf(w, stratum) {
				codes[pool]++
			}
		}
		for pool, n := range codes {
			most[pool] = max(most[pool], n)
		}
	}
	return most
}

// poolsOf are the pools that a wave gives a customer of a stratum a code from, in
// one variant or another.
func poolsOf(w campaigns.Wave, stratum string) map[string]bool {
	pools := map[string]bool{}
	add := func(variant string) {
		if coupon := w.ContentFor(variant, stratum).Coupon; coupon != nil {
			pools[coupon.Pool] = true
		}
	}
	for _, v := range w.Variants {
		add(v.Name)
	}
	if len(w.Variants) == 0 {
		add("")
	}
	return pools
}
