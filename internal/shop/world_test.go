package shop

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
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

// differ is cmp.Diff for what mostly is the same, and large.
func differ(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

func few(n int) Config {
	c := Default()
	c.Customers = n
	return c
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
				for _, e := range h.Views {
					if !e.At.Before(from) {
						want.Events = append(want.Events, e)
					}
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
				if diff := differ(want, played(t, newWorld(t, c, from, 6*time.Hour), nil, step, still())); diff != "" {
					t.Fatalf("by %s (-history +world):\n%s", step, diff)
				}
			}
			if got := len(played(t, newWorld(t, c, c.Start, 0), nil, 1000*day, still()).Customers); got != c.Customers {
				t.Errorf("%d customers come by from start to end, want %d", got, c.Customers)
			}
			if len(want.Orders) < 1000 || len(want.Refunds) < 50 || len(want.Events) < 100 || slices.ContainsFunc(want.Orders, func(p Placed) bool { return p.Coupon != "" }) {
				t.Errorf("%d orders, %d refunds, %d events: too few to prove anything", len(want.Orders), len(want.Refunds), len(want.Events))
			}
		})
	}
}

// written is a year's messages of two campaigns, of all kinds, by time.
func written(c Config, from time.Time, perDay int) []Message {
	r := rand.New(rand.NewPCG(3, 4))
	var out []Message
	for at := from; at.Before(c.End); at = at.Add(day) {
		for range perDay {
			m := Message{
				Campaign: []string{"second-order", "win-back"}[r.IntN(2)], Wave: []string{"thanks", "coupon"}[r.IntN(2)],
				Ref: fmt.Sprint(len(out)), Customer: customerID(r.IntN(c.Customers)), At: at.Add(time.Duration(r.IntN(86400)) * time.Second),
				Effect: Effect{Lift: 3, Fades: 12 * day, Borrows: 0.5, Redeems: 0.5, OptsOut: 0.05},
			}
			if m.Wave == "coupon" {
				m.Code, m.Until = "CODE"+m.Ref, m.At.Add(14*day)
				m.Worth = []Worth{{Minor: 500}, {Percent: 10, AtMost: 800}}[r.IntN(2)]
			}
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Message) int { return a.At.Compare(b.At) })
	return out
}

// played lets a world go on in periods of step while it is written to, each
// period's messages in an order of their own.
func played(t testing.TB, w *World, messages []Message, step time.Duration, r *rand.Rand) Happened {
	t.Helper()
	all := Happened{From: w.Now()}
	for end := w.shop.config.End; w.Now().Before(end); {
		to := earlier(w.Now().Add(step), end)
		n := 0
		for n < len(messages) && messages[n].At.Before(to) {
			n++
		}
		for _, k := range r.Perm(n) {
			if err := w.Receive(messages[k]); err != nil {
				t.Fatal(err)
			}
		}
		messages = messages[n:]
		h := w.Advance(to)
		all.To = h.To
		all.Customers, all.Orders = append(all.Customers, h.Customers...), append(all.Orders, h.Orders...)
		all.Refunds, all.Events = append(all.Refunds, h.Refunds...), append(all.Events, h.Events...)
		// What is told anew depends on where time is cut.
		all.OptOuts = append(all.OptOuts, h.OptOuts...)
	}
	return all
}

func still() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

func TestAWorldIsTheSameHoweverItIsCutAndTold(t *testing.T) {
	t.Parallel()
	c := few(1500)
	from := c.End.AddDate(0, 0, -120)
	messages := written(c, from, 30)
	want := played(t, newWorld(t, c, from, 6*time.Hour), messages, day, still())
	extra, used := 0, 0
	for _, o := range want.Orders {
		if isExtra(o) {
			extra++
		}
		if o.Coupon != "" {
			used++
		}
	}
	if extra < 300 || used < 100 || len(want.OptOuts) < 50 {
		t.Errorf("%d extra orders, %d codes used, %d opted out: too few to prove anything", extra, used, len(want.OptOuts))
	}
	for n, step := range []time.Duration{6 * time.Hour, day, 7 * day, 1000 * day} {
		got := played(t, newWorld(t, c, from, 6*time.Hour), messages, step, rand.New(rand.NewPCG(5, uint64(n))))
		if diff := differ(want, got); diff != "" {
			t.Errorf("by %s (-by days +got):\n%s", step, diff)
		}
	}
	c.Seed++
	if other := played(t, newWorld(t, c, from, 6*time.Hour), messages, day, still()); reflect.DeepEqual(want.Orders, other.Orders) {
		t.Error("another seed gives the same orders")
	}
}

