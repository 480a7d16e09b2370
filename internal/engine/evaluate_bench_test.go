package engine_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/testkit"
)

// A report over 100,000 enrollments, 200,000 deliveries and 250,000 orders takes no more than 3 s on two cores: five rounds, of which two
// have begun, three points of which one is read in each round, looks, and a wave that skips by lot. REWAVE_BENCH_ENROLLMENTS sets
// another number, REWAVE_BENCH_ROUNDS how many rounds have begun; with all five there are 500,000 deliveries and seven readings.
func BenchmarkEvaluateCampaign(b *testing.B) {
	n, begun := benchSize(b, "REWAVE_BENCH_ENROLLMENTS", 100_000), benchSize(b, "REWAVE_BENCH_ROUNDS", 2)
	w := newWorld(b)
	margin := 0.35
	w.Shop.Margin = &margin
	w.customers(n)
	w.apply(thanks(func(c *campaigns.Campaign) {
		c.Holdout.Share = holdout.Whole / 10
		c.Rounds, c.Waves = campaigns.Rounds{Times: 5, Every: 30 * days}, c.Waves[:1]
		c.Waves[0].Skip = campaigns.Skip{Share: holdout.Whole / 10}
		c.Evaluation.Looks = []string{"round"}
		c.Evaluation.Points = []campaigns.Point{
			{Name: "hello_10d", Anchor: campaigns.Anchor{Wave: "hello"}, Window: 10 * days},
			{Name: "overall_30d", Anchor: campaigns.Anchor{Wave: "hello", Round: 1}, Window: 30 * days},
			{Name: "programme", Anchor: campaigns.Anchor{Entry: true}, Window: 150 * days},
		}
	}))
	ran(b, w.db, n, begun)
	asOf := start.Add(400 * days)
	for b.Loop() {
		r, err := w.EvaluateCampaign(b.Context(), "thanks", engine.Evaluating{AsOf: asOf})
		if err != nil {
			b.Fatal(err)
		}
		if p := r.Points[0]; len(p.Metrics) != 3 || !p.Metrics[2].Difference.Known() {
			b.Fatalf("%s: %+v", p.Sentence, p.Metrics)
		}
	}
	b.ReportMetric(float64(testkit.Get[int](b, w.db, "select count(*)::int from orders")), "orders")
	b.ReportMetric(float64(testkit.Get[int](b, w.db, "select count(*)::int from deliveries")), "deliveries")
}

func benchSize(b *testing.B, name string, usual int) int {
	if text := os.Getenv(name); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return usual
}

// ran is a campaign that n customers went through: a message a round, ghosts and skips, two and a half orders each over a year, some of
// which came back, and a code in five messages of a hundred that was used.
func ran(t testing.TB, db *testkit.DB, n, begun int) {
	db.Exec(t, `do $do$ begin
		set local session_replication_role = replica;
		insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor, refunded_minor, unkept_at)
		select 'bench', customer_id || '-' || i, customer_id, timestamptz '2026-02-01 10:00Z' + (customer_id * 7919 * i % 8760) * interval '1 hour', 'EUR',
		       1000 + customer_id * 31 * i % 9000, case when (customer_id + i) % 12 = 0 then 500 else 0 end, case when (customer_id + i) % 48 = 0 then timestamptz '2027-06-01' end
		  from customers, generate_series(1, 3) i where i < 3 or customer_id % 2 = 0;
		insert into refunds (source, shop_refund_id, line_no, order_id, refunded_at, quantity, amount_minor)
		select 'bench', order_id::text, 1, order_id, placed_at + interval '7 days', 1, 500 from orders where refunded_minor > 0;
		insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone, rounds_begun)
		select customer_id, timestamptz '2026-03-02 10:00Z' + customer_id % 40 * interval '6 hours', c.campaign_id, 1, c.version_id, 1,
		       case when customer_id % 10 = 0 then 'hold' else 'treat' end, 'c|thanks|1', 0.5, 100000000, shop_id, 'UTC', `+strconv.Itoa(begun)+`
		  from customers, campaigns c;
		insert into rounds select customer_id, entered_at, enrollment_id, r, entered_at + (r - 1) * interval '30 days' from enrollments, generate_series(1, `+strconv.Itoa(begun)+`) r;
		insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, state, reason, skip, scheduled_at, expires_at, gate_at, epoch, claimed_at, cost_micros)
		select r.customer_id, r.entered_at, r.enrollment_id, r.round, 'hello', e.campaign_id, e.version_id, e.arm, 'email',
		       case when e.arm = 'hold' or s.skip then 'withheld' when r.customer_id % 33 = 0 then 'suppressed' else 'accepted' end,
		       case when e.arm = 'hold' then 'holdout' when s.skip then 'skip' when r.customer_id % 33 = 0 then 'repurchased' end, s.skip,
		       r.started_at + interval '1 day', r.started_at + interval '8 days',
		       case when r.customer_id % 33 > 0 or e.arm = 'hold' or s.skip then r.started_at + interval '1 day' end, 1, r.started_at, 40000
		  from rounds r join enrollments e using (customer_id, entered_at, enrollment_id),
		       lateral (select e.arm = 'treat' and (r.customer_id / 10 + r.round) % 10 = 0 as skip) s;
		insert into coupon_pools (pool, kind) values ('p', 'gift');
		insert into coupons (pool, code, customer_id, entered_at, enrollment_id, round, wave, bound_at, redeemed_order_id, redeemed_at, redeemed_minor)
		select 'p', 'CODE' || d.delivery_id, d.customer_id, d.entered_at, d.enrollment_id, d.round, d.wave, d.gate_at, o.order_id, o.placed_at, case when o.order_id is not null then 300 end
		  from deliveries d left join lateral (select order_id, placed_at from orders o where o.customer_id = d.customer_id and d.round = 1 and o.placed_at > d.gate_at order by placed_at limit 1) o on d.customer_id % 20 = 3
		 where d.state = 'accepted' and d.round = 1;
		insert into order_coupons (order_id, code) select redeemed_order_id, code from coupons where redeemed_order_id is not null;
	end $do$`)
	db.Exec(t, "analyze")
}
