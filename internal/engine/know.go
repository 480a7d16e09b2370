package engine

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/rules"
)

// facts are what decisions about a customer read, each history whole, so that
// they can be asked as of any instant. What no rule needs is nil.
type facts struct {
	orders     []postgres.OrderHistory
	lines      map[int64][]postgres.LineHistory // by order
	attributes postgres.AttributeHistory
	tags       postgres.TagHistory
	events     []postgres.CustomerEvent

	kept  []rules.OrderFact // orders as of any instant not before since; nil: not worked out
	since time.Time
	room  *rules.Room // of an environment, if one is to be used again; nil: each has its own
}

// know loads what a rule needs of candidates, and nothing that it does not, by
// customer.
func (e *Engine) know(ctx context.Context, p *postgres.Planning, needs rules.Needs, candidates []postgres.Candidate) (map[int64]facts, error) {
	customers := make([]int64, 0, len(candidates))
	var asked []int64 // orders whose lines are needed
	var latest time.Time
	for _, c := range candidates {
		customers = append(customers, int64(c.Profile.ID))
		if c.OrderID != 0 {
			asked = append(asked, c.OrderID)
		}
		if c.At.After(latest) {
			latest = c.At
		}
	}
	var (
		orders map[int64][]postgres.OrderHistory
		lines  map[int64][]postgres.LineHistory
		err    error
	)
	if needs.Orders || needs.Order {
		if orders, err = p.Orders(ctx, customers, latest, e.Shop.Currency); err != nil {
			return nil, err
		}
	}
	if needs.Lines {
		asked = nil
		for _, history := range orders {
			for _, o := range history {
				asked = append(asked, o.ID)
			}
		}
	}
	if needs.Told {
		if err := tell(ctx, p, maps.Values(orders)); err != nil {
			return nil, err
		}
	}
	if needs.Lines || needs.OrderLines {
		if lines, err = p.Lines(ctx, asked); err != nil {
			return nil, err
		}
	}
	if needs.Event {
		needs = needs.With(rules.Needs{Events: []string{p.Trigger()}})
	}
	rest, err := told(ctx, p, needs, customers, latest)
	if err != nil {
		return nil, err
	}
	known := make(map[int64]facts, len(customers))
	for _, id := range customers {
		known[id] = facts{orders: orders[id], lines: lines, attributes: rest.attributes[id], tags: rest.tags[id], events: rest.events[id]}
	}
	return known, nil
}

// tell adds what was told of orders.
func tell(ctx context.Context, p *postgres.Planning, customers iter.Seq[[]postgres.OrderHistory]) error {
	var ids []int64
	for orders := range customers {
		for i := range orders {
			ids = append(ids, orders[i].ID)
		}
	}
	told, err := p.Told(ctx, ids)
	if err != nil {
		return err
	}
	for orders := range customers {
		for i := range orders {
			orders[i].Told = told[orders[i].ID]
		}
	}
	return nil
}

// histories are what was said of customers, and what happened to them, besides
// orders.
type histories struct {
	attributes map[int64]postgres.AttributeHistory
	tags       map[int64]postgres.TagHistory
	events     map[int64][]postgres.CustomerEvent
}

func told(ctx context.Context, p *postgres.Planning, needs rules.Needs, customers []int64, latest time.Time) (h histories, err error) {
	if len(needs.Attributes) > 0 {
		if h.attributes, err = p.Attributes(ctx, customers, needs.Attributes, latest); err != nil {
			return h, err
		}
	}
	if needs.Tags {
		if h.tags, err = p.Tags(ctx, customers, latest); err != nil {
			return h, err
		}
	}
	names := needs.Events
	if needs.Holds {
		names = slices.Concat(names, event.HoldNames)
	}
	if len(names) > 0 {
		if h.events, err = p.Events(ctx, customers, names, latest); err != nil {
			return h, err
		}
	}
	if needs.Messages || needs.Answers {
		ours, err := p.Contacts(ctx, customers, latest)
		if err != nil {
			return h, err
		}
		for who, events := range ours {
			if h.events == nil {
				h.events = ours
				break
			}
			h.events[who] = append(h.events[who], events...)
		}
	}
	return h, nil
}

