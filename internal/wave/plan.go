package wave

import (
	"fmt"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/rules"
)

// Design is what an experiment rests on: frozen when it starts.
type Design struct {
	Number int
	Share  holdout.Share // planned share of the holdout
}

// Candidate is one customer at the instant at which entry is asked about.
type Candidate struct {
	Profile   customer.Profile
	Contact   audience.Contact
	Env       rules.Env // what the rule sees, as of EnteredAt
	EnteredAt time.Time // the trigger order's instant, or the slot
	Entries   int       // earlier entries into this campaign
	LastEntry time.Time // the newest of them; zero if none
}

// Decision is what Plan says of a candidate: an enrollment with the deliveries
// of its first round, or the first reason why not. Err is set with
// audience.RuleError only.
type Decision struct {
	Reason     audience.Reason // empty: enrolled
	Err        error
	Enrollment enrollment.Enrollment
	Deliveries []Delivery
}

// Delivery is one planned contact.
type Delivery struct {
	Wave        string
	Channel     string
	ScheduledAt time.Time
	ExpiresAt   time.Time
}

// Planner holds one campaign ready to plan with.
type Planner struct {
	Campaign campaigns.Campaign
	Design   Design
	Closes   *time.Time // entry is closed from here on, whatever the file says; nil: no such bound
	rule     *rules.Program
	shopZone *time.Location
}

// NewPlanner compiles the campaign's rule. A campaign that was loaded by
// package campaigns always compiles.
func NewPlanner(c campaigns.Campaign, d Design, shopZone *time.Location) (*Planner, error) {
	program, faults := rules.Compile(c.Enter.When, rules.Options{Order: c.Enter.On != ""})
	if len(faults) > 0 {
		return nil, fmt.Errorf("campaign %s: rule: %w", c.Name, faults)
	}
	return &Planner{Campaign: c, Design: d, rule: program, shopZone: shopZone}, nil
}

// Plan decides one candidate. The checks stand in the order in which a person
// would ask: is entry open, did they enter before, are they meant, can they be
// reached. All of them come before the arm is read, so both arms lose the same
// customers.
func (p *Planner) Plan(c Candidate) Decision {
	if !p.open(c.EnteredAt) {
		return Decision{Reason: audience.EntryClosed}
	}
	if !p.again(c) {
		return Decision{Reason: audience.AlreadyEntered}
	}
	matches, err := p.rule.Match(c.Env)
	if err != nil {
		return Decision{Reason: audience.RuleError, Err: err}
	}
	if !matches {
		return Decision{Reason: audience.NotInSegment}
	}
	if why := p.reachable(c.Contact); why != "" {
		return Decision{Reason: why}
	}
	entry := c.Entries + 1
	layer := p.Layer(entry)
	arm, u := holdout.Assign(p.Design.Share, layer, c.Profile.ShopID)
	zone := c.Profile.Zone
	if zone == "" {
		zone = p.shopZone.String()
	}
	e := enrollment.Enrollment{Customer: c.Profile.ID, EnteredAt: c.EnteredAt, Entry: entry, Arm: arm, Layer: layer, U: u, Zone: zone}
	deliveries, err := p.Round(c.EnteredAt, zone, c.Contact)
	if err != nil {
		return Decision{Reason: audience.RuleError, Err: err}
	}
	return Decision{Enrollment: e, Deliveries: deliveries}
}

// Layer is the salt of the arm of the given entry: sticky where a customer
// enters once, drawn again for each entry where the campaign lets them.
func (p *Planner) Layer(entry int) string {
	again := p.Campaign.Enter.Again
	if again.EachTime || again.After > 0 {
		return holdout.CampaignLayer(p.Campaign.Name, p.Design.Number, entry)
	}
	return holdout.CampaignLayer(p.Campaign.Name, p.Design.Number, 0)
}

// Round places every wave of a round that starts at the given instant, in the
// order of the file. It never depends on the arm.
func (p *Planner) Round(start time.Time, zone string, contact audience.Contact) ([]Delivery, error) {
	where, err := calendar.Zone(zone)
	if err != nil {
		return nil, fmt.Errorf("zone of the customer: %w", err)
	}
	at := make(map[string]time.Time, len(p.Campaign.Waves))
	planned := make([]Delivery, 0, len(p.Campaign.Waves))
	for _, w := range inOrder(p.Campaign.Waves) {
		from := start
		if w.After.Wave != "" {
			from = at[w.After.Wave]
		}
		when := from.Add(w.After.Wait)
		if w.Between != nil {
			when = w.Between.NextOpen(when, where)
		}
		at[w.Name] = when
	}
	for _, w := range p.Campaign.Waves {
		channel, _ := audience.Choose(contact, w.Channels)
		planned = append(planned, Delivery{Wave: w.Name, Channel: channel, ScheduledAt: at[w.Name], ExpiresAt: expires(w, at)})
	}
	return planned, nil
}

// NextRound is the instant at which the round after `begun` rounds starts;
// false if there is none.
func (p *Planner) NextRound(enteredAt time.Time, begun int) (time.Time, bool) {
	r := p.Campaign.Rounds
	if begun >= r.Times {
		return time.Time{}, false
	}
	return enteredAt.Add(time.Duration(begun) * r.Every), true
}

// lastWave is how long the last wave of a round may be late where the file
// does not say.
const lastWave = 7 * 24 * time.Hour

// expires is the written bound, else the next wave's instant in the round.
func expires(w campaigns.Wave, at map[string]time.Time) time.Time {
	mine := at[w.Name]
	if w.ExpiresAfter > 0 {
		return mine.Add(w.ExpiresAfter)
	}
	var next time.Time
	for _, other := range at {
		if other.After(mine) && (next.IsZero() || other.Before(next)) {
			next = other
		}
	}
	if next.IsZero() {
		return mine.Add(lastWave)
	}
	return next
}

// inOrder sorts waves so that each stands behind the one it counts from. The
// loader has refused circles.
func inOrder(waves []campaigns.Wave) []campaigns.Wave {
	done := make(map[string]bool, len(waves))
	sorted := make([]campaigns.Wave, 0, len(waves))
	for len(sorted) < len(waves) {
		before := len(sorted)
		for _, w := range waves {
			if !done[w.Name] && (w.After.Wave == "" || done[w.After.Wave]) {
				done[w.Name] = true
				sorted = append(sorted, w)
			}
		}
		if len(sorted) == before {
			panic("wave: campaign with waves in a circle was not refused by its loader")
		}
	}
	return sorted
}

func (p *Planner) open(at time.Time) bool {
	c := p.Campaign
	if p.Closes != nil && !at.Before(*p.Closes) {
		return false
	}
	if !c.From.IsZero() && at.Before(calendar.Instant(c.From, 0, p.shopZone)) {
		return false
	}
	return c.Until.IsZero() || at.Before(calendar.Instant(c.Until, 0, p.shopZone))
}

func (p *Planner) again(c Candidate) bool {
	a := p.Campaign.Enter.Again
	switch {
	case c.Entries == 0 || a.EachTime:
		return true
	case a.After > 0:
		return !c.EnteredAt.Before(c.LastEntry.Add(a.After))
	}
	return false
}

// reachable asks whether any wave may reach the customer at all: someone whom
// no wave can reach would only thin out both arms.
func (p *Planner) reachable(c audience.Contact) audience.Reason {
	var first audience.Reason
	for _, w := range p.Campaign.Waves {
		_, why := audience.Choose(c, w.Channels)
		if why == "" {
			return ""
		}
		if first == "" {
			first = why
		}
	}
	return first
}
