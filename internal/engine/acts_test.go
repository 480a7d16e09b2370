package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// poisoned is a world in which the provider took everybody's message but that of
// c1, five times, while it took another's each time.
func poisoned(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.customers(6)
	w.apply(thanks(treatAll))
	tries := []time.Duration{0, 30 * time.Second, 150 * time.Second, 630 * time.Second, 2550 * time.Second}
	w.order("c1", start, 1000)
	for i, after := range tries {
		w.order(fmt.Sprintf("c%d", i+2), start.Add(after), 1000)
	}
	w.clock.Set(start.Add(time.Hour))
	w.enter()
	w.provider.answer = func(m channel.Message) channel.Outcome {
		if m.To == "c1@mail.example" {
			return channel.Outcome{Verdict: channel.NotTaken, Reason: "451 try again"}
		}
		return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
	}
	for i, after := range tries {
		same(t, fmt.Sprintf("try %d", i+1), w.send(start.Add(1*days+after)), engine.Sent{Accepted: 1, Returned: 1, Gated: 2})
		same(t, "at once after it", w.send(start.Add(1*days+after+time.Second)), engine.Sent{})
	}
	return w
}

func TestADeliveryIsDeadThatTheProviderDoesNotTakeThoughItTakesOthers(t *testing.T) {
	t.Parallel()
	w := poisoned(t)
	same(t, "then", w.send(start.Add(1*days+time.Hour)), engine.Sent{Dead: 1})
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 5, "treat dead not taken 5 times: 451 try again": 1})
	w.sound()

	ids := testkit.List[int64](t, w.db, "select delivery_id from deliveries where state = 'dead'")
	done, err := w.Store.Replay(context.Background(), postgres.Meant{IDs: ids, From: []delivery.State{delivery.Dead}, Who: "ann", Because: "their server is mended", At: w.clock.At()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "replayed", done, postgres.Done{IDs: ids})
	w.provider.answer = nil
	same(t, "after the replay", w.send(start.Add(1*days+2*time.Hour)), engine.Sent{Accepted: 1, Gated: 1})
	same(t, "sent twice", testkit.Get[int](t, w.db, "select count(*) from deliveries where state = 'accepted' and wave = 'hello'"), 6)
	same(t, "acts", testkit.List[string](t, w.db, "select concat_ws(' ', who, verb, was, became, because) from acts"), []string{"ann replay dead planned their server is mended"})
	w.sound()
}

func TestAnOutageBuriesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(treatAll))
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "dial"}
	}
	for i := range 12 {
		same(t, "during it", w.send(start.Add(1*days+time.Duration(i)*30*time.Second)), engine.Sent{Returned: 3, Gated: 3})
	}
	w.provider.answer = nil
	same(t, "after it", w.send(start.Add(1*days+time.Hour)), engine.Sent{Accepted: 3, Gated: 3})
	w.sound()
}

func TestAMessageThatMayHaveArrivedIsSettledOrSentAgainByAPersonOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(treatAll))
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.Unknown, Reason: "timeout"}
	}
	same(t, "sent", w.send(start.Add(1*days)), engine.Sent{Unknown: 3, Gated: 3})
	ids := testkit.List[int64](t, w.db, "select delivery_id from deliveries where state = 'unknown' order by 1")
	doubt := []delivery.State{delivery.Unknown, delivery.UnknownFinal}
	by := postgres.Meant{Who: "ann", Because: "their log says so", From: doubt, At: w.clock.At()}
	settle := func(id int64, to delivery.State) postgres.Done {
		t.Helper()
		by.IDs = []int64{id}
		done, err := w.Store.SettleByHand(context.Background(), by, to)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	same(t, "accepted", settle(ids[0], delivery.Accepted), postgres.Done{IDs: ids[:1]})
	same(t, "failed", settle(ids[1], delivery.Failed), postgres.Done{IDs: ids[1:2]})
	same(t, "a second time", settle(ids[1], delivery.Accepted), postgres.Done{IDs: []int64{}, Left: ids[1:2]})
	same(t, "states", w.states("hello"), map[string]int{"treat accepted": 1, "treat failed by hand: their log says so": 1, "treat unknown timeout": 1})

	w.db.Exec(t, "update deliveries set state = 'unknown_final' where state = 'unknown'")
	by.IDs, by.From = ids, []delivery.State{delivery.UnknownFinal}
	done, err := w.Store.Replay(context.Background(), by, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "replayed", done, postgres.Done{IDs: ids[2:], Left: ids[:2]})
	w.provider.answer = nil
	same(t, "sent again", w.send(start.Add(1*days+time.Hour)), engine.Sent{Accepted: 1, Gated: 1})
	w.sound()
}

