package rules

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/assortment"
)

// kind is the type of a value in the user's words.
type kind string

const (
	kindTruth     kind = "true or false"
	kindNumber    kind = "a number"
	kindText      kind = "text"
	kindDate      kind = "a date"
	kindDuration  kind = "a duration"       // only as a written argument
	kindName      kind = "a name in quotes" // only as a written argument: it says what must be loaded
	kindList      kind = "a list"
	kindCustomer  kind = "customer"
	kindOrders    kind = "orders"
	kindOrder     kind = "order"
	kindFirst     kind = "first_order"
	kindLast      kind = "last_order"
	kindEvents    kind = "events"
	kindMessages  kind = "messages"
	kindAnswers   kind = "responses"
	kindEvent     kind = "event"
	kindRFM       kind = "rfm" // this and the next two are of a customer's orders too
	kindPredicted kind = "predicted"
	kindLifecycle kind = "lifecycle"
	kindAt        kind = "at"
	kindFunction  kind = "function" // what a function is a member of
	kindBad       kind = ""         // a fault was recorded already
)

// words is the kind as it stands in a sentence.
func (k kind) words() string {
	switch k {
	case kindCustomer, kindOrders, kindOrder, kindFirst, kindLast, kindEvents, kindMessages, kindAnswers, kindEvent, kindAt, kindRFM, kindPredicted, kindLifecycle:
		return fmt.Sprintf("%q as a whole", string(k))
	default:
		return string(k)
	}
}

// member is one row: something a rule may read of a record, or a function. In
// the running rule numbers are float64, dates are days since 1970 and durations
// are minutes.
type member struct {
	of      kind   // the record it belongs to, or kindFunction
	name    string // as written
	takes   kind   // the kind of its argument; empty for a field
	more    kind   // the kind of a second one; empty for none
	as      string // the arguments of an example; empty: any of the kind
	gives   kind
	says    string
	unknown string // when it has no value; empty for never
	money   bool
	history bool          // needs the single orders, not only their totals
	lines   bool          // needs the lines of orders
	back    bool          // needs what came back
	entire  bool          // is of whole orders, not of some of their lines
	scores  bool          // needs what was fitted to all customers
	models  bool          // and of it a model
	most    time.Duration // of its argument; 0: any
	around  bool          // its arguments are an occasion and a number of years
	told    bool          // needs what was told of orders
	words   []string      // the only texts that its argument may be; empty: any
	set     []string      // the only texts that it may be; empty: any
	form    *form         // what its text looks like; nil: anything
	bounds  *bounds       // what its number lies between; nil: anything
	leaving bool          // and of the model of purchases, that somebody leaves
	attr    string        // the attribute of the customer that it is
	props   bool          // needs what came with events
	inlined bool          // its text stands for itself: a named segment
	with    string        // what a function is given of the environment before its argument
	call    func(args ...any) (any, error)
	typeOf  any // a nil pointer to the function type, for expr's checker
}

// path is the member as a rule writes it, without its argument.
func (m member) path() string {
	switch m.of {
	case kindFunction:
		return m.name
	case kindEvents:
		return `events("...").` + m.name
	}
	return string(m.of) + "." + m.name
}

// ident is the name the member has for expr. No rule can write it.
func (m member) ident() string { return string(m.of) + "." + m.name }

// example is the member as a rule might write it.
func (m member) example() string {
	switch {
	case m.takes == "":
		return m.path()
	case m.as != "":
		return m.path() + "(" + m.as + ")"
	case m.more != "":
		return m.path() + `("name", "text")`
	}
	as := map[kind]string{kindDate: `"2026-11-11"`, kindDuration: `"90d"`, kindNumber: "5", kindText: `"text"`}[m.takes]
	return m.path() + "(" + as + ")"
}

func field[R any, V any](of kind, name string, gives kind, says string, get func(R) V) member {
	return member{of: of, name: name, gives: gives, says: says, typeOf: new(func(R) V),
		call: func(args ...any) (any, error) { return get(args[0].(R)), nil }}
}

// checked is a field whose reading may fail.
func checked[R any, V any](of kind, name string, gives kind, says string, get func(R) (V, error)) member {
	return member{of: of, name: name, gives: gives, says: says, typeOf: new(func(R) V),
		call: func(args ...any) (any, error) { return get(args[0].(R)) }}
}

// pair is a member with two arguments.
func pair[R any, A any, B any, V any](of kind, name string, takes, more kind, as string, gives kind, says string, get func(R, A, B) (V, error)) member {
	return member{of: of, name: name, takes: takes, more: more, as: as, gives: gives, says: says, typeOf: new(func(R, A, B) V),
		call: func(args ...any) (any, error) { return get(args[0].(R), args[1].(A), args[2].(B)) }}
}

// method is a member with an argument.
func method[R any, A any, V any](of kind, name string, takes kind, as string, gives kind, says string, get func(R, A) (V, error)) member {
	return member{of: of, name: name, takes: takes, as: as, gives: gives, says: says, typeOf: new(func(R, A) V),
		call: func(args ...any) (any, error) { return get(args[0].(R), args[1].(A)) }}
}

