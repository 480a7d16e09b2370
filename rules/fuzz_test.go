package rules

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

func FuzzRule(f *testing.F) {
	for _, s := range []string{
		"orders.count == 1", `orders.on("2026-01-01").revenue >= 299 and not customer.email_known`, "order.lines in [1,2]",
		"((((true))))", "1 < orders.count < 3", "!!true", `customer.region not in ["a"]`, "orders?.count", "let x = 1; x > 0",
		"{a: 1}.a", "orders[0]", "1..2", "all(orders, # > 1)", "orders.count ?? 1", "true ? true : false", "a | b", "-1 ** 2 > 1", "'\\u00e9' == customer.id", "#", ".x", "$env", "1e308*1e308>1", "if true {1} else {2}",
		`orders.of("food").of_sku("F-1").in("30d").average > 1`, `orders.units > order.units and order.has("food") and order.category == "food"`,
		`customer.has_tag("vip") and customer.text("concern") == "safety"`, `customer.number("children") >= 2 and customer.truth("member")`,
		`days_since(customer.date("birthday")) > 18 * 365`, `events("Product Viewed").since("2026-01-01").count > 1`,
		`event.knows("carrier") and event.number("delay_days") >= 2`, "order.category", `lower(event.text("carrier"))`,
		"orders.overdue > 2 and orders.gap_probability < 0.05 or orders.expected_gap * 2 < orders.average_gap", `orders.refund_share + orders.refunded_share > orders.coupon_share * orders.full_price_share`,
		`orders.back_for("size") > 0 and orders.on_time_share < 0.5 and orders.trend >= 1`, `order.status_known and order.status == "paid" or last_order.on_time`, `order.discount_known and order.discount > 1 and not order.coupon`,
		`first_order.entry_path_known and first_order.entry_path in ["search", "ad"]`, `first_order.has("food") and last_order.has_sku("F-1") and first_order.on < last_order.on`,
		`rfm.cell == "555" or rfm.recency + rfm.frequency + rfm.monetary > 12`, `lifecycle.stage in ["lapsed"] and lifecycle.days_in_stage > 30 and lifecycle.since < "2026-01-01"`,
		`predicted.alive < 0.3 and predicted.orders("90d") < 0.1 and predicted.order_value > 20 and predicted.clv > 5`, `events("A").with("b", "c").distinct("d") > 1 and events("A").knows("e")`,
		`events("A").text("x") == "y" or events("A").number("n") > 1 or events("A").date("d") == "2026-01-01" or events("A").truth("t")`, `messages.with("campaign", "a").in("14d").count == 0 and responses.days_since_last > 3`,
		`customer.age_known and customer.age > 64 and customer.sex == "female" and customer.has_interest("tea")`, `customer.birthday < "1980-01-01" and customer.occupation_known and customer.source != "ad"`,
		`in_segment("loyal") and not in_segment("round")`, `customer.id == "a\x00b"`, `events("\u0000").count > 0`, "orders.count * 1e-200 * 1e-200 > 1e308 * 10 - 1e308 * 10", `at.month == 2 and at.day in [28, 29] and at.weekday == "sunday"`,
	} {
		f.Add(s)
	}
	for _, file := range func() []txtar.File {
		a, err := txtar.ParseFile("testdata/errors.txtar")
		if err != nil {
			f.Fatal(err)
		}
		return a.Files
	}() {
		rule, _, _ := strings.Cut(string(file.Data), "\n---\n")
		f.Add(rule)
	}
	full, none, heavy := mei(f), bare(f), wholesaler(f)
	f.Fuzz(func(t *testing.T, rule string) {
		options := Options{Order: true, Event: true, Segments: map[string]string{"loyal": "orders.count > 2", "round": `in_segment("round")`}}
		p, faults := Compile(rule, options)
		if (p == nil) == (len(faults) == 0) {
			t.Fatalf("program and faults: %v %v", p, faults)
		}
		ours(t, rule, faults)
		text, faults := CompileText(rule, options)
		ours(t, rule, faults)
		if p != nil && text != nil {
			t.Fatalf("%q is a rule and a text", rule)
		}
		if text != nil {
			text.Text(full) //nolint:errcheck // that it returns is all
		}
		if p == nil {
			return
		}
		for _, env := range []Env{full, none, heavy} {
			got, want := outcome(p, env), outcome(p, env)
			if got != want {
				t.Errorf("%q: %s, then %s", rule, got, want)
			}
			ours(t, rule, Faults{{Message: got}})
		}
		p.Explain(full)
		p.Explain(none)
		if took, bytes := cost(rule, options, heavy); took > maxTime || bytes > maxBytes {
			t.Errorf("%q took %v and %d bytes", rule, took, bytes)
		}
	})
}

