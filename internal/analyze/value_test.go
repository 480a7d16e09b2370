package analyze_test

import (
	"testing"

	"github.com/rewave/rewave/internal/analyze"
)

func TestValuesAreExactOrSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind  analyze.Kind
		cell  string
		units int64
		wrong string
	}{
		{analyze.Binary, "0", 0, ""},
		{analyze.Binary, "1", 1, ""},
		{analyze.Binary, "true", 1, ""},
		{analyze.Binary, "FALSE", 0, ""},
		{analyze.Binary, "2", 0, `"2" is neither 0 or 1 nor true or false`},
		{analyze.Binary, "yes", 0, `"yes" is neither 0 or 1 nor true or false`},
		{analyze.Binary, "", 0, "is empty"},
		{analyze.Money, "", 0, "is empty"},
		{analyze.Money, "29.99", 2999, ""},
		{analyze.Money, "-0.5", -50, ""},
		{analyze.Money, "+7", 700, ""},
		{analyze.Money, ".5", 50, ""},
		{analyze.Money, "5.", 500, ""},
		{analyze.Money, "1.50", 150, ""},
		{analyze.Money, "1.500", 150, ""},
		{analyze.Money, "29.990000000000002", 2999, ""},
		{analyze.Money, "1e3", 100000, ""},
		{analyze.Money, "90071992547409.92", 1 << 53, ""},
		{analyze.Money, "90071992547409.94", 0, `"90071992547409.94" is larger than can be kept`},
		{analyze.Money, "1e999", 0, `"1e999" is larger than can be kept`},
		{analyze.Money, "1.505", 0, `"1.505" has more than two decimals`},
		{analyze.Money, "1,50", 0, `"1,50" is not a number: decimals have a point, thousands no mark`},
		{analyze.Money, "abc", 0, `"abc" is not a number`},
		{analyze.Money, "1.2.3", 0, `"1.2.3" is not a number`},
		{analyze.Money, "-", 0, `"-" is not a number`},
		{analyze.Money, ".", 0, `"." is not a number`},
		{analyze.Money, "0x10", 0, `"0x10" is not a number`},
		{analyze.Money, "1_000", 0, `"1_000" is not a number`},
		{analyze.Money, "NaN", 0, `"NaN" is not a finite number`},
		{analyze.Money, "-Inf", 0, `"-Inf" is not a finite number`},
		{analyze.Number, "1.25", 1250000, ""},
		{analyze.Number, "12.333333333333334", 12333333, ""},
		{analyze.Number, "1e-9", 0, `"1e-9" is smaller than can be kept (six decimals)`},
		{analyze.Number, "0e5", 0, ""},
		{analyze.Number, "a cell that goes on for longer than a line", 0, `"a cell that goes on for longe…" is not a number`},
	} {
		units, wrong := c.kind.Value([]byte(c.cell))
		if units != c.units || wrong != c.wrong {
			t.Errorf("%s %q: got %d, %q, want %d, %q", c.kind, c.cell, units, wrong, c.units, c.wrong)
		}
	}
}

// Whatever stands in a cell, there is a value or a reason, and no panic.
func FuzzValue(f *testing.F) {
	for _, cell := range []string{"29.99", "1e-320", "-.e", "9999999999999999", "٣", "+-1", "1e+", "00000000000000000000.1"} {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		for _, kind := range []analyze.Kind{analyze.Binary, analyze.Money, analyze.Number} {
			units, wrong := kind.Value([]byte(cell))
			if wrong != "" && units != 0 || units > 1<<53 || units < -(1<<53) {
				t.Errorf("%s %q: %d, %q", kind, cell, units, wrong)
			}
		}
	})
}
