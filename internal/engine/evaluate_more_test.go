package engine_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// Three hundred customers, a message of 0.50 with a code that five of six buyers used for 3.00 off, a margin of half: by hand.
func TestWhatTheEffectCost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	margin := 0.5
	w.Shop.Margin, w.Shop.CostMicros = &margin, map[string]int64{"email": 500_000}
	w.pool("p", manyCodes(900)...)
	w.crowd(800, thanks(func(c *campaigns.Campaign) {
		c.Exit = nil
		c.Waves[0].Content.Coupon = &campaigns.Coupon{Pool: "p", Expires: 20 * days, Exhausted: "skip"}
	}))
	w.send(anchor)
	w.buy(holdout.Treat, 120, anchor.Add(days), 4000)
	w.buy(holdout.Hold, 20, anchor.Add(days), 4000)
	w.db.Exec(t, `update coupons c set redeemed_order_id = o.order_id, redeemed_at = o.placed_at, redeemed_minor = 300
		from (select o.order_id, o.customer_id, o.placed_at from orders o where o.gross_minor = 4000 order by o.order_id limit 100) o
		where o.customer_id = c.customer_id`)
	// Somebody else used one of the codes, and somebody used one twice.
	w.db.Exec(t, `insert into coupon_leaks (code, order_id, why)
		select c.code, o.order_id, why from (select code from coupons where bound_at is not null order by code limit 1) c,
		       (select order_id from orders order by order_id limit 2) o, unnest(array['other_customer']) why`)

	r := w.report(final)
	treat, hold := r.Points[0].Arm(holdout.Treat), r.Points[0].Arm(holdout.Hold)
	p := r.Price
	if p == nil {
		t.Fatalf("no price: %s", r.Points[0].Sentence)
	}
	n1, n0 := float64(treat.Final), float64(hold.Final)
	used := testkit.Get[float64](t, w.db, "select count(redeemed_order_id)::float8 from coupons")
	cost := (n1*0.5 + used*3) / n1
	orders := 120/n1 - 20/n0
	gain := 20 * (120/n1 - 20/n0)
	hand := fmt.Sprintf("%.6f an order, return %.6f, holding out %.6f; %d given, %d used, %d leaked", cost/orders, gain/cost-1, n0*(gain-cost), treat.Final, int(used), 1)
	same(t, "price", fmt.Sprintf("%.6f an order, return %.6f, holding out %.6f; %d given, %d used, %d leaked",
		*p.PerOrder.Estimate, *p.Return.Estimate, *p.ByHoldout.Estimate, p.Coupons.Given, p.Coupons.Redeemers, p.Coupons.Leaked), hand)
	if !(*p.PerOrder.Lo < *p.PerOrder.Estimate && *p.PerOrder.Estimate < *p.PerOrder.Hi) {
		t.Errorf("range %+v", p.PerOrder)
	}
	if got := p.Parts.MoreBuyers + p.Parts.BiggerBaskets; math.Abs(got-40*orders) > 1e-9 {
		t.Errorf("the parts add up to %v, not to %v", got, 40*orders)
	}
	rho, delta := used/n1, 120/n1-20/n0
	same(t, "would have bought anyway", fmt.Sprintf("%.9f to %.9f", *p.Coupons.Subsidised.Lo, *p.Coupons.Subsidised.Hi),
		fmt.Sprintf("%.9f to %.9f", (rho-delta)/rho, math.Min(rho, 20/n0)/rho))
}

