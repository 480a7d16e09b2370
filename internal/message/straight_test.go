package message

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is written without the library is what the library writes, for any fields
// and any values, and as often as it may be.
func TestStraightIsWhatTheLibraryWrites(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	options := Options{Coupon: true, Strata: true, Order: true, Event: true, Currency: "EUR"}
	fields := []string{"customer.first_name", "customer.last_name", "customer.id", "shop.name", "orders.count", "orders.last_on", "orders.total",
		"coupon.code", "coupon.percent", "order.first_product", "stratum.name", "event.what", "customer", "unsubscribe_url", "event.size"}
	field := func() string { return fields[r.IntN(len(fields))] }
	texts := []string{"x", " ", "\n", "<p>", "&amp; ", "你好，", "a\"b'", "{ }", "%", "-"}
	var write func(depth int) string
	write = func(depth int) string {
		var b strings.Builder
		for range r.IntN(5) {
			switch of := r.IntN(9); {
			case of < 3:
				b.WriteString(texts[r.IntN(len(texts))])
			case of < 5:
				fmt.Fprintf(&b, "{{ %s }}", field())
			case of == 5:
				fmt.Fprintf(&b, "{{%s|default:%q}}", field(), []string{"", "you & <you>", "a\nb\\"}[r.IntN(3)])
			case of == 6 && depth < 3:
				fmt.Fprintf(&b, "{%% if %s%s %%}%s{%% endif %%}", field(), []string{"", "", `|default:""`}[r.IntN(3)], write(depth+1))
			case of == 7 && depth < 3:
				fmt.Fprintf(&b, "{%% if %s %%}%s{%% elsif %s %%}%s{%% else %%}%s{%% endif %%}", field(), write(depth+1), field(), write(depth+1), write(depth+1))
			case r.IntN(3) == 0:
				fmt.Fprintf(&b, "{{ %s | money }}", []string{"coupon.value", "coupon.min_spend", "orders.total", "order.total", "event.size", "customer.id", "shop.name"}[r.IntN(7)])
			case r.IntN(6) == 0:
				fmt.Fprintf(&b, "{{- %s | upcase -}}{%% unless %s %%}no{%% endunless %%}", field(), field())
			}
		}
		return b.String()
	}
	values := []string{"", " ", "Ann", " Ann ", "<b>&\"'", "a\r\nb\x00\u2028", "王", strings.Repeat("long ", 200)}
	value := func() string { return values[r.IntN(len(values))] }
	straight, fell := 0, 0
	for range 3500 {
		text := "x" + write(0)
		tpl, faults := compile("m", "", Files{Subject: text, Text: text, HTML: text, SMS: text}, newScope(options))
		if len(faults) > 0 {
			continue
		}
		b := sample(options, nil)
		b.Customer.FirstName, b.Customer.LastName, b.Shop.Name, b.Stratum.Name = value(), value(), value(), value()
		b.Event["what"], b.Event["size"] = []any{value(), 7, 2.5, true, nil}[r.IntN(5)], value()
		if r.IntN(4) == 0 {
			b.Coupon, b.Order, b.Orders.Total, b.Orders.Count = nil, nil, nil, 0
		}
		vars, err := tpl.vars(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tpl.parts {
			p := &tpl.parts[i]
			if p.straight == nil {
				continue
			}
			var buf limited
			if p.straight.write(&buf, &bound{vars: vars}, puts[p.name]) {
				straight++
			} else {
				fell++
			}
			got, gotErr := p.render(&bound{vars: vars})
			plain := *p
			plain.straight = nil
			want, wantErr := plain.render(&bound{vars: vars})
			if quick, err := p.render(&bound{template: tpl, bindings: &b}); quick != got || fmt.Sprint(err) != fmt.Sprint(gotErr) {
				t.Fatalf("%s of %q:\n  unbound %q, %v\n  bound   %q, %v", p.name, text, quick, err, got, gotErr)
			}
			if got != want || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Fatalf("%s of %q:\n  straight %q, %v\n  library  %q, %v", p.name, text, got, gotErr, want, wantErr)
			}
		}
	}
	if straight < 2000 || fell < 500 {
		t.Errorf("%d were written straight, and %d left to the library: too few to say", straight, fell)
	}
}

// The ceiling of a message is the same, and so is what is said of it.
func TestStraightStopsAtTheOutputCeiling(t *testing.T) {
	t.Parallel()
	tpl, faults := compile("m", "", Files{Subject: "s", Text: strings.Repeat("{{ shop.name }}", 300)}, newScope(Options{}))
	if faults != nil {
		t.Fatal(faults)
	}
	b := sample(Options{}, nil)
	b.Shop.Name = strings.Repeat("x", 1000)
	if _, err := Render(tpl, b); err == nil || err.Error() != "m/text.txt:1: the message is longer than 256 KiB" {
		t.Errorf("error = %v", err)
	}
}

// The messages of the library of campaigns do without, but for some.
func TestMostMessagesAreStraight(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../campaigns/*/messages/*/*.*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	options := Options{Coupon: true, Strata: true, Order: true, Event: true, Currency: "EUR", Lenient: true}
	straight := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tpl, faults := compile("m", "", Files{Text: string(text)}, newScope(options))
		if faults != nil {
			t.Fatalf("%s: %v", file, faults)
		}
		if tpl.parts[0].straight != nil {
			straight++
		}
	}
	if straight*2 < len(files) {
		t.Errorf("%d of %d files are straight", straight, len(files))
	}
}
