package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/calendar"
)

// What a comparison is said to be of everybody, it is of every number within the
// bounds.
func TestBoundsTellTheTruth(t *testing.T) {
	t.Parallel()
	compare := map[string]func(a, b float64) bool{
		"==": func(a, b float64) bool { return a == b }, "!=": func(a, b float64) bool { return a != b }, "<": func(a, b float64) bool { return a < b },
		"<=": func(a, b float64) bool { return a <= b }, ">": func(a, b float64) bool { return a > b }, ">=": func(a, b float64) bool { return a >= b },
	}
	for _, b := range []bounds{{low: 1, high: 5, whole: true}, {low: 0, high: 1}} {
		step := 0.25
		if b.whole {
			step = 1
		}
		for c := -1.0; c <= 7; c += 0.25 {
			for op, holds := range compare {
				all, none := true, true
				for x := b.low; x <= b.high; x += step {
					all, none = all && holds(x, c), none && !holds(x, c)
				}
				if got := [2]bool{b.always(op, c), b.never(op, c)}; got != [2]bool{all, none} {
					t.Errorf("%v %s %v: got always, never %v, want %t, %t", b, op, c, got, all, none)
				}
			}
		}
	}
}

// What is bounded says so wherever fields are listed.
func TestFieldsSayWhatTheyMayBe(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, f := range Fields() {
		if f.Values != nil {
			got[f.Write] = strings.Join(f.Values, " ")
		} else if f.From != nil {
			got[f.Write] = f.Gives()
		}
	}
	share := "a number, 0 to 1"
	if diff := cmp.Diff(got, map[string]string{
		"orders.refund_share": share, "orders.refunded_share": share, "orders.coupon_share": share, "orders.full_price_share": share, "orders.on_time_share": share,
		"orders.gap_probability": share, "predicted.alive": share, `next_category("food")`: share,
		"rfm.recency": "a number, 1 to 5", "rfm.frequency": "a number, 1 to 5", "rfm.monetary": "a number, 1 to 5",
		"at.month": "a number, 1 to 12", "at.day": "a number, 1 to 31", "at.weekday": "monday tuesday wednesday thursday friday saturday sunday",
		"customer.birthday_month": "a number, 1 to 12", "customer.days_to_birthday": "a number, 0 or more", "customer.sex": "female male other",
		"lifecycle.stage": "prospect developing growing mature declining lapsed",
	}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
}

func TestBirthdays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		born, at string
		month    int
		days     int
	}{
		{"1990-03-05", "2026-03-05T12:00:00Z", 3, 0},
		{"1990-03-05", "2026-03-04T23:30:00Z", 3, 0}, // the 5th in Berlin
		{"1990-03-05", "2026-03-06T12:00:00Z", 3, 364},
		{"1990-01-01", "2026-12-31T12:00:00Z", 1, 1},
		{"2000-02-29", "2026-02-27T12:00:00Z", 2, 1}, // kept on the 28th
		{"2000-02-29", "2026-02-28T12:00:00Z", 2, 0},
		{"2000-02-29", "2026-03-01T12:00:00Z", 2, 364},
		{"2000-02-29", "2027-03-01T12:00:00Z", 2, 365}, // 29 February 2028
		{"2000-02-29", "2028-02-28T12:00:00Z", 2, 1},
		{"2000-02-29", "2028-02-29T12:00:00Z", 2, 0},
		{"2027-04-01", "2026-03-31T12:00:00Z", 4, 366}, // not before they are born
	} {
		born, err := calendar.ParseBirthDate(test.born)
		if err != nil {
			t.Fatal(err)
		}
		env := NewEnv(Customer{Attributes: map[string]Attribute{"birthday": {Kind: Date, Date: born}}}, nil, instant(t, test.at), euro(t))
		got := compile(t, "customer.birthday_month * 1000 + customer.days_to_birthday > -1", Options{}).Explain(env)[0].Exact
		if diff := cmp.Diff(got, map[string]float64{"customer.birthday_month": float64(test.month), "customer.days_to_birthday": float64(test.days)}); diff != "" {
			t.Errorf("born %s, as of %s: -got +want\n%s", test.born, test.at, diff)
		}
	}
	nobody := NewEnv(Customer{Attributes: map[string]Attribute{}}, nil, time.Now(), euro(t))
	if got := outcome(compile(t, "customer.days_to_birthday <= 7", Options{}), nobody); got != "customer.days_to_birthday is unknown: the profile does not say" {
		t.Errorf("got %s", got)
	}
}

// Numbers in words have few decimals, but never look like what they are not
// compared as; the quotient of a division is shown.
func TestExplainedNumbersAreRounded(t *testing.T) {
	t.Parallel()
	basis := fitted(t)
	basis.Money = "GBP"
	env := NewEnv(Customer{}, kim(t), instant(t, "2026-03-02T11:00:00Z"), basis)
	var got []string
	for _, c := range compile(t, `predicted.alive > 0.5 and orders.revenue / 7 < 8.5286 and predicted.clv > 5 and orders.revenue / orders.count > 10 and orders.days / 2 > 1
		and orders.count > 4 / 2`, Options{}).Explain(env) {
		got = append(got, c.String())
	}
	if diff := cmp.Diff(got, []string{
		"predicted.alive > 0.5: true (predicted.alive is 0.7062)",
		"orders.revenue / 7 < 8.5286: true (orders.revenue is 59.70 GBP, orders.revenue / 7 is 8.528571428571428)",
		"predicted.clv > 5: true (predicted.clv is 11.09 GBP)",
		"orders.revenue / orders.count > 10: true (orders.revenue is 59.70 GBP, orders.count is 4, orders.revenue / orders.count is 14.925)",
		"orders.days / 2 > 1: true (orders.days is 3, orders.days / 2 is 1.5)",
		"orders.count > 4 / 2: true (orders.count is 4)",
	}); diff != "" {
		t.Errorf("-got +want\n%s", diff)
	}
	for x, want := range map[float64]string{0: "0", 3: "3", 0.00001: "1e-05", 12.34567: "12.3457", 1e20: "100000000000000000000", -0.5: "-0.5"} {
		if got := rounded(x, 4, false, nil); got != want {
			t.Errorf("%v: got %s, want %s", x, got, want)
		}
	}
}
