package order

import (
	"errors"
	"math/bits"
)

// Price is a unit price in ten-thousandths of the currency's main unit.
type Price int64

// Why a text is no price.
var (
	ErrNotANumber = errors.New("not a number")
	ErrDecimals   = errors.New("more than 4 decimals")
	ErrTooLarge   = errors.New("too large")
)

// maxPrice keeps a price within numeric(16, 4).
const maxPrice = 1_000_000_000_000_0000

// ParsePrice reads a decimal such as 2.55, -1 or .125, exactly. Zeros beyond the
// fourth decimal are read; signs of thousands and exponents are not.
func ParsePrice(text []byte) (Price, error) {
	digits := text
	negative := len(digits) > 0 && digits[0] == '-'
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	var value int64
	decimals, seen := -1, false // decimals read; -1 before the point
	for _, c := range digits {
		switch {
		case c == '.' && decimals < 0:
			decimals = 0
			continue
		case c < '0' || c > '9':
			return 0, ErrNotANumber
		}
		seen = true
		if decimals >= 4 {
			if c != '0' {
				return 0, ErrDecimals
			}
			continue
		}
		if decimals >= 0 {
			decimals++
		}
		value = value*10 + int64(c-'0')
		if value >= maxPrice {
			return 0, ErrTooLarge
		}
	}
	if !seen {
		return 0, ErrNotANumber
	}
	for decimals = max(decimals, 0); decimals < 4; decimals++ {
		value *= 10
		if value >= maxPrice {
			return 0, ErrTooLarge
		}
	}
	if negative {
		value = -value
	}
	return Price(value), nil
}

// Decimals is how many decimals the minor unit of a currency has (ISO 4217);
// 2 for a code that is not in the table.
func Decimals(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// maxAmount bounds one line, so that a sum of millions of them stays an int64.
const maxAmount = 1_000_000_000_000

// Amount is quantity times price in minor units of a currency with that many
// decimals (0 to 3), rounded half to even once. ErrTooLarge above 10^12 minor units.
func Amount(quantity int, price Price, decimals int) (int64, error) {
	unit := uint64(10) // ten-thousandths in a minor unit
	for range 3 - decimals {
		unit *= 10
	}
	amount, ok := scale(magnitude(int64(quantity)), magnitude(int64(price)), unit)
	if !ok || amount > maxAmount {
		return 0, ErrTooLarge
	}
	if (quantity < 0) != (price < 0) {
		return -int64(amount), nil
	}
	return int64(amount), nil
}

// Per is the price of one unit when units of them cost p together, rounded half
// to even; units > 0.
func (p Price) Per(units int) Price {
	each, _ := scale(magnitude(int64(p)), 1, uint64(units)) // smaller than p: it fits
	if p < 0 {
		return -Price(each)
	}
	return Price(each)
}

// Shares splits an amount that is not negative over quantities, in proportion
// and so that the shares add up to it exactly: each is what the rounded running
// total grows by.
func Shares(amount int64, quantities []int) []int64 {
	var whole, upTo uint64
	for _, q := range quantities {
		whole += uint64(q)
	}
	shares := make([]int64, len(quantities))
	var given int64
	for i, q := range quantities {
		upTo += uint64(q)
		total, _ := scale(uint64(amount), upTo, whole) // upTo <= whole: it cannot overflow
		shares[i] = int64(total) - given
		given = int64(total)
	}
	return shares
}

// scale is a*b/divisor rounded half to even; false when it does not fit.
func scale(a, b, divisor uint64) (uint64, bool) {
	high, low := bits.Mul64(a, b)
	if high >= divisor {
		return 0, false
	}
	quotient, rest := bits.Div64(high, low, divisor)
	if rest > divisor-rest || rest == divisor-rest && quotient%2 == 1 {
		quotient++
	}
	return quotient, true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}
