package rules

import (
	"slices"
	"sort"
	"time"

	"github.com/rewave/rewave/internal/calendar"
)

// Basis is what belongs to the shop and not to a customer.
type Basis struct {
	Zone   *time.Location // dates in rules are this zone's; never nil
	Digits int            // decimals of the currency: 2 for EUR, 0 for JPY
}

// Customer is the profile a rule may ask about. Empty text means unknown.
type Customer struct {
	ID         string
	Locale     string
	Region     string
	Zone       string
	EmailKnown bool
}

// OrderFact is one kept order in the campaign's currency.
type OrderFact struct {
	At    time.Time
	Minor int64 // net kept value as of the decision, in minor units
	Lines int   // kept lines; read only of the triggering order
}

// Totals are sums over all kept orders of a customer, enough for rules whose
// Needs have no History.
type Totals struct {
	Count       int
	Minor       int64
	First, Last time.Time // read only where Count > 0
}

// Env is what one rule may see of one customer at one instant. It is not changed
// by a rule and may be shared.
type Env struct{ root root }

// root is the environment as expr sees it. Its fields are pointers so that
// fetching one does not copy it.
type root struct {
	Customer *Customer `expr:"customer"`
	Orders   *orders   `expr:"orders"`
	Order    *order    `expr:"order"`
	At       *moment   `expr:"at"`
}

type order struct {
	OrderFact
	*moment
}

// moment is the instant of the decision and the basis it is read on.
type moment struct {
	at    time.Time
	basis Basis
}

func (m *moment) day(t time.Time) calendar.Date { return calendar.DateOf(t, m.basis.Zone) }

// NewEnv is a customer with the kept orders known at the instant `at`; orders
// after it are left out, so a later import cannot leak into an earlier decision.
// The slice is kept and must not be changed; it is copied only where it is not
// in the order of time.
func NewEnv(c Customer, facts []OrderFact, at time.Time, basis Basis) Env {
	byTime := func(a, b OrderFact) int { return a.At.Compare(b.At) }
	if !slices.IsSortedFunc(facts, byTime) {
		facts = slices.Clone(facts)
		slices.SortStableFunc(facts, byTime)
	}
	facts = facts[:sort.Search(len(facts), func(i int) bool { return facts[i].At.After(at) })]
	m := &moment{at: at, basis: basis}
	return Env{root{Customer: &c, At: m, Orders: &orders{moment: m, facts: facts, sums: sums(facts), hasHistory: true}}}
}

// NewTotalsEnv is NewEnv from totals as of `at`. A rule that looks into the
// history is an error on it.
func NewTotalsEnv(c Customer, t Totals, at time.Time, basis Basis) Env {
	m := &moment{at: at, basis: basis}
	return Env{root{Customer: &c, At: m, Orders: &orders{moment: m, totals: t}}}
}

// WithOrder is the Env with the order that triggers the entry; it belongs to the
// customer's orders too.
func (e Env) WithOrder(o OrderFact) Env {
	e.root.Order = &order{OrderFact: o, moment: e.root.At}
	return e
}

// orders is a span of a customer's orders in the order of time.
type orders struct {
	*moment
	facts      []OrderFact
	sums       []int64 // sums[i] is the value of all orders of the customer before facts[i]
	totals     Totals  // where there is no history
	hasHistory bool
}

func sums(facts []OrderFact) []int64 {
	out := make([]int64, len(facts)+1)
	for i, f := range facts {
		out[i+1] = out[i] + f.Minor
	}
	return out
}

func (o *orders) count() int {
	if !o.hasHistory {
		return o.totals.Count
	}
	return len(o.facts)
}

func (o *orders) minor() int64 {
	if !o.hasHistory {
		return o.totals.Minor
	}
	return o.sums[len(o.facts)] - o.sums[0]
}

func (o *orders) first() time.Time {
	if !o.hasHistory {
		return o.totals.First
	}
	return o.facts[0].At
}

func (o *orders) last() time.Time {
	if !o.hasHistory {
		return o.totals.Last
	}
	return o.facts[len(o.facts)-1].At
}

// between is the orders of [from, to).
func (o *orders) between(from, to time.Time) *orders {
	i := sort.Search(len(o.facts), func(i int) bool { return !o.facts[i].At.Before(from) })
	j := sort.Search(len(o.facts), func(i int) bool { return !o.facts[i].At.Before(to) })
	return &orders{moment: o.moment, facts: o.facts[i:max(i, j)], sums: o.sums[i : max(i, j)+1], hasHistory: true}
}

// midnight begins the day with this number; see day.
func (m *moment) midnight(day int) time.Time {
	return calendar.Instant(epoch.AddDays(day), 0, m.basis.Zone)
}

// Days are counted from the epoch inside a rule, so that they compare as numbers.
var epoch = calendar.Date{Year: 1970, Month: time.January, Day: 1}

func dayNumber(d calendar.Date) int { return d.DaysSince(epoch) }

// decimal is an amount in major units: the floating-point number nearest to it,
// which is the one the same decimal written in a rule becomes.
func (m *moment) decimal(minor int64) float64 {
	scale := 1.0
	for range m.basis.Digits {
		scale *= 10
	}
	return float64(minor) / scale
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
