package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/message"
)

// attempt takes a delivery that is due to the gate, as a worker would: rendered
// first, then asked about, and sent if the gate lets it.
func (r *run) attempt(s *send, l *life, at time.Time) {
	if s.state != delivery.Planned || !s.due.Equal(at) {
		return
	}
	if r.status(at) == paused {
		r.wait(s, l, at)
		return
	}
	content := s.wave.ContentFor(s.Variant, s.of.Stratum)
	out, err := r.render(s, l, content, at)
	if err != nil {
		s.note = ": " + err.Error()
		r.finish(l, s, delivery.Dead, audience.Template, at)
		return
	}
	reserve, facts := r.left(at), r.facts(s, l, content, at)
	facts.Cost = out.cost
	s.note = r.offer(&facts, &reserve, l, content, at)
	a := reserve.Gate(facts, at)
	s.reason = a.Reason
	if a.Reason != audience.CouponsGone {
		s.note = ""
	}
	if a.Lost != nil {
		s.note = ": " + a.Lost.String()
	}
	switch a.To {
	case delivery.Planned:
		if a.Channel != s.Channel {
			l.tell(at, "%s goes on to %s", r.name(s), a.Channel)
		} else {
			l.tell(at, "%s waits: %s%s", r.name(s), because(a.Reason), s.note)
		}
		s.Channel, s.due = a.Channel, a.DueAt
		r.push(deed{at: s.due, kind: toSend, life: l, send: s})
	case delivery.Sending:
		r.take(s, l, a, facts, out, content, at)
	case delivery.Withheld:
		s.gated, s.content = at, out.shown("")
		r.finish(l, s, a.To, a.Reason, at)
	default:
		r.finish(l, s, a.To, a.Reason, at)
	}
}

// wait is for a campaign that is paused: nothing of it is handed out, and what
// is past its time is swept away.
func (r *run) wait(s *send, l *life, at time.Time) {
	if !at.Before(s.ExpiresAt) {
		r.finish(l, s, delivery.Expired, audience.Paused, at)
		return
	}
	l.tell(at, "%s waits: %s", r.name(s), because(audience.Paused))
	s.due = s.ExpiresAt
	for _, next := range r.steers {
		if next.at.After(at) && next.at.Before(s.due) {
			s.due = next.at
			break
		}
	}
	r.push(deed{at: s.due, kind: toSend, life: l, send: s})
}

// take gives a delivery that was let through to its provider.
func (r *run) take(s *send, l *life, a delivery.Answer, f delivery.Facts, out rendered, content campaigns.Content, at time.Time) {
	r.passes = append(r.passes, at)
	text := ""
	if a.BindCoupon {
		pool := r.pools[content.Coupon.Pool]
		s.code = &code{pool: pool.Name, text: fmt.Sprintf("CODE%d", len(r.codes)+1), who: l, minor: f.Coupon.Minor, at: at,
			expires: pool.Expiry(at, content.Coupon.Lasts(at, r.basis.Zone))}
		r.codes = append(r.codes, s.code)
		r.spendings = append(r.spendings, dated[int64]{at: at, value: f.Coupon.Minor})
		text = s.code.text
	}
	s.content = out.shown(text)
	for i := len(r.refusals) - 1; i >= 0; i-- {
		if said := r.refusals[i]; said.value.channel == s.Channel && !said.at.After(at) {
			if said.value.refuses {
				r.finish(l, s, delivery.Failed, refused, at)
				return
			}
			break
		}
	}
	s.gated = at
	r.spent += f.Cost
	r.spendings = append(r.spendings, dated[int64]{at: at, value: f.Cost})
	r.finish(l, s, delivery.Accepted, "", at)
}

// finish writes down where a delivery ends.
func (r *run) finish(l *life, s *send, to delivery.State, why audience.Reason, at time.Time) {
	s.state, s.reason, s.at = to, why, at
	text := fmt.Sprintf("%s is %s", r.name(s), to)
	if to == delivery.Accepted {
		text = fmt.Sprintf("%s is sent by %s%s", r.name(s), s.Channel, branch(s))
		if s.code != nil {
			text += ", with a code of " + s.code.pool
		}
	}
	if why != "" {
		text += ": " + because(why)
	}
	text += s.note
	l.tell(at, "%s", text)
}

// facts is what the gate looks at, as of an instant.
func (r *run) facts(s *send, l *life, content campaigns.Content, at time.Time) delivery.Facts {
	f := delivery.Facts{
		Arm: s.Arm, Skip: s.Skip, Channel: s.Channel, ExpiresAt: s.ExpiresAt, HeldFor: s.reason,
		CampaignStatus: r.status(at), Contact: l.contact(s.wave.Channels, at), Repurchased: l.bought(s.of.EnteredAt, s.of.trigger, at),
		HeldBy: l.heldBy(r.campaign.HoldWhile, at), FeedStale: r.stale(at),
		Quiet: r.settings.Quiet(l.Region), Blackout: calendar.Blackouts(r.settings.Blackout, l.Region, s.wave.Service), Rule: delivery.RuleOf(r.campaign, *s.wave, content),
	}
	r.weigh(&f, s, l, at)
	f.Zone = s.of.where
	if s.wave.After.RequiresAccepted {
		state := delivery.Suppressed
		for _, other := range s.of.sends {
			if other.round == s.round && other.Wave == s.wave.After.Wave {
				state = other.state
			}
		}
		f.Requires = &state
	}
	return f
}

