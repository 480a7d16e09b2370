package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// word is an event on a delivery; its instant is as much as its id.
func (w *world) word(id int64, event, kind string, hard bool) postgres.Feedback {
	return postgres.Feedback{ID: fmt.Sprintf("%d-%s", id, event), Ref: w.Ref(id), Type: kind, At: start.Add(1*days + 2*time.Hour), Reason: kind, Hard: hard}
}

func (w *world) feed(events ...postgres.Feedback) {
	w.t.Helper()
	if _, err := w.RecordFeedback(context.Background(), "email", events); err != nil {
		w.t.Fatal(err)
	}
}

// hear applies all words, also those that were put off.
func (w *world) hear() {
	w.t.Helper()
	w.db.Exec(w.t, "update feedback set due_at = now() where due_at is not null")
	for {
		n, err := w.HearFeedback(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// patient lets words be old enough that nothing is waited for.
func (w *world) patient() {
	w.db.Exec(w.t, "update feedback set received_at = received_at - interval '11 minutes'")
	w.hear()
}

// feedbackOf is all that feedback can change of a delivery.
const feedbackOf = `select concat_ws(' ', d.state, coalesce(d.reason, '-'), coalesce(d.provider_id, '-'), 'delivered', d.delivered_at - d.gate_at, 'bounced', d.bounced_at - d.gate_at,
	'complained', d.complained_at - d.gate_at, 'banned', (select s.reason from suppressions s join contacts k on k.email_hash = s.address_hash where k.customer_id = d.customer_id))
	from deliveries d where d.delivery_id = $1`

func TestFeedbackSettlesWhatIsInDoubt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		words []string
		want  string
	}{
		{"accepted", []string{"accepted"}, "accepted - - delivered bounced complained banned"},
		{"delivered", []string{"delivered"}, "accepted - - delivered 01:00:00 bounced complained banned"},
		{"bounced", []string{"bounced"}, "accepted - - delivered bounced 01:00:00 complained banned"},
		{"bounced for good", []string{"hard"}, "accepted - - delivered bounced 01:00:00 complained banned bounced"},
		{"complained", []string{"complained", "delivered"}, "accepted - - delivered 01:00:00 bounced complained 01:00:00 banned complained"},
		{"failed", []string{"failed"}, "failed failed - delivered bounced complained banned"},
		{"accepted, and failed later", []string{"failed", "accepted"}, "accepted - - delivered bounced 01:00:00 complained banned"},
		{"bounced and complained", []string{"complained", "hard"}, "accepted - - delivered bounced 01:00:00 complained 01:00:00 banned complained"},
	} {
		for _, state := range []string{"unknown", "unknown_final"} {
			t.Run(test.name+" "+state, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.provider.answer = func(channel.Message) channel.Outcome {
					return channel.Outcome{Verdict: channel.Unknown, Reason: "timeout"}
				}
				w.entered(1, thanks(treatAll))
				w.send(start.Add(1*days + time.Hour))
				if state == "unknown_final" {
					w.db.Exec(t, "update claims set attend_at = now()")
					if _, err := w.Reap(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
				id := testkit.Get[int64](t, w.db, "select delivery_id from deliveries where state = $1", state)
				w.saysAll(id, test.words)
				w.hear()
				w.patient()
				same(t, "after", testkit.Get[string](t, w.db, feedbackOf, id), test.want)
				same(t, "left", testkit.Get[int](t, w.db, "select count(*) from feedback where due_at is not null"), 0)
				w.sound()
			})
		}
	}
}

func (w *world) saysAll(id int64, words []string) {
	for i, kind := range words {
		hard := kind == "hard"
		if hard {
			kind = "bounced"
		}
		w.feed(w.word(id, fmt.Sprintf("e%d", i), kind, hard))
	}
}

// A claim stays until the last of its deliveries has an end: those that had one are
// counted no more.
func TestWhatIsInDoubtIsCountedAsItIsSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.Unknown, Reason: "timeout"}
	}
	w.entered(3, thanks(treatAll))
	w.send(start.Add(1*days + time.Hour))
	for left := 3; left >= 0; left-- {
		g, err := w.Store.Gauges(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "in doubt", g.InDoubt, int64(left))
		same(t, "under way", g.UnderWay, int64(0))
		if left > 0 {
			w.saysAll(testkit.Get[int64](t, w.db, "select min(delivery_id) from deliveries where state = 'unknown'"), []string{"delivered"})
			w.hear()
		}
	}
}

