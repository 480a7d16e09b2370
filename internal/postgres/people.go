package postgres

import (
	"slices"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/customer"
)

// PeopleQuery says what is to be known of the shop's customers.
type PeopleQuery struct {
	Campaigns []int     // whose entries and ghosts are read
	Currency  string    // of the orders
	Until     time.Time // orders up to then
	Lines     time.Time // the lines of orders after then are counted
	Since     time.Time // messages that were let through after then
	Groups    bool      // which campaigns of a group they are in
	Page      int       // customers read at once by each reader
	Readers   int       // side by side, at least 1
}

// Asking is what a campaign asks of a person. The zero campaign was never applied:
// nobody has entered it.
type Asking struct {
	campaign int
	channels []string
	service  bool
	group    string
}

// AskingOf is what a campaign asks.
func AskingOf(c Campaign) Asking {
	return Asking{campaign: c.ID, channels: channelsOf(c.Definition), service: asksService(c.Definition), group: c.Definition.Limits.Group}
}

// Anew is the same of a campaign that nobody has entered, in no group.
func (a Asking) Anew() Asking {
	a.campaign, a.group = 0, ""
	return a
}

// Person is a customer with what was known when: planning may ask about any
// instant.
type Person struct {
	Profile  customer.Profile
	Orders   []OrderHistory // oldest first
	Lines    []int          // of each of Orders, where that was asked for
	Messages []Contacted    // oldest first
	Entries  []Entered      // oldest first

	firstSeen    time.Time
	erased       bool
	others       []other
	email, phone string
	words        []word
	bans         []ban
	told         time.Time // the newest of both
	settled      []settled
}

// Contacted is a message that a customer had, or is to have, and that counts
// against caps.
type Contacted struct {
	Campaign int
	At       time.Time
	Ghost    bool // withheld, or to be
}

// Entered is an entry into a campaign.
type Entered struct {
	Campaign int
	At       time.Time
}

// other is a campaign of a group that a customer is still in.
type other struct {
	campaign int
	group    string
}

// settled is how a person can be reached since the newest word, for all campaigns
// that ask alike.
type settled struct {
	channels []string
	service  bool
	by       map[string]audience.Reach
}

type word struct {
	channel string
	purpose string
	granted bool
	at      time.Time
}

type ban struct {
	channel string
	at      time.Time
}

// Candidate is the person at an instant, as SlotCandidates would read it for a
// campaign.
func (p *Person) Candidate(a Asking, at time.Time) Candidate {
	c := Candidate{Profile: p.Profile, FirstSeen: p.firstSeen, HasEmail: p.email != "", HasPhone: p.phone != "", At: at}
	c.Contact.Erased, c.Contact.Channels = p.erased, p.reach(a, at)
	for _, e := range p.Entries {
		if a.campaign > 0 && e.Campaign == a.campaign {
			c.Entries, c.LastEntry = c.Entries+1, e.At
		}
	}
	for _, o := range p.others {
		c.Elsewhere = c.Elsewhere || a.group != "" && o.group == a.group && o.campaign != a.campaign
	}
	return c
}

// reach is what may reach the person at an instant. Campaigns share the answer.
func (p *Person) reach(a Asking, at time.Time) map[string]audience.Reach {
	now := !at.Before(p.told)
	if now {
		for i := range p.settled {
			if s := &p.settled[i]; s.service == a.service && slices.Equal(s.channels, a.channels) {
				return s.by
			}
		}
	}
	by := make(map[string]audience.Reach, len(a.channels))
	for _, name := range a.channels {
		service := p.word(name, "service", at)
		suppressed := false
		for _, b := range p.bans {
			suppressed = suppressed || b.channel == name && !b.at.After(at)
		}
		by[name] = reachOf(name, p.email, p.phone, p.word(name, "marketing", at), a.service && service != nil && !*service, suppressed)
	}
	if now {
		p.settled = append(p.settled, settled{a.channels, a.service, by})
	}
	return by
}

// word is the newest on a channel and a purpose up to an instant; nil where there
// is none.
func (p *Person) word(channel, purpose string, at time.Time) *bool {
	for i := range p.words {
		if w := &p.words[i]; w.channel == channel && w.purpose == purpose && !w.at.After(at) {
			return &w.granted
		}
	}
	return nil
}
