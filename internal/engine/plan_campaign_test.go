package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/testkit"
)

// slotOn makes a campaign one of a single slot, at 10:00 on a day of March.
func slotOn(day int, when string) func(*campaigns.Campaign) {
	return func(c *campaigns.Campaign) {
		c.Enter = campaigns.Enter{Schedule: &campaigns.Schedule{AtDate: calendar.Date{Year: 2026, Month: 3, Day: day}, Time: 10 * 60}, When: when}
	}
}

func (w *world) plan(at time.Time, defs ...campaigns.Campaign) report.Plan {
	w.t.Helper()
	p, err := w.PlanCampaign(context.Background(), defs, at, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func warned(c report.PlannedCampaign) []string {
	list := []string{}
	for _, x := range c.Warnings {
		list = append(list, x.Code)
	}
	return list
}

// What a plan says before the slot is what the engine does at it: who enters, who
// is held out, and on which day how many messages go out and are withheld, with
// quiet hours, a daily window, a cap and what other campaigns have planned.
func TestAPlanIsWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(300)
	w.Shop.Quiet = map[string]calendar.Window{"email": {From: 21 * 60, To: 9 * 60}}
	w.Shop.Cap = postgres.Cap{Limit: 3, Window: 10 * days}
	for i := range 300 {
		for k := range 1 + i%3 {
			w.order(fmt.Sprintf("c%d", i+1), start.AddDate(0, 0, -20*(k+1)), 1000)
		}
	}
	w.db.Exec(t, "update consents set granted = false where customer_id % 7 = 0")
	w.db.Exec(t, "update contacts set email = null where customer_id % 11 = 0")
	w.db.Exec(t, "update contacts set erased_at = now() where customer_id % 13 = 0")
	w.db.Exec(t, "insert into suppressions (channel, address_hash, reason, at) select 'email', email_hash, 'bounced', '2026-01-01' from contacts where customer_id % 17 = 0 and email is not null")

	// Another campaign has been to some of them already, and will be again.
	other := thanks(func(c *campaigns.Campaign) { c.Name, c.Exit = "other", nil }, slotOn(2, "orders.count == 1"))
	w.clock.Set(start.Add(-time.Hour))
	w.apply(other)
	w.openSlots(start)
	if n := testkit.Get[int](t, w.db, "select count(*) from deliveries"); n == 0 {
		t.Error("the other campaign has nobody")
	}

	def := thanks(slotOn(3, "orders.count <= 2"), func(c *campaigns.Campaign) {
		c.Exit, c.Rounds = nil, campaigns.Rounds{Times: 2, Every: 14 * days}
		c.Waves[0].After.Wait = 13 * time.Hour // at night
		c.Waves[1].Between = &calendar.Window{From: 18 * 60, To: 19 * 60}
		c.Limits.PerCustomer = &campaigns.Cap{Count: 2, Window: 20 * days}
	})
	p := w.plan(start.Add(time.Hour), def).Campaigns[0]
	w.clock.Set(start.Add(time.Hour))
	w.apply(def)
	w.openSlots(start.Add(1 * days))
	got := [3]int{p.Audience.Enter, p.Audience.Treat, p.Audience.Hold}
	arms := func(arm string) int {
		return testkit.Get[int](t, w.db, "select count(*) from enrollments e join campaigns c using (campaign_id) where c.name = 'thanks' and arm like $1", arm)
	}
	if diff := cmp.Diff(got, [3]int{arms("%"), arms("treat"), arms("hold")}); diff != "" || got[0] == 0 || got[2] == 0 {
		t.Errorf("entered, treated, held: -planned +happened\n%s", diff)
	}

	for at := start; at.Before(start.Add(40 * days)); at = at.Add(time.Hour) {
		w.clock.Set(at)
		if _, err := w.BeginRounds(context.Background()); err != nil {
			t.Fatal(err)
		}
		w.send(at)
	}
	happened := testkit.List[string](t, w.db, `select concat_ws(' ', date_trunc('day', gate_at at time zone 'UTC')::date, channel,
		count(*) filter (where state = 'accepted'), count(*) filter (where state = 'withheld')) from deliveries d join campaigns c using (campaign_id)
		where c.name = 'thanks' and state in ('accepted', 'withheld') group by date_trunc('day', gate_at at time zone 'UTC')::date, channel order by 1`)
	planned := []string{}
	for _, s := range p.Sends {
		planned = append(planned, fmt.Sprintf("%s %s %g %g", s.Day, s.Channel, s.Send, s.Withheld))
	}
	if diff := cmp.Diff(planned, happened); diff != "" {
		t.Errorf("sends: -planned +happened\n%s", diff)
	}
	refused := map[string]int{}
	for _, l := range append(p.Audience.Before, p.Audience.Refused...) {
		refused[l.Reason] = l.Count
	}
	counted := map[string]int{}
	for _, reason := range testkit.List[string](t, w.db, `select reason || ' ' || customers from entry_counts n join campaigns c using (campaign_id) where c.name = 'thanks' and reason <> 'enrolled'`) {
		var word string
		var n int
		if _, err := fmt.Sscan(reason, &word, &n); err != nil {
			t.Fatal(err)
		}
		counted[word] = n
	}
	if diff := cmp.Diff(refused, counted); diff != "" {
		t.Errorf("reasons: -planned +happened\n%s", diff)
	}
}

func (w *world) openSlots(at time.Time) {
	w.t.Helper()
	w.clock.Set(at)
	if _, err := w.OpenSlots(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// Nobody is counted where nobody can enter, and the plan says why.
func TestAPlanOfWhatIsClosedCountsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(5, thanks())
	if _, err := w.Store.SetStatus(context.Background(), "thanks", "cancelled", "the price is wrong"); err != nil {
		t.Fatal(err)
	}
	at := start.Add(1 * days)
	for _, test := range []struct {
		name    string
		given   campaigns.Campaign
		closed  string
		change  string
		because string
	}{
		{"cancelled", thanks(), "cancelled", "refused", "the price is wrong"},
		{"cancelled, and changed since", thanks(func(c *campaigns.Campaign) { c.Version = "v2" }), "cancelled", "refused", "the price is wrong"},
		{"past", thanks(slotOn(2, "true"), func(c *campaigns.Campaign) { c.Name = "past" }), "past", "refused", ""},
		{"ended", thanks(func(c *campaigns.Campaign) { c.Name, c.Until = "ended", calendar.Date{Year: 2026, Month: 3, Day: 3} }), "ended", "refused", ""},
		{"before from", thanks(slotOn(5, "true"), func(c *campaigns.Campaign) { c.Name, c.From = "never", calendar.Date{Year: 2026, Month: 3, Day: 6} }), "no_slot", "refused", ""},
	} {
		p := w.plan(at, test.given)
		c := p.Campaigns[0]
		got := []any{c.Entry.Closed, c.Change.Kind, c.Because, c.Audience == nil, c.Forecast == nil, c.Measure == nil, len(c.Sends), p.Pending()}
		want := []any{test.closed, test.change, test.because, true, true, true, 0, false}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s: -got +want\n%s", test.name, diff)
		}
	}
}

// Orders of the past are a forecast: none of them enters anything. Each customer
// comes in once, three a day, and the customers of the campaign's own past do not
// hide the pace.
func TestAPlanForecastsWhatOrdersBring(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(300)
	def := thanks(func(c *campaigns.Campaign) { c.From = calendar.Date{Year: 2026, Month: 3, Day: 10} })
	for i := range 270 {
		w.order(fmt.Sprintf("c%d", i+1), start.Add(-time.Duration(i)*8*time.Hour-time.Minute), 1000)
	}
	// A tenth buys again five days after the window has opened; a second order brings nobody in.
	for i := 0; i < 270; i += 10 {
		if at := start.Add(-time.Duration(i)*8*time.Hour + 6*days); at.Before(start) {
			w.order(fmt.Sprintf("c%d", i+1), at, 3000)
		}
	}
	p := w.plan(start, def).Campaigns[0]
	if f := p.Forecast; f == nil || f.From != "history" || f.Days != 89 || f.PerDay.Estimate == nil || *f.PerDay.Estimate != 3 {
		t.Errorf("forecast: got %+v, want 3 a day of 89 days", f)
	}
	a := p.Audience
	if a.SampleDays != 30 || a.Enter != 90 || a.Treat+a.Hold != 90 || len(a.Before) != 1 || a.Before[0].Reason != "already_entered" {
		t.Errorf("sample: got %+v, want 90 entries and the second orders refused", a)
	}
	m := p.Measure
	// Windows of 30 days from one day after entry are over for those of more than 31 days ago.
	if m.Natural == nil || m.Customers != 177 || m.Buyers != 17 || m.Of != "forecast" || m.Enrollments != 270 {
		t.Errorf("measure: got %+v", m)
	}
	first := p.Sends[0]
	if first.Day != "2026-03-11" || first.Send+first.Withheld != 3 {
		t.Errorf("first day: got %+v, want three messages on 11 March, one day after entry opens", first)
	}
	if n := testkit.Get[int](t, w.db, "select count(*) from enrollments"); n != 0 {
		t.Errorf("a plan entered %d customers", n)
	}
}

func TestAPlanSaysWhatApplyingChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kind := func(def campaigns.Campaign) string {
		c := w.plan(start, def).Campaigns[0].Change
		return fmt.Sprint(c.Kind, " ", c.Pending)
	}
	got := []string{kind(thanks())}
	w.entered(3, thanks())
	got = append(got, kind(thanks()), kind(thanks(func(c *campaigns.Campaign) { c.Version = "v2" })),
		kind(thanks(func(c *campaigns.Campaign) { c.Version, c.Design = "v3", "d2" })))
	if diff := cmp.Diff(got, []string{"new true", "none false", "version true", "design true"}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	flying := w.plan(start, thanks()).Campaigns[0].Change.InFlight
	if diff := cmp.Diff(flying, []report.OnTheirWay{{Version: "v1", Design: 1, Round: 1, Customers: 3}}); diff != "" {
		t.Errorf("in flight: -got +want\n%s", diff)
	}
}

// 2,000 customers, of whom a fifth buys within every 30 days; a message costs 9
// and an order earns 50: break-even is +18 per 100, which a holdout of 10 % sees.
// Cheaper messages take a larger holdout, and the cheapest cannot be proved.
func TestAutoHoldsOutAsManyAsBreakEvenTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(2000)
	w.db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		select 'test', customer_id || '-' || k, customer_id, timestamptz '2026-03-02' - (case when customer_id % 5 = 0 then 10 else 60 end + 100 * k) * interval '1 day', 'EUR', 10000
		  from customers, generate_series(0, 1) k`)
	margin := 0.5
	w.Shop.Margin = &margin
	def := thanks(slotOn(3, "orders.count > 0"), func(c *campaigns.Campaign) {
		c.Holdout = campaigns.Holdout{Auto: true}
		c.Waves = c.Waves[:1]
	})
	for _, test := range []struct {
		micros int64
		share  float64
		code   string
	}{{9_000_000, .1, ""}, {3_800_000, .15, ""}, {3_300_000, .2, ""}, {1_000_000, .1, "too_small"}, {0, .1, "free"}} {
		w.Shop.CostMicros = map[string]int64{"email": test.micros}
		p := w.plan(start, def).Campaigns[0]
		m := p.Measure
		held := float64(p.Audience.Hold) / float64(p.Audience.Enter)
		if m.Natural == nil || *m.Natural != .2 || m.Share != test.share || m.Code != test.code || held < m.Share-.03 || held > m.Share+.03 {
			t.Errorf("cost %d: got share %v, held %.3f, code %q, natural %v, break-even %v, want %+v", test.micros, m.Share, held, m.Code, *m.Natural, m.BreakEven, test)
		}
	}
	w.Shop.Margin, w.Shop.CostMicros = nil, map[string]int64{"email": 1}
	if m := w.plan(start, def).Campaigns[0].Measure; m.Code != "margin_unknown" || m.BreakEven != nil {
		t.Errorf("without a margin: got %+v", m)
	}
}

func TestAPlanWarnsOfAPoolThatGivesACustomerTooFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(1)
	w.db.Exec(t, "insert into coupon_pools (pool, kind, currency, value_minor, per_customer) values ('ten', 'amount', 'EUR', 1000, 2)")
	w.db.Exec(t, "insert into coupons (pool, code) select 'ten', 'CODE' || i from generate_series(1, 50) i")
	c := w.plan(start, thanks(slotOn(3, "true"), treatAll, func(c *campaigns.Campaign) {
		c.Rounds = campaigns.Rounds{Times: 5, Every: 30 * days}
		c.Waves[0].Content.Coupon = &campaigns.Coupon{Pool: "ten"}
	})).Campaigns[0]
	i := slices.IndexFunc(c.Warnings, func(x report.PlanWarning) bool { return x.Code == "pool_limit" })
	if want := (report.PlanWarning{Code: "pool_limit", Of: "ten", Count: 5, Limit: 2}); i < 0 || c.Warnings[i] != want {
		t.Errorf("warnings: got %+v, want %+v among them", c.Warnings, want)
	}
}

func TestAPlanWarns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(40)
	w.Shop.Cap = postgres.Cap{Limit: 1, Window: 7 * days}
	w.Shop.CostMicros = map[string]int64{"email": 500_000}
	w.db.Exec(t, "insert into coupon_pools (pool, kind, currency, value_minor) values ('ten', 'amount', 'EUR', 1000)")
	w.db.Exec(t, "insert into coupons (pool, code) select 'ten', 'CODE' || i from generate_series(1, 5) i")
	w.order("c1", start.AddDate(0, 0, -10), 5000)
	budget, tenth := int64(10000), holdout.Whole/10
	gift := thanks(slotOn(3, "true"), treatAll, func(c *campaigns.Campaign) {
		c.Name, c.Limits = "gift", campaigns.Limits{Priority: 60, BudgetMinor: &budget}
		c.Waves[0].Content.Coupon = &campaigns.Coupon{Pool: "ten"}
		c.Waves[1].Content.Coupon = &campaigns.Coupon{Pool: "none"}
		c.Evaluation.Expect = campaigns.Expect{Redemption: &tenth, NaturalRate: &tenth}
	})
	second := thanks(slotOn(3, "true"), treatAll, func(c *campaigns.Campaign) {
		c.Name, c.Waves = "second", c.Waves[:1]
		c.Waves[0].ExpiresAfter = time.Hour
	})
	night := thanks(slotOn(4, "true"), treatAll, func(c *campaigns.Campaign) {
		c.Name, c.Waves = "night", c.Waves[:1]
		c.Waves[0].After.Wait, c.Waves[0].ExpiresAfter = 9*days+13*time.Hour, time.Hour
	})
	w.Shop.Quiet = map[string]calendar.Window{"email": {From: 21 * 60, To: 9 * 60}}
	p := w.plan(start, gift, second, night)
	got := map[string][]string{}
	for _, c := range p.Campaigns {
		got[c.Campaign] = warned(c)
	}
	want := map[string][]string{
		"gift":   {"unmeasured", "collides", "collides", "pool_small", "pool_missing", "budget"},
		"second": {"unmeasured", "nobody_left", "collides"},
		"night":  {"unmeasured", "nobody_left", "collides", "expires"},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	coupons := p.Campaigns[0].Money.Coupons
	if len(coupons) != 2 || coupons[0].Codes != 40 || coupons[0].Free != 5 || *coupons[0].Exposure != 400 || *coupons[0].Expected != 40 || !coupons[1].Missing {
		t.Errorf("coupons: got %+v", coupons)
	}
	if cost := p.Campaigns[0].Money.Messages; cost != 40 {
		t.Errorf("messages cost %v, want 80 of 0.50", cost)
	}
	if diff := cmp.Diff(p.Campaigns[1].Audience.Nothing, []report.AudienceLine{{Reason: "capped", LostTo: "gift", Count: 40}}); diff != "" {
		t.Errorf("second: -got +want\n%s", diff)
	}
}

// What a text costs is what it costs with most names; that some, or its own letters,
// make it dearer is said beside.
func TestAPlanDoublesNoCostForANameThatPhonesLackLettersFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.CostMicros = map[string]int64{"sms": 70_000}
	w.db.Exec(t, "with c as (insert into customers (shop_id) values ('c1') returning customer_id) insert into contacts (customer_id, phone) select customer_id, '+4915112345678' from c")
	w.say("c1", "sms", true, start.Add(-1*days))
	says := func(text string) report.PlannedCampaign {
		return w.plan(start, thanks(slotOn(3, "true"), treatAll, once, func(c *campaigns.Campaign) {
			c.Waves[0].Channels, c.Messages = []string{"sms"}, map[string]campaigns.Message{"messages/hello": {"": {SMS: text + " {{ unsubscribe_url }}"}}}
		})).Campaigns[0]
	}
	long := strings.Repeat("x", 40)
	for _, test := range []struct {
		text string
		cost float64
		want report.PlanWarning
	}{
		{"Dear {{ customer.first_name }}, " + long, 0.07, report.PlanWarning{Code: "text_names", Of: "messages/hello", Count: 2, Limit: 1}},
		{"we’re back " + long, 0.14, report.PlanWarning{Code: "text_letters", Of: "messages/hello (’)", Count: 2}},
	} {
		c := says(test.text)
		if c.Money.Messages != test.cost || !slices.Contains(c.Warnings, test.want) {
			t.Errorf("%s: costs %v with %+v, want %v and %+v among them", test.text, c.Money.Messages, c.Warnings, test.cost, test.want)
		}
	}
}

// Readers side by side count what one would.
func TestAPlanDoesNotDependOnItsReaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fill(t, w.db, 5000)
	defs := fiveCampaigns()
	if diff := cmp.Diff(w.plan(start, defs...).Campaigns, w.plan(start, defs...).Campaigns); diff != "" {
		t.Errorf("-once +again\n%s", diff)
	}
}

// What is worked out once for all campaigns holds for none that asks earlier: an
// order that comes back and a no between two slots count for the second alone.
func TestEachSlotOfAPlanSeesItsOwnInstant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(3)
	for i := range 3 {
		w.order(fmt.Sprintf("c%d", i+1), start.AddDate(0, 0, -10), 5000)
	}
	w.db.Exec(t, "update orders set unkept_at = '2026-03-06' where customer_id = (select customer_id from customers where shop_id = 'c1')")
	w.db.Exec(t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', false, '2026-03-06', 'test' from customers where shop_id = 'c2'")
	slot := func(name string, day int) campaigns.Campaign {
		return thanks(slotOn(day, "orders.count == 1"), treatAll, func(c *campaigns.Campaign) { c.Name = name })
	}
	got := map[string][]report.AudienceLine{}
	for _, c := range w.plan(start, slot("before", 3), slot("behind", 10), slot("early", 4)).Campaigns {
		got[c.Campaign] = append(append(c.Audience.Before, c.Audience.Refused...), report.AudienceLine{Reason: "enter", Count: c.Audience.Enter})
	}
	want := map[string][]report.AudienceLine{
		"before": {{Reason: "enter", Count: 3}},
		"behind": {{Reason: "not_in_segment", Count: 1}, {Reason: "opted_out", Count: 1}, {Reason: "enter", Count: 1}},
		"early":  {{Reason: "enter", Count: 3}},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

// A plan says how far it is, and ends when it is told to.
func TestAPlanTellsHowFarItIsAndCanBeStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fill(t, w.db, 9000)
	var mu sync.Mutex
	var most, all int64
	_, err := w.PlanCampaign(t.Context(), fiveCampaigns(), start, func(done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		most, all = max(most, done), total
	})
	if err != nil || most != 9000 || all != 9000 {
		t.Errorf("told %d of %d, %v; want all of 9000", most, all, err)
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var calls atomic.Int64
	_, err = w.PlanCampaign(ctx, fiveCampaigns(), start, func(int64, int64) {
		calls.Add(1)
		stop()
	})
	if n := calls.Load(); !errors.Is(err, context.Canceled) || n > 2 {
		t.Errorf("stopped: %v after %d pages; want it to end with those being read", err, n)
	}
}
