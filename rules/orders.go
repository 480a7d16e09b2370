package rules

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/calendar"
)

// orders is a span of a customer's orders in the order of time, or of the lines
// chosen of them.
type orders struct {
	*moment
	facts []OrderFact
	sums  []int64     // sums[i] is the value of all single orders before facts[i]; one more than facts
	back  []OrderFact // those of which nothing is kept
	older Totals      // orders of the span before facts, of which only the totals are known
	cut   bool        // the span begins or ends among the older ones
	lines choice
	deep  bool // the single orders were loaded
	held  int  // how many of them there are, before any narrowing
}

// choice is which lines count. Its zero value is all: then an order's own value
// counts, which need not be the sum of its lines.
type choice struct{ category, sku, role string }

func (c choice) all() bool { return c == choice{} }

func (c choice) has(p Part) bool {
	return (c.category == "" || p.Category == c.category) && (c.sku == "" || p.SKU == c.sku) && (c.role == "" || p.Role == c.role)
}

// read is all of a customer's orders; few is room for the sums of a few.
func (o *orders) read(m *moment, facts []OrderFact, few []int64) {
	facts, back := parted(facts)
	old, lines := len(facts), 0
	for old > 0 && len(facts)-old < MaxOrders {
		if lines += len(facts[old-1].Parts); lines > MaxLines && old < len(facts) {
			break
		}
		old--
	}
	held := len(facts) - old
	if held >= len(few) {
		few = make([]int64, held+1)
	}
	*o = orders{moment: m, deep: true, facts: facts[old:], back: back, held: held, sums: few[:held+1]}
	if old > 0 {
		o.older = m.totals(facts[:old])
	}
	for i, f := range o.facts {
		o.sums[i+1] = o.sums[i] + f.Minor
	}
}

// parted tells kept orders from those that came back whole.
func parted(facts []OrderFact) (kept, back []OrderFact) {
	if !slices.ContainsFunc(facts, func(f OrderFact) bool { return f.Back }) {
		return facts, nil
	}
	for _, f := range facts {
		if f.Back {
			back = append(back, f)
		} else {
			kept = append(kept, f)
		}
	}
	return kept, back
}

// totals are those of orders in the order of time, at least one.
func (m *moment) totals(facts []OrderFact) Totals {
	t := Totals{Count: len(facts), First: facts[0].At, Last: facts[len(facts)-1].At}
	first := m.day(t.First)
	for i, f := range facts {
		t.Minor += f.Minor
		day := m.day(f.At)
		if i == 0 || day != m.day(facts[i-1].At) {
			t.Days++
		}
		if day == first {
			t.FirstDayMinor += f.Minor
		}
		t.ordered(f)
	}
	return t
}

// ordered counts an order that was placed, whatever became of it.
func (t *Totals) ordered(f OrderFact) {
	t.Placed++
	t.GrossMinor += f.Minor + f.Refunded
	t.RefundedMinor += f.Refunded
	if f.Refunded != 0 || f.Back {
		t.Refunded++
	}
}

// loaded is an error where a rule looks into orders of which only totals are there.
func (o *orders) loaded() error {
	if !o.deep {
		return errors.New("the history of orders was not loaded")
	}
	return nil
}

// readable is an error where the span or the choice of lines needs more than
// totals of the older orders.
func (o *orders) readable() error {
	if o.cut || o.older.Count > 0 && !o.lines.all() {
		return o.tooFar()
	}
	return nil
}

func (o *orders) tooFar() error {
	return fmt.Errorf("it looks beyond the newest orders that are read one by one (%d)", o.held)
}

func (o *orders) itemized() error {
	for i := range o.facts {
		if o.facts[i].Parts == nil {
			return errors.New("the lines of the orders were not loaded")
		}
	}
	return nil
}

// between is the orders of [from, to).
func (o *orders) between(from, to time.Time) *orders {
	i, j := cut(o.facts, from, to)
	out := *o
	out.facts, out.sums = o.facts[i:j], o.sums[i:j+1]
	if k, l := cut(o.back, from, to); l > k {
		out.back = o.back[k:l]
	} else {
		out.back = nil
	}
	switch t := o.older; {
	case t.Count == 0 || from.After(t.Last) || !to.After(t.First):
		out.older, out.cut = Totals{}, false
	case from.After(t.First) || !to.After(t.Last):
		out.cut = true
	}
	return &out
}

