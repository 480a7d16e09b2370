package engine_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/stats"
	"github.com/rewave/rewave/internal/testkit"
)

// purchases are orders to store in one statement.
type purchases struct {
	customers, currencies []string
	placed                []time.Time
	minors                []int64
	backAt                []time.Time // of what came back; the zero time: nothing
	back                  []int64     // of that; all of it leaves the order unkept
}

func (p *purchases) add(customer string, at time.Time, minor int64, currency string, backAt time.Time, back int64) {
	p.customers, p.placed, p.minors, p.currencies = append(p.customers, customer), append(p.placed, at), append(p.minors, minor), append(p.currencies, currency)
	p.backAt, p.back = append(p.backAt, backAt), append(p.back, back)
}

func (w *world) store(p purchases) {
	w.t.Helper()
	w.db.Exec(w.t, `with x as (
			select gen_random_uuid()::text as id, t.* from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::text[], $5::timestamptz[], $6::bigint[])
				as t(customer, placed_at, minor, currency, back_at, back)
		), o as (
			insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor, refunded_minor, unkept_at)
			select 'test', x.id, c.customer_id, x.placed_at, x.currency, x.minor, x.back, case when x.back = x.minor then x.back_at end
			  from x join customers c on c.shop_id = x.customer
			returning order_id, shop_order_id
		)
		insert into refunds (source, shop_refund_id, line_no, order_id, refunded_at, quantity, amount_minor)
		select 'test', x.id, 1, o.order_id, x.back_at, 1, x.back from x join o on o.shop_order_id = x.id where x.back > 0`,
		p.customers, p.placed, p.minors, p.currencies, p.backAt, p.back)
}

