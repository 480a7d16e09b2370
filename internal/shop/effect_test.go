package shop

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// expected is the integral of the package comment over [from, to) for one
// customer and a message that acts from its stop on: how many extra orders it
// brings on average. It goes by calendar days, where the code goes by draws.
func expected(s *Shop, p *person, e Effect, acts, from, to time.Time) float64 {
	days := func(t time.Time) float64 { return t.Sub(s.config.Start).Hours() / 24 }
	fades, began := e.Fades.Hours()/24, days(acts)
	a, b := max(began, days(from), s.calendar(p.first)), days(to)
	if p.last < s.clock.total() {
		b = min(b, s.calendar(p.last))
	}
	sum := 0.0
	for d := math.Floor(a); d < b; d++ {
		lower, upper := max(a, d), min(b, d+1)
		if lower < upper {
			season := s.config.Model.Season.factor(s.config.Start.AddDate(0, 0, int(d)))
			sum += season * fades * (math.Exp(-(lower-began)/fades) - math.Exp(-(upper-began)/fades))
		}
	}
	return p.rate * e.Lift * s.config.Model.Response.of(p.orders[0].Category()) * sum
}

func TestMessagesBringTheExtraOrdersOfTheFormula(t *testing.T) {
	t.Parallel()
	c := few(30_000)
	c.End = c.Start.AddDate(0, 0, 200) // over Double 11
	from := c.Start.AddDate(0, 0, 100)
	effect := Effect{Lift: 6, Fades: 12 * day, Borrows: 0.4}
	w := newWorld(t, c, from, 0)
	var twice []int
	for i := range c.Customers { // some of them before they first order
		if w.people[i].orders[0].PlacedAt.Before(from.Add(20 * day)) {
			twice = append(twice, i)
		}
	}
	var messages []Message
	for _, i := range twice {
		messages = append(messages, Message{Campaign: "c", Wave: "w", Customer: customerID(i), At: from.Add(10 * time.Hour), Effect: effect},
			Message{Campaign: "c", Wave: "w", Customer: customerID(i), At: from.Add(9*day + 15*time.Hour), Effect: effect})
	}
	h := played(t, w, messages, 1000*day, still())
	alive, all := 0, 0.0
	wantBy, gotBy := map[string]float64{}, map[string]float64{}
	for start := from; start.Before(c.End); start = start.Add(5 * day) {
		end := earlier(start.Add(5*day), c.End)
		want, got := 0.0, 0.0
		for _, i := range twice {
			p := &w.people[i]
			n := expected(w.shop, p, effect, from.Add(day), start, end) + expected(w.shop, p, effect, from.Add(10*day), start, end)
			want += n
			wantBy[p.orders[0].Category()] += n
		}
		for _, o := range h.Orders {
			if isExtra(o) && !o.Order.PlacedAt.Before(start) && o.Order.PlacedAt.Before(end) {
				got++
				gotBy[w.people[mustIndex(t, o.Customer)].orders[0].Category()]++
			}
		}
		near(t, "extra orders in five days from "+start.Format(time.DateOnly), got, want, 4.5*math.Sqrt(want))
		all += want
	}
	near(t, "extra orders", count(h, isExtra), all, 4*math.Sqrt(all))
	for _, category := range categories {
		near(t, "extra orders of those who began with "+category, gotBy[category], wantBy[category], 4.5*math.Sqrt(wantBy[category]))
	}
	for _, i := range twice {
		p := &w.people[i]
		left := p.last < w.shop.clock.total()
		if !left || !p.orders[len(p.orders)-1].PlacedAt.Before(from) {
			alive++
		}
		for _, e := range p.extras {
			if e.at.Before(p.orders[0].PlacedAt) || left && e.at.After(p.orders[len(p.orders)-1].PlacedAt) {
				t.Fatalf("%s ordered from %s to %s, left: %t, and again because of a message at %s", p.ID,
					p.orders[0].PlacedAt, p.orders[len(p.orders)-1].PlacedAt, left, e.at)
			}
		}
	}
	share(t, "borrowed orders", count(h, func(p Placed) bool { return isExtra(p) && borrows(w, p) }), count(h, isExtra), effect.Borrows)
	if dead := len(twice) - alive; dead < 2000 {
		t.Errorf("%d customers had left: too few to prove anything", dead)
	}
	// What an order is like does not depend on why it was placed.
	var value, natural [3]float64
	for _, o := range h.Orders {
		of := &natural
		if isExtra(o) {
			of = &value
		}
		x := math.Log(float64(o.Order.Minor()))
		of[0], of[1], of[2] = of[0]+1, of[1]+x, of[2]+x*x
	}
	mean, same := value[1]/value[0], natural[1]/natural[0]
	spread := math.Sqrt(value[2]/value[0] - mean*mean)
	// Customers with messages are not quite those without, hence the allowance.
	near(t, "log of an extra order's value", mean, same, 0.02+4*spread/math.Sqrt(value[0]))
}

