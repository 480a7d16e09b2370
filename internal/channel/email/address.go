package email

import (
	"errors"
	"net/mail"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// CheckAddress returns the address to send to: the domain in lower case and in
// ASCII (IDNA 2008), the local part as written. The error says why nothing can
// be sent there and does not repeat the address.
//
// It refuses what real mailboxes do not have and mail systems trip over: quoted
// local parts, addresses in brackets or with a name, domain literals, domains
// without a dot, and local parts outside ASCII, which few servers take.
func CheckAddress(s string) (string, error) {
	local, domain, ok := cutLast(s, '@')
	switch {
	case s == "":
		return "", errors.New("is empty")
	case !ok || local == "" || domain == "":
		return "", errors.New("has no @ between two parts")
	case len(local) > 64:
		return "", errors.New("has more than 64 characters before the @")
	case !isASCII(local):
		return "", errors.New("has letters before the @ that mail servers do not take")
	case !isDotAtom(local):
		return "", errors.New("has characters before the @ that do not belong there")
	}
	if !isASCII(domain) || strings.HasPrefix(strings.ToLower(domain), "xn--") {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err == nil {
			// The library lets some letters through on the way in, such as broken
			// UTF-8, that no program will read on the way back.
			_, err = idna.Lookup.ToUnicode(ascii)
		}
		if err != nil || !utf8.ValidString(domain) {
			return "", errors.New("has a domain that is not one")
		}
		domain = ascii
	}
	domain = strings.ToLower(domain)
	if !isHostName(domain) {
		return "", errors.New("has a domain that is not one")
	}
	if len(local)+1+len(domain) > 254 {
		return "", errors.New("has more than 254 characters")
	}
	return local + "@" + domain, nil
}

// parseSender reads a configured sender: `Name <mailbox>` or a mailbox.
func parseSender(s string) (*mail.Address, error) {
	if strings.ContainsAny(s, "\r\n\x00") {
		return nil, errors.New("has a line end in it")
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return nil, errors.New("is not a mailbox: write `Shop <news@shop.example>`")
	}
	if a.Address, err = CheckAddress(a.Address); err != nil {
		return nil, err
	}
	return a, nil
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// isDotAtom is RFC 5322, 3.2.3: words of atext with single dots between them.
func isDotAtom(s string) bool {
	dot := true // a dot may not come next
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '.':
			if dot {
				return false
			}
			dot = true
			continue
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0:
		default:
			return false
		}
		dot = false
	}
	return !dot
}

// isHostName is a dotted name of letters, digits and inner hyphens, the last
// label not all digits.
func isHostName(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for i := range len(l) {
			if c := l[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}
