package rules

import (
	"testing"
)

// Months are the calendar's, clamped to the last day of a shorter one, and a span of
// them is of whole days of 24 hours.
func TestSpansOfMonths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ at, rule, want string }{
		{"2026-05-31T10:00:00Z", `orders.in("3mo").count == orders.in("92d").count and orders.in("3mo").count == 2`, "true"}, // from 28 February
		{"2024-05-31T10:00:00Z", `orders.in("3mo").count == orders.in("92d").count and orders.in("3mo").count == 1`, "true"}, // from 29 February, 10:00 in UTC
		{"2024-02-29T10:00:00Z", `orders.in("1y").count == orders.in("366d").count and orders.in("1y").count == 3`, "true"},  // from 28 February
		{"2026-03-30T00:30:00Z", `orders.in("1mo").count == orders.in("30d").count`, "true"},
		{"2026-12-31T22:30:00Z", `orders.in("12mo").count == orders.in("1y").count and orders.in("120mo").count == orders.in("10y").count`, "true"},
		{"2026-12-31T23:30:00Z", `orders.in("10mo").count == orders.in("306d").count`, "true"}, // the year has begun in Berlin: 1 March
	} {
		env := NewEnv(Customer{}, []OrderFact{
			{At: instant(t, "2023-02-28T10:00:00Z")}, {At: instant(t, "2023-02-28T09:59:59Z")},
			{At: instant(t, "2024-02-29T10:00:00Z")}, {At: instant(t, "2024-02-29T09:59:59Z")},
			{At: instant(t, "2026-02-28T10:00:00Z")}, {At: instant(t, "2026-02-28T09:59:59Z")},
			{At: instant(t, "2026-03-01T00:00:00Z")},
		}, instant(t, test.at), euro(t))
		if p := compile(t, test.rule, Options{}); outcome(p, env) != test.want {
			t.Errorf("as of %s: got %s, want %s: %v", test.at, outcome(p, env), test.want, p.Explain(env))
		}
	}
	basis := fitted(t)
	env := NewEnv(Customer{}, kim(t), instant(t, "2026-03-02T11:00:00Z"), basis)
	if p := compile(t, `predicted.orders("3mo") == predicted.orders("92d") and predicted.orders("2y") > predicted.orders("730d")`, Options{}); outcome(p, env) != "true" {
		t.Errorf("ahead: %v", p.Explain(env)) // 2028 is a leap year
	}
}

func TestSpansAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"90min": "", "36h": "", "14d": "", "2w": "", "3mo": "", "1y": "", "10y": "", "120mo": "", "0d": "",
		"3m": `"3m" may be minutes or months`, "3M": `"3M" may be minutes or months`, "11y": "11y is longer than ten years", "3661d": "3661d is longer than ten years",
		"0y": "0y is no time at all", "": `"" is not a span of time`, "3 mo": `"3 mo" is not a span of time`, "-3d": `"-3d" is not a span of time`,
	} {
		_, _, err := parseSpan(text)
		if got := ""; err != nil || want != "" {
			if err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("%q: got %q, want %q", text, got, want)
			}
		}
	}
}
