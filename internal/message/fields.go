package message

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options say for which use a message is compiled: what it may read, in which
// language the text for everybody speaks, and on which channels it goes. The
// zero Options are those of an e-mail that reads what is known of everybody.
type Options struct {
	Locale     string         // language of the text for everybody else; empty: en
	Currency   string         // the shop's, ISO 4217; empty: none, and money prints without a sign
	Zone       *time.Location // of instants that the date filter is given; nil: UTC
	Channels   []string       // email, sms; nil: those that there are files for
	Coupon     bool           // every wave with this message gives a coupon
	Codeless   bool           // with Coupon: a delivery may go out without one
	Strata     bool           // the campaign has strata
	Notes      []string       // names of what its strata say
	Order      bool           // an order brings customers in
	Event      bool           // an event brings customers in
	Attributes []string       // declared attributes of customers
	Occasion   string         // the attribute whose day brings customers in: everybody has it
	Service    bool           // no marketing: no way out is asked for
	Link       string         // what links to unsubscribe begin with, for the length of a text message
	// Lenient asks for nothing that stands in campaign.yaml, for a campaign that
	// has faults of its own: what it means to say is not known.
	Lenient bool
}

// kind is what a field holds.
type kind int

const (
	text kind = iota
	number
	day
	money
)

// field is one path a template may read.
type field struct {
	path    string
	kind    kind
	is      string // for the reference
	unknown string // when it is nil; empty: never
}

// fields is every path but those that a campaign or a shop names itself.
var fields = []field{
	{"customer.id", text, "the shop's own id", ""},
	{"customer.first_name", text, "as imported", "where none was"},
	{"customer.last_name", text, "as imported", "where none was"},
	{"customer.locale", text, "language and country, such as `de-AT`", "where the profile does not say"},
	{"shop.name", text, "from `rewave.yaml`", ""},
	{"orders.count", number, "how many kept orders", ""},
	{"orders.last_on", day, "the day of the last one", "without orders"},
	{"orders.total", money, "what they are worth", "without orders in the shop's currency"},
	{"order.id", text, "the shop's id of the order that brought the customer in", ""},
	{"order.on", day, "its day", ""},
	{"order.total", money, "what it is worth", "in another currency than the shop's"},
	{"order.first_product", text, "the name of its first line", "where none was imported"},
	{"stratum.name", text, "the stratum of the customer", "without strata"},
	{"coupon.code", text, "the code, as it is: it takes no filter but `url_encode`", "when the pool was empty and the wave goes out all the same"},
	{"coupon.value", money, "what it takes off", "of a coupon that takes off a percentage, or gives something else"},
	{"coupon.percent", number, "the percentage that it takes off", "of any other coupon"},
	{"coupon.min_spend", money, "what an order must reach", "where it need not"},
	{"coupon.expires_on", day, "its last day", "where it has none"},
	{"unsubscribe_url", text, "the customer's own link that ends the messages of this channel", ""},
}

var byPath = func() map[string]field {
	m := make(map[string]field, len(fields))
	for _, f := range fields {
		m[f.path] = f
	}
	return m
}()

// property is what names of attributes, notes and an event's properties look
// like in a template.
var property = regexp.MustCompile(`^[\pL_][\pL\pN_-]{0,59}$`)

// scope is what the templates of one use may read.
type scope struct {
	Options
	open     map[string]field // named by the campaign or the shop, and all of fields
	checking bool             // links are followed: what was stored before that still runs
	guesses  suggestions      // of the checkers, one after the other
}

func newScope(o Options) *scope {
	s := &scope{Options: o, open: make(map[string]field, len(fields)+len(o.Notes)+len(o.Attributes))}
	for _, f := range fields {
		s.open[f.path] = f
	}
	add := func(root string, names []string) {
		for _, name := range names {
			path := root + "." + name
			if _, taken := s.open[path]; !taken && property.MatchString(name) {
				s.open[path] = field{path: path}
			}
		}
	}
	add("stratum", o.Notes)
	add("customer", o.Attributes)
	if path := "customer." + o.Occasion; byPath[path].path == "" && property.MatchString(o.Occasion) {
		s.open[path] = field{path: path, kind: day}
	}
	return s
}

// absent says why a root cannot be read in this use, and what to do.
func (s *scope) absent(root string) (why, hint string) {
	switch {
	case s.Lenient:
	case root == "coupon" && !s.Coupon:
		return "there is not always a coupon with this message", "give every wave that sends it `coupon: {pool: ...}`"
	case root == "stratum" && !s.Strata:
		return "the campaign has no strata", "write `strata:`, or leave it out"
	case root == "order" && !s.Order:
		return "no order brings customers into this campaign", "`enter: {on: order_paid}` does; `orders` is known always"
	case root == "event" && !s.Event:
		return "no event brings customers into this campaign", "`enter: {on: {event: ...}}` does"
	}
	return "", ""
}

