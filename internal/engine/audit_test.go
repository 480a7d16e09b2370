package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// breaks says for each probe how to break its invariant, and nothing else, in a
// ledger of accepted and withheld deliveries. Triggers and foreign keys are off.
var breaks = map[string]string{
	"arm_kept":       "update deliveries set arm = 'global_hold' where delivery_id = (select min(delivery_id) from deliveries where arm = 'hold')",
	"arm_recomputed": "update enrollments set u = case when u < 0.25 then u + 0.1 when u < 0.5 then u - 0.1 when u < 0.75 then u + 0.1 else u - 0.1 end where enrollment_id = (select min(enrollment_id) from enrollments)",
	"bound_adds_up":  `insert into coupon_pools (pool, kind) values ('p', 'gift'); insert into bound_codes values (1, 'p', true, 'infinity', 1, 1, 0)`,
	"coupon_once": `insert into coupon_pools (pool, kind) values ('p', 'gift'); insert into coupons (pool, code, customer_id, entered_at, enrollment_id, round, wave, bound_at)
		values ('p', 'ABCD', 1, now(), 999, 1, 'hello', now())`,
	"coupon_single":  givenTo("state = 'accepted'", "; alter table coupons drop constraint coupons_customer_id_entered_at_enrollment_id_round_wave_key", "ABCD", "EFGH"),
	"coupon_treated": givenTo("state = 'withheld'", "", "ABCD"),
	"coupon_limit": givenTo("state = 'accepted'", "; update coupon_pools set per_customer = 1", "ABCD") + `;
		update deliveries set gate_at = due_at where delivery_id = (select min(d.delivery_id) from deliveries d join coupons c using (customer_id) where d.state = 'planned');
		insert into coupons (pool, code, customer_id, entered_at, enrollment_id, round, wave, bound_at)
		select 'p', 'EFGH', d.customer_id, d.entered_at, d.enrollment_id, d.round, d.wave, d.gate_at from deliveries d
		 where d.delivery_id = (select min(d.delivery_id) from deliveries d join coupons c using (customer_id) where d.state = 'planned')` + addedUp,
	"coupon_redeemed": givenTo("state = 'accepted'", "", "ABCD") + `;
		insert into orders (source, shop_order_id, placed_at, currency, gross_minor) select 'test', 'x', bound_at + interval '1 day', 'EUR', 100 from coupons;
		insert into order_coupons select order_id, 'ABCD' from orders where shop_order_id = 'x';
		update coupons set redeemed_order_id = order_id, redeemed_at = placed_at from orders where shop_order_id = 'x'`,
	"by_a_person":  "update deliveries set provider = null where delivery_id = (select min(delivery_id) from deliveries where state = 'accepted')",
	"entered_once": "update enrollments set entry = 2 where enrollment_id = (select min(enrollment_id) from enrollments)",
	// Of the twelve who bought nothing is kept.
	"features_add_up": "insert into feature_state (currency, zone, newest_at) values ('EUR', 'UTC', '-infinity')",
	"stages_told": `with s as (insert into scores (fitted_at, currency, zone, accepted, definition, evidence) values ('2026-01-01', 'EUR', 'UTC', true, '{}', '{}') returning scores_id)
			insert into feature_state (currency, zone, newest_at, staged_by) select 'EUR', 'UTC', 'infinity', scores_id from s;
		insert into customer_features select f.*, 1 from features_of(null, 'EUR', 'UTC') f`,
	"has_an_end": `update deliveries set state = 'unknown', settled_at = now() - interval '74 hours' where delivery_id =
		(select min(delivery_id) from deliveries where state = 'accepted')`,
	"no_quiet_time": `insert into gate_rules (since, rules) select '2000-01-01', jsonb_build_object('Quiet', jsonb_build_object('email', jsonb_build_object('From', 0, 'To', 1440)))`,
	"no_blackout_day": `insert into gate_rules (since, rules) select '2000-01-01', jsonb_build_object('Blackout', jsonb_build_array(jsonb_build_object('From', gate_at::date, 'To', gate_at::date)))
		from deliveries where state = 'accepted' order by delivery_id limit 1`,
	"within_caps": `insert into gate_rules (since, rules) values ('2000-01-01', '{"ShopCap": {"Limit": 1, "Window": 864000000000000}}');
		update deliveries d set state = 'accepted', epoch = 1, provider = 'test', due_at = null, cost_micros = 0, gate_at = o.gate_at, scheduled_at = o.gate_at, claimed_at = o.claimed_at, settled_at = now()
		  from deliveries o where o.customer_id = d.customer_id and o.state = 'accepted' and d.state = 'planned' and d.arm = 'treat'`,
	"within_budget": `update campaign_versions set definition = jsonb_set(definition, '{Limits}', (definition -> 'Limits') || '{"BudgetMinor": 1, "BudgetDigits": 2}');
		update deliveries set cost_micros = 10001 where delivery_id = (select min(delivery_id) from deliveries where state = 'accepted')`,
	"in_time": "update deliveries set gate_at = scheduled_at - interval '1 second' where delivery_id = (select min(delivery_id) from deliveries where state = 'accepted')",
	"no_converted": `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor, recorded_at)
		select 'test', 'x', customer_id, gate_at - interval '1 minute', 'EUR', 100, claimed_at from deliveries where state = 'accepted' order by delivery_id limit 1`,
	"no_open_hold": `insert into holds (customer_id, kind, opened_at, recorded_at)
		select customer_id, 'dispute', gate_at - interval '1 minute', claimed_at from deliveries where state = 'accepted' order by delivery_id limit 1`,
	"no_opt_out": `insert into consents (customer_id, channel, granted, at, source, recorded_at)
		select customer_id, 'email', false, gate_at - interval '1 minute', 'test', claimed_at from deliveries where state = 'accepted' order by delivery_id limit 1`,
	"forgotten": `insert into acts (verb, target, was, became, who, because) select 'erase', shop_id, 'known', 'erased', 'ann', 'test' from customers order by customer_id limit 1`,
	"no_erased": `update contacts k set erased_at = claimed_at - interval '1 second' from (select customer_id, claimed_at from deliveries where state = 'accepted' order by delivery_id limit 1) d
		where d.customer_id = k.customer_id`,
	"no_merged": `insert into acts (verb, target, was, became, who, because, at)
		select 'merge', shop_id, 'known', 'merged', 'ann', 'test', claimed_at - interval '1 second' from deliveries join customers using (customer_id) where state = 'accepted' order by delivery_id limit 1;
		update customers set merged_into = (select max(customer_id) from customers) where customer_id = (select customer_id from deliveries where state = 'accepted' order by delivery_id limit 1)`,
	"no_send_hold": `insert into acts (verb, target, was, became, who, because, at)
		select 'hold', 'email', 'released', 'on hold', 'ann', 'test', claimed_at - interval '6 s' from deliveries where state = 'accepted' order by delivery_id limit 1`,
	"no_provider_hold": `insert into provider_holds (channel, since, until, reason)
		select 'email', gate_at - interval '6 s', gate_at + interval '1 s', 'test' from deliveries where state = 'accepted' order by delivery_id limit 1`,
	"within_warm_up": `insert into channel_days (channel, day, since, last, allowed)
		select 'email', gate_at::date, gate_at, gate_at, 1 from deliveries where state = 'accepted' order by delivery_id limit 1`,
	"no_suppressed": `insert into suppressions (channel, address_hash, reason, at, recorded_at)
		select 'email', email_hash, 'bounced', gate_at - interval '1 minute', claimed_at from deliveries join contacts using (customer_id) where state = 'accepted' order by delivery_id limit 1`,
	"only_treated": `alter table deliveries drop constraint only_treated_are_sent;
		update deliveries set state = 'accepted', provider = 'test', epoch = 1, claimed_at = now() where delivery_id = (select min(delivery_id) from deliveries where state = 'withheld')`,
	"planned_is_due":  "delete from due where delivery_id = (select min(delivery_id) from due)",
	"planned_once":    "delete from deliveries where delivery_id = (select min(delivery_id) from deliveries where state = 'planned')",
	"provider_once":   "update deliveries set provider_id = 'same', provider = 'test' where delivery_id in (select delivery_id from deliveries where state = 'accepted' order by delivery_id limit 2)",
	"refunds_add_up":  "update orders set refunded_minor = 1 where order_id = (select min(order_id) from orders)",
	"skip_recomputed": "update deliveries set skip = true where delivery_id = (select min(delivery_id) from deliveries where state = 'planned' and arm = 'treat')",
	"variant_written": "update deliveries set variant = 'other' where delivery_id = (select min(delivery_id) from deliveries)",
	"resent_in_window": `insert into resends (delivery_id, epoch, claimed_at, until)
		select delivery_id, epoch, claimed_at, now() + interval '1 day' from deliveries where state = 'accepted' order by delivery_id limit 1`,
	"sent_once": "update deliveries set epoch = 2 where delivery_id = (select min(delivery_id) from deliveries where state = 'accepted')",
}

