package message

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// people are the words of other programs for a customer, and meanings what they
// call our fields.
var (
	people   = set("user", "client", "contact", "profile", "recipient", "person", "subscriber", "member", "buyer", "kunde")
	meanings = map[string]string{
		"姓名": "customer.first_name", "名字": "customer.first_name", "优惠码": "coupon.code", "店铺": "shop.name", "退订": "unsubscribe_url",
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

// suggestions are what meant found, for all files of a use: the same names come
// back in every language.
type suggestions struct {
	paths []string            // sorted
	ends  map[string][]string // paths by what stands behind their root
	found map[string]string
	below map[string]string // the names below a root
	work  int               // of the file that is looked at
}

// maxWork is how much comparing one file may cause, see nearestOf: some 5 ms.
// Names beyond it are still found by what they mean.
const maxWork = 200_000

// maxNamed is how many names below a root a fault lists.
const maxNamed = 40

// suggestions are ready from the first fault on.
func (s *scope) suggestions() *suggestions {
	g := &s.guesses
	if g.found != nil {
		return g
	}
	*g = suggestions{slices.Sorted(maps.Keys(s.open)), map[string][]string{}, map[string]string{}, map[string]string{}, g.work}
	below := map[string][]string{}
	for _, path := range g.paths {
		if root, name, ok := strings.Cut(path, "."); ok {
			g.ends[name] = append(g.ends[name], path)
			below[root] = append(below[root], name)
		}
	}
	for root, names := range below {
		more := ""
		if n := len(names) - maxNamed; n > 0 {
			names, more = names[:maxNamed], fmt.Sprintf(" and %d more", n)
		}
		g.below[root] = strings.Join(names, ", ") + more
	}
	return g
}

// below lists the fields below root, sorted, without the root.
func (s *scope) below(root string) string { return s.suggestions().below[root] }

// meant is the field that was probably meant by a path there is none at, or "".
func (s *scope) meant(path string) string {
	g := s.suggestions()
	field, known := g.found[path]
	if !known {
		field = nearestOf(path, g.paths, &g.work)
		if field == "" {
			field = s.alias(path)
		}
		if g.work < maxWork { // else another file may do better
			g.found[path] = field
		}
	}
	return field
}

// alias is the field that a path names in another program's words, or "".
func (s *scope) alias(path string) string {
	root, rest, below := strings.Cut(snake(path), ".")
	if below && people[root] {
		root = "customer"
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
	for _, field := range s.suggestions().ends[last] {
		if s.has(field) && (!below || strings.HasPrefix(field, root+".")) {
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
