package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/testkit"
)

// mailbox makes the provider keep what it is sent, by address.
func (w *world) mailbox() map[string][]string {
	got := map[string][]string{}
	w.provider.answer = func(m channel.Message) channel.Outcome {
		w.provider.mu.Lock()
		defer w.provider.mu.Unlock()
		got[m.To] = append(got[m.To], m.Text)
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	return got
}

// says makes a text message folder of one language.
func says(text string) campaigns.Message {
	return campaigns.Message{"": {Subject: "Hello", Text: text + "{% comment %}{{ unsubscribe_url }}{% endcomment %}", SMS: text}}
}

func once(c *campaigns.Campaign) { c.Waves = c.Waves[:1] }

func TestTheGlobalHoldoutIsHeldOutOfEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Global, w.Shop.Epoch = holdout.Whole/4, "2026"
	w.customers(60)
	w.apply(thanks(once))
	other := thanks(once, treatAll)
	other.Name, other.Version = "other", "v2"
	w.apply(other)
	for i := range 60 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	want := 0
	for i := range 60 {
		if holdout.U("g|2026", fmt.Sprintf("c%d", i+1)) < 0.25 {
			want++
		}
	}
	if want == 0 {
		t.Fatal("the hash of these ids should hold out some")
	}
	w.send(start.Add(1 * days))
	for _, name := range []string{"thanks", "other"} {
		same(t, "in the global holdout of "+name, testkit.Get[int](t, w.db,
			`select count(*)::int from enrollments join campaigns using (campaign_id) join deliveries using (customer_id, entered_at, enrollment_id)
			  where name = $1 and enrollments.arm = 'global_hold' and layer = 'g|2026' and holdout_ppb = 250000000
			    and state = 'withheld' and reason = 'holdout'`, name), want)
	}
	same(t, "written to", w.states("hello")["global_hold accepted"], 0)

	// A new epoch is for designs that begin in it: nobody is drawn anew in the middle of an experiment.
	w.Shop.Epoch = "2027"
	w.apply(thanks(once, func(c *campaigns.Campaign) { c.Version = "v3" }))
	same(t, "epoch of the running design", testkit.List[string](t, w.db,
		"select epoch from campaign_designs join campaigns using (campaign_id) where name = 'thanks'"), []string{"2026"})
	w.sound()
}

func TestAutoAndDefaultSkipsAreResolvedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := func(c *campaigns.Campaign) {
		c.Holdout = campaigns.Holdout{Auto: true}
		c.Evaluation.Expect.Enrollments = 100_000
	}
	design := func() []string {
		return testkit.List[string](t, w.db, "select design || ' ' || holdout_ppb || ' ' || auto || ' ' || skips from campaign_designs order by design")
	}
	w.apply(thanks(large))
	same(t, "at the first apply", design(), []string{`1 100000000 true {"again": 100000000}`})
	w.apply(thanks(large, func(c *campaigns.Campaign) {
		c.Version, c.Evaluation.Expect.Enrollments = "v2", 10
	}))
	same(t, "applied again", design(), []string{`1 100000000 true {"again": 100000000}`})
	w.apply(thanks(func(c *campaigns.Campaign) {
		c.Version, c.Design = "v3", "d2"
		c.Waves[0].Skip = campaigns.Skip{Share: holdout.Whole / 5, Written: true}
		c.Waves[1].Skip = campaigns.Skip{Written: true}
		c.Evaluation.Expect.Enrollments = 100_000
	}))
	same(t, "written", design(), []string{`1 100000000 true {"again": 100000000}`, `2 500000000 false {"hello": 200000000}`})
	c, err := w.Store.Campaigns(context.Background(), "thanks")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "as read", c[0].Skips, map[string]holdout.Share{"hello": holdout.Whole / 5})
}

