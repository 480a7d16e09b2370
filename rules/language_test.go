package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/calendar"
)

// mei bought food and a toy on the day of Double 11, food again in March, and
// has declared some of herself.
func mei(t testing.TB) Env {
	return NewEnv(Customer{
		ID: "mei", PhoneKnown: true, FirstSeen: instant(t, "2025-11-10T23:30:00Z"), Tags: []string{"vip"},
		Attributes: map[string]Attribute{
			"concern":  {Kind: Text, Text: "safety"},
			"children": {Kind: Number, Number: 2},
			"birthday": {Kind: Date, Date: calendar.Date{Year: 1990, Month: time.March, Day: 5}},
			"member":   {Kind: Truth, Truth: true},
			"empty":    {},
			"blank":    {Kind: Text},
		},
	}, []OrderFact{
		{At: instant(t, "2025-11-11T09:00:00Z"), Minor: 32000, Parts: []Part{
			{Category: "food", SKU: "F-1", Role: "profit", Minor: 10000, Units: 2},
			{Category: "food", SKU: "F-2", Role: "traffic", Minor: 5050, Units: 1},
			{Category: "toys", SKU: "T-1", Role: "potential", Minor: 15000, Units: 1},
			{SKU: "X-1", Minor: 1950, Units: 1},
		}},
		{At: instant(t, "2025-12-24T09:00:00Z"), Minor: 8000, Parts: []Part{{Category: "toys", SKU: "T-1", Role: "potential", Minor: 8000, Units: 1}}},
		{At: instant(t, "2026-03-01T09:00:00Z"), Minor: 3000, Parts: []Part{{Category: "food", SKU: "F-2", Role: "traffic", Minor: 3000, Units: 3}}},
	}, instant(t, "2026-03-05T01:00:00Z"), euro(t)).WithEvents([]EventFact{
		{Name: "Product Viewed", At: instant(t, "2026-03-04T23:30:00Z")}, // already the 5th in Berlin
		{Name: "Cart Abandoned", At: instant(t, "2026-03-04T09:00:00Z")},
		{Name: "Product Viewed", At: instant(t, "2026-02-01T09:00:00Z")},
		{Name: "Product Viewed", At: instant(t, "2026-03-06T09:00:00Z")}, // after the decision
	}).WithEvent(EventFact{Name: "Order Delayed", At: instant(t, "2026-03-05T00:30:00Z"), Props: map[string]Attribute{
		"carrier":     {Kind: Text, Text: "dhl"},
		"delay_days":  {Kind: Number, Number: 3},
		"promised_on": {Kind: Date, Date: calendar.Date{Year: 2026, Month: time.March, Day: 8}},
		"insured":     {Kind: Truth},
	}}).WithOrder(OrderFact{At: instant(t, "2026-03-01T09:00:00Z"), Minor: 30000, Lines: 4, Parts: []Part{
		{Category: "toys", SKU: "T-1", Minor: 9000, Units: 1},
		{Category: "food", SKU: "F-1", Role: "profit", Minor: 5000, Units: 2},
		{Category: "food", SKU: "F-2", Minor: 5000, Units: 1},
		{SKU: "X-1", Minor: 11000, Units: 1},
	}})
}

// bare is a customer of whom nothing is known, all of it loaded.
func bare(t testing.TB) Env {
	return NewEnv(Customer{ID: "new", Tags: []string{}, Attributes: map[string]Attribute{}}, nil, instant(t, "2026-03-05T01:00:00Z"), euro(t)).
		WithEvents(nil).WithEvent(EventFact{Name: "Order Delayed", At: instant(t, "2026-03-05T00:30:00Z")}).WithOrder(OrderFact{Parts: []Part{}})
}

