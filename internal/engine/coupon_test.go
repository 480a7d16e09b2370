package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// pool puts codes into a pool: 20.00 off, one for each customer.
func (w *world) pool(name string, codes ...string) {
	w.t.Helper()
	value := int64(2000)
	_, err := w.Store.AddCoupons(context.Background(), coupon.Pool{Name: name, Kind: coupon.Amount, Currency: "EUR", Value: &value, PerCustomer: 1}, codes)
	if err != nil {
		w.t.Fatal(err)
	}
}

func manyCodes(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("CODE%04d", i))
	}
	return all
}

// couponed is one wave with a coupon.
func couponed(exhausted string, change ...func(*campaigns.Campaign)) campaigns.Campaign {
	return thanks(append([]func(*campaigns.Campaign){once, func(c *campaigns.Campaign) {
		c.Waves[0].Content.Coupon = &campaigns.Coupon{Pool: "p", Expires: 10 * days, Exhausted: exhausted}
		text := "{{ coupon.code }} {{ coupon.value | money }} {{ coupon.expires_on }}"
		if exhausted == "send" {
			text = "{% if coupon.code %}{{ coupon.code }}{% else %}none{% endif %}"
		}
		c.Messages = map[string]campaigns.Message{"messages/hello": says(text)}
	}}, change...)...)
}

func (w *world) bound() []string {
	w.t.Helper()
	return testkit.List[string](w.t, w.db, "select shop_id || ' ' || code from coupons join customers using (customer_id) order by 1")
}

func TestEachDeliveryCarriesOneCodeAndAGhostNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.mailbox()
	w.pool("p", manyCodes(40)...)
	w.entered(30, couponed("skip"))
	w.clock.Set(start.Add(1 * days))
	chunks := w.handOut()
	var all sync.WaitGroup
	for range 4 {
		for _, c := range chunks {
			for i := 0; i < len(c.IDs); i += 4 {
				part := engine.Chunk{Lane: c.Lane, IDs: c.IDs[i:min(i+4, len(c.IDs))]}
				all.Go(func() {
					if _, err := w.SendDeliveries(context.Background(), part); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
	all.Wait()
	w.send(start.Add(1*days + 15*time.Minute)) // who met codes in others' hands asked again
	states := w.states("hello")
	same(t, "all of them", states["treat accepted"]+states["hold withheld holdout"], 30)
	seen := map[string]bool{}
	for to, texts := range got {
		want := testkit.Get[string](t, w.db, "select code from coupons join contacts using (customer_id) where email = $1", to)
		if len(texts) != 1 || !strings.HasPrefix(texts[0], want+" €20.00 ") || !strings.HasSuffix(texts[0], " 2026-03-13") {
			t.Errorf("%s was sent %q, its code is %s until 13 March at 10", to, texts, want)
		}
		seen[want] = true
	}
	same(t, "different codes", len(seen), states["treat accepted"])
	same(t, "bound", len(w.bound()), states["treat accepted"])
	w.sound()
}

func TestAnEmptyPool(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]map[string]int{
		"skip": {"treat accepted": 1, "treat suppressed coupon_exhausted": 2},
		"wait": {"treat accepted": 1, "treat planned coupon_exhausted": 2},
		"send": {"treat accepted": 3},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			got := w.mailbox()
			w.pool("p", "ONLY")
			w.entered(3, couponed(policy, treatAll))
			w.send(start.Add(1 * days))
			same(t, "states", w.states("hello"), want)
			same(t, "bound", w.bound(), []string{"c1 ONLY"})
			if policy == "send" {
				same(t, "texts", got, map[string][]string{"c1@mail.example": {"ONLY"}, "c2@mail.example": {"none"}, "c3@mail.example": {"none"}})
			}
			if policy == "wait" {
				w.pool("p", "TWO2", "THREE")
				same(t, "too soon", w.send(start.Add(1*days+14*time.Minute)), engine.Sent{})
				w.send(start.Add(1*days + 15*time.Minute))
				same(t, "refilled", w.states("hello"), map[string]int{"treat accepted": 3})
			}
			w.sound()
		})
	}
}

func TestACampaignWithoutItsPoolIsNotApplied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.ApplyCampaign(context.Background(), couponed("skip"), nil)
	same(t, "error", fmt.Sprint(err), `campaign thanks: there is no coupon pool "p"`)
	same(t, "stored", testkit.Get[int](t, w.db, "select count(*)::int from campaigns"), 0)
}

