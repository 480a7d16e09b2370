package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/shop"
)

// BenchmarkSmallImport is the import of what happened since the last one, into a
// shop of 30,000 customers: what is there must not be paid for again each time.
// Orders are 200 rows: four fifths are new, the others were in the file before;
// some are refunds of the file's own and of old orders, some name coupons.
func BenchmarkSmallImport(b *testing.B) {
	dsn, fresh := benchDatabase(b)
	store := fresh()
	defer store.Close()
	config := shop.Default()
	config.Customers = 30_000
	invented, err := shop.New(config)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "orders.csv")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := invented.WriteOrders(file); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	if _, err := importer.Run(b.Context(), store, importer.Options{Kind: importer.Orders, File: path}); err != nil {
		b.Fatal(err)
	}
	codes := make([]string, 20_000)
	for i := range codes {
		codes[i] = couponCode(i)
	}
	if _, err := store.AddCoupons(b.Context(), coupon.Pool{Name: "many", Kind: coupon.Gift, PerCustomer: 1}, codes); err != nil {
		b.Fatal(err)
	}
	// As it is some time after the history came.
	execute(b, dsn, "vacuum analyze")
	execute(b, dsn, "checkpoint")

	day := dayFiles{shop: invented, r: rand.New(rand.NewPCG(7, 7)), at: config.End}
	for _, kind := range []struct {
		name string
		text func() string
	}{{importer.Orders, day.orders}, {importer.Customers, day.customers}, {importer.Events, day.events}} {
		b.Run(kind.name, func(b *testing.B) {
			var took time.Duration
			rounds := 0
			for b.Loop() {
				b.StopTimer()
				path := filepath.Join(b.TempDir(), "small.csv")
				if err := os.WriteFile(path, []byte(kind.text()), 0o600); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				took += importSmall(b, store, kind.name, path)
				rounds++
			}
			b.ReportMetric(float64(took.Microseconds())/1000/float64(rounds), "ms/import")
		})
	}
}

func importSmall(b *testing.B, store *postgres.Store, kind, path string) time.Duration {
	b.Helper()
	begun := time.Now()
	sum, err := importer.Run(context.Background(), store, importer.Options{Kind: kind, File: path})
	if err != nil {
		b.Fatal(err)
	}
	if sum.Rejected > 0 {
		b.Fatalf("%d rows of %s were rejected: %v", sum.Rejected, kind, sum.RejectedBy)
	}
	return time.Since(begun)
}

func couponCode(i int) string { return fmt.Sprintf("BENCH%05d", i) }

// dayFiles writes small files, none twice.
type dayFiles struct {
	shop  *shop.Shop
	r     *rand.Rand
	at    time.Time
	n     int      // ids given out
	codes int      // coupons used up
	last  []string // rows of the orders file before
}

func (d *dayFiles) next() int { d.n++; return d.n }

// customer is one of the shop's, or now and then a new one.
func (d *dayFiles) customer() string {
	if d.r.IntN(20) == 0 {
		return fmt.Sprintf("new%06d", d.next())
	}
	return fmt.Sprintf("c%06d", 1+d.r.IntN(30_000))
}

func (d *dayFiles) instant() string {
	d.at = d.at.Add(time.Second)
	return d.at.Format(time.RFC3339)
}

func (d *dayFiles) orders() string {
	products := shop.Products()
	var rows []string
	row := func(id, kind, customer string, p shop.Product, of, code string) {
		rows = append(rows, fmt.Sprintf("%s,%s,%s,%s,%s,1,%d.%02d,%s,%s,%s,%s\n",
			id, kind, customer, d.instant(), p.SKU, p.Price/100, p.Price%100, shop.Currency, p.Category, of, code))
	}
	for len(rows) < 160 {
		id, customer, code := fmt.Sprintf("b%07d", d.next()), d.customer(), ""
		if d.r.IntN(8) == 0 {
			d.codes++
			code = couponCode(d.codes % 20_000)
		}
		first := d.r.IntN(len(products))
		for i := range 1 + d.r.IntN(2) {
			row(id, "order", customer, products[(first+i)%len(products)], "", code)
		}
		if d.r.IntN(10) == 0 {
			row("r"+id, "refund", customer, products[first], id, "")
		}
		if d.r.IntN(10) == 0 { // of an order of long ago
			h := d.shop.History(d.r.IntN(30_000))
			old := h.Orders[len(h.Orders)-1]
			row("r"+id+"old", "refund", h.Customer.ID, old.Lines[0].Product, old.ID, "")
		}
	}
	again := d.last[:min(40, len(d.last))]
	d.last = rows
	return "order_id,kind,customer_id,placed_at,sku,quantity,unit_price,currency,category,refund_of,coupon\n" +
		strings.Join(again, "") + strings.Join(rows, "")
}

func (d *dayFiles) customers() string {
	var text strings.Builder
	text.WriteString("customer_id,email,first_name,region,consent_email,consent_at,tags,attribute.size\n")
	for range 100 {
		n := d.next()
		fmt.Fprintf(&text, "%s,a%d@shop.example,Ann%d,North,yes,%s,new;regular,%d\n", d.customer(), n, n, d.instant(), n%50)
	}
	return text.String()
}

func (d *dayFiles) events() string {
	var text strings.Builder
	text.WriteString("id,name,customer,at,carrier\n")
	for range 100 {
		fmt.Fprintf(&text, "e%d,Order Delayed,c%06d,%s,DHL\n", d.next(), 1+d.r.IntN(30_000), d.instant())
	}
	return text.String()
}
