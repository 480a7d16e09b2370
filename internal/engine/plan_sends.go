package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
)

// send is one planned message on its way through the gate.
type send struct {
	campaign  int // of the plan
	round     int
	enteredAt time.Time
	treated   bool
	wave      *campaigns.Wave
	said      *said
	delivery  wave.Delivery
	contact   audience.Contact
	zone      *time.Location

	answer delivery.Answer
	at     time.Time // of the answer
}

// choiceOf is what a delivery of a campaign of the plan carries.
type choiceOf struct {
	campaign, wave   int
	variant, stratum string
}

// said is what is the same of all deliveries with one choice.
type said struct {
	content  campaigns.Content
	rule     delivery.Rule
	segments int64 // that its text message is paid for, at most
}

// messageCost is what one such message costs by a channel, in millionths.
func (e *Engine) messageCost(s *said, channel string) int64 {
	if channel == message.SMS {
		return e.Shop.CostMicros[channel] * max(1, s.segments)
	}
	return e.Shop.CostMicros[channel]
}

// says is worked out once for each choice.
func (r *reader) says(of choiceOf) *said {
	s, ok := r.said[of]
	if !ok {
		def := &r.campaigns[of.campaign].def
		content := def.Waves[of.wave].ContentFor(of.variant, of.stratum)
		s = &said{content, delivery.RuleOf(*def, def.Waves[of.wave], content), r.campaigns[of.campaign].segments[content.Message]}
		r.said[of] = s
	}
	return s
}

// allRounds plans every round of a customer who would enter, behind what is in
// sends.
func (r *reader) allRounds(sends []send, i int, c *planned, k *postgres.Candidate, d *wave.Decision) ([]send, error) {
	for round := 1; round <= c.def.Rounds.Times; round++ {
		deliveries := d.Deliveries
		if round > 1 {
			var err error
			// As the rounds begin: the first channel stands, and the gate moves on.
			if deliveries, err = c.asks.planner.Round(d.Enrollment, round, audience.Contact{}); err != nil {
				return nil, err
			}
		}
		for j := range deliveries {
			x := &deliveries[j]
			sends = append(sends, send{campaign: i, round: round, enteredAt: k.At, treated: d.Enrollment.Arm == holdout.Treat, wave: &c.def.Waves[j],
				said: r.says(choiceOf{i, j, x.Variant, d.Enrollment.Stratum}), delivery: *x, contact: k.Contact, zone: r.zone(d.Enrollment.Zone)})
		}
	}
	return sends, nil
}

// simulate lets the messages of one customer through the gate and counts what
// comes out. It returns what settle does.
func (r *reader) simulate(p *postgres.Person, all []send) []*send {
	sends := r.settle(p, all)
	r.tell(sends)
	return sends
}

// settle lets the messages of one customer through the gate in the order of their
// time, those of higher priority first, then by name: at most, as nobody buys, opts out or
// complains meanwhile. It returns them in that order, good until the next call.
func (r *reader) settle(p *postgres.Person, all []send) []*send {
	sends := r.sorted[:0]
	for i := range all {
		sends = append(sends, &all[i])
	}
	r.sorted = sends
	slices.SortStableFunc(sends, func(a, b *send) int {
		if d := a.delivery.ScheduledAt.Compare(b.delivery.ScheduledAt); d != 0 {
			return d
		}
		before, after := r.campaigns[a.campaign].def, r.campaigns[b.campaign].def
		return cmp.Or(after.Limits.Priority-before.Limits.Priority, cmp.Compare(before.Name, after.Name))
	})
	for i := range sends {
		r.gate(p, sends, i)
	}
	return sends
}