func isExtra(p Placed) bool { return p.Order.ID[0] == 'x' }

// What one campaign brings does not depend on whether another writes too, as
// long as none of them borrows.
func TestMessagesDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	c := few(1500)
	from := c.End.AddDate(0, 0, -120)
	messages := written(c, from, 20)
	for k := range messages {
		messages[k].Effect.Borrows = 0
	}
	without := func(campaign string) []Message {
		return slices.DeleteFunc(slices.Clone(messages), func(m Message) bool { return m.Campaign == campaign })
	}
	placed := func(messages []Message) map[string]int {
		out := map[string]int{}
		for _, o := range played(t, newWorld(t, c, from, 0), messages, day, still()).Orders {
			if isExtra(o) {
				out[fmt.Sprint(o.Customer, o.Order.PlacedAt, o.Order.Lines)]++
			}
		}
		return out
	}
	want := placed(without("win-back"))
	for order, n := range placed(without("second-order")) {
		want[order] += n
	}
	if diff := differ(want, placed(messages)); diff != "" {
		t.Errorf("extra orders (-each by itself +both):\n%s", diff)
	}
}

func TestAMessageActsFromTheNextStopOfTheGrid(t *testing.T) {
	t.Parallel()
	c := few(1)
	from := c.Start.AddDate(0, 0, 100)
	for _, row := range []struct{ grid, at, want time.Duration }{
		{0, 0, day}, {0, time.Second, day}, {0, day - time.Second, day}, {0, day, 2 * day}, {0, -time.Second, 0},
		{time.Hour, 90 * time.Minute, 2 * time.Hour}, {time.Hour, time.Hour, 2 * time.Hour}, {10 * time.Minute, 9 * time.Minute, 10 * time.Minute},
	} {
		if got := newWorld(t, c, from, row.grid).stop(from.Add(row.at)); !got.Equal(from.Add(row.want)) {
			t.Errorf("a message after %s acts from %s with a grid of %s, want %s", row.at, got.Sub(from), row.grid, row.want)
		}
	}
}