func TestWhatIsKnownOfCustomers(t *testing.T) {
	t.Parallel()
	const (
		noText  = " is unknown: the profile does not say"
		noEvent = " is unknown: the event does not say"
	)
	for _, test := range []struct{ rule, mei, bare string }{
		{`customer.has_tag("vip")`, "true", "false"},
		{`customer.has_tag("VIP") or customer.has_tag(lower("VIP"))`, "true", "false"},
		{`customer.text("concern") == "safety"`, "true", `customer.text("concern")` + noText},
		{`customer.knows("concern") and customer.text("concern") in ["safety", "wear"]`, "true", "false"},
		{`customer.knows("empty")`, "false", "false"},
		{`customer.number("children") >= 2`, "true", `customer.number("children")` + noText},
		{`customer.number("concern") >= 2`, `customer.number("concern") is unknown: it is kept as text`, `customer.number("concern")` + noText},
		{`customer.date("birthday") > "1945-12-31" and customer.date("birthday") not in ["1901-01-01"]`, "true", `customer.date("birthday")` + noText},
		{`customer.date("birthday") < "1990-03-06"`, "true", `customer.date("birthday")` + noText},
		{`days_since(customer.date("birthday")) == 13149`, "true", `customer.date("birthday")` + noText},
		{`days_since("2026-03-01") == 4 and days_since(at.on) == 0`, "true", "true"},
		{`customer.truth("member")`, "true", `customer.truth("member")` + noText},
		{`customer.first_seen_on == "2025-11-11"`, "true", "customer.first_seen_on" + noText},
		{`customer.phone_known`, "true", "false"},

		{`orders.of("food").count == 2`, "true", "false"},
		{`orders.of("food").revenue == 180.50`, "true", "false"},
		{`orders.of("food").units == 6 and orders.units == 9`, "true", "false"},
		{`orders.of("food").average == 90.25`, "true", "orders.average is unknown: there are no such orders"},
		{`orders.of("toys").first_on == "2025-11-11" and orders.of("toys").last_on == "2025-12-24"`, "true", "orders.first_on is unknown: there are no such orders"},
		{`orders.of("food").days_since_last == 4 and orders.of("food").days_since_first == 114`, "true", "orders.days_since_last is unknown: there are no such orders"},
		{`orders.of("wine").count == 0`, "true", "true"},
		{`orders.of("wine").last_on > "2020-01-01"`, "orders.last_on is unknown: there are no such orders", "orders.last_on is unknown: there are no such orders"},
		{`orders.of("food").on("2025-11-11").revenue == 150.50`, "true", "false"},
		{`orders.on("2025-11-11").of("food").revenue == 150.50`, "true", "false"},
		{`orders.of("food").of_sku("F-2").revenue == 80.50`, "true", "false"},
		{`orders.of_sku("F-2").of("food").revenue == 80.50`, "true", "false"},
		{`orders.of_sku("F-2").of("toys").count == 0 and orders.of("food").of("toys").count == 0`, "true", "true"},
		{`orders.of(customer.text("blank")).count == 0 and not order.has(customer.text("blank"))`, "true", `customer.text("blank")` + noText},
		{`orders.of_sku("T-1").in("100d").count == 1`, "true", "false"},
		{`orders.of_role("traffic").revenue == 80.50 and orders.of_role("marginal").count == 0`, "true", "false"},
		{`orders.of("food").of_role("profit").units == 2 and orders.of_role("profit").of_role("traffic").count == 0`, "true", "false"},
		{`bought("profit") and bought("toys") and bought("X-1")`, "true", "false"},
		{`bought("marginal") or bought("profi") or bought(customer.text("blank"))`, "false", `customer.text("blank")` + noText},
		{`order.has_role("profit") and not order.has_role("traffic")`, "true", "false"},
		{`first_order.has_role("potential") and last_order.has_role("traffic") and not last_order.has_role("profit")`, "true", "first_order.has_role is unknown: there are no such orders"},
		{`orders.of("food").since("2026-01-01").before("2026-02-01").count == 0`, "true", "true"},
		{`orders.of(order.category).before(order.on).count == 1`, "true", "order.category is unknown: no line has a category"},

		{`order.category == "food"`, "true", "order.category is unknown: no line has a category"},
		{`order.category_known`, "true", "false"},
		{`order.has("toys") and not order.has("wine")`, "true", "false"},
		{`order.has_sku("F-1") and order.units == 5`, "true", "false"},

		{`events("Product Viewed").count == 2`, "true", "false"},
		{`events("Order Placed").count == 0`, "true", "true"},
		{`events("Product Viewed").last_on == "2026-03-05"`, "true", `events("...").last_on is unknown: there are no such events`},
		{`events("Cart Abandoned").days_since_last == 1`, "true", `events("...").days_since_last is unknown: there are no such events`},
		{`events("Product Viewed").on("2026-03-05").count == 1`, "true", "false"},
		{`events("Product Viewed").in("30d").count == 1`, "true", "false"},
		{`events("Product Viewed").before("2026-03-05").since("2026-02-01").count == 1`, "true", "false"},

		{`event.text("carrier") == "dhl"`, "true", `event.text("carrier")` + noEvent},
		{`event.number("delay_days") >= 2 and not event.truth("insured")`, "true", `event.number("delay_days")` + noEvent},
		{`event.date("promised_on") > at.on and event.on == "2026-03-05"`, "true", `event.date("promised_on")` + noEvent},
		{`event.knows("delay_days")`, "true", "false"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			p := compile(t, test.rule, Options{Order: true, Event: true})
			if got := outcome(p, mei(t)); got != test.mei {
				t.Errorf("mei: got %s, want %s", got, test.mei)
			}
			if got := outcome(p, bare(t)); got != test.bare {
				t.Errorf("bare: got %s, want %s", got, test.bare)
			}
		})
	}
}