func TestACustomerGetsNoMoreCodesThanThePoolAllows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool("p", manyCodes(9)...)
	w.entered(2, couponed("skip", treatAll, func(c *campaigns.Campaign) {
		c.Exit = nil
		c.Rounds = campaigns.Rounds{Times: 2, Every: 30 * days}
	}))
	w.send(start.Add(1 * days))
	w.clock.Set(start.Add(30 * days))
	if _, err := w.BeginRounds(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.send(start.Add(31 * days))
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 2, "treat suppressed coupon_exhausted": 2})
	w.sound()
}

// A message that comes back keeps its code, and says the end that the code has.
func TestAMessageThatWasNotTakenKeepsItsCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool("p", manyCodes(3)...)
	w.entered(1, couponed("skip", treatAll))
	var texts []string
	verdict := channel.NotTaken
	w.provider.answer = func(m channel.Message) channel.Outcome {
		texts = append(texts, m.Text)
		return channel.Outcome{Verdict: verdict, RetryAfter: 24 * time.Hour}
	}
	w.send(start.Add(1 * days))
	verdict = channel.Accepted
	w.send(start.Add(2 * days))
	same(t, "texts", texts, []string{"CODE0000 €20.00 2026-03-13", "CODE0000 €20.00 2026-03-13"})
	same(t, "bound", w.bound(), []string{"c1 CODE0000"})
	w.sound()
}

// What a message says of its code's last day, a checkout late on that day finds
// true, in the shop's zone.
func TestACodeIsGoodOnAllOfItsLastDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var err error
	if w.Shop.Zone, err = time.LoadLocation("Asia/Shanghai"); err != nil {
		t.Fatal(err)
	}
	got := w.mailbox()
	w.pool("p", "ONE1")
	w.entered(1, couponed("skip", treatAll))
	w.send(start.Add(1 * days)) // 3 March, 18:00 in Shanghai
	same(t, "sent", got["c1@mail.example"], []string{"ONE1 €20.00 2026-03-13"})
	same(t, "expires", testkit.Get[time.Time](t, w.db, "select expires_at from coupons").UTC(), time.Date(2026, 3, 13, 16, 0, 0, 0, time.UTC))
}

// A worker that dies between its gate and its outcome leaves an unknown message
// with a code: nobody else is ever given it, and nothing is sent again.
func TestACrashWithACodeBoundGivesItToNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.mailbox()
	w.pool("p", "ONE1", "TWO2")
	c := couponed("skip", treatAll)
	w.entered(2, c)
	w.clock.Set(start.Add(1 * days))
	chunk := w.handOut()[0]
	passed, _, err := w.Store.Gate(context.Background(), postgres.GateInput{IDs: []int64{w.delivery("c1", "hello")}, Lane: chunk.Lane, At: w.clock.At(), Campaign: 1,
		Channels: []string{"email"}, Coupons: true, PerMinor: 10_000, Lease: time.Minute}, func(_ time.Time, g *postgres.Gated) {
		g.Facts.Rule, g.Facts.Zone = delivery.RuleOf(c, c.Waves[0], c.Waves[0].Content), time.UTC
		g.Facts.Coupon.Pool, g.Expires = "p", 10*days
	})
	if err != nil || len(passed.Claims) != 1 || passed.Claims[0].Code != "ONE1" {
		t.Fatalf("passed %+v, %v; want one claim with the first code", passed, err)
	}
	// ... and here it dies.
	w.db.Exec(t, "update claims set attend_at = clock_timestamp() - interval '1 second'")
	if _, err := w.Reap(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.send(start.Add(1 * days))
	}
	same(t, "states", w.states("hello"), map[string]int{"treat unknown lease lapsed": 1, "treat accepted": 1})
	same(t, "bound", w.bound(), []string{"c1 ONE1", "c2 TWO2"})
	same(t, "sent", len(got["c1@mail.example"]), 0)
	w.sound()
}

