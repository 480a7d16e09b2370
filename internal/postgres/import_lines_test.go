package postgres

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
)

func TestPackedLinesComeBack(t *testing.T) {
	t.Parallel()
	want := []ImportLine{
		{Order: 0, Ordinal: 1, Product: 0, Quantity: 1, Price: 0, Amount: 0},
		{Order: math.MaxInt32, Ordinal: math.MaxInt32, Product: math.MaxInt32, Quantity: math.MaxInt32, Price: math.MaxInt64, Amount: math.MinInt64},
		{Order: 7, Ordinal: 2, Product: 3, Quantity: 12, Price: 25500, Amount: 3060},
	}
	packed := packLines(want)
	var got []ImportLine
	for rest := packed; len(rest) > 0; {
		var l ImportLine
		var err error
		if l, rest, err = unpackLine(rest); err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want:\n%s", diff)
	}
	if _, _, err := unpackLine(packed[:3]); !errors.Is(err, errDamaged) {
		t.Errorf("half a line: got %v, want %v", err, errDamaged)
	}
}

func TestPricesAreNumericsOfFourDecimals(t *testing.T) {
	t.Parallel()
	numbers := pgtype.NewMap()
	for _, price := range []int64{0, 1, 9_999, 10_000, 25_500, -25_500, 100_000_000, 100_000_001, 9_999_999_999_999_999, math.MaxInt64, math.MinInt64} {
		field := appendPrice(nil, price)
		if got, want := int(binary.BigEndian.Uint32(field)), len(field)-4; got != want {
			t.Errorf("%d: its length is given as %d, and is %d", price, got, want)
		}
		var n pgtype.Numeric
		if err := numbers.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, field[4:], &n); err != nil {
			t.Fatal(err)
		}
		ten := big.NewInt(10)
		got := new(big.Int).Mul(n.Int, ten.Exp(ten, big.NewInt(int64(n.Exp)+4), nil))
		if want := big.NewInt(price); got.Cmp(want) != 0 {
			t.Errorf("got %v ten-thousandths, want %v", got, want)
		}
	}
}
