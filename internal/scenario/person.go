package scenario

import (
	"slices"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/consent"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/rules"
)

// person is a customer of a case with all that is ever known of them; what is
// known at an instant is asked of it.
type person struct {
	customer.Profile
	firstSeen  time.Time
	addresses  map[string][]dated[string] // by channel; an empty address is none
	words      map[word][]dated[bool]     // the newest counts
	banned     map[string][]time.Time     // by channel
	erased     *time.Time
	attributes map[string][]dated[rules.Attribute]
	tags       []dated[[]string] // all of them from then on
	orders     []*purchase
	events     []event.Event
	sent       []dated[audience.Campaign] // messages of other campaigns
	inGroup    time.Time                  // in another campaign of the group until then

	arm      holdout.Arm       // empty: by lot
	variants map[string]string // by wave; one that is not here is by lot
	skips    *[]string         // waves; nil: by lot
	holds    []event.Hold
}

// word is what somebody says yes or no to.
type word struct {
	channel string
	service bool
}

// purchase is an order of a person. Its lines are never empty.
type purchase struct {
	id       string
	at       time.Time
	currency string
	lines    []line
	uses     string // the pool of the code it names
}

type line struct {
	rules.Part
	name     string
	refunded *time.Time
}

// kept is the order as of an instant; false if it was not placed or no line of
// it was kept then.
func (o *purchase) kept(at time.Time) (rules.OrderFact, bool) {
	fact, placed := o.asOf(at)
	return fact, placed && !fact.Back
}

// asOf is the order as of an instant, kept or not; false if it was not placed
// then.
func (o *purchase) asOf(at time.Time) (rules.OrderFact, bool) {
	fact := rules.OrderFact{At: o.at, Parts: []rules.Part{}, Told: &rules.Told{}}
	if o.at.After(at) {
		return fact, false
	}
	for _, l := range o.lines {
		if l.refunded == nil || l.refunded.After(at) {
			fact.Minor += l.Minor
			fact.Parts = append(fact.Parts, l.Part)
		} else {
			fact.Refunded += l.Minor
		}
	}
	fact.Lines = len(fact.Parts)
	fact.Back = len(fact.Parts) == 0
	return fact, true
}

// newest is the latest value that counts at an instant.
func newest[T any](values []dated[T], at time.Time) (value T, known bool) {
	for i := len(values) - 1; i >= 0; i-- {
		if !values[i].at.After(at) {
			return values[i].value, true
		}
	}
	return value, false
}

// byTime sorts what was written in any order; what has one instant stays in the
// order of the file.
func byTime[T any](values []dated[T]) {
	slices.SortStableFunc(values, func(a, b dated[T]) int { return a.at.Compare(b.at) })
}

// settle puts everything in the order of time.
func (p *person) settle() {
	for _, values := range p.addresses {
		byTime(values)
	}
	for _, values := range p.words {
		slices.SortStableFunc(values, func(a, b dated[bool]) int {
			if c := a.at.Compare(b.at); c != 0 || a.value == b.value {
				return c
			}
			if a.value { // of two words at one instant the no counts
				return -1
			}
			return 1
		})
	}
	for _, values := range p.attributes {
		byTime(values)
	}
	byTime(p.tags)
	byTime(p.sent)
	slices.SortStableFunc(p.orders, func(a, b *purchase) int { return a.at.Compare(b.at) })
	slices.SortStableFunc(p.events, func(a, b event.Event) int { return a.At.Compare(b.At) })
	p.holds = event.Holds(p.events)
}

// contact is what decides whether the person may be reached at an instant.
func (p *person) contact(channels []string, at time.Time) audience.Contact {
	c := audience.Contact{Erased: p.erased != nil && !p.erased.After(at), Channels: make(map[string]audience.Reach, len(channels))}
	for _, channel := range channels {
		var r audience.Reach
		r.Address, _ = newest(p.addresses[channel], at)
		granted, known := newest(p.words[word{channel: channel}], at)
		r.Word = consent.Word{Known: known, Granted: granted}
		served, told := newest(p.words[word{channel, true}], at)
		r.ServiceRefused = told && !served
		r.Suppressed = slices.ContainsFunc(p.banned[channel], func(t time.Time) bool { return !t.After(at) })
		c.Channels[channel] = r
	}
	return c
}

// env is what a rule sees of the person at an instant; ours is what the campaign
// sent so far.
func (p *person) env(at time.Time, basis rules.Basis, currency string, trigger *purchase, fired *event.Event, ours []rules.EventFact) rules.Env {
	who := rules.Customer{ID: p.ShopID, Locale: p.Locale, Region: p.Region, Zone: p.Zone, FirstSeen: p.firstSeen,
		Tags: []string{}, Attributes: make(map[string]rules.Attribute, len(p.attributes)), Holds: []string{}}
	if p.FirstName != nil {
		who.FirstName = *p.FirstName
	}
	if p.LastName != nil {
		who.LastName = *p.LastName
	}
	for _, h := range p.holds {
		if !h.OpenedAt.After(at) && (h.ClosedAt.IsZero() || h.ClosedAt.After(at)) {
			who.Holds = append(who.Holds, string(h.Kind))
		}
	}
	address, _ := newest(p.addresses["email"], at)
	who.EmailKnown = address != ""
	address, _ = newest(p.addresses["sms"], at)
	who.PhoneKnown = address != ""
	tags, _ := newest(p.tags, at)
	who.Tags = append(who.Tags, tags...)
	for name, values := range p.attributes {
		if v, ok := newest(values, at); ok {
			who.Attributes[name] = v
		}
	}
	facts := make([]rules.OrderFact, 0, len(p.orders))
	var own *rules.OrderFact
	for _, o := range p.orders {
		fact, ok := o.asOf(at)
		if !ok || o.currency != currency {
			continue
		}
		if o == trigger && !fact.Back {
			own = &fact
		}
		facts = append(facts, fact)
	}
	env := rules.NewEnv(who, facts, at, basis)
	if own != nil {
		env = env.WithOrder(*own)
	}
	told := make([]rules.EventFact, 0, len(p.events)+len(p.sent)+len(ours))
	told = append(told, ours...)
	for _, s := range p.sent {
		told = append(told, rules.EventFact{Name: rules.MessageSent, At: s.at, Props: map[string]rules.Attribute{}})
	}
	for i := range p.events {
		e := &p.events[i]
		if e.At.After(at) {
			continue
		}
		fact := rules.EventFact{Name: e.Name, At: e.At, Props: properties(e.Props)}
		if e == fired {
			env = env.WithEvent(fact)
		}
		told = append(told, fact)
	}
	return env.WithEvents(told)
}

// bought says whether there is a kept order since an entry that did not bring it
// about.
func (p *person) bought(since time.Time, trigger *purchase, at time.Time) bool {
	return slices.ContainsFunc(p.orders, func(o *purchase) bool {
		if o == trigger || !o.at.After(since) {
			return false
		}
		_, kept := o.kept(at)
		return kept
	})
}

// heldBy is the first of the kinds that is open at an instant.
func (p *person) heldBy(kinds []string, at time.Time) audience.Reason {
	for _, kind := range kinds {
		if slices.ContainsFunc(p.holds, func(h event.Hold) bool {
			return string(h.Kind) == kind && !h.OpenedAt.After(at) && (h.ClosedAt.IsZero() || h.ClosedAt.After(at))
		}) {
			return audience.Reason(kind)
		}
	}
	return ""
}
