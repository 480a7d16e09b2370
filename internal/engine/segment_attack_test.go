package engine

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// Whatever a rule holds, PostgreSQL answers, and as the rule itself does: numbers
// and texts that it does not have, spans before all time, lists and nestings as
// long as a rule may be.
func TestNoRuleIsTooMuchForPostgreSQL(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Store: db.Store, Log: slog.New(slog.DiscardHandler), Shop: Shop{Zone: zone, Currency: "EUR", Digits: 2}}
	randomShop(t, db, 40)
	db.Exec(t, `insert into customer_attributes (customer_id, name, at, kind, number_value, source)
		select customer_id, 'children', '2026-01-02', 'number', (array[1.7e308, -1.7e308, 5e-324, 0, 1e-200]::float8[])[1 + customer_id % 5], 't' from customers where customer_id % 3 > 0 on conflict do nothing`)
	db.Exec(t, `insert into customer_attributes (customer_id, name, at, kind, date_value, source)
		select customer_id, 'birthday', '2025-01-02', 'date', (array['2000-02-29', '2026-12-01', '2027-01-01', '2026-07-01', '1999-11-30']::date[])[1 + customer_id % 5], 't' from customers on conflict do nothing`)
	if err := db.Store.EnsureFeatures(context.Background(), "EUR", zone.String()); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{
		time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
		time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC),
		time.Date(2027, 2, 28, 12, 0, 0, 0, time.UTC),
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		envs := everybody(t, e, at)
		for _, text := range hostile() {
			if at.Year() != 2026 && len(text) > 200 {
				continue // long ones are as long at any time
			}
			rule, faults := rules.Compile(text, rules.Options{})
			if faults != nil {
				t.Fatalf("%s: %v", text, faults)
			}
			t.Run(fmt.Sprintf("%d/%.60s", at.Year(), text), func(t *testing.T) { agree(t, e, rule, at, envs) })
		}
	}
}

func hostile() []string {
	texts := []string{
		// Underflow, overflow, infinity, not a number.
		"orders.count * 1e-200 * 1e-200 > 0", "orders.revenue * 1e-300 * 1e-300 == 0", "orders.count / 1e150 / 1e150 / 1e150 < 1", "0.1 * orders.average / 1e140 / 1e140 / 1e140 > 0",
		"1e-300 / (orders.count * 1e200) < 1", "1 / (orders.count * 1e-200 * 1e-200) > 1", "orders.count * 1e308 > 1", "orders.count * 1e308 * 1e308 > 1", "1e308 * 1e308 > orders.count", "orders.count < 1e308 * 1e308",
		"orders.revenue >= 1e308 * 10", "orders.revenue - 1e308 * 10 < 0", "(1e308 * 10 - 1e308 * 10) > orders.count", "orders.count in [1e308 * 10 - 1e308 * 10, 1]", "orders.count == 1e308 * 10 - 1e308 * 10", "orders.count != 1e308 * 10 - 1e308 * 10",
		"orders.days_since_last > 1e300", "orders.days_since_last < -1e300", "orders.days_since_last >= 9223372036854775807", "orders.count >= 9223372036854775807", "orders.count > 9.3e18", "orders.revenue > 92233720368547758.07", "orders.revenue >= 1e17",
		"orders.average >= 46116860184273879.04", "orders.average > 1e13", "orders.average < 1.1e13", "orders.average == 1.1e13", "orders.average >= 92233720368547758", "orders.average <= -92233720368547758", "orders.average > 4611686018427387", "orders.average > 1e15", `orders.in("300d").average > 1e15`, `orders.in("300d").revenue > 9e16`,
		`customer.number("children") > 0`, `customer.number("children") + 1 > 0`, `customer.number("children") / 3 > 0`, `customer.number("children") * 0.5 > 0`, `-customer.number("children") > 0`, `abs(customer.number("children")) > 1`, `customer.number("children") in [0, 5e-324]`,
		`1 / customer.number("children") > 0`, `orders.count / customer.number("children") > 0`, "orders.count / 5e-324 > 1", "orders.count / 1e-150 / 1e-150 > 1", "-0 * orders.count == 0", "1 / (-0 * orders.count) < 0",
		`events("Review Posted").number("score") * 1e-308 * 1e-20 > 0`, "orders.overdue / 1e150 / 1e150 / 1e150 > 0", "orders.refund_share * orders.refund_share * 1e-300 * 1e-300 >= 0",
		// Texts.
		`customer.region == "\xff"`, `customer.region == "\ud800"`, `events("\xff").count == 0`, `orders.of("\xff").count == 0`, `customer.has_tag("\xff\xfe")`, `customer.knows("\xff")`, `events("a").with("\xff", "\xff").count == 0`, `customer.region contains "\xff"`, `customer.region in ["\xff"]`,
		`customer.region == "'; drop table orders; --"`, `customer.region == "$1::text"`, `customer.region == "\\"`, `customer.region contains "%_\\"`, "customer.region == \"\\\"\"", `customer.region == "浙江"`, `customer.first_name endsWith "\u0301"`, `customer.region contains "\u0301"`,
		`events("$1").with("$2", "$99").count == 0`, `customer.has_tag("a;b")`, `customer.has_interest("tea;books")`, `customer.has_interest(" tea")`, `customer.text("a'b\"c") == "x"`, `customer.knows("$1")`, `lower("ß") contains customer.region`, `customer.region contains ""`, `customer.text("concern") endsWith ""`,
		// Dates and durations.
		`orders.in("3650d").count > 0`, `orders.in("1min").count > 0`, `orders.in("120mo").count > 0`, `orders.in("1mo").count > 0`, `orders.before("1970-01-01").count == 0`, `orders.since("2199-12-31").count == 0`, `orders.on("2199-12-31").count == 0`, `orders.since("2199-12-31").before("1970-01-01").count == 0`,
		`days_since(customer.birthday) > 1e9`, `customer.birthday_month == 2`, `customer.days_to_birthday == 0`, `customer.days_to_birthday <= 1`, `customer.days_to_birthday == 365`, `customer.days_to_birthday > 365`, `customer.days_to_birthday / 7 < 4`,
		`days_since(orders.last_on) in [1, 1e300]`, `customer.age > 1e300`, `customer.age == -1`, `customer.age < 0`, `customer.age == 0`, `customer.age >= 26`, `customer.age == 27`, `customer.age == 36.5`,
		"orders" + strings.Repeat(`.in("90d")`, 100) + ".count > 0",
	}
	// As long, as deep and as wide as a rule may be.
	for _, part := range []string{"orders.count == 1", `orders.in("1d").count > 0`, `customer.text("a") == "b"`, `events("a").count > 0`, `orders.overdue > 2`, "customer.region == \"BY\""} {
		for _, by := range []string{" or ", " and "} {
			texts = append(texts, joinedParts(part, by, 4000))
		}
	}
	texts = append(texts,
		strings.Repeat("not (", 24)+"orders.overdue > 1"+strings.Repeat(")", 24),
		nested("orders.overdue > %", 20), nested("customer.text(\"k%\") == \"x\"", 20), nested("(orders.in(\"%d\").overdue > 1) == (orders.count > %)", 14),
		`customer.region in ["`+strings.Repeat(`x", "`, 480)+`BY"]`, "orders.overdue in ["+strings.Repeat("1.5, ", 400)+"2]", "orders.count in ["+strings.Repeat("1, ", 480)+"2]",
		"orders.count"+strings.Repeat(" + orders.count", 120)+" > 1", "orders.overdue"+strings.Repeat(" * orders.overdue", 120)+" > 1",
	)
	return texts
}