// Who knows that a message in doubt was not taken need not wait until nobody else
// can know: it is tried again at once, under its code and within the budget. Where
// the provider knows better, it has the last word, before the replay or after it.
func TestWhatAPersonKnowsWasNotTakenIsTriedAgainAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(4, thanks(treatAll, budget(10_000)))
	ctx := context.Background()
	w.provider.answer = func(channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.Unknown, Reason: "timeout"}
	}
	same(t, "sent", w.send(start.Add(1*days)), engine.Sent{Unknown: 4, Gated: 4})
	ids := testkit.List[int64](t, w.db, "select delivery_id from deliveries where state = 'unknown' order by 1")
	spent := func() int64 { return testkit.Get[int64](t, w.db, "select spent_micros from campaign_limits") }
	before := spent()
	by := postgres.Meant{Who: "ann", Because: "their log ends before it", From: []delivery.State{delivery.Unknown, delivery.UnknownFinal}, At: w.clock.At()}
	by.IDs = ids[:3]
	done, err := w.Store.SettleByHand(ctx, by, delivery.Dead)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "not taken", done, postgres.Done{IDs: ids[:3]})
	same(t, "money that came back", before-spent(), before*3/4)
	same(t, "states", w.states("hello"), map[string]int{"treat dead not taken, by hand: their log ends before it": 3, "treat unknown timeout": 1})
	same(t, "tried again by itself", w.send(start.Add(1*days+time.Hour)), engine.Sent{})
	w.sound()

	w.saysAll(ids[1], []string{"delivered"})
	w.hear()
	by.From = []delivery.State{delivery.Dead}
	if done, err = w.Store.Replay(ctx, by, nil); err != nil {
		t.Fatal(err)
	}
	same(t, "replayed", done, postgres.Done{IDs: []int64{ids[0], ids[2]}, Left: ids[1:2]})
	w.feed(w.word(ids[2], "late", "delivered", false))
	w.hear()
	w.sound()
	w.provider.answer = nil
	same(t, "sent again", w.send(start.Add(1*days+2*time.Hour)), engine.Sent{Accepted: 1, Gated: 1})
	same(t, "in the end", w.states("hello"), map[string]int{"treat accepted": 3, "treat unknown timeout": 1})
	same(t, "passes", testkit.List[string](t, w.db, "select concat_ws(' ', epoch, returned) from deliveries where delivery_id = any ($1) order by delivery_id", ids), []string{"2 1", "1 0", "2 1", "1 0"})
	w.sound()
}

func TestWhatOnlyAPersonMayDoNeedsTheirAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the database goes away
	w.db.Exec(t, "insert into acts (verb, delivery_id, was, became, who, because) select 'replay', delivery_id, 'dead', 'planned', 'ann', 'of another time' from deliveries")
	w.db.Exec(t, "update deliveries set state = 'dead', reason = 'test', due_at = null where wave = 'hello'")
	for sql, want := range map[string]string{
		"update deliveries set state = 'planned', due_at = now() where state = 'dead'": "only by a person",
		"update acts set because = 'better'":                                           "acts are never changed or deleted",
		"delete from acts":                                                             "acts are never changed or deleted",
		"truncate acts":                                                                "acts are never changed or deleted",
		"insert into acts (verb, delivery_id, was, became, who, because) select 'replay', delivery_id, 'dead', 'planned', 'ann', ' ' from deliveries": "acts_because_check",
	} {
		if _, err := conn.Exec(ctx, sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n  got  %v\n  want %s", sql, err, want)
		}
	}
}