// when makes a field unknown unless known says otherwise.
func when[R any](m member, unknown string, known func(R) bool) member {
	get := m.call
	m.unknown = unknown
	m.call = func(args ...any) (any, error) {
		if !known(args[0].(R)) {
			return nil, fmt.Errorf("%s is unknown: %s", m.path(), unknown)
		}
		return get(args...)
	}
	return m
}

func ofOrders(name string, gives kind, says string, get func(*orders) float64) member {
	m := field(kindOrders, name, gives, says, get)
	read := m.call
	m.call = func(args ...any) (any, error) {
		if err := args[0].(*orders).readable(); err != nil {
			return nil, fmt.Errorf("%s is unknown: %w", m.path(), err)
		}
		return read(args...)
	}
	return m
}

// Why a value may be unknown.
const (
	noOrders   = "there are no such orders"
	noneEver   = "nothing was ordered"
	noCost     = "it is not known what a product costs"
	noGap      = "there are no two days with such orders"
	noEvents   = "there are no such events"
	noCategory = "no line has a category"
	silent     = "the profile does not say"
)

func someOrders(m member) member {
	return when(m, noOrders, func(o *orders) bool { return o.count() > 0 })
}

func someEvents(m member) member {
	return when(m, noEvents, func(e *events) bool { return len(e.facts) > 0 })
}

// allOrders is a field that hangs on what came back too.
func allOrders(name string, says string, get func(Totals) float64) member {
	m := when(ofOrders(name, kindNumber, says, func(o *orders) float64 { return get(o.ordered()) }), noneEver, func(o *orders) bool { return o.ordered().Placed > 0 })
	m.back, m.entire = true, true
	return m
}

// ofEnd makes a member of the triggering order one of the first or the last.
func ofEnd(m member, of kind, pick func(*orders) (*order, error)) member {
	read := m.call
	m.of, m.history = of, true
	if m.unknown == "" {
		m.unknown = noOrders
	} else {
		m.unknown = noOrders + ", or " + m.unknown
	}
	path := m.path()
	m.call = func(args ...any) (any, error) {
		o, err := pick(args[0].(*orders))
		if err != nil {
			return nil, fmt.Errorf("%s is unknown: %w", path, err)
		}
		args[0] = o
		v, err := read(args...)
		if err != nil {
			err = errors.New(strings.Replace(err.Error(), "order."+m.name+" ", path+" ", 1))
		}
		return v, err
	}
	t := reflect.TypeOf(m.typeOf).Elem()
	in := []reflect.Type{reflect.TypeFor[*orders]()}
	for i := 1; i < t.NumIn(); i++ {
		in = append(in, t.In(i))
	}
	m.typeOf = reflect.New(reflect.FuncOf(in, []reflect.Type{t.Out(0)}, false)).Interface()
	return m
}

// shareOf is a share of the kept orders of which something is known.
func shareOf(name, says, unknown string, of func(*OrderFact, *moment) (yes, known bool)) member {
	count := func(o *orders) (yes, all int, err error) {
		if err := o.loaded(); err != nil {
			return 0, 0, err
		}
		if o.older.Count > 0 {
			return 0, 0, o.tooFar()
		}
		for i := range o.facts {
			if o.facts[i].Told == nil {
				return 0, 0, errNotTold
			}
			if y, known := of(&o.facts[i], o.moment); known {
				all++
				if y {
					yes++
				}
			}
		}
		return yes, all, nil
	}
	m := checked(kindOrders, name, kindNumber, says, func(o *orders) (float64, error) {
		yes, all, err := count(o)
		if err == nil && all == 0 {
			err = errors.New(unknown)
		}
		if err != nil {
			return 0, fmt.Errorf("orders.%s is unknown: %w", name, err)
		}
		return float64(yes) / float64(all), nil
	})
	m.unknown, m.history, m.told, m.entire = unknown, true, true, true
	return aShare(m)
}

var errNotTold = errors.New("what was told of the orders was not loaded")

// ofTold is something told of one order; unknown says why it may not be known.
func ofTold[V any](name string, gives kind, says, unknown string, get func(*order) (V, bool)) []member {
	read := func(o *order) (v V, known bool, err error) {
		if o.Told == nil {
			return v, false, errNotTold
		}
		v, known = get(o)
		return v, known, nil
	}
	value := checked(kindOrder, name, gives, says, func(o *order) (V, error) {
		v, known, err := read(o)
		if err == nil && !known {
			err = fmt.Errorf("order.%s is unknown: %s", name, unknown)
		}
		return v, err
	})
	value.unknown, value.told = unknown, true
	if unknown == "" {
		return []member{value}
	}
	known := checked(kindOrder, name+"_known", kindTruth, "whether `"+name+"` is known", func(o *order) (bool, error) {
		_, known, err := read(o)
		return known, err
	})
	known.told = true
	return []member{value, known}
}

