package engine_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// importText imports a file of the generic preset.
func (w *world) importText(kind, text string) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "file.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if _, err := importer.Run(context.Background(), w.Store, importer.Options{Kind: kind, File: path, Zone: time.UTC, Currency: "EUR"}); err != nil {
		w.t.Fatal(err)
	}
}

// say stores a word of a customer, as an import does.
func (w *world) say(customer, channel string, granted bool, at time.Time) {
	w.t.Helper()
	w.db.Exec(w.t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, $2, $3, $4, 'import' from customers where shop_id = $1",
		customer, channel, granted, at)
}

// delivery is the id of a customer's delivery of a wave.
func (w *world) delivery(customer, wave string) int64 {
	w.t.Helper()
	return testkit.Get[int64](w.t, w.db, "select delivery_id from deliveries join customers using (customer_id) where shop_id = $1 and wave = $2", customer, wave)
}

// The queue may hand a chunk over twice. By the second time its delivery may
// have moved on to another channel, for which the chunk was not rendered.
func TestAChunkThatComesAgainSendsNothingOnItsOldChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sms := &provider{calls: map[string]int{}}
	var to []string
	sms.answer = func(m channel.Message) channel.Outcome {
		to = append(to, m.To)
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	w.Channels["sms"] = engine.NewSender(sms, "Shop", 4)
	w.customers(1)
	w.db.Exec(t, "update contacts set phone = '+4915100000001'")
	w.say("c1", "sms", true, start.Add(-1*days))
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) {
		c.Waves[0].Channels = []string{"sms", "email"}
		files := c.Messages["messages/hello"][""]
		files.SMS = "Hello. {{ unsubscribe_url }}"
		c.Messages["messages/hello"][""] = files
	}))
	w.order("c1", start, 1000)
	w.enter()
	w.say("c1", "sms", false, start.Add(time.Hour))
	w.clock.Set(start.Add(1 * days))
	for _, c := range w.handOut() {
		for range 2 {
			if _, err := w.SendDeliveries(context.Background(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	same(t, "sent by sms", to, nil)
	same(t, "by e-mail", w.send(start.Add(1*days)), engine.Sent{Accepted: 1, Gated: 1})
}

// Ids mean another delivery in another database: a queue that is shared, or
// older than a restored database, must not put one wave's words into another's
// envelope.
func TestAChunkOfAnotherLaneSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.clock.Set(start.Add(1 * days))
	chunk := w.handOut()[0]
	chunk.Wave = "again"
	sent, err := w.SendDeliveries(context.Background(), chunk)
	same(t, "sent", sent, engine.Sent{})
	same(t, "error", err, nil)
	same(t, "calls", len(w.provider.calls), 0)
}

// Shops that write times to the minute have two orders at one instant.
func TestTwoOrdersAtOneInstantDoNotStopThePlanner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(2)
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) { c.Enter.When, c.Enter.Again.EachTime = "orders.count >= 1", true }))
	w.order("c1", start, 1000)
	w.order("c1", start, 2000)
	w.order("c2", start.Add(time.Minute), 1000)
	w.clock.Set(start.Add(time.Hour))
	if _, err := w.EnterOrders(context.Background()); err != nil {
		t.Error(err)
	}
	same(t, "orders left", testkit.Get[int](t, w.db, "select count(*)::int from inbox"), 0)
	same(t, "enrollments of c2", testkit.Get[int](t, w.db, "select count(*)::int from enrollments where assigned_id = 'c2'"), 1)
	w.sound()
}

