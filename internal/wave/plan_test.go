package wave_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/consent"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

const hour, days = time.Hour, 24 * time.Hour

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := calendar.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func instant(t *testing.T, wall, in string) time.Time {
	t.Helper()
	at, err := calendar.ParseDateTime(wall)
	if err != nil {
		t.Fatal(err)
	}
	return calendar.Instant(at.Date, at.Clock, zone(t, in))
}

// campaign is thanks after a day, a coupon three days on, care two days on.
func campaign() campaigns.Campaign {
	mornings := &calendar.Window{From: 10 * 60, To: 12 * 60}
	return campaigns.Campaign{
		Name: "double11", Enter: campaigns.Enter{On: "order_paid", When: "orders.count == 1"},
		Rounds: campaigns.Rounds{Times: 2, Every: 30 * days},
		Waves: []campaigns.Wave{
			{Name: "care", After: campaigns.After{Wave: "coupon", Wait: 2 * days}, Channels: []string{"email"}}, // written first, sent last
			{Name: "thanks", After: campaigns.After{Wait: 1 * days}, Between: mornings, Channels: []string{"email"}},
			{Name: "coupon", After: campaigns.After{Wave: "thanks", Wait: 3 * days}, Channels: []string{"email"}, ExpiresAfter: 36 * hour},
		},
	}
}

