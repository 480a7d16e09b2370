package simulation

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// What each method promises stands with postgres.Store. What is said here is how
// a statement meets others that run at the same time.

// delivery is a row by its id; nil: it is not there.
func (m *Memory) delivery(id int64) *record[message] {
	if id < 1 || id > int64(len(m.deliveries.rows)) {
		return nil
	}
	return m.deliveries.rows[id-1]
}

func (m *Memory) person(id int64) *record[person] {
	if id < 1 || id > int64(len(m.people.rows)) {
		return nil
	}
	return m.people.rows[id-1]
}

func (m *Memory) campaign(id int, t *tx) *campaign {
	for _, r := range m.campaigns.rows {
		if c := r.see(t); c != nil && c.id == id {
			return c
		}
	}
	return nil
}

func (m *Memory) limit(campaign int) *record[limits] {
	for _, r := range m.limits.rows {
		if r.was.campaign == campaign {
			return r
		}
	}
	return nil
}

// update writes rows as UPDATE does: which ones is decided by what the statement
// saw when it began; one that somebody else holds is waited for, and looked at
// once more.
func update(t *tx, rows []*record[message], still func(*message) bool, write func(*message) delivery.State) (int, error) {
	n := 0
	for _, r := range rows {
		if err := await(t, r); err != nil {
			return n, err
		}
		d := r.see(t)
		if d == nil || !still(d) {
			continue
		}
		if err := t.move(r, write(r.edit(t))); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// NoteRules is for audits, of which there are none here.
func (m *Memory) NoteRules(context.Context, postgres.GateRules) error { return nil }

// where are the rows that a statement sees when it begins.
func (m *Memory) where(t *tx, ids []int64, match func(*message) bool) []*record[message] {
	rows := make([]*record[message], 0, len(ids))
	for _, id := range ids {
		if r := m.delivery(id); r != nil {
			if d := r.see(t); d != nil && match(d) {
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func inLane(d *message, l postgres.Lane) bool {
	return d.version == l.Version && d.wave == l.Wave && d.channel == l.Channel
}

// HandOut holds the place while it runs: of two at once the second gets nothing.
func (m *Memory) HandOut(ctx context.Context, at *time.Time, nothingQueued bool, silence time.Duration, limit int) (hints []postgres.Hint, err error) {
	err = m.one(ctx, "hand out", func(t *tx) error {
		hints = nil
		if !take(t, &m.place) {
			return nil
		}
		now, p := t.time(at), m.place.edit(t)
		over := nothingQueued || p.round.Before(m.host.now().Add(-silence))
		from := *p
		if over {
			from = place{}
		}
		var due []*message
		for _, r := range m.deliveries.rows {
			d := r.see(t)
			if d == nil || d.due.IsZero() || d.due.After(now) || !from.before(d) {
				continue
			}
			if c := m.campaign(d.campaign, t); c.status == "running" && !m.held(t, d.channel) && !m.resting(t, d.channel, now) {
				due = append(due, d)
			}
		}
		slices.SortFunc(due, func(a, b *message) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.id, b.id)) })
		due = due[:min(limit, len(due))]
		p.due, p.id = from.due, from.id
		if n := len(due); n > 0 {
			p.due, p.id = due[n-1].due, due[n-1].id
		}
		if over {
			p.round = m.host.now()
		}
		for _, d := range due {
			hints = append(hints, postgres.Hint{ID: d.id, Version: d.version, Wave: d.wave, Channel: d.channel})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return hints, nil
}

// held says whether a channel is on hold.
func (m *Memory) held(t *tx, channel string) bool {
	for _, r := range m.onHold.rows {
		if h := r.see(t); h != nil && (*h == "" || *h == channel) {
			return true
		}
	}
	return false
}

// before says whether the place stands in front of a delivery.
func (p place) before(d *message) bool {
	return cmp.Or(p.due.Compare(d.due), cmp.Compare(p.id, d.id)) < 0
}

// HandOutAgain moves the place to the front.
func (m *Memory) HandOutAgain(ctx context.Context) error {
	return m.one(ctx, "hand out again", func(t *tx) error {
		if err := await(t, &m.place); err != nil {
			return err
		}
		p := m.place.edit(t)
		p.due, p.id = time.Time{}, 0
		return nil
	})
}

// Postpone waits for rows at a gate, and then leaves alone what is not planned any more.
func (m *Memory) Postpone(ctx context.Context, lane postgres.Lane, ids []int64, at *time.Time, wait time.Duration, reason string) error {
	return m.one(ctx, "postpone", func(t *tx) error {
		match := func(d *message) bool { return !d.due.IsZero() && inLane(d, lane) }
		_, err := update(t, m.where(t, ids, match), match, func(d *message) delivery.State {
			d.due, d.reason = earlier(t.time(at).Add(wait), d.expires), reason
			return d.state
		})
		return err
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Bury is like Postpone.
func (m *Memory) Bury(ctx context.Context, reasons map[int64]string) error {
	return m.one(ctx, "bury", func(t *tx) error {
		ids := make([]int64, 0, len(reasons))
		for id := range reasons {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		planned := func(d *message) bool { return d.state == delivery.Planned }
		_, err := update(t, m.where(t, ids, planned), planned, func(d *message) delivery.State {
			d.reason, d.due, d.done = reasons[d.id], time.Time{}, m.host.now()
			return delivery.Dead
		})
		return err
	})
}

// Settle takes the claim before its deliveries, as Reap does.
func (m *Memory) Settle(ctx context.Context, provider string, at *time.Time, under postgres.Under, took postgres.Took, giveUp time.Duration, settled []postgres.Settlement) (written int, err error) {
	err = m.in(ctx, "settle", func(t *tx) error {
		written = 0
		untaken, back, err := m.settle(ctx, t, provider, at, under, giveUp, settled, &written)
		if err != nil {
			return err
		}
		return m.giveBack(ctx, t, took, untaken, back)
	})
	if err != nil {
		return 0, err
	}
	if written == len(settled) {
		return written, nil
	}
	var more int
	err = m.in(ctx, "settle", func(t *tx) error {
		more = 0
		if woken, err := m.wake(ctx, t, settled); err != nil || woken == 0 {
			return err
		}
		untaken, back, err := m.settle(ctx, t, provider, at, postgres.Under{Open: under.Open}, giveUp, settled, &more)
		if err != nil {
			return err
		}
		return m.giveBack(ctx, t, took, untaken, back)
	})
	if err != nil {
		return 0, err
	}
	return written + more, nil
}

// untaken are messages that were not taken after all.
type untaken []message

func (u *untaken) add(d *message) { *u = append(*u, *d) }

func (u untaken) money() int64 { return u.since(time.Time{}) }

// since is what those would have cost that passed their gate from then on.
func (u untaken) since(day time.Time) (micros int64) {
	for i := range u {
		if !u[i].gateAt.Before(day) {
			micros += u[i].cost
		}
	}
	return micros
}

// settle is the statement; it returns the messages that were not taken,
// and how many of them may be tried again.
func (m *Memory) settle(ctx context.Context, t *tx, provider string, at *time.Time, under postgres.Under, giveUp time.Duration, settled []postgres.Settlement, written *int) (untaken untaken, back int, err error) {
	if err := t.step(ctx, "settle"); err != nil {
		return nil, 0, err
	}
	if !m.same(t) {
		return nil, 0, errClosed
	}
	held := m.claim(under.Claim, t)
	ours := held != nil
	speaks := func(s *postgres.Settlement, d *message) bool {
		return d.epoch == s.Claim.Epoch && (d.state == delivery.Sending && ours || d.state == delivery.Unknown && (s.State == delivery.Accepted || s.State == delivery.Failed) ||
			d.state == delivery.Accepted && s.State == delivery.Accepted && d.providerID == "" && s.ProviderID != "")
	}
	seen := make([]*record[message], len(settled)) // as the statement begins
	for i := range settled {
		if r := m.delivery(settled[i].Claim.ID); r != nil {
			if d := r.see(t); d != nil && speaks(&settled[i], d) {
				seen[i] = r
			}
		}
	}
	if held != nil {
		if err := await(t, held); err != nil {
			return nil, 0, err
		}
		ours = held.see(t) != nil
	}
	doubt := claim{doubt: true, attend: m.host.now().Add(giveUp), ask: m.host.now().Add(delivery.AskAfter(0))}
	for i, r := range seen {
		if r == nil {
			continue
		}
		s := &settled[i]
		n, err := update(t, []*record[message]{r}, func(d *message) bool { return speaks(s, d) }, func(d *message) delivery.State {
			d.reason, d.provider, d.providerID = s.Reason, provider, s.ProviderID
			d.due, d.done = time.Time{}, m.host.now()
			switch s.State {
			case delivery.Planned:
				d.due, d.done = earlier(t.time(at).Add(s.RetryIn), d.expires), time.Time{}
				d.returned++
				if s.Untaken {
					d.untaken++
				}
				untaken.add(d)
				back++
			case delivery.Failed:
				untaken.add(d)
			case delivery.Unknown:
				doubt.ids, doubt.epochs = append(doubt.ids, d.id), append(doubt.epochs, d.epoch)
			}
			return s.State
		})
		if err != nil {
			return nil, 0, err
		}
		*written += n
	}
	if ours && !under.Open {
		held.gone = true
	}
	m.addClaim(t, doubt)
	return untaken, back, nil
}

func (m *Memory) addClaim(t *tx, c claim) int64 {
	if len(c.ids) == 0 {
		return 0
	}
	c.id = int64(len(m.claims.rows)) + 1
	m.claims.add(t, c)
	return c.id
}

func (m *Memory) claim(id int64, t *tx) *record[claim] {
	if id < 1 || id > int64(len(m.claims.rows)) {
		return nil
	}
	if r := m.claims.rows[id-1]; r.see(t) != nil {
		return r
	}
	return nil
}

// Claimed says whether a gate's claim is there.
func (m *Memory) Claimed(ctx context.Context, id int64) (there bool, err error) {
	err = m.one(ctx, "read claim", func(t *tx) error { there = m.claim(id, t) != nil; return nil })
	return there, err
}

// Reap passes over claims that somebody settles.
func (m *Memory) Reap(ctx context.Context, giveUp time.Duration, limit int) (reaped postgres.Reaped, err error) {
	err = m.one(ctx, "reap", func(t *tx) error {
		reaped = postgres.Reaped{}
		now := m.host.now()
		var due []*record[claim]
		for _, r := range m.claims.rows {
			if c := r.see(t); c != nil && c.attend.Before(now) && r.free(t) {
				due = append(due, r)
			}
		}
		slices.SortFunc(due, func(a, b *record[claim]) int { return a.was.attend.Compare(b.was.attend) })
		due = due[:min(limit, len(due))]
		for _, r := range due {
			take(t, r)
		}
		doubt := claim{doubt: true, attend: now.Add(giveUp), ask: now.Add(delivery.AskAfter(0))}
		for _, r := range due {
			c := r.see(t)
			n, err := m.reapOne(t, c, &doubt)
			if err != nil {
				return err
			}
			if c.doubt {
				reaped.Final += n
			} else {
				reaped.Unknown += n
			}
			r.gone = true
		}
		reaped.Claims = len(due)
		m.addClaim(t, doubt)
		return nil
	})
	return reaped, err
}

func (m *Memory) reapOne(t *tx, c *claim, doubt *claim) (int, error) {
	total := 0
	for i, id := range c.ids {
		lapsed := func(d *message) bool { return d.epoch == c.epochs[i] && d.state == delivery.Sending }
		given := func(d *message) bool { return d.epoch == c.epochs[i] && d.state == delivery.Unknown }
		still := lapsed
		if c.doubt {
			still = given
		}
		n, err := update(t, m.where(t, []int64{id}, still), still, func(d *message) delivery.State {
			d.done = m.host.now()
			if c.doubt {
				d.reason = cmp.Or(d.reason, "no word from the provider")
				return delivery.UnknownFinal
			}
			d.reason = "lease lapsed"
			doubt.ids, doubt.epochs = append(doubt.ids, d.id), append(doubt.epochs, d.epoch)
			return delivery.Unknown
		})
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// Sweep passes over rows at a gate, and over all while a failover is not noticed.
func (m *Memory) Sweep(ctx context.Context, at *time.Time, limit int) (int, error) {
	late, err := m.sweep(ctx, "sweep", limit, func(t *tx, d *message, c *campaign) (delivery.State, string) {
		now := t.time(at)
		if c.status == "cancelled" || d.due.After(now) || d.expires.After(now) {
			return d.state, ""
		}
		switch {
		case c.status == "paused":
			return delivery.Expired, "paused"
		case m.held(t, d.channel):
			return delivery.Expired, "on_hold"
		case m.resting(t, d.channel, now):
			return delivery.Expired, "provider_rests"
		case d.reason != "":
			return delivery.Expired, "held"
		}
		return delivery.Expired, "late"
	})
	if err != nil {
		return 0, err
	}
	cancelled, err := m.sweep(ctx, "cancel", limit, func(_ *tx, d *message, c *campaign) (delivery.State, string) {
		if c.status != "cancelled" {
			return d.state, ""
		}
		return delivery.Cancelled, "cancelled"
	})
	return late + cancelled, err
}

func (m *Memory) sweep(ctx context.Context, what string, limit int, end func(*tx, *message, *campaign) (delivery.State, string)) (n int, err error) {
	err = m.one(ctx, what, func(t *tx) error {
		n = 0
		if !m.same(t) {
			return nil
		}
		for _, r := range m.deliveries.rows {
			d := r.see(t)
			if d == nil || d.due.IsZero() || n == limit {
				continue
			}
			to, why := end(t, d, m.campaign(d.campaign, t))
			if to == d.state || !take(t, r) {
				continue
			}
			d = r.edit(t)
			d.reason, d.due, d.done = why, time.Time{}, m.host.now()
			if err := t.move(r, to); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