// A version that cannot run any more, as after an upgrade that refuses what it
// let pass, must not take the other campaigns with it.
func TestOneBrokenCampaignStopsNoOther(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]func(*world) error{
		"orders": func(w *world) error { _, err := w.EnterOrders(context.Background()); return err },
		"rounds": func(w *world) error { _, err := w.BeginRounds(context.Background()); return err },
		"slots":  func(w *world) error { _, err := w.OpenSlots(context.Background()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.customers(1)
			change := func(c *campaigns.Campaign) {
				c.Rounds = campaigns.Rounds{Times: 2, Every: 30 * days}
				if name == "slots" {
					c.Enter = campaigns.Enter{When: "orders.count == 0", Schedule: &campaigns.Schedule{Every: "monday", Time: 11 * 60}}
				}
			}
			broken := thanks(treatAll, change)
			broken.Name, broken.Version = "a-broken-one", "v0"
			w.apply(broken)
			w.apply(thanks(treatAll, change))
			want := "select count(*)::int from enrollments join campaigns using (campaign_id) where name = 'thanks'"
			if name != "slots" {
				w.order("c1", start, 1000)
			}
			if name == "rounds" {
				w.enter()
				want = "select count(*)::int from rounds join enrollments using (customer_id, entered_at, enrollment_id) join campaigns using (campaign_id) where name = 'thanks' and round = 2"
			}
			w.db.Exec(t, `update campaign_versions v set definition = jsonb_set(definition, '{enter,When}', '"no ("') from campaigns c
				where c.campaign_id = v.campaign_id and c.name = 'a-broken-one'`)
			w.Engine = w.another() // nothing compiled is left from before
			w.clock.Set(start.Add(31 * days))
			if err := step(w); err == nil {
				t.Error("the broken campaign was not told of")
			}
			same(t, "of the other campaign", testkit.Get[int](t, w.db, want), 1)
		})
	}
}

// Rows that fail each time stand first in the order of dispatch. They must not
// keep all others from being looked at.
func TestRowsThatAlwaysFailKeepNoOtherWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := thanks(treatAll)
	broken.Name, broken.Version = "a-broken-one", "v0"
	w.apply(broken)
	w.entered(10, thanks(treatAll))
	w.db.Exec(t, `update campaign_versions v set files = jsonb_set(files, '{messages/hello,"",Text}', '"{% no such tag %}"') from campaigns c
		where c.campaign_id = v.campaign_id and c.name = 'a-broken-one'`)
	w.Engine = w.another()
	w.clock.Set(start.Add(1*days + time.Hour))
	for range 5 { // a tick each second: the queue is empty again, because failing takes no time
		chunks, err := w.HandOut(context.Background(), true, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			_, _ = w.SendDeliveries(context.Background(), c)
		}
	}
	same(t, "of the sound campaign", testkit.Get[int](t, w.db,
		"select count(*)::int from deliveries d join campaigns c using (campaign_id) where c.name = 'thanks' and d.wave = 'hello' and d.state = 'accepted'"), 10)
}

// A no that is dated later is not in force yet: it is no reason to forget the no
// that the customer says today.
func TestAnOptOutIsKeptThoughALaterOneIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.say("c1", "email", false, start.Add(30*days))
	w.send(start.Add(1 * days))
	if err := w.Unsubscribe(context.Background(), w.delivery("c1", "hello")); err != nil {
		t.Fatal(err)
	}
	w.send(start.Add(8 * days))
	same(t, "second wave", w.states("again"), map[string]int{"treat suppressed opted_out": 1})
}

// A word dated in the future would wake up one day, over whatever the customer
// has said until then; a no of tomorrow would be no protection today.
func TestAnImportTakesNoWordOfTomorrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	w.importText(importer.Customers, "customer_id,email,consent_email,consent_at\nc1,c1@mail.example,yes,"+tomorrow+"\nc2,c2@mail.example,no,"+tomorrow+"\n")
	same(t, "words in the future", testkit.Get[int](t, w.db, "select count(*)::int from consents where at > clock_timestamp()"), 0)
}

// An opt-out is the person's who reads the mailbox, whichever of their accounts
// the message was for.
func TestAnOptOutHoldsForEveryAccountOfTheMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(treatAll))
	w.db.Exec(t, "update contacts set email = case customer_id when (select min(customer_id) from contacts) then 'Ann@mail.example' else 'ann@mail.example' end")
	w.send(start.Add(1 * days))
	if err := w.Unsubscribe(context.Background(), w.delivery("c1", "hello")); err != nil {
		t.Fatal(err)
	}
	w.send(start.Add(8 * days))
	same(t, "second wave", w.states("again"), map[string]int{"treat suppressed opted_out": 2})
}