// Three hundred customers with a random history, worked out once more in Go, order by order and in whole numbers.
func TestMoneyAddsUpOrderByOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.35
	w.Shop.Margin, w.Shop.CostMicros = &margin, map[string]int64{"email": 45_000} // 4.5 minor units
	w.pool("p", manyCodes(400)...)
	w.crowd(300, thanks(func(c *campaigns.Campaign) {
		c.Exit = nil
		c.Waves[0].Content.Coupon = &campaigns.Coupon{Pool: "p", Expires: 20 * days, Exhausted: "skip"}
	}))
	w.send(anchor)
	w.send(start.Add(8 * days))
	rng := rand.New(rand.NewPCG(14, 6))
	var p purchases
	for i := range 300 {
		for range rng.IntN(4) {
			at, minor := start.Add(time.Duration(rng.IntN(45*24*3600)-5*24*3600)*second), 10*rng.Int64N(3000)+10
			currency, back, backAt := "EUR", int64(0), time.Time{}
			if rng.IntN(12) == 0 {
				currency = "USD"
			}
			if rng.IntN(3) == 0 {
				back, backAt = minor, at.Add(time.Duration(rng.IntN(45*24*3600))*second)
				if rng.IntN(2) == 0 {
					back = rng.Int64N(minor)
				}
			}
			p.add(fmt.Sprint("c", i+1), at, minor, currency, backAt, back)
		}
	}
	w.store(p)
	// A third of those with a code used it on an order, which is what redeems.
	w.db.Exec(t, `update coupons c set redeemed_order_id = o.order_id, redeemed_at = o.placed_at, redeemed_minor = 100 + o.order_id % 1000
		from (select distinct on (customer_id) customer_id, order_id, placed_at from orders where customer_id % 3 = 0 order by customer_id, order_id desc) o
		where o.customer_id = c.customer_id and o.placed_at > c.bound_at`)
	few, many := int64(20_000), int64(9_000_000)
	w.db.Exec(t, `update campaign_designs set caps = $1`, []postgres.Bound{{WindowSeconds: 30 * 86400, Windows: 5000,
		Revenue: postgres.Quantiles{P99: &few, P995: &many}}})

	got := w.report(final).Points[0]
	want := w.byHand(final, 0.35, 20_000, 7000)
	same(t, "final", []int64{got.Arm(holdout.Treat).Final, got.Arm(holdout.Hold).Final}, []int64{want[holdout.Treat].n, want[holdout.Hold].n})
	for i, name := range []string{evaluation.MetricOrders, evaluation.MetricRevenue, evaluation.MetricProfit} {
		m, ok := got.Metric(name)
		if !ok {
			t.Fatalf("no %s: %+v", name, got.Metrics)
		}
		scale := []float64{1, 100, 100}[i]
		treat, hold := want[holdout.Treat], want[holdout.Hold]
		d, _ := stats.HallDifference(treat.moments(name+" capped"), hold.moments(name+" capped"), 0.05)
		whole, _ := stats.HallDifference(treat.moments(name), hold.moments(name), 0.05)
		meanT, _ := treat.moments(name).Mean()
		meanC, _ := hold.moments(name).Mean()
		same(t, name, fmt.Sprintf("%.9f %.9f; %.9f [%.9f, %.9f] in all %.6f; whole %.9f", *m.Treat, *m.Hold, *m.Difference.Estimate, *m.Difference.Lo, *m.Difference.Hi, *m.Total.Estimate, *m.Uncapped.Estimate),
			fmt.Sprintf("%.9f %.9f; %.9f [%.9f, %.9f] in all %.6f; whole %.9f", meanT/scale, meanC/scale, d.Value/scale, d.Lo/scale, d.Hi/scale, d.Value/scale*float64(treat.n), whole.Value/scale))
	}
	same(t, "cap", got.Metrics[1].Cap, &evaluation.Cap{Minor: 20_000, Quantile: 0.99})
	same(t, "something was redeemed, returned and capped", []bool{want[holdout.Treat].redeemed > 0, want[holdout.Treat].returned > 0, want[holdout.Treat].over > 0}, []bool{true, true, true})

	// The sums themselves, to the last unit.
	q := postgres.PointQuery{Campaign: 1, Design: 1, Anchor: "wave", Wave: "hello", Round: 1, Window: 30 * days, ReturnWindow: 30 * days, AsOf: final, Currency: "EUR"}
	arms, err := w.Store.Observe(t.Context(), q, postgres.Worth{Margin: &margin, MicrosPerMinor: 10_000, ManyHeld: 1000,
		Few: postgres.Capped{Revenue: &few, Profit: ptr(int64(7000))}, Many: postgres.Capped{Revenue: &many, Profit: &many}})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range arms {
		hand := want[holdout.Arm(a.Arm)]
		same(t, a.Arm, a.Money, postgres.Money{LargestOrderMinor: hand.largest, Orders: hand.floats("orders"), Revenue: hand.floats("revenue"),
			RevenueCapped: hand.floats("revenue capped"), Profit: hand.floats("profit"), ProfitCapped: hand.floats("profit capped"),
			Returned: hand.floats("returned"), Placed: []float64{float64(hand.placed[0]), float64(hand.placed[1]), float64(hand.placed[2])}})
		same(t, a.Arm+", spent", a.SpentFinal, postgres.Spent{MessageMicros: hand.micros, RedeemedMinor: hand.redeemed})
		if a.Arm == "treat" {
			// In millionths of the unit, rounded down: what breaking even is worked out from.
			perTreated := (hand.micros + hand.redeemed*10_000) / hand.n
			entries, err := w.Store.Entries(t.Context(), 1, 1, final, "EUR")
			if err != nil {
				t.Fatal(err)
			}
			same(t, "break-even", fmt.Sprintf("%.9f", *got.BreakEven), fmt.Sprintf("%.9f", float64(perTreated)/1e6/(0.35*float64(entries.AverageOrderMinor)/100)))
		}
	}
}

// hand is an arm's sums, as somebody with paper would add them up.
type hand struct {
	n, largest, micros, redeemed, returned, over int64
	placed                                       [3]int64 // orders, their squares, times those returned
	sums                                         map[string]*[3]big.Int
}