// cut is where [from, to) begins and ends.
func cut(facts []OrderFact, from, to time.Time) (i, j int) {
	i = sort.Search(len(facts), func(i int) bool { return !facts[i].At.Before(from) })
	return i, max(i, sort.Search(len(facts), func(i int) bool { return !facts[i].At.Before(to) }))
}

// of is the orders that have such a line, and of their value that of these lines.
func (o *orders) of(to choice) (*orders, error) {
	if err := o.itemized(); err != nil {
		return nil, err
	}
	out := *o
	impossible := to.all() // no line is of the category "", which is unknown
	for _, n := range []struct{ have, want *string }{{&out.lines.category, &to.category}, {&out.lines.sku, &to.sku}, {&out.lines.role, &to.role}} {
		if *n.want == "" {
			continue
		}
		impossible = impossible || *n.have != "" && *n.have != *n.want
		*n.have = *n.want
	}
	if impossible {
		out.facts, out.sums, out.older, out.cut, out.back = nil, []int64{0}, Totals{}, false, nil
	}
	return &out, nil
}

func (o *orders) chosen(f *OrderFact) bool {
	if o.lines.all() {
		return true
	}
	for _, p := range f.Parts {
		if o.lines.has(p) {
			return true
		}
	}
	return false
}

func (o *orders) count() int {
	if o.lines.all() {
		return o.older.Count + len(o.facts)
	}
	n := o.older.Count
	for i := range o.facts {
		if o.chosen(&o.facts[i]) {
			n++
		}
	}
	return n
}

func (o *orders) minor() int64 {
	if o.lines.all() {
		return o.older.Minor + o.sums[len(o.facts)] - o.sums[0]
	}
	var sum int64
	o.each(func(p Part) { sum += p.Minor })
	return sum
}

// days is on how many days.
func (o *orders) days() int {
	n, before := o.older.Days, calendar.Date{}
	if o.older.Count > 0 {
		before = o.day(o.older.Last)
	}
	for i := range o.facts {
		if !o.chosen(&o.facts[i]) {
			continue
		}
		if day := o.day(o.facts[i].At); day != before {
			n, before = n+1, day
		}
	}
	return n
}

// ordered is what was ever ordered in the span, and what came back of it.
func (o *orders) ordered() Totals {
	t := o.older
	for _, facts := range [...][]OrderFact{o.facts, o.back} {
		for _, f := range facts {
			t.ordered(f)
		}
	}
	return t
}

// averageGap is the mean number of days from one day with an order to the next;
// ok is false where there is only one, or none.
func (o *orders) averageGap() (gap float64, ok bool) {
	n := o.days()
	if n < 2 {
		return 0, false
	}
	return float64(o.day(o.last()).DaysSince(o.day(o.first()))) / float64(n-1), true
}

// each goes through the chosen lines.
func (o *orders) each(do func(Part)) {
	for i := range o.facts {
		for _, p := range o.facts[i].Parts {
			if o.lines.has(p) {
				do(p)
			}
		}
	}
}

func (o *orders) units() (float64, error) {
	if err := o.loaded(); err != nil {
		return 0, err
	}
	if err := o.itemized(); err != nil {
		return 0, err
	}
	if o.older.Count > 0 {
		return 0, fmt.Errorf("orders.units is unknown: %w", o.tooFar())
	}
	n := 0
	o.each(func(p Part) { n += p.Units })
	return float64(n), nil
}

// first and last are asked only where count > 0.
func (o *orders) first() time.Time {
	if o.older.Count > 0 {
		return o.older.First
	}
	for i := range o.facts {
		if o.chosen(&o.facts[i]) {
			return o.facts[i].At
		}
	}
	return time.Time{}
}

func (o *orders) last() time.Time {
	for i := len(o.facts) - 1; i >= 0; i-- {
		if o.chosen(&o.facts[i]) {
			return o.facts[i].At
		}
	}
	return o.older.Last
}

