package delivery_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

func TestAReserveIsGivenOutOneByOne(t *testing.T) {
	t.Parallel()
	money := int64(1200)
	r := delivery.Reserve{Rate: delivery.Rate{Limit: 4, Used: 1, FreeAt: noon.Add(7 * time.Second)}, Budget: &money, Codes: map[string]int{"ten-off": 1, "five-off": 5}}
	var got []string
	for _, change := range []func(*delivery.Facts){
		coupon("skip", false), // what is left is the reserve's to say
		coupon("skip", true),
		func(f *delivery.Facts) { coupon("skip", true)(f); f.Coupon.Pool, f.Coupon.Minor = "five-off", 700 },
		func(f *delivery.Facts) { coupon("skip", true)(f); f.Coupon.Pool, f.Arm = "five-off", holdout.Hold },
		func(f *delivery.Facts) { coupon("skip", true)(f); f.Coupon.Pool = "five-off" },
		func(f *delivery.Facts) { f.Cost = 5 },
		func(f *delivery.Facts) { f.Cost = 5 },
		func(f *delivery.Facts) { f.Cost, f.Skip = 5, true },
	} {
		f := sendable()
		change(&f)
		a := r.Gate(f, noon)
		got = append(got, string(a.To)+" "+string(a.Reason))
	}
	want := []string{"sending ", "suppressed coupon_exhausted", "suppressed budget", "withheld holdout", "sending ", "sending ", "planned rate", "planned rate"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("answers (got -, want +):\n%s", diff)
	}
	left := int64(185)
	if diff := cmp.Diff(r, delivery.Reserve{
		Rate: delivery.Rate{Limit: 4, Used: 4, FreeAt: noon.Add(7 * time.Second)}, Budget: &left, Codes: map[string]int{"ten-off": 0, "five-off": 4},
		Passed: 3, Spent: 1015, Bound: map[string]int{"ten-off": 1, "five-off": 1},
	}); diff != "" {
		t.Errorf("what is left (got -, want +):\n%s", diff)
	}
	if money != 1200 {
		t.Errorf("the caller's budget became %d", money)
	}
}

func TestTheRateIsFreeAMinuteAfterTheFirstOfTheChunk(t *testing.T) {
	t.Parallel()
	r := delivery.Reserve{Rate: delivery.Rate{Limit: 1}}
	r.Gate(sendable(), noon)
	got := r.Gate(sendable(), noon.Add(time.Second))
	want := delivery.Answer{To: delivery.Planned, Reason: audience.Rate, Channel: "email", DueAt: noon.Add(time.Minute)}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("second (got -, want +):\n%s", diff)
	}
}

// However it is asked, no more goes out than there was, and a ghost takes nothing.
func TestAReserveIsNeverOverdrawn(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(8, 9))
	for range 500 {
		money, codes, limit := rng.Int64N(5000), rng.IntN(6), rng.IntN(20)
		r := delivery.Reserve{Rate: delivery.Rate{Limit: limit}, Budget: &money, Codes: map[string]int{"ten-off": codes}}
		var spent int64
		sent, bound := 0, 0
		for range 40 {
			f := anyFacts(rng)
			f.Skip, f.Rate, f.Budget = rng.IntN(4) == 0, delivery.Rate{}, nil
			before := r.Passed
			a := r.Gate(f, noon)
			if a.To != delivery.Sending {
				if r.Passed != before {
					t.Fatalf("%+v took something", a)
				}
				continue
			}
			sent++
			spent += f.Cost
			if a.BindCoupon {
				bound++
				spent += f.Coupon.Minor
			}
		}
		if spent > money || bound > codes || limit > 0 && sent > limit {
			t.Fatalf("of %d, %d codes and a rate of %d: %d spent, %d bound, %d sent", money, codes, limit, spent, bound, sent)
		}
		if r.Spent != spent || r.Passed != sent || r.Bound["ten-off"] != bound || *r.Budget != money-spent {
			t.Fatalf("booked %+v; %d spent, %d bound, %d sent", r, spent, bound, sent)
		}
	}
}
