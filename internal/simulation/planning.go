package simulation

import (
	"context"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
)

// planning is the transaction in which a campaign's customers are decided, as
// postgres.Planning is.
type planning struct {
	*tx
	ctx      context.Context
	campaign int
	version  int
	first    time.Time // of what was planned; zero: nothing was
}

// plan runs fn alone with a campaign; busy: another planner has it.
func (m *Memory) plan(ctx context.Context, campaign, version int, fn func(*planning) error) (busy bool, err error) {
	err = m.in(ctx, whatOfPlanner, func(t *tx) error {
		if err := t.step(ctx, "lock campaign"); err != nil {
			return err
		}
		if busy = m.planning[campaign] != nil; busy {
			return nil
		}
		m.planning[campaign] = t
		p := &planning{tx: t, ctx: ctx, campaign: campaign, version: version}
		if err := fn(p); err != nil {
			return err
		}
		return p.notBehind()
	})
	return busy, err
}

// inboxOf is the next orders to consider, oldest first, and who placed them.
func (p *planning) inboxOf(limit int) (orders []*record[waiting], err error) {
	if err := p.step(p.ctx, "inbox"); err != nil {
		return nil, err
	}
	for _, r := range p.m.inbox.rows {
		if w := r.see(p.tx); w != nil && w.campaign == p.campaign && !w.placed.After(p.began) && len(orders) < limit {
			orders = append(orders, r)
		}
	}
	slices.SortStableFunc(orders, func(a, b *record[waiting]) int { return a.was.placed.Compare(b.was.placed) })
	return orders, nil
}

// entries is how often a customer has entered, and when last.
func (p *planning) entries(customer int64) (n int, last time.Time) {
	for _, r := range p.m.enrolled.rows {
		if e := r.see(p.tx); e != nil && e.campaign == p.campaign && (e.customer == customer || p.m.person(e.customer).see(p.tx).into == customer) {
			n++
			if e.entered.After(last) {
				last = e.entered
			}
		}
	}
	return n, last
}

// enter writes enrollments with their first round; an entry that is there
// already gets nothing again.
func (p *planning) enter(page []postgres.Entering) error {
	if err := p.step(p.ctx, "enter"); err != nil {
		return err
	}
	for _, x := range page {
		e := x.Enrollment
		if p.entered(int64(e.Customer), e.EnteredAt) {
			continue
		}
		row := enrolled{id: int64(len(p.m.enrolled.rows)) + 1, customer: int64(e.Customer), entered: e.EnteredAt, campaign: p.campaign, version: p.version,
			entry: e.Entry, arm: e.Arm, layer: e.Layer, key: e.Key, share: e.Share, zone: e.Zone, stratum: e.Stratum, trigger: x.OrderID, begun: 1,
			deliveries: len(x.Deliveries), made: len(x.Deliveries)}
		if x.NextRound != nil {
			row.next = *x.NextRound
		}
		p.m.enrolled.add(p.tx, row)
		p.deliver(&row, 1, x.Deliveries)
	}
	p.earliest(scheduled(page))
	return nil
}

func (p *planning) earliest(at time.Time) {
	if p.first.IsZero() || !at.IsZero() && at.Before(p.first) {
		p.first = at
	}
}

func scheduled(page []postgres.Entering) (first time.Time) {
	for _, x := range page {
		for _, d := range x.Deliveries {
			if first.IsZero() || d.ScheduledAt.Before(first) {
				first = d.ScheduledAt
			}
		}
	}
	return first
}

func (p *planning) entered(customer int64, at time.Time) bool {
	for _, r := range p.m.enrolled.rows {
		if e := r.see(p.tx); e != nil && e.campaign == p.campaign && e.customer == customer && e.entered.Equal(at) {
			return true
		}
	}
	return false
}

// deliver plans a round; a delivery is unique by enrollment, round and wave.
func (p *planning) deliver(e *enrolled, round int, planned []wave.Delivery) {
	for _, w := range planned {
		if p.planned(e.id, round, w.Wave) {
			continue
		}
		p.m.deliveries.add(p.tx, message{id: int64(len(p.m.deliveries.rows)) + 1, customer: e.customer, entered: e.entered, enrollment: e.id, round: round,
			wave: w.Wave, variant: w.Variant, campaign: e.campaign, version: e.version, arm: w.Arm, skip: w.Skip, uncapped: w.Uncapped, channel: w.Channel,
			state: "planned", scheduled: w.ScheduledAt, expires: w.ExpiresAt, due: w.ScheduledAt})
	}
}

func (p *planning) planned(enrollment int64, round int, wave string) bool {
	for _, r := range p.m.deliveries.rows {
		if d := r.see(p.tx); d != nil && d.enrollment == enrollment && d.round == round && d.wave == wave {
			return true
		}
	}
	return false
}

// notBehind takes the dispatcher's place back to what was planned behind it.
func (p *planning) notBehind() error {
	first := p.first
	if first.IsZero() {
		return nil
	}
	p.soon = true
	if err := p.step(p.ctx, "not behind"); err != nil {
		return err
	}
	if p.m.place.see(p.tx).due.Before(first) {
		return nil
	}
	if err := await(p.tx, &p.m.place); err != nil {
		return err
	}
	if at := p.m.place.edit(p.tx); !at.due.Before(first) {
		at.due, at.id = first, 0
	}
	return nil
}

// considered takes decided orders out of the inbox.
func (p *planning) considered(orders []*record[waiting]) error {
	if err := p.step(p.ctx, "considered"); err != nil {
		return err
	}
	for _, r := range orders {
		if err := await(p.tx, r); err != nil {
			return err
		}
		r.gone = true
	}
	return nil
}

// dueRounds locks enrollments whose next round has come.
func (p *planning) dueRounds(limit int) (due []*record[enrolled], err error) {
	if err := p.step(p.ctx, "due rounds"); err != nil {
		return nil, err
	}
	for _, r := range p.m.enrolled.rows {
		e := r.see(p.tx)
		if e == nil || e.campaign != p.campaign || e.next.IsZero() || e.next.After(p.began) || len(due) == limit {
			continue
		}
		if take(p.tx, r) {
			due = append(due, r)
		}
	}
	return due, nil
}

// enrollment is what planning a round reads.
func (e *enrolled) enrollment() enrollment.Enrollment {
	return enrollment.Enrollment{ID: e.id, Customer: customer.ID(e.customer), Key: e.key, EnteredAt: e.entered, Entry: e.entry, Arm: e.arm, Zone: e.zone}
}

// round is one more round of an enrollment.
type round struct {
	of         *record[enrolled]
	deliveries []wave.Delivery
	next       time.Time
}

func (p *planning) beginRounds(page []round) error {
	if err := p.step(p.ctx, "begin rounds"); err != nil {
		return err
	}
	var first time.Time
	for _, x := range page {
		e := x.of.edit(p.tx)
		e.begun, e.next = e.begun+1, x.next
		e.made += len(x.deliveries)
		p.deliver(e, e.begun, x.deliveries)
		for _, d := range x.deliveries {
			if first.IsZero() || d.ScheduledAt.Before(first) {
				first = d.ScheduledAt
			}
		}
	}
	p.earliest(first)
	return nil
}
