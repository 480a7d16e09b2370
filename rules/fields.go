package rules

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// kind is the type of a value in the user's words.
type kind string

const (
	kindTruth    kind = "true or false"
	kindNumber   kind = "a number"
	kindText     kind = "text"
	kindDate     kind = "a date"
	kindDuration kind = "a duration" // only as a written argument
	kindList     kind = "a list"
	kindCustomer kind = "customer"
	kindOrders   kind = "orders"
	kindOrder    kind = "order"
	kindAt       kind = "at"
	kindBad      kind = "" // a fault was recorded already
)

// member is one row: something a rule may read of a record. In the running rule
// numbers are float64, dates are days since 1970 and durations are minutes.
type member struct {
	of      kind   // the record it belongs to
	name    string // as written
	takes   kind   // the kind of its one argument; empty for a field
	gives   kind
	says    string
	unknown string // when it has no value; empty for never
	money   bool
	history bool // needs the single orders, not only their totals
	call    func(args ...any) (any, error)
	typeOf  any // a nil pointer to the function type, for expr's checker
}

// ident is the name the member has for expr. No rule can write it.
func (m member) ident() string { return string(m.of) + "." + m.name }

func field[R any, V any](of kind, name string, gives kind, says string, get func(R) V) member {
	return member{of: of, name: name, gives: gives, says: says, typeOf: new(func(R) V),
		call: func(args ...any) (any, error) { return get(args[0].(R)), nil }}
}

// when makes a field unknown unless known says otherwise.
func when[R any](m member, unknown string, known func(R) bool) member {
	get := m.call
	m.unknown = unknown
	m.call = func(args ...any) (any, error) {
		if !known(args[0].(R)) {
			return nil, fmt.Errorf("%s is unknown: %s", m.ident(), unknown)
		}
		return get(args...)
	}
	return m
}

func ofOrders(name string, gives kind, says string, get func(*orders) float64) member {
	return field(kindOrders, name, gives, says, get)
}

const noOrders = "there are no such orders"

func someOrders(m member) member {
	return when(m, noOrders, func(o *orders) bool { return o.count() > 0 })
}

func inMoney(m member) member { m.money = true; return m }

// span is a method that narrows orders.
func span(name string, takes kind, says string, cut func(o *orders, n float64) (from, to time.Time)) member {
	m := member{of: kindOrders, name: name, takes: takes, gives: kindOrders, says: says, history: true,
		typeOf: new(func(*orders, float64) *orders)}
	m.call = func(args ...any) (any, error) {
		o := args[0].(*orders)
		if !o.hasHistory {
			return nil, errors.New("the history of orders was not loaded")
		}
		return o.between(cut(o, args[1].(float64))), nil
	}
	return m
}

func text[R any](of kind, name, says string, get func(R) string) member {
	return field(of, name, kindText, says, get)
}

func truth(name, says string, get func(*Customer) bool) member {
	return field(kindCustomer, name, kindTruth, says, get)
}

func profile(name, says string, get func(*Customer) string) []member {
	return []member{
		when(text(kindCustomer, name, says, get), "the profile does not say", func(c *Customer) bool { return get(c) != "" }),
		truth(name+"_known", "whether `"+name+"` is known", func(c *Customer) bool { return get(c) != "" }),
	}
}

