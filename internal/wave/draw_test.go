package wave_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// rich is a campaign with all that is drawn by lot or frozen at entry.
func rich() campaigns.Campaign {
	c := campaign()
	c.Enter.Again.EachTime = true
	c.Strata = &campaigns.Strata{By: "order.category", Default: "daily", Values: []campaigns.Stratum{{Name: "food"}, {Name: "daily"}}}
	c.Limits.Group = "spring"
	for i := range c.Waves {
		c.Waves[i].Variants = []campaigns.Variant{{Name: "a", Share: holdout.Whole / 2}, {Name: "b", Share: holdout.Whole / 5}, {Name: "c", Share: holdout.Whole * 3 / 10}}
	}
	return c
}

func design(hold, global holdout.Share) wave.Design {
	return wave.Design{Number: 3, Share: hold, Global: global, Epoch: "2026", Skips: map[string]holdout.Share{"thanks": holdout.Whole / 3, "coupon": holdout.Whole / 3}}
}

func ready(t *testing.T, c campaigns.Campaign, d wave.Design) *wave.Planner {
	t.Helper()
	p, err := wave.NewPlanner(c, d, zone(t, "Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func plan(t *testing.T, c campaigns.Campaign, d wave.Design, k wave.Candidate) wave.Decision {
	t.Helper()
	return ready(t, c, d).Plan(k)
}

// someone is ann under another id, bought food.
func someone(t *testing.T, n int) wave.Candidate {
	t.Helper()
	k := ann(t, instant(t, "2026-03-02 15:00", "Europe/Berlin"))
	k.Profile.ShopID = fmt.Sprintf("shop-%d", n)
	k.Env = k.Env.WithOrder(rules.OrderFact{At: k.EnteredAt, Minor: 1000, Parts: []rules.Part{{Category: "food", SKU: "F-1", Minor: 1000}}})
	return k
}

// The arm hangs on the customer's id, the campaign's name, the design, and the
// entry; nothing that is known, written or sent moves it.
func TestNothingElseMovesTheArm(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	for n := range 150 {
		k := someone(t, n)
		k.Entries = rng.IntN(3)
		want := plan(t, rich(), design(holdout.Whole/3, holdout.Whole/10), k).Enrollment

		c, d := rich(), design(holdout.Whole/3, holdout.Whole/10)
		c.Waves[0].Variants, c.Waves[1].Service = c.Waves[0].Variants[:0], rng.IntN(2) == 0
		c.Limits.Priority, c.Strata, d.Skips = rng.IntN(100), nil, nil
		c.Rounds.Times = 1 + rng.IntN(5)
		k.Profile.Zone = "America/New_York"
		k.EnteredAt = k.EnteredAt.Add(hour * 5)
		got := plan(t, c, d, k).Enrollment
		if got.Arm != want.Arm || got.U != want.U || got.Layer != want.Layer || got.Share != want.Share {
			t.Errorf("customer %d: %+v, want the arm of %+v", n, got, want)
		}
	}
}

// What is stored recomputes the arm, and the global holdout comes first.
func TestTheStoredDrawRecomputesTheArm(t *testing.T) {
	t.Parallel()
	counts := map[holdout.Arm]int{}
	p := ready(t, rich(), design(holdout.Whole/4, holdout.Whole/10))
	for n := range 2000 {
		e := p.Plan(someone(t, n)).Enrollment
		counts[e.Arm]++
		if arm, u := holdout.Assign(e.Share, e.Layer, e.Key); arm != e.Arm || u != e.U {
			t.Fatalf("%+v recomputes as %s, %v", e, arm, u)
		}
		global := holdout.U("g|2026", e.Key) < 0.1
		if global != (e.Arm == holdout.GlobalHold) {
			t.Fatalf("%+v, and in the global holdout: %t", e, global)
		}
		layer, share := "c|double11|3|c1", holdout.Whole/4
		if global {
			layer, share = "g|2026", holdout.Whole/10
		}
		if e.Layer != layer || e.Share != share {
			t.Fatalf("%+v, want layer %s at %d", e, layer, share)
		}
	}
	for arm, want := range map[holdout.Arm]float64{holdout.GlobalHold: 200, holdout.Hold: 450, holdout.Treat: 1350} {
		if math.Abs(float64(counts[arm])-want) > 80 {
			t.Errorf("%d of 2000 are %s, want about %v", counts[arm], arm, want)
		}
	}
}

// Both arms are planned alike: where, when, on what channel, in which variant.
func TestTheArmsWalkTheSamePath(t *testing.T) {
	t.Parallel()
	all, none, nobody := ready(t, rich(), design(0, 0)), ready(t, rich(), design(holdout.Whole, 0)), ready(t, rich(), design(0, holdout.Whole))
	for n := range 300 {
		k := someone(t, n)
		treated, held, global := all.Plan(k), none.Plan(k), nobody.Plan(k)
		for i, d := range treated.Deliveries {
			d.Skip = false
			for arm, other := range map[holdout.Arm]wave.Delivery{holdout.Hold: held.Deliveries[i], holdout.GlobalHold: global.Deliveries[i]} {
				d.Arm = arm
				if diff := cmp.Diff(other, d); diff != "" {
					t.Fatalf("customer %d, %s (-) against treated (+):\n%s", n, arm, diff)
				}
			}
		}
		if treated.Enrollment.Stratum != held.Enrollment.Stratum {
			t.Fatalf("strata %q and %q", treated.Enrollment.Stratum, held.Enrollment.Stratum)
		}
	}
}

// Service goes to everybody, and is never skipped; a campaign of nothing else
// holds nobody out.
func TestServiceGoesToEverybody(t *testing.T) {
	t.Parallel()
	for _, arm := range []wave.Design{design(holdout.Whole, 0), design(0, holdout.Whole), design(0, 0)} {
		mixed := rich()
		mixed.Waves[1].Service = true // thanks
		got := plan(t, mixed, arm, someone(t, 1))
		for _, d := range got.Deliveries {
			want := got.Enrollment.Arm
			if d.Wave == "thanks" {
				want = holdout.Treat
				if d.Skip {
					t.Error("a service message is skipped")
				}
			}
			if d.Arm != want {
				t.Errorf("enrolled as %s: %s goes out as %s, want %s", got.Enrollment.Arm, d.Wave, d.Arm, want)
			}
		}
		for i := range mixed.Waves {
			mixed.Waves[i].Service = true
		}
		e := plan(t, mixed, arm, someone(t, 1)).Enrollment
		if e.Arm != holdout.Treat || e.Share != 0 || e.Layer != "c|double11|3|c1" {
			t.Errorf("service only: %+v, want everybody treated", e)
		}
	}
}

// A later round is planned from what is stored: the variant stays, the skip is
// drawn anew, the stored arm counts whatever the design has become.
func TestLaterRoundsArePlannedFromTheStoredEnrollment(t *testing.T) {
	t.Parallel()
	c := rich()
	c.Rounds = campaigns.Rounds{Times: 4, Every: 30 * days}
	p := ready(t, c, design(0, 0))
	skipped := map[string]int{}
	const customers = 1500
	for n := range customers {
		first := p.Plan(someone(t, n))
		e := first.Enrollment
		stored := enrollment.Enrollment{Key: e.Key, EnteredAt: e.EnteredAt, Entry: e.Entry, Arm: e.Arm, Zone: e.Zone}
		again, err := p.Round(stored, 1, audience.Contact{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(again, first.Deliveries); diff != "" {
			t.Fatalf("the first round again (-) is another (+):\n%s", diff)
		}
		pattern := ""
		for round := 1; round <= 4; round++ {
			later, err := p.Round(stored, round, audience.Contact{})
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range later {
				if d.Variant != first.Deliveries[i].Variant {
					t.Fatalf("round %d of %s: variant %s, before %s", round, d.Wave, d.Variant, first.Deliveries[i].Variant)
				}
				if d.Wave == "care" && d.Skip {
					t.Fatal("care has no skip")
				}
				if d.Wave == "thanks" {
					pattern += map[bool]string{true: "1", false: "0"}[d.Skip]
				}
			}
		}
		skipped[pattern]++
		stored.Arm = holdout.Hold
		held, err := p.Round(stored, 2, audience.Contact{})
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(held, func(d wave.Delivery) bool { return d.Skip || d.Arm != holdout.Hold }) {
			t.Fatalf("stored as hold, planned %+v", held)
		}
	}
	// Independent rounds at a third: all sixteen patterns, each at its rate.
	for pattern, got := range skipped {
		want := float64(customers)
		for _, s := range pattern {
			want *= map[rune]float64{'1': 1. / 3, '0': 2. / 3}[s]
		}
		if sd := math.Sqrt(want); math.Abs(float64(got)-want) > 4*sd {
			t.Errorf("pattern %s: %d customers, want about %.0f", pattern, got, want)
		}
	}
	if len(skipped) != 16 {
		t.Errorf("%d patterns, want 16: %v", len(skipped), skipped)
	}
}

func TestVariantsAreSplitByTheirSharesAndApartFromEachOther(t *testing.T) {
	t.Parallel()
	pairs := map[string]int{}
	p := ready(t, rich(), design(0, 0))
	const customers = 4000
	for n := range customers {
		d := p.Plan(someone(t, n)).Deliveries
		pairs[d[0].Variant+d[1].Variant]++
	}
	share := map[string]float64{"a": 0.5, "b": 0.2, "c": 0.3}
	for _, x := range []string{"a", "b", "c"} {
		for _, y := range []string{"a", "b", "c"} {
			want := customers * share[x] * share[y]
			if got := pairs[x+y]; math.Abs(float64(got)-want) > 4*math.Sqrt(want) {
				t.Errorf("%s in care and %s in thanks: %d, want about %.0f", x, y, got, want)
			}
		}
	}
}

func TestTheStratumIsFrozenFromTheText(t *testing.T) {
	t.Parallel()
	for category, want := range map[string]string{"food": "food", "daily": "daily", "toys": "daily", "": "daily"} {
		k := someone(t, 1)
		k.Env = k.Env.WithOrder(rules.OrderFact{At: k.EnteredAt, Minor: 1000, Parts: []rules.Part{{Category: category, Minor: 1000}}})
		if got := plan(t, rich(), design(0, 0), k).Enrollment.Stratum; got != want {
			t.Errorf("category %q: stratum %q, want %q", category, got, want)
		}
	}
	plain := rich()
	plain.Strata = nil
	if got := plan(t, plain, design(0, 0), someone(t, 1)).Enrollment.Stratum; got != "" {
		t.Errorf("no strata: %q", got)
	}
}

func TestNeedsAreThoseOfTheWholePlan(t *testing.T) {
	t.Parallel()
	c := rich()
	c.Enter.When = `customer.has_tag("vip") and customer.text("concern") == "safety"`
	c.Enter.Occasion = &campaigns.Occasion{Attribute: "birthday"}
	p := ready(t, c, design(0, 0))
	got := p.Needs()
	got.Customer = nil
	want := rules.Needs{Order: true, OrderLines: true, Tags: true, Attributes: []string{"birthday", "concern"}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("Needs (got -, want +):\n%s", diff)
	}
}
