package postgres_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/postgres"
)

// benchShop is a shop of so many customers (REWAVE_BENCH_CUSTOMERS, 100,000 where
// it is not set): four orders each as a mean and two lines an order, few have
// many; a fiftieth are of guests, a fortieth in another currency, and of a
// sixteenth something came back.
type benchShop struct {
	dsn       string
	store     *postgres.Store
	customers int
	r         *rand.Rand
	at        time.Time
	n         int // orders given out
}

func newBenchShop(b *testing.B) *benchShop {
	b.Helper()
	s := &benchShop{customers: 100_000, r: rand.New(rand.NewPCG(5, 5)), at: day(2026, 4, 1)}
	if text := os.Getenv("REWAVE_BENCH_CUSTOMERS"); text != "" {
		var err error
		if s.customers, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	dsn, fresh := benchDatabase(b)
	s.dsn, s.store = dsn, fresh()
	b.Cleanup(s.store.Close)
	history := []string{
		"set session_replication_role = replica", // what is checked row by row takes most of the time
		"insert into categories (name) select 'c' || i from generate_series(1, 24) i",
		"insert into products (sku, category, category_id) select 's' || i, 'c' || 1 + i % 24, 1 + i % 24 from generate_series(0, 1999) i",
		"insert into customers (shop_id) select 'c' || i from generate_series(1, $1) i",
		"insert into identities (kind, value, customer_id) select 'shop', shop_id, customer_id from customers",
		"insert into contacts (customer_id, email) select customer_id, shop_id || '@shop.example' from customers",
		`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor, refunded_minor, unkept_at)
			select 'bench', i, case when i % 50 > 0 then 1 + (power((hashint8(i) & 1048575) / 1048576.0, 1.6) * ($1 * 0.95))::bigint end, at,
			       case when i % 40 = 7 then 'USD' else 'EUR' end, 2 * (1000 + i % 3500),
			       case when i % 48 = 3 then 2 when i % 16 = 3 then 1 else 0 end * (1000 + i % 3500), case when i % 48 = 3 then at + interval '9 days' end
			  from (select i, '2024-01-01Z'::timestamptz + i * (interval '800 days' / ($1 * 4.0)) as at from generate_series(1, $1 * 4) i) o`,
		`insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor, refunded_quantity)
			select i, l, 1 + (hashint8(i::bigint * 7 + l) & 2147483647) % 2000, 1 + i % 2, 10, 1000 + i % 3500, case when i % 48 = 3 or i % 16 = 3 and l = 1 then 1 + i % 2 else 0 end
			  from generate_series(1, $1 * 4) i, generate_series(1, 2) l`,
		`insert into refunds (source, shop_refund_id, line_no, order_id, order_line_no, customer_id, product_id, refunded_at, quantity, amount_minor, refund_of)
			select 'bench', l.order_id, l.line_no, l.order_id, l.line_no, o.customer_id, l.product_id, o.placed_at + interval '9 days', l.quantity, l.amount_minor, o.shop_order_id
			  from order_lines l join orders o using (order_id) where l.refunded_quantity > 0`,
	}
	execute(b, dsn, strings.ReplaceAll(strings.Join(history, ";\n"), "$1", strconv.Itoa(s.customers)))
	// As it is some time after the history came.
	execute(b, dsn, "vacuum analyze")
	execute(b, dsn, "checkpoint")
	return s
}

func took(b *testing.B, do func() error) time.Duration {
	b.Helper()
	begun := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun)
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

// BenchmarkFeatures measures the table of features against the goals: all of it
// worked out and written in at most 1.5 times what the bare query takes, at most a
// quarter of a merge of 500 orders, and after 1 % new orders at most a quarter of
// a rebuild.
func BenchmarkFeatures(b *testing.B) {
	s := newBenchShop(b)
	var rebuilds []time.Duration
	rebuild := func(b *testing.B) time.Duration {
		return took(b, func() error { _, err := s.store.RebuildFeatures(b.Context()); return err })
	}
	b.Run("rebuild", func(b *testing.B) {
		var plain, same []time.Duration
		if err := s.store.EnsureFeatures(b.Context(), "EUR", "Europe/Berlin"); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			plain = append(plain, took(b, func() error {
				execute(b, s.dsn, "set jit = off; explain (analyze, timing off) select * from features_of(null, 'EUR', 'Europe/Berlin')")
				return nil
			}))
			execute(b, s.dsn, "truncate customer_features")
			rebuilds = append(rebuilds, rebuild(b))
			same = append(same, rebuild(b))
		}
		b.ReportMetric(median(plain).Seconds(), "s/plain")
		b.ReportMetric(median(rebuilds).Seconds(), "s/rebuild")
		b.ReportMetric(float64(median(rebuilds))/float64(median(plain)), "rebuild/plain")
		b.ReportMetric(float64(median(same))/float64(median(plain)), "nothing-new/plain")
		b.ReportMetric(0, "ns/op")
	})
	execute(b, s.dsn, "vacuum analyze customer_features")
	b.Run("upkeep-500", func(b *testing.B) {
		var with, without []time.Duration
		for b.Loop() {
			for range 5 { // one is soon done, and tells little
				without = append(without, s.mergeUnkept(b, 500))
				with = append(with, s.merge(b, 500))
			}
		}
		kept, bare := median(with), median(without)
		b.ReportMetric(float64(kept.Microseconds())/1000, "ms/merge")
		b.ReportMetric(float64(kept-bare)/float64(kept), "upkeep/merge")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("upkeep-1%", func(b *testing.B) {
		var with, without []time.Duration
		n := s.customers * 4 / 100
		for b.Loop() {
			without = append(without, s.mergeUnkept(b, n))
			with = append(with, s.merge(b, n))
			rebuilds = append(rebuilds, rebuild(b))
		}
		upkeep := median(with) - median(without)
		b.ReportMetric(median(with).Seconds(), "s/merge")
		b.ReportMetric(upkeep.Seconds(), "s/upkeep")
		b.ReportMetric(float64(upkeep)/float64(median(rebuilds)), "upkeep/rebuild")
		b.ReportMetric(0, "ns/op")
	})
}

// mergeUnkept is merge without the table of features, whose rows are wrong then.
func (s *benchShop) mergeUnkept(b *testing.B, n int) time.Duration {
	b.Helper()
	execute(b, s.dsn, "delete from feature_state")
	defer execute(b, s.dsn, "insert into feature_state (currency, zone, newest_at) values ('EUR', 'Europe/Berlin', 'infinity')")
	return s.merge(b, n)
}

// merge imports n orders of two lines, a twentieth of them of new customers, and
// as many refunds as a twentieth of them, of old orders; it times the merge
// without the staging.
func (s *benchShop) merge(b *testing.B, n int) time.Duration {
	b.Helper()
	file := postgres.ImportedOrders{Source: "bench"}
	products := make([]postgres.ImportProduct, 2000)
	for i := range products {
		products[i] = postgres.ImportProduct{SKU: fmt.Sprint("s", i)}
	}
	file.Products = products
	customers := map[string]int32{}
	customer := func() int32 {
		id := fmt.Sprint("c", 1+s.r.IntN(s.customers))
		if s.r.IntN(20) == 0 {
			id = fmt.Sprint("new", s.n)
		}
		no, known := customers[id]
		if !known {
			no = int32(len(file.Customers))
			customers[id] = no
			file.Customers = append(file.Customers, postgres.ImportCustomer{ShopID: id, SeenAt: s.at})
		}
		return no
	}
	var lines []postgres.ImportLine
	for i := range n {
		s.n++
		s.at = s.at.Add(time.Second)
		file.Orders = append(file.Orders, postgres.ImportOrder{Number: int32(i), Name: fmt.Sprint("n", s.n), Customer: customer(), PlacedAt: s.at, Currency: "EUR", Gross: 3000})
		for l := range int32(2) {
			lines = append(lines, postgres.ImportLine{Line: int32(len(lines) + 2), Order: int32(i), Ordinal: l + 1, Product: int32(s.r.IntN(2000)), Quantity: 1, Price: 150_000, Amount: 1500})
		}
		if i%20 == 0 {
			of := 1 + s.r.IntN(s.customers*4)
			file.Refunds = append(file.Refunds, postgres.ImportRefund{Name: fmt.Sprint("r", s.n), Line: 1, Customer: -1, Product: int32(s.r.IntN(2000)),
				RefundOf: strconv.Itoa(of), At: s.at, Quantity: 1, Amount: 500})
		}
	}
	// A refund is of what the order has, which the shop knows and this does not.
	connected(b, s.dsn, func(ctx context.Context, conn *pgx.Conn) error {
		for i := range file.Refunds {
			r := &file.Refunds[i]
			err := conn.QueryRow(ctx, "select l.product_id - 1 from orders o join order_lines l using (order_id) where o.source = 'bench' and o.shop_order_id = $1 and l.line_no = 2", r.RefundOf).Scan(&r.Product)
			if err != nil {
				return fmt.Errorf("order %s: %w", r.RefundOf, err)
			}
		}
		return nil
	})
	im, err := s.store.BeginImport(b.Context(), postgres.ImportKey{SHA256: sha256.Sum256([]byte(strconv.Itoa(s.n))), Kind: "orders", At: s.at})
	if err != nil {
		b.Fatal(err)
	}
	defer im.Close()
	for part := range slices.Chunk(lines, 5000) {
		if err := im.StageLines(b.Context(), part); err != nil {
			b.Fatal(err)
		}
	}
	return took(b, func() error {
		_, err := im.MergeOrders(b.Context(), file)
		return err
	})
}
