package rules

import (
	"errors"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
)

// Basis is what belongs to the shop and not to a customer.
type Basis struct {
	Zone   *time.Location // dates in rules are this zone's; never nil
	Digits int            // decimals of the currency: 2 for EUR, 0 for JPY
	Money  string         // the currency as Explain names it, EUR; empty: it names none
	Scores *Scores        // what was fitted to its customers; nil: nothing, so that whatever hangs on it is unknown
}

// Customer is the profile a rule may ask about. Empty text and a zero FirstSeen
// mean unknown. Tags and Attributes are nil where they were not loaded, and then
// reading them is an error; a customer who has none has empty ones.
type Customer struct {
	ID         string
	FirstName  string
	LastName   string
	Locale     string
	Region     string
	Zone       string
	FirstSeen  time.Time
	EmailKnown bool
	PhoneKnown bool
	Tags       []string
	Attributes map[string]Attribute // what the shop declared, by name
	Holds      []string             // kinds of what is open: complaint_open, dispute; nil where they were not loaded
}

// Kind is what an Attribute holds.
type Kind string

// The zero Kind is an attribute of which nothing is known.
const (
	Text   Kind = "text"
	Number Kind = "number"
	Date   Kind = "date"
	Truth  Kind = "truth"
)

// Attribute is a value of the kind it says; the other fields are not read.
type Attribute struct {
	Kind   Kind
	Text   string
	Number float64
	Date   calendar.Date
	Truth  bool
}

// known says that there is a value: a number that is one, a date that is one.
func (a Attribute) known() bool {
	switch a.Kind {
	case Number:
		return !math.IsNaN(a.Number) && !math.IsInf(a.Number, 0)
	case Date:
		return !a.Date.IsZero()
	}
	return a.Kind != ""
}

// OrderFact is one order in the campaign's currency.
type OrderFact struct {
	At       time.Time
	Minor    int64  // net kept value as of the decision, in minor units
	Refunded int64  // what came back by then; Minor + Refunded is what was ordered
	Back     bool   // nothing of it is kept: it counts for what came back and for nothing else
	Lines    int    // kept lines; read only of the triggering order
	Told     *Told  // nil: not loaded, and then reading it is an error
	Parts    []Part // the kept lines; nil where they were not loaded, and then reading them is an error
}

// Told is what a shop told of an order beside what was bought. Empty texts, zero
// instants and a nil discount are not told.
type Told struct {
	Status    string // as of the newest telling: it has no history
	EntryPath string
	Promised  time.Time // the last instant at which a delivery is on time
	Delivered time.Time
	Discount  *int64   // minor units; 0 is a full price
	Coupon    bool     // it named a code
	Reasons   []string // why something came back by then
}

// Part is one kept line of an order. An empty Category, SKU or Role is unknown.
type Part struct {
	Category, SKU string
	Role          string // of the product: profit, traffic, potential, marginal or new
	Minor         int64  // net kept value as of the decision, in minor units
	Units         int
	Cost          *int64 // what one unit cost the shop, in minor units; nil: unknown
}

// EventFact is something that happened to a customer. Props are nil where they
// were not loaded, and then reading them is an error.
type EventFact struct {
	Name  string
	At    time.Time
	Props map[string]Attribute
}

// Names of the events that stand for what happened between us and a customer:
// messages that were sent, with the texts campaign, wave and channel, and orders
// that used a code of theirs, with the text campaign.
const (
	MessageSent = "message sent"
	CodeUsed    = "code used"
)

// Totals are sums over all kept orders of a customer, enough for rules whose
// Needs have no History.
type Totals struct {
	Count         int
	Days          int // on how many days
	Minor         int64
	FirstDayMinor int64     // those of the first day
	First, Last   time.Time // read only where Count > 0

	// Over all orders ever placed, kept or not; read where Needs has Back.
	Placed, Refunded          int // orders, and those of which something came back
	GrossMinor, RefundedMinor int64
}

// How much of a customer's orders a rule can look into, the newest first, and
// one order always; of older ones it knows the totals.
const (
	MaxOrders = 1000
	MaxLines  = 10_000 // Parts, over all of them
)

// Env is what one rule may see of one customer at one instant. It is not changed
// by a rule and may be shared.
type Env struct{ root root }

// root is the environment as expr sees it. Its fields are pointers so that
// fetching one does not copy it.
type root struct {
	Customer *customer `expr:"customer"`
	Orders   *orders   `expr:"orders"` // first_order and last_order too
	Order    *order    `expr:"order"`
	Event    *event    `expr:"event"`
	At       *moment   `expr:"at"`
	Log      *log      `expr:"log"` // what events("...") reads; no rule can write it
}

type customer struct {
	Customer
	*moment
}

// age is in whole years: a birthday of 29 February comes on 1 March in other years.
func (c *customer) age(birthday Attribute) float64 {
	today, born := c.day(c.at), birthday.Date
	years := today.Year - born.Year
	if today.Month < born.Month || today.Month == born.Month && today.Day < born.Day {
		years--
	}
	return float64(years)
}

// toBirthday is how many days lie ahead of the next birthday, which is never before
// the day of birth itself.
func (c *customer) toBirthday(birthday Attribute) float64 {
	today, born := c.day(c.at), birthday.Date
	from := today
	if from.Before(born) {
		from = born
	}
	next := born.KeptIn(from.Year)
	if next.Before(from) {
		next = born.KeptIn(from.Year + 1)
	}
	return float64(next.DaysSince(today))
}