// find returns the field at path. Any property of an event may be read: what
// the shop sends with it is not declared.
func (s *scope) find(path string) (field, bool) {
	if f, ok := s.open[path]; ok {
		return f, true
	}
	root, name, _ := strings.Cut(path, ".")
	// What was declared when a message was checked is still read when it is sent.
	anything := root == "event" || s.Lenient && root == "stratum" || (s.Lenient || !s.checking) && root == "customer"
	return field{path: path}, anything && property.MatchString(name)
}

// reserved says whether name is the first word of a field.
func reserved(name string) bool {
	for _, f := range fields {
		if root, _, _ := strings.Cut(f.path, "."); root == name {
			return true
		}
	}
	return name == "event"
}

// vars binds every field that the template may read. A text that is longer than
// any value may be is an error: no bound of the work would hold.
func (t *Template) vars(b Bindings) (map[string]any, error) {
	s, vars := t.scope, map[string]any{}
	if t.Reads("customer") {
		who := make(map[string]any, 4)
		if who["id"] = b.Customer.ID; t.Reads("first_name") {
			who["first_name"] = optional(b.Customer.FirstName)
		}
		if t.Reads("last_name") {
			who["last_name"] = optional(b.Customer.LastName)
		}
		if t.Reads("locale") {
			who["locale"] = optional(b.Customer.Locale)
		}
		vars["customer"] = who
	}
	if t.Reads("unsubscribe_url") {
		vars["unsubscribe_url"] = b.UnsubscribeURL
	}
	if t.Reads("shop") {
		vars["shop"] = map[string]any{"name": b.Shop.Name}
	}
	if t.Reads("orders") {
		vars["orders"] = map[string]any{"count": b.Orders.Count, "last_on": optionalDay(b.Orders.LastOn), "total": s.amount(b.Orders.Total)}
	}
	for _, path := range t.named {
		root, name, _ := strings.Cut(path, ".")
		switch root {
		case "customer":
			place(vars, root)[name] = value(b.Customer.Attributes[name])
		case "event":
			place(vars, root)[name] = value(b.Event[name])
		case "stratum":
			place(vars, root)[name] = optional(b.Stratum.Notes[name])
		}
	}
	if t.Reads("stratum") {
		place(vars, "stratum")["name"] = optional(b.Stratum.Name)
	}
	if t.Reads("order") {
		o := b.Order
		if o == nil {
			o = &Order{}
		}
		vars["order"] = map[string]any{"id": optional(o.ID), "on": optionalDay(o.On), "total": s.amount(o.Total), "first_product": optional(o.FirstProduct)}
	}
	if t.Reads("coupon") {
		c, code := b.Coupon, any(Sentinel)
		if c == nil {
			c, code = &Coupon{}, nil
		}
		vars["coupon"] = map[string]any{"code": code, "value": s.amount(c.Value), "percent": optionalNumber(c.Percent),
			"min_spend": s.amount(c.MinSpend), "expires_on": optionalDay(c.ExpiresOn)}
	}
	return vars, bounded("", vars)
}

// bounded finds a text that is too long or pretends to be a code. The error
// names the field and not its value.
func bounded(root string, vars map[string]any) error {
	for name, v := range vars {
		switch v := v.(type) {
		case map[string]any:
			if err := bounded(name, v); err != nil {
				return err
			}
		case string:
			if len(v) > maxString {
				return fmt.Errorf("%s is longer than %d KiB", strings.TrimPrefix(root+"."+name, "."), maxString>>10)
			}
			if strings.Contains(v, Sentinel) && (root != "coupon" || name != "code") {
				return fmt.Errorf("%s holds the place of a coupon's code", strings.TrimPrefix(root+"."+name, "."))
			}
		}
	}
	return nil
}

func place(vars map[string]any, root string) map[string]any {
	m, ok := vars[root].(map[string]any)
	if !ok {
		m = map[string]any{}
		vars[root] = m
	}
	return m
}

func optional(s string) any {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return s
}

// optionalDay binds a date as text, so that it prints as 2026-03-02 without a
// filter; the date filter reads it back.
func optionalDay(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}

func optionalNumber(n float64) any {
	if n == 0 {
		return nil
	}
	return n
}

// amount is a decimal number, unknown in another currency than the shop's:
// nothing that is added to it or printed would be true.
func (s *scope) amount(a *Amount) any {
	if a == nil || s.Currency != "" && a.Currency != s.Currency {
		return nil
	}
	return float64(a.Minor) / math.Pow10(digits(a.Currency))
}

// value binds an attribute or a property; what is of another kind is unknown.
func value(v any) any {
	switch v := v.(type) {
	case string:
		return optional(v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int(v) // as `3`, and so that `divided_by` is of whole numbers
		}
		return v
	case bool:
		return v
	case time.Time:
		return optionalDay(v)
	}
	return nil
}

// name records a field that is read and not among fields.
func (t *Template) name(path string) {
	if _, known := byPath[path]; !known && !slices.Contains(t.named, path) {
		t.named = append(t.named, path)
	}
}
