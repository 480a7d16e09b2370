// Package message turns what a marketer wrote into what one customer reads, and
// signs the links in it. It is the only door to the template language, Liquid.
//
// # What a template may do
//
// A message is up to four files in each language: subject.txt, text.txt and, if
// wanted, body.html are an e-mail, sms.txt is a text message. They may print and
// test the fields of fields.go, loop over short literal ranges, assign variables
// and use the filters of catalogue.go. They can read no file, cannot ask for the
// time, and cannot run away: Compile refuses what could, by looking at the
// parsed template before any customer does.
//
//	source          at most 64 KiB a file, 1,000 tags and places, 1 KiB each
//	loops           at most 2 deep, over ranges of at most 100 numbers
//	work            at most 10,000 steps, counted with every loop at its longest
//	strings, lists  at most 4 KiB and 100 items, as a field or the result of a filter
//	output          at most 256 KiB a part, 10 segments a text message
//
// A step is what takes about a microsecond; a filter that reads a whole text
// counts for as many as its longest text takes. So the ceilings together are a
// ceiling of time: no template needs more than 50 ms or 32 MiB, which is tested
// with the worst template of every filter. Go cannot stop a computation from
// outside, and a process for each would cost more than all the rest of a send.
//
// Every field is bound for every customer, nil when unknown, and every other
// name is a fault at Compile: a typo never reaches a customer as an empty place.
// Values are escaped in the HTML part and kept on one line in the subject and
// the text message.
package message

import (
	"time"

	"github.com/rewave/rewave/campaigns"
)

// Files is one message folder in one language as text; an empty field means that
// the file is not there.
type Files = campaigns.MessageFiles

// The names of the files of a message folder, as diagnostics show them.
const (
	SubjectFile = "subject.txt"
	TextFile    = "text.txt"
	HTMLFile    = "body.html"
	SMSFile     = "sms.txt"
)

// The channels that files are for.
const (
	Email = "email"
	SMS   = "sms"
)

// Content is a rendered message. An e-mail has a Subject without control
// characters, a Text, and HTML if the message has an HTML part; a text message
// has SMS. What the message has no file for is empty, and nothing else is.
type Content struct{ Subject, Text, HTML, SMS string }

// Bindings is what a template may speak of. What is documented as optional is
// nil in the template when it is zero here.
type Bindings struct {
	Customer       Customer
	Shop           Shop
	Orders         Orders
	Order          *Order         // the order that brought the customer in; nil where none did
	Event          map[string]any // the properties of the event that did; see Customer.Attributes
	Stratum        Stratum
	Coupon         *Coupon // nil: this delivery gives none
	UnsubscribeURL string  // unsubscribe_url
}

// Customer is `customer` in a template.
type Customer struct {
	ID        string // customer.id
	FirstName string // customer.first_name; optional
	LastName  string // customer.last_name; optional
	Locale    string // customer.locale; optional
	// Attributes are string, float64, bool, or time.Time for a day; a template
	// reads those that Options.Attributes names, and those not here are nil.
	Attributes map[string]any
}

// Shop is `shop` in a template.
type Shop struct {
	Name string // shop.name
}

// Orders is `orders` in a template: the customer's state as of the decision.
type Orders struct {
	Count  int       // orders.count
	LastOn time.Time // orders.last_on: a date in the zone of the value; optional
	Total  *Amount   // orders.total; optional
}

// Order is `order` in a template.
type Order struct {
	ID           string    // order.id
	Total        *Amount   // order.total; optional
	On           time.Time // order.on: a date in the zone of the value
	FirstProduct string    // order.first_product; optional
}

// Stratum is `stratum` in a template.
type Stratum struct {
	Name  string            // stratum.name; optional
	Notes map[string]string // stratum.<note>, each optional
}

// Coupon is `coupon` in a template. Its code is not here: a message is rendered
// before the gate binds one, with Sentinel in its place, and Splice puts it in.
type Coupon struct {
	Value     *Amount   // coupon.value; optional
	Percent   float64   // coupon.percent; optional
	MinSpend  *Amount   // coupon.min_spend; optional
	ExpiresOn time.Time // coupon.expires_on: the last day in the zone of the value; optional
}

// Amount is money in minor units. A template reads it as a decimal number, as
// rules do, and only if it is in the shop's currency: it is unknown otherwise.
type Amount struct {
	Minor    int64
	Currency string // ISO 4217
}