// A ban is of a mailbox, however its name was written.
func TestABanFindsTheAddressHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for name, written := range map[string]string{
		"upper case": "C1@MAIL.EXAMPLE", "letters beyond ascii": "c1@Bücher.example", "in its ascii form": "c1@XN--bcher-kva.example", "full width": "c1@ｍail.example",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.importText(importer.Customers, "customer_id,email,consent_email,consent_at\nc1,"+written+",yes,2026-01-01\n")
			w.apply(thanks(treatAll))
			w.order("c1", start, 1000)
			w.enter()
			banned := "c1@mail.example"
			if strings.Contains(strings.ToLower(written), "cher") {
				banned = "c1@xn--bcher-kva.example"
			}
			w.db.Exec(t, "insert into suppressions (channel, address_hash, reason, at) values ('email', address_hash($1), 'complained', $2)", banned, start.Add(time.Hour))
			w.send(start.Add(1 * days))
			same(t, "calls", len(w.provider.calls), 0)
		})
	}
}

// What a provider says is not always text, and not always there. One odd answer
// must not cost the outcomes of all others in the batch.
func TestAnOddAnswerCostsNoOtherOutcome(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]struct {
		answer channel.Outcome
		want   map[string]int
	}{
		"no text":                   {channel.Outcome{Verdict: channel.Accepted, ProviderID: "4Xq\xff\x00Z"}, map[string]int{"accepted": 20}},
		"refused without a reason":  {channel.Outcome{Verdict: channel.Failed}, map[string]int{"accepted": 19, "failed": 1}},
		"refused, and not in words": {channel.Outcome{Verdict: channel.Failed, Reason: "\x00\xfe"}, map[string]int{"accepted": 19, "failed": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.entered(20, thanks(treatAll))
			ref := w.Ref(w.delivery("c1", "hello"))
			w.provider.answer = func(m channel.Message) channel.Outcome {
				if m.Ref == ref {
					return odd.answer
				}
				return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
			}
			w.clock.Set(start.Add(1 * days))
			for _, c := range w.handOut() {
				if _, err := w.SendDeliveries(context.Background(), c); err != nil {
					t.Error(err)
				}
			}
			got := map[string]int{}
			for _, state := range testkit.List[string](t, w.db, "select state from deliveries where wave = 'hello'") {
				got[state]++
			}
			same(t, "states", got, odd.want)
		})
	}
}

// However long a provider asks us to wait, a delivery ends when its time is over.
func TestADeliveryEndsThoughTheProviderAsksForLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "quota", RetryAfter: 400 * days}
	}
	w.send(start.Add(1 * days))
	w.clock.Set(start.Add(60 * days))
	if _, err := w.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	same(t, "state", testkit.Get[string](t, w.db, "select state from deliveries where wave = 'hello'"), "expired")
}

// A process that runs must hear of an end of entry that was set meanwhile.
func TestAnEndOfEntryReachesAPlannerThatRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(2)
	w.apply(thanks(treatAll))
	w.order("c1", start, 1000)
	w.enter()
	closes := start.Add(1 * days)
	if _, err := w.ApplyCampaign(context.Background(), thanks(treatAll), &closes); err != nil {
		t.Fatal(err)
	}
	w.order("c2", start.Add(2*days), 1000)
	w.clock.Set(start.Add(3 * days))
	w.enter()
	same(t, "enrolled after the end", testkit.Get[int](t, w.db, "select count(*)::int from enrollments where assigned_id = 'c2'"), 0)
}

// Somebody may hold one customer's row for long, as an import does until its
// merge is through. The others of the chunk go out.
func TestOneCustomerUnderALockHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(5, thanks(treatAll))
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "begin"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "select from contacts where email = 'c3@mail.example' for no key update"); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(start.Add(1 * days))
	for _, c := range w.handOut() {
		if _, err := w.SendDeliveries(ctx, c); err != nil {
			t.Log(err)
		}
	}
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 4, "treat planned": 1})
}

// An order whose time is corrected, as by an import in the right zone, is still
// the one order.
func TestACorrectedTriggerIsNoRepurchase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.db.Exec(t, "update orders set placed_at = placed_at + interval '1 hour'")
	w.send(start.Add(1 * days))
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 1})
}

// A guest's order may gain its customer later. It was paid all the same.
func TestAnOrderThatGainsItsCustomerIsConsidered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(thanks(treatAll))
	w.importText(importer.Customers, "customer_id,email,consent_email,consent_at\nc1,c1@mail.example,yes,2026-01-01\n")
	const head = "order_id,customer_id,placed_at,sku,quantity,unit_price\n"
	w.importText(importer.Orders, head+"o1,,2026-03-02 11:00,mug,1,9.90\n")
	w.importText(importer.Orders, head+"o1,c1,2026-03-02 11:00,mug,1,9.90\n")
	w.clock.Set(start.Add(2 * time.Hour))
	w.enter()
	same(t, "enrolled", testkit.Get[int](t, w.db, "select count(*)::int from enrollments"), 1)
}

