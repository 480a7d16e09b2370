package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

func (w *world) erase(id string) postgres.Ended {
	w.t.Helper()
	out, err := w.Store.EraseCustomer(context.Background(), id, "ann", "asked to be forgotten")
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) merge(from, into string) postgres.Ended {
	w.t.Helper()
	out, err := w.Store.MergeCustomers(context.Background(), from, into, "ann", "one person")
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestWhoIsErasedIsNotWrittenToAndStaysForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(2, thanks(treatAll, func(c *campaigns.Campaign) { c.Exit = nil }))
	w.known()
	const file = "customer_id,first_name,email,attribute.likes,tags,consent_email,consent_at\nc1,Ann,c1@mail.example,tea,vip,yes,2026-01-01\n"
	w.importText(importer.Customers, file)
	w.provider.answer = func(channel.Message) channel.Outcome { return channel.Outcome{Verdict: channel.Unknown} }
	w.send(start.Add(1 * days))
	same(t, "counted", w.erase("c1"), postgres.Ended{Changed: true, Planned: 1, Flying: 1})
	same(t, "again", w.erase("c1"), postgres.Ended{Planned: 1, Flying: 1})
	gone := func() []string {
		return testkit.List[string](t, w.db, `select concat_ws(' ', coalesce(first_name, '-'), coalesce(email, '-'), k.erased_at is not null,
				(select count(*) from customer_attributes a where a.customer_id = u.customer_id) + (select count(*) from customer_tags g where g.customer_id = u.customer_id),
				(select count(*) from suppressions where reason = 'erased'), (select count(*) from orders o where o.customer_id = u.customer_id))
			from customers u join contacts k using (customer_id) where shop_id = 'c1'`)
	}
	same(t, "forgotten", gone(), []string{"- - t 0 1 1"})
	w.importText(importer.Customers, file)
	same(t, "after another import", gone(), []string{"- - t 0 1 1"})
	w.importText(importer.Customers, "customer_id,email,consent_email,consent_at\nc9,c1@mail.example,yes,2026-01-01\n") // the same address under another name
	w.provider.answer = nil
	w.order("c9", start.Add(1*days+time.Hour), 1000)
	w.clock.Set(start.Add(2 * days))
	w.enter()
	w.send(start.Add(8 * days))
	same(t, "who has the address is not let in", testkit.List[string](t, w.db, "select reason from entry_counts where reason <> 'enrolled'"), []string{"suppressed"})
	same(t, "hello", w.states("hello"), map[string]int{"treat unknown": 2})
	same(t, "again", w.states("again"), map[string]int{"treat suppressed erased": 1, "treat accepted": 1})
	same(t, "on record", testkit.List[string](t, w.db, "select concat_ws(' ', who, verb, target, became, because) from acts"), []string{"ann erase c1 erased asked to be forgotten"})
	w.sound()
}

func TestOfTwoRecordsOfOnePersonOneIsWrittenTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Cap = postgres.Cap{Limit: 1, Window: 10 * days}
	w.customers(4)
	w.apply(thanks(treatAll, func(c *campaigns.Campaign) { c.Enter.When = "orders.count >= 1" }))
	w.db.Exec(t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', false, '2026-01-01', 'test' from customers where shop_id = 'c4'")
	for i := range 3 {
		w.order(fmt.Sprintf("c%d", i+1), start, 1000)
	}
	w.enter()
	w.known()
	if err := w.Store.EnsureFeatures(context.Background(), "EUR", "UTC"); err != nil {
		t.Fatal(err)
	}
	same(t, "counted", w.merge("c1", "c2"), postgres.Ended{Changed: true, Into: "c2", Planned: 2})
	same(t, "again", w.merge("c1", "c2"), postgres.Ended{Into: "c2", Planned: 2})
	same(t, "features", testkit.List[string](t, w.db, "select shop_id || ' ' || orders from customer_features join customers using (customer_id) order by shop_id"), []string{"c2 2", "c3 1", "c4 0"})
	w.send(start.Add(1 * days))
	same(t, "one message", testkit.List[string](t, w.db, "select concat_ws(' ', shop_id, state, reason) from deliveries join customers using (customer_id) where wave = 'hello' order by 1"),
		[]string{"c1 suppressed merged", "c2 accepted", "c3 accepted"})
	// What the one who goes away had counts for the other: consent, messages, orders, entries.
	same(t, "a chain", w.merge("c2", "c3"), postgres.Ended{Changed: true, Into: "c3", Planned: 1})
	same(t, "leads to its end", testkit.List[string](t, w.db, "select u.shop_id || ' ' || m.shop_id from customers u join customers m on m.customer_id = u.merged_into order by 1"), []string{"c1 c3", "c2 c3"})
	same(t, "into one who was merged", w.merge("c4", "c1"), postgres.Ended{Changed: true, Into: "c3"})
	same(t, "the no wins", testkit.List[bool](t, w.db, "select granted from consents join customers using (customer_id) where shop_id = 'c3' order by at desc limit 1"), []bool{false})
	same(t, "orders", testkit.List[string](t, w.db, "select shop_id || ' ' || count(*) from orders join customers using (customer_id) group by shop_id"), []string{"c3 3"})
	w.importText(importer.Customers, "customer_id,first_name\nc1,Ann\n")
	same(t, "a file that still has the old id", testkit.List[string](t, w.db, "select shop_id from customers where first_name = 'Ann'"), []string{"c3"})
	w.send(start.Add(8 * days))
	same(t, "again", w.states("again"), map[string]int{"treat suppressed merged": 2, "treat suppressed opted_out": 1})
	w.sound()
}

func TestAnOrderOfEitherEndsTheCampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll, once))
	w.db.Exec(t, `with c as (insert into customers (shop_id) values ('old') returning customer_id) insert into contacts (customer_id, email) select customer_id, 'old@mail.example' from c`)
	w.order("old", start.Add(time.Hour), 1000)
	w.merge("old", "c1")
	w.send(start.Add(1 * days))
	same(t, "hello", w.states("hello"), map[string]int{"treat suppressed repurchased": 1})
	w.sound()
}

func TestMessagesOfEitherCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Shop.Cap = postgres.Cap{Limit: 1, Window: 14 * days}
	w.entered(2, thanks(treatAll, once, func(c *campaigns.Campaign) { c.Exit = nil }))
	w.send(start.Add(1 * days))
	w.apply(promo("sale", 40, 1*days, func(c *campaigns.Campaign) { c.Enter.When = "orders.count >= 1" }))
	w.db.Exec(t, `with c as (insert into customers (shop_id) values ('new') returning customer_id), k as (insert into contacts (customer_id, email) select customer_id, 'new@mail.example' from c returning customer_id)
		insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', true, '2020-01-01', 'test' from k`)
	w.order("new", start.Add(1*days+time.Hour), 1000)
	w.clock.Set(start.Add(2 * days))
	w.enter()
	w.merge("c1", "new")
	w.send(start.Add(3 * days))
	same(t, "the cap is full", testkit.List[string](t, w.db, "select concat_ws(' ', shop_id, state, reason, lost_to ->> 'campaign') from deliveries d join customers using (customer_id) join campaigns c using (campaign_id) where c.name = 'sale'"),
		[]string{"new suppressed capped thanks"})
	w.sound()
}

func TestNobodyIsMergedInACircle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.customers(4)
	w.merge("c1", "c2")
	w.erase("c4")
	for _, row := range []struct{ from, into, want string }{
		{"c2", "c2", `merge customers: customer "c2" cannot be merged into themselves`},
		{"c2", "c1", `merge customers: customer "c1" was merged into "c2": the other way round is a circle`},
		{"c1", "c3", `merge customers: customer "c1" was merged into "c2"`},
		{"c1", "no", `merge customers: there is no customer "no"`},
		{"c4", "c3", "merge customers: one of the two was erased, and nothing is to be known of them any more"},
		{"c3", "c4", "merge customers: one of the two was erased, and nothing is to be known of them any more"},
	} {
		if _, err := w.Store.MergeCustomers(context.Background(), row.from, row.into, "ann", "test"); err == nil || err.Error() != row.want {
			t.Errorf("%s into %s: %v, want %s", row.from, row.into, err, row.want)
		}
	}
	if _, err := w.Store.EraseCustomer(context.Background(), "c1", "ann", "test"); err == nil || err.Error() != `erase customer: customer "c1" was merged into "c2", and is forgotten with them` {
		t.Errorf("erasing who was merged: %v", err)
	}
	same(t, "both", w.erase("c2"), postgres.Ended{Changed: true})
	same(t, "erased", testkit.List[string](t, w.db, "select shop_id from customers join contacts using (customer_id) where erased_at is not null order by 1"), []string{"c1", "c2", "c4"})
	if err := w.db.Hold("update customers set merged_into = (select customer_id from customers where shop_id = 'c1') where shop_id = 'c3'", func() {}); err == nil {
		t.Error("a chain of merges was let in")
	}
}

// An erasure or a merge waits for a gate that holds the customer, and no gate
// that begins after it lets anything through: whatever was let through before is
// counted as on its way.
func TestErasingAndMergingWaitForAGate(t *testing.T) {
	t.Parallel()
	for name, deed := range map[string]func(w *world) postgres.Ended{
		"erase": func(w *world) postgres.Ended { return w.erase("c1") },
		"merge": func(w *world) postgres.Ended { return w.merge("c1", "c2") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.entered(2, thanks(treatAll, once))
			gate, err := pgx.Connect(context.Background(), w.db.DSN)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = gate.Close(context.Background()) })
			tx, err := gate.Begin(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(context.Background(), "select from contacts k join customers u using (customer_id) where u.shop_id = 'c1' for no key update of k"); err != nil {
				t.Fatal(err)
			}
			done := make(chan postgres.Ended, 1)
			go func() { done <- deed(w) }()
			waits := "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
			for testkit.Get[int](t, w.db, waits) == 0 {
				select {
				case <-done:
					t.Fatal("it did not wait")
				case <-time.After(10 * time.Millisecond):
				}
			}
			if _, err := tx.Exec(context.Background(), `update deliveries set state = 'sending', due_at = null, epoch = 1, claimed_at = clock_timestamp(), gate_at = $1
				where customer_id = (select customer_id from customers where shop_id = 'c1')`, start.Add(1*days)); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := <-done; got.Flying != 1 || got.Planned != 0 {
				t.Errorf("%+v, want one on its way", got)
			}
			same(t, "nothing but the other one", w.send(start.Add(1*days)), engine.Sent{Accepted: 1, Gated: 1})
		})
	}
}
