package engine_test

import (
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// A plan of five campaigns over a million customers with three orders each takes
// no more than 20 s on two cores, in bounded memory. REWAVE_BENCH_CUSTOMERS sets
// another number of customers.
func BenchmarkPlanCampaign(b *testing.B) {
	n := 1_000_000
	if text := os.Getenv("REWAVE_BENCH_CUSTOMERS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	w := newWorld(b)
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	w.Shop.Zone = zone
	fill(b, w.db, n)
	w.Shop.Cap = postgres.Cap{Limit: 4, Window: 14 * days}
	defs := fiveCampaigns()
	for b.Loop() {
		if _, err := w.PlanCampaign(b.Context(), defs, start, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/customer")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MB")
}

// fill makes customers with a consent and three orders each, in the two years
// before start.
func fill(t testing.TB, db *testkit.DB, n int) {
	const part = 20_000
	for from := 0; from < n; from += part {
		db.Exec(t, `with c as (insert into customers (shop_id) select 'c' || i from generate_series($1::int + 1, least($2::int, $1::int + $3::int)) i returning customer_id, shop_id),
			k as (insert into contacts (customer_id, email) select customer_id, shop_id || '@mail.example' from c returning customer_id),
			w as (insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', customer_id % 10 > 0, '2020-01-01', 'test' from k)
			insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 'test', customer_id || '-' || o, customer_id, timestamptz '2026-03-02' - (customer_id * 7919 * o % 730) * interval '1 day' - o * interval '1 hour', 'EUR', 5000
			  from k, generate_series(1, 3) o`, from, n, part)
	}
	db.Exec(t, "analyze customers, contacts, consents, orders")
}

// fiveCampaigns are four slots and one that orders bring customers into.
func fiveCampaigns() []campaigns.Campaign {
	slot := func(name, when string, day int) campaigns.Campaign {
		return thanks(func(c *campaigns.Campaign) {
			c.Name = name
			c.Enter = campaigns.Enter{Schedule: &campaigns.Schedule{AtDate: calendar.Date{Year: 2026, Month: 3, Day: day}, Time: 10 * 60}, When: when}
		})
	}
	return []campaigns.Campaign{
		slot("win-back", "orders.count >= 2 and orders.days_since_last >= 180", 3),
		slot("loyal", "orders.count >= 3 and orders.revenue >= 100", 4),
		slot("recent", "orders.days_since_last <= 60", 5),
		slot("all", "true", 6),
		thanks(func(c *campaigns.Campaign) { c.Enter.When = "orders.count >= 1" }),
	}
}