func TestCodesBindTheBudgetUntilTheyEndUnused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool("p", manyCodes(9)...)
	w.entered(4, couponed("skip", treatAll, budget(5000), func(c *campaigns.Campaign) { // 50.00: two codes of 20.00
		c.Waves[0].ExpiresAfter = 60 * days
		c.Rounds = campaigns.Rounds{Times: 2, Every: 30 * days}
		c.Exit = nil
	}))
	w.send(start.Add(1 * days))
	same(t, "at first", w.states("hello"), map[string]int{"treat accepted": 2, "treat suppressed budget": 2})

	// One is used; the other ends unused, so that there is room for one more.
	w.known()
	w.db.Exec(t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', 'used', customer_id, bound_at + interval '1 day', 'EUR', 9000 from coupons where bound_at is not null order by code limit 1 returning order_id, placed_at),
		n as (insert into order_coupons select order_id, 'CODE0000' from o)
		update coupons set redeemed_order_id = order_id, redeemed_at = placed_at, redeemed_minor = 2000 from o where code = 'CODE0000'`)
	w.db.Exec(t, "update coupon_pools set per_customer = 2")
	w.clock.Set(start.Add(30 * days))
	if _, err := w.BeginRounds(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.send(start.Add(31 * days))
	same(t, "in the second round", w.states("hello"), map[string]int{"treat accepted": 3, "treat suppressed budget": 5})
	w.sound()
}

func TestTextMessagesCostByTheirParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.CostMicros = map[string]int64{"sms": 70_000}
	sms := &provider{calls: map[string]int{}}
	var sent []channel.Message
	sms.answer = func(m channel.Message) channel.Outcome {
		sent = append(sent, m)
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	w.Channels["sms"] = engine.NewSender(sms, "Shop", 1)
	w.customers(2)
	w.db.Exec(t, "update contacts set phone = '+4915100000001' where email like 'c1%'")
	w.say("c1", "sms", true, start.Add(-1*days))
	long := strings.Repeat("x", 150) + " {{ unsubscribe_url }}"
	w.apply(thanks(once, treatAll, func(c *campaigns.Campaign) {
		c.Waves[0].Channels = []string{"sms", "email"} // the first that may reach the customer
		c.Messages["messages/hello"][""] = campaigns.MessageFiles{Subject: "Hi", Text: "Hi {{ unsubscribe_url }}", SMS: long}
	}))
	w.order("c1", start, 1000)
	w.order("c2", start, 1000)
	w.enter()
	same(t, "sent", w.send(start.Add(1*days)), engine.Sent{Accepted: 2, Gated: 2})
	if len(sent) != 1 || !strings.HasPrefix(sent[0].Text, "xxx") || sent[0].Subject != "" || len(sent[0].Headers) != 0 || sent[0].To != "+4915100000001" || sent[0].From != "Shop" {
		t.Errorf("sent by sms: %+v", sent)
	}
	same(t, "cost", testkit.List[string](t, w.db, "select channel || ' ' || cost_micros from deliveries order by channel"), []string{"email 0", "sms 140000"})
	w.sound()

	p := w.plan(start.Add(1*days), thanks(slotOn(4, "true"), treatAll, func(c *campaigns.Campaign) {
		c.Name, c.Waves = "texts", c.Waves[:1]
		c.Waves[0].Channels = []string{"sms", "email"}
		c.Messages["messages/hello"][""] = campaigns.MessageFiles{Subject: "Hi", Text: "Hi {{ unsubscribe_url }}", SMS: long}
	}))
	same(t, "planned cost", p.Campaigns[0].Money.Messages, 0.14)

	// An attribute that the shop declared, and a text that is dear without it.
	says := func(sms string) campaigns.Campaign {
		return thanks(slotOn(4, "true"), treatAll, func(c *campaigns.Campaign) {
			c.Name, c.Waves = "likes", c.Waves[:1]
			c.Waves[0].Channels = []string{"sms", "email"}
			c.Messages["messages/hello"][""] = campaigns.MessageFiles{Subject: "Hi", Text: "Hi {{ unsubscribe_url }}", SMS: sms}
		})
	}
	p = w.plan(start.Add(1*days), says(`{{ customer.likes | default: "茶" }}`+long))
	same(t, "planned cost with an attribute", p.Campaigns[0].Money.Messages, 0.28)
	if _, err := w.PlanCampaign(t.Context(), []campaigns.Campaign{says("{{ customer.likes | divided_by: 0 }}")}, start.Add(1*days), nil); err == nil {
		t.Error("a text message that cannot be measured has a price")
	}
}

func TestGeneratedCodesAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.mailbox()
	value := int64(500)
	_, err := w.Store.GenerateCoupons(context.Background(), coupon.Pool{Name: "p", Kind: coupon.Amount, Currency: "EUR", Value: &value, PerCustomer: 1}, 5,
		bytes.NewReader(bytes.Repeat([]byte("any randomness does here, 7"), 400)), func([]string, int) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	w.entered(1, couponed("skip", treatAll))
	w.send(start.Add(1 * days))
	code, _, _ := strings.Cut(got["c1@mail.example"][0], " ")
	if !testkit.Get[bool](t, w.db, "select exists (select from coupons where code = $1 and bound_at is not null)", code) {
		t.Errorf("%q was sent, which was given to nobody", code)
	}
}
