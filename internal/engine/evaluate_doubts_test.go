package engine_test

import (
	"fmt"
	"testing"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/testkit"
)

// The window of 30 days before entry, at start: who had bought then, without the order that brought them in.
func TestGroupsThatDifferedBeforeAreNotCompared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(800, thanks(func(c *campaigns.Campaign) { c.Exit = nil }))
	w.send(anchor)
	w.buy(holdout.Treat, 60, anchor, 1000)
	w.buy(holdout.Hold, 20, anchor, 1000)
	had := func(arm holdout.Arm, n int, from string) {
		w.db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', gen_random_uuid()::text, customer_id, $3::timestamptz + $4::interval, 'EUR', 900 from enrollments where arm = $1 order by customer_id desc limit $2`, string(arm), n, start, from)
	}
	had(holdout.Treat, 60, "-30 days")
	had(holdout.Treat, 90, "-30 days -1 second") // too long ago
	had(holdout.Hold, 30, "-1 second")
	p := w.report(final).Points[0]
	d := p.Doubts
	same(t, "alike", fmt.Sprintf("%d %d, refused %v", d.TreatedBefore, d.HeldBefore, p.Verdict == evaluation.Refused), "60 30, refused false")
	had(holdout.Treat, 130, "-2 days")
	p = w.report(final).Points[0]
	same(t, "apart", fmt.Sprintf("%d %d %s", p.Doubts.TreatedBefore, p.Doubts.HeldBefore, p.Difference.Code), "130 30 E08")
}

// Each is told in a sentence, and only what is odd with the groups refuses.
func TestWhatIsOddIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(800, thanks(func(c *campaigns.Campaign) { c.Exit = nil }))
	w.send(anchor)
	w.buy(holdout.Treat, 60, anchor, 1000)
	w.buy(holdout.Hold, 20, anchor, 1000)
	codes := func() (all []string) {
		r := w.report(final)
		for _, x := range r.Points[0].Refusals {
			all = append(all, "refused "+string(x.Code))
		}
		for _, x := range r.Points[0].Notes {
			all = append(all, "note "+string(x.Code))
		}
		for _, x := range r.Warnings {
			if x.Code != "orders_end" {
				all = append(all, x.Code)
			}
		}
		return all
	}
	same(t, "nothing", codes(), []string(nil))

	w.bought("c1", anchor, 500, "USD")
	w.bought("c2", anchor.Add(-second), 500, "USD") // outside the window
	w.db.Exec(t, "insert into refunds (source, shop_refund_id, line_no, customer_id, refunded_at, quantity, amount_minor) select 'test', 'loose', 1, customer_id, $1, 1, 500 from customers where shop_id = 'c3'", anchor.Add(days))
	w.returned(w.bought("c4", anchor.Add(5*days), 500, "EUR"), anchor.Add(4*days), 100, false)
	same(t, "warnings", codes(), []string{"other_currency", "refunds_without_orders", "clocks_differ"})

	w.db.Exec(t, "insert into feeds (name, complete_until) values ('orders', $1)", closing.Add(-days))
	w.db.Exec(t, "insert into campaigns (name, activated_at, slot_done) values ('other', $1, $1)", start)
	w.db.Exec(t, `do $do$ begin
		set local session_replication_role = replica;
		insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, state, scheduled_at, expires_at, gate_at, epoch, claimed_at)
		select d.customer_id, d.entered_at, 1000000 + d.enrollment_id, 1, 'other', (select campaign_id from campaigns where name = 'other'), d.version_id, 'treat', 'email', 'accepted', d.scheduled_at, d.expires_at, d.gate_at, 1, d.claimed_at
		  from deliveries d where d.state = 'accepted' and d.wave = 'hello' and d.customer_id % 3 > 0;
	end $do$`)
	same(t, "notes", codes(), []string{"note E07", "note E12", "other_currency", "refunds_without_orders", "clocks_differ"})

	w.db.Exec(t, `do $do$ begin
		set local session_replication_role = replica;
		update enrollments set holdout_ppb = holdout_ppb / 2 where customer_id % 100 = 7;
	end $do$`)
	edited := testkit.Get[int64](t, w.db, "select count(*) from enrollments where customer_id % 100 = 7")
	p := w.report(final).Points[0]
	same(t, "edited", fmt.Sprintf("%d %s %s", p.Doubts.Edited, p.Verdict, p.Difference.Code), fmt.Sprintf("%d REFUSED E06", edited))
}
