package rules

import "testing"

func BenchmarkMatch(b *testing.B) {
	p := compile(b, "orders.count >= 2 and orders.days_since_last >= 90 and orders.revenue >= 299", Options{})
	env := NewTotalsEnv(Customer{}, Totals{Count: 3, Minor: 44951, First: instant(b, "2025-01-10T22:59:59Z"), Last: instant(b, "2025-03-02T22:30:00Z")},
		instant(b, "2026-03-05T01:00:00Z"), euro(b))
	b.ReportAllocs()
	for b.Loop() {
		if match, err := p.Match(env); !match || err != nil {
			b.Fatal(match, err)
		}
	}
}

// The rule of the marketplace case, with the history of an ordinary customer.
func BenchmarkMatchDouble11(b *testing.B) {
	p := compile(b, `orders.on("2026-11-11").revenue >= 299 and orders.before("2026-11-11").count == 0`, Options{})
	facts := []OrderFact{{At: instant(b, "2026-11-11T02:00:00Z"), Minor: 19900}, {At: instant(b, "2026-11-11T09:00:00Z"), Minor: 15000}}
	at, basis := instant(b, "2026-11-12T02:00:00Z"), euro(b)
	b.ReportAllocs()
	for b.Loop() {
		if match, err := p.Match(NewEnv(Customer{}, facts, at, basis)); !match || err != nil {
			b.Fatal(match, err)
		}
	}
}

func BenchmarkMatchLines(b *testing.B) {
	p := compile(b, `orders.of("food").in("100d").revenue >= 10 and customer.has_tag("vip") and events("Product Viewed").count > 1`, Options{})
	env := mei(b)
	b.ReportAllocs()
	for b.Loop() {
		if match, err := p.Match(env); !match || err != nil {
			b.Fatal(match, err)
		}
	}
}

const typical = `orders.count >= 2 and orders.revenue >= 299 and orders.days_since_last > 30 and customer.region_known and customer.region == "BY"`

// A typical rule on a loaded customer, all clauses true, beside the same by hand.
// The goal is 600 ns and 10 allocations.
func BenchmarkTypical(b *testing.B) {
	p := compile(b, typical, Options{})
	who := Customer{Region: "BY"}
	totals := Totals{Count: 3, Minor: 44951, First: instant(b, "2025-01-10T22:59:59Z"), Last: instant(b, "2025-03-02T22:30:00Z")}
	at, basis := instant(b, "2026-03-05T01:00:00Z"), euro(b)
	env := NewTotalsEnv(who, totals, at, basis)
	b.Run("rule", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if match, err := p.Match(env); !match || err != nil {
				b.Fatal(match, err)
			}
		}
	})
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		m := &moment{at: at, basis: basis}
		for b.Loop() {
			if !(totals.Count >= 2 && totals.Minor >= 29900 && m.ago(m.day(totals.Last)) > 30 && who.Region != "" && who.Region == "BY") {
				b.Fatal("no match")
			}
		}
	})
	b.Run("compile", func(b *testing.B) { // the goal is 1 ms
		b.ReportAllocs()
		for b.Loop() {
			compile(b, typical, Options{})
		}
	})
}
