package shopsim_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/evaluation/shopsim"
)

// In the friendly shop, without returns, both the natural rate and the lift of
// three waves have a formula.
func TestTruthIsTheFormulas(t *testing.T) {
	t.Parallel()
	s := shopsim.Friendly()
	s.Refund = []float64{0}
	s.Reach, s.ReachTilt = 100, 0 // everybody
	c := &shopsim.Campaign{Window: 31, Exit: true, Waves: []shopsim.Wave{
		{At: 2, Lift: 0.5, Fades: 10}, {At: 9, Lift: 0.5, Fades: 10}, {At: 23, Lift: 0.5, Fades: 10},
	}}
	extra := 0.0
	for _, w := range c.Waves {
		extra += w.Lift * w.Fades * -math.Expm1(-(c.Window-w.At)/w.Fades)
	}
	stays := s.LeaveB / (s.LeaveA + s.LeaveB)
	none := func(days float64) float64 { return math.Pow(s.Scale/(s.Scale+days), s.Shape) }
	natural, lift := stays*(1-none(c.Window)), stays*(none(c.Window)-none(c.Window+extra))

	const n = 400_000
	got := shopsim.Measure(s, c, shopsim.Caps{}, n, 1)
	if se := math.Sqrt(natural * (1 - natural) / n); math.Abs(got.Natural-natural) > 4*se {
		t.Errorf("natural rate %.5f, by formula %.5f, standard error %.5f", got.Natural, natural, se)
	}
	if d := got.Buyers; math.Abs(d.Value-lift) > 4*d.SE || d.SE > 0.0006 {
		t.Errorf("lift %.5f, by formula %.5f, standard error %.5f", d.Value, lift, d.SE)
	}
}

// What a campaign does besides shows where it should.
func TestWhatACampaignDoesBesides(t *testing.T) {
	t.Parallel()
	base := shopsim.Campaign{Window: 30, Waves: []shopsim.Wave{{At: 1, Lift: 1, Fades: 10, Off: 500, Valid: 10, Redeems: 0.8}}}
	measure := func(change func(*shopsim.Shop, *shopsim.Campaign)) shopsim.Truth {
		s, c := shopsim.Friendly(), base
		change(s, &c)
		return shopsim.Measure(s, &c, shopsim.Caps{Revenue: 20_000, Profit: 8_000}, 60_000, 3)
	}
	plain := measure(func(*shopsim.Shop, *shopsim.Campaign) {})
	if plain.Buyers.Value < 0.02 || plain.Used <= plain.Subsidised || plain.Subsidised == 0 || plain.RevenueCapped.Value >= plain.Revenue.Value {
		t.Errorf("%+v", plain)
	}
	for name, less := range map[string]func(*shopsim.Shop, *shopsim.Campaign){
		"pulls":       func(_ *shopsim.Shop, c *shopsim.Campaign) { c.Pull = 0.9 },
		"cannibals":   func(_ *shopsim.Shop, c *shopsim.Campaign) { c.Cannibal = 0.9 },
		"not reached": func(s *shopsim.Shop, _ *shopsim.Campaign) { s.Reach = -1 },
		"prevents":    func(_ *shopsim.Shop, c *shopsim.Campaign) { c.Prevents = 0.3 },
	} {
		if got := measure(less); got.Revenue.Value > plain.Revenue.Value-2*plain.Revenue.SE {
			t.Errorf("%s: revenue %.1f, without it %.1f", name, got.Revenue.Value, plain.Revenue.Value)
		}
	}
	none := measure(func(_ *shopsim.Shop, c *shopsim.Campaign) { c.Waves = nil })
	if none.Buyers.Value != 0 || none.Profit.Value != 0 || none.Messages != 0 {
		t.Errorf("no campaign does %+v", none)
	}
}

// The same stream is the same trial, and a trial is what its parts say.
func TestTrialsRepeat(t *testing.T) {
	t.Parallel()
	for _, s := range []*shopsim.Shop{shopsim.Friendly(), shopsim.Hostile()} {
		few, many, order := shopsim.History(s, 30, 20_000, 1)
		if few.Revenue >= many.Revenue || order < 4000 || few.Profit >= few.Revenue {
			t.Errorf("%s: caps %+v and %+v, average order %d", s.Name, few, many, order)
		}
		setup := shopsim.Setup{Shop: s, Campaign: &shopsim.Campaign{Window: 30, Message: 5, Waves: []shopsim.Wave{{At: 2, Lift: 0.5, Fades: 9}}},
			Customers: 4000, Share: 0.1, Few: few, Many: many, AverageOrder: order}
		seen := 0
		setup.Visit = func(bool, *shopsim.Customer, *shopsim.Outcome) { seen++ }
		a, b := setup.Run(rand.New(rand.NewPCG(1, 2))), setup.Run(rand.New(rand.NewPCG(1, 2)))
		if a != b || seen != 8000 || a.Treat.Assigned+a.Hold.Assigned != 4000 {
			t.Errorf("%s: %+v, again %+v", s.Name, a, b)
		}
		if a.Hold.Messages != 0 || a.Treat.Messages == 0 || a.Contaminated > 0 != (s.Leak > 0) {
			t.Errorf("%s: %+v", s.Name, a)
		}
	}
}

func TestBinomial(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	b := shopsim.NewBinomial(18_000, 0.06)
	var sum, squares float64
	const n = 20_000
	for range n {
		x := float64(b.Draw(r)) - 1080
		sum, squares = sum+x, squares+x*x
	}
	if mean, variance := sum/n, squares/n; math.Abs(mean) > 1 || math.Abs(variance/1015.2-1) > 0.05 {
		t.Errorf("mean off by %.2f, variance %.1f, want 1015.2", mean, variance)
	}
}
