package customer

import (
	"errors"
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
	at := strings.LastIndexByte(s, '@')
	local, domain := s[:max(at, 0)], s[at+1:]
	switch {
	case s == "":
		return "", errors.New("is empty")
	case at < 0 || local == "" || domain == "":
		return "", errors.New("has no @ between two parts")
	case len(local) > 64:
		return "", errors.New("has more than 64 characters before the @")
	case !isASCII(local):
		return "", errors.New("has letters before the @ that mail servers do not take")
	case !IsDotAtom(local):
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

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// IsDotAtom is RFC 5322, 3.2.3: words of atext with single dots between them.
func IsDotAtom(s string) bool {
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
