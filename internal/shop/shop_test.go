package shop

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newShop(t testing.TB, c Config) *Shop {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The demo's figures and the README rest on this very shop: on what it sells, to
// whom, and what befalls that. A change of the model moves these hashes: look at
// the sizes again, then write them down here. What it tells besides rests on this
// and moves nothing of it.
func TestTheDefaultShopIsTheSameForEver(t *testing.T) {
	t.Parallel()
	s := newShop(t, Default())
	got := map[string]string{}
	befalls := []string{OrderDelayed, ReturnRequested, ComplaintOpened, ComplaintClosed}
	for _, file := range []struct {
		name    string
		write   func(io.Writer) error
		columns int // of what the figures rest on
		row     func([]string) bool
	}{
		{"customers", s.WriteCustomers, 12, nil}, {"products", s.WriteProducts, 5, nil}, {"orders", s.WriteOrders, 11, nil},
		{"events", s.WriteEvents, 12, func(row []string) bool { return row[1] == "name" || slices.Contains(befalls, row[1]) }},
	} {
		var text bytes.Buffer
		if err := file.write(&text); err != nil {
			t.Fatal(err)
		}
		whole, base := sha256.New(), sha256.New()
		whole.Write(text.Bytes()) //nolint:errcheck // a hash never fails
		rows := csv.NewWriter(base)
		for _, row := range readAll(t, &text) {
			if file.row != nil && !file.row(row) {
				continue
			}
			if err := rows.Write(row[:file.columns]); err != nil {
				t.Fatal(err)
			}
		}
		rows.Flush()
		got[file.name] = hex.EncodeToString(base.Sum(nil))[:16]
		got[file.name+" whole"] = hex.EncodeToString(whole.Sum(nil))[:16]
	}
	want := map[string]string{
		"customers": "586f0d3137cc9523", "customers whole": "55b2c7dce32e9b0c",
		"products": "94642140f3485e39", "products whole": "94642140f3485e39",
		"orders": "5d4baa6ef76d9f08", "orders whole": "0f892d25e7f6e006",
		"events": "3287741626075566", "events whole": "35ecd6bbe8ac95d7",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hashes of the files (-want +got):\n%s", diff)
	}
}

func TestACustomerIsTheSameWhoeverIsAskedForFirst(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Customers = 200
	s := newShop(t, c)
	want := slices.Collect(s.Histories())
	for i := len(want) - 1; i >= 0; i-- {
		if diff := cmp.Diff(want[i], s.History(i)); diff != "" {
			t.Fatalf("customer %d (-streamed +alone):\n%s", i, diff)
		}
	}
}

func TestAnotherSeedIsAnotherShop(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Customers = 200
	a := slices.Collect(newShop(t, c).Histories())
	c.Seed++
	b := slices.Collect(newShop(t, c).Histories())
	for i := range a {
		if a[i].Orders[0].PlacedAt.Equal(b[i].Orders[0].PlacedAt) {
			t.Errorf("customer %d first orders at %s under both seeds", i, a[i].Orders[0].PlacedAt)
		}
	}
}

func TestStreamsOfOneCustomerAreApart(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Customers = 500
	want := slices.Collect(newShop(t, c).Histories())
	c.Model.BasketMedian *= 2
	c.Model.Refunded = ByCategory{1, 1, 1, 1}
	for i, got := range slices.Collect(newShop(t, c).Histories()) {
		if diff := cmp.Diff(want[i].Customer, got.Customer); diff != "" {
			t.Fatalf("customer %d changed with the baskets (-want +got):\n%s", i, diff)
		}
		if diff := cmp.Diff(placed(want[i]), placed(got)); diff != "" {
			t.Fatalf("instants of customer %d changed with the baskets (-want +got):\n%s", i, diff)
		}
	}
}

func placed(h History) []time.Time {
	var out []time.Time
	for _, o := range h.Orders {
		out = append(out, o.PlacedAt)
	}
	return out
}

func TestTheZeroModelIsTheDefault(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Customers = 50
	want := slices.Collect(newShop(t, c).Histories())
	c.Model = Model{}
	if diff := cmp.Diff(want, slices.Collect(newShop(t, c).Histories())); diff != "" {
		t.Errorf("histories (-default model +zero model):\n%s", diff)
	}
}

func TestASmallestShop(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Customers, c.End = 1, c.Start.AddDate(0, 0, 1)
	got := newShop(t, c).History(0)
	if len(got.Orders) == 0 || got.Orders[0].PlacedAt.Before(c.Start) || !got.Orders[0].PlacedAt.Before(c.End) {
		t.Errorf("one customer on one day: orders %v, want at least one within %s", placed(got), c.Start.Format(time.DateOnly))
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"nobody":        {func(c *Config) { c.Customers = 0 }, "shop: customers is 0, must be at least 1"},
		"no days":       {func(c *Config) { c.End = c.Start }, "shop: end 2023-07-01 is not after start 2023-07-01"},
		"not midnight":  {func(c *Config) { c.Start = c.Start.Add(time.Hour) }, "shop: 2023-07-01T01:00:00Z is not midnight UTC"},
		"no rate":       {func(c *Config) { c.Model.Shape = 0 }, "shop: shape is 0, must be above 0"},
		"dead month":    {func(c *Config) { c.Model.Season.Months[1] = 0 }, "shop: season of February is 0, must be above 0"},
		"share above 1": {func(c *Config) { c.Model.Refunded.Food = 6 }, "shop: refunded food is 6, must be from 0 to 1"},
		"no whale":      {func(c *Config) { c.Model.Whales = 0.1 }, "shop: whale times is 0, must be above 0"},
		"no burst":      {func(c *Config) { c.Model.Burst = 0.1 }, "shop: burst days is 0, must be above 0"},
		"no response":   {func(c *Config) { c.Model.Response.Daily = -1 }, "shop: response of daily is -1, must not be below 0"},
		"spread":        {func(c *Config) { c.Model.BasketSpread = -1 }, "shop: basket spread is -1, must not be below 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Default()
			row.change(&c)
			_, err := New(c)
			if err == nil || err.Error() != row.want {
				t.Errorf("New: %v, want %s", err, row.want)
			}
		})
	}
}

