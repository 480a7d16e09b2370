package simulation

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// said is a word of a provider.
type said struct {
	channel, event, ref string
	delivery.Word
	delivery int64
	due      time.Time
	rejected string
}

// StoreFeedback passes over events that are there.
func (m *Memory) StoreFeedback(ctx context.Context, channel string, events []postgres.Feedback) (n int, err error) {
	err = m.one(ctx, "feedback", func(t *tx) error {
		n = 0
		for _, e := range events {
			known := false
			for i := 0; i < len(m.said.rows); i++ {
				r := m.said.rows[i]
				if r.was.channel != channel || r.was.event != e.ID || r.dead {
					continue
				}
				if err := await(t, r); err != nil { // whoever stores it at the same time
					return err
				}
				known = known || r.see(t) != nil
			}
			if !known {
				now := m.host.now()
				m.said.add(t, said{channel: channel, event: e.ID, ref: e.Ref, due: now,
					Word: delivery.Word{Type: e.Type, At: e.At, Received: now, Reason: e.Reason, Hard: e.Hard}})
				n++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// HearFeedback takes words, then customers, then deliveries.
func (m *Memory) HearFeedback(ctx context.Context, name string, giveUp time.Duration, limit int) (heard postgres.Heard, err error) {
	err = m.in(ctx, "hear", func(t *tx) error {
		heard = postgres.Heard{}
		if err := t.step(ctx, "take words"); err != nil {
			return err
		}
		var words []*record[said]
		for _, r := range m.said.rows {
			if w := r.see(t); w != nil && len(words) < limit && !w.due.IsZero() && !w.due.After(m.host.now()) && take(t, r) {
				words = append(words, r)
			}
		}
		if len(words) == 0 {
			return nil
		}
		of := map[int64]*record[message]{}
		for _, r := range words {
			w := r.edit(t)
			number, of64, _ := strings.Cut(w.ref, ".")
			id, err := strconv.ParseInt(number, 10, 64)
			if err != nil || of64 != name {
				w.rejected = "not a reference of this installation"
				continue
			}
			if d := m.delivery(id); d != nil && d.see(t) != nil && d.see(t).channel == w.channel {
				w.delivery, of[id] = id, d
			}
		}
		if err := m.holdBanned(ctx, t, words); err != nil {
			return err
		}
		if err := m.hear(ctx, t, of); err != nil {
			return err
		}
		if err := t.step(ctx, "end words"); err != nil {
			return err
		}
		now := m.host.now()
		for _, r := range words {
			w := r.edit(t)
			held := w.delivery != 0 && of[w.delivery] != nil
			switch {
			case w.rejected == "" && w.delivery == 0 && w.Received.Before(now.Add(-giveUp)):
				w.rejected = "there is no such delivery on this channel"
				fallthrough
			case w.rejected != "":
				w.due = time.Time{}
				heard.Rejected = append(heard.Rejected, postgres.RejectedWord{Channel: w.channel, Ref: w.ref, Why: w.rejected})
			case w.delivery == 0:
				w.due = now.Add(time.Minute)
				heard.Later++
			case !held:
				w.due = now.Add(time.Second)
				heard.Later++
			case delivery.Hear(of[w.delivery].see(t).state, m.words(t, w.delivery), now).Wait:
				w.due = now.Add(30 * time.Second)
				heard.Later++
			default:
				w.due = time.Time{}
				heard.Done++
			}
		}
		return nil
	})
	if err != nil {
		return postgres.Heard{}, err
	}
	return heard, nil
}

func (w *said) bans() bool { return w.Type == "complained" || w.Type == "bounced" && w.Hard }

// holdBanned locks everybody who has an address that is about to be banned.
func (m *Memory) holdBanned(ctx context.Context, t *tx, words []*record[said]) error {
	asked := false
	whom := map[int64]bool{}
	for _, r := range words {
		if w := r.see(t); w.delivery != 0 && w.bans() {
			whom[m.delivery(w.delivery).was.customer] = true
			asked = true
		}
	}
	if !asked {
		return nil
	}
	if err := t.step(ctx, "hold mailboxes"); err != nil {
		return err
	}
	for _, r := range m.people.rows {
		p := r.see(t)
		same := whom[p.id]
		for id := range whom {
			o := m.person(id).see(t)
			same = same || p.email != "" && p.email == o.email || p.phone != "" && p.phone == o.phone
		}
		if same {
			if err := await(t, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// words are all on a delivery.
func (m *Memory) words(t *tx, id int64) (all []delivery.Word) {
	for _, r := range m.said.rows {
		if w := r.see(t); w != nil && w.delivery == id {
			all = append(all, w.Word)
		}
	}
	return all
}

// hear applies words; those on deliveries in other hands are taken out of of.
func (m *Memory) hear(ctx context.Context, t *tx, of map[int64]*record[message]) error {
	if len(of) == 0 {
		return nil
	}
	if err := t.step(ctx, "hold heard"); err != nil {
		return err
	}
	var ids []int64
	for id := range of {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if !take(t, of[id]) {
			delete(of, id)
		}
	}
	if err := t.step(ctx, "hear"); err != nil {
		return err
	}
	for _, id := range ids {
		r := of[id]
		if r == nil {
			continue
		}
		if err := m.hearOne(t, r); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memory) hearOne(t *tx, r *record[message]) error {
	now, words := m.host.now(), m.words(t, r.was.id)
	d := r.edit(t)
	h := delivery.Hear(d.state, words, now)
	if h.To != d.state {
		if d.state == delivery.Planned || d.state == delivery.Dead {
			if d.arm != "treat" || d.skip {
				return nil
			}
			if d.state == delivery.Planned || d.gateAt.IsZero() {
				d.claimed, d.gateAt = now, earlier(later(d.due, d.scheduled), d.expires.Add(-time.Microsecond))
			}
			if d.state == delivery.Planned || d.returned == 0 {
				d.epoch++
			} else {
				d.returned--
			}
			d.due, d.reason, d.cost = time.Time{}, "its provider has taken it", 0
			if err := t.move(r, delivery.Quarantine); err != nil {
				return err
			}
		}
		if d.state == delivery.Quarantine {
			if err := t.move(r, delivery.Unknown); err != nil {
				return err
			}
		}
		d.reason, d.done = h.Reason, now
		if d.provider == "" {
			d.provider = d.channel
		}
		if h.To == delivery.Failed {
			if l := m.limit(d.campaign); l != nil {
				if err := await(t, l); err != nil {
					return err
				}
				u, e := untaken{*d}, l.edit(t)
				e.spent -= u.money()
				e.ofDay -= u.since(e.dayFrom)
			}
		}
		if err := t.move(r, h.To); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		into *time.Time
		at   *time.Time
	}{{&d.delivered, h.DeliveredAt}, {&d.bounced, h.BouncedAt}, {&d.complained, h.ComplainedAt}} {
		if x.at != nil && (x.into.IsZero() || x.at.Before(*x.into)) {
			*x.into = *x.at
		}
	}
	for _, w := range words {
		if w.Type == "complained" || w.Type == "bounced" && w.Hard {
			m.banHeard(t, d, w.Type, earlier(w.At, now))
		}
	}
	return nil
}

func (m *Memory) banHeard(t *tx, d *message, said string, since time.Time) {
	p := m.person(d.customer).see(t)
	address := p.address(d.channel)
	if said == "bounced" && p.since[d.channel].After(d.claimed) {
		return // it was the old one
	}
	for _, r := range m.bans.rows {
		if b := r.see(t); b != nil && b.channel == d.channel && b.address == address {
			return
		}
	}
	if address != "" {
		m.bans.add(t, ban{d.channel, address, since})
	}
}
