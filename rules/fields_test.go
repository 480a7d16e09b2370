package rules

import (
	"testing"
	"time"
)

// ida ordered five times on four days; all of the fourth order came back, and
// some of the second.
func ida(t testing.TB) Env {
	text := func(name, s string) map[string]Attribute { return map[string]Attribute{name: {Kind: Text, Text: s}} }
	return NewEnv(Customer{ID: "ida", FirstName: "Ida", Holds: []string{"complaint_open"}, Attributes: map[string]Attribute{}}, []OrderFact{
		{At: instant(t, "2026-01-01T09:00:00Z"), Minor: 10000, Parts: []Part{{Category: "food", SKU: "F-1", Minor: 10000, Units: 2}}},
		{At: instant(t, "2026-01-11T09:00:00Z"), Minor: 5000, Refunded: 2500, Parts: []Part{{Category: "toys", SKU: "T-1", Minor: 5000, Units: 1}}},
		{At: instant(t, "2026-01-11T20:00:00Z"), Minor: 2000, Parts: []Part{{SKU: "X-1", Minor: 2000, Units: 1}}},
		{At: instant(t, "2026-01-21T09:00:00Z"), Minor: 0, Refunded: 8000, Back: true},
		{At: instant(t, "2026-02-10T09:00:00Z"), Minor: 4500, Parts: []Part{{Category: "food", SKU: "F-2", Minor: 3000, Units: 3}, {Category: "toys", SKU: "T-1", Minor: 1500, Units: 1}}},
	}, instant(t, "2026-03-02T01:00:00Z"), euro(t)).WithEvents([]EventFact{
		{Name: "Review Posted", At: instant(t, "2026-02-01T09:00:00Z"), Props: map[string]Attribute{"score": {Kind: Number, Number: 5}, "sku": {Kind: Text, Text: "F-1"}}},
		{Name: "Review Posted", At: instant(t, "2026-02-20T09:00:00Z"), Props: map[string]Attribute{"score": {Kind: Number, Number: 2}, "sku": {Kind: Text, Text: "T-1"}}},
		{Name: "Review Posted", At: instant(t, "2026-02-20T08:00:00Z"), Props: text("sku", "T-1")},
		{Name: MessageSent, At: instant(t, "2026-02-25T09:00:00Z"), Props: text("campaign", "win-back")},
		{Name: MessageSent, At: instant(t, "2026-01-25T09:00:00Z"), Props: text("campaign", "thanks")},
		{Name: CodeUsed, At: instant(t, "2026-02-10T09:00:00Z"), Props: text("campaign", "thanks")},
	})
}