// One that has very many lines is cut shorter, and the newest order always stays.
func TestManyLines(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-05T01:00:00Z")
	facts := make([]OrderFact, 3)
	for i := range facts {
		facts[i] = OrderFact{At: at.AddDate(0, 0, i-len(facts)+1), Minor: 100, Parts: make([]Part, MaxLines+1)}
		facts[i].Parts[0] = Part{Category: "food", Minor: 60}
	}
	env := NewEnv(Customer{ID: "shop"}, facts, at, euro(t))
	for rule, want := range map[string]string{
		`orders.count == 3 and orders.revenue == 3`:          "true",
		`orders.of("food").on("2026-03-05").revenue == 0.60`: "true",
		`orders.of("food").count == 3`:                       "orders.count is unknown: it looks beyond the newest orders that are read one by one (1)",
	} {
		if got := outcome(compile(t, rule, Options{}), env); got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
	}
}

// What a caller did not load is never an answer.
func TestWhatWasNotLoaded(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-05T01:00:00Z")
	env := NewEnv(Customer{ID: "ann"}, []OrderFact{{At: at, Minor: 100}}, at, euro(t)).WithOrder(OrderFact{At: at, Minor: 100})
	totals := NewTotalsEnv(Customer{ID: "ann"}, Totals{Count: 1, Minor: 100, First: at, Last: at}, at, euro(t))
	for _, test := range []struct {
		rule string
		env  Env
		want string
	}{
		{`customer.has_tag("vip")`, env, "the tags of the customer were not loaded"},
		{`customer.knows("concern")`, env, "the attributes of the customer were not loaded"},
		{`customer.text("concern") == ""`, env, "the attributes of the customer were not loaded"},
		{`orders.of("food").count == 0`, env, "the lines of the orders were not loaded"},
		{`orders.of_sku("A-1").count == 0`, env, "the lines of the orders were not loaded"},
		{`bought("A-1")`, env, "the lines of the orders were not loaded"},
		{`bought("A-1")`, totals, "the history of orders was not loaded"},
		{`order.has_role("new")`, env, "the lines of the order were not loaded"},
		{`orders.units == 0`, env, "the lines of the orders were not loaded"},
		{`orders.of("food").count == 0`, totals, "the history of orders was not loaded"},
		{`orders.units == 0`, totals, "the history of orders was not loaded"},
		{`order.category == "food"`, env, "the lines of the order were not loaded"},
		{`order.category_known`, env, "the lines of the order were not loaded"},
		{`order.has("food")`, env, "the lines of the order were not loaded"},
		{`order.has_sku("A-1")`, env, "the lines of the order were not loaded"},
		{`order.units == 0`, env, "the lines of the order were not loaded"},
		{`order.revenue == 0`, totals, "the order was not given"},
		{`event.text("carrier") == "dhl"`, env, "the event was not given"},
		{`events("Product Viewed").count == 0`, env, "the events were not loaded"},
	} {
		if got := outcome(compile(t, test.rule, Options{Order: true, Event: true}), test.env); got != test.want {
			t.Errorf("%s: got %s, want %s", test.rule, got, test.want)
		}
	}
}