// joinedParts is a part joined with itself under other numbers, as often as fits.
func joinedParts(part, by string, bytes int) string {
	var b strings.Builder
	for i := 1; b.Len() < bytes && strings.Count(b.String(), by) < 45; i++ {
		if i > 1 {
			b.WriteString(by)
		}
		b.WriteString(strings.NewReplacer("1d", strings.Repeat("1", i%5+1)[:i%5+1]+"min", `"a"`, `"a`+string(rune('a'+i%26))+string(rune('a'+i/26))+`"`).Replace(part))
	}
	return b.String()
}

// nested alternates and and or, each level within the one before.
func nested(part string, levels int) string {
	text := strings.ReplaceAll(part, "%", "1")
	for i := 2; i < levels; i++ {
		one := strings.ReplaceAll(part, "%", string(rune('0'+i%10)))
		if i%2 == 0 {
			text = "(" + one + " or " + text + ")"
		} else {
			text = "(" + one + " and " + text + ")"
		}
	}
	return text
}

// A rule reads no more of anybody than rules.MaxOrders orders one by one: whoever
// has more is left to the rule, and nobody is looked for where nobody has.
func TestWhoHasMoreThanARuleReadsIsLeftToIt(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	e := &Engine{Store: db.Store, Log: slog.New(slog.DiscardHandler), Shop: Shop{Zone: time.UTC, Currency: "EUR", Digits: 2}}
	ctx := context.Background()
	add := func(customer string, orders int) {
		t.Helper()
		db.Exec(t, `insert into customers (shop_id) values ($1) on conflict do nothing`, customer)
		db.Exec(t, `insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
			select $1, i, customer_id, timestamptz '2026-01-01' + i * interval '1 hour', 'EUR', 100 from customers, generate_series(1, $2) i where shop_id = $1`, customer, orders)
		if _, err := db.Store.RebuildFeatures(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Store.EnsureFeatures(ctx, "EUR", "UTC"); err != nil {
		t.Fatal(err)
	}
	rule := mustCompile(t, `orders.in("1y").count >= 1`)
	judged := func() int64 {
		t.Helper()
		a, err := e.CountSegment(ctx, rule, benchAt)
		if err != nil {
			t.Fatal(err)
		}
		agree(t, e, rule, benchAt, everybody(t, e, benchAt))
		return a.Judged
	}
	add("small", 3)
	add("full", rules.MaxOrders)
	if n := judged(); n != 0 {
		t.Errorf("%d were judged one by one, and none had to", n)
	}
	add("whale", rules.MaxOrders+1)
	if n := judged(); n != 1 {
		t.Errorf("%d were judged one by one, and one had to", n)
	}
}