// What waited behind the dispatcher's place goes out with the next pass, busy
// queue or not: the silence is for hints that were lost.
func TestWhatComesDueBehindThePlaceIsNotLeftToTheSilence(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pass := func(w *world) int {
		w.t.Helper()
		chunks, err := w.HandOut(ctx, false, 100)
		if err != nil {
			w.t.Fatal(err)
		}
		n := 0
		for _, c := range chunks {
			n += len(c.IDs)
		}
		return n
	}
	t.Run("a resumed campaign", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.entered(1, thanks(treatAll))
		w.clock.Set(start.Add(2 * days))
		if _, err := w.Store.SetStatus(ctx, "thanks", "paused", "test"); err != nil {
			t.Fatal(err)
		}
		same(t, "handed out while paused", pass(w), 0)
		w.db.Exec(t, "update dispatch set due_at = $1", start.Add(2*days)) // the place, moved on by other campaigns
		if _, err := w.Store.SetStatus(ctx, "thanks", "running", "test"); err != nil {
			t.Fatal(err)
		}
		same(t, "handed out", pass(w), 1)
	})
	t.Run("an order learned late", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.customers(2)
		w.apply(thanks(treatAll))
		w.order("c1", start.Add(time.Hour), 1000)
		w.clock.Set(start.Add(1*days + time.Hour))
		w.enter()
		same(t, "of the first", pass(w), 1)
		w.order("c2", start, 1000) // paid earlier, imported later
		w.enter()
		if pass(w) == 0 {
			t.Error("what was planned behind the place was not handed out")
		}
	})
}

// Work of a cancelled campaign never comes due: a driver that waits for it would
// stop at every step for ever.
func TestACancelledCampaignAsksForNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll, func(c *campaigns.Campaign) { c.Rounds = campaigns.Rounds{Times: 2, Every: 30 * days} }))
	w.order("c1", start.Add(time.Hour), 1000)
	if _, err := w.Store.SetStatus(context.Background(), "thanks", "cancelled", "test"); err != nil {
		t.Fatal(err)
	}
	due, err := w.Store.NextDue(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if due.Delivery != nil || due.Order != nil || due.Event != nil || due.Round != nil {
		t.Errorf("NextDue = delivery %v, order %v, round %v; want none", due.Delivery, due.Order, due.Round)
	}
}

// A customer who was merged into another is that other: what one bought, both did.
func TestWhatTheMergedCustomerBoughtCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.db.Exec(t, "insert into customers (shop_id) values ('c1-new')")
	w.db.Exec(t, "update customers set merged_into = (select customer_id from customers where shop_id = 'c1-new') where shop_id = 'c1'")
	w.db.Exec(t, "insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor) select 'test', 'x', customer_id, $1, 'EUR', 100 from customers where shop_id = 'c1-new'", start.Add(time.Hour))
	w.send(start.Add(1 * days))
	same(t, "calls", len(w.provider.calls), 0)
}

// The dispatcher's place is a hint: without it everything is handed out again.
func TestLosingTheDispatchersPlaceLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	w.db.Exec(t, "delete from dispatch")
	w.handOut() // may find nothing, and puts it back
	same(t, "sent", w.send(start.Add(1*days)), engine.Sent{Accepted: 1, Gated: 1})
}

// A provider's code that panics costs its own message's certainty, not the
// process and all that is in flight in it. The child process is this test again.
func TestAProviderThatPanicsEndsNoProcess(t *testing.T) {
	t.Parallel()
	const child = "REWAVE_TEST_PANIC"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAProviderThatPanicsEndsNoProcess$")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			if len(out) > 600 {
				out = out[:600]
			}
			t.Fatalf("the process ended: %v\n%s", err, out)
		}
		return
	}
	w := newWorld(t)
	w.entered(2, thanks(treatAll))
	ref := w.Ref(w.delivery("c1", "hello"))
	w.provider.answer = func(m channel.Message) channel.Outcome {
		if m.Ref == ref {
			panic("a nil map")
		}
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	same(t, "sent", w.send(start.Add(1*days)), engine.Sent{Accepted: 1, Unknown: 1, Gated: 2})
}