func planner(t *testing.T, c campaigns.Campaign) *wave.Planner {
	t.Helper()
	p, err := wave.NewPlanner(c, wave.Design{Number: 1, Share: holdout.Whole / 5}, zone(t, "Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ann bought once, at the instant, and may be e-mailed.
func ann(t *testing.T, at time.Time) wave.Candidate {
	t.Helper()
	return wave.Candidate{
		Profile: customer.Profile{ID: 7, ShopID: "cust-000001"}, EnteredAt: at,
		Contact: audience.Contact{Channels: map[string]audience.Reach{"email": {Address: "ann@shop.example", Word: consent.Word{Known: true, Granted: true}}}},
		Env:     rules.NewEnv(rules.Customer{ID: "cust-000001"}, []rules.OrderFact{{At: at, Minor: 1000}}, at, rules.Basis{Zone: zone(t, "Europe/Berlin"), Digits: 2}),
	}
}

func TestPlanPlacesEveryWaveByItsSchedule(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-27 15:00", "Europe/Berlin") // two days before the clocks go forward
	got := planner(t, campaign()).Plan(ann(t, at))
	thanks := instant(t, "2026-03-29 10:00", "Europe/Berlin") // a day on is Saturday 15:00, past the window
	coupon := thanks.Add(3 * days)
	u := holdout.U("c|double11|1", "cust-000001")
	arm := holdout.Treat
	if u < 0.2 {
		arm = holdout.Hold
	}
	want := wave.Decision{
		Enrollment: enrollment.Enrollment{Customer: 7, Key: "cust-000001", EnteredAt: at, Entry: 1, Arm: arm, Layer: "c|double11|1", Share: holdout.Whole / 5, U: u, Zone: "Europe/Berlin"},
		Deliveries: []wave.Delivery{
			{Wave: "care", Channel: "email", Arm: arm, ScheduledAt: coupon.Add(2 * days), ExpiresAt: coupon.Add(9 * days)},
			{Wave: "thanks", Channel: "email", Arm: arm, ScheduledAt: thanks, ExpiresAt: coupon}, // until the next wave
			{Wave: "coupon", Channel: "email", Arm: arm, ScheduledAt: coupon, ExpiresAt: coupon.Add(36 * hour)},
		},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("Plan (got -, want +):\n%s", diff)
	}
}

func TestPlanNamesTheFirstCauseWhyNot(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-02 15:00", "Europe/Berlin")
	never := func(*campaigns.Campaign, *wave.Candidate) {}
	for name, row := range map[string]struct {
		change func(*campaigns.Campaign, *wave.Candidate)
		want   audience.Reason
	}{
		"enters":               {never, ""},
		"before `from`":        {func(c *campaigns.Campaign, _ *wave.Candidate) { c.From = calendar.Date{Year: 2026, Month: 3, Day: 3} }, audience.EntryClosed},
		"on the day of `from`": {func(c *campaigns.Campaign, _ *wave.Candidate) { c.From = calendar.Date{Year: 2026, Month: 3, Day: 2} }, ""},
		"on the day of `until`": {func(c *campaigns.Campaign, _ *wave.Candidate) {
			c.Until = calendar.Date{Year: 2026, Month: 3, Day: 2}
		}, audience.EntryClosed},
		"a second time":   {func(_ *campaigns.Campaign, k *wave.Candidate) { k.Entries, k.LastEntry = 1, at.Add(-90*days) }, audience.AlreadyEntered},
		"again each time": {func(c *campaigns.Campaign, k *wave.Candidate) { c.Enter.Again.EachTime, k.Entries = true, 3 }, ""},
		"again, a second early": {func(c *campaigns.Campaign, k *wave.Candidate) {
			c.Enter.Again.After, k.Entries, k.LastEntry = 90*days, 1, at.Add(time.Second-90*days)
		}, audience.AlreadyEntered},
		"again, to the second": {func(c *campaigns.Campaign, k *wave.Candidate) {
			c.Enter.Again.After, k.Entries, k.LastEntry = 90*days, 1, at.Add(-90*days)
		}, ""},
		"not meant": {func(c *campaigns.Campaign, _ *wave.Candidate) { c.Enter.When = "orders.count == 2" }, audience.NotInSegment},
		"the rule cannot tell": {func(c *campaigns.Campaign, _ *wave.Candidate) {
			c.Enter.When = "orders.revenue / (orders.count - 1) > 3"
		}, audience.RuleError},
		"in another campaign of the group": {func(c *campaigns.Campaign, k *wave.Candidate) {
			c.Limits.Group, k.OtherCampaign = "spring", true
		}, audience.OtherCampaign},
		"not meant, and in another": {func(c *campaigns.Campaign, k *wave.Candidate) {
			c.Enter.When, c.Limits.Group, k.OtherCampaign = "orders.count == 2", "spring", true
		}, audience.NotInSegment},
		"never asked": {func(_ *campaigns.Campaign, k *wave.Candidate) {
			k.Contact.Channels["email"] = audience.Reach{Address: "ann@shop.example"}
		}, audience.NoConsent},
		"never asked, one wave is service": {func(c *campaigns.Campaign, k *wave.Candidate) {
			c.Waves[0].Service, k.Contact.Channels["email"] = true, audience.Reach{Address: "ann@shop.example"}
		}, ""},
		"nobody can be reached": {func(_ *campaigns.Campaign, k *wave.Candidate) { k.Contact = audience.Contact{} }, audience.NoAddress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, k := campaign(), ann(t, at)
			row.change(&c, &k)
			if got := planner(t, c).Plan(k); got.Reason != row.want {
				t.Errorf("Plan refuses with %q (%v), want %q", got.Reason, got.Err, row.want)
			}
		})
	}
}

func TestTheArmIsDrawnAgainWhereACustomerMayEnterAgain(t *testing.T) {
	t.Parallel()
	c := campaign()
	once := planner(t, c)
	c.Enter.Again.EachTime = true
	each := planner(t, c)
	got := []string{once.Layer(1), once.Layer(2), each.Layer(1), each.Layer(2)}
	if diff := cmp.Diff(got, []string{"c|double11|1", "c|double11|1", "c|double11|1|c1", "c|double11|1|c2"}); diff != "" {
		t.Errorf("layers (got -, want +):\n%s", diff)
	}
}

func TestRoundsAreCountedFromTheEntry(t *testing.T) {
	t.Parallel()
	p := planner(t, campaign())
	at := instant(t, "2026-03-02 15:00", "Europe/Berlin")
	next, ok := p.NextRound(at, 1)
	if !ok || !next.Equal(at.Add(30*days)) {
		t.Errorf("NextRound after one = %v, %t; want 30 days on", next, ok)
	}
	if next, ok := p.NextRound(at, 2); ok {
		t.Errorf("NextRound after two = %v; there are two rounds", next)
	}
}

func TestSlotsFallOnWallClocks(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	for name, row := range map[string]struct {
		schedule     campaigns.Schedule
		after, until string
		want         []string // instants, UTC
	}{
		"mondays over the change of the clocks": {campaigns.Schedule{Every: "monday", Time: 10 * 60}, "2026-03-22 00:00", "2026-04-06 10:00",
			[]string{"2026-03-23T09:00Z", "2026-03-30T08:00Z", "2026-04-06T08:00Z"}},
		"a clock that the day skips":   {campaigns.Schedule{Every: "day", Time: 2*60 + 30}, "2026-03-28 12:00", "2026-03-29 12:00", []string{"2026-03-29T01:00Z"}},
		"a clock that the day repeats": {campaigns.Schedule{Every: "day", Time: 2*60 + 30}, "2026-10-24 12:00", "2026-10-25 12:00", []string{"2026-10-25T00:30Z"}},
		"the first of the month":       {campaigns.Schedule{Every: "month", Time: 9 * 60}, "2026-01-01 09:00", "2026-03-01 09:00", []string{"2026-02-01T08:00Z", "2026-03-01T08:00Z"}},
		"one slot":                     {campaigns.Schedule{AtDate: calendar.Date{Year: 2026, Month: 11, Day: 12}, Time: 10 * 60}, "2026-11-01 00:00", "2026-12-01 00:00", []string{"2026-11-12T09:00Z"}},
		"a recurrence over the changes of the clocks": {campaigns.Schedule{RRule: "FREQ=MONTHLY;BYDAY=-1SU", Since: calendar.Date{Year: 2026, Month: 1, Day: 1}, Time: 2*60 + 30}, "2026-02-22 02:30", "2026-10-25 03:00",
			[]string{"2026-03-29T01:00Z", "2026-04-26T00:30Z", "2026-05-31T00:30Z", "2026-06-28T00:30Z", "2026-07-26T00:30Z", "2026-08-30T00:30Z", "2026-09-27T00:30Z", "2026-10-25T00:30Z"}},
		"a recurrence counts from its first day": {campaigns.Schedule{RRule: "FREQ=DAILY;INTERVAL=10;COUNT=3", Since: calendar.Date{Year: 2026, Month: 1, Day: 1}, Time: 600}, "2026-01-01 10:00", "2026-12-31 00:00",
			[]string{"2026-01-11T09:00Z", "2026-01-21T09:00Z"}},
		"one slot, opened already": {campaigns.Schedule{AtDate: calendar.Date{Year: 2026, Month: 11, Day: 12}, Time: 10 * 60}, "2026-11-12 10:00", "2026-12-01 00:00", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range wave.Slots(row.schedule, berlin, instant(t, row.after, "Europe/Berlin"), instant(t, row.until, "Europe/Berlin")) {
				got = append(got, s.UTC().Format("2006-01-02T15:04Z"))
			}
			if diff := cmp.Diff(got, row.want); diff != "" {
				t.Errorf("Slots (got -, want +):\n%s", diff)
			}
		})
	}
}

func TestNextSlotFindsARareRecurrence(t *testing.T) {
	t.Parallel()
	s := campaigns.Schedule{RRule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", Since: calendar.Date{Year: 2024, Month: 1, Day: 1}, Time: 600}
	berlin := zone(t, "Europe/Berlin")
	got, ok := wave.NextSlot(s, berlin, instant(t, "2024-02-29 10:00", "Europe/Berlin"))
	if want := instant(t, "2028-02-29 10:00", "Europe/Berlin"); !ok || !got.Equal(want) {
		t.Errorf("NextSlot = %v, %t; want %v", got, ok, want)
	}
	s.RRule += ";COUNT=1"
	if got, ok := wave.NextSlot(s, berlin, instant(t, "2024-02-29 10:00", "Europe/Berlin")); ok {
		t.Errorf("NextSlot = %v after the last", got)
	}
}

// A stored version that no loader would let through must not take a worker down.
func TestAPlannerRefusesWavesThatNeverCome(t *testing.T) {
	t.Parallel()
	wait := func(of string) campaigns.After { return campaigns.After{Wave: of, Wait: time.Hour} }
	for name, waves := range map[string][]campaigns.Wave{
		"circle":  {{Name: "a", After: wait("b")}, {Name: "b", After: wait("a")}},
		"missing": {{Name: "a", After: wait("gone")}},
	} {
		_, err := wave.NewPlanner(campaigns.Campaign{Name: "c", Enter: campaigns.Enter{When: "true"}, Waves: waves}, wave.Design{}, time.UTC)
		want := "campaign c: waves count from one another in a circle, or from one that is not there"
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}
