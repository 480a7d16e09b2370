package shop

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// borrowing is how far ahead the natural order lies that an extra one may
// replace.
const borrowing = 60 * day

// forgotten is how many times Fades a message is remembered: of its orders it
// leaves out one in half a billion.
const forgotten = 20

// extra is an order that a message brings.
type extra struct {
	by      *received
	nth     int // of its message
	at      time.Time
	borrows bool
	order   *Order // nil: still to come
}

func (e *extra) compare(o *extra) int {
	return cmp.Or(e.at.Compare(o.at), cmp.Compare(e.by.Campaign, o.by.Campaign), cmp.Compare(e.by.Wave, o.by.Wave),
		cmp.Compare(e.by.salt, o.by.salt), cmp.Compare(e.nth, o.nth))
}

// salt is that of draws about this order.
func (e *extra) salt() uint64 { return mix(e.by.salt ^ uint64(e.nth+1)) }

// answer draws everything a message brings, from when it begins to act to when
// it is forgotten.
func (w *World) answer(m *received) {
	s, p := w.shop, &w.people[m.customer]
	ordinal := 0
	for _, before := range p.messages {
		if before.Campaign == m.Campaign && before.Wave == m.Wave {
			ordinal++
		}
	}
	m.salted(s.config.Seed, ordinal)
	p.messages = append(p.messages, m)
	if !m.acts.Before(s.config.End) {
		return
	}
	r := s.stream(m.customer, streamMessage, m.salt)
	optsOut, after := r.Float64() < m.Effect.OptsOut, time.Duration(r.Float64()*86400)*time.Second
	if optsOut {
		o := OptOut{Customer: p.ID, Message: m.Message, At: m.acts.Add(after)}
		p.optOuts = append(p.optOuts, o)
		w.touchAt(m.customer, o.At)
	}
	rate := p.rate * m.Effect.Lift * p.factor
	if rate == 0 {
		return
	}
	began, fades := s.operational(m.acts, p.hours), m.Effect.Fades.Hours()/24
	since := s.calendar(began)
	for at, nth := max(began, p.first), 0; ; {
		at += r.ExpFloat64() / rate
		if at >= p.last {
			break
		}
		age := (s.calendar(at) - since) / fades
		if age > forgotten {
			break
		}
		if r.Float64() >= math.Exp(-age) {
			continue
		}
		e := &extra{by: m, nth: nth, at: s.instant(at, p.hours), borrows: r.Float64() < m.Effect.Borrows}
		nth++
		// Seconds are whole: the first one of the message may begin before it acts.
		if e.at.Before(m.acts) {
			e.at = m.acts
		}
		k, _ := slices.BinarySearchFunc(p.extras, e, (*extra).compare)
		p.extras = slices.Insert(p.extras, k, e)
		w.touchAt(m.customer, e.at)
	}
}

// calendar is an operational instant in days since Start, as if a day's orders
// were spread over it evenly.
func (s *Shop) calendar(operational float64) float64 {
	d, fraction := s.clock.day(operational)
	return float64(d) + fraction
}

// extraOrder makes the n-th extra order of a customer. It is like a natural one
// after the latest natural one before it.
func (s *Shop) extraOrder(i, n int, p *person, e *extra) *Order {
	m, r := s.config.Model, s.stream(i, streamExtra, e.salt())
	last := 0
	for k := range p.orders {
		if p.orders[k].PlacedAt.Before(e.at) {
			last = k
		}
	}
	category := slices.Index(categories[:], p.orders[last].Lines[0].Product.Category)
	o := &Order{ID: documentID('x', s.number(i), n), PlacedAt: e.at}
	o.Lines = m.basket(p.level, m.nextCategory(category, r), false, r)
	if f := m.newRefund(o, r); f != nil && f.At.Before(s.config.End) {
		f.ID = documentID('y', s.number(i), n)
		o.Refund = f
	}
	s.happen(o, p.ID, r)
	s.tell(i, o, &p.Customer, e.salt())
	return o
}
