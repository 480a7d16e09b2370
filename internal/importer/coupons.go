package importer

import (
	"bytes"
	"iter"
	"strings"
	"unicode"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/postgres"
)

// couponCodes are the codes that the orders of a file name. The lines of an
// order mostly stand together and name the same ones: these are noted once, the
// merge sees to the others.
type couponCodes struct {
	list  []postgres.ImportCoupon
	texts map[string]string // one copy of a code that a thousand orders name
}

// codesIn are the codes that a text names, several separated by semicolons, in the
// form in which they are kept: a mark alone is none.
func codesIn(text []byte) iter.Seq[string] {
	if bytes.Contains(text, []byte(wideSemicolon)) {
		text = bytes.ReplaceAll(text, []byte(wideSemicolon), []byte(";"))
	}
	return func(yield func(string) bool) {
		for left := text; len(left) > 0; {
			var written []byte
			written, left, _ = bytes.Cut(left, []byte(";"))
			code := coupon.Normal(string(written))
			if strings.ContainsFunc(code, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) && !yield(code) {
				return
			}
		}
	}
}

// add notes the codes of a row. What can be in no pool, a note or a price rule's
// name, is passed over: the order does not depend on it.
func (c *couponCodes) add(order int32, text []byte) {
	for code := range codesIn(text) {
		if !coupon.Possible(code) || c.last(order, code) {
			continue
		}
		if c.texts == nil {
			c.texts = map[string]string{}
		}
		if kept, ok := c.texts[code]; ok {
			code = kept
		} else {
			c.texts[code] = code
		}
		c.list = append(c.list, postgres.ImportCoupon{Order: order, Code: code})
	}
}

// last says whether the latest order is this one and has named the code.
func (c *couponCodes) last(order int32, code string) bool {
	for i := len(c.list) - 1; i >= 0 && c.list[i].Order == order; i-- {
		if c.list[i].Code == code {
			return true
		}
	}
	return false
}
