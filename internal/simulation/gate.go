package simulation

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/consent"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// gating is one delivery at the gate.
type gating struct {
	postgres.Gated
	row    *record[message]
	read   message // as it was when the customer was locked
	stock  *stock
	answer delivery.Answer
}

// errMoved says that somebody moved a delivery between reading and writing it, or
// holds it.
var errMoved = errors.New("deliveries were moved meanwhile")

// Gate takes the same locks in the same order as postgres.Store does, and asks
// the same delivery.Reserve.
func (m *Memory) Gate(ctx context.Context, in postgres.GateInput, prepare func(at time.Time, g *postgres.Gated)) (passed postgres.Passed, seen int, err error) {
	if passed, seen, err = m.gate(ctx, in, false, prepare); errors.Is(err, errMoved) {
		passed, seen, err = m.gate(ctx, in, true, prepare)
	}
	if err != nil {
		return passed, 0, err
	}
	return passed, seen, nil
}

func (m *Memory) gate(ctx context.Context, in postgres.GateInput, firm bool, prepare func(at time.Time, g *postgres.Gated)) (passed postgres.Passed, seen int, err error) {
	err = m.in(ctx, whatOfGate, func(t *tx) error {
		gated, reserve, now, took, err := m.lockChunk(ctx, t, in)
		defer func() { m.spare(gated) }()
		if err == nil && firm {
			gated, err = m.holdDeliveries(ctx, t, gated)
		}
		if err != nil || len(gated) == 0 {
			return err
		}
		if err := m.facts(ctx, t, in, now, gated); err != nil {
			return err
		}
		for i := range gated {
			prepare(now, &gated[i].Gated)
		}
		if in.Coupons {
			if reserve.Codes, err = m.holdCodes(ctx, t, in, now, gated); err != nil {
				return err
			}
		}
		seen = len(gated)
		for i := range gated {
			g := &gated[i]
			g.answer = reserve.Gate(g.Facts, now)
			if g.answer.To == delivery.Sending {
				passed.Claims = append(passed.Claims, postgres.Claim{ID: g.ID, Customer: g.Customer, EnteredAt: g.EnteredAt, Epoch: g.Epoch + 1,
					Address: g.Facts.Contact.Channels[g.answer.Channel].Address})
			}
		}
		if len(passed.Claims) > 0 {
			passed.Took = took
		}
		if err := m.decide(ctx, t, now, in, gated, reserve.Spent, &passed); err != nil || !in.Coupons {
			return err
		}
		return m.bindCodes(ctx, t, now, gated, passed.Claims)
	})
	return passed, seen, err
}

// lockChunk takes customers, limits and the channel's day, and returns what is planned and due of
// customers that are ours, one delivery a customer.
func (m *Memory) lockChunk(ctx context.Context, t *tx, in postgres.GateInput) (ours []gating, reserve delivery.Reserve, now time.Time, took postgres.Took, err error) {
	if err = t.step(ctx, "lock customers"); err != nil {
		return
	}
	began := m.clock(in)
	rows := m.where(t, in.IDs, func(d *message) bool {
		if in.Doubt {
			return d.state == delivery.Unknown && inLane(d, in.Lane)
		}
		return !d.due.IsZero() && !d.due.After(began) && inLane(d, in.Lane)
	})
	rows = slices.DeleteFunc(rows, func(r *record[message]) bool { return !take(t, m.person(r.was.customer)) })
	sortByCustomer(rows)
	rows = slices.CompactFunc(rows, func(a, b *record[message]) bool { return a.was.customer == b.was.customer })
	ours = m.gating(len(rows))
	for i, r := range rows {
		ours[i].row, ours[i].read = r, *r.see(t)
	}
	if !m.same(t) {
		err = errClosed
		return
	}
	// The clock is read after the last lock.
	now = m.clock(in)
	if len(ours) == 0 {
		return
	}
	if limit := m.limit(in.Campaign); limit != nil && limit.see(t) != nil && limit.see(t).hold() {
		took.Campaign = in.Campaign
		if err = t.step(ctx, "lock limits"); err != nil {
			return
		}
		if err = await(t, limit); err != nil {
			return
		}
		now = m.clock(in)
		reserve = m.left(t, in, limit.see(t), now)
	}
	if in.WarmUp != nil {
		took.Channel = in.Lane.Channel
		reserve.Day, took.Day, now, err = m.today(ctx, t, in, now)
	}
	return
}