func count(h Happened, of func(Placed) bool) (n float64) {
	for _, o := range h.Orders {
		if of(o) {
			n++
		}
	}
	return n
}

func borrows(w *World, p Placed) bool {
	i, _ := w.shop.index(p.Customer)
	k := slices.IndexFunc(w.people[i].extras, func(e *extra) bool { return e.order != nil && e.order.ID == p.Order.ID })
	return w.people[i].extras[k].borrows
}

func TestExtraOrdersComeBackAreLateAndAreComplainedAbout(t *testing.T) {
	t.Parallel()
	c := few(6000)
	c.Model.Refunded = ByCategory{Food: 0.2, Clothing: 0.2, Daily: 0.2, Durable: 0.2}
	from := c.End.AddDate(0, 0, -200)
	h := played(t, newWorld(t, c, from, 0), written(c, from, 80), day, still())
	var extras, refunds, late, complaints float64
	placed, back := map[string]Order{}, map[string]bool{}
	for _, o := range h.Orders {
		if isExtra(o) && c.End.Sub(o.Order.PlacedAt) > 40*day {
			extras++
			placed[o.Order.ID] = o.Order
			checkLines(t, o.Order)
		}
		if f := o.Order.Refund; f != nil && !f.At.Before(c.End) {
			t.Fatalf("%s is refunded at %s, after the end", o.Order.ID, f.At)
		}
	}
	for _, r := range h.Refunds {
		o, ok := placed[r.Order]
		if !ok {
			continue
		}
		if back[r.Order] || !r.Refund.At.After(o.PlacedAt) || r.Refund.ID != "y"+o.ID[1:] {
			t.Fatalf("refund %+v of %+v, refunded before: %t", r, o, back[r.Order])
		}
		back[r.Order] = true
		refunds++
	}
	for _, e := range h.Events {
		cut := strings.LastIndexByte(e.ID, '-')
		if _, ok := placed[e.ID[:cut]]; !ok {
			continue
		}
		switch e.ID[cut:] {
		case "-late":
			late++
		case "-opened":
			complaints++
		}
	}
	share(t, "refunds", refunds, extras, 0.2)
	share(t, "late parcels", late, extras, c.Model.LateParcel)
	m := c.Model
	quiet := (1 - m.ComplainAnyway) * (1 - m.LateParcel*m.ComplainLate) * (1 - 0.2*m.ComplainReturns)
	share(t, "complaints", complaints, extras, 1-quiet)
}

// Who is written to in two worlds that differ in borrowing alone gets the same
// extra orders; of the natural ones exactly those are missing that a plain
// reading of the package comment takes away.
func TestBorrowedOrdersDoNotHappen(t *testing.T) {
	t.Parallel()
	c := few(2000)
	c.Model.Refunded = ByCategory{Food: 0.3, Clothing: 0.3, Daily: 0.3, Durable: 0.3}
	from := c.End.AddDate(0, 0, -150)
	messages := written(c, from, 40)
	for k := range messages {
		messages[k].Effect.Borrows, messages[k].Code = 1, ""
	}
	s := newShop(t, c)
	h := played(t, newWorld(t, c, from, 0), messages, day, still())
	extras, got := map[string][]time.Time{}, map[string][]string{}
	for _, o := range h.Orders {
		if isExtra(o) {
			extras[o.Customer] = append(extras[o.Customer], o.Order.PlacedAt)
		} else {
			got[o.Customer] = append(got[o.Customer], o.Order.ID)
		}
	}
	gone := map[string]bool{}
	want := map[string][]string{}
	for natural := range s.Histories() {
		orders := slices.DeleteFunc(slices.Clone(natural.Orders), func(o Order) bool { return o.PlacedAt.Before(from) })
		for _, at := range extras[natural.Customer.ID] {
			next := slices.IndexFunc(orders, func(o Order) bool { return !o.PlacedAt.Before(at) })
			if next >= 0 && orders[next].PlacedAt.Before(at.Add(60*day)) {
				gone[orders[next].ID] = true
				orders = slices.Delete(orders, next, next+1)
			}
		}
		for _, o := range orders {
			want[natural.Customer.ID] = append(want[natural.Customer.ID], o.ID)
		}
	}
	if diff := differ(want, got); diff != "" {
		t.Errorf("natural orders (-want +got):\n%s", diff)
	}
	if len(gone) < 300 {
		t.Errorf("%d orders borrowed: too few to prove anything", len(gone))
	}
	for _, r := range h.Refunds {
		if gone[r.Order] {
			t.Errorf("%s did not happen and is refunded", r.Order)
		}
	}
	for _, e := range h.Events {
		for _, p := range e.Props {
			if p.Name == "order" && gone[p.Value] {
				t.Errorf("%s did not happen, but %+v", p.Value, e)
			}
		}
	}
}