// Only the newest epoch may write an outcome: a worker that was given up on has
// no word any more about a delivery that somebody else is sending; nor has one whose
// claim a failover forgot, though its epoch was counted again.
func TestAWorkerOfAnEarlierEpochHasNoWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	var late postgres.Claim
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "421"}
	}
	w.send(start.Add(1 * days))
	w.provider.answer = func(channel.Message) channel.Outcome {
		id := w.delivery("c1", "hello")
		late = postgres.Claim{ID: id, Customer: testkit.Get[int64](t, w.db, "select customer_id from deliveries where delivery_id = $1", id), EnteredAt: start, Epoch: 1}
		now := testkit.Get[int64](t, w.db, "select claim_id from claims where kind = 'lease'")
		for i, state := range []delivery.State{delivery.Accepted, delivery.Failed, delivery.Unknown, delivery.Planned, delivery.Accepted, delivery.Planned} {
			under := postgres.Under{Claim: now}
			if late.Epoch = 1; i > 3 {
				late.Epoch, under.Claim = 2, now+1
			}
			n, err := w.Store.Settle(context.Background(), "test", w.clock.At(), under, postgres.Took{}, time.Hour, []postgres.Settlement{{Claim: late, State: state, Reason: "late"}})
			if n != 0 || err != nil {
				t.Errorf("a late %s wrote %d rows, %v", state, n, err)
			}
		}
		return channel.Outcome{Verdict: channel.Accepted}
	}
	same(t, "sent", w.send(start.Add(2*days)), engine.Sent{Accepted: 1, Gated: 1})
	w.sound()
}

// Going back to what was applied before is a new experiment where the experiment
// changed in between, and the old version where only the words did.
func TestApplyGoesBackToEarlierContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	steps := []struct{ version, design string }{{"v1", "d1"}, {"v1-typo", "d1"}, {"v1", "d1"}, {"v2", "d2"}, {"v1", "d1"}, {"v1-typo", "d1"}, {"v1", "d1"}}
	type seen struct{ Design, Version int }
	var got []seen
	for _, s := range steps {
		a, err := w.ApplyCampaign(ctx, thanks(func(c *campaigns.Campaign) { c.Version, c.Design = s.version, s.design }), nil)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, seen{a.Campaign.Design, a.Campaign.VersionID})
	}
	first := got[0].Version
	same(t, "applied", got, []seen{{1, first}, {1, first + 1}, {1, first}, {2, first + 2}, {3, first + 3}, {3, first + 4}, {3, first + 3}})
}

func TestTheSameApplyTwiceAtOnceIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(1)
	w.order("c1", start.Add(time.Hour), 1000) // there before the campaign
	var all sync.WaitGroup
	for _, e := range []*engine.Engine{w.Engine, w.another(), w.another()} {
		all.Go(func() {
			if _, err := e.ApplyCampaign(context.Background(), thanks(), nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, "versions, designs, orders to consider", testkit.List[int](t, w.db, `select count(*)::int from campaign_versions union all
		select count(*)::int from campaign_designs union all select count(*)::int from inbox`), []int{1, 1, 1})
}

// Whatever a customer buys in, and whoever learns of it late: they bought.
func TestEveryKeptOrderSinceEntryEndsTheMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(treatAll))
	w.send(start.Add(1 * days))
	w.order("c1", start.Add(2*days), 500)
	w.db.Exec(t, "update orders set currency = 'USD' where placed_at = $1", start.Add(2*days))
	w.order("c2", start.Add(time.Microsecond), 500) // before the first message, known after it
	w.order("c3", start.Add(8*days+time.Microsecond), 500)
	w.send(start.Add(8 * days))
	same(t, "second wave", w.states("again"), map[string]int{"treat suppressed repurchased": 2, "treat accepted": 1})
	w.sound()
}

