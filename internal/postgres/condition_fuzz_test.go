package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/model"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// Whatever a rule says, PostgreSQL takes each statement that is made of it, and
// answers: for a single customer, for all of them, now and as of the past.
func FuzzCondition(f *testing.F) {
	for _, rule := range []string{
		`orders.in("90d").of("food").average > 1 or orders.overdue > 2`, `orders.on("2026-01-01").revenue * 1e-200 / 1e-200 >= 299 and not customer.email_known`,
		`events("A").with("b", "c").distinct("d") > 1 or events("A").number("n") in [1, 2]`, `customer.region not in ["a", "b\\"] and customer.text("$1") contains "%"`,
		`(orders.count > 1) == (customer.truth("t") != messages.with("campaign", "x").in("2w").knows("y"))`, `orders.back_for("size") > 0 and last_order.on_time or first_order.has("food")`,
		`rfm.cell == "555" or predicted.alive > 0.3 or lifecycle.stage == "lapsed" or orders.gap_probability < 0.05`, `customer.age > 30 and customer.has_interest("tea") and days_since(customer.date("d")) / 0 > 1`,
		`lifecycle.stage in ["lapsed", customer.region] or lifecycle.since > "2026-01-01" and abs(lifecycle.days_in_stage - orders.days) / 7 != orders.units`,
		`customer.number("n") + 1e308 > 1 or abs(-customer.number("n")) < 5e-324`, `orders.of("a").of_sku("b").since("2026-01-01").units >= 1e15 or orders.average > 1.1e13`,
		`orders.coupon_share < orders.full_price_share - orders.on_time_share`, `first_order.discount > 2 or last_order.status in ["paid"] or last_order.coupon`, `1 / (orders.count - orders.count) > 0 or "a" startsWith customer.id`,
	} {
		f.Add(rule)
	}
	db := testkit.NewDB(f)
	for _, sql := range []string{
		`insert into customers (shop_id, region, first_seen_at) select 'c' || i, 'r' || i, '2026-01-01' from generate_series(1, 4) i`,
		`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor, coupon_code, discount_minor)
			select 't', customer_id || '-' || i, customer_id, timestamptz '2026-01-01' + i * interval '40 days', 'EUR', 1000 * i, 'x', 100 from customers, generate_series(1, 5) i where customer_id < 4`,
		`insert into customer_attributes (customer_id, name, at, kind, number_value, source) select customer_id, 'n', '2026-01-01', 'number', (array[1.7e308, 1e200, 1e-200, 5e-324]::float8[])[customer_id], 't' from customers`,
		`insert into events (source, source_event_id, name, customer_id, at, props) select 't', customer_id::text, 'A', customer_id, '2026-02-01', '{"n": 5e-324, "d": "x", "b": "c"}' from customers`,
	} {
		db.Exec(f, sql)
	}
	if err := db.Store.EnsureFeatures(context.Background(), "EUR", "Europe/Berlin"); err != nil {
		f.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	fitted := &rules.Scores{ID: 1, Version: rules.ScoresVersion, Lifecycle: customer.Lifecycle{}.WithDefaults(), RFM: customer.Boundaries{Customers: 3},
		Purchases: &model.Params{Version: model.Version, Kind: model.MBG, Unit: model.Week, R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614}}
	db.Exec(f, `insert into customer_stages select customer_id, 1, version, '{20000, 20500}', '{1, 5}' from customer_features where orders > 0 and customer_id > 1`)
	f.Fuzz(func(t *testing.T, text string) {
		rule, faults := rules.Compile(text, rules.Options{Segments: map[string]string{"loyal": "orders.count > 2"}})
		if faults != nil {
			return
		}
		for _, at := range []time.Time{time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, zone)} {
			q := postgres.SegmentQuery{Rule: rule, At: at, Basis: rules.Basis{Zone: zone, Digits: 2, Scores: fitted}, Currency: "EUR"}
			err := db.Store.Segment(context.Background(), q, func(g *postgres.Segment) error {
				if _, _, err := g.Plan(t.Context()); err != nil { // has both forms planned
					return err
				}
				matches, unknown, err := g.Decided(t.Context())
				if err != nil {
					return err
				}
				if g.Exact() && matches+unknown > 4 {
					t.Errorf("%q: %d match and %d are unknown, of 4", text, matches, unknown)
				}
				if _, err := g.Members(t.Context(), 0, false, 10); err != nil {
					return err
				}
				_, err = g.Unknown(t.Context(), 10)
				return err
			})
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
