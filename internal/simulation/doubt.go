package simulation

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// Doubts passes over claims that somebody else asks about.
func (m *Memory) Doubts(ctx context.Context, channels []string, limit int) (open []postgres.Doubt, err error) {
	err = m.one(ctx, "doubts", func(t *tx) error {
		open = nil
		now := m.host.now()
		var due []*record[claim]
		for _, r := range m.claims.rows {
			if c := r.see(t); c != nil && c.doubt && !c.ask.After(now) && r.free(t) {
				due = append(due, r)
			}
		}
		slices.SortFunc(due, func(a, b *record[claim]) int { return a.was.ask.Compare(b.was.ask) })
		for _, r := range due[:min(limit, len(due))] {
			take(t, r)
			c, left := r.see(t), false
			for i, id := range c.ids {
				d := m.delivery(id).see(t)
				if d == nil || d.epoch != c.epochs[i] || d.state != delivery.Unknown && d.state != delivery.Quarantine {
					continue
				}
				if left = true; slices.Contains(channels, d.channel) {
					open = append(open, m.doubt(d))
				}
			}
			if !left {
				r.gone = true
				continue
			}
			e := r.edit(t)
			e.asked++
			e.ask = now.Add(delivery.AskAfter(e.asked))
		}
		slices.SortFunc(open, func(a, b postgres.Doubt) int { return int(a.Claim.ID - b.Claim.ID) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return open, nil
}

func (m *Memory) doubt(d *message) postgres.Doubt {
	gate := d.gateAt
	return postgres.Doubt{Claim: postgres.Claim{ID: d.id, Customer: d.customer, EnteredAt: d.entered, Epoch: d.epoch}, State: d.state,
		Lane: postgres.Lane{Version: d.version, Wave: d.wave, Channel: d.channel}, Campaign: d.campaign, Limited: m.limit(d.campaign) != nil, GateAt: &gate}
}

const windowOver = "the provider's window is over"

// resend is a message in doubt that was about to be sent again.
type resend struct {
	delivery int64
	epoch    int
	at       time.Time
}

// GateAgain takes the locks of Gate.
func (m *Memory) GateAgain(ctx context.Context, in postgres.GateInput, window time.Duration, prepare func(at time.Time, g *postgres.Gated)) (again postgres.Again, err error) {
	in.Doubt, in.WarmUp = true, nil
	err = m.in(ctx, whatOfGate, func(t *tx) error {
		again = postgres.Again{Left: map[int64]string{}}
		gated, _, now, _, err := m.lockChunk(ctx, t, in)
		defer m.spare(gated)
		if err != nil || len(gated) == 0 {
			return err
		}
		if err := m.facts(ctx, t, in, now, gated); err != nil {
			return err
		}
		for i := range gated {
			g := &gated[i]
			prepare(now, &g.Gated)
			d := &g.read
			why := string(delivery.Again(g.Facts, now))
			switch {
			case why != "":
			case d.body == nil || !bytes.Equal(d.body, g.Body):
				why = "the message would not be the same"
			case !delivery.Resendable(d.claimed, m.host.now(), window):
				why = windowOver
			}
			if why != "" {
				again.Left[g.ID] = why
				m.host.left(g.ID, why)
				continue
			}
			c := postgres.Claim{ID: g.ID, Customer: g.Customer, EnteredAt: g.EnteredAt, Epoch: g.Epoch, Address: g.Facts.Contact.Channels[g.Facts.Channel].Address}
			if code := m.bound(g.ID, t); code != nil && in.Coupons {
				c.Code = code.code
			}
			again.Claims = append(again.Claims, c)
		}
		if len(again.Claims) == 0 {
			return nil
		}
		if err := t.step(ctx, "resend"); err != nil {
			return err
		}
		again.Claims = slices.DeleteFunc(again.Claims, func(c postgres.Claim) bool {
			r := m.delivery(c.ID)
			return r.was.state != delivery.Unknown || r.was.epoch != c.Epoch || !take(t, r)
		})
		for _, c := range again.Claims {
			m.resends.add(t, resend{c.ID, c.Epoch, m.host.now()})
		}
		return nil
	})
	if err != nil {
		return postgres.Again{}, err
	}
	return again, nil
}