// bought is whether there is a kept line of a product, a category or a role of
// that name. Names of the three are not told apart.
func (o *orders) bought(what string) (bool, error) {
	if err := o.loaded(); err != nil {
		return false, err
	}
	if err := o.itemized(); err != nil || what == "" {
		return false, err
	}
	for i := range o.facts {
		for _, p := range o.facts[i].Parts {
			if p.SKU == what || p.Category == what || p.Role == what {
				return true, nil
			}
		}
	}
	if o.older.Count > 0 {
		return false, fmt.Errorf("bought(%q) is unknown: %w", what, o.tooFar())
	}
	return false, nil
}

// order is the one that triggered the entry.
type order struct {
	OrderFact
	*moment
}

// end is one of the single orders; those before them are known by their totals
// alone.
func (o *orders) end(i int) (*order, error) {
	switch err := o.loaded(); {
	case err != nil:
		return nil, err
	case len(o.facts) == 0 && o.older.Count == 0:
		return nil, errors.New(noOrders)
	case i < 0 || i == 0 && o.older.Count > 0:
		return nil, o.tooFar()
	}
	fact := o.facts[i]
	if fact.Parts != nil {
		fact.Lines = len(fact.Parts)
	}
	return &order{OrderFact: fact, moment: o.moment}, nil
}

func (o *order) itemized() error {
	if o.Parts == nil {
		return errors.New("the lines of the order were not loaded")
	}
	return nil
}

// category is the one whose lines are worth most, of equals the first in the
// alphabet, so that the order of the lines does not matter; empty where no line
// has one.
func (o *order) category() (string, error) {
	worth := map[string]int64{}
	for _, p := range o.Parts {
		if p.Category != "" {
			worth[p.Category] += p.Minor
		}
	}
	return assortment.Main(worth), o.itemized()
}

func (o *order) has(c choice) (bool, error) {
	if err := o.itemized(); err != nil || c.all() {
		return false, err
	}
	for _, p := range o.Parts {
		if c.has(p) {
			return true, nil
		}
	}
	return false, nil
}

func (o *order) units() (float64, error) {
	n := 0
	for _, p := range o.Parts {
		n += p.Units
	}
	return float64(n), o.itemized()
}

// onTime is whether the order was delivered as promised. It is late, delivered or
// not, once the promise has passed; before that nobody can tell.
func (o *order) onTime() (yes, known bool) {
	t := o.Told
	if t.Promised.IsZero() || t.Delivered.IsZero() || t.Delivered.After(o.at) && !o.at.After(t.Promised) {
		return false, false
	}
	return !t.Delivered.After(t.Promised), true
}

// backFor is how many orders something came back of for a reason.
func (o *orders) backFor(reason string) (float64, error) {
	if err := o.loaded(); err != nil {
		return 0, err
	}
	if o.older.Count > 0 {
		return 0, fmt.Errorf("orders.back_for is unknown: %w", o.tooFar())
	}
	n := 0
	for _, facts := range [...][]OrderFact{o.facts, o.back} {
		for i := range facts {
			if facts[i].Told == nil {
				return 0, errNotTold
			}
			if slices.Contains(facts[i].Told.Reasons, reason) {
				n++
			}
		}
	}
	return float64(n), nil
}

// contribution is what the chosen lines are worth less what they cost.
func (o *orders) contribution() (float64, error) {
	fail := func(err error) (float64, error) { return 0, fmt.Errorf("orders.contribution is unknown: %w", err) }
	if err := o.loaded(); err != nil {
		return 0, err
	}
	if err := o.itemized(); err != nil {
		return 0, err
	}
	if o.older.Count > 0 {
		return fail(o.tooFar())
	}
	var minor int64
	known := true
	o.each(func(p Part) {
		if known = known && p.Cost != nil; known {
			minor += p.Minor - *p.Cost*int64(p.Units)
		}
	})
	if !known {
		return fail(errors.New(noCost))
	}
	return o.decimal(minor), nil
}

// around is whether there is an order before each of the last years of an
// occasion.
func (o *orders) around(occasion string, years float64) (bool, error) {
	if err := o.loaded(); err != nil {
		return false, err
	}
	for _, span := range o.basis.Around(occasion, int(years), o.at) {
		in := o.between(span[0], span[1])
		if in.cut {
			return false, fmt.Errorf("bought_around is unknown: %w", o.tooFar())
		}
		if in.count() == 0 {
			return false, nil
		}
	}
	return true, nil
}
