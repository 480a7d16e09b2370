package delivery_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// causes are all that can stand in the way, in the order in which the gate
// answers. None of them takes another's place: each changes facts of its own.
var causes = []struct {
	name   string
	change func(*delivery.Facts)
	to     delivery.State
	why    audience.Reason
}{
	{"cancelled", func(f *delivery.Facts) { f.CampaignStatus = "cancelled" }, delivery.Cancelled, audience.Cancelled},
	{"late", func(f *delivery.Facts) { f.ExpiresAt = noon }, delivery.Expired, audience.Late},
	{"paused", func(f *delivery.Facts) { f.CampaignStatus = "paused" }, delivery.Planned, audience.Paused},
	{"on hold", func(f *delivery.Facts) { f.OnHold = true }, delivery.Planned, audience.OnHold},
	{"rests", func(f *delivery.Facts) { f.Rests = true }, delivery.Planned, audience.ProviderRests},
	{"erased", func(f *delivery.Facts) { f.Contact.Erased = true }, delivery.Suppressed, audience.Erased},
	{"merged", func(f *delivery.Facts) { f.Merged = true }, delivery.Suppressed, audience.Merged},
	{"repurchased", func(f *delivery.Facts) { f.Repurchased = true }, delivery.Suppressed, audience.Repurchased},
	{"requires", state(delivery.Failed), delivery.Suppressed, audience.Requires},
	{"channel", reach(func(r *audience.Reach) { r.Suppressed = true }), delivery.Suppressed, audience.Suppressed},
	{"held", func(f *delivery.Facts) { f.HeldBy = audience.ComplaintOpen }, delivery.Planned, audience.ComplaintOpen},
	{"stale", stale("wait"), delivery.Planned, audience.FeedStale},
	{"blackout", blackout, delivery.Planned, audience.Blackout},
	{"quiet", func(f *delivery.Facts) { f.Quiet = map[string]calendar.Window{"email": {From: 11 * 60, To: 13 * 60}} }, delivery.Planned, audience.QuietHours},
	{"between", func(f *delivery.Facts) { f.Between = &calendar.Window{From: 14 * 60, To: 15 * 60} }, delivery.Planned, audience.OutsideWindow},
	{"cooling", cools, delivery.Planned, audience.CoolingDown},
	{"capped", func(f *delivery.Facts) { f.Caps = []audience.Pressure{{Cap: audience.Cap{Limit: 3}, Real: 3}} }, delivery.Suppressed, audience.Capped},
	{"coupon", coupon("skip", false), delivery.Suppressed, audience.CouponsGone},
	{"budget", func(f *delivery.Facts) { f.Budget, f.Cost = new(int64), 5 }, delivery.Suppressed, audience.Budget},
	{"day", ofDay(4), delivery.Planned, audience.DayBudget},
	{"warm-up", func(f *delivery.Facts) { f.Day = delivery.Rate{Limit: 1, Used: 1, FreeAt: noon.Add(time.Hour)} }, delivery.Planned, audience.WarmUp},
	{"rate", func(f *delivery.Facts) { f.Rate = delivery.Rate{Limit: 1, Used: 1} }, delivery.Planned, audience.Rate},
}

func TestTheFirstOfTwoCausesAnswers(t *testing.T) {
	t.Parallel()
	for i, first := range causes {
		for _, second := range causes[i:] {
			if first.name == "cancelled" && second.name == "paused" {
				continue // one status
			}
			f := sendable()
			second.change(&f)
			first.change(&f)
			if got := delivery.Gate(f, noon); got.To != first.to || got.Reason != first.why {
				t.Errorf("%s and %s: %s, %s; want %s, %s", first.name, second.name, got.To, got.Reason, first.to, first.why)
			}
		}
	}
}

// anyFacts has each cause with an even chance to stand in the way, so that many
// get through.
func anyFacts(rng *rand.Rand) delivery.Facts {
	f := sendable()
	for _, c := range causes {
		if rng.IntN(12) == 0 {
			c.change(&f)
		}
	}
	f.IfFeedStale = []string{"wait", "skip", "send", ""}[rng.IntN(4)]
	if rng.IntN(2) == 0 {
		coupon([]string{"wait", "skip", "send", ""}[rng.IntN(4)], rng.IntN(3) > 0)(&f)
		f.Coupon.Bound = rng.IntN(4) == 0
	}
	if rng.IntN(2) == 0 {
		left := rng.Int64N(1200)
		f.Budget = &left
	}
	f.Rate = delivery.Rate{Limit: rng.IntN(3), Used: rng.IntN(2)}
	f.Purpose, f.Capped = audience.Purpose(rng.IntN(3)), rng.IntN(2) == 0
	return f
}

