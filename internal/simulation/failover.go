package simulation

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

var errClosed = errors.New("gates are closed")

const lostTail = "the database failed over, and may have forgotten that it was sent"

// same says whether the server is the one that the ledger is known on.
func (m *Memory) same(t *tx) bool { return *m.known.see(t) == m.server }

// NoticeFailover holds the table while it runs.
func (m *Memory) NoticeFailover(ctx context.Context, giveUp time.Duration) (f *postgres.Failover, err error) {
	err = m.in(ctx, "notice", func(t *tx) error {
		f = nil
		if err := t.step(ctx, "compare"); err != nil {
			return err
		}
		if m.same(t) {
			return nil
		}
		if err := await(t, &m.known); err != nil {
			return err
		}
		if m.same(t) {
			return nil
		}
		f = &postgres.Failover{From: strconv.Itoa(*m.known.see(t)), To: strconv.Itoa(m.server), At: m.host.now()}
		if err := m.quarantine(ctx, t, f, giveUp); err != nil {
			return err
		}
		if err := await(t, &m.place); err != nil {
			return err
		}
		p := m.place.edit(t)
		p.due, p.id = time.Time{}, 0
		*m.known.edit(t) = m.server
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (m *Memory) quarantine(ctx context.Context, t *tx, f *postgres.Failover, giveUp time.Duration) error {
	if err := t.step(ctx, "quarantine"); err != nil {
		return err
	}
	now := m.host.now()
	doubts := [2]claim{{doubt: true, attend: now.Add(giveUp), ask: now}, {doubt: true, attend: now.Add(giveUp), ask: now.Add(delivery.AskAfter(0))}}
	var ids []int64
	for _, r := range m.deliveries.rows {
		ids = append(ids, r.was.id)
	}
	lost := func(d *message) bool {
		return d.state == delivery.Planned && !d.due.After(now.Add(5*time.Second)) && d.arm == "treat" && !d.skip && d.expires.After(later(d.due, d.scheduled))
	}
	n, err := update(t, m.where(t, ids, lost), lost, func(d *message) delivery.State {
		d.epoch, d.reason, d.claimed, d.done, d.gateAt, d.due, d.cost = d.epoch+1, lostTail, now, now, later(d.due, d.scheduled), time.Time{}, 0
		doubts[0].ids, doubts[0].epochs = append(doubts[0].ids, d.id), append(doubts[0].epochs, d.epoch)
		return delivery.Quarantine
	})
	if err != nil {
		return err
	}
	f.Quarantined = n
	if err := t.step(ctx, "doubt all"); err != nil {
		return err
	}
	under := func(d *message) bool { return d.state == delivery.Sending }
	n, err = update(t, m.where(t, ids, under), under, func(d *message) delivery.State {
		d.reason, d.done = lostTail, now
		doubts[1].ids, doubts[1].epochs = append(doubts[1].ids, d.id), append(doubts[1].epochs, d.epoch)
		return delivery.Unknown
	})
	f.Doubtful = n
	for _, c := range doubts {
		m.addClaim(t, c)
	}
	return err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Replan waits for rows that somebody else has.
func (m *Memory) Replan(ctx context.Context, claims []postgres.Claim, window time.Duration, at *time.Time) (done []int64, err error) {
	err = m.one(ctx, "replan", func(t *tx) error {
		done = nil
		now := t.time(at)
		for _, c := range claims {
			still := func(d *message) bool {
				return d.epoch == c.Epoch && d.state == delivery.Quarantine && earlier(d.expires, d.gateAt.Add(delivery.Usable(window))).After(now)
			}
			n, err := update(t, m.where(t, []int64{c.ID}, still), still, func(d *message) delivery.State {
				d.reason, d.due, d.done, d.returned = "", later(now, d.gateAt), time.Time{}, d.returned+1
				d.expires = earlier(d.expires, d.gateAt.Add(delivery.Usable(window)))
				return delivery.Planned
			})
			if err != nil {
				return err
			}
			if n > 0 {
				done = append(done, c.ID)
			}
		}
		return nil
	})
	if err != nil || len(done) == 0 {
		return nil, err
	}
	return done, m.HandOutAgain(ctx)
}

// wake is quarantine -> unknown for outcomes that somebody knows.
func (m *Memory) wake(ctx context.Context, t *tx, settled []postgres.Settlement) (woken int, err error) {
	if err := t.step(ctx, "wake"); err != nil {
		return 0, err
	}
	for _, s := range settled {
		if s.State != delivery.Accepted && s.State != delivery.Failed {
			continue
		}
		still := func(d *message) bool { return d.epoch == s.Claim.Epoch && d.state == delivery.Quarantine }
		n, err := update(t, m.where(t, []int64{s.Claim.ID}, still), still, func(*message) delivery.State { return delivery.Unknown })
		if err != nil {
			return 0, err
		}
		woken += n
	}
	return woken, nil
}
