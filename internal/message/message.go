// Package message turns what a marketer wrote into what one customer reads, and
// signs the links in it. It is the only door to the template language, Liquid.
//
// # What a template may do
//
// A message is three files: subject.txt, text.txt and, if wanted, body.html.
// They may print and test the fields of Bindings, loop over short literal
// ranges, assign variables and use the filters listed in filters.go. They can
// read no file, cannot ask for the time, and cannot run away: Compile refuses
// what could, by looking at the parsed template before any customer does.
//
//	source          at most 64 KiB a file
//	loops           at most 2 deep, over ranges of at most 100 numbers
//	work            at most 10,000 steps, counted with every loop at its longest
//	strings, lists  at most 8 KiB and 100 items as the result of a filter
//	output          at most 256 KiB a part
//
// Every field is bound for every customer, nil when unknown, and every other
// name is a fault at Compile: a typo never reaches a customer as an empty place.
// Values are escaped in the HTML part and kept on one line in the subject.
package message

import (
	"sort"
	"strings"
	"time"
)

// Files is one message folder as text; an empty field means that the file is
// not there. It has the shape of campaigns.MessageFiles and converts from it.
type Files struct{ Subject, Text, HTML, SMS string }

// The names of the files of a message folder, as diagnostics show them.
const (
	SubjectFile = "subject.txt"
	TextFile    = "text.txt"
	HTMLFile    = "body.html"
)

// Content is a rendered message. Subject has no control characters and is not
// empty; Text is not empty; HTML is empty if the message has no HTML part.
type Content struct{ Subject, Text, HTML string }

// Bindings is what a template may speak of. A field of a pointer-free kind that
// is documented as optional is nil in the template when it is zero here.
type Bindings struct {
	Customer       Customer
	Shop           Shop
	Orders         Orders
	UnsubscribeURL string // unsubscribe_url
}

// Customer is `customer` in a template.
type Customer struct {
	ID        string // customer.id
	FirstName string // customer.first_name; optional
	LastName  string // customer.last_name; optional
	Locale    string // customer.locale; optional
}

// Shop is `shop` in a template.
type Shop struct {
	Name string // shop.name
}

// Orders is `orders` in a template: the customer's state as of the decision.
type Orders struct {
	Count  int       // orders.count
	LastOn time.Time // orders.last_on: a date in the zone of the value; optional
}

// fields is every path a template may read.
var fields = set(
	"customer.id", "customer.first_name", "customer.last_name", "customer.locale",
	"shop.name",
	"orders.count", "orders.last_on",
	"unsubscribe_url",
)

// vars binds every declared field.
func (b Bindings) vars() map[string]any {
	return map[string]any{
		"customer": map[string]any{
			"id":         b.Customer.ID,
			"first_name": optional(b.Customer.FirstName),
			"last_name":  optional(b.Customer.LastName),
			"locale":     optional(b.Customer.Locale),
		},
		"shop": map[string]any{"name": b.Shop.Name},
		"orders": map[string]any{
			"count":   b.Orders.Count,
			"last_on": optionalDate(b.Orders.LastOn),
		},
		"unsubscribe_url": b.UnsubscribeURL,
	}
}

func optional(s string) any {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return s
}

// optionalDate binds a date as text, so that it prints as 2026-03-02 without a
// filter; the date filter reads it back.
func optionalDate(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}

// fieldsOf lists the declared fields below root, sorted, without the root.
func fieldsOf(root string) []string {
	var names []string
	for f := range fields {
		if below, ok := strings.CutPrefix(f, root+"."); ok {
			names = append(names, below)
		}
	}
	sort.Strings(names)
	return names
}