// fullDisk takes so many bytes and then fails.
type fullDisk int

var errFull = errors.New("disk full")

func (d *fullDisk) Write(p []byte) (int, error) {
	if *d -= fullDisk(len(p)); *d < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAWriterThatFailsEndsTheFile(t *testing.T) {
	t.Parallel()
	s := newShop(t, Default())
	for _, room := range []fullDisk{0, 100_000} {
		if err := s.WriteOrders(&room); !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "write orders: ") {
			t.Errorf("WriteOrders: %v, want write orders: ... disk full", err)
		}
	}
}

// BenchmarkMillion writes a million customers with orders and events. What it
// keeps is one customer at a time, however many there are.
func BenchmarkMillion(b *testing.B) {
	c := Default()
	c.Customers = 1_000_000
	s := newShop(b, c)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		for _, write := range []func(io.Writer) error{s.WriteCustomers, s.WriteOrders, s.WriteEvents} {
			if err := write(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(c.Customers)/float64(b.N), "ns/customer")
	b.ReportMetric(float64(after.HeapSys-before.HeapSys)/(1<<20), "MB-grown")
}

// Two shops of one database share no number, and nothing else changes.
func TestNumbersBeginBehindThoseLeftOut(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Customers = 200
	plain := newShop(t, c)
	c.First = 5000
	later := newShop(t, c)
	for i := range c.Customers {
		a, b := plain.History(i), later.History(i)
		if want := customerID(i + 5000); b.Customer.ID != want || a.Customer.ID != customerID(i) {
			t.Fatalf("customer %d is %s and %s, want %s", i, a.Customer.ID, b.Customer.ID, want)
		}
		if got, ok := later.index(b.Customer.ID); !ok || got != i {
			t.Fatalf("%s is customer %d, %v, want %d", b.Customer.ID, got, ok, i)
		}
		if _, ok := later.index(a.Customer.ID); ok {
			t.Fatalf("%s is of the other shop", a.Customer.ID)
		}
		if len(a.Orders) != len(b.Orders) || !a.Orders[0].PlacedAt.Equal(b.Orders[0].PlacedAt) || a.Orders[0].ID == b.Orders[0].ID {
			t.Fatalf("customer %d: %s at %s and %s at %s", i, a.Orders[0].ID, a.Orders[0].PlacedAt, b.Orders[0].ID, b.Orders[0].PlacedAt)
		}
	}
}