func (h *hand) add(name string, y int64) {
	if h.sums[name] == nil {
		h.sums[name] = new([3]big.Int)
	}
	power := big.NewInt(1)
	for i := range 3 {
		power.Mul(power, big.NewInt(y))
		h.sums[name][i].Add(&h.sums[name][i], power)
	}
}

func (h *hand) floats(name string) []float64 {
	var out []float64
	for i := range 3 {
		f, _ := new(big.Float).SetInt(&h.sums[name][i]).Float64()
		out = append(out, f)
	}
	return out
}

func (h *hand) moments(name string) stats.Moments {
	if name == "orders capped" {
		name = "orders"
	}
	f := h.floats(name)
	return stats.Moments{N: h.n, Sum: f[0], Sum2: f[1], Sum3: f[2]}
}

// halfEven is a ratio in whole numbers, half to even.
func halfEven(a, b int64) int64 {
	q, r := a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	if 2*r > b || 2*r == b && q%2 != 0 {
		q++
	}
	return q
}

func (w *world) byHand(asOf time.Time, margin float64, revenueCap, profitCap int64) map[holdout.Arm]*hand {
	w.t.Helper()
	out := map[holdout.Arm]*hand{holdout.Treat: {sums: map[string]*[3]big.Int{}}, holdout.Hold: {sums: map[string]*[3]big.Int{}}}
	enrolled := testkit.List[string](w.t, w.db, `select concat_ws(' ', e.arm, e.customer_id, e.trigger_order_id, extract(epoch from d.scheduled_at)::bigint)
		from enrollments e join deliveries d using (customer_id, entered_at, enrollment_id) where d.wave = 'hello' and d.round = 1 order by 1`)
	orders := testkit.List[string](w.t, w.db, `select concat_ws(' ', o.customer_id, o.order_id, o.currency, extract(epoch from o.placed_at)::bigint, o.gross_minor, coalesce(extract(epoch from o.unkept_at)::bigint, 0),
		coalesce(c.redeemed_minor, 0)) from orders o left join coupons c on c.redeemed_order_id = o.order_id order by 1`)
	refunds := testkit.List[string](w.t, w.db, "select concat_ws(' ', order_id, extract(epoch from refunded_at)::bigint, amount_minor) from refunds order by 1")
	messages := testkit.List[string](w.t, w.db, "select concat_ws(' ', customer_id, extract(epoch from scheduled_at)::bigint, cost_micros) from deliveries where state = 'accepted' order by 1")
	const day = 86400
	for _, line := range enrolled {
		var arm string
		var customer, trigger, from int64
		must(fmt.Sscan(line, &arm, &customer, &trigger, &from))
		h := out[holdout.Arm(arm)]
		to := from + 30*day
		if to+31*day > asOf.Unix() {
			continue
		}
		var count, revenue, redeemed, micros, placedOrders, back int64
		for _, o := range orders {
			var who, id, placed, gross, unkept, code int64
			var currency string
			must(fmt.Sscan(o, &who, &id, &currency, &placed, &gross, &unkept, &code))
			if who != customer || id == trigger || currency != "EUR" || placed < from || placed >= to {
				continue
			}
			until := min(asOf.Unix(), placed+30*day)
			placedOrders++
			if unkept > 0 && unkept <= until {
				h.returned++
				back++
				continue
			}
			net := gross
			for _, r := range refunds {
				var of, at, amount int64
				must(fmt.Sscan(r, &of, &at, &amount))
				if of == id && at <= until {
					net -= amount
				}
			}
			if net < gross {
				back++
			}
			count, revenue, redeemed, h.largest = count+1, revenue+net, redeemed+code, max(h.largest, net)
		}
		for _, m := range messages {
			var who, at, cost int64
			must(fmt.Sscan(m, &who, &at, &cost))
			if who == customer && at >= from && at < to {
				micros += cost
			}
		}
		profit := halfEven(revenue*35, 100) - redeemed - halfEven(micros, 10_000)
		h.n++
		h.micros, h.redeemed = h.micros+micros, h.redeemed+redeemed
		if revenue > revenueCap {
			h.over++
		}
		h.add("orders", count)
		h.add("returned", back)
		h.placed = [3]int64{h.placed[0] + placedOrders, h.placed[1] + placedOrders*placedOrders, h.placed[2] + placedOrders*back}
		h.add("revenue", revenue)
		h.add("revenue capped", min(revenue, revenueCap))
		h.add("profit", profit)
		h.add("profit capped", min(profit, profitCap))
	}
	return out
}

