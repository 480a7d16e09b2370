package engine

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

const (
	forecastDays = 90 // of past orders that a forecast rests on
	sampleDays   = 30 // of them that are shown line by line
	orderYear    = 365 * 24 * time.Hour

	peoplePage = 2000
)

// walk is one pass over all customers for all campaigns of a plan.
type walk struct {
	*Engine
	at        time.Time
	campaigns []*planned
	order     []int // of campaigns: as their slots are opened
	applied   []postgres.Campaign
	names     map[int]string // of applied campaigns
	pools     map[string]pool

	orders, orderMinor int64 // kept orders of the last year
	every              int64 // of so many customers one is compared

	progress func(done, total int64) // nil: nobody asks
	passes   int64                   // at most
	done     atomic.Int64            // customers, in all passes
}

// compared is how many customers the natural rate of a slot is asked of: more
// would not make it more certain than the season does.
const compared = 100_000

// reader is what one of the readers has counted so far.
type reader struct {
	*walk
	tallies            []tally
	zones              map[string]*time.Location
	said               map[choiceOf]*said
	known              []facts // of the page, for all campaigns
	who                *facts  // of the person asked about
	orders, orderMinor int64

	// room for one person, used again for the next
	room   rules.Room
	kept   []rules.OrderFact
	slots  []send
	past   []send
	sorted []*send
	had    []audience.Message
	wanted []audience.Message
}