// holdDeliveries passes over what somebody else holds or has moved since it was
// read.
func (m *Memory) holdDeliveries(ctx context.Context, t *tx, gated []gating) ([]gating, error) {
	if len(gated) == 0 {
		return nil, nil
	}
	if err := t.step(ctx, "lock deliveries"); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(gated, func(g gating) bool {
		was, now := g.read, g.row.see(t)
		return now.state != delivery.Planned || now.epoch != was.epoch || !now.due.Equal(was.due) || !take(t, g.row)
	}), nil
}

// today locks the messages that a channel has had today.
func (m *Memory) today(ctx context.Context, t *tx, in postgres.GateInput, now time.Time) (delivery.Rate, calendar.Date, time.Time, error) {
	for {
		day := in.WarmUp.On(now)
		if err := t.step(ctx, "lock the day"); err != nil {
			return delivery.Rate{}, day.Date, now, err
		}
		r, err := m.day(t, in.Lane.Channel, day.Date)
		if err != nil {
			return delivery.Rate{}, day.Date, now, err
		}
		used := r.see(t).passed
		if now = m.clock(in); in.WarmUp.On(now).Date == day.Date {
			return delivery.Rate{Limit: day.Limit, Used: used, FreeAt: day.Ends}, day.Date, now, nil
		}
	}
}

func (m *Memory) clock(in postgres.GateInput) time.Time {
	if in.At != nil {
		return *in.At
	}
	return m.host.now()
}

// left is what a campaign's limits leave.
func (m *Memory) left(t *tx, in postgres.GateInput, l *limits, now time.Time) (r delivery.Reserve) {
	if l.budget != nil {
		left := *l.budget - l.spent - m.boundMinor(t, in.Campaign, in.Pools, now)*in.PerMinor
		r.Budget = &left
	}
	if l.perDay != nil {
		today := calendar.DateOf(now, in.Days())
		left := *l.perDay
		if day := calendar.Instant(today, 0, in.Days()); !l.dayFrom.Before(day) {
			left -= l.ofDay
		}
		r.DayBudget, r.DayEnds = &left, calendar.Instant(today.AddDays(1), 0, in.Days())
	}
	if l.perMinute != nil {
		r.Rate.Limit = *l.perMinute
		for i, at := range l.passedAt {
			if at.After(now.Add(-time.Minute)) && !at.After(now) {
				r.Rate.Used += l.passed[i]
				r.Rate.FreeAt = at.Add(time.Minute)
			}
		}
	}
	return r
}

func sortByCustomer(rows []*record[message]) {
	slices.SortFunc(rows, func(a, b *record[message]) int {
		return cmp.Or(cmp.Compare(a.was.customer, b.was.customer), cmp.Compare(a.was.id, b.was.id))
	})
}

// facts reads what the gate looks at, of deliveries whose customers are ours.
func (m *Memory) facts(ctx context.Context, t *tx, in postgres.GateInput, now time.Time, gated []gating) error {
	if err := t.step(ctx, "facts"); err != nil {
		return err
	}
	limits := in.Limits()
	for i := range gated {
		g := &gated[i]
		d := &g.read
		p, e := m.person(d.customer).see(t), m.enrollment(d.enrollment).see(t)
		channels := g.Facts.Contact.Channels // room of an earlier gate
		g.Gated = postgres.Gated{ID: d.id, Customer: d.customer, EnteredAt: d.entered, Epoch: d.epoch, Variant: d.variant, Stratum: e.stratum, Zone: e.zone}
		if in.Regions {
			g.Region = p.region
		}
		f := &g.Facts
		f.Arm, f.Skip, f.Channel, f.ExpiresAt, f.HeldFor = d.arm, d.skip, d.channel, d.expires, audience.Reason(d.reason)
		f.CampaignStatus, f.OnHold, f.Rests = m.campaign(d.campaign, t).status, m.held(t, d.channel), m.resting(t, d.channel, now)
		f.Merged = p.into != 0
		f.Contact = m.contact(t, p, channels, in.Channels, in.Service, now)
		f.Repurchased = m.repurchased(p, e, now)
		if in.Requires != "" {
			state := m.required(t, d, in.Requires)
			f.Requires = &state
		}
		m.pressure(t, f, d, in, &limits, now)
	}
	return m.rareFacts(ctx, t, in, now, gated)
}