func must(_ int, err error) {
	if err != nil {
		panic(err)
	}
}

// Without a margin there is no profit; without history there is no cap, and the metric says so.
func TestMoneyWithoutMarginAndHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(400, thanks(func(c *campaigns.Campaign) { c.Exit = nil }))
	w.send(anchor)
	w.buy(holdout.Treat, 40, anchor, 1000)
	w.buy(holdout.Hold, 20, anchor, 1000)
	p := w.report(final).Points[0]
	names := []string{}
	for _, m := range p.Metrics {
		names = append(names, fmt.Sprint(m.Metric, " capped ", m.Cap != nil))
	}
	same(t, "metrics", names, []string{"orders capped false", "revenue capped false"})
	same(t, "caps of a shop without history", testkit.Get[string](t, w.db, "select caps::text from campaign_designs"),
		`[{"revenue": {"p99": null, "p995": null}, "windows": 0, "window_seconds": 2592000}]`)
}

// The cap is what the shop's past says when the design begins, and later orders do not move it. 1,200 customers bought 100 days before;
// the first 60 again within the next 30 days, for 10.00, 20.00, ... 600.00.
func TestTheCapIsFrozenWithTheDesign(t *testing.T) {
	t.Parallel()
	for name, enter := range map[string]campaigns.Enter{
		"orders let them in": {On: "order_paid", When: "orders.count == 1"},
		"a slot lets them in": {When: "orders.count == 1",
			Schedule: &campaigns.Schedule{AtDate: calendar.DateOf(start.Add(days), time.UTC), Time: 10 * 60}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			margin := 0.5
			w.Shop.Margin = &margin
			w.customers(1200)
			// A slot looks at the 30 days before the design begins, orders at windows that opened at each order.
			var p purchases
			for i := range 1200 {
				p.add(fmt.Sprint("c", i+1), start.Add(-100*days), 5000, "EUR", time.Time{}, 0)
			}
			second := start.Add(-30 * days) // exactly: in the slot's window
			if enter.On != "" {
				second = start.Add(-70 * days) // exactly: in the order's window, and the last that opens one
			}
			for i := range 60 {
				back, backAt := int64(0), time.Time{}
				if i == 59 { // 600.00, of which 100.00 came back
					back, backAt = 10_000, second.Add(days)
				}
				p.add(fmt.Sprint("c", i+1), second, int64(i+1)*1000, "EUR", backAt, back)
			}
			p.add("c100", second.Add(-time.Second), 700_000, "EUR", second, 700_000) // came back whole
			p.add("c101", second, 700_000, "USD", time.Time{}, 0)
			p.add("c102", start, 700_000, "EUR", time.Time{}, 0)
			w.store(p)
			change := func(c *campaigns.Campaign) { c.Enter = enter }
			w.apply(thanks(change))
			// Type 7 by hand. Slot: 1,200 totals, 1,140 of 0, then 10, 20, ... 590 with 500 in between twice. The 0.99 quantile stands at
			// 1199 x 0.99 = 1187.01, which is 47 of the positive ones behind the first: 480.00 + 0.01 x 10.00; the 0.995 quantile at
			// 1193.005. Orders: also 60 windows that the second orders opened, all of 0: 1,260 totals, 1259 x 0.99 = 1246.41.
			totals := []int64{}
			for i := range 60 {
				totals = append(totals, int64(i+1)*1000)
			}
			totals[59] = 50_000
			zeros := 1140
			if enter.On != "" {
				zeros += 60
			}
			p99, p995 := quantileByHand(totals, zeros, 990), quantileByHand(totals, zeros, 995)
			want := fmt.Sprintf(`[{"revenue": {"p99": %d, "p995": %d}, "windows": %d, "window_seconds": 2592000}]`, p99, p995, 60+zeros)
			caps := func() string {
				return testkit.Get[string](t, w.db, "select caps::text from campaign_designs where design = 1")
			}
			same(t, "frozen", caps(), want)

			w.bought("c3", start.Add(-71*days), 999_999_00, "EUR")
			w.apply(thanks(change, func(c *campaigns.Campaign) { c.Version = "v2" }))
			same(t, "after an edit", caps(), want)
			w.apply(thanks(change, func(c *campaigns.Campaign) { c.Version, c.Design = "v3", "d2" }))
			same(t, "after a new design", caps(), want)
			if got := testkit.Get[string](t, w.db, "select caps::text from campaign_designs where design = 2"); got == want && enter.On != "" {
				t.Error("the new design does not see the order that came")
			}
		})
	}
}