func TestCodesAreUsedWhileTheyAreValid(t *testing.T) {
	t.Parallel()
	c := few(8000)
	from := c.Start.AddDate(0, 0, 300)
	w := newWorld(t, c, from, 0)
	var messages []Message
	code := map[string]Message{}
	for i := range c.Customers {
		m := Message{Campaign: "c", Wave: "w", Customer: customerID(i), At: from.Add(8 * time.Hour), Code: "C" + customerID(i),
			Until: from.Add(40*day + 13*time.Hour), Effect: Effect{Lift: 1, Fades: 20 * day, Borrows: 0.5, Redeems: 0.4}}
		// The second one is no second chance: it is the same code.
		again := m
		again.At = m.At.Add(time.Hour)
		again.Effect.Lift = 0
		messages, code[m.Code] = append(messages, m, again), m
	}
	slices.SortStableFunc(messages, func(a, b Message) int { return a.At.Compare(b.At) })
	h := played(t, w, messages, 30*day, still())
	used, tried := map[string]bool{}, 0.0
	// By which order of the customer it is: each draws for themselves.
	usedBy, triedBy := map[string]float64{}, map[string]float64{}
	for _, o := range h.Orders {
		at := o.Order.PlacedAt
		if valid := !at.Before(from.Add(day)) && at.Before(from.Add(40*day+13*time.Hour)); o.Coupon == "" {
			if valid && !used["C"+o.Customer] {
				tried++
				triedBy[o.Order.ID[7:]]++
			}
			continue
		} else if m, ok := code[o.Coupon]; !ok || !valid || used[o.Coupon] || m.Customer != o.Customer {
			t.Fatalf("%s of %s at %s uses %q, used before: %t", o.Order.ID, o.Customer, at, o.Coupon, used[o.Coupon])
		}
		tried++
		triedBy[o.Order.ID[7:]]++
		usedBy[o.Order.ID[7:]]++
		used[o.Coupon] = true
	}
	for _, nth := range []string{"-1", "-2", "-3"} {
		share(t, "orders of the number "+nth+" that use a code they may use", usedBy[nth], triedBy[nth], 0.4)
	}
	share(t, "orders that use a code they may use", float64(len(used)), tried, 0.4)
	if len(used) < 500 {
		t.Errorf("%d codes used: too few to prove anything", len(used))
	}
}

// The newest message's code is tried first, and a reminder of the same code is
// no second one.
func TestOneOrderUsesOneCodeAndOneCodeOneOrder(t *testing.T) {
	t.Parallel()
	c := few(3000)
	from := c.Start.AddDate(0, 0, 300)
	w := newWorld(t, c, from, 0)
	var messages []Message
	for i := range c.Customers {
		for k, code := range []string{"OLD", "NEW", "NEW"} {
			messages = append(messages, Message{Campaign: "c", Wave: "w", Customer: customerID(i), At: from.Add(time.Duration(k) * day),
				Code: code + customerID(i), Effect: Effect{Redeems: 1}})
		}
	}
	h := played(t, w, messages, 1000*day, still())
	got := map[string][]string{}
	for _, o := range h.Orders {
		if !o.Order.PlacedAt.Before(from.Add(3 * day)) { // all three act by then
			got[o.Customer] = append(got[o.Customer], o.Coupon)
		}
	}
	threes := 0
	for customer, coupons := range got {
		if first := w.people[mustIndex(t, customer)].orders; first[len(first)-1].PlacedAt.Before(from) || len(coupons) < 3 {
			continue
		}
		before := count(h, func(p Placed) bool { return p.Customer == customer && p.Order.PlacedAt.Before(from.Add(3*day)) })
		if before > 0 {
			continue // some are used already
		}
		threes++
		if want := []string{"NEW" + customer, "OLD" + customer, ""}; !reflect.DeepEqual(coupons[:3], want) {
			t.Fatalf("%s uses %q, want %q", customer, coupons[:3], want)
		}
	}
	if threes < 100 {
		t.Errorf("%d customers with three orders: too few to prove anything", threes)
	}
}

func mustIndex(t *testing.T, id string) int {
	t.Helper()
	i, ok := (&Shop{config: Config{Customers: 1_000_000}}).index(id)
	if !ok {
		t.Fatalf("%s is no customer", id)
	}
	return i
}