// gate asks the gate about one message until it has an end.
func (r *reader) gate(p *postgres.Person, sends []*send, i int) {
	s := sends[i]
	f := delivery.Facts{Arm: s.delivery.Arm, Skip: s.delivery.Skip, Channel: s.delivery.Channel, ExpiresAt: s.delivery.ExpiresAt, CampaignStatus: "running",
		Contact: s.contact, Quiet: r.quiet(p.Profile.Region), Blackout: calendar.Blackouts(r.Shop.Blackout, p.Profile.Region, s.wave.Service), Zone: s.zone, Rule: s.said.rule}
	s.at = s.delivery.ScheduledAt
	const turns = 64 // a channel for each, and the hours of some days
	for range turns {
		r.weigh(&f, p, sends, i)
		s.answer = delivery.Gate(f, s.at)
		if s.answer.To != delivery.Planned {
			return
		}
		if s.answer.Reason != "" {
			f.HeldFor = s.answer.Reason
		}
		f.Channel = s.answer.Channel
		if s.answer.DueAt.After(s.at) {
			s.at = s.answer.DueAt
		}
	}
	s.answer = delivery.Answer{To: delivery.Expired, Reason: audience.Held}
}

// weigh fills in what caps and cool-down say of one message, as the gate would.
func (r *reader) weigh(f *delivery.Facts, p *postgres.Person, sends []*send, i int) {
	s := sends[i]
	c := r.campaigns[s.campaign]
	if c.limits.Longest() == 0 {
		return
	}
	r.had, r.wanted = r.had[:0], r.wanted[:0]
	for _, m := range p.Messages {
		if c.id > 0 && m.Campaign == c.id && c.triggered() {
			continue // of the orders that are asked about
		}
		x := audience.Message{Of: r.ranked(m.Campaign), At: m.At, Ghost: m.Ghost}
		switch {
		case !m.At.After(s.at):
			r.had = append(r.had, x)
		case !m.Ghost:
			r.wanted = append(r.wanted, x)
		}
	}
	for j, o := range sends {
		sent := o.answer.To == delivery.Sending
		switch {
		case j == i || o.delivery.Uncapped:
		case j < i && (sent || o.answer.To == delivery.Withheld) && !o.at.After(s.at):
			r.had = append(r.had, audience.Message{Of: r.rank(o.campaign), At: o.at, Ghost: !sent})
		case j > i && o.fills() && o.delivery.ScheduledAt.After(s.at):
			r.wanted = append(r.wanted, audience.Message{Of: r.rank(o.campaign), At: o.delivery.ScheduledAt})
		}
	}
	f.Caps, f.Cooling = c.limits.Weigh(audience.Asked{Of: r.rank(s.campaign), ScheduledAt: s.delivery.ScheduledAt, At: s.at}, r.had, r.wanted)
}

// unsent is why a message does not go out.
type unsent struct {
	why    audience.Reason
	lostTo string // the campaign that it lost to; empty: none
}

func (s *send) unsent() unsent {
	r := unsent{why: s.answer.Reason}
	if s.answer.Lost != nil {
		r.lostTo = s.answer.Lost.To
	}
	return r
}

// fills says whether a message would fill caps if nothing held it back: it is
// a real one, and counted.
func (s *send) fills() bool {
	return s.delivery.Arm == holdout.Treat && !s.delivery.Skip && !s.delivery.Uncapped
}

// rank is what makes a campaign of the plan go before others, as it will be once
// the plan is applied. One that is new has an id of its own, below 0.
func (w *walk) rank(i int) audience.Campaign {
	c := w.campaigns[i]
	id := c.id
	if id == 0 {
		id = -1 - i
	}
	return audience.Campaign{ID: id, Name: c.def.Name, Priority: c.def.Limits.Priority, Group: c.def.Limits.Group}
}

// ranked is rank of any campaign that was applied.
func (w *walk) ranked(id int) audience.Campaign {
	for i, c := range w.campaigns {
		if c.id == id {
			return w.rank(i)
		}
	}
	for i := range w.applied {
		if a := &w.applied[i]; a.ID == id {
			return audience.Campaign{ID: id, Name: a.Name, Priority: a.Definition.Limits.Priority, Group: a.Definition.Limits.Group}
		}
	}
	return audience.Campaign{ID: id}
}