// The only message is of anchor; another campaign's may come in between, and is then the last.
func TestWhatTheLastMessageIsCredited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(800, thanks(func(c *campaigns.Campaign) { c.Exit, c.Waves = nil, c.Waves[:1] }))
	w.send(anchor)
	w.buy(holdout.Treat, 100, anchor.Add(8*days), 1000)
	w.buy(holdout.Hold, 15, anchor.Add(4*days), 1000) // of nobody who was written to
	ids := testkit.List[string](t, w.db, "select shop_id from customers join enrollments using (customer_id) where arm = 'treat' order by customer_id desc limit 8")
	sent := testkit.Get[int](t, w.db, "select count(*)::int from deliveries where state = 'accepted' and customer_id = (select customer_id from customers where shop_id = '"+ids[0]+"')")
	same(t, "messages of one", sent, 1)
	w.bought(ids[0], anchor.Add(days), 700, "EUR")
	w.bought(ids[1], anchor.Add(5*days-second), 900, "EUR")
	w.bought(ids[2], anchor.Add(5*days), 100, "EUR")           // five days are over
	w.bought(ids[3], anchor.Add(days), 300, "USD")             // not in the point's money
	w.returned(w.bought(ids[4], anchor.Add(days), 500, "EUR"), // came back
		anchor.Add(3*days), 500, true)
	w.returned(w.bought(ids[5], anchor.Add(days), 500, "EUR"), anchor.Add(3*days), 100, false)
	c := w.report(final).Credited
	if c == nil {
		t.Fatal("nothing is credited")
	}
	same(t, "credited", fmt.Sprintf("%d of %d, %.2f", c.Credited, c.Orders, c.Revenue), "3 of 104, 20.00")

	w.db.Exec(t, `insert into campaigns (name, activated_at, slot_done) values ('other', $1, $1)`, start)
	w.db.Exec(t, `do $do$ begin
		set local session_replication_role = replica;
		insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, state, scheduled_at, expires_at, gate_at, epoch, claimed_at)
		select d.customer_id, d.entered_at, 999999, 1, 'other', (select campaign_id from campaigns where name = 'other'), d.version_id, 'treat', 'email', 'accepted', d.scheduled_at, d.expires_at, d.gate_at + interval '1 hour', 1, d.claimed_at
		  from deliveries d join customers c using (customer_id) where c.shop_id = '`+ids[0]+`' and d.state = 'accepted';
	end $do$`)
	c = w.report(final).Credited
	same(t, "another's message is the last", fmt.Sprintf("%d of %d, %.2f", c.Credited, c.Orders, c.Revenue), "2 of 104, 13.00")
}

// A replay writes to nobody, so there is nothing to price or to credit.
func TestAReplayHasNoPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AA = true
	w.crowd(800, thanks(openAll))
	w.buy(holdout.Treat, 60, anchor, 1000)
	w.buy(holdout.Hold, 60, anchor, 1000)
	r := w.report(final)
	same(t, "price and credit", []bool{r.Price != nil, r.Credited != nil}, []bool{false, false})
}

