package audience

import (
	"cmp"
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/source"
)

// Where a cap counts.
const (
	ShopCap     = "shop"      // over all campaigns
	GroupCap    = "group"     // over the campaigns of a group
	CampaignCap = "campaign"  // within the campaign
	CoolDown    = "cool_down" // after a promotion of another campaign
)

// Cap is at most Limit messages to one customer in any span of Window. The zero
// Cap is none.
type Cap struct {
	Over   string // ShopCap, GroupCap or CampaignCap
	Group  string // its name, of a GroupCap
	Limit  int
	Window time.Duration
}

// Campaign is what makes one campaign go before another.
type Campaign struct {
	ID       int
	Name     string
	Priority int    // 0 to 100
	Group    string // empty: none
}

// Asked is the message that caps are asked about.
type Asked struct {
	Of          Campaign
	ScheduledAt time.Time
	At          time.Time // the instant that is decided for
}

// Message is another one of the same customer that counts against caps: let
// through, or planned.
type Message struct {
	Of    Campaign
	At    time.Time // of its gate; of one that is planned, when it is scheduled
	Ghost bool      // withheld: it counts for its own campaign's ghosts only
}

// Soon is how far ahead a cap keeps room for campaigns that go before.
const Soon = 24 * time.Hour

// Pressure counts the messages of one customer inside one cap's window. Real
// are messages that were sent or may have been (unknown counts); Ghosts are
// withheld and skipped deliveries of the campaign asked about; Outranking are
// planned real messages of campaigns that go before and fall due soon enough to
// be kept room for.
type Pressure struct {
	Cap        Cap
	Real       int
	Ghosts     int
	Outranking int

	Filled   Message // the newest of those that count: it won where the cap is full
	Outranks Message // the one of those that will count that goes before all others
	Own      int     // priority of the campaign asked about
}

// Weigh counts for a cap what a customer had, and what others will want. Room
// within a day is kept for campaigns of strictly higher priority; in a group,
// of two with the same priority for the one that is due first, or whose name
// comes first. The order of neither list matters.
func Weigh(c Cap, asked Asked, had, wanted []Message) Pressure {
	p := Pressure{Cap: c, Own: asked.Of.Priority}
	if c.Limit == 0 {
		return p
	}
	for _, m := range had {
		mine := m.Of.ID == asked.Of.ID
		switch {
		case !m.At.After(asked.At.Add(-c.Window)) || !c.counts(m.Of, asked.Of) || m.Ghost && !mine:
			continue
		case m.Ghost:
			p.Ghosts++
		default:
			p.Real++
		}
		if p.Filled.At.IsZero() || m.before(p.Filled) < 0 {
			p.Filled = m
		}
	}
	for _, m := range wanted {
		if m.Of.ID == asked.Of.ID || c.Over == CampaignCap || !c.counts(m.Of, asked.Of) || m.At.After(asked.At.Add(Soon)) || !c.first(m, asked) {
			continue
		}
		p.Outranking++
		if o := p.Outranks; o.At.IsZero() || cmp.Or(o.Of.Priority-m.Of.Priority, m.At.Compare(o.At), cmp.Compare(m.Of.Name, o.Of.Name)) < 0 {
			p.Outranks = m
		}
	}
	return p
}

// before is negative where a message that counted is the one to be named: a real
// one before a ghost, a newer one before an older.
func (m Message) before(o Message) int {
	ghost := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return cmp.Or(ghost(m.Ghost)-ghost(o.Ghost), o.At.Compare(m.At), cmp.Compare(m.Of.Name, o.Of.Name))
}

func (c Cap) counts(of, asked Campaign) bool {
	switch c.Over {
	case GroupCap:
		return of.Group == c.Group
	case CampaignCap:
		return of.ID == asked.ID
	}
	return true
}

func (c Cap) first(m Message, asked Asked) bool {
	if c.Over != GroupCap || m.Of.Priority != asked.Of.Priority {
		return m.Of.Priority > asked.Of.Priority
	}
	return cmp.Or(m.At.Compare(asked.ScheduledAt), cmp.Compare(m.Of.Name, asked.Of.Name)) < 0
}

// Full says why one more message would break the cap: Capped where what has
// gone out fills it, Outranked where only what has yet to go out does; empty if
// there is room. A real message counts real ones only. A ghost counts its
// campaign's ghosts too: they stand for messages its customer would have had,
// so that being available does not drift between the arms.
func (p Pressure) Full(ghost bool) Reason {
	used := p.Real
	if ghost {
		used += p.Ghosts
	}
	switch {
	case p.Cap.Limit == 0:
		return ""
	case used >= p.Cap.Limit:
		return Capped
	case used+p.Outranking >= p.Cap.Limit:
		return Outranked
	}
	return ""
}