// quantileByHand is the type-7 quantile of so many zeros and these, in thousandths, half to even.
func quantileByHand(positive []int64, zeros, thousandths int) int64 {
	slices.Sort(positive)
	at := (len(positive) + zeros - 1) * thousandths
	value := func(i int) int64 {
		if i < zeros {
			return 0
		}
		return positive[i-zeros]
	}
	low, high := value(at/1000), value(min(at/1000+1, len(positive)+zeros-1))
	return halfEven(1000*low+int64(at%1000)*(high-low), 1000)
}

// Of 300 customers 143 are treated and 157 held out; 80 of each buy.
func TestWhatMixesTheArms(t *testing.T) {
	t.Parallel()
	holds := "(select customer_id from enrollments where arm = 'hold' order by customer_id limit %d)"
	// Households: of so many held out each three share the address of one who is treated.
	share := `with h as (select customer_id, (row_number() over (order by customer_id) - 1) / 3 as home from ` + holds + ` x),
		t as (select customer_id, row_number() over (order by customer_id) - 1 as home from enrollments where arm = 'treat')
		update contacts k set %s = c.%[2]s from h join t using (home) join contacts c on c.customer_id = t.customer_id where k.customer_id = h.customer_id`
	for name, row := range map[string]struct {
		happen func(*world)
		mixed  evaluation.Integrity
		want   refused
		notes  []string
	}{
		"nothing": {func(*world) {}, evaluation.Integrity{Held: 157, GhostsDue: 157}, refused{}, nil},
		// 40 of 157 are 25.5 %.
		"E04 by addresses": {func(w *world) {
			w.db.Exec(w.t, fmt.Sprintf(share, 40, "email"))
		}, evaluation.Integrity{Held: 157, Contaminated: 40, GhostsDue: 157}, refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E04},
			Sentence: "25 % of the customers who should have received nothing did receive the message."}, nil},
		// By a code that was another's, on an order of the window; the same on one before the entry or after the window is none.
		"E04 by codes": {func(w *world) {
			w.db.Exec(w.t, `insert into order_coupons (order_id, code) select o.order_id, (select min(code) from coupons where bound_at is not null)
				from orders o where o.placed_at = $1 and o.customer_id in `+fmt.Sprintf(holds, 40), anchor)
			w.db.Exec(w.t, `with o as (insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
					select 'test', gen_random_uuid()::text, customer_id, $1, 'EUR', 10 from enrollments where arm = 'hold' returning order_id)
				insert into order_coupons (order_id, code) select o.order_id, (select min(code) from coupons where bound_at is not null) from o`, closing)
		}, evaluation.Integrity{Held: 157, Contaminated: 40, GhostsDue: 157}, refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E04},
			Sentence: "25 % of the customers who should have received nothing did receive the message."}, nil},
		"a few are noted": {func(w *world) {
			w.db.Exec(w.t, fmt.Sprintf(share, 4, "email"))
		}, evaluation.Integrity{Held: 157, Contaminated: 4, GhostsDue: 157}, refused{},
			[]string{"2.5 % of the customers who should have received nothing were reached all the same; the difference is a little larger than shown."}},
		"a phone, where only e-mails were sent": {func(w *world) {
			w.db.Exec(w.t, "update contacts set phone = '+4917' || lpad(customer_id::text, 8, '0')")
			w.db.Exec(w.t, fmt.Sprintf(share, 40, "phone"))
		}, evaluation.Integrity{Held: 157, GhostsDue: 157}, refused{}, nil},
		"an address that stands for none": {func(w *world) {
			w.db.Exec(w.t, "update contacts set email = 'nobody@shop.example'")
		}, evaluation.Integrity{Held: 157, GhostsDue: 157}, refused{}, nil},
		"what was written long before they came in": {func(w *world) {
			w.db.Exec(w.t, fmt.Sprintf(share, 40, "email"))
			w.damage("update deliveries set gate_at = gate_at - interval '200 days' where state = 'accepted'")
		}, evaluation.Integrity{Held: 157, GhostsDue: 157}, refused{}, nil},
		"an address of one who was written to by nobody": {func(w *world) {
			w.damage("update deliveries set state = 'failed', reason = 'test' where state = 'accepted'")
			w.db.Exec(w.t, fmt.Sprintf(`update contacts k set email = 'c1@mail.example' where k.customer_id in `+holds, 40))
		}, evaluation.Integrity{Held: 157, GhostsDue: 157}, refused{}, nil},
		"E05 where rows are gone": {func(w *world) {
			w.damage(fmt.Sprintf("delete from deliveries where wave = 'hello' and customer_id in "+holds, 1))
		}, evaluation.Integrity{Held: 156, GhostsDue: 157, GhostsLost: 1}, refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E05},
			Sentence: "We do not know when 0.6 % of the holdout would have been contacted."}, nil},
		"E05 where nobody decided": {func(w *world) {
			w.damage(fmt.Sprintf("update deliveries set state = 'planned', reason = null, due_at = scheduled_at where wave = 'hello' and customer_id in "+holds, 16))
		}, evaluation.Integrity{Held: 157, GhostsDue: 157, GhostsLost: 16}, refused{Verdict: evaluation.Refused, Refusals: []evaluation.Code{evaluation.E05},
			Sentence: "We do not know when 10 % of the holdout would have been contacted."}, nil},
		"decided otherwise": {func(w *world) {
			w.damage("update deliveries set state = 'expired', reason = 'late' where wave = 'hello' and arm = 'hold'")
		}, evaluation.Integrity{Held: 157, GhostsDue: 157}, refused{}, nil},
		// 80 orders of 1.00 and one of 8,400.00.
		"E11": {func(w *world) {
			w.bought(testkit.Get[string](w.t, w.db, "select min(assigned_id) from enrollments where arm = 'treat'"), anchor.Add(days), 840_000, "EUR")
		}, evaluation.Integrity{Held: 157, GhostsDue: 157}, refused{}, []string{"One order of 8,400.00 EUR decides this result."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.pool("p", manyCodes(200)...)
			w.crowd(300, thanks(once, func(c *campaigns.Campaign) {
				c.Waves[0].Content.Coupon = &campaigns.Coupon{Pool: "p", Expires: 20 * days, Exhausted: "skip"}
			}))
			w.send(anchor)
			w.buy(holdout.Treat, 80, anchor, 100)
			w.buy(holdout.Hold, 80, anchor, 100)
			row.happen(w)
			p := w.report(final).Points[0]
			same(t, "integrity", p.Integrity, row.mixed)
			got := refusal(p)
			if row.want.Verdict == "" { // an answer, whatever it is
				row.want = refused{Verdict: p.Verdict, Sentence: p.Sentence, Shown: true}
				if p.Verdict == evaluation.Refused {
					t.Errorf("refused: %s", p.Sentence)
				}
			}
			same(t, "answer", got, row.want)
			var notes []string
			for _, n := range p.Notes {
				notes = append(notes, n.Sentence)
			}
			same(t, "notes", notes, row.notes)
		})
	}
}
