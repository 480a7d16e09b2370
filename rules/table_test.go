package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fieldTable is the generated part of README.md.
func fieldTable() string {
	var b strings.Builder
	b.WriteString("| write | is | what it says | unknown when |\n|---|---|---|---|\n")
	for _, f := range Fields() {
		is := f.Gives()
		if f.Money {
			is += " (money)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Write, is, f.Says, f.Unknown)
	}
	return b.String()
}

func TestWhatARuleReads(t *testing.T) {
	t.Parallel()
	segments := map[string]string{"big": `orders.revenue >= 500 or events("Product Viewed").in("7d").count > 3`}
	for rule, want := range map[string]string{
		"true": "",
		`orders.count > 0 and orders.of("food").in("90d").count == 0`:                                   `orders.count, orders.of("food"), orders.in("90d")`,
		`in_segment("big") and not in_segment("big")`:                                                   `orders.revenue, events("Product Viewed"), events("...").in("90d"), events("...").count`,
		`messages.with("campaign", "tea").count == 0 and first_order.has("food") and at.month == 5`:     `messages.with("campaign", "win-back"), messages.count, first_order.has("food"), at.month`,
		`days_since(customer.date("birthday")) / 365 > 18 and abs(orders.revenue - orders.average) < 1`: `customer.date("birthday"), days_since(customer.date("birthday")), orders.revenue, orders.average, abs(5)`,
	} {
		var got []string
		for _, f := range compile(t, rule, Options{Segments: segments}).Fields() {
			if f.Says == "" || f.Is == "" {
				t.Errorf("%s: %+v says nothing", rule, f)
			}
			got = append(got, f.Write)
		}
		if diff := cmp.Diff(strings.Join(got, ", "), want); diff != "" {
			t.Errorf("%s: -got +want\n%s", rule, diff)
		}
	}
}
