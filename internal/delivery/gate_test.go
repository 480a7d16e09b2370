package delivery_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/consent"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// sendable is a delivery that nothing stands in the way of.
func sendable() delivery.Facts {
	return delivery.Facts{
		Arm: holdout.Treat, Channel: "email", Channels: []string{"email"}, ExpiresAt: noon.Add(48 * time.Hour),
		CampaignStatus: "running", Zone: time.UTC,
		Contact: audience.Contact{Channels: map[string]audience.Reach{"email": {Address: "ann@shop.example", Word: consent.Word{Known: true, Granted: true}}}},
		Quiet:   map[string]calendar.Window{"email": {From: 21 * 60, To: 9 * 60}},
		Caps:    []audience.Pressure{{Limit: 3, Real: 2}},
	}
}

func reach(change func(*audience.Reach)) func(*delivery.Facts) {
	return func(f *delivery.Facts) {
		r := f.Contact.Channels["email"]
		change(&r)
		f.Contact.Channels = map[string]audience.Reach{"email": r}
	}
}

func state(s delivery.State) func(*delivery.Facts) {
	return func(f *delivery.Facts) { f.Requires = &s }
}

func TestGateAnswersWithTheFirstCause(t *testing.T) {
	t.Parallel()
	night := time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC)
	refused := func(to delivery.State, why audience.Reason) delivery.Answer {
		return delivery.Answer{To: to, Reason: why, Channel: "email"}
	}
	for name, row := range map[string]struct {
		at     time.Time
		change func(*delivery.Facts)
		want   delivery.Answer
	}{
		"nothing in the way":      {noon, nil, delivery.Answer{To: delivery.Sending, Channel: "email"}},
		"holdout":                 {noon, func(f *delivery.Facts) { f.Arm = holdout.Hold }, refused(delivery.Withheld, audience.Holdout)},
		"global holdout":          {noon, func(f *delivery.Facts) { f.Arm = holdout.GlobalHold }, refused(delivery.Withheld, audience.Holdout)},
		"campaign cancelled":      {noon, func(f *delivery.Facts) { f.CampaignStatus = "cancelled" }, refused(delivery.Cancelled, audience.Cancelled)},
		"campaign paused":         {noon, func(f *delivery.Facts) { f.CampaignStatus = "paused" }, delivery.Answer{To: delivery.Planned, Reason: audience.Paused, Channel: "email", DueAt: noon}},
		"at its expiry":           {noon, func(f *delivery.Facts) { f.ExpiresAt = noon }, refused(delivery.Expired, audience.Late)},
		"held until its expiry":   {noon, func(f *delivery.Facts) { f.ExpiresAt, f.HeldFor = noon, audience.QuietHours }, refused(delivery.Expired, audience.Held)},
		"erased":                  {noon, func(f *delivery.Facts) { f.Contact.Erased = true }, refused(delivery.Suppressed, audience.Erased)},
		"bought since entry":      {noon, func(f *delivery.Facts) { f.Repurchased = true }, refused(delivery.Suppressed, audience.Repurchased)},
		"no address":              {noon, reach(func(r *audience.Reach) { r.Address = "" }), refused(delivery.Suppressed, audience.NoAddress)},
		"address banned":          {noon, reach(func(r *audience.Reach) { r.Suppressed = true }), refused(delivery.Suppressed, audience.Suppressed)},
		"never asked":             {noon, reach(func(r *audience.Reach) { r.Word = consent.Word{} }), refused(delivery.Suppressed, audience.NoConsent)},
		"said no":                 {noon, reach(func(r *audience.Reach) { r.Word.Granted = false }), refused(delivery.Suppressed, audience.OptedOut)},
		"quiet hours":             {night, nil, delivery.Answer{To: delivery.Planned, Reason: audience.QuietHours, Channel: "email", DueAt: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)}},
		"quiet past its expiry":   {night, func(f *delivery.Facts) { f.ExpiresAt = night.Add(time.Hour) }, refused(delivery.Expired, audience.Held)},
		"cap reached":             {noon, func(f *delivery.Facts) { f.Caps[0].Real = 3 }, refused(delivery.Suppressed, audience.Capped)},
		"ghosts fill no real cap": {noon, func(f *delivery.Facts) { f.Caps[0].Ghosts = 9 }, delivery.Answer{To: delivery.Sending, Channel: "email"}},
		"ghosts fill a ghost's":   {noon, func(f *delivery.Facts) { f.Arm, f.Caps[0].Ghosts = holdout.Hold, 1 }, refused(delivery.Suppressed, audience.Capped)},
		"required accepted":       {noon, state(delivery.Accepted), delivery.Answer{To: delivery.Sending, Channel: "email"}},
		"required withheld":       {noon, func(f *delivery.Facts) { f.Arm = holdout.Hold; state(delivery.Withheld)(f) }, refused(delivery.Withheld, audience.Holdout)},
		"required still open":     {noon, state(delivery.Sending), delivery.Answer{To: delivery.Planned, Reason: audience.Requires, Channel: "email", DueAt: noon.Add(5 * time.Minute)}},
		"required suppressed":     {noon, state(delivery.Suppressed), refused(delivery.Suppressed, audience.Requires)},
		"the next channel may": {noon, func(f *delivery.Facts) {
			f.Channel, f.Channels = "sms", []string{"sms", "email"}
		}, delivery.Answer{To: delivery.Planned, Channel: "email", DueAt: noon}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := sendable()
			if row.change != nil {
				row.change(&f)
			}
			if diff := cmp.Diff(delivery.Gate(f, row.at), row.want); diff != "" {
				t.Errorf("Gate (got -, want +):\n%s", diff)
			}
		})
	}
}

// Both arms must lose the same customers: whatever the gate refuses a treated
// delivery for, it refuses its ghost for, and the other way round.
func TestGateTreatsTheArmsAlike(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*delivery.Facts){
		func(f *delivery.Facts) {}, func(f *delivery.Facts) { f.Repurchased = true }, func(f *delivery.Facts) { f.Contact.Erased = true },
		func(f *delivery.Facts) { f.CampaignStatus = "paused" }, func(f *delivery.Facts) { f.ExpiresAt = noon },
		reach(func(r *audience.Reach) { r.Word.Granted = false }), state(delivery.Failed),
	} {
		treated, ghost := sendable(), sendable()
		change(&treated)
		change(&ghost)
		ghost.Arm = holdout.Hold
		got, want := delivery.Gate(ghost, noon), delivery.Gate(treated, noon)
		if want.To == delivery.Sending {
			want.To, want.Reason = delivery.Withheld, audience.Holdout
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("ghost (-) against treated (+):\n%s", diff)
		}
	}
}