// interested reads the interests, which are one text.
func (c *customer) interested(interest string) (bool, error) {
	if c.Attributes == nil {
		return false, errors.New("the attributes of the customer were not loaded")
	}
	return slices.Contains(strings.Split(c.Attributes["interests"].Text, ";"), interest), nil
}

// moment is the instant of the decision and the basis it is read on.
type moment struct {
	at    time.Time
	basis Basis
}

// NewEnv is a customer with the orders known at the instant `at`; orders
// after it are left out, so a later import cannot leak into an earlier decision.
// The slice is kept and must not be changed; it is copied only where it is not
// in the order of time.
func NewEnv(c Customer, facts []OrderFact, at time.Time, basis Basis) Env {
	return new(Room).NewEnv(c, facts, at, basis)
}

// Room is all that an Env of most customers takes, in one piece, to be used again
// for the next of millions. Its zero value is ready; it is for one goroutine.
type Room struct {
	moment   moment
	customer customer
	orders   orders
	few      [8]int64
}

// NewEnv is the package's, made in the room: good until the next call.
func (r *Room) NewEnv(c Customer, facts []OrderFact, at time.Time, basis Basis) Env {
	facts = sorted(facts)
	facts = facts[:sort.Search(len(facts), func(i int) bool { return facts[i].At.After(at) })]
	r.moment = moment{at: at, basis: basis}
	r.customer = customer{c, &r.moment}
	r.orders.read(&r.moment, facts, r.few[:])
	return Env{root{Customer: &r.customer, At: &r.moment, Orders: &r.orders}}
}

func sorted(facts []OrderFact) []OrderFact {
	byTime := func(a, b OrderFact) int { return a.At.Compare(b.At) }
	if !slices.IsSortedFunc(facts, byTime) {
		facts = slices.Clone(facts)
		slices.SortStableFunc(facts, byTime)
	}
	return facts
}

// NewTotalsEnv is NewEnv from totals as of `at`. A rule that looks into the
// history is an error on it.
func NewTotalsEnv(c Customer, t Totals, at time.Time, basis Basis) Env {
	return new(Room).NewTotalsEnv(c, t, at, basis)
}

// NewTotalsEnv is the package's, made in the room: good until the next call.
func (r *Room) NewTotalsEnv(c Customer, t Totals, at time.Time, basis Basis) Env {
	r.moment = moment{at: at, basis: basis}
	r.customer = customer{c, &r.moment}
	r.few[0] = 0
	r.orders = orders{moment: &r.moment, older: t, sums: r.few[:1]}
	return Env{root{Customer: &r.customer, At: &r.moment, Orders: &r.orders}}
}

// WithOrder is the Env with the order that triggers the entry; it belongs to the
// customer's orders too.
func (e Env) WithOrder(o OrderFact) Env {
	e.root.Order = &order{OrderFact: o, moment: e.root.At}
	return e
}

// WithEvent is the Env with the event that triggers the entry; it belongs to the
// customer's events too.
func (e Env) WithEvent(f EventFact) Env {
	e.root.Event = &event{EventFact: f, moment: e.root.At}
	return e
}

// WithEvents is the Env with the customer's events, at least those whose names
// are among the rule's Needs. Events after the Env's instant do not count. The
// slice is kept and must not be changed; it is copied only where it is not in
// the order of name and time. Without it a rule that reads events("...") is an
// error.
func (e Env) WithEvents(facts []EventFact) Env {
	order := func(a, b EventFact) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return a.At.Compare(b.At)
	}
	if !slices.IsSortedFunc(facts, order) {
		facts = slices.Clone(facts)
		slices.SortStableFunc(facts, order)
	}
	e.root.Log = &log{moment: e.root.At, facts: facts}
	return e
}

func (m *moment) instant() time.Time { return m.at }

func (m *moment) day(t time.Time) calendar.Date { return calendar.DateOf(t, m.basis.Zone) }

// ago is how many days on the calendar lie between the day and the decision's.
func (m *moment) ago(d calendar.Date) float64 { return float64(m.day(m.at).DaysSince(d)) }

// midnight begins the day with this number; see dayNumber.
func (m *moment) midnight(day int) time.Time {
	return calendar.Instant(epoch.AddDays(day), 0, m.basis.Zone)
}

// Days are counted from the epoch inside a rule, so that they compare as numbers.
var epoch = calendar.Date{Year: 1970, Month: time.January, Day: 1}

func dayNumber(d calendar.Date) float64 { return float64(d.DaysSince(epoch)) }

// decimal is an amount in major units: the floating-point number nearest to it,
// which is the one the same decimal written in a rule becomes.
func (m *moment) decimal(minor int64) float64 {
	return float64(minor) / m.scale()
}

// scale is how many minor units make a major one.
func (m *moment) scale() float64 {
	scale := 1.0
	for range m.basis.Digits {
		scale *= 10
	}
	return scale
}

// mean rounds half to even.
func mean(minor int64, count int) int64 {
	n := int64(count)
	q, r := minor/n, minor%n
	if r < 0 {
		q, r = q-1, r+n
	}
	if 2*r > n || 2*r == n && q%2 != 0 {
		q++
	}
	return q
}
