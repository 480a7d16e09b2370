package wave_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/wave"
)

func TestPoolsThatGiveACustomerTooFewCodesAreNamed(t *testing.T) {
	t.Parallel()
	of := func(pool string) campaigns.Content { return campaigns.Content{Coupon: &campaigns.Coupon{Pool: pool}} }
	rounds := campaigns.Rounds{Times: 5}
	strata := &campaigns.Strata{Values: []campaigns.Stratum{{Name: "food"}, {Name: "daily"}}, Default: "daily"}
	for _, test := range []struct {
		name    string
		c       campaigns.Campaign
		allowed map[string]int
		want    []wave.PoolLimit
	}{
		{"a code in each of five rounds",
			campaigns.Campaign{Rounds: rounds, Waves: []campaigns.Wave{{Content: of("ten")}, {}}},
			map[string]int{"ten": 1}, []wave.PoolLimit{{Pool: "ten", Asked: 5, Allows: 1}}},
		{"as many as there may be",
			campaigns.Campaign{Rounds: rounds, Waves: []campaigns.Wave{{Content: of("ten")}}},
			map[string]int{"ten": 5}, nil},
		{"a yearly code of a pool that gives one for ever",
			campaigns.Campaign{Enter: campaigns.Enter{Again: campaigns.Again{After: 300 * 24 * time.Hour}}, Waves: []campaigns.Wave{{Content: of("ten")}}},
			map[string]int{"ten": 1}, []wave.PoolLimit{{Pool: "ten", Asked: 1, Allows: 1, Again: true}}},
		{"enough for two entries of two rounds",
			campaigns.Campaign{Enter: campaigns.Enter{Again: campaigns.Again{EachTime: true}}, Rounds: campaigns.Rounds{Times: 2}, Waves: []campaigns.Wave{{Content: of("ten")}}},
			map[string]int{"ten": 4}, nil},
		{"too few for a single entry, which says it all",
			campaigns.Campaign{Enter: campaigns.Enter{Again: campaigns.Again{EachTime: true}}, Rounds: rounds, Waves: []campaigns.Wave{{Content: of("ten")}}},
			map[string]int{"ten": 4}, []wave.PoolLimit{{Pool: "ten", Asked: 5, Allows: 4}}},
		{"two waves of one round",
			campaigns.Campaign{Waves: []campaigns.Wave{{Content: of("ten")}, {Content: of("ten")}, {Content: of("card")}}},
			map[string]int{"ten": 1, "card": 1}, []wave.PoolLimit{{Pool: "ten", Asked: 2, Allows: 1}}},
		{"one variant or the other",
			campaigns.Campaign{Waves: []campaigns.Wave{{Content: of("ten"), Variants: []campaigns.Variant{
				{Name: "a"}, {Name: "b", Content: of("five")}, {Name: "c", Content: campaigns.Content{NoCoupon: true}}}}}},
			map[string]int{"ten": 0, "five": 0}, []wave.PoolLimit{{Pool: "five", Asked: 1}, {Pool: "ten", Asked: 1}}},
		{"nobody is in two strata",
			campaigns.Campaign{Strata: strata, Waves: []campaigns.Wave{
				{ByStratum: []campaigns.StratumPart{{Stratum: "food", Content: of("ten")}}},
				{ByStratum: []campaigns.StratumPart{{Stratum: "daily", Content: of("ten")}}}}},
			map[string]int{"ten": 1}, nil},
		{"the default is for all that are not named",
			campaigns.Campaign{Strata: strata, Waves: []campaigns.Wave{
				{ByStratum: []campaigns.StratumPart{{Stratum: "food", Content: of("ten")}}},
				{ByStratum: []campaigns.StratumPart{{Stratum: campaigns.DefaultStratum, Content: of("ten")}}}}},
			map[string]int{"ten": 1}, []wave.PoolLimit{{Pool: "ten", Asked: 2, Allows: 1}}},
		{"a pool that is not there",
			campaigns.Campaign{Rounds: rounds, Waves: []campaigns.Wave{{Content: of("ten")}}},
			nil, nil},
	} {
		if diff := cmp.Diff(wave.PoolLimits(test.c, test.allowed), test.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", test.name, diff)
		}
	}
}