// tell counts the answers, campaign by campaign.
func (r *reader) tell(sends []*send) {
	for i, c := range r.campaigns {
		t := &r.tallies[i]
		first, treated := "", false
		opens := c.opens(i, sends)
		var why unsent
		for _, s := range sends {
			if s.campaign != i {
				continue
			}
			treated = s.treated
			key := sendKey{day: calendar.DateOf(s.at, r.Shop.Zone), channel: s.answer.Channel}
			if c.triggered() {
				key.after, key.day = key.day.DaysSince(calendar.DateOf(s.enteredAt, r.Shop.Zone)), calendar.Date{}
			}
			switch s.answer.To {
			case delivery.Sending:
				cost := r.messageCost(s.said, s.answer.Channel)
				if t.sent(key, sendCount{send: 1, micros: cost}); first == "" {
					first = s.answer.Channel
				}
				if s.wave.Ramp > 0 && s.round == 1 {
					count(&t.ramp, rampKey{s.wave.Name, s.delivery.Step}, 1)
				}
				t.spent(cost, s.said.content.Coupon, within(s.delivery.ScheduledAt, opens, c.primary.Window))
			case delivery.Withheld:
				if t.sent(key, sendCount{withheld: 1}); why.why == "" {
					why = s.unsent()
				}
			default:
				if why.why == "" {
					why = s.unsent()
				}
				if s.answer.To == delivery.Expired {
					count(&t.expired, s.wave.Name, 1)
				}
			}
		}
		switch {
		case !treated:
		case first != "":
			count(&t.written, first, 1)
		default:
			count(&t.nothing, why, 1)
		}
	}
}

// collide counts a customer for each two campaigns of which a message is due to
// them within the window of the cap over all campaigns.
func (r *reader) collide(p *postgres.Person, sends []*send) {
	if r.Shop.Cap.Limit == 0 || len(sends) == 0 {
		return
	}
	near := func(a, b time.Time) bool { return a.Sub(b).Abs() < r.Shop.Cap.Window }
	for i, c := range r.campaigns {
		var met []string
		meet := func(name string) {
			if !slices.Contains(met, name) {
				met = append(met, name)
			}
		}
		for _, s := range sends {
			if s.campaign != i || !s.fills() {
				continue
			}
			for _, m := range p.Messages {
				if m.Campaign != c.id && !m.Ghost && !m.At.Before(r.at) && near(m.At, s.delivery.ScheduledAt) {
					meet(r.names[m.Campaign])
				}
			}
			for _, o := range sends {
				if o.campaign != i && o.fills() && near(o.delivery.ScheduledAt, s.delivery.ScheduledAt) {
					meet(r.campaigns[o.campaign].def.Name)
				}
			}
		}
		for _, name := range met {
			count(&r.tallies[i].collide, name, 1)
		}
	}
}

// opens is when the window of the primary point opens for a customer.
func (c *planned) opens(i int, sends []*send) time.Time {
	a := c.primary.Anchor
	var at time.Time
	for _, s := range sends {
		switch {
		case s.campaign != i || s.round != max(1, a.Round):
		case a.Entry:
			return s.enteredAt
		case (a.SequenceEnd || s.wave.Name == a.Wave) && s.delivery.ScheduledAt.After(at):
			at = s.delivery.ScheduledAt
		}
	}
	return at
}

// within reports whether an instant lies in a window that opens at another.
func within(at, opens time.Time, window time.Duration) bool {
	return !at.Before(opens) && at.Before(opens.Add(window))
}

// spent counts what a message costs; inPoint where it falls into the
// primary point's window, whose verdict it has to be earned back in.
func (t *tally) spent(micros int64, coupon *campaigns.Coupon, inPoint bool) {
	if coupon != nil {
		count(&t.codes, coupon.Pool, 1)
	}
	if !inPoint {
		return
	}
	t.pointMicros += micros
	if coupon != nil {
		count(&t.pointCodes, coupon.Pool, 1)
	}
}