// Whatever a provider says, how often and in which order, before the worker has
// written its own outcome or after it: it ends the same.
func TestTheOrderOfFeedbackDoesNotMatter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	const sets = 4
	words := [sets][]string{{"accepted", "delivered"}, {"hard", "accepted", "delivered"}, {"failed", "accepted"}, {"delivered", "complained", "hard"}}
	want := [sets]string{
		"accepted - own delivered 01:00:00 bounced complained banned",
		"accepted - own delivered 01:00:00 bounced 01:00:00 complained banned bounced",
		"accepted - own delivered bounced 01:00:00 complained banned",
		"accepted - own delivered 01:00:00 bounced 01:00:00 complained 01:00:00 banned complained",
	}
	id := testkit.Get[int64](t, w.db, "select min(delivery_id) from deliveries")
	rapid.Check(t, func(r *rapid.T) {
		// As new: the delivery is under way, and nobody has said anything.
		w.damage(`update deliveries set state = 'sending', reason = null, provider = null, provider_id = null, settled_at = null, due_at = null, epoch = 1, returned = 0, claimed_at = now(),
			gate_at = scheduled_at + interval '1 hour', delivered_at = null, bounced_at = null, complained_at = null where delivery_id = (select min(delivery_id) from deliveries);
			delete from feedback; delete from suppressions; delete from claims;
			insert into claims (kind, attend_at, delivery_ids, epochs) select 'lease', now() + interval '1 hour', array_agg(delivery_id), array_agg(epoch) from deliveries where state = 'sending'`)
		under := postgres.Under{Claim: testkit.Get[int64](t, w.db, "select claim_id from claims")}
		set := rapid.IntRange(0, sets-1).Draw(r, "set")
		var events []postgres.Feedback
		for i, kind := range words[set] {
			e := w.word(id, fmt.Sprintf("e%d", i), map[bool]string{true: "bounced", false: kind}[kind == "hard"], kind == "hard")
			for range rapid.IntRange(1, 50).Draw(r, "times") {
				events = append(events, e)
			}
		}
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 1))
		shuffle.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		ack := rapid.IntRange(0, 3).Draw(r, "ack")
		settle := func() {
			claim := postgres.Claim{ID: id, Epoch: 1, Customer: testkit.Get[int64](t, w.db, "select customer_id from deliveries where delivery_id = $1", id),
				EnteredAt: testkit.Get[time.Time](t, w.db, "select entered_at from deliveries where delivery_id = $1", id)}
			if _, err := w.Store.Settle(context.Background(), "test", nil, under, postgres.Took{}, time.Hour, []postgres.Settlement{{Claim: claim, State: "accepted", ProviderID: "own"}}); err != nil {
				r.Fatal(err)
			}
		}
		part := (len(events) + 2) / 3
		for i := range 3 {
			if ack == i {
				settle()
			}
			for _, e := range slices.Collect(slices.Chunk(events[min(i*part, len(events)):min((i+1)*part, len(events))], 20)) {
				if _, err := w.RecordFeedback(context.Background(), "email", e); err != nil {
					r.Fatal(err)
				}
			}
			w.hear()
		}
		if ack == 3 {
			settle()
		}
		w.hear()
		if got := testkit.Get[string](t, w.db, feedbackOf, id); got != want[set] {
			r.Fatalf("%v, ack after %d: got %q; want %q", words[set], ack, got, want[set])
		}
	})
}