// run reads everybody and counts. Counts add up whatever reader met whom, so the
// result does not depend on how many there are.
func (w *walk) run(ctx context.Context, side int) error {
	q, any := w.query(side)
	if !any {
		return nil
	}
	first, last, err := w.Store.CustomerRange(ctx)
	if err != nil {
		return err
	}
	w.every = max(1, (last-first+1)/compared)
	readers := make([]*reader, side)
	for i := range readers {
		readers[i] = &reader{walk: w, tallies: make([]tally, len(w.campaigns)), zones: map[string]*time.Location{}, said: map[choiceOf]*said{}}
	}
	err = w.Store.People(ctx, q, func(i int, p *postgres.Planning, people []postgres.Person) error {
		if err := readers[i].learn(ctx, p, people); err != nil {
			return err
		}
		for j := range people {
			if err := readers[i].person(&people[j], &readers[i].known[j]); err != nil {
				return err
			}
		}
		if done := w.done.Add(int64(len(people))); w.progress != nil {
			w.progress(done, w.passes*(last-first+1))
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	w.orders, w.orderMinor = 0, 0
	for i, c := range w.campaigns {
		c.tally = tally{}
		for _, r := range readers {
			c.tally.add(&r.tallies[i])
		}
	}
	for _, r := range readers {
		w.orders, w.orderMinor = w.orders+r.orders, w.orderMinor+r.orderMinor
	}
	return nil
}

// query says what has to be known; false where nobody can enter anything.
func (w *walk) query(side int) (postgres.PeopleQuery, bool) {
	q := postgres.PeopleQuery{Campaigns: []int{}, Currency: w.Shop.Currency, Until: w.at, Lines: w.at, Since: w.at, Page: peoplePage, Readers: side}
	any := false
	for _, c := range w.campaigns {
		if !c.open() {
			continue
		}
		any = true
		q.Groups = q.Groups || c.def.Limits.Group != ""
		if c.id > 0 {
			q.Campaigns = append(q.Campaigns, c.id)
		}
		since := w.at
		switch {
		case c.triggered():
			since = w.at.Add(-sampleDays * 24 * time.Hour)
			if lines := w.at.Add(-w.lookBack(c)); c.asks.needs.Order && lines.Before(q.Lines) {
				q.Lines = lines
			}
		case c.slot.After(q.Until):
			q.Until = c.slot
		case c.slot.Before(since):
			since = c.slot
		}
		q.Since = earlier(q.Since, since.Add(-c.limits.Longest()))
	}
	return q, any
}

// lookBack is how far back orders are asked about: those of the forecast, and
// before them as many whose windows are over.
func (w *walk) lookBack(c *planned) time.Duration {
	return forecastDays*24*time.Hour + c.anchor + c.primary.Window
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// learn loads what the rules of all campaigns need of a page, once.
func (r *reader) learn(ctx context.Context, p *postgres.Planning, people []postgres.Person) error {
	needs, latest := r.needs()
	var customers, orders []int64
	for i := range people {
		customers = append(customers, int64(people[i].Profile.ID))
		for j := range people[i].Orders {
			if needs.Lines {
				orders = append(orders, people[i].Orders[j].ID)
			}
		}
	}
	var lines map[int64][]postgres.LineHistory
	if needs.Lines {
		var err error
		if lines, err = p.Lines(ctx, orders); err != nil {
			return err
		}
	}
	if needs.Told {
		if err := tell(ctx, p, func(yield func([]postgres.OrderHistory) bool) {
			for i := range people {
				if !yield(people[i].Orders) {
					return
				}
			}
		}); err != nil {
			return err
		}
	}
	rest, err := told(ctx, p, needs, customers, latest)
	if err != nil {
		return err
	}
	r.known = r.known[:0]
	for i, id := range customers {
		r.known = append(r.known, facts{orders: people[i].Orders, lines: lines, attributes: rest.attributes[id], tags: rest.tags[id], events: rest.events[id]})
	}
	return nil
}

// needs is what any of the campaigns has to know, and up to when.
func (w *walk) needs() (all rules.Needs, latest time.Time) {
	latest = w.at
	for _, c := range w.campaigns {
		if !c.open() {
			continue
		}
		n := c.asks.needs
		n.Lines = n.Lines || n.OrderLines
		if c.def.Enter.On == "event" {
			n = n.With(rules.Needs{Events: []string{c.def.Enter.Event}})
		}
		all = all.With(n)
		if c.slot.After(latest) {
			latest = c.slot
		}
	}
	return all, latest
}

// ask is a decision of one campaign.
func (r *reader) ask(v *version, k *postgres.Candidate) wave.Decision {
	return r.decide(v, k, r.env(k, &v.needs, r.who, v.basis), r.who)
}

// person asks all campaigns about one customer.
func (r *reader) person(p *postgres.Person, known *facts) error {
	r.who = known
	known.room = &r.room
	known.settle(r.kept)
	r.kept = known.kept
	for i := range p.Orders {
		o := &p.Orders[i]
		if o.PlacedAt.After(r.at) || !o.PlacedAt.After(r.at.Add(-orderYear)) {
			continue
		}
		if fact, kept := o.Kept(r.at); kept {
			r.orders++
			r.orderMinor += fact.Minor
		}
	}
	r.slots = r.slots[:0]
	for _, i := range r.order {
		c := r.campaigns[i]
		if !c.open() {
			continue
		}
		if c.triggered() {
			if err := r.pastTriggers(i, c, p); err != nil {
				return err
			}
			continue
		}
		if err := r.slotOf(i, c, p); err != nil {
			return err
		}
	}
	r.collide(p, r.simulate(p, r.slots))
	return nil
}

// slotOf asks a slot about a customer, and whether they are comparable: whether
// the same rule would have let them in one window ago.
func (r *reader) slotOf(i int, c *planned, p *postgres.Person) (err error) {
	t := &r.tallies[i]
	k := p.Candidate(c.now, c.slot)
	k.Elsewhere = !r.sharesCap(c.def.Limits.Group) && (k.Elsewhere || r.elsewhere(c, p))
	d := r.ask(c.asks, &k)
	t.asked++
	t.reason(d.Reason)
	r.comparable(t, c, p)
	if d.Reason != "" {
		return nil
	}
	t.arm(d.Enrollment.Arm)
	r.slots, err = r.allRounds(r.slots, i, c, &k, &d)
	return err
}

// comparable counts a customer towards the natural rate.
func (r *reader) comparable(t *tally, c *planned, p *postgres.Person) {
	if c.def.Evaluation.Expect.NaturalRate != nil || int64(p.Profile.ID)%r.every != 0 {
		return
	}
	ends := r.at
	if c.slot.Before(ends) {
		ends = c.slot
	}
	then := ends.Add(-c.primary.Window - c.anchor)
	k := p.Candidate(c.then, then)
	if d := r.ask(c.past, &k); d.Reason == "" {
		t.natural(bought(p, then.Add(c.anchor), ends, 0, r.at))
	}
}

// bought reports whether a customer placed an order in [from, to) that was kept
// as far as is known at an instant; the order that brought them in never counts.
func bought(p *postgres.Person, from, to time.Time, trigger int64, known time.Time) bool {
	for i := range p.Orders {
		o := &p.Orders[i]
		if o.ID == trigger || o.PlacedAt.Before(from) || !o.PlacedAt.Before(to) {
			continue
		}
		if _, kept := o.Kept(known); kept {
			return true
		}
	}
	return false
}

// trigger is an order or an event that would have brought a customer in.
type trigger struct {
	at           time.Time
	order, event int64
	lines        int
}

// triggers are those of a customer up to now, oldest first.
func (r *reader) triggers(c *planned, p *postgres.Person) iter.Seq[trigger] {
	return func(yield func(trigger) bool) {
		if c.def.Enter.On == "event" {
			for _, x := range r.who.events {
				if x.Name == c.def.Enter.Event && !x.At.After(r.at) && !yield(trigger{at: x.At, event: x.Number}) {
					return
				}
			}
			return
		}
		for j := range p.Orders {
			if o := &p.Orders[j]; !o.PlacedAt.After(r.at) && !yield(trigger{at: o.PlacedAt, order: o.ID, lines: p.Lines[j]}) {
				return
			}
		}
	}
}

// pastTriggers asks a campaign about the past orders or events of a customer,
// oldest first, as if it had run since: entries of that time are those it would
// have made.
func (r *reader) pastTriggers(i int, c *planned, p *postgres.Person) error {
	t := &r.tallies[i]
	since := r.at.Add(-r.lookBack(c))
	forecast, sample := r.at.Add(-forecastDays*24*time.Hour), r.at.Add(-sampleDays*24*time.Hour)
	entries, last := 0, time.Time{}
	for _, e := range p.Entries {
		if e.Campaign == c.id && e.At.Before(since) {
			entries, last = entries+1, e.At
		}
	}
	for x := range r.triggers(c, p) {
		t.oldest = earlier(t.oldest, x.at)
		if !x.at.After(since) {
			continue
		}
		k := p.Candidate(c.then, x.at)
		k.OrderID, k.EventID, k.Lines, k.Entries, k.LastEntry = x.order, x.event, x.lines, entries, last
		d := r.ask(c.past, &k)
		shown := x.at.After(sample)
		if shown {
			t.asked++
			t.reason(d.Reason)
		}
		if d.Reason != "" {
			continue
		}
		entries, last = entries+1, x.at
		if x.at.After(forecast) {
			t.entered(int(r.at.Sub(x.at) / (24 * time.Hour)))
		}
		if opens := x.at.Add(c.anchor); !opens.Add(c.primary.Window).After(r.at) {
			t.natural(bought(p, opens, opens.Add(c.primary.Window), x.order, r.at))
		}
		if !shown {
			continue
		}
		t.arm(d.Enrollment.Arm)
		var err error
		if r.past, err = r.allRounds(r.past[:0], i, c, &k, &d); err != nil {
			return err
		}
		r.simulate(p, r.past)
	}
	return nil
}

// zone is the customer's, looked up once.
func (r *reader) zone(name string) *time.Location {
	zone, ok := r.zones[name]
	if !ok {
		zone = r.Engine.zone(name)
		r.zones[name] = zone
	}
	return zone
}
