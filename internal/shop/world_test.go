package shop

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newWorld(t testing.TB, c Config, from time.Time, grid time.Duration) *World {
	t.Helper()
	w, err := newShop(t, c).World(from, grid)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func few(n int) Config {
	c := Default()
	c.Customers = n
	return c
}

// advanced is everything that happens until the shop's end, in periods of step.
func advanced(w *World, step time.Duration) Happened {
	all := Happened{From: w.Now()}
	for end := w.shop.config.End; w.Now().Before(end); {
		h := w.Advance(earlier(w.Now().Add(step), end))
		all.To = h.To
		all.Customers, all.Orders = append(all.Customers, h.Customers...), append(all.Orders, h.Orders...)
		all.Refunds, all.Events = append(all.Refunds, h.Refunds...), append(all.Events, h.Events...)
		all.OptOuts = append(all.OptOuts, h.OptOuts...)
	}
	return all
}

func TestAWorldWithoutMessagesIsTheHistory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{"default": few(3000), "hostile": func() Config { c := few(1500); c.Model = HostileModel(); return c }()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := c.End.AddDate(0, 0, -240)
			want := Happened{From: from, To: c.End}
			for h := range newShop(t, c).Histories() {
				if !h.Orders[0].PlacedAt.Before(from) {
					want.Customers = append(want.Customers, h.Customer)
				}
				for _, o := range h.Orders {
					if !o.PlacedAt.Before(from) {
						want.Orders = append(want.Orders, Placed{Customer: h.Customer.ID, Order: o})
					}
					if o.Refund != nil && !o.Refund.At.Before(from) {
						want.Refunds = append(want.Refunds, Returned{Customer: h.Customer.ID, Order: o.ID, Refund: *o.Refund})
					}
					for _, e := range o.Events {
						if !e.At.Before(from) {
							want.Events = append(want.Events, e)
						}
					}
				}
			}
			want.sort()
			for _, step := range []time.Duration{6 * time.Hour, day, 7 * day, 1000 * day} {
				if diff := cmp.Diff(want, advanced(newWorld(t, c, from, 6*time.Hour), step)); diff != "" {
					t.Fatalf("by %s (-history +world):\n%s", step, diff)
				}
			}
			if got := len(advanced(newWorld(t, c, c.Start, 0), 1000*day).Customers); got != c.Customers {
				t.Errorf("%d customers come by from start to end, want %d", got, c.Customers)
			}
			if len(want.Orders) < 1000 || len(want.Refunds) < 50 || len(want.Events) < 100 || slices.ContainsFunc(want.Orders, func(p Placed) bool { return p.Coupon != "" }) {
				t.Errorf("%d orders, %d refunds, %d events: too few to prove anything", len(want.Orders), len(want.Refunds), len(want.Events))
			}
		})
	}
}