// What is told of customers is what was known when they entered, whatever came later.
func TestTheProfileIsOfTheMomentOfEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(300, thanks(func(c *campaigns.Campaign) { c.Exit = nil }))
	arm := func(name string) string {
		return testkit.Get[string](t, w.db, "select arm from enrollments join customers using (customer_id) where shop_id = '"+name+"'")
	}
	told := func(customer, name, kind, column, value string, at time.Time) {
		w.db.Exec(t, "insert into customer_attributes (customer_id, name, at, kind, "+column+", source) select customer_id, $2, $3, '"+kind+"', "+value+", 'test' from customers where shop_id = $1", customer, name, at)
	}
	w.bought("c1", anchor.Add(days), 500, "EUR")
	told("c1", "city", "text", "text_value", "'Leeds'", start.Add(-9*days))
	told("c1", "city", "text", "text_value", "'York'", start.Add(-days))
	told("c1", "city", "text", "text_value", "'Bath'", start.Add(second))
	told("c2", "city", "text", "text_value", "'York'", start.Add(days)) // was not known
	told("c3", "age", "number", "number_value", "40", start)
	told("c4", "age", "number", "number_value", "30", start)
	w.bought("c5", start.Add(-40*days), 900, "EUR")
	w.bought("c5", start.Add(-10*days-second), 800, "EUR")
	w.bought("c5", start.Add(-5*days), 100, "USD")
	w.returned(w.bought("c5", start.Add(-4*days), 300, "EUR"), start.Add(-days), 300, true)
	w.returned(w.bought("c6", start.Add(-4*days), 300, "EUR"), start.Add(days), 300, true) // was kept at entry
	w.db.Exec(t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, 'sms', true, $1, 'test' from customers where shop_id in ('c7', 'c8')", start.Add(-days))
	w.db.Exec(t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, 'sms', false, $1, 'test' from customers where shop_id = 'c7'", start.Add(-days))
	w.db.Exec(t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, 'sms', false, $1, 'test' from customers where shop_id = 'c8'", start.Add(days))

	q := postgres.PointQuery{Campaign: 1, Design: 1, Anchor: "wave", Wave: "hello", Round: 1, Window: 30 * days, ReturnWindow: 30 * days, AsOf: final, Currency: "EUR"}
	rows, err := w.Store.Profile(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var all, orders, ages int64
	for _, x := range rows {
		switch x.Name {
		case "":
			all += x.N
		case "orders":
			orders += int64(x.Sum)
		case "profile:age":
			ages += int64(x.Sum)
		case "value":
		case "consent:email":
		default:
			got = append(got, fmt.Sprintf("%s %q %s %v: %d, %.0f", x.Name, x.Level, x.Arm, x.Bought, x.N, x.Sum))
		}
	}
	same(t, "enrolled, orders before, ages", []int64{all, orders, ages}, []int64{300, 3, 70})
	want := []string{
		fmt.Sprintf("consent:sms %q %s false: 1, 0", "yes", arm("c8")),
		fmt.Sprintf("profile:city %q %s true: 1, 0", "York", arm("c1")),
	}
	for customer, ago := range map[string]int{"c5": 10, "c6": 4} {
		want = append(want, fmt.Sprintf("recency %q %s false: 1, %d", "", arm(customer), ago))
	}
	if arm("c5") == arm("c6") {
		want = append(want[:2], fmt.Sprintf("recency %q %s false: 2, 14", "", arm("c5")))
	}
	slices.Sort(want)
	slices.Sort(got)
	same(t, "profile", got, want)
}

// Units that came back in time are not sold; what came before is the order that let them in.
func TestWhichCategoriesWereBought(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(40, thanks(func(c *campaigns.Campaign) { c.Exit, c.Holdout.Share = nil, holdout.Whole/2 }))
	w.db.Exec(t, "insert into products (sku, category) values ('s', 'shoes'), ('h', 'hats'), ('b', 'bags'), ('n', null)")
	line := func(order int64, no int, sku string) {
		w.db.Exec(t, "insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor) select $1, $2, product_id, 1, 5, 500 from products where sku = $3", order, no, sku)
	}
	back := func(order int64, no int, at time.Time) {
		w.db.Exec(t, "insert into refunds (source, shop_refund_id, line_no, order_id, order_line_no, refunded_at, quantity, amount_minor) values ('test', gen_random_uuid()::text, 1, $1, $2, $3, 1, 500)", order, no, at)
		w.db.Exec(t, "update order_lines set refunded_quantity = 1 where order_id = $1 and line_no = $2", order, no)
	}
	treated := testkit.List[string](t, w.db, "select shop_id from customers join enrollments using (customer_id) where arm = 'treat' order by customer_id")
	held := testkit.List[string](t, w.db, "select shop_id from customers join enrollments using (customer_id) where arm = 'hold' order by customer_id")
	trigger := testkit.Get[int64](t, w.db, "select trigger_order_id from enrollments join customers using (customer_id) where shop_id = '"+treated[0]+"'")
	line(trigger, 1, "b")
	first := w.bought(treated[0], anchor.Add(days), 1000, "EUR")
	line(first, 1, "s")
	line(first, 2, "s")
	line(first, 3, "n")
	second := w.bought(treated[0], anchor.Add(2*days), 1000, "EUR")
	line(second, 1, "h")
	late := w.bought(treated[1], anchor.Add(days), 1000, "EUR")
	line(late, 1, "s")
	line(late, 2, "h")
	back(late, 1, anchor.Add(40*days)) // too late to count
	back(late, 2, anchor.Add(9*days))
	line(w.bought(held[0], anchor.Add(days), 1000, "EUR"), 1, "h")
	line(w.bought(held[1], closing, 1000, "EUR"), 1, "h") // the window is over
	line(w.bought(held[2], anchor.Add(days), 1000, "USD"), 1, "h")

	q := postgres.PointQuery{Campaign: 1, Design: 1, Anchor: "wave", Wave: "hello", Round: 1, Window: 30 * days, ReturnWindow: 30 * days, AsOf: final, Currency: "EUR"}
	rows, err := w.Store.Categories(t.Context(), q, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range rows {
		got = append(got, fmt.Sprintf("%s %s %s %s %d", x.What, x.Category, x.Other, x.Arm, x.N))
	}
	slices.Sort(got)
	want := []string{"basket   treat 2", "category hats  hold 1", "category hats  treat 1", "category shoes  treat 2",
		fmt.Sprintf("enrolled   hold %d", len(held)), fmt.Sprintf("enrolled   treat %d", len(treated)), "from bags  treat 1", "pair hats shoes treat 1", "step bags shoes treat 1"}
	same(t, "categories", got, want)
}

// Complaints and unsubscriptions are of messages that went out; what came back is of orders in the window, each within its return window.
func TestWhatACampaignMustNotDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(800, thanks(func(c *campaigns.Campaign) { c.Exit, c.Waves = nil, c.Waves[:1] }))
	w.send(anchor)
	sent := testkit.Get[int64](t, w.db, "select count(*) from deliveries where state = 'accepted'")
	ids := testkit.List[int64](t, w.db, "select delivery_id from deliveries where state = 'accepted' order by delivery_id limit 4")
	w.db.Exec(t, "update deliveries set complained_at = $2 where delivery_id = $1", ids[0], anchor.Add(days))
	w.db.Exec(t, "update deliveries set complained_at = $2 where delivery_id = $1", ids[1], final.Add(second)) // not known yet
	for _, id := range []int64{ids[0], ids[2], 999_999} {
		w.db.Exec(t, "insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', false, $1, $2 from customers order by customer_id limit 1 offset $3",
			anchor.Add(days), fmt.Sprint("unsubscribe:", id), id%700)
	}
	w.buy(holdout.Treat, 60, anchor.Add(days), 1000)
	w.buy(holdout.Hold, 50, anchor.Add(days), 1000)
	orders := testkit.List[int64](t, w.db, "select order_id from orders o join enrollments e using (customer_id) where arm = 'treat' and gross_minor = 1000 and order_id <> trigger_order_id order by order_id limit 4")
	w.returned(orders[0], anchor.Add(2*days), 1000, true)
	w.returned(orders[1], anchor.Add(2*days), 300, false)
	w.returned(orders[1], anchor.Add(3*days), 200, false)
	w.returned(orders[2], anchor.Add(40*days), 1000, true) // too late
	held := testkit.List[int64](t, w.db, "select order_id from orders o join enrollments e using (customer_id) where arm = 'hold' and gross_minor = 1000 and order_id <> trigger_order_id order by order_id limit 1")
	w.returned(held[0], anchor.Add(2*days), 400, false)
	w.db.Exec(t, "update refunds set reason = 'too small' where order_id in ($1, $2)", orders[1], held[0])

	g := w.report(final).Guardrails
	if g == nil || g.Refunds == nil {
		t.Fatalf("no guardrails: %+v", g)
	}
	for i, want := range []string{fmt.Sprintf("complaints 1 of %d", sent), fmt.Sprintf("unsubscriptions 2 of %d", sent)} {
		l := g.Limits[i]
		same(t, want, fmt.Sprintf("%s %d of %d", l.Name, l.Count, l.Of), want)
	}
	n1, n0 := float64(testkit.Get[int](t, w.db, "select count(*)::int from enrollments where arm = 'treat'")), float64(testkit.Get[int](t, w.db, "select count(*)::int from enrollments where arm = 'hold'"))
	r := g.Refunds
	same(t, "refunds", fmt.Sprintf("%.9f %.9f; %.9f %.9f", *r.Treat, *r.Hold, *r.TreatRate.Estimate, *r.HoldRate.Estimate), fmt.Sprintf("%.9f %.9f; %.9f %.9f", 15/n1, 4/n0, 2/60.0, 1/50.0))
	same(t, "reasons", r.Reasons, []evaluation.Reason{{Reason: "too small", Treat: 1, Hold: 1}, {Reason: "", Treat: 1, Hold: 0}})
}

// How far customers came in the window, and what they answered, by what was known of them before.
func TestHowFarTheyCameAndWhatTheyAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(40, thanks(func(c *campaigns.Campaign) { c.Exit = nil }))
	treated := testkit.List[string](t, w.db, "select shop_id from customers join enrollments using (customer_id) where arm = 'treat' order by customer_id")
	held := testkit.List[string](t, w.db, "select shop_id from customers join enrollments using (customer_id) where arm = 'hold' order by customer_id")
	events := 0
	told := func(customer, name, props string, at time.Time) {
		events++
		w.db.Exec(t, "insert into events (source, source_event_id, name, customer_id, at, props) select 'test', $1, $2, customer_id, $3, $4::jsonb from customers where shop_id = $5", fmt.Sprint(events), name, at, props, customer)
	}
	told(treated[0], "Product Viewed", "{}", anchor)
	told(treated[0], "Product Viewed", "{}", anchor.Add(days)) // once is enough
	told(treated[1], "Product Viewed", "{}", closing)          // the window is over
	told(held[0], "Product Viewed", "{}", closing.Add(-second))
	path := func(order int64, path string) {
		w.db.Exec(t, "update orders set entry_path = $2 where order_id = $1", order, path)
	}
	path(w.bought(treated[0], anchor.Add(2*days), 500, "EUR"), "email")
	path(w.bought(treated[0], anchor.Add(3*days), 500, "EUR"), "search") // not the first
	gone := w.bought(held[1], anchor.Add(days), 500, "EUR")
	w.returned(gone, anchor.Add(2*days), 500, true)

	for i, customer := range []string{treated[0], treated[1], held[0]} {
		w.db.Exec(t, "insert into customer_attributes (customer_id, name, at, kind, text_value, source) select customer_id, 'city', $2, 'text', $3, 'test' from customers where shop_id = $1", customer, start.Add(-days), []string{"Leeds", "York", "Leeds"}[i])
	}
	answer := func(customer, said string, at time.Time) {
		told(customer, "Survey Answered", `{"survey": "s", "question": "happy?", "answer": "`+said+`"}`, at)
	}
	answer(treated[0], "no", anchor)
	answer(treated[0], "yes", anchor.Add(days)) // the newest
	answer(treated[1], "no", anchor)
	answer(held[0], "yes", anchor)
	answer(held[0], "no", closing)

	q := postgres.PointQuery{Campaign: 1, Design: 1, Anchor: "wave", Wave: "hello", Round: 1, Window: 30 * days, ReturnWindow: 30 * days, AsOf: final, Currency: "EUR"}
	rows, err := w.Store.Traffic(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "traffic", fmt.Sprint(rows), fmt.Sprintf("[{enrolled  hold %d} {enrolled  treat %d} {path  hold 1} {path email treat 1} {step kept treat 1} {step ordered hold 1} {step ordered treat 1} {step viewed hold 1} {step viewed treat 1}]", len(held), len(treated)))
	answers, err := w.Store.Answers(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "answers", fmt.Sprint(answers), "[{s happy? no city York 1} {s happy? yes city Leeds 2}]")
}
