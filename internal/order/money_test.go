package order

import (
	"errors"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParsePrice(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		want    Price
		wantErr error
	}{
		"2.55":           {want: 25500},
		"0":              {},
		"-11062.06":      {want: -110620600},
		".125":           {want: 1250},
		"7.":             {want: 70000},
		"+1":             {want: 10000},
		"0.001":          {want: 10},
		"1.230000":       {want: 12300},
		"1.23456":        {wantErr: ErrDecimals},
		"1,234.50":       {wantErr: ErrNotANumber},
		"1e3":            {wantErr: ErrNotANumber},
		"":               {wantErr: ErrNotANumber},
		".":              {wantErr: ErrNotANumber},
		"1.2.3":          {wantErr: ErrNotANumber},
		"NaN":            {wantErr: ErrNotANumber},
		"999999999999":   {want: 999999999999_0000},
		"1000000000000":  {wantErr: ErrTooLarge},
		"99999999999999": {wantErr: ErrTooLarge},
	}
	for text, test := range tests {
		got, err := ParsePrice([]byte(text))
		if got != test.want || !errors.Is(err, test.wantErr) {
			t.Errorf("ParsePrice(%q) = %d, %v; want %d, %v", text, got, err, test.want, test.wantErr)
		}
	}
}

func TestAmountRoundsHalfToEven(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		quantity int
		price    string
		currency string
		want     int64
	}{
		{"exact", 6, "2.55", "GBP", 1530},
		{"half, down to even", 1, "0.125", "GBP", 12},
		{"half, up to even", 1, "0.135", "GBP", 14},
		{"above half", 1, "0.1251", "GBP", 13},
		{"of the line, not of the unit", 1000, "0.001", "GBP", 100},
		{"returned", -3, "1.665", "GBP", -500},
		{"yen", 3, "100.5", "JPY", 302},
		{"dinar", 1, "1.2345", "KWD", 1234},
	}
	for _, test := range tests {
		price, err := ParsePrice([]byte(test.price))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Amount(test.quantity, price, Decimals(test.currency))
		if err != nil || got != test.want {
			t.Errorf("%s: %d x %s %s = %d, %v; want %d", test.name, test.quantity, test.price, test.currency, got, err, test.want)
		}
	}
	if _, err := Amount(1<<31-1, maxPrice-1, 3); !errors.Is(err, ErrTooLarge) {
		t.Errorf("the largest line: %v; want %v", err, ErrTooLarge)
	}
}

func TestSharesAddUpAndStayNear(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(Shares(100, []int{1, 1, 1}), []int64{33, 34, 33}); diff != "" {
		t.Errorf("thirds (-got +want):\n%s", diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, maxAmount).Draw(t, "amount")
		quantities := rapid.SliceOfN(rapid.IntRange(1, 1<<20), 1, 6).Draw(t, "quantities")
		var sum int64
		var whole int
		for _, q := range quantities {
			whole += q
		}
		for i, share := range Shares(amount, quantities) {
			sum += share
			exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(amount), big.NewInt(int64(quantities[i]))), big.NewInt(int64(whole)))
			off := exact.Sub(exact, new(big.Rat).SetInt64(share))
			if off.Abs(off).Cmp(big.NewRat(1, 1)) > 0 {
				t.Fatalf("share %d of %d over %v is more than one minor unit off", i, amount, quantities)
			}
		}
		if sum != amount {
			t.Fatalf("shares of %d add up to %d", amount, sum)
		}
	})
}
