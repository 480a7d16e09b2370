package customer

import (
	"errors"
	"strings"
)

// What CheckPhone finds wrong.
var (
	ErrPhone  = errors.New("not a phone number")
	ErrNoCode = errors.New("a phone number without its country code (write +49... or +86...)")
)

// CheckPhone returns the number to send to as E.164 has it: + and the digits,
// without the marks people divide them by; 00 before the country code is +, and
// (0) behind it, which is dialled inside the country only, is left out, but for
// Italy, whose numbers keep their 0. A number that does not begin with its country
// is refused, as it is another address than the same number with it: no message
// arrives there, and a ban of it would hold nobody's. The error is one of those
// above.
func CheckPhone(s string) (string, error) {
	number := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(" -./\u00a0", r):
			return -1
		case r == '＋':
			return '+'
		}
		return r
	}, s)
	if code, rest, ok := strings.Cut(number, "(0)"); ok && dropsZero(brackets.Replace(code)) {
		number = code + rest
	}
	number = brackets.Replace(number)
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	digits, coded := strings.CutPrefix(number, "+")
	switch {
	case len(digits) < 6 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" || coded && digits[0] == '0':
		return "", ErrPhone
	case !coded:
		return "", ErrNoCode
	}
	return number, nil
}

var brackets = strings.NewReplacer("(", "", ")", "")

// dropsZero says whether code is how a number with its country begins, and that
// country's 0 is not dialled from abroad.
func dropsZero(code string) bool {
	digits, plus := strings.CutPrefix(code, "+")
	if !plus {
		digits, plus = strings.CutPrefix(code, "00")
	}
	const italy = "39"
	return plus && len(digits) >= 1 && len(digits) <= 3 && strings.Trim(digits, "0123456789") == "" && digits != italy
}
