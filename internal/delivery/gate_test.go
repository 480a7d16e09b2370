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
		Arm: holdout.Treat, Channel: "email", ExpiresAt: noon.Add(48 * time.Hour),
		CampaignStatus: "running", Zone: time.UTC,
		Contact: audience.Contact{Channels: map[string]audience.Reach{"email": {Address: "ann@shop.example", Word: consent.Word{Known: true, Granted: true}}}},
		Quiet:   map[string]calendar.Window{"email": {From: 21 * 60, To: 9 * 60}},
		Caps: []audience.Pressure{{Cap: audience.Cap{Over: audience.ShopCap, Limit: 3, Window: 48 * time.Hour}, Real: 2,
			Filled: audience.Message{Of: rival}, Outranks: audience.Message{Of: rival}}},
		Rule: delivery.Rule{Capped: true, Channels: []string{"email"}, StopOnRepurchase: true},
	}
}

// rival has filled the cap, or will.
var rival = audience.Campaign{ID: 7, Name: "win-back", Priority: 60}

func lost(why audience.Reason) delivery.Answer {
	a := delivery.Answer{To: delivery.Suppressed, Reason: why, Channel: "email"}
	a.Lost = &audience.Loss{Over: audience.ShopCap, Limit: 3, Window: 48 * time.Hour, To: "win-back", Priority: 60}
	return a
}

// cools has another campaign write so long ago that nine hours are left.
func cools(f *delivery.Facts) {
	f.Cooling = audience.Cooling{Window: 12 * time.Hour, After: audience.Message{Of: rival, At: noon.Add(-3 * time.Hour)}, Own: 40}
}

var cooled = &audience.Loss{Over: audience.CoolDown, Window: 12 * time.Hour, To: "win-back", Priority: 60, Own: 40, At: noon.Add(-3 * time.Hour)}

func blackout(f *delivery.Facts) {
	f.Blackout = []calendar.Blackout{{From: calendar.Date{Year: 2026, Month: 3, Day: 1}, To: calendar.Date{Year: 2026, Month: 3, Day: 2}}}
}