// Lost is what a message lost to that this cap refuses for a reason of Full.
func (p Pressure) Lost(why Reason) *Loss {
	won := p.Filled
	if why == Outranked {
		won = p.Outranks
	}
	return &Loss{Over: p.Cap.Over, Group: p.Cap.Group, Limit: p.Cap.Limit, Window: p.Cap.Window, To: won.Of.Name, Priority: won.Of.Priority, Own: p.Own, At: won.At}
}

// Cooling is how long a campaign keeps quiet after the last promotion of
// another, and which that was. The zero Cooling does not.
type Cooling struct {
	Window time.Duration
	After  Message
	Own    int // priority of the campaign asked about
}

// Cool finds the last message of another campaign that was let through. had is
// as for Weigh: messages that no cap counts are no promotions.
func Cool(window time.Duration, asked Asked, had []Message) Cooling {
	c := Cooling{Window: window, Own: asked.Of.Priority}
	for _, m := range had {
		if m.Of.ID != asked.Of.ID && !m.Ghost && (c.After.At.IsZero() || m.before(c.After) < 0) {
			c.After = m
		}
	}
	return c
}

// Until is when the campaign may be heard again; not after at where it may now.
func (c Cooling) Until() time.Time {
	if c.Window == 0 || c.After.At.IsZero() {
		return time.Time{}
	}
	return c.After.At.Add(c.Window)
}

// Lost is what a message lost to that has to wait.
func (c Cooling) Lost() *Loss {
	return &Loss{Over: CoolDown, Window: c.Window, To: c.After.Of.Name, Priority: c.After.Of.Priority, Own: c.Own, At: c.After.At}
}

// Limits are what holds a promotion of one campaign back for the sake of a customer.
type Limits struct {
	Shop, Own Cap            // over all campaigns; within the campaign
	Groups    map[string]Cap // over the campaigns of a group, by its name
	CoolDown  time.Duration  // after a promotion of another campaign; 0: none
}

// Longest is how far back messages count; 0: none does.
func (l Limits) Longest() time.Duration {
	longest := max(l.Shop.Window, l.Own.Window, l.CoolDown)
	for _, c := range l.Groups {
		longest = max(longest, c.Window)
	}
	return longest
}

// Weigh is Weigh and Cool for each of them, the shop's cap first.
func (l Limits) Weigh(asked Asked, had, wanted []Message) ([]Pressure, Cooling) {
	caps := make([]Pressure, 0, min(1, l.Shop.Limit)+min(1, len(asked.Of.Group))+min(1, l.Own.Limit))
	add := func(c Cap, over, group string) {
		if c.Limit > 0 {
			c.Over, c.Group = over, group
			caps = append(caps, Weigh(c, asked, had, wanted))
		}
	}
	add(l.Shop, ShopCap, "")
	if asked.Of.Group != "" {
		add(l.Groups[asked.Of.Group], GroupCap, asked.Of.Group)
	}
	add(l.Own, CampaignCap, "")
	if l.CoolDown == 0 {
		return caps, Cooling{}
	}
	return caps, Cool(l.CoolDown, asked, had)
}

// Loss is what a message lost to: the campaign whose message went out, or will,
// in its place, and the limit that did not allow both. It is stored with the
// refusal and never worked out again.
type Loss struct {
	Over     string        `json:"over"`            // ShopCap, GroupCap, CampaignCap or CoolDown
	Group    string        `json:"group,omitempty"` // of a GroupCap
	Limit    int           `json:"limit,omitempty"` // messages; not of a cool-down
	Window   time.Duration `json:"window_ns"`
	To       string        `json:"campaign"` // the campaign's own name where its earlier messages fill the cap
	Priority int           `json:"priority"` // as it stood
	Own      int           `json:"own_priority"`
	At       time.Time     `json:"at"` // when that message was let through, or is scheduled
}

// String says it as one would to the person who asks: lost to winback, priority
// 60 against 40 (2 in 7d of group promo).
func (l Loss) String() string {
	limit := fmt.Sprintf("%d in %s", l.Limit, source.FormatDuration(l.Window))
	switch l.Over {
	case ShopCap:
		limit += " over all campaigns"
	case GroupCap:
		limit += " of group " + l.Group
	case CampaignCap:
		return "its own earlier messages fill its cap (" + limit + ")"
	case CoolDown:
		return fmt.Sprintf("after %s, priority %d against %d (cool-down %s)", l.To, l.Priority, l.Own, source.FormatDuration(l.Window))
	}
	return fmt.Sprintf("lost to %s, priority %d against %d (%s)", l.To, l.Priority, l.Own, limit)
}
