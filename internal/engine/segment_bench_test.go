package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/scores"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

var benchAt = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// Each segment is counted in turn with the best SQL written by hand for it, on
// the same tables; the ratio is the median of the pairs. REWAVE_BENCH_CUSTOMERS
// sets how many customers there are (200,000), with four orders each.
func BenchmarkSegment(b *testing.B) {
	n := 200_000
	if text := os.Getenv("REWAVE_BENCH_CUSTOMERS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	db := testkit.NewDB(b)
	benchShop(b, db, n)
	e := &Engine{Store: db.Store, Log: slog.New(slog.DiscardHandler), Shop: Shop{Zone: time.UTC, Currency: "EUR", Digits: 2}}
	ctx := context.Background()
	start := time.Now()
	if err := db.Store.EnsureFeatures(ctx, "EUR", "UTC"); err != nil {
		b.Fatal(err)
	}
	b.Logf("features of %d customers in %.1f s", n, time.Since(start).Seconds())
	db.Exec(b, "vacuum analyze customer_features")
	db.Exec(b, `do $$ begin execute format('alter database %I set jit = off', current_database()); end $$`) // by hand too

	const since = "timestamptz '2026-10-31 00:00Z'" // the beginning of the day 30 days ago
	for _, x := range []struct{ name, rule, sql string }{
		{"features", `orders.count == 1 and orders.revenue >= 50 and orders.days_since_last > 30 and orders.of("food").count > 0 and orders.average < 90`,
			`select count(*) from customer_features where (orders = 1) is true and revenue_minor >= 5000 and last_at < ` + since + ` and categories @> array[(select category_id from categories where name = 'food')] and revenue_minor < 9000`},
		{"profile", `orders.count >= 2 and orders.revenue >= 100 and orders.days_since_last > 30 and customer.region_known and customer.region == "BY" and customer.email_known`,
			`select count(*) from customer_features f join customers u using (customer_id) join contacts k using (customer_id)
			  where f.orders >= 2 and f.revenue_minor >= 10000 and f.last_at < ` + since + ` and u.region = 'BY' and k.email <> ''`},
		{"window", `orders.count >= 3 and orders.in("90d").count >= 2 and orders.in("90d").revenue >= 120`,
			`select count(*) from customer_features f join (select customer_id from orders where placed_at >= timestamptz '2026-11-30 12:00Z' - interval '90 days' and unkept_at is null and currency = 'EUR'
			   group by 1 having count(*) >= 2 and sum(gross_minor - refunded_minor) >= 12000) w using (customer_id) where f.orders >= 3`},
		{"selective window", `orders.count >= 7 and orders.revenue >= 480 and orders.since("2026-01-01").before("2026-07-01").count >= 2`,
			`select count(*) from customer_features f where f.orders >= 7 and f.revenue_minor >= 48000 and f.last_at >= '2026-01-01Z' and f.first_at < '2026-07-01Z' and
			   (select count(*) from orders o where o.customer_id = f.customer_id and placed_at >= '2026-01-01Z' and placed_at < '2026-07-01Z' and unkept_at is null and currency = 'EUR') >= 2`},
	} {
		b.Run(x.name, func(b *testing.B) {
			rule := mustCompile(b, x.rule)
			var ratios []float64
			var ours, byHand []time.Duration
			for b.Loop() {
				start := time.Now()
				a, err := e.CountSegment(ctx, rule, benchAt)
				if err != nil {
					b.Fatal(err)
				}
				took := time.Since(start)
				start = time.Now()
				want := testkit.Get[int64](b, db, x.sql)
				hand := time.Since(start)
				if a.Matches != want || a.Judged != 0 {
					b.Fatalf("counted %d (%d judged), by hand %d", a.Matches, a.Judged, want)
				}
				ours, byHand, ratios = append(ours, took), append(byHand, hand), append(ratios, float64(took)/float64(hand))
			}
			b.ReportMetric(middle(ratios), "ratio")
			b.ReportMetric(float64(middle(ours).Milliseconds()), "ms")
			b.ReportMetric(float64(middle(byHand).Milliseconds()), "ms-by-hand")
		})
	}

	// Stages are looked up in a log; without one the rule judges everybody.
	b.Run("stages", func(b *testing.B) {
		_, err := db.Store.Fitting(ctx, "EUR", "UTC", benchAt, false, func(f *postgres.Fitting) error {
			life := customer.Lifecycle{Model: customer.GapModel{R: 0.8, Alpha: 90}, LapsedFirst: 250}.WithDefaults()
			_, err := f.Keep(ctx, scores.Fitted{Scores: rules.Scores{Version: rules.ScoresVersion, FittedAt: benchAt, Lifecycle: life}, Accepted: true})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		rule := mustCompile(b, `lifecycle.stage == "lapsed"`)
		counted := func() (a SegmentAnswer, ms float64) {
			start := time.Now()
			a, err := e.CountSegment(ctx, rule, benchAt)
			if err != nil {
				b.Fatal(err)
			}
			return a, float64(time.Since(start).Milliseconds())
		}
		// Of more than these, judging one by one takes longer than anybody waits.
		judged, before := SegmentAnswer{}, 0.0
		if n <= 200_000 {
			judged, before = counted()
			b.ReportMetric(before, "ms-judged")
		}
		start := time.Now()
		if err := e.FillStages(ctx, benchAt, func(int64, int64) {}); err != nil {
			b.Fatal(err)
		}
		fill := time.Since(start).Seconds()
		db.Exec(b, "vacuum analyze customer_stages")
		byHand := fmt.Sprintf(`select count(*) from customer_features f join customer_stages s using (customer_id, version) where s.scores_id = 1 and s.stages[width_bucket(%d, s.days)] = 5`, e.basis().Day(benchAt))
		var took, hands, ratios []float64
		for b.Loop() {
			a, ms := counted()
			if a.Judged > 0 || before > 0 && a.Matches != judged.Matches {
				b.Fatalf("counted %+v, judged %+v", a, judged)
			}
			start := time.Now()
			want := testkit.Get[int64](b, db, byHand)
			hand := float64(time.Since(start).Milliseconds())
			if a.Matches != want {
				b.Fatalf("counted %d, by hand %d", a.Matches, want)
			}
			took, hands, ratios = append(took, ms), append(hands, hand), append(ratios, ms/hand)
		}
		start = time.Now()
		if n, err := e.RefreshStages(ctx); n != 0 || err != nil {
			b.Fatal(n, err)
		}
		b.ReportMetric(float64(time.Since(start).Microseconds()), "µs-nothing-to-do")
		b.ReportMetric(middle(took), "ms")
		b.ReportMetric(middle(hands), "ms-by-hand")
		b.ReportMetric(middle(ratios), "ratio")
		b.ReportMetric(fill, "s-to-fill")
	})

	// What a rule costs that does not translate: judged in Go on a stream of features,
	// beside the same stream with nobody judged.
	b.Run("streamed", func(b *testing.B) {
		rule := mustCompile(b, `orders.count >= 2 and orders.revenue >= 30 and orders.days_since_last > 30 and orders.average < 90 and orders.days_since_first > 60`)
		var ratios, perRow []float64
		for b.Loop() {
			rows, took := stream(b, e, rule, true)
			_, plain := stream(b, e, rule, false)
			ratios = append(ratios, float64(took)/float64(plain))
			perRow = append(perRow, float64((took-plain).Nanoseconds())/float64(rows))
		}
		b.ReportMetric(middle(ratios), "ratio")
		b.ReportMetric(middle(perRow), "ns/row-more")
	})
}

func middle[T int | float64 | time.Duration](of []T) T {
	slices.Sort(of)
	return of[len(of)/2]
}

func mustCompile(t testing.TB, text string) *rules.Program {
	t.Helper()
	rule, faults := rules.Compile(text, rules.Options{})
	if faults != nil {
		t.Fatal(faults)
	}
	return rule
}

// benchShop has n customers with one to seven orders each in two years, one line
// an order.
func benchShop(t testing.TB, db *testkit.DB, n int) {
	const part = 100_000
	db.Exec(t, `insert into products (sku, name, category) select 'S-' || i, 'p' || i, (array['food','toys','wear','care','home'])[1 + i % 5] from generate_series(1, 50) i`)
	for from := 0; from < n; from += part {
		to := min(n, from+part)
		db.Exec(t, fmt.Sprintf(`insert into customers (shop_id, region, first_seen_at) select 'c' || i, (array['BY','BE','HH',null])[1 + i %% 4], '2024-01-01' from generate_series(%d, %d) i`, from+1, to))
		db.Exec(t, fmt.Sprintf(`insert into contacts (customer_id, email) select customer_id, shop_id || '@x.example' from customers where customer_id > %d and customer_id %% 5 > 0`, from))
		db.Exec(t, fmt.Sprintf(`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select 't', i || '-' || n, i, timestamptz '2024-12-01' + (hashint8(i * 31 + n)::bigint & 1048575) * interval '60 seconds', 'EUR', 2000 + (hashint8(i + n * 77)::bigint & 8191)
			  from generate_series(%d, %d) i, generate_series(1, 1 + i %% 7) n`, from+1, to))
		db.Exec(t, fmt.Sprintf(`insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor)
			select order_id, 1, 1 + order_id %% 50, 1 + order_id %% 3, 1, gross_minor from orders where customer_id between %d and %d`, from+1, to))
	}
	for _, table := range []string{"products", "customers", "contacts", "orders", "order_lines"} {
		db.Exec(t, "vacuum analyze "+table)
	}
}

// stream reads those whom a rule may mean, and has it judge them or not.
func stream(t testing.TB, e *Engine, rule *rules.Program, judge bool) (rows int64, took time.Duration) {
	t.Helper()
	start := time.Now()
	q, err := e.segmentQuery(context.Background(), rule, benchAt)
	if err != nil {
		t.Fatal(err)
	}
	err = e.Store.Segment(context.Background(), q, func(g *postgres.Segment) error {
		if judge {
			return judgeStream(context.Background(), g, &q, func(match bool, err error) {
				if rows++; !match || err != nil {
					t.Errorf("SQL and the rule disagree: %t, %v", match, err)
				}
			})
		}
		return g.Stream(context.Background(), func(*rules.Totals) error { rows++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, time.Since(start)
}
