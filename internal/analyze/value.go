package analyze

import (
	"math"
	"strconv"
	"strings"
)

// Kind is what the values of a metric are.
type Kind string

const (
	Binary Kind = "binary" // 0 or 1, true or false
	Money  Kind = "money"  // an amount with at most two decimals, capped
	Number Kind = "number" // any other, kept to six decimals
)

// Kinds are all of them.
var Kinds = []string{string(Binary), string(Money), string(Number)}

// decimals that a value of the kind is kept to.
func (k Kind) decimals() int {
	switch k {
	case Money:
		return 2
	case Number:
		return 6
	}
	return 0
}

// scale is how many of the units that a metric is summed in make one.
func (k Kind) scale() float64 { return math.Pow10(k.decimals()) }

// largest is the largest value that is taken: whole numbers up to it are float64s.
const largest = 1 << 53

// Value reads one cell as whole units of the kind. wrong says why it is none, in a
// person's words; it is empty where the value is one.
func (k Kind) Value(cell []byte) (units int64, wrong string) {
	if len(cell) == 0 {
		return 0, "is empty"
	}
	if k == Binary {
		return binary(cell)
	}
	if units, ok := plain(cell, k.decimals()); ok {
		return units, ""
	}
	return k.odd(string(cell))
}

func binary(cell []byte) (int64, string) {
	switch string(cell) {
	case "0", "false", "False", "FALSE", "0.0":
		return 0, ""
	case "1", "true", "True", "TRUE", "1.0":
		return 1, ""
	}
	return 0, quoted(cell) + " is neither 0 or 1 nor true or false"
}

// plain reads digits with a point, no more behind it than are kept: nearly every
// value there is.
func plain(cell []byte, decimals int) (int64, bool) {
	negative := cell[0] == '-'
	if negative || cell[0] == '+' {
		cell = cell[1:]
	}
	if len(cell) == 0 || len(cell) > 16 {
		return 0, false
	}
	var units int64
	behind, digits := -1, 0
	for _, c := range cell {
		switch {
		case c >= '0' && c <= '9':
			units = 10*units + int64(c-'0')
			if digits++; behind >= 0 {
				behind++
			}
		case c == '.' && behind < 0:
			behind = 0
		default:
			return 0, false
		}
	}
	if digits == 0 || behind > decimals {
		return 0, false
	}
	for range decimals - max(behind, 0) {
		if units *= 10; units > largest {
			return 0, false
		}
	}
	if units > largest {
		return 0, false
	}
	if negative {
		units = -units
	}
	return units, true
}

// odd reads what plain does not, as programs write it: with an exponent, or with
// the digits that binary fractions leave behind (29.990000000000002).
func (k Kind) odd(text string) (units int64, wrong string) {
	x, err := strconv.ParseFloat(text, 64)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0) && err == nil:
		return 0, quoted([]byte(text)) + " is not a finite number"
	case strings.Contains(text, ","):
		return 0, quoted([]byte(text)) + " is not a number: decimals have a point, thousands no mark"
	case err != nil && !math.IsInf(x, 0), !figures(text):
		return 0, quoted([]byte(text)) + " is not a number"
	}
	y := x * k.scale()
	if math.Abs(y) > largest {
		return 0, quoted([]byte(text)) + " is larger than can be kept"
	}
	rounded := math.RoundToEven(y)
	off := math.Abs(y - rounded)
	switch {
	case k == Money && off > 1e-4:
		return 0, quoted([]byte(text)) + " has more than two decimals"
	case k == Number && rounded == 0 && y != 0, k == Number && off > 1e-3*math.Abs(y):
		return 0, quoted([]byte(text)) + " is smaller than can be kept (six decimals)"
	}
	return int64(rounded), ""
}

// figures reports whether text is written as decimal numbers are: hexadecimal
// digits and underscores are not.
func figures(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return false
		}
	}
	return true
}

// quoted is a cell in a sentence, cut where it is long.
func quoted(cell []byte) string {
	text := []rune(string(cell))
	if len(text) > 30 {
		return strconv.Quote(string(text[:29]) + "…")
	}
	return strconv.Quote(string(text))
}