// What could not be given back must stay under its lease: a delivery that no
// claim speaks of would be on its way for ever.
func TestWhatCannotBeGivenBackIsStillLookedAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Channels = map[string]*engine.Sender{"email": engine.NewSender(w.provider, "shop@shop.example", 1)}
	w.entered(5, thanks(treatAll))
	w.clock.Set(start.Add(1 * days))
	w.db.Exec(t, `create function stuck() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$;
		create trigger stuck before update on deliveries for each row when (old.state = 'sending' and new.state = 'planned') execute function stuck()`)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	w.provider.answer = func(m channel.Message) channel.Outcome {
		stop() // the process is told to end: the other four are given back
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	_, err := w.SendDeliveries(ctx, w.handOut()[0])
	if err == nil {
		t.Error("outcomes that could not be written were not told of")
	}
	w.db.Exec(t, "drop trigger stuck on deliveries")
	w.db.Exec(t, "update claims set attend_at = clock_timestamp() - interval '1 second' where kind = 'lease'")
	if _, err := w.Reap(context.Background()); err != nil {
		t.Fatal(err)
	}
	same(t, "on their way for ever", testkit.Get[int](t, w.db, "select count(*)::int from deliveries where state = 'sending'"), 0)
}

// A lease that lapsed says nothing about a delivery that was given back under it
// and that somebody else is sending by now.
func TestALapsedLeaseTouchesNoLaterEpoch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	// Given back under a claim whose worker died with other calls in flight.
	w.db.Exec(t, "update deliveries set state = 'sending', epoch = 1, gate_at = scheduled_at, claimed_at = now(), due_at = null where wave = 'hello'")
	w.db.Exec(t, "update deliveries set state = 'planned', due_at = scheduled_at, returned = 1 where wave = 'hello'")
	w.db.Exec(t, "insert into claims (kind, attend_at, delivery_ids, epochs) select 'lease', clock_timestamp() - interval '1 second', array_agg(delivery_id), array_agg(epoch) from deliveries where wave = 'hello'")
	w.provider.answer = func(channel.Message) channel.Outcome {
		if _, err := w.Reap(context.Background()); err != nil {
			t.Error(err)
		}
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "421"}
	}
	w.send(start.Add(1 * days))
	same(t, "state", testkit.Get[string](t, w.db, "select state from deliveries where wave = 'hello'"), "planned")
	w.provider.answer = nil
	same(t, "sent later", w.send(start.Add(1*days+time.Hour)), engine.Sent{Accepted: 1, Gated: 1})
}

// A chunk that does not belong to its deliveries can neither send nor end them.
func TestAChunkOfAnotherLaneBuriesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll, func(c *campaigns.Campaign) {
		c.Waves[1].Content.Message = "messages/other"
		c.Messages["messages/other"] = campaigns.Message{"": {Subject: "{% if orders.count == 9 %}Hi{% endif %}", Text: "Hello"}}
	}))
	w.clock.Set(start.Add(1 * days))
	chunk := w.handOut()[0]
	chunk.Wave = "again" // whose subject comes out empty
	if _, err := w.SendDeliveries(context.Background(), chunk); err != nil {
		t.Fatal(err)
	}
	same(t, "states", w.states("hello"), map[string]int{"treat planned": 1})
}

// While a new release is rolled out, the old program meets versions that only
// the new one can run. It leaves them to the new one.
func TestAProgramEndsNoDeliveryThatAnotherCouldSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	text := testkit.Get[string](t, w.db, `select files #>> '{messages/hello,"",Text}' from campaign_versions`)
	w.db.Exec(t, `update campaign_versions set files = jsonb_set(files, '{messages/hello,"",Text}', '"{% a tag of tomorrow %}"')`)
	old := w.another()
	w.clock.Set(start.Add(1 * days))
	_, _ = old.SendDeliveries(context.Background(), w.handOut()[0])
	w.db.Exec(t, `update campaign_versions set files = jsonb_set(files, '{messages/hello,"",Text}', to_jsonb($1::text))`, text)
	same(t, "sent by the new program", w.send(start.Add(1*days+10*time.Minute)), engine.Sent{Accepted: 1, Gated: 1})
}

// A file with a wrong clock, imported every night, must not say yes anew each
// time, over the customer's own no.
func TestAYesOfTomorrowDoesNotComeBackWithEachImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	file := "customer_id,email,consent_email,consent_at\nc1,c1@mail.example,yes," + tomorrow + "\n"
	w.importText(importer.Customers, file)
	w.db.Exec(t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', false, clock_timestamp(), 'unsubscribe:1' from customers")
	w.importText(importer.Customers, file)
	same(t, "newest word", testkit.Get[bool](t, w.db, "select granted from consents order by at desc, granted limit 1"), false)
}