func TestWhatAWorldRefuses(t *testing.T) {
	t.Parallel()
	c := few(10)
	s := newShop(t, c)
	from := c.Start.AddDate(0, 0, 100)
	for name, row := range map[string]struct {
		from time.Time
		grid time.Duration
		want string
	}{
		"noon":      {from.Add(12 * time.Hour), 0, "shop: world from 2023-10-09T12:00:00Z, which is not midnight UTC"},
		"too early": {c.Start.Add(-day), 0, "shop: world from 2023-06-30, which is not from 2023-07-01 to 2025-07-01"},
		"too late":  {c.End.Add(day), 0, "shop: world from 2025-07-02, which is not from 2023-07-01 to 2025-07-01"},
		"odd grid":  {from, 7 * time.Hour, "shop: a grid of 7h0m0s, which is no part of a day in whole seconds or more"},
		"two days":  {from, 48 * time.Hour, "shop: a grid of 48h0m0s, which is no part of a day in whole seconds or more"},
	} {
		if _, err := s.World(row.from, row.grid); err == nil || err.Error() != row.want {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
	w := newWorld(t, c, from, 0)
	w.Advance(from.Add(3 * day))
	good := Message{Campaign: "c", Customer: "c000001", At: from.Add(2 * day)}
	for name, row := range map[string]struct {
		change func(*Message)
		want   string
	}{
		"too late":    {func(m *Message) { m.At = m.At.Add(-1) }, `shop: message of "c" to "c000001" at 2023-10-10T23:59:59Z, but it is 2023-10-12T00:00:00Z by now`},
		"nobody":      {func(m *Message) { m.Customer = "c000011" }, `shop: message of "c" to "c000011", who is no customer`},
		"odd id":      {func(m *Message) { m.Customer = "c1" }, `shop: message of "c" to "c1", who is no customer`},
		"no campaign": {func(m *Message) { m.Campaign = "" }, `shop: message of "" to "c000001": it names no campaign`},
		"lift":        {func(m *Message) { m.Effect.Lift = -1 }, `shop: message of "c" to "c000001": lift is -1, must not be below 0`},
		"for good":    {func(m *Message) { m.Effect.Lift = 1 }, `shop: message of "c" to "c000001": its lift fades in 0s, must be above 0`},
		"redeems":     {func(m *Message) { m.Effect.Redeems = 2 }, `shop: message of "c" to "c000001": redeems is 2, must be from 0 to 1`},
		"worth":       {func(m *Message) { m.Worth.Percent = 101 }, `shop: message of "c" to "c000001": its code is worth {Minor:0 Percent:101 AtMost:0}`},
	} {
		m := good
		row.change(&m)
		if err := w.Receive(m); err == nil || err.Error() != row.want {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
	if err := w.Receive(good); err != nil || len(w.waiting) != 1 {
		t.Errorf("%v, %d messages wait; want one and no error", err, len(w.waiting))
	}
	for name, to := range map[string]time.Time{"back": from, "off the grid": from.Add(80 * time.Hour)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: advanced", name)
				}
			}()
			w.Advance(to)
		}()
	}
}

func TestNothingHappensAfterTheEnd(t *testing.T) {
	t.Parallel()
	c := few(300)
	w := newWorld(t, c, c.End.AddDate(0, 0, -1), 0)
	for i := range c.Customers {
		if err := w.Receive(Message{Campaign: "c", Customer: customerID(i), At: w.Now(), Effect: Effect{Lift: 100, Fades: 10 * day, OptsOut: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(c.End)
	if got := w.Advance(c.End.AddDate(0, 0, 30)); len(got.Orders)+len(got.Refunds)+len(got.Events)+len(got.OptOuts) > 0 {
		t.Errorf("after the end: %+v", got)
	}
}

func TestThePeriodsFiles(t *testing.T) {
	t.Parallel()
	c := few(1500)
	from := c.End.AddDate(0, 0, -60)
	w := newWorld(t, c, from, 0)
	h := played(t, w, written(c, from, 30), 100*day, still())
	var customers, orders, events bytes.Buffer
	for _, err := range []error{h.WriteCustomers(&customers), h.WriteOrders(&orders), h.WriteEvents(&events)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if rows := readAll(t, &customers); len(rows) != 1+len(h.Customers) || rows[1][0] != h.Customers[0].ID || !slices.Equal(rows[0], customerColumns) {
		t.Errorf("%d rows of customers, the first %v", len(rows), rows[1])
	}
	if rows := readAll(t, &events); len(rows) != 1+len(h.Events) || rows[1][0] != h.Events[0].ID || !slices.Equal(rows[0], eventColumns) {
		t.Errorf("%d rows of events, the first %v", len(rows), rows[1])
	}
	want := [][]string{orderColumns}
	line := func(id, kind, customer string, at time.Time, of, coupon string, lines []Line, told []string, reason string) {
		for n, l := range lines {
			if n > 0 {
				told = make([]string, 5)
			}
			want = append(want, slices.Concat([]string{id, kind, customer, at.Format(time.RFC3339), l.Product.SKU, fmt.Sprint(l.Quantity),
				fmt.Sprintf("%.2f", float64(l.Product.Price)/100), "GBP", l.Product.Category, of, coupon}, told, []string{reason}))
		}
	}
	used := 0
	for _, p := range append(h.Orders, h.Retold...) {
		o, delivered := p.Order, ""
		if !o.DeliveredAt.IsZero() && o.DeliveredAt.Before(h.To) {
			delivered = o.DeliveredAt.Format(time.RFC3339)
		}
		told := []string{o.status(h.To), o.EntryPath, o.PromisedAt.Format(time.RFC3339), delivered, fmt.Sprintf("%.2f", float64(o.Discount)/100)}
		line(o.ID, "order", p.Customer, o.PlacedAt, "", p.Coupon, o.Lines, told, "")
		if p.Coupon != "" {
			used++
		}
	}
	for _, r := range h.Refunds {
		line(r.Refund.ID, "refund", r.Customer, r.Refund.At, r.Order, "", r.Refund.Lines, make([]string, 5), r.Refund.Reason)
	}
	if diff := differ(want, readAll(t, &orders)); diff != "" || used == 0 {
		t.Errorf("orders.csv, %d with a coupon (-want +got):\n%s", used, diff)
	}
}

func BenchmarkWorld(b *testing.B) {
	c := Default()
	from := c.End.AddDate(0, 0, -240)
	messages := written(c, from, 125)
	for b.Loop() {
		played(b, newWorld(b, c, from, 0), messages, day, still())
	}
	b.ReportMetric(float64(len(messages)), "messages")
}