// stale says whether the orders are not known up to an instant. A feed of which
// nothing is said is complete.
func (r *run) stale(at time.Time) bool {
	age := r.settings.Feeds["orders"]
	var since time.Time
	silent := false
	for _, s := range r.silences {
		if s.at.After(at) {
			break
		}
		if s.value && !silent {
			since = s.at
		}
		silent = s.value
	}
	return age > 0 && silent && since.Before(at.Add(-age))
}

// weigh fills in what caps and cool-down say of a message of a customer.
func (r *run) weigh(f *delivery.Facts, s *send, l *life, at time.Time) {
	of := func(c config.Cap) audience.Cap { return audience.Cap{Limit: c.Count, Window: c.Window} }
	limits := audience.Limits{Shop: of(r.settings.PerCustomer), Groups: map[string]audience.Cap{}, CoolDown: r.campaign.Limits.CoolDown}
	if own := r.campaign.Limits.PerCustomer; own != nil {
		limits.Own = audience.Cap{Limit: own.Count, Window: own.Window}
	}
	for name, c := range r.settings.Groups {
		limits.Groups[name] = of(c)
	}
	mine := audience.Campaign{Name: r.campaign.Name, Priority: r.campaign.Limits.Priority, Group: r.campaign.Limits.Group}
	var had, wanted []audience.Message
	for _, e := range l.entries {
		for _, other := range e.sends {
			if !other.gated.IsZero() && !other.Uncapped {
				had = append(had, audience.Message{Of: mine, At: other.gated, Ghost: other.state == delivery.Withheld})
			}
		}
	}
	for _, other := range l.sent {
		m := audience.Message{Of: other.value, At: other.at}
		if other.at.After(at) {
			wanted = append(wanted, m)
		} else {
			had = append(had, m)
		}
	}
	f.Caps, f.Cooling = limits.Weigh(audience.Asked{Of: mine, ScheduledAt: s.ScheduledAt, At: at}, had, wanted)
}

// left is what the campaign may still consume at an instant.
func (r *run) left(at time.Time) delivery.Reserve {
	reserve := delivery.Reserve{Codes: map[string]int{}}
	if limit := r.campaign.Limits.PerMinute; limit > 0 {
		reserve.Rate.Limit = limit
		for i := len(r.passes) - 1; i >= 0 && r.passes[i].After(at.Add(-time.Minute)); i-- {
			reserve.Rate.Used++
			if reserve.Rate.FreeAt.IsZero() {
				reserve.Rate.FreeAt = r.passes[i].Add(time.Minute) // of the newest: then there is room for many
			}
		}
	}
	if budget := r.campaign.Limits.BudgetMinor; budget != nil {
		left := *budget*r.perMinor - r.spent
		for _, c := range r.codes {
			if c.expires.IsZero() || c.expires.After(at) || r.redeemed(c) {
				left -= c.minor
			}
		}
		reserve.Budget = &left
	}
	if budget := r.campaign.Limits.DayBudgetMinor; budget != nil {
		today := calendar.DateOf(at, r.basis.Zone)
		left := *budget * r.perMinor
		for _, x := range r.spendings {
			if calendar.DateOf(x.at, r.basis.Zone) == today {
				left -= x.value
			}
		}
		reserve.DayBudget, reserve.DayEnds = &left, calendar.Instant(today.AddDays(1), 0, r.basis.Zone)
	}
	return reserve
}

// redeemed says whether an order named the code while it counted.
func (r *run) redeemed(c *code) bool {
	return slices.ContainsFunc(c.who.orders, func(o *purchase) bool {
		return o.uses == c.pool && !o.at.Before(c.at) && (c.expires.IsZero() || o.at.Before(c.expires))
	})
}

// offer fills in the coupon that a delivery is to carry, and how many there are;
// the note says why there is none for this customer.
func (r *run) offer(f *delivery.Facts, reserve *delivery.Reserve, l *life, content campaigns.Content, at time.Time) (note string) {
	if content.Coupon == nil {
		return ""
	}
	pool := r.pools[content.Coupon.Pool]
	f.Coupon.Pool = pool.Name
	if worth, known := pool.Exposure(); known {
		f.Coupon.Minor = worth * r.perMinor
	}
	bound, had := 0, 0
	for _, c := range r.codes {
		if c.pool != pool.Name {
			continue
		}
		if bound++; c.who == l {
			had++
		}
	}
	free := 0
	for _, more := range pool.added {
		if !more.at.After(at) {
			free += more.value
		}
	}
	if free -= bound; pool.endless {
		free = 1
	}
	switch pool.Refuses(had, at) {
	case coupon.Limit:
		f.Coupon.Refused, note = true, fmt.Sprintf(": %s gives one customer %d (per_customer)", pool.Name, pool.PerCustomer)
	case coupon.NotValid:
		f.Coupon.Refused, note = true, fmt.Sprintf(": %s gives none at that time", pool.Name)
	}
	reserve.Codes[pool.Name] = free
	return note
}

// rendered is a message before the gate, with a place where a code goes.
type rendered struct {
	content message.Content
	bare    *message.Content // without a coupon, for a wave that goes out all the same; nil: there is none
	cost    int64            // millionths of the currency's unit
}

// shown is what is sent with a code, or without one; a ghost's code is none.
func (o rendered) shown(code string) message.Content {
	if code == "" {
		if o.bare != nil {
			return *o.bare
		}
		code = "CODE"
	}
	c, err := message.Splice(o.content, code)
	if err != nil {
		panic("scenario: a code of its own making is refused: " + err.Error())
	}
	return c
}
