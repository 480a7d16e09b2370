package importer

import (
	"bytes"
	"strconv"

	"github.com/rewave/rewave/internal/order"
)

// How the decimals of a number are divided from its whole part.
const (
	DecimalPoint = "point"
	DecimalComma = "comma" // whole parts may have points, by thousands
)

// numberReader reads numbers of orders and products.
type numberReader struct {
	comma bool
	text  []byte // of a number with a comma, as it is written with a point
}

// quantity reads a whole number; 6.0 is one.
func (n *numberReader) quantity(text []byte) (int, bool) {
	text, ok := n.point(text)
	if i := bytes.IndexByte(text, '.'); i > 0 && len(bytes.Trim(text[i+1:], "0")) == 0 {
		text = text[:i]
	}
	quantity, err := strconv.ParseInt(string(text), 10, 32)
	return int(quantity), ok && err == nil && quantity > -1<<31
}

// price reads a price that is not negative.
func (n *numberReader) price(text []byte) (order.Price, *badLine) {
	number, ok := n.point(text)
	price, err := order.ParsePrice(number)
	switch {
	case err != nil && !n.comma && decimalComma(text):
		return 0, badValue("the price has a decimal comma", text)
	case !ok || err == order.ErrNotANumber:
		return 0, badValue("the price is not a number", text)
	case err == order.ErrDecimals:
		return 0, badValue("the price has more than 4 decimals", text)
	case err != nil:
		return 0, badValue("the price is too large", text)
	case price < 0:
		return 0, badValue("the price is negative", text)
	}
	return price, nil
}

// point is a number as it is written with a point; its bytes live until the next.
// With a comma for it, a point divides thousands: 1.234,50 is a number, 2.00 none.
func (n *numberReader) point(text []byte) (_ []byte, ok bool) {
	if !n.comma {
		return text, true
	}
	whole, decimals, divided := bytes.Cut(text, []byte(","))
	if bytes.ContainsAny(decimals, ".,") {
		return nil, false
	}
	n.text = n.text[:0]
	for i := 0; ; i++ {
		group, rest, more := bytes.Cut(whole, []byte("."))
		digits := len(bytes.TrimLeft(group, "+-"))
		if i > 0 && digits != 3 || i == 0 && more && (digits < 1 || digits > 3) {
			return nil, false
		}
		n.text = append(n.text, group...)
		if !more {
			break
		}
		whole = rest
	}
	if divided {
		n.text = append(append(n.text, '.'), decimals...)
	}
	return n.text, true
}

// decimalComma says whether a number surely has a decimal comma: 1,234 may be a
// thousand.
func decimalComma(text []byte) bool {
	whole, decimals, ok := bytes.Cut(text, []byte(","))
	digits := func(b []byte) bool { return len(b) > 0 && len(bytes.Trim(b, "0123456789")) == 0 }
	if !ok || !digits(decimals) || len(decimals) > 4 || len(decimals) == 3 {
		return false
	}
	n := numberReader{comma: true}
	whole, ok = n.point(whole)
	return ok && digits(bytes.TrimLeft(whole, "+-"))
}
