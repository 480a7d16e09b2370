package message

import (
	"fmt"
	"regexp"
	"strings"
)

// foreignPlaces are how other programs write a place: here it would be printed
// as it stands. The first group is what is shown, the second the name in it.
var foreignPlaces = []*regexp.Regexp{
	regexp.MustCompile(`(\$\{ *([A-Za-z_][\w.]*) *\})`),
	regexp.MustCompile(`(?:^|[\s,.:;!>("'，。：；！“])(%([A-Za-z][A-Za-z_.]+)%)`),
	regexp.MustCompile(`(\*\| *(\w+) *\|\*)`),
	regexp.MustCompile(`(?:^|[^{$])(\{(?: +\{)? *([A-Za-z_][A-Za-z_.]+) *(?:\} +)?\})(?:[^}]|$)`),
}

var wideBraces = regexp.MustCompile(`｛[｛％]|｝｝|％｝`)

// foreign refuses places of other languages in the text outside of our own.
func (c *checker) foreign() {
	lines := strings.Split(liquidToken.ReplaceAllStringFunc(c.text, blank), "\n")
	for i, line := range lines {
		if at := wideBraces.FindString(line); at != "" {
			c.fault(i+1, at, "full-width braces are printed as they stand", "write {{ and }}, {% and %}")
		}
		for _, of := range foreignPlaces {
			for _, m := range of.FindAllStringSubmatch(line, -1) {
				hint := "a place is written {{ customer.first_name }}"
				if near := c.scope.meant(m[2]); near != "" {
					hint = fmt.Sprintf("write {{ %s }}", near)
				}
				c.fault(i+1, m[1], m[1]+" is printed as it stands", hint)
			}
		}
	}
}

// blank keeps the new lines of s alone.
func blank(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return ' '
	}, s)
}

// people are the words of other programs for a customer, and meanings what they
// call our fields.
var (
	people   = set("user", "client", "contact", "profile", "recipient", "person", "subscriber", "member", "buyer", "kunde")
	meanings = map[string]string{
		"name": "customer.first_name", "firstname": "customer.first_name", "fname": "customer.first_name", "first": "customer.first_name",
		"customer_name": "customer.first_name", "user_name": "customer.first_name", "username": "customer.first_name", "vorname": "customer.first_name",
		"lastname": "customer.last_name", "lname": "customer.last_name", "surname": "customer.last_name", "nachname": "customer.last_name",
		"code": "coupon.code", "coupon_code": "coupon.code", "promo_code": "coupon.code", "voucher": "coupon.code", "voucher_code": "coupon.code",
		"discount": "coupon.value", "expires": "coupon.expires_on", "expiry": "coupon.expires_on", "expires_at": "coupon.expires_on", "valid_until": "coupon.expires_on",
		"unsubscribe": "unsubscribe_url", "unsubscribe_link": "unsubscribe_url", "unsub": "unsubscribe_url", "opt_out": "unsubscribe_url",
		"shop_name": "shop.name", "store": "shop.name", "store_name": "shop.name", "company": "shop.name", "brand": "shop.name",
		"order_id": "order.id", "order_number": "order.id", "order_total": "order.total", "amount": "order.total", "product": "order.first_product",
	}
)

// meant is the field that was probably meant by a path there is none at, or "".
func (s *scope) meant(path string) string {
	if near := nearest(path, s.paths()); near != "" {
		return near
	}
	root, rest, below := strings.Cut(snake(path), ".")
	if below && people[root] {
		root, below = "customer", true
		if s.has("customer." + rest) {
			return "customer." + rest
		}
	}
	last := rest
	if !below {
		last = root
	}
	if field := meanings[last]; s.has(field) && (!below || root == "customer" || strings.HasPrefix(field, root+".")) {
		return field
	}
	found := ""
	for field := range s.open {
		if name, ok := strings.CutSuffix(field, "."+last); ok && s.has(field) && (!below || name == root) {
			if found != "" {
				return "" // two fields end so
			}
			found = field
		}
	}
	return found
}

// has says whether a field can be read in this use.
func (s *scope) has(path string) bool {
	root, _, _ := strings.Cut(path, ".")
	why, _ := s.absent(root)
	_, known := s.open[path]
	return known && why == ""
}

var hump = regexp.MustCompile(`([a-z])([A-Z])`)

// snake writes firstName and First-Name as first_name.
func snake(path string) string {
	return strings.ToLower(strings.ReplaceAll(hump.ReplaceAllString(strings.TrimSpace(path), "${1}_$2"), "-", "_"))
}
