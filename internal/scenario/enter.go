package scenario

import (
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// comeIn asks whether customers enter: one, by an order or an event, or all of
// them at a slot. A paused campaign lets them in; pause stops messages only.
func (r *run) comeIn(d deed) {
	if r.status(d.at) == cancelled {
		return
	}
	if !d.slot {
		r.ask(d, d.life)
		return
	}
	for _, l := range r.lives {
		r.steps++
		r.ask(d, l)
	}
}

func (r *run) ask(d deed, l *life) {
	k := wave.Candidate{Profile: l.Profile, EnteredAt: d.at, Entries: len(l.entries), OtherCampaign: l.inGroup.After(d.at)}
	if _, shares := r.settings.Groups[r.campaign.Limits.Group]; shares {
		k.OtherCampaign = false
	}
	if n := len(l.entries); n > 0 {
		k.LastEntry = l.entries[n-1].EnteredAt
	}
	if o := r.campaign.Enter.Occasion; o != nil {
		k.Occasion = l.occasion(*o, d.at)
		// Nobody is asked whose day it is not.
		if !wave.OccasionToday(*o, k.Occasion, calendar.DateOf(d.at, r.basis.Zone)) {
			l.refuse(asked{at: d.at, why: audience.NoOccasion})
			return
		}
	}
	if k.LastEntry.Equal(d.at) {
		l.refuse(asked{at: d.at, why: audience.AlreadyEntered}) // two orders at one instant are one entry
		return
	}
	k.Contact = l.contact(r.channels(), d.at)
	k.Env = l.env(d.at, r.basis, r.settings.Shop.Currency, d.order, d.event, r.accepted(l))
	plan := r.planner.Plan(k)
	if plan.Reason != "" {
		l.refuse(asked{d.at, plan.Reason, plan.Err, &k.Env})
		return
	}
	e := &entry{Enrollment: plan.Enrollment, where: r.basis.Zone, trigger: d.order, fired: d.event}
	if zone, err := calendar.Zone(e.Zone); err == nil { // it was checked when it was read
		e.where = zone
	}
	if l.arm != "" && !r.campaign.OnlyServices() {
		e.Arm = l.arm
	}
	l.entries = append(l.entries, e)
	r.tellEntry(l, e)
	r.round(l, e, k.Contact, d.at)
}

// refuse notes a refusal, and how many were the same.
func (l *life) refuse(a asked) {
	text := "does not enter: " + because(a.why)
	if a.err != nil {
		text += ": " + a.err.Error()
	}
	l.tell(a.at, "%s", text)
	if n := len(l.asked); n > 0 && l.asked[n-1].why == audience.NoOccasion && a.why == audience.NoOccasion {
		l.asked[n-1] = a
		return
	}
	l.asked = append(l.asked, a)
}

// occasion is the customer's own date of an occasion as of an instant; nil where
// there is none.
func (p *person) occasion(o campaigns.Occasion, at time.Time) *calendar.Date {
	v, ok := newest(p.attributes[o.Attribute], at)
	if !ok || v.Kind != rules.Date {
		return nil
	}
	return &v.Date
}

// accepted is what the campaign sent to the person so far.
func (r *run) accepted(l *life) []rules.EventFact {
	var sent []rules.EventFact
	text := func(s string) rules.Attribute { return rules.Attribute{Kind: rules.Text, Text: s} }
	for _, e := range l.entries {
		for _, s := range e.sends {
			if s.state == delivery.Accepted {
				sent = append(sent, rules.EventFact{Name: rules.MessageSent, At: s.gated,
					Props: map[string]rules.Attribute{"campaign": text(r.campaign.Name), "wave": text(s.Wave), "channel": text(s.Channel)}})
			}
		}
	}
	return sent
}

// channels is every channel that a wave names.
func (r *run) channels() []string {
	var names []string
	for _, w := range r.campaign.Waves {
		for _, c := range w.Channels {
			if !slices.Contains(names, c) {
				names = append(names, c)
			}
		}
	}
	return names
}

// begin starts a round other than the first: the first channel stands until the
// gate moves it.
func (r *run) begin(e *entry, l *life, at time.Time) {
	if r.status(at) != cancelled {
		r.round(l, e, audience.Contact{}, at)
	}
}

// round plans the next round of an entry.
func (r *run) round(l *life, e *entry, contact audience.Contact, at time.Time) {
	e.begun++
	planned, err := r.planner.Round(e.Enrollment, e.begun, contact)
	if err != nil {
		l.tell(at, "round %d cannot be planned: %v", e.begun, err) // a zone was checked when it was read
		return
	}
	for i, d := range planned {
		w := &r.campaign.Waves[i]
		r.pin(l, w, &d)
		s := &send{Delivery: d, of: e, wave: w, round: e.begun, number: r.steps, state: delivery.Planned, at: at, due: d.ScheduledAt}
		e.sends = append(e.sends, s)
		l.tell(at, "%s is planned for %s by %s%s", r.name(s), r.clock(s.ScheduledAt), s.Channel, branch(s))
		r.push(deed{at: s.due, kind: toSend, life: l, send: s})
	}
	if next, ok := r.planner.NextRound(e.EnteredAt, e.begun); ok {
		r.push(deed{at: next, kind: toBegin, life: l, entry: e})
	}
}

// pin puts what the case says in the place of what was drawn.
func (r *run) pin(l *life, w *campaigns.Wave, d *wave.Delivery) {
	if name := l.variants[w.Name]; name != "" {
		d.Variant = name
	}
	if l.skips != nil {
		d.Skip = d.Arm == holdout.Treat && !w.Service && slices.Contains(*l.skips, w.Name)
	}
}

// branch says which of a wave's contents a delivery has.
func branch(s *send) string {
	var parts []string
	if s.Variant != "" {
		parts = append(parts, "variant "+s.Variant)
	}
	if s.Skip {
		parts = append(parts, "to be skipped")
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// name is how a delivery is spoken of.
func (r *run) name(s *send) string {
	name := s.Wave
	if r.campaign.Rounds.Times > 1 {
		name = "round " + number(s.round) + ", " + name
	}
	if s.of.Entry > 1 {
		name = "entry " + number(s.of.Entry) + ", " + name
	}
	return name
}