// Both arms must lose the same customers: whatever the gate answers a treated
// delivery with, it answers its ghost with, and a skipped one; only the last
// answer differs, and only a real message binds a code. Ghosts never go out.
func TestGateTreatsTheArmsAlike(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	through := 0
	for range 20000 {
		f := anyFacts(rng)
		treated := delivery.Gate(f, noon)
		if treated.To == delivery.Sending {
			through++
		}
		for name, ghost := range map[audience.Reason]func(*delivery.Facts){
			audience.Holdout: func(f *delivery.Facts) { f.Arm = []holdout.Arm{holdout.Hold, holdout.GlobalHold}[rng.IntN(2)] },
			audience.Skip:    func(f *delivery.Facts) { f.Skip = true },
		} {
			g, want := f, treated
			ghost(&g)
			if want.To == delivery.Sending {
				want.To, want.Reason, want.BindCoupon = delivery.Withheld, name, false
			}
			got := delivery.Gate(g, noon)
			if got.To == delivery.Sending || got.BindCoupon {
				t.Fatalf("a ghost (%s) is sent: %+v", name, got)
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Fatalf("%s (-) against treated (+) of %+v:\n%s", name, f, diff)
			}
		}
		if !treated.DueAt.IsZero() && (treated.DueAt.Before(noon) || !treated.DueAt.Before(f.ExpiresAt)) {
			t.Fatalf("asked again at %v, expires at %v", treated.DueAt, f.ExpiresAt)
		}
	}
	if through < 2000 {
		t.Errorf("only %d of 20000 got through: the test asks too little", through)
	}
}

// What waits for something with no known end is asked again a few times more,
// and ends with its time.
func TestWhatWaitsIsAskedAgainAndExpires(t *testing.T) {
	t.Parallel()
	unending := map[audience.Reason]bool{audience.ComplaintOpen: true, audience.FeedStale: true, audience.Rate: true}
	for _, c := range causes {
		if !unending[c.why] {
			continue
		}
		f := sendable()
		c.change(&f)
		f.ExpiresAt = noon.Add(100 * time.Minute)
		at, asked := noon, 0
		a := delivery.Gate(f, at)
		for ; a.To == delivery.Planned && asked < 200; a = delivery.Gate(f, at) {
			if !a.DueAt.After(at) {
				t.Fatalf("%s: at %v asked again at %v", c.name, at, a.DueAt)
			}
			at, f.HeldFor, asked = a.DueAt, a.Reason, asked+1
		}
		if a.To != delivery.Expired || a.Reason != audience.Held || asked > 100 {
			t.Errorf("%s: %+v after %d times, want expired: held", c.name, a, asked)
		}
	}
}

func TestRuleOfReadsTheDefinition(t *testing.T) {
	t.Parallel()
	hours := &calendar.Window{From: 600, To: 700}
	for name, row := range map[string]struct {
		campaign campaigns.Campaign
		wave     campaigns.Wave
		want     delivery.Rule
	}{
		"promotion": {campaigns.Campaign{IfFeedStale: "wait", Exit: []string{"repurchased"}},
			campaigns.Wave{Channels: []string{"sms"}, Between: hours, Content: campaigns.Content{Coupon: &campaigns.Coupon{Exhausted: "send"}}},
			delivery.Rule{Capped: true, Channels: []string{"sms"}, Between: hours, StopOnRepurchase: true, IfFeedStale: "wait", IfCouponExhausted: "send"}},
		"service":                 {campaigns.Campaign{}, campaigns.Wave{Service: true}, delivery.Rule{Purpose: audience.Service}},
		"service with all of it":  {campaigns.Campaign{}, campaigns.Wave{Service: true, Consent: true, Capped: true}, delivery.Rule{Purpose: audience.ConsentedService, Capped: true}},
		"unless stops this wave":  {campaigns.Campaign{}, campaigns.Wave{After: campaigns.After{Unless: []string{"repurchased"}}}, delivery.Rule{Capped: true, StopOnRepurchase: true}},
		"nothing stops for a buy": {campaigns.Campaign{}, campaigns.Wave{}, delivery.Rule{Capped: true}},
	} {
		if diff := cmp.Diff(delivery.RuleOf(row.campaign, row.wave, row.wave.Content), row.want); diff != "" {
			t.Errorf("%s (got -, want +):\n%s", name, diff)
		}
	}
}
