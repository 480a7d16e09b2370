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