// own is a part of the profile that is kept as an attribute of a name of ours.
func own[V any](name, attribute string, gives kind, says string, get func(*customer, Attribute) V) []member {
	read := func(c *customer) (Attribute, error) {
		if c.Attributes == nil {
			return Attribute{}, errors.New("the attributes of the customer were not loaded")
		}
		return c.Attributes[attribute], nil
	}
	value := checked(kindCustomer, name, gives, says, func(c *customer) (v V, err error) {
		a, err := read(c)
		if err == nil && !a.known() {
			err = fmt.Errorf("customer.%s is unknown: %s", name, silent)
		}
		if err != nil {
			return v, err
		}
		return get(c, a), nil
	})
	value.unknown, value.attr = silent, attribute
	known := checked(kindCustomer, name+"_known", kindTruth, "whether `"+name+"` is known", func(c *customer) (bool, error) {
		a, err := read(c)
		return a.known(), err
	})
	known.attr = attribute
	return []member{value, known}
}

// ofRole takes the name of a role.
func ofRole(m member) member { m.words = assortment.Words(); return m }

func inMoney(m member) member { m.money = true; return m }

func fromLines(m member) member { m.history, m.lines = true, true; return m }

func withProps(m member) member { m.props = true; return m }

// dated is a record of things in the order of time.
type dated[R any] interface {
	loaded() error
	between(from, to time.Time) R
	midnight(day int) time.Time
	instant() time.Time
}

// spans are the methods that narrow such a record. The far end of time stands
// where a span is open.
func spans[R dated[R]](of kind) []member {
	endless := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	span := func(name string, takes kind, says string, cut func(r R, n float64) (from, to time.Time)) member {
		m := method(of, name, takes, "", of, says, func(r R, n float64) (out R, err error) {
			if err := r.loaded(); err != nil {
				return out, err
			}
			return r.between(cut(r, n)), nil
		})
		m.history = true
		return m
	}
	return []member{
		span("on", kindDate, "those of one day", func(r R, day float64) (time.Time, time.Time) {
			return r.midnight(int(day)), r.midnight(int(day) + 1)
		}),
		span("before", kindDate, "those before a day began", func(r R, day float64) (time.Time, time.Time) {
			return time.Time{}, r.midnight(int(day))
		}),
		span("since", kindDate, "those from the beginning of a day on", func(r R, day float64) (time.Time, time.Time) {
			return r.midnight(int(day)), endless
		}),
		span("in", kindDuration, "those of the last days, weeks or months before the decision", func(r R, minutes float64) (time.Time, time.Time) {
			return r.instant().Add(-time.Duration(minutes) * time.Minute), endless
		}),
	}
}

// attributes are the methods that read values under names of the shop's own.
// unsaid is why one is unknown; names are those of the examples, in the order of
// the kinds.
func attributes[R any](of kind, whose, unsaid string, names [4]string, get func(R) (map[string]Attribute, error)) []member {
	read := func(r R, name string, k Kind) (Attribute, error) {
		all, err := get(r)
		if err != nil {
			return Attribute{}, err
		}
		a := all[name]
		if a.known() && a.Kind == k {
			return a, nil
		}
		why := unsaid
		if a.known() {
			why = fmt.Sprintf("it is kept as %s", a.Kind)
		}
		return a, fmt.Errorf("%s.%s(%q) is unknown: %s", of, k, name, why)
	}
	row := func(m member) member {
		m.unknown = unsaid + ", or has it as another kind"
		return m
	}
	return []member{
		row(method(of, "text", kindName, strconv.Quote(names[0]), kindText, "a text "+whose, func(r R, name string) (string, error) {
			a, err := read(r, name, Text)
			return a.Text, err
		})),
		row(method(of, "number", kindName, strconv.Quote(names[1]), kindNumber, "a number "+whose, func(r R, name string) (float64, error) {
			a, err := read(r, name, Number)
			return a.Number, err
		})),
		row(method(of, "date", kindName, strconv.Quote(names[2]), kindDate, "a date "+whose, func(r R, name string) (float64, error) {
			a, err := read(r, name, Date)
			return dayNumber(a.Date), err
		})),
		row(method(of, "truth", kindName, strconv.Quote(names[3]), kindTruth, "a true or false "+whose, func(r R, name string) (bool, error) {
			a, err := read(r, name, Truth)
			return a.Truth, err
		})),
		method(of, "knows", kindName, strconv.Quote(names[0]), kindTruth, "whether a value "+whose+" is known, of any kind", func(r R, name string) (bool, error) {
			all, err := get(r)
			return all[name].known(), err
		}),
	}
}

// divide stands for "/": a number by nothing is unknown, not infinite.
func divide(args ...any) (any, error) {
	if args[1].(float64) == 0 {
		return nil, errors.New("division by 0")
	}
	return args[0].(float64) / args[1].(float64), nil
}