func TestASkippedDeliveryIsAGhostOfATreatedCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(60, thanks(func(c *campaigns.Campaign) {
		c.Waves[0].Skip = campaigns.Skip{Share: holdout.Whole / 2, Written: true}
		c.Waves[1].After.RequiresAccepted = true
		c.Exit = nil
		c.Rounds = campaigns.Rounds{Times: 2, Every: 30 * days}
	}))
	w.send(start.Add(1 * days))
	first := w.states("hello")
	skipped := first["treat withheld skip"]
	if skipped == 0 || first["treat accepted"] == 0 || first["hold withheld skip"] != 0 {
		t.Fatalf("states %v: some of the treated and none of the holdout should be skipped", first)
	}
	same(t, "calls", len(w.provider.calls), first["treat accepted"])
	w.send(start.Add(8 * days)) // a ghost is as good as an accepted message for what builds on it
	same(t, "the wave behind it", w.states("again"), map[string]int{"treat accepted": skipped + first["treat accepted"], "hold withheld holdout": first["hold withheld holdout"]})

	w.clock.Set(start.Add(30 * days))
	if _, err := w.BeginRounds(context.Background()); err != nil {
		t.Fatal(err)
	}
	both := testkit.Get[int](t, w.db, `select count(*)::int from deliveries a join deliveries b using (enrollment_id, wave) where a.wave = 'hello' and a.round = 1 and b.round = 2 and a.skip and b.skip`)
	if both == 0 || both == skipped {
		t.Errorf("%d of %d were skipped in both rounds; the lot is drawn anew", both, skipped)
	}
	// Not even the table lets one out.
	w.db.Exec(t, `do $do$ begin
		update deliveries set state = 'sending', epoch = 1, claimed_at = now(), gate_at = now(), due_at = null where skip and state = 'planned';
		raise exception 'a skipped delivery could be sent';
	exception when check_violation then null; end $do$`)
	w.sound()
}

func TestVariantsAreStickyAndBothArmsHaveThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.mailbox()
	w.entered(40, thanks(once, func(c *campaigns.Campaign) {
		c.Exit = nil
		c.Rounds = campaigns.Rounds{Times: 2, Every: 30 * days}
		c.Waves[0].Variants = []campaigns.Variant{
			{Name: "plain", Share: holdout.Whole / 2},
			{Name: "warm", Share: holdout.Whole / 2, Content: campaigns.Content{Message: "messages/warm"}},
		}
		c.Messages = map[string]campaigns.Message{"messages/hello": says("plain"), "messages/warm": says("warm")}
	}))
	w.send(start.Add(1 * days))
	w.clock.Set(start.Add(30 * days))
	if _, err := w.BeginRounds(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.send(start.Add(31 * days))
	arms := testkit.List[string](t, w.db, "select distinct arm || ' ' || variant from deliveries order by 1")
	same(t, "variants", arms, []string{"hold plain", "hold warm", "treat plain", "treat warm"})
	for to, texts := range got {
		variant := testkit.Get[string](t, w.db, "select min(variant) from deliveries join contacts using (customer_id) where email = $1", to)
		same(t, to, texts, []string{variant, variant})
	}
	w.sound()
}

func TestStrataAndLanguagesChooseTheWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.mailbox()
	w.customers(4)
	for i, who := range []struct{ region, locale any }{{"food", "zh-CN"}, {"food", "fr"}, {"toys", "en"}, {nil, nil}} {
		w.db.Exec(t, "update customers set region = $2, locale = $3 where shop_id = $1", fmt.Sprintf("c%d", i+1), who.region, who.locale)
	}
	w.apply(thanks(once, treatAll, func(c *campaigns.Campaign) {
		c.Strata = &campaigns.Strata{By: "customer.region", Values: []campaigns.Stratum{{Name: "food", Notes: map[string]string{"concern": "safety"}}, {Name: "daily"}}, Default: "daily"}
		c.Waves[0].ByStratum = []campaigns.StratumPart{{Stratum: "food", Content: campaigns.Content{Message: "messages/food"}}}
		food := says("{{ stratum.concern }}")
		food["zh"] = campaigns.MessageFiles{Subject: "你好", Text: "安全{% comment %}{{ unsubscribe_url }}{% endcomment %}"}
		c.Messages = map[string]campaigns.Message{"messages/hello": says("{{ stratum.name }}"), "messages/food": food}
	}))
	for i := range 4 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	w.db.Exec(t, "update customers set region = 'toys'") // read at entry and never again
	w.send(start.Add(1 * days))
	same(t, "texts", got, map[string][]string{"c1@mail.example": {"安全"}, "c2@mail.example": {"safety"}, "c3@mail.example": {"daily"}, "c4@mail.example": {"daily"}})
	same(t, "strata", testkit.List[string](t, w.db, "select stratum from enrollments order by assigned_id"), []string{"food", "food", "daily", "daily"})
}

func TestServiceMessagesReachEveryArmWithoutConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Cap.Limit, w.Shop.Cap.Window = 1, 30*days
	w.customers(20)
	w.db.Exec(t, "delete from consents where customer_id = (select customer_id from customers where shop_id = 'c2')")
	w.db.Exec(t, `insert into consents (customer_id, channel, purpose, granted, at, source) select customer_id, 'email', 'service', false, '2021-01-01', 'test' from customers where shop_id = 'c3'`)
	w.apply(thanks(func(c *campaigns.Campaign) {
		c.Exit = nil
		c.Waves[0].Service = true
		c.Waves[1].After.Wait = time.Hour
	}))
	for i := range 20 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	held := testkit.Get[int](t, w.db, "select count(*)::int from enrollments where arm = 'hold'")
	w.send(start.Add(1 * days))
	same(t, "the service wave", w.states("hello"), map[string]int{"treat accepted": 19, "treat suppressed opted_out": 1})
	// It counts against no cap: the promotion an hour later goes out to all who may be written to.
	w.send(start.Add(1*days + time.Hour))
	states := w.states("again")
	same(t, "capped", states["treat suppressed capped"]+states["hold suppressed capped"], 0)
	same(t, "promoted", states["hold withheld holdout"]+states["hold suppressed no_consent"], held)
	w.sound()
}

func TestAServiceWaveMayAskForCapsAndConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Cap.Limit, w.Shop.Cap.Window = 1, 30*days
	w.customers(2)
	w.db.Exec(t, "delete from consents where customer_id = (select customer_id from customers where shop_id = 'c2')")
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) {
		c.Waves[0].Service, c.Waves[0].Capped = true, true
		c.Waves[1].Service, c.Waves[1].Capped, c.Waves[1].Consent = true, true, true
		c.Waves[1].After.Wait = time.Hour
	}))
	w.order("c1", start, 1000)
	w.order("c2", start, 1000)
	w.enter()
	w.send(start.Add(1 * days))
	w.send(start.Add(1*days + time.Hour))
	same(t, "without consent asked", w.states("hello"), map[string]int{"treat accepted": 2})
	same(t, "with it, and capped", w.states("again"), map[string]int{"treat suppressed capped": 1, "treat suppressed no_consent": 1})
	w.sound()
}

// Customers in flight keep the version and the design they entered under.
func TestCustomersInFlightKeepTheirDesign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.mailbox()
	versioned := func(text, version, design string, skip holdout.Share) campaigns.Campaign {
		return thanks(once, treatAll, func(c *campaigns.Campaign) {
			c.Version, c.Design, c.Exit = version, design, nil
			c.Rounds = campaigns.Rounds{Times: 2, Every: 30 * days}
			c.Waves[0].Skip = campaigns.Skip{Share: skip, Written: true}
			c.Messages = map[string]campaigns.Message{"messages/hello": says(text)}
		})
	}
	w.entered(1, versioned("old", "v1", "d1", 0))
	w.apply(versioned("new", "v2", "d2", holdout.Whole))
	w.send(start.Add(1 * days))
	w.clock.Set(start.Add(30 * days))
	if _, err := w.BeginRounds(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.send(start.Add(31 * days))
	same(t, "texts", slices.Collect(maps.Values(got)), [][]string{{"old", "old"}})
	same(t, "handed out", w.send(start.Add(31*days)), engine.Sent{})
	before, err := w.Store.CampaignDesign(context.Background(), "thanks", 1)
	if err != nil {
		t.Fatal(err)
	}
	now, err := w.Store.CampaignDesign(context.Background(), "thanks", 2)
	if err != nil || before.EntryUntil == nil || !before.EntryUntil.Equal(now.StartedAt) || now.EntryUntil != nil {
		t.Errorf("entry ends at %v and %v, %v; want where design 2 began, %v, and never", before.EntryUntil, now.EntryUntil, err, now.StartedAt)
	}
	w.sound()
}