func TestReadersOptOutInTheFirstDay(t *testing.T) {
	t.Parallel()
	c := few(6000)
	from := c.Start.AddDate(0, 0, 300)
	w := newWorld(t, c, from, 0)
	var messages []Message
	for i := range c.Customers {
		messages = append(messages, Message{Campaign: "c", Wave: "w", Ref: customerID(i), Customer: customerID(i), At: from.Add(9 * time.Hour), Effect: Effect{OptsOut: 0.1}})
	}
	h := played(t, w, messages, day, still())
	for _, o := range h.OptOuts {
		if o.At.Before(from.Add(day)) || !o.At.Before(from.Add(2*day)) || o.Message.Ref != o.Customer {
			t.Fatalf("%+v: want it on the day after the message", o)
		}
	}
	share(t, "opted out", float64(len(h.OptOuts)), float64(c.Customers), 0.1)
	if n := count(h, isExtra); n > 0 {
		t.Errorf("%.0f extra orders without a lift", n)
	}
}

// The formula of the package comment, by which a sequence is sized beforehand.
func TestASequenceLiftsBuyersByTheFormula(t *testing.T) {
	t.Parallel()
	c := few(30_000)
	c.End = c.Start.AddDate(0, 0, 100)
	c.Model.Season = flatSeason()
	c.Model.Refunded = ByCategory{}
	c.Model.Response = ByCategory{1, 1, 1, 1}
	w := newWorld(t, c, c.Start, 0)
	m := c.Model
	acts, lift, fades, length := []float64{2, 9, 23}, 1.0, 10.0, 31.0
	var messages []Message
	var asked []Question
	for i := range c.Customers {
		first := w.people[i].orders[0].PlacedAt
		if first.After(c.End.Add(-32 * day)) {
			continue
		}
		for _, k := range acts {
			// Half a day before, so that it acts about then.
			messages = append(messages, Message{Campaign: "c", Wave: "w", Customer: customerID(i), At: first.Add(inDays(k - 0.5)),
				Effect: Effect{Lift: lift, Fades: inDays(fades), Borrows: 0.5}})
		}
		asked = append(asked, Question{Customer: customerID(i), From: first.Add(day), Until: first.Add(inDays(length)), Except: w.people[i].orders[0].ID})
	}
	slices.SortFunc(messages, func(a, b Message) int { return a.At.Compare(b.At) })
	played(t, w, messages, 7*day, still())
	got, err := w.Truth("c", asked, 30*day, c.End)
	if err != nil {
		t.Fatal(err)
	}
	worth := 0.0
	for _, s := range acts {
		worth += lift * fades * (1 - math.Exp(-(length-s)/fades))
	}
	silent := func(days float64) float64 { return math.Pow(m.Scale/(m.Scale+days), m.Shape) }
	want := m.LeaveB / (m.LeaveA + m.LeaveB) * (silent(length) - silent(length+worth))
	n := float64(got.Asked)
	// Orders of the first day count for the formula and not for the question.
	near(t, "rise of the share of buyers", float64(got.Buyers-got.Natural)/n, want, 0.003+4*math.Sqrt(want*(1-want)/n))
	near(t, "share of natural buyers", float64(got.Natural)/n, m.LeaveB/(m.LeaveA+m.LeaveB)*(1-silent(30)), 0.003+4*math.Sqrt(0.24*0.76/n))
	t.Logf("%d asked: %.4f more buy, the formula says %.4f; %.4f buy anyway", got.Asked, float64(got.Buyers-got.Natural)/n, want, float64(got.Natural)/n)
}

func TestTheMeanResponseIsAboutOne(t *testing.T) {
	t.Parallel()
	c := few(20_000)
	sum := 0.0
	for h := range newShop(t, c).Histories() {
		sum += c.Model.Response.of(h.Orders[0].Category())
	}
	near(t, "mean response of new customers", sum/float64(c.Customers), 1, 0.03)
}

func TestNobodyAnswersBeforeAMessageActs(t *testing.T) {
	t.Parallel()
	c := few(60)
	from := c.End.AddDate(0, 0, -1)
	w := newWorld(t, c, from, time.Minute)
	// So strong and short that its orders fall into the first seconds.
	effect := Effect{Lift: 1e8, Fades: time.Second}
	n := 0
	for to := from.Add(time.Minute); to.Before(c.End); to = to.Add(17 * time.Minute) {
		w.Advance(to)
		for i := range c.Customers {
			if err := w.Receive(Message{Campaign: "c", Customer: customerID(i), At: to.Add(-time.Minute), Effect: effect}); err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range w.Advance(to.Add(time.Minute)).Orders {
			if isExtra(o) {
				n++
			}
			if o.Order.PlacedAt.Before(to) {
				t.Fatalf("%s at %s, before %s", o.Order.ID, o.Order.PlacedAt, to)
			}
		}
	}
	if n < 1000 {
		t.Errorf("%d extra orders: too few to prove anything", n)
	}
	early := 0
	for i := range w.people {
		for _, e := range w.people[i].extras {
			if e.at.Before(e.by.acts) {
				early++
			}
		}
	}
	if early > 0 {
		t.Errorf("%d of %d orders come before their message acts", early, n)
	}
}
