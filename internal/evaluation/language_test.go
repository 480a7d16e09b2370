package evaluation_test

import (
	"testing"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
)

func TestNumbersAsTheyAreSaid(t *testing.T) {
	t.Parallel()
	say := evaluation.English()
	gbp := evaluation.Currency{Code: "GBP", Digits: 2}
	for _, tt := range []struct{ got, want string }{
		{say.Count(0), "0"},
		{say.Count(999), "999"},
		{say.Count(8880), "8,880"},
		{say.Count(-1234567), "-1,234,567"},
		{say.About(13482), "14,000"},
		{say.About(99), "99"},
		{say.About(101), "110"},
		{say.Effect(0.018, 1), "+1.8"},
		{say.Effect(-0.0005724682453, 1), "-0.1"},
		{say.Effect(-0.0001, 1), "0.0"},
		{say.Effect(0.0001, 1), "0.0"},
		{say.PerHundred(0.09, 1), "9.0"},
		{say.Mark(0.021, 1), "+2.1"},
		{say.Mark(0.001, 1), "+0.1"},
		{say.Mark(0.00099, 1), "less than 0.1"},
		{say.Mark(0.00099, 2), "+0.10"},
		{say.Mark(0.00001, 2), "less than 0.01"},
		{say.Percent(0.25), "+25 %"},
		{say.Percent(-0.001), "0 %"},
		{say.Money(21.904, gbp), "21.90 GBP"},
		{say.Money(-1234.5, gbp), "-1,234.50 GBP"},
		{say.Money(0.07, gbp), "0.07 GBP"},
		{say.Money(-0.07, gbp), "-0.07 GBP"},
		{say.Money(1500, evaluation.Currency{Code: "JPY"}), "1,500 JPY"},
		{say.Chance(6.334248e-05), "1 in 15,800"},
		{say.Chance(0.00099), "1 in 1,010"},
		{say.Chance(0), "less than 1 in a billion"},
		{say.Date(time.Date(2026, 6, 13, 23, 30, 0, 0, time.UTC), time.FixedZone("CST", 8*3600)), "14 June 2026"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
