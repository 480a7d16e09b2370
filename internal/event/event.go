// Package event is what happened to a customer besides orders, as the shop's own
// systems tell it: a name, an instant and properties with a type of their own.
//
// An event is a fact. It is known by its source and its id, it never changes, and
// nothing is made of the order in which events arrive: whatever is folded from
// them (see Holds) is folded from all of them, by the time they tell.
package event

import "time"

// Limits of what is stored. They are keys, or read with every decision.
const (
	MaxID    = 200   // bytes of an id
	MaxName  = 200   // bytes of an event's name, and of a property's or attribute's
	MaxText  = 4_000 // bytes of a text value
	MaxProps = 100   // of one event
)

// Event is one event as told.
type Event struct {
	Source string // the system that told it; part of its identity
	ID     string // the source's own
	Name   string // as the source writes it, letter by letter
	ShopID string // the shop's own id of the customer
	At     time.Time
	Props  map[string]Value
}

// Beginnings of the names of our own events: of a customer who came to be in the
// named segment behind it, or is in it no more.
const (
	SegmentEntered = "Segment Entered: "
	SegmentLeft    = "Segment Left: "
)

// Names of the events that Holds reads, with their properties. All are optional,
// here and below; a property is a text where nothing else is said. A CSV file's
// are texts unless its map says otherwise: types: {props.score: number}.
const (
	ComplaintOpened = "Complaint Opened" // ref, order, grade (a number: 1 small, 2, 3 grave)
	ComplaintClosed = "Complaint Closed" // ref
	DisputeOpened   = "Dispute Opened"   // ref, order
	DisputeClosed   = "Dispute Closed"   // ref
)

// Names under which rules look for what customers do and what happens to their
// orders. order is the shop's id of it.
const (
	ProductViewed   = "Product Viewed"   // sku, category
	ReviewPosted    = "Review Posted"    // score (a number from 1, bad, to 5), order, sku
	SurveyAnswered  = "Survey Answered"  // survey, question, answer; one event a question
	OrderDelayed    = "Order Delayed"    // order, carrier, days (a number), expected_on and promised_on (dates)
	ReturnRequested = "Return Requested" // order, category, reason
)