func TestWhatWasBoughtAndWhatHappened(t *testing.T) {
	t.Parallel()
	none := NewEnv(Customer{ID: "new", Holds: []string{}, Attributes: map[string]Attribute{}}, nil, instant(t, "2026-03-02T01:00:00Z"), euro(t)).WithEvents(nil)
	for _, test := range []struct{ rule, ida, none string }{
		{"orders.count == 4 and orders.days == 3", "true", "false"},
		{"orders.average_gap == 20", "true", "orders.average_gap is unknown: there are no two days with such orders"},
		{"orders.overdue == 1", "true", "orders.overdue is unknown: there are no two days with such orders"},
		{`orders.of("food").average_gap == 40 and orders.of("food").overdue == 0.5`, "true", "orders.average_gap is unknown: there are no two days with such orders"},
		{`orders.since("2026-01-05").days == 2`, "true", "false"},
		{`orders.in("1y").count == 4 and orders.in("8760h").count == orders.in("1y").count`, "true", "false"},
		{"orders.refund_share == 105 / 320", "true", "orders.refund_share is unknown: nothing was ordered"},
		{"orders.refunded_share == 0.4", "true", "orders.refunded_share is unknown: nothing was ordered"},
		{`orders.on("2026-01-21").count == 0 and orders.on("2026-01-21").refund_share == 1`, "true", "orders.refund_share is unknown: nothing was ordered"},
		{`orders.since("2026-02-01").refund_share == 0`, "true", "orders.refund_share is unknown: nothing was ordered"},

		{`first_order.on == "2026-01-01" and first_order.category == "food" and first_order.revenue == 100`, "true", "first_order.on is unknown: there are no such orders"},
		{`last_order.has("toys") and last_order.units == 4 and last_order.lines == 2`, "true", "last_order.has is unknown: there are no such orders"},
		{`orders.count > 0 and last_order.category_known and last_order.category != first_order.category`, "false", "false"},

		{`events("Review Posted").number("score") <= 2`, "true", `events.number("score") is unknown: the newest event does not say, or there is none`},
		{`events("Review Posted").before("2026-02-10").number("score") == 5`, "true", `events.number("score") is unknown: the newest event does not say, or there is none`},
		{`events("Review Posted").distinct("sku") == 2`, "true", "false"},
		{`events("Review Posted").with("sku", "T-1").in("30d").count == 2`, "true", "false"},
		{`events("Review Posted").with("sku", "T-1").knows("score")`, "true", "false"},

		{`messages.count == 2 and messages.days_since_last == 5`, "true", "false"},
		{`messages.with("campaign", "thanks").in("30d").count == 0`, "true", "true"},
		{`responses.days_since_last == 20`, "true", "responses.days_since_last is unknown: there are no such events"},
		{`customer.complaint_open and not customer.dispute_open`, "true", "false"},
		{`customer.first_name == "Ida" and not customer.last_name_known`, "true", "customer.first_name is unknown: the profile does not say"},
	} {
		p := compile(t, test.rule, Options{})
		if got := outcome(p, ida(t)); got != test.ida {
			t.Errorf("%s: ida: got %s, want %s", test.rule, got, test.ida)
		}
		if got := outcome(p, none); got != test.none {
			t.Errorf("%s: nobody: got %s, want %s", test.rule, got, test.none)
		}
	}
}

// What older orders add up to is the same whether they are read one by one or
// known by their totals.
func TestOlderOrdersAddUp(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-02T12:00:00Z")
	facts := make([]OrderFact, MaxOrders+500)
	for i := range facts {
		facts[i] = OrderFact{At: at.Add(time.Duration(i-len(facts)) * 9 * time.Hour), Minor: int64(100 + i), Refunded: int64(i % 3)}
	}
	var all Totals
	m := &moment{at: at, basis: euro(t)}
	all = m.totals(facts)
	env := NewEnv(Customer{}, facts, at, euro(t))
	o := env.root.Orders
	if o.older.Count != 500 || o.count() != all.Count || o.days() != all.Days || o.minor() != all.Minor || o.ordered() != (Totals{
		Count: 500, Days: o.older.Days, Minor: o.older.Minor, FirstDayMinor: all.FirstDayMinor, First: all.First, Last: o.older.Last,
		Placed: all.Placed, Refunded: all.Refunded, GrossMinor: all.GrossMinor, RefundedMinor: all.RefundedMinor}) {
		t.Errorf("got %d orders on %d days worth %d, ordered %+v; want %+v", o.count(), o.days(), o.minor(), o.ordered(), all)
	}
	if got := outcome(compile(t, "last_order.revenue > 0 and first_order.revenue > 0", Options{}), env); got != "first_order.revenue is unknown: it looks beyond the newest orders that are read one by one (1000)" {
		t.Errorf("got %s", got)
	}
}

func TestSharesAreOfWholeOrders(t *testing.T) {
	t.Parallel()
	_, faults := Compile(`orders.of("food").in("1d").refund_share > 0`, Options{})
	if got, want := faults.Error(), "1:28: orders.refund_share is of whole orders, not of some of their lines (leave of(...), of_sku(...) and of_role(...) away)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for rule, want := range map[string]string{
		`events("a").with("b").count > 0`:        `1:13: events("...").with takes a name in quotes and text (as in events("...").with("category", "food"))`,
		`messages.with("campaign", 3).count > 0`: `1:27: messages.with takes text, not a number (as in messages.with("campaign", "win-back"))`,
		`first_order == 1`:                       `1:1: "first_order" as a whole cannot be compared with "==" (name a part of it, as in first_order.revenue)`,
		`in_segment`:                             `1:1: in_segment takes a name in quotes (as in in_segment("loyal"))`,
	} {
		if _, faults := Compile(rule, Options{}); faults.Error() != want {
			t.Errorf("%s: got %s, want %s", rule, faults.Error(), want)
		}
	}
}
