package simulation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/fault"
)

// What others write: the operator, imports, customers. The statements are those
// of package postgres as far as the gate can tell: whoever changes what it reads
// of a customer holds the customer's row.

// setStatus pauses, resumes or cancels; a cancelled campaign stays cancelled.
func (m *Memory) setStatus(ctx context.Context, id int, status string) error {
	changed := false
	err := m.in(ctx, status, func(t *tx) error {
		if err := t.step(ctx, "hold campaign"); err != nil {
			return err
		}
		for _, r := range m.campaigns.rows {
			if r.was.id != id {
				continue
			}
			if err := await(t, r); err != nil {
				return err
			}
			if now := r.see(t).status; now == "cancelled" || now == status {
				return nil
			}
			if err := t.step(ctx, "set status"); err != nil {
				return err
			}
			r.edit(t).status = status
			changed = true
		}
		return nil
	})
	if err != nil || !changed {
		return err
	}
	return m.HandOutAgain(ctx)
}

// apply writes what an apply changes of a campaign's row.
func (m *Memory) apply(ctx context.Context, id int, change func(*campaign)) error {
	return m.in(ctx, "apply", func(t *tx) error {
		if err := t.step(ctx, "hold campaign"); err != nil {
			return err
		}
		for _, r := range m.campaigns.rows {
			if r.was.id != id {
				continue
			}
			if err := await(t, r); err != nil {
				return err
			}
			change(r.edit(t))
		}
		return nil
	})
}

// putOnHold puts a channel on hold, or all of them where it is empty.
func (m *Memory) putOnHold(ctx context.Context, channel string) error {
	return m.one(ctx, "hold", func(t *tx) error {
		for i := 0; i < len(m.onHold.rows); i++ {
			r := m.onHold.rows[i]
			if err := await(t, r); err != nil { // the table is locked: of two at once the second finds what the first did
				return err
			}
			if h := r.see(t); h != nil && *h == channel {
				return nil
			}
		}
		m.onHold.add(t, channel)
		return nil
	})
}

// release ends a hold, and the rest of the channel's provider.
func (m *Memory) release(ctx context.Context, channel string) error {
	changed := false
	err := m.one(ctx, "release", func(t *tx) error {
		changed = false
		for _, r := range m.onHold.rows {
			if err := await(t, r); err != nil {
				return err
			}
			if h := r.see(t); h != nil && *h == channel {
				r.gone, changed = true, true
			}
		}
		for _, r := range m.rests.rows {
			h := r.see(t)
			if h == nil || h.channel != channel || !h.until.After(m.host.now()) {
				continue
			}
			if err := await(t, r); err != nil {
				return err
			}
			r.edit(t).until, changed = m.host.now(), true
		}
		return nil
	})
	if err != nil || !changed {
		return err
	}
	return m.HandOutAgain(ctx)
}

// change holds a customer's row and writes it in a second statement.
func (m *Memory) change(ctx context.Context, what string, customer int64, write func(t *tx, p *person)) error {
	return m.in(ctx, what, func(t *tx) error {
		if err := t.step(ctx, "hold customer"); err != nil {
			return err
		}
		r := m.person(customer)
		if err := await(t, r); err != nil {
			return err
		}
		if err := t.step(ctx, what); err != nil {
			return err
		}
		write(t, r.edit(t))
		return nil
	})
}

// placeOrder is an import's: the order, and its place before the campaigns that
// ask. One that is there already changes nothing; that of a customer who was
// merged away is the other's. It and merges go one after the other.
func (m *Memory) placeOrder(ctx context.Context, customer int64, o order) error {
	return m.in(ctx, "order", func(t *tx) error {
		if err := m.alone(ctx, t); err != nil {
			return err
		}
		if root := m.person(customer).see(t).into; root != 0 {
			customer = root
		}
		if err := t.step(ctx, "hold customer"); err != nil {
			return err
		}
		r := m.person(customer)
		if err := await(t, r); err != nil {
			return err
		}
		if err := t.step(ctx, "order"); err != nil {
			return err
		}
		p := r.edit(t)
		if slices.ContainsFunc(p.orders, func(had order) bool { return had.id == o.id }) {
			return nil
		}
		p.orders = append(slices.Clip(p.orders), o)
		for _, r := range m.campaigns.rows {
			if c := r.see(t); c.orders {
				m.inbox.add(t, waiting{c.id, customer, o.id, o.placed})
			}
		}
		return nil
	})
}