// env is what the rule sees: the customer as of the candidate's instant.
func (e *Engine) env(k *postgres.Candidate, needs *rules.Needs, known *facts, basis rules.Basis) rules.Env {
	who := rules.Customer{ID: k.Profile.ShopID, FirstName: orNothing(k.Profile.FirstName), LastName: orNothing(k.Profile.LastName), Locale: k.Profile.Locale, Region: k.Profile.Region, Zone: k.Profile.Zone, FirstSeen: k.FirstSeen,
		EmailKnown: k.HasEmail, PhoneKnown: k.HasPhone}
	if needs.Tags {
		who.Tags = append([]string{}, known.tags.AsOf(k.At)...)
	}
	if len(needs.Attributes) > 0 {
		who.Attributes = map[string]rules.Attribute{}
		for name, v := range known.attributes.AsOf(k.At) {
			who.Attributes[name] = attribute(v)
		}
	}
	if needs.Holds {
		who.Holds = known.open(k.At)
	}
	placed, trigger := known.placed(k, needs)
	room := known.room
	if room == nil {
		room = new(rules.Room)
	}
	env := room.NewEnv(who, placed, k.At, basis)
	if trigger >= 0 {
		env = env.WithOrder(placed[trigger])
	}
	if len(needs.Events) == 0 && !needs.Event && !needs.Messages && !needs.Answers {
		return env
	}
	told := make([]rules.EventFact, 0, len(known.events))
	for _, x := range known.events {
		fact := rules.EventFact{Name: x.Name, At: x.At}
		fires := k.EventID != 0 && x.Number == k.EventID
		if fires || needs.Props {
			fact.Props = map[string]rules.Attribute{}
			for name, v := range x.Props {
				fact.Props[name] = attribute(v)
			}
		}
		if fires {
			env = env.WithEvent(fact)
		}
		told = append(told, fact)
	}
	return env.WithEvents(told)
}

// open are the kinds of complaints and disputes that are open at an instant.
func (f *facts) open(at time.Time) []string {
	told := make([]event.Event, 0, len(f.events))
	for _, x := range f.events {
		if !x.At.After(at) {
			told = append(told, x.Event)
		}
	}
	kinds := []string{}
	for _, h := range event.Holds(told) {
		if h.ClosedAt.IsZero() {
			kinds = append(kinds, string(h.Kind))
		}
	}
	return kinds
}

// placed are the orders kept at the candidate's instant, and which of them
// triggers; -1 where none does.
func (f *facts) placed(k *postgres.Candidate, needs *rules.Needs) (placed []rules.OrderFact, trigger int) {
	trigger = -1
	if f.kept != nil && k.OrderID == 0 && !needs.Lines && !needs.Back && !k.At.Before(f.since) {
		return f.kept, trigger
	}
	placed = make([]rules.OrderFact, 0, len(f.orders))
	for i := range f.orders {
		o := &f.orders[i]
		asOf := o.Kept
		if needs.Back {
			asOf = o.AsOf
		}
		fact, ok := asOf(k.At)
		if !ok {
			continue
		}
		if needs.Lines || o.ID == k.OrderID && needs.OrderLines {
			fact.Parts = parts(f.lines[o.ID], k.At)
		}
		if o.ID == k.OrderID {
			if fact.Lines = k.Lines; fact.Parts != nil {
				fact.Lines = len(fact.Parts)
			}
			trigger = len(placed)
		}
		placed = append(placed, fact)
	}
	return placed, trigger
}

// settle works out the orders once for all instants at which nothing of them
// changes any more, into room.
func (f *facts) settle(room []rules.OrderFact) {
	f.since = time.Time{}
	changes := func(at time.Time) {
		if at.After(f.since) {
			f.since = at
		}
	}
	for i := range f.orders {
		o := &f.orders[i]
		changes(o.PlacedAt)
		if o.UnkeptAt != nil {
			changes(*o.UnkeptAt)
		}
		for _, r := range o.Refunds {
			changes(r.At)
		}
	}
	f.kept = room[:0]
	for i := range f.orders {
		if fact, ok := f.orders[i].Kept(f.since); ok {
			f.kept = append(f.kept, fact)
		}
	}
}

// parts are the kept lines of an order, never nil.
func parts(lines []postgres.LineHistory, at time.Time) []rules.Part {
	kept := make([]rules.Part, 0, len(lines))
	for _, l := range lines {
		if line, ok := l.AsOf(at); ok {
			kept = append(kept, rules.Part(line))
		}
	}
	return kept
}

func attribute(v event.Value) rules.Attribute {
	a := rules.Attribute{Kind: rules.Kind(v.Kind), Text: v.Text, Number: v.Number, Truth: v.Truth}
	if v.Kind == event.Date {
		a.Date = calendar.DateOf(v.Date, time.UTC)
	}
	return a
}

// orNothing is a text that may be unknown.
func orNothing(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// occasion is the candidate's own date of an occasion; nil where it has none or
// the occasion is the same for all.
func (f *facts) occasion(k *postgres.Candidate, o *campaigns.Occasion) *calendar.Date {
	if o == nil || o.Attribute == "" {
		return nil
	}
	v := f.attributes.AsOf(k.At)[o.Attribute]
	if v.Kind != event.Date {
		return nil
	}
	date := calendar.DateOf(v.Date, time.UTC)
	return &date
}
