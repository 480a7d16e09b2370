package shop

import "strings"

// How many kinds of dirt there are.
const (
	dirtyEmails = 6
	dirtyPhones = 3
)

// dirtyEmail is an address as people type it into a shop's form. Capitals and
// blanks leave it an address; the others are none.
func dirtyEmail(email string, kind int) string {
	switch kind {
	case 0:
		return strings.ToUpper(email)
	case 1:
		return " " + email + " "
	case 2:
		return strings.TrimSuffix(email, ".invalid")
	case 3:
		return "n/a"
	case 4:
		return strings.Replace(email, "@", ".", 1)
	}
	return wide(email)
}

// wide is what a Chinese keyboard makes of ASCII when it is left in full width.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r - '!' + '！'
		}
		return r
	}, s)
}

// dirtyPhone is the number without its country, which leads nowhere, or with
// marks, which are no part of it.
func dirtyPhone(phone string, kind int) string {
	number := strings.TrimPrefix(phone, "+999")
	switch kind {
	case 0:
		// Not 00, which would be read as a country's code.
		return "09" + number
	case 1:
		return "+999 " + number[:4] + "-" + number[4:]
	}
	return "＋999" + number
}
