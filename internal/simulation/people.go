package simulation

import (
	"context"
	"slices"
	"time"
)

// erase forgets a customer and whoever was merged into them, and bans their
// addresses.
func (m *Memory) erase(ctx context.Context, customer int64) error {
	return m.changeMany(ctx, "erase", []int64{customer}, 0, func(t *tx, ours []*record[person]) error {
		if p := m.person(customer).see(t); !p.erased.IsZero() || p.into != 0 {
			return nil
		}
		for _, r := range ours {
			for _, channel := range []string{"email", "sms"} {
				if address := r.see(t).address(channel); address != "" {
					m.bans.add(t, ban{channel: channel, address: address})
				}
			}
			p := r.edit(t)
			p.erased, p.email, p.phone, p.region, p.zone, p.locale = m.host.now(), "", "", "", "", ""
		}
		return nil
	})
}

// merge makes a customer another, as postgres.Store does; where it would refuse
// it changes nothing.
func (m *Memory) merge(ctx context.Context, from, into int64) error {
	return m.changeMany(ctx, "merge", []int64{from, into}, from, func(t *tx, ours []*record[person]) error {
		target := into
		if root := m.person(into).see(t).into; root != 0 {
			target = root
		}
		f := m.person(from).see(t)
		if target == from || f.into != 0 || !f.erased.IsZero() || !m.person(target).see(t).erased.IsZero() {
			return nil
		}
		i := m.person(target).edit(t)
		i.orders, i.words = append(slices.Clip(i.orders), f.orders...), append(slices.Clip(i.words), m.stricter(i.words, f.words)...)
		if i.email == "" && f.email != "" {
			i.email = f.email
		}
		if i.phone == "" && f.phone != "" {
			i.phone = f.phone
		}
		i.holds = append(slices.Clip(i.holds), f.holds...)
		m.person(from).edit(t).orders = nil
		for _, r := range ours {
			if p := r.see(t); p.id == from || p.into == from {
				r.edit(t).into = target
			}
		}
		for _, r := range m.inbox.rows {
			if x := r.see(t); x != nil && x.customer == from {
				r.edit(t).customer = target
			}
		}
		return nil
	})
}

// stricter are the words that go over: a no where the other said yes, which holds
// from the later of the two on, and anything where the other said nothing.
func (m *Memory) stricter(into, from []word) (all []word) {
	now := m.host.now()
	for _, f := range latest(from, now) {
		granted, known := newest(into, f.channel, f.purpose, now)
		switch {
		case !known:
			all = append(all, f)
		case granted && !f.granted:
			for _, i := range latest(into, now) {
				if i.channel == f.channel && i.purpose == f.purpose && i.at.After(f.at) {
					f.at = i.at
				}
			}
			all = append(all, f)
		}
	}
	return all
}

// latest is the word in force on each channel and purpose.
func latest(words []word, now time.Time) (all []word) {
	for _, w := range words {
		if w.at.After(now) {
			continue
		}
		i := slices.IndexFunc(all, func(o word) bool { return o.channel == w.channel && o.purpose == w.purpose })
		switch {
		case i < 0:
			all = append(all, w)
		case w.at.After(all[i].at) || w.at.Equal(all[i].at) && !w.granted:
			all[i] = w
		}
	}
	return all
}

// changeMany holds customers, whoever was merged into them and whoever has an
// address of theirs, in the order of customers, and writes in a second statement.
// Imports run neither before nor meanwhile: write finds the customers themselves
// as they stand then. What waits to be decided of one is held before anything.
func (m *Memory) changeMany(ctx context.Context, what string, customers []int64, waiting int64, write func(t *tx, ours []*record[person]) error) error {
	return m.in(ctx, what, func(t *tx) error {
		if err := m.alone(ctx, t); err != nil {
			return err
		}
		if err := m.holdInbox(ctx, t, waiting); err != nil {
			return err
		}
		if err := t.step(ctx, "hold customers"); err != nil {
			return err
		}
		for _, id := range customers {
			if root := m.person(id).see(t).into; root != 0 {
				customers = append(customers, root)
			}
		}
		var ours, held []*record[person]
		for _, r := range m.people.rows {
			if p := r.see(t); slices.Contains(customers, p.id) || slices.Contains(customers, p.into) {
				ours = append(ours, r)
			}
		}
		for _, r := range m.people.rows {
			p := r.see(t)
			shares := func(o *record[person]) bool {
				their := o.see(t)
				return o == r || p.email != "" && p.email == their.email || p.phone != "" && p.phone == their.phone
			}
			if slices.ContainsFunc(ours, shares) {
				held = append(held, r)
			}
		}
		for _, r := range held {
			if err := await(t, r); err != nil {
				return err
			}
		}
		if err := t.step(ctx, what); err != nil {
			return err
		}
		return write(t, ours)
	})
}

func (m *Memory) holdInbox(ctx context.Context, t *tx, customer int64) error {
	if customer == 0 {
		return nil
	}
	if err := t.step(ctx, "hold what waits"); err != nil {
		return err
	}
	for _, r := range m.inbox.rows {
		if x := r.see(t); x == nil || x.customer != customer {
			continue
		}
		if err := await(t, r); err != nil {
			return err
		}
	}
	return nil
}

// alone waits until no import, erasure or merge runs. One of these may wait for a
// planner; nobody who sends waits for them.
func (m *Memory) alone(ctx context.Context, t *tx) error {
	if err := t.step(ctx, "one at a time"); err != nil {
		return err
	}
	t.queues = true
	err := await(t, &m.importing)
	t.queues = false
	return err
}