func TestFeedbackOnWhatIsNotKnownIsKeptAndThenRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var said lines
	w.Log = said.logger()
	w.entered(2, thanks(treatAll))
	w.send(start.Add(1*days + time.Hour))
	id := testkit.Get[int64](t, w.db, "select min(delivery_id) from deliveries where state = 'accepted'")
	foreign, unknown, other := w.word(id, "foreign", "delivered", false), w.word(999, "unknown", "delivered", false), w.word(id, "other", "delivered", false)
	foreign.Ref = fmt.Sprintf("%d.ffffffff", id)
	w.feed(foreign, unknown)
	if _, err := w.RecordFeedback(context.Background(), "sms", []postgres.Feedback{other}); err != nil { // a delivery of another channel
		t.Fatal(err)
	}
	w.hear()
	left := "select concat_ws(' ', channel, ref, coalesce(rejected, '-'), due_at is null) from feedback order by feedback_id"
	same(t, "at once", testkit.List[string](t, w.db, left), []string{
		"email " + foreign.Ref + " not a reference of this installation t", "email " + unknown.Ref + " - f", "sms " + other.Ref + " - f"})
	w.db.Exec(t, "update feedback set received_at = received_at - interval '73 hours'")
	w.hear()
	same(t, "after three days", testkit.List[string](t, w.db, left), []string{
		"email " + foreign.Ref + " not a reference of this installation t", "email " + unknown.Ref + " there is no such delivery on this channel t",
		"sms " + other.Ref + " there is no such delivery on this channel t"})
	same(t, "delivered", testkit.Get[int](t, w.db, "select count(*) from deliveries where delivered_at is not null"), 0)
	for what, want := range map[string]int{`"feedback is rejected" channel=email ref=` + foreign.Ref + ` reason="not a reference of this installation"`: 1,
		"channel=sms ref=" + other.Ref: 1, `msg="more feedback is rejected"`: 0} {
		same(t, what, said.count(what), want)
	}
	for i := range 8 {
		foreign.ID = fmt.Sprint("many", i)
		w.feed(foreign)
	}
	w.hear()
	same(t, "of many", said.count(`"more feedback is rejected" words=3`), 1)
}

// A provider that took what the ledger has not let out, or was told was not taken.
func TestFeedbackOnAPlannedDeliveryKeepsItFromBeingSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks())
	planned := testkit.List[int64](t, w.db, "select delivery_id from deliveries where wave = 'hello' order by delivery_id")
	for _, id := range planned {
		w.feed(w.word(id, "e", "delivered", false))
	}
	w.hear()
	w.send(start.Add(1*days + time.Hour))
	got := testkit.List[string](t, w.db, "select distinct concat_ws(' ', arm, state, epoch) from deliveries where wave = 'hello' order by 1")
	for _, row := range got {
		if row != "treat accepted 1" && row != "hold withheld 0" {
			t.Errorf("got %q", row)
		}
	}
	same(t, "calls", len(w.provider.calls), 0)
	w.sound()
}

func TestSeveralListenersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(200, thanks(treatAll))
	w.send(start.Add(1*days + time.Hour))
	w.damage("update deliveries set state = 'unknown' where state = 'accepted'")
	for _, id := range testkit.List[int64](t, w.db, "select delivery_id from deliveries where state = 'unknown'") {
		w.feed(w.word(id, "a", "delivered", false), w.word(id, "b", "complained", false))
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				n, err := w.HearFeedback(context.Background())
				if err != nil {
					t.Error(err)
				}
				if n == 0 {
					return
				}
			}
		})
	}
	all.Wait()
	w.hear()
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 200})
	same(t, "bans", testkit.Get[int](t, w.db, "select count(*) from suppressions where reason = 'complained'"), 200)
	w.sound()
}

// What an old address gives back is no word on the new one, of the same channel; a
// complaint is the customer's own.
func TestABounceBansTheAddressThatItCameFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(treatAll))
	w.send(start.Add(1 * days))
	w.db.Exec(t, `update contacts k set email = 'new.' || email, email_since = clock_timestamp() from customers u where u.customer_id = k.customer_id and shop_id <> 'c3'`)
	w.db.Exec(t, `update contacts k set phone = '+4915112345678', phone_since = clock_timestamp() from customers u where u.customer_id = k.customer_id and shop_id = 'c3'`)
	w.feed(w.word(w.delivery("c1", "hello"), "late", "bounced", true), w.word(w.delivery("c2", "hello"), "late", "complained", false),
		w.word(w.delivery("c3", "hello"), "late", "bounced", true))
	w.hear()
	same(t, "banned", testkit.List[string](t, w.db, "select u.shop_id from suppressions s join contacts k on k.email_hash = s.address_hash join customers u using (customer_id) order by 1"), []string{"c2", "c3"})
	w.sound()
}