// members are all rows, in the order of the documentation. The far end of time
// stands where a span is open.
func members() []member {
	endless := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	out := []member{
		ofOrders("count", kindNumber, "how many kept orders", func(o *orders) float64 { return float64(o.count()) }),
		inMoney(ofOrders("revenue", kindNumber, "what they are worth after refunds, before shipping", func(o *orders) float64 { return o.decimal(o.minor()) })),
		inMoney(someOrders(ofOrders("average", kindNumber, "`revenue` by `count`, rounded half to even",
			func(o *orders) float64 { return o.decimal(mean(o.minor(), o.count())) }))),
		someOrders(ofOrders("days_since_last", kindNumber, "days on the calendar since the last one",
			func(o *orders) float64 { return float64(o.day(o.at).DaysSince(o.day(o.last()))) })),
		someOrders(ofOrders("days_since_first", kindNumber, "days on the calendar since the first one",
			func(o *orders) float64 { return float64(o.day(o.at).DaysSince(o.day(o.first()))) })),
		someOrders(ofOrders("first_on", kindDate, "the day of the first one", func(o *orders) float64 { return float64(dayNumber(o.day(o.first()))) })),
		someOrders(ofOrders("last_on", kindDate, "the day of the last one", func(o *orders) float64 { return float64(dayNumber(o.day(o.last()))) })),
		span("on", kindDate, "those of one day", func(o *orders, day float64) (time.Time, time.Time) {
			return o.midnight(int(day)), o.midnight(int(day) + 1)
		}),
		span("before", kindDate, "those before a day began", func(o *orders, day float64) (time.Time, time.Time) {
			return time.Time{}, o.midnight(int(day))
		}),
		span("since", kindDate, "those from the beginning of a day on", func(o *orders, day float64) (time.Time, time.Time) {
			return o.midnight(int(day)), endless
		}),
		span("in", kindDuration, "those of the last days, hours or weeks before the decision", func(o *orders, minutes float64) (time.Time, time.Time) {
			return o.at.Add(-time.Duration(minutes) * time.Minute), endless
		}),
		inMoney(field(kindOrder, "revenue", kindNumber, "what the order is worth after refunds, before shipping", func(o *order) float64 { return o.decimal(o.Minor) })),
		field(kindOrder, "lines", kindNumber, "how many kept lines it has", func(o *order) float64 { return float64(o.Lines) }),
		field(kindOrder, "on", kindDate, "its day", func(o *order) float64 { return float64(dayNumber(o.day(o.At))) }),
		text(kindCustomer, "id", "the shop's own id", func(c *Customer) string { return c.ID }),
	}
	out = append(out, profile("locale", "language and country, such as `de-AT`", func(c *Customer) string { return c.Locale })...)
	out = append(out, profile("region", "the region as the shop writes it", func(c *Customer) string { return c.Region })...)
	out = append(out, profile("zone", "the time zone by its IANA name", func(c *Customer) string { return c.Zone })...)
	out = append(out,
		truth("email_known", "whether there is an e-mail address", func(c *Customer) bool { return c.EmailKnown }),
		field(kindAt, "on", kindDate, "the day of the decision", func(m *moment) float64 { return float64(dayNumber(m.day(m.at))) }),
		text(kindAt, "weekday", "`monday` to `sunday`", func(m *moment) string { return strings.ToLower(m.day(m.at).Weekday().String()) }),
		field(kindAt, "month", kindNumber, "1 to 12", func(m *moment) float64 { return float64(m.day(m.at).Month) }),
		field(kindAt, "day", kindNumber, "day of the month, 1 to 31", func(m *moment) float64 { return float64(m.day(m.at).Day) }),
	)
	return out
}

// function is something a rule may call on its own.
type function struct {
	name   string
	takes  kind
	gives  kind
	says   string
	call   func(args ...any) (any, error)
	typeOf any
}

func functions() []function {
	return []function{
		{"abs", kindNumber, kindNumber, "the number without its sign",
			func(args ...any) (any, error) { return math.Abs(args[0].(float64)), nil }, new(func(float64) float64)},
		{"lower", kindText, kindText, "the text in small letters",
			func(args ...any) (any, error) { return strings.ToLower(args[0].(string)), nil }, new(func(string) string)},
	}
}

// divide stands for "/": a number by nothing is unknown, not infinite.
func divide(args ...any) (any, error) {
	if args[1].(float64) == 0 {
		return nil, errors.New("division by 0")
	}
	return args[0].(float64) / args[1].(float64), nil
}
