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
	Share  holdout.Share            // planned share of the campaign's own holdout
	Skips  map[string]holdout.Share // by wave, as resolved; a wave that is not named is never skipped

	Global holdout.Share // planned share of the global holdout; 0: none
	Epoch  string        // of the global holdout
}

// Candidate is one customer at the instant at which entry is asked about.
type Candidate struct {
	Profile       customer.Profile
	Contact       audience.Contact
	Env           rules.Env      // what the rule sees, as of EnteredAt
	EnteredAt     time.Time      // the trigger's instant, or the slot
	Entries       int            // earlier entries into this campaign
	LastEntry     time.Time      // the newest of them; zero if none
	OtherCampaign bool           // in another campaign of the group, in either arm, that has not ended for them
	Occasion      *calendar.Date // what the customer's attribute of the occasion says; nil: unknown
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

// Delivery is one planned contact. Arm is its own: treat on a service wave
// whatever the enrollment's is. Both arms get a variant, because a ghost is
// rendered like its twin; only what would be sent to a treated customer is
// skipped.
type Delivery struct {
	Wave        string
	Channel     string
	Arm         holdout.Arm
	Variant     string // empty: the wave has none
	Skip        bool
	Uncapped    bool // a service message that counts against no cap
	Step        int  // of the wave's ramp, from 0; 0 where it has none
	ScheduledAt time.Time
	ExpiresAt   time.Time
}

// Planner holds one campaign ready to plan with.
type Planner struct {
	Campaign campaigns.Campaign
	Design   Design
	Closes   *time.Time // entry is closed from here on, whatever the file says; nil: no such bound
	rule     *rules.Program
	strata   *rules.TextProgram            // nil: the campaign has none
	texts    map[string]*rules.TextProgram // what evaluation.by names besides the stratum
	shopZone *time.Location
	zones    *calendar.Zones // of customers
	layout   layout
	opens    time.Time // of `from`; zero: always open
	ends     time.Time // of `until`; zero: never
}

// NewPlanner compiles the campaign's rule and the text of its strata. A campaign
// that was loaded by package campaigns always compiles.
func NewPlanner(c campaigns.Campaign, d Design, shopZone *time.Location) (*Planner, error) {
	p := &Planner{Campaign: c, Design: d, shopZone: shopZone, zones: new(calendar.Zones)}
	var err error
	if p.layout, err = layoutOf(c.Waves); err != nil {
		return nil, fmt.Errorf("campaign %s: %w", c.Name, err)
	}
	if !c.From.IsZero() {
		p.opens = calendar.Instant(c.From, 0, shopZone)
	}
	if !c.Until.IsZero() {
		p.ends = calendar.Instant(c.Until, 0, shopZone)
	}
	options := rules.Options{Order: c.Enter.On == "order_paid", Event: c.Enter.On == "event", Segments: c.Enter.Segments}
	var faults rules.Faults
	if p.rule, faults = rules.Compile(c.Enter.When, options); len(faults) > 0 {
		return nil, fmt.Errorf("campaign %s: rule: %w", c.Name, faults)
	}
	if c.Strata != nil {
		if p.strata, faults = rules.CompileText(c.Strata.By, options); len(faults) > 0 {
			return nil, fmt.Errorf("campaign %s: strata: %w", c.Name, faults)
		}
	}
	for _, by := range c.Evaluation.By {
		if by == campaigns.ByStratum {
			continue
		}
		text, faults := rules.CompileText(by, options)
		if len(faults) > 0 {
			return nil, fmt.Errorf("campaign %s: evaluation.by: %w", c.Name, faults)
		}
		if p.texts == nil {
			p.texts = map[string]*rules.TextProgram{}
		}
		p.texts[by] = text
	}
	return p, nil
}

// Always is the same planner with entry open at any instant.
func (p *Planner) Always() *Planner {
	free := *p
	free.Closes, free.opens, free.ends = nil, time.Time{}, time.Time{}
	return &free
}

// Needs is what has to be known of a candidate: by the rule, by the strata, by
// what figures are split by and by the occasion.
func (p *Planner) Needs() rules.Needs {
	n := p.rule.Needs()
	if p.strata != nil {
		n = n.With(p.strata.Needs())
	}
	for _, text := range p.texts {
		n = n.With(text.Needs())
	}
	if o := p.Campaign.Enter.Occasion; o != nil && o.Attribute != "" {
		n = n.With(rules.Needs{Attributes: []string{o.Attribute}})
	}
	return n
}

// Rule is the campaign's.
func (p *Planner) Rule() *rules.Program { return p.rule }

// Meant says whether the rule takes a candidate in. Of anybody else Plan reads
// neither Contact nor OtherCampaign, which may then be left out.
func (p *Planner) Meant(env rules.Env) bool {
	matches, err := p.rule.Match(env)
	return err == nil && matches
}

// Plan decides one candidate. The checks stand in the order in which a person
// would ask: is entry open, is it their day, did they enter before, are they
// meant, are they taken by another campaign, can they be reached. All of them
// come before the arm is read, so both arms lose the same customers.
func (p *Planner) Plan(c Candidate) Decision {
	if !p.Open(c.EnteredAt) {
		return Decision{Reason: audience.EntryClosed}
	}
	if o := p.Campaign.Enter.Occasion; o != nil && !OccasionToday(*o, c.Occasion, calendar.DateOf(c.EnteredAt, p.shopZone)) {
		return Decision{Reason: audience.NoOccasion}
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
	if c.OtherCampaign && p.Campaign.Limits.Group != "" {
		return Decision{Reason: audience.OtherCampaign}
	}
	if why := p.reachable(c.Contact); why != "" {
		return Decision{Reason: why}
	}
	zone := c.Profile.Zone
	if zone == "" {
		zone = p.shopZone.String()
	}
	e := enrollment.Enrollment{Customer: c.Profile.ID, Key: c.Profile.ShopID, EnteredAt: c.EnteredAt, Entry: c.Entries + 1, Zone: zone, Stratum: p.stratum(c.Env), Texts: p.textsOf(c.Env)}
	p.assign(&e)
	deliveries, err := p.Round(e, 1, c.Contact)
	if err != nil {
		return Decision{Reason: audience.RuleError, Err: err}
	}
	return Decision{Enrollment: e, Deliveries: deliveries}
}

// Round plans the waves of a stored enrollment's round, counted from 1, in the
// order of the file. Where and when they fall never depends on the arm. With an
// empty contact each wave gets its first channel, for the gate to judge. It
// reads of the enrollment Key, EnteredAt, Entry, Arm and Zone.
func (p *Planner) Round(e enrollment.Enrollment, round int, contact audience.Contact) ([]Delivery, error) {
	where, err := p.zones.Find(e.Zone)
	if err != nil {
		return nil, noZone(err)
	}
	waves := p.Campaign.Waves
	var few [8]Place // on the stack, as this is asked of everybody
	places := few[:]
	if len(waves) > len(few) {
		places = make([]Place, len(waves))
	}
	places = places[:len(waves)]
	p.layout.place(places, waves, p.roundStart(e.EnteredAt, round), where)
	planned := make([]Delivery, len(waves))
	for i := range waves {
		w := &waves[i]
		channel, _ := audience.Choose(contact, w.Channels, audience.PurposeOf(*w))
		d := Delivery{Wave: w.Name, Channel: channel, Arm: e.Arm, Variant: p.variant(w, e), ScheduledAt: places[i].ScheduledAt, ExpiresAt: places[i].ExpiresAt}
		if w.Service {
			d.Arm, d.Uncapped = holdout.Treat, !w.Capped
		} else {
			d.Skip = p.skips(w, e, round)
		}
		p.ramp(w, e, &d, where)
		planned[i] = d
	}
	return planned, nil
}

// NextRound is the instant at which the round after `begun` rounds starts;
// false if there is none.
func (p *Planner) NextRound(enteredAt time.Time, begun int) (time.Time, bool) {
	if begun >= p.Campaign.Rounds.Times {
		return time.Time{}, false
	}
	return p.roundStart(enteredAt, begun+1), true
}

func (p *Planner) roundStart(enteredAt time.Time, round int) time.Time {
	return enteredAt.Add(time.Duration(round-1) * p.Campaign.Rounds.Every)
}

// Open says whether entry is open at an instant.
func (p *Planner) Open(at time.Time) bool {
	if p.Closes != nil && !at.Before(*p.Closes) {
		return false
	}
	return !at.Before(p.opens) && (p.ends.IsZero() || at.Before(p.ends))
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
	for i := range p.Campaign.Waves {
		w := &p.Campaign.Waves[i]
		_, why := audience.Choose(c, w.Channels, audience.PurposeOf(*w))
		if why == "" {
			return ""
		}
		if first == "" {
			first = why
		}
	}
	return first
}