func TestTheCategoryOfAMixedBasket(t *testing.T) {
	t.Parallel()
	p, faults := CompileText("order.category", Options{Order: true})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	const none = "order.category is unknown: no line has a category"
	for name, test := range map[string]struct {
		parts []Part
		want  string
	}{
		"worth most":             {[]Part{{Category: "toys", Minor: 3}, {Category: "food", Minor: 2}, {Minor: 9}}, "toys"},
		"worth most in all":      {[]Part{{Category: "toys", Minor: 3}, {Category: "food", Minor: 2}, {Category: "food", Minor: 2}}, "food"},
		"of equals the first":    {[]Part{{Category: "toys", Minor: 3}, {Category: "wine", Minor: 3}, {Category: "food", Minor: 3}}, "food"},
		"worth nothing at all":   {[]Part{{Category: "gifts"}, {Minor: 9}}, "gifts"},
		"without any category":   {[]Part{{SKU: "A-1", Minor: 9}}, none},
		"without any kept lines": {[]Part{}, none},
	} {
		got, err := p.Text(bare(t).WithOrder(OrderFact{Parts: test.parts}))
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// Of a customer with very many orders the older ones are totals: an answer that
// they suffice for is exact, any other is an error.
func TestManyOrders(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-05T01:00:00Z")
	facts := make([]OrderFact, MaxOrders+10) // one a day at two in the morning; the 1000th last on 2023-06-10
	for i := range facts {
		facts[i] = OrderFact{At: at.AddDate(0, 0, i-len(facts)+1), Minor: 100, Parts: []Part{{Category: "food", SKU: "F-1", Minor: 60, Units: 2}}}
	}
	env := NewEnv(Customer{ID: "shop"}, facts, at, euro(t))
	const deep = " is unknown: it looks beyond the newest orders that are read one by one (1000)"
	for _, test := range []struct{ rule, want string }{
		{`orders.count == 1010 and orders.revenue == 1010 and orders.average == 1`, "true"},
		{`orders.first_on == "2023-05-31" and orders.days_since_first == 1009 and orders.days_since_last == 0`, "true"},
		{`orders.since("2023-05-31").count == 1010`, "true"},
		{`orders.before("2023-05-31").count == 0 and orders.on("2020-01-01").count == 0`, "true"},
		{`orders.since("2023-06-10").count == 1000 and orders.since("2023-06-10").revenue == 1000`, "true"},
		{`orders.on("2023-06-10").count == 1 and orders.on("2026-03-05").of("food").revenue == 0.60`, "true"},
		{`orders.before("2023-06-11").count == 11 and orders.before("2023-06-11").revenue == 11`, "true"},
		{`orders.before("2023-06-11").last_on == "2023-06-10" and orders.before("2023-06-10").last_on == "2023-06-09"`, "true"},
		{`orders.in("999d").count == 1000`, "true"},
		{`orders.in("1000d").count == 1001`, "orders.count" + deep},
		{`orders.since("2023-06-09").count == 1001`, "orders.count" + deep},
		{`orders.on("2023-06-01").revenue == 1`, "orders.revenue" + deep},
		{`orders.before("2023-06-09").average == 1`, "orders.average" + deep},
		{`orders.before("2023-06-09").since("2026-01-01").count == 0`, "true"},
		{`orders.of("food").count == 1010`, "orders.count" + deep},
		{`orders.of("food").last_on == "2026-03-05"`, "orders.last_on" + deep},
		{`orders.units == 2020`, "orders.units" + deep},
		{`orders.of("food").in("10d").count == 11 and orders.in("10d").of("food").units == 22`, "true"},
		{`orders.of("food").of("toys").count == 0`, "true"},
	} {
		if got := outcome(compile(t, test.rule, Options{}), env); got != test.want {
			t.Errorf("%s: got %s, want %s", test.rule, got, test.want)
		}
	}
}

func TestNeedsOfTheWholeLanguage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule string
		want Needs
	}{
		{`customer.has_tag("vip")`, Needs{Tags: true}},
		{`customer.knows("b") and customer.text("b") == "x" or customer.number("a") == 1`, Needs{Attributes: []string{"a", "b"}}},
		{`customer.phone_known and customer.first_seen_on < at.on`, Needs{Customer: []string{"first_seen_on", "phone_known"}}},
		{`orders.of("food").count == 1`, Needs{Orders: true, History: true, Lines: true}},
		{`bought("A-1")`, Needs{Orders: true, History: true, Lines: true}},
		{`order.has_role("new")`, Needs{Order: true, OrderLines: true}},
		{`orders.units == 1`, Needs{Orders: true, History: true, Lines: true}},
		{`orders.on("2026-01-01").count == 1 and order.category == "food"`, Needs{Orders: true, History: true, Order: true, OrderLines: true}},
		{`orders.of(order.category).count == 1`, Needs{Orders: true, History: true, Lines: true, Order: true, OrderLines: true}},
		{`events("B").count > 0 and events("A").in("3d").count == 0 and events("B").count < 9`, Needs{Events: []string{"A", "B"}}},
		{`event.text("carrier") == customer.text("carrier")`, Needs{Event: true, Attributes: []string{"carrier"}}},
	} {
		got := compile(t, test.rule, Options{Order: true, Event: true}).Needs()
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s: -got +want\n%s", test.rule, diff)
		}
	}
}