func ofDay(left int64) func(*delivery.Facts) {
	return func(f *delivery.Facts) { f.Cost, f.DayBudget, f.DayEnds = 5, &left, noon.Add(11*time.Hour) }
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

func stale(policy string) func(*delivery.Facts) {
	return func(f *delivery.Facts) { f.FeedStale, f.IfFeedStale = true, policy }
}

func coupon(policy string, left bool) func(*delivery.Facts) {
	return func(f *delivery.Facts) {
		f.Coupon, f.Cost, f.HasCode, f.IfCouponExhausted = delivery.Coupon{Pool: "ten-off", Minor: 500}, 5, left, policy
	}
}

func budget(left int64) func(*delivery.Facts) {
	return func(f *delivery.Facts) {
		coupon("skip", true)(f)
		f.Budget = &left
	}
}

func TestGateAnswersWithTheFirstCause(t *testing.T) {
	t.Parallel()
	night := time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC)
	refused := func(to delivery.State, why audience.Reason) delivery.Answer {
		return delivery.Answer{To: to, Reason: why, Channel: "email"}
	}
	sent := delivery.Answer{To: delivery.Sending, Channel: "email"}
	waits := func(why audience.Reason, long time.Duration) delivery.Answer {
		return delivery.Answer{To: delivery.Planned, Reason: why, Channel: "email", DueAt: noon.Add(long)}
	}
	full := delivery.Rate{Limit: 100, Used: 100, FreeAt: noon.Add(12 * time.Hour)}
	for name, row := range map[string]struct {
		at     time.Time
		change func(*delivery.Facts)
		want   delivery.Answer
	}{
		"nothing in the way":             {noon, nil, delivery.Answer{To: delivery.Sending, Channel: "email"}},
		"holdout":                        {noon, func(f *delivery.Facts) { f.Arm = holdout.Hold }, refused(delivery.Withheld, audience.Holdout)},
		"global holdout":                 {noon, func(f *delivery.Facts) { f.Arm = holdout.GlobalHold }, refused(delivery.Withheld, audience.Holdout)},
		"campaign cancelled":             {noon, func(f *delivery.Facts) { f.CampaignStatus = "cancelled" }, refused(delivery.Cancelled, audience.Cancelled)},
		"campaign paused":                {noon, func(f *delivery.Facts) { f.CampaignStatus = "paused" }, delivery.Answer{To: delivery.Planned, Reason: audience.Paused, Channel: "email", DueAt: noon}},
		"at its expiry":                  {noon, func(f *delivery.Facts) { f.ExpiresAt = noon }, refused(delivery.Expired, audience.Late)},
		"held until its expiry":          {noon, func(f *delivery.Facts) { f.ExpiresAt, f.HeldFor = noon, audience.QuietHours }, refused(delivery.Expired, audience.Held)},
		"erased":                         {noon, func(f *delivery.Facts) { f.Contact.Erased = true }, refused(delivery.Suppressed, audience.Erased)},
		"bought since entry":             {noon, func(f *delivery.Facts) { f.Repurchased = true }, refused(delivery.Suppressed, audience.Repurchased)},
		"no address":                     {noon, reach(func(r *audience.Reach) { r.Address = "" }), refused(delivery.Suppressed, audience.NoAddress)},
		"address banned":                 {noon, reach(func(r *audience.Reach) { r.Suppressed = true }), refused(delivery.Suppressed, audience.Suppressed)},
		"never asked":                    {noon, reach(func(r *audience.Reach) { r.Word = consent.Word{} }), refused(delivery.Suppressed, audience.NoConsent)},
		"said no":                        {noon, reach(func(r *audience.Reach) { r.Word.Granted = false }), refused(delivery.Suppressed, audience.OptedOut)},
		"quiet hours":                    {night, nil, delivery.Answer{To: delivery.Planned, Reason: audience.QuietHours, Channel: "email", DueAt: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)}},
		"quiet past its expiry":          {night, func(f *delivery.Facts) { f.ExpiresAt = night.Add(time.Hour) }, refused(delivery.Expired, audience.Held)},
		"cap reached":                    {noon, func(f *delivery.Facts) { f.Caps[0].Real = 3 }, lost(audience.Capped)},
		"ghosts fill no real cap":        {noon, func(f *delivery.Facts) { f.Caps[0].Ghosts = 9 }, delivery.Answer{To: delivery.Sending, Channel: "email"}},
		"ghosts fill a ghost's":          {noon, func(f *delivery.Facts) { f.Arm, f.Caps[0].Ghosts = holdout.Hold, 1 }, lost(audience.Capped)},
		"required accepted":              {noon, state(delivery.Accepted), delivery.Answer{To: delivery.Sending, Channel: "email"}},
		"required withheld":              {noon, func(f *delivery.Facts) { f.Arm = holdout.Hold; state(delivery.Withheld)(f) }, refused(delivery.Withheld, audience.Holdout)},
		"required still open":            {noon, state(delivery.Sending), delivery.Answer{To: delivery.Planned, Reason: audience.Requires, Channel: "email", DueAt: noon.Add(5 * time.Minute)}},
		"required suppressed":            {noon, state(delivery.Suppressed), refused(delivery.Suppressed, audience.Requires)},
		"bought, but that stops nothing": {noon, func(f *delivery.Facts) { f.Repurchased, f.StopOnRepurchase = true, false }, sent},
		"skipped":                        {noon, func(f *delivery.Facts) { f.Skip = true }, refused(delivery.Withheld, audience.Skip)},
		"skipped and held out":           {noon, func(f *delivery.Facts) { f.Skip, f.Arm = true, holdout.Hold }, refused(delivery.Withheld, audience.Holdout)},
		"ghosts fill a skipped one's":    {noon, func(f *delivery.Facts) { f.Skip, f.Caps[0].Ghosts = true, 1 }, lost(audience.Capped)},
		"outranked":                      {noon, func(f *delivery.Facts) { f.Caps[0].Outranking = 1 }, lost(audience.Outranked)},
		"service knows no caps":          {noon, func(f *delivery.Facts) { f.Purpose, f.Capped, f.Caps[0].Real = audience.Service, false, 3 }, sent},
		"service that asks for caps":     {noon, func(f *delivery.Facts) { f.Purpose, f.Caps[0].Real = audience.Service, 3 }, lost(audience.Capped)},
		"service to who said no": {noon, func(f *delivery.Facts) {
			f.Purpose = audience.Service
			reach(func(r *audience.Reach) { r.Word.Granted = false })(f)
		}, sent},
		"no to service": {noon, func(f *delivery.Facts) {
			f.Purpose = audience.Service
			reach(func(r *audience.Reach) { r.ServiceRefused = true })(f)
		}, refused(delivery.Suppressed, audience.OptedOut)},
		"complaint open":               {noon, func(f *delivery.Facts) { f.HeldBy = audience.ComplaintOpen }, waits(audience.ComplaintOpen, time.Hour)},
		"dispute near its expiry":      {noon, func(f *delivery.Facts) { f.HeldBy, f.ExpiresAt = audience.Dispute, noon.Add(40*time.Minute) }, waits(audience.Dispute, 20*time.Minute)},
		"dispute to the end":           {noon, func(f *delivery.Facts) { f.HeldBy, f.ExpiresAt = audience.Dispute, noon.Add(time.Minute) }, refused(delivery.Expired, audience.Held)},
		"feed stale, waits":            {noon, stale("wait"), waits(audience.FeedStale, 5*time.Minute)},
		"feed stale, skips":            {noon, stale("skip"), refused(delivery.Suppressed, audience.FeedStale)},
		"feed stale, sends":            {noon, stale("send"), sent},
		"coupon":                       {noon, coupon("skip", true), delivery.Answer{To: delivery.Sending, Channel: "email", BindCoupon: true}},
		"coupon, bound before":         {noon, func(f *delivery.Facts) { coupon("skip", false)(f); f.Coupon.Bound = true }, sent},
		"coupon for a ghost":           {noon, func(f *delivery.Facts) { coupon("skip", true)(f); f.Arm = holdout.Hold }, refused(delivery.Withheld, audience.Holdout)},
		"no code, waits":               {noon, coupon("wait", false), waits(audience.CouponsGone, 15*time.Minute)},
		"no code, skips":               {noon, coupon("skip", false), refused(delivery.Suppressed, audience.CouponsGone)},
		"no code, sends":               {noon, coupon("send", false), delivery.Answer{To: delivery.Sending, Channel: "email", WithoutCoupon: true}},
		"budget, to the cent":          {noon, budget(505), delivery.Answer{To: delivery.Sending, Channel: "email", BindCoupon: true}},
		"budget, a cent short":         {noon, budget(504), refused(delivery.Suppressed, audience.Budget)},
		"budget without the code":      {noon, func(f *delivery.Facts) { budget(5)(f); f.HasCode, f.IfCouponExhausted = false, "send" }, delivery.Answer{To: delivery.Sending, Channel: "email", WithoutCoupon: true}},
		"rate":                         {noon, func(f *delivery.Facts) { f.Rate = delivery.Rate{Limit: 2, Used: 2, FreeAt: noon.Add(20 * time.Second)} }, waits(audience.Rate, 20*time.Second)},
		"rate, the caller cannot tell": {noon, func(f *delivery.Facts) { f.Rate = delivery.Rate{Limit: 2, Used: 3} }, waits(audience.Rate, time.Minute)},
		"rate with room":               {noon, func(f *delivery.Facts) { f.Rate = delivery.Rate{Limit: 2, Used: 1} }, sent},
		"a provider that rests":        {noon, func(f *delivery.Facts) { f.Rests = true }, delivery.Answer{To: delivery.Planned, Reason: audience.ProviderRests, Channel: "email", DueAt: noon}},
		"no other channel meanwhile":   {noon, func(f *delivery.Facts) { f.Rests, f.Channels = true, []string{"email", "sms"} }, delivery.Answer{To: delivery.Planned, Reason: audience.ProviderRests, Channel: "email", DueAt: noon}},
		"the day is full":              {noon, func(f *delivery.Facts) { f.Day, f.ExpiresAt = full, noon.Add(13*time.Hour) }, waits(audience.WarmUp, 12*time.Hour)},
		"the day is full, to its end":  {noon, func(f *delivery.Facts) { f.Day, f.ExpiresAt = full, noon.Add(12*time.Hour) }, refused(delivery.Expired, audience.Held)},
		"the day has room":             {noon, func(f *delivery.Facts) { f.Day = full; f.Day.Used = 99 }, sent},
		"a ghost on a full day":        {noon, func(f *delivery.Facts) { f.Day, f.Arm, f.ExpiresAt = full, holdout.Hold, noon.Add(13*time.Hour) }, waits(audience.WarmUp, 12*time.Hour)},
		"service on a full day":        {noon, func(f *delivery.Facts) { f.Day, f.Purpose = full, audience.Service }, sent},
		"merged into another":          {noon, func(f *delivery.Facts) { f.Merged = true }, refused(delivery.Suppressed, audience.Merged)},
		"a day without messages":       {noon, blackout, waits(audience.Blackout, 12*time.Hour)},
		"on the customer's calendar": {noon, func(f *delivery.Facts) {
			blackout(f)
			f.Zone, f.Quiet = time.FixedZone("ahead", 13*3600), nil // it is one in the morning
		}, sent},
		"days without messages to the end": {noon, func(f *delivery.Facts) {
			blackout(f)
			f.ExpiresAt = noon.Add(12 * time.Hour)
		}, refused(delivery.Expired, audience.Held)},
		"cools down": {noon, cools, delivery.Answer{To: delivery.Planned, Reason: audience.CoolingDown, Channel: "email", DueAt: noon.Add(9 * time.Hour), Lost: cooled}},
		"cools down, held out": {noon, func(f *delivery.Facts) { cools(f); f.Arm = holdout.Hold },
			delivery.Answer{To: delivery.Planned, Reason: audience.CoolingDown, Channel: "email", DueAt: noon.Add(9 * time.Hour), Lost: cooled}},
		"cools down to the end": {noon, func(f *delivery.Facts) { cools(f); f.ExpiresAt = noon.Add(9 * time.Hour) },
			delivery.Answer{To: delivery.Expired, Reason: audience.Held, Channel: "email", Lost: cooled}},
		"has cooled down":               {noon, func(f *delivery.Facts) { cools(f); f.Cooling.Window = 3 * time.Hour }, sent},
		"service does not cool down":    {noon, func(f *delivery.Facts) { cools(f); f.Purpose = audience.Service }, sent},
		"money of the day, to the cent": {noon, ofDay(5), sent},
		"money of the day is spent":     {noon, ofDay(4), waits(audience.DayBudget, 11*time.Hour)},
		"money of the day, held out":    {noon, func(f *delivery.Facts) { ofDay(4)(f); f.Arm = holdout.Hold }, waits(audience.DayBudget, 11*time.Hour)},
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