// givenTo is SQL that gives codes of a pool to the first delivery of which where
// holds, after what first does to pool and guards.
func givenTo(where, first string, codes ...string) string {
	sql := "insert into coupon_pools (pool, kind, per_customer) values ('p', 'gift', 2)" + first
	for _, code := range codes {
		sql += `; insert into coupons (pool, code, customer_id, entered_at, enrollment_id, round, wave, bound_at)
			select 'p', '` + code + `', customer_id, entered_at, enrollment_id, round, wave, gate_at from deliveries
			 where delivery_id = (select min(delivery_id) from deliveries where ` + where + ")"
	}
	return sql + addedUp
}

// addedUp is SQL that adds codes without an end up, as a trigger would have.
const addedUp = `; insert into bound_codes (campaign_id, pool, hourly, until, backend, codes, minor)
	select d.campaign_id, c.pool, true, 'infinity', 1, count(*), 0 from coupons c join deliveries d using (customer_id, entered_at, enrollment_id, round, wave) group by 1, 2
	    on conflict (campaign_id, pool, hourly, until, backend) do update set codes = excluded.codes`

func TestEachProbeSeesItsOwnInvariantBrokenAndNoOther(t *testing.T) {
	t.Parallel()
	for _, probe := range postgres.Probes() {
		t.Run(probe, func(t *testing.T) {
			t.Parallel()
			damage, ok := breaks[probe]
			if !ok {
				t.Fatal("no way to break it is written down here")
			}
			w := newWorld(t)
			w.entered(12, thanks(func(c *campaigns.Campaign) { c.HoldWhile = []string{"dispute"} }))
			w.send(start.Add(1*days + time.Hour))
			w.sound()
			w.damage(damage)
			result, err := audit.Run(context.Background(), w.db.Store)
			if err != nil {
				t.Fatal(err)
			}
			var broken []string
			for _, p := range result.Probes {
				if p.Broken > 0 {
					broken = append(broken, p.Name)
				}
			}
			same(t, "broken probes", broken, []string{probe})
			w.shown(result)
			if result.Err() == nil {
				t.Error("a broken ledger was called sound")
			}
		})
	}
	for name := range breaks {
		if !slices.Contains(postgres.Probes(), name) {
			t.Errorf("%s is broken here and no probe looks for it", name)
		}
	}
}

// shown holds that what an audit says to look at is there.
func (w *world) shown(result audit.Result) {
	w.t.Helper()
	for _, p := range result.Probes {
		if p.Broken == 0 {
			continue
		}
		if n := min(int(p.Broken), 5); len(p.Examples) != n || p.Next == "" {
			w.t.Errorf("%s: of %d rows it names %v, and then %q", p.Name, p.Broken, p.Examples, p.Next)
		}
		sql := "select 1"
		if id, ok := strings.CutPrefix(p.Next, "rewave delivery explain "); ok {
			sql = "select 1 from deliveries where delivery_id = " + id
		} else if _, query, ok := strings.Cut(p.Next, ` -xc "`); ok {
			sql = strings.TrimSuffix(query, `"`)
		}
		if n := testkit.Get[int](w.t, w.db, "select count(*) from ("+sql+") found"); n != 1 {
			w.t.Errorf("%s: %s shows %d rows", p.Name, p.Next, n)
		}
	}
}

// damage runs SQL with the ledger's own guards off.
func (w *world) damage(sql string) {
	w.t.Helper()
	w.db.Exec(w.t, "do $do$ begin set local session_replication_role = replica; "+sql+"; end $do$")
}