func TestExplainOfTheWholeLanguage(t *testing.T) {
	t.Parallel()
	p := compile(t, `orders.of("food").in("30d").revenue >= 10 and not customer.has_tag("new") and customer.has_tag("vip") and`+
		` customer.text("concern") == "safety" and customer.date("birthday") < at.on and days_since(customer.date("birthday")) > 18 * 365.25 and`+
		` events("Product Viewed").since("2026-03-01").count >= 1 and event.number("delay_days") > 5 and order.category in ["food"] and event.text("depot") == "B"`,
		Options{Order: true, Event: true})
	var got []string
	for _, c := range p.Explain(mei(t)) {
		got = append(got, c.String())
	}
	want := []string{
		`orders.of("food").in("30d").revenue >= 10: true (orders.of("food").in("30d").revenue is 30.00)`,
		`not customer.has_tag("new"): true (customer.has_tag("new") is false)`,
		`customer.has_tag("vip"): true`,
		`customer.text("concern") == "safety": true (customer.text("concern") is "safety")`,
		`customer.date("birthday") < at.on: true (customer.date("birthday") is 1990-03-05, at.on is 2026-03-05)`,
		`days_since(customer.date("birthday")) > 18 * 365.25: true (customer.date("birthday") is 1990-03-05, days_since(customer.date("birthday")) is 13149)`,
		`events("Product Viewed").since("2026-03-01").count >= 1: true (events("Product Viewed").since("2026-03-01").count is 1)`,
		`event.number("delay_days") > 5: false (event.number("delay_days") is 3)`,
		`order.category in ["food"]: true (order.category is "food")`,
		`event.text("depot") == "B": event.text("depot") is unknown: the event does not say`,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestCompileText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, want string
		needs      Needs
	}{
		{"order.category", "food", Needs{Order: true, OrderLines: true}},
		{` lower(customer.text("concern")) `, "safety", Needs{Attributes: []string{"concern"}}},
		{`event.text("carrier")`, "dhl", Needs{Event: true}},
		{"customer.region", "customer.region is unknown: the profile does not say", Needs{Customer: []string{"region"}}},
	} {
		p, faults := CompileText(test.text, Options{Order: true, Event: true})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		got, err := p.Text(mei(t))
		if err != nil {
			got = err.Error()
		}
		if got != test.want || p.String() != test.text {
			t.Errorf("%s: got %s, want %s", p, got, test.want)
		}
		if diff := cmp.Diff(p.Needs(), test.needs); diff != "" {
			t.Errorf("%s: -got +want\n%s", test.text, diff)
		}
	}
}