// gating is room for n deliveries at the gate; spare gives it back.
func (m *Memory) gating(n int) []gating {
	last := len(m.gatings) - 1
	if last < 0 {
		return make([]gating, n, max(n, 8))
	}
	had := m.gatings[last][:0]
	if m.gatings = m.gatings[:last]; n <= cap(had) { // else it is too small, and not kept
		had = had[:n]
		for i := range had {
			channels := had[i].Facts.Contact.Channels
			clear(channels)
			had[i] = gating{}
			had[i].Facts.Contact.Channels = channels
		}
		return had
	}
	return make([]gating, n, max(n, 8))
}

func (m *Memory) spare(used []gating) {
	if cap(used) > 0 {
		m.gatings = append(m.gatings, used)
	}
}

func (m *Memory) contact(t *tx, p *person, into map[string]audience.Reach, channels []string, service bool, now time.Time) audience.Contact {
	if into == nil {
		into = make(map[string]audience.Reach, len(channels))
	}
	c := audience.Contact{Erased: !p.erased.IsZero(), Channels: into}
	for _, name := range channels {
		reach := audience.Reach{Address: p.address(name)}
		if granted, known := newest(p.words, name, "marketing", now); known {
			reach.Word = consent.Word{Known: true, Granted: granted}
		}
		if service {
			granted, known := newest(p.words, name, "service", now)
			reach.ServiceRefused = known && !granted
		}
		reach.Suppressed = m.banned(t, name, reach.Address, now)
		c.Channels[name] = reach
	}
	return c
}

func (m *Memory) banned(t *tx, channel, address string, now time.Time) bool {
	for _, r := range m.bans.rows {
		if b := r.see(t); b != nil && address != "" && b.channel == channel && b.address == address && !b.at.After(now) {
			return true
		}
	}
	return false
}

func (m *Memory) repurchased(p *person, e *enrolled, now time.Time) bool {
	return slices.ContainsFunc(p.orders, func(o order) bool {
		return o.id != e.trigger && o.placed.After(e.entered) && !o.placed.After(now) && (o.unkept.IsZero() || o.unkept.After(now))
	})
}

func (m *Memory) required(t *tx, d *message, wave string) delivery.State {
	for _, r := range m.deliveries.rows {
		if o := r.see(t); o != nil && o.enrollment == d.enrollment && o.round == d.round && o.wave == wave {
			return o.state
		}
	}
	return delivery.Suppressed
}

func counts(s delivery.State) bool {
	switch s {
	case delivery.Sending, delivery.Accepted, delivery.Unknown, delivery.UnknownFinal, delivery.Quarantine, delivery.Withheld:
		return true
	}
	return false
}

// pressure is what a customer had, with those who were merged into them, and what
// other campaigns will want.
func (m *Memory) pressure(t *tx, f *delivery.Facts, d *message, in postgres.GateInput, limits *audience.Limits, now time.Time) {
	longest := limits.Longest()
	if longest == 0 {
		return
	}
	of, highest := m.rank(d.campaign, t), 0
	for _, r := range m.campaigns.rows {
		if c := r.see(t); c.status == "running" {
			highest = max(highest, c.priority)
		}
	}
	ahead := (in.ShopCap.Limit > 0 || len(in.Groups) > 0) && (highest > of.Priority || of.Group != "")
	had, wanted := m.pressing[0][:0], m.pressing[1][:0]
	merged := slices.ContainsFunc(m.people.rows, func(r *record[person]) bool { return r.see(t).into == d.customer })
	for _, r := range m.deliveries.rows {
		p := r.see(t)
		if p == nil || p.customer != d.customer && !(merged && m.person(p.customer).see(t).into == d.customer) || p.uncapped {
			continue
		}
		x := audience.Message{Of: m.rank(p.campaign, t), At: p.gateAt, Ghost: p.state == delivery.Withheld}
		if counts(p.state) && p.gateAt.After(now.Add(-longest)) && (!x.Ghost || p.campaign == d.campaign) {
			had = append(had, x)
		}
		if ahead && p.customer == d.customer && p.state == delivery.Planned && p.arm == "treat" && !p.skip && !p.scheduled.After(now.Add(24*time.Hour)) &&
			p.campaign != d.campaign && m.campaign(p.campaign, t).status == "running" && x.Of.Priority >= of.Priority {
			x.At = p.scheduled
			wanted = append(wanted, x)
		}
	}
	m.pressing = [...][]audience.Message{had, wanted}
	f.Caps, f.Cooling = limits.Weigh(audience.Asked{Of: of, ScheduledAt: d.scheduled, At: now}, had, wanted)
}