// ours looks for words of the machinery in what a person reads.
func ours(t *testing.T, rule string, faults Faults) {
	for _, f := range faults {
		for _, internal := range []string{"func(", "*rules", "float64", "interface", "ast.", "$env", "nature", "runtime", "nil pointer", "function."} {
			if strings.Contains(f.Message+f.Hint, internal) && !strings.Contains(rule, internal) {
				t.Errorf("%q: not in our words: %s", rule, f)
			}
		}
	}
}

// What a rule may cost to compile and to judge once.
const (
	maxTime  = 50 * time.Millisecond
	maxBytes = 32 << 20
)

// cost is the least of three times that the processor was busy with it, since
// others use the machine too, and the bytes that were allocated.
func cost(rule string, options Options, env Env) (best time.Duration, bytes uint64) {
	var before, after runtime.MemStats
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := range 3 {
		runtime.ReadMemStats(&before)
		start := busy()
		if p, _ := Compile(rule, options); p != nil {
			p.Match(env) //nolint:errcheck // only what it costs
		}
		took := busy() - start
		runtime.ReadMemStats(&after)
		if bytes = after.TotalAlloc - before.TotalAlloc; i == 0 || took < best {
			best = took
		}
	}
	return best, bytes
}

// busy is how long this thread has had a processor.
func busy() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// The dearest rules we know, on the largest customer. Not parallel: it counts
// what is allocated.
func TestCost(t *testing.T) {
	env := wholesaler(t)
	for name, rule := range map[string]string{
		"units":    repeat(`orders.of("food").units > 0`, 48),
		"averages": repeat(`orders.of("food").average > 0`, 48),
		"nothing":  repeat(`orders.of("wood").count == 0`, 48),
		"days":     repeat(`orders.on("2026-01-01").count < 9`, 48),
		"a chain":  "orders" + strings.Repeat(`.of("food")`, 120) + ".average > 0",
		"spans":    "orders" + strings.Repeat(`.before(orders.last_on)`, 80) + ".count > 0",
		"a search": `not ("` + strings.Repeat("a", 4000) + `" contains "` + strings.Repeat("a", 50) + `b")`,
		"texts":    repeat(`lower(customer.text("note")) contains customer.text("note")`, 35),
	} {
		if got := outcome(compile(t, rule, Options{}), env); got != "true" {
			t.Fatalf("%s: got %s, want true: it was not judged to its end", name, got)
		}
		// The race detector makes it five times slower.
		if took, bytes := cost(rule, Options{}, env); took > 5*maxTime || bytes > maxBytes {
			t.Errorf("%s: %v and %d bytes", name, took, bytes)
		}
	}
}

func repeat(condition string, times int) string {
	return strings.Repeat(condition+" and ", times-1) + condition
}

// wholesaler has as many orders and lines as a rule can look into.
func wholesaler(t testing.TB) Env {
	at := instant(t, "2026-03-05T01:00:00Z")
	facts := make([]OrderFact, MaxOrders)
	for i := range facts {
		facts[i] = OrderFact{At: at.AddDate(0, 0, i-len(facts)+1), Minor: 600, Parts: make([]Part, MaxLines/MaxOrders)}
		for j := range facts[i].Parts {
			facts[i].Parts[j] = Part{Category: "food", SKU: "F-1", Minor: 60, Units: 2}
		}
	}
	who := Customer{ID: "wholesaler", Tags: []string{"vip"}, Attributes: map[string]Attribute{"note": {Kind: Text, Text: strings.Repeat("x", 1000)}}}
	newest := facts[len(facts)-1]
	return NewEnv(who, facts, at, euro(t)).WithOrder(newest).WithEvents(nil).WithEvent(EventFact{Name: "Order Delayed", At: at})
}