// say adds a customer's word.
func (m *Memory) say(ctx context.Context, customer int64, w word) error {
	return m.change(ctx, "word", customer, func(_ *tx, p *person) { p.words = append(slices.Clip(p.words), w) })
}

// complain opens a hold, or closes the open one.
func (m *Memory) complain(ctx context.Context, customer int64, kind string, open bool) error {
	return m.change(ctx, kind, customer, func(_ *tx, p *person) {
		p.holds = slices.Clone(p.holds)
		for i := range p.holds {
			if h := &p.holds[i]; h.kind == kind && h.closed.IsZero() {
				h.closed = m.host.now()
			}
		}
		if open {
			p.holds = append(p.holds, hold{kind: kind, opened: m.host.now()})
		}
	})
}

// suppress bans an address under the locks of all who have it.
func (m *Memory) suppress(ctx context.Context, customer int64, channel string) error {
	return m.in(ctx, "suppress", func(t *tx) error {
		if err := t.step(ctx, "hold mailbox"); err != nil {
			return err
		}
		address := m.person(customer).see(t).address(channel)
		held, err := m.holdMailbox(t, customer, channel)
		if err != nil || address == "" || len(held) == 0 {
			return err
		}
		if err := t.step(ctx, "suppress"); err != nil {
			return err
		}
		m.bans.add(t, ban{channel, address, m.host.now()})
		return nil
	})
}

// moveFeed says up to when the orders are known.
func (m *Memory) moveFeed(ctx context.Context, until time.Time) error {
	return m.one(ctx, "feed", func(t *tx) error {
		if err := await(t, &m.feed); err != nil {
			return err
		}
		*m.feed.edit(t) = until
		return nil
	})
}

// WithdrawConsent locks everybody with the address in the order of customers.
func (m *Memory) WithdrawConsent(ctx context.Context, deliveryID int64, source string, at *time.Time) error {
	return m.in(ctx, "withdraw consent", func(t *tx) error {
		if err := t.step(ctx, "hold mailbox"); err != nil {
			return err
		}
		r := m.delivery(deliveryID)
		if r == nil || r.see(t) == nil {
			return fault.New(fault.NotFound, fmt.Sprintf("there is no delivery %d here", deliveryID), "")
		}
		d := r.see(t)
		held, err := m.holdMailbox(t, d.customer, d.channel)
		if err != nil {
			return err
		}
		if err := t.step(ctx, "withdraw"); err != nil {
			return err
		}
		now := m.host.now()
		if at != nil {
			now = *at
		}
		for _, r := range held {
			if said, known := newest(r.see(t).words, d.channel, "marketing", now); known && !said {
				continue
			}
			p := r.edit(t)
			p.words = append(slices.Clip(p.words), word{d.channel, "marketing", false, now})
		}
		return nil
	})
}

func (m *Memory) holdMailbox(t *tx, customer int64, channel string) ([]*record[person], error) {
	who := m.person(customer).see(t)
	their := []string{who.address(channel)}
	if who.into != 0 {
		their = append(their, m.person(who.into).see(t).address(channel))
	}
	var held []*record[person]
	for _, r := range m.people.rows {
		if p := r.see(t); p != nil && (p.id == customer || p.id == who.into || p.address(channel) != "" && slices.Contains(their, p.address(channel))) {
			held = append(held, r)
		}
	}
	for _, r := range held {
		if err := await(t, r); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// newest is the word in force at an instant; of two at the same the no.
func newest(words []word, channel, purpose string, at time.Time) (granted, known bool) {
	var when time.Time
	for _, w := range words {
		if w.channel != channel || w.purpose != purpose || w.at.After(at) {
			continue
		}
		if !known || w.at.After(when) || w.at.Equal(when) && !w.granted {
			granted, known, when = w.granted, true, w.at
		}
	}
	return granted, known
}