func (m *Memory) rank(id int, t *tx) audience.Campaign {
	c := m.campaign(id, t)
	return audience.Campaign{ID: c.id, Name: c.name, Priority: c.priority, Group: c.group}
}

func (m *Memory) rareFacts(ctx context.Context, t *tx, in postgres.GateInput, now time.Time, gated []gating) error {
	if len(in.Holds) > 0 {
		if err := t.step(ctx, "holds"); err != nil {
			return err
		}
		for i := range gated {
			gated[i].Facts.HeldBy = m.heldBy(t, gated[i].Customer, in.Holds, now)
		}
	}
	if in.MaxAge > 0 {
		if err := t.step(ctx, "feed"); err != nil {
			return err
		}
		stale := m.feed.see(t).Before(now.Add(-in.MaxAge))
		for i := range gated {
			gated[i].Facts.FeedStale = stale
		}
	}
	return nil
}

func (m *Memory) heldBy(t *tx, customer int64, kinds []string, now time.Time) audience.Reason {
	first := ""
	for _, h := range m.person(customer).see(t).holds {
		open := !h.opened.After(now) && (h.closed.IsZero() || h.closed.After(now))
		if open && slices.Contains(kinds, h.kind) && (first == "" || h.kind < first) {
			first = h.kind
		}
	}
	return audience.Reason(first)
}

// decide writes the answers, the claim and what was taken of limits.
func (m *Memory) decide(ctx context.Context, t *tx, now time.Time, in postgres.GateInput, gated []gating, ofDay int64, passed *postgres.Passed) error {
	if len(gated) == 0 {
		return nil
	}
	if err := t.step(ctx, "decide"); err != nil {
		return err
	}
	for i := range gated {
		g := &gated[i]
		if err := await(t, g.row); errors.Is(err, errLock) {
			return errors.Join(errMoved, err)
		} else if err != nil {
			return err
		}
		if d := g.row.see(t); d.state != delivery.Planned || d.epoch != g.Epoch || !d.due.Equal(g.read.due) {
			return errMoved
		}
	}
	claim := claim{attend: m.host.now().Add(in.Lease), campaign: in.Campaign}
	var spent int64
	for i := range gated {
		g := &gated[i]
		d := g.row.edit(t)
		d.decided(g.answer, g.Facts.Cost, now, m.host.now())
		if g.answer.To == delivery.Sending {
			claim.ids, claim.epochs = append(claim.ids, d.id), append(claim.epochs, d.epoch)
			spent += g.Facts.Cost
			d.body = g.Body
		}
		if err := t.move(g.row, g.answer.To); err != nil {
			return err
		}
	}
	passed.ID = m.addClaim(t, claim)
	if id := passed.Took.Campaign; id != 0 {
		m.limit(id).edit(t).take(now, calendar.Instant(calendar.DateOf(now, in.Days()), 0, in.Days()), spent, ofDay, len(claim.ids))
	}
	if passed.Took.Channel != "" {
		r, err := m.day(t, passed.Took.Channel, passed.Took.Day) // ours
		if err != nil {
			return err
		}
		r.edit(t).passed += len(claim.ids)
	}
	return nil
}

// decided fills in all columns but the state.
func (d *message) decided(a delivery.Answer, cost int64, now, clock time.Time) {
	if a.Lost != nil || a.To != delivery.Expired || a.Reason != audience.Held {
		d.lost = a.Lost
	}
	d.reason, d.channel, d.done = string(a.Reason), a.Channel, time.Time{}
	switch a.To {
	case delivery.Planned:
		if !a.DueAt.IsZero() {
			d.due = a.DueAt
		}
		return
	case delivery.Sending:
		d.epoch++
		d.claimed = clock
	default:
		d.done = clock
	}
	d.due = time.Time{}
	if a.To == delivery.Sending || a.To == delivery.Withheld {
		d.gateAt, d.cost = now, cost
	}
}

func (l *limits) take(now, day time.Time, spent, ofDay int64, n int) {
	l.spent += spent
	if l.dayFrom.Before(day) {
		l.dayFrom, l.ofDay = day, 0
	}
	l.ofDay += ofDay
	at, passed := []time.Time{}, []int{}
	for i := range l.passedAt {
		if l.passedAt[i].After(now.Add(-time.Minute)) && !l.passedAt[i].After(now) {
			at, passed = append(at, l.passedAt[i]), append(passed, l.passed[i])
		}
	}
	l.passedAt, l.passed = append(at, now), append(passed, n)
}
