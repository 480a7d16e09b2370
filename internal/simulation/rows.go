package simulation

import (
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// The rows, each named for what it is about; a zero time is null.

type campaign struct {
	id, version int
	name        string
	status      string // running, paused, cancelled
	priority    int
	group       string // empty: none
	orders      bool   // entered by orders
}

// limits is what a campaign may use and has used; a campaign without has no row.
type limits struct {
	campaign  int
	budget    *int64
	perMinute *int
	perDay    *int64
	dayFrom   time.Time
	ofDay     int64 // spent since then
	spent     int64
	passedAt  []time.Time
	passed    []int
}

// rest is a time in which a provider takes nothing.
type rest struct {
	channel      string
	since, until time.Time
	why          string
}

// channelDay is the messages of a day on a channel that warms up.
type channelDay struct {
	channel string
	day     calendar.Date
	passed  int
}

func (l *limits) hold() bool { return l.budget != nil || l.perMinute != nil || l.perDay != nil }

// person is a customer with the contacts row through which everybody goes who
// changes what the gate reads of them.
type person struct {
	id                   int64
	shop                 string // the shop's own id
	email, phone         string
	region, zone, locale string
	erased               time.Time
	since                map[string]time.Time // by channel: when its address took the place of another
	into                 int64                // the customer that this one was merged into; 0: none
	words                []word
	orders               []order
	holds                []hold
}

func (p *person) address(channel string) string {
	if channel == "sms" {
		return p.phone
	}
	return p.email
}

// word is what a customer said of a channel.
type word struct {
	channel, purpose string
	granted          bool
	at               time.Time
}

type order struct {
	id       int64
	placed   time.Time
	minor    int64
	currency string
	unkept   time.Time
}

type hold struct {
	kind           string
	opened, closed time.Time
}

// ban is a suppressed address.
type ban struct {
	channel, address string
	at               time.Time
}

// enrolled is an enrollment, with the rounds begun under it.
type enrolled struct {
	id, customer     int64
	entered          time.Time
	campaign         int
	version          int
	entry            int
	arm              holdout.Arm
	layer, key       string
	share            holdout.Share
	zone, stratum    string
	trigger          int64
	begun            int
	next             time.Time
	deliveries, made int // of a round; all of them
}

// message is a delivery.
type message struct {
	id, customer          int64
	entered               time.Time
	enrollment            int64
	round                 int
	wave, variant         string
	campaign, version     int
	arm                   holdout.Arm
	skip, uncapped        bool
	channel               string
	state                 delivery.State
	reason                string
	scheduled, expires    time.Time
	due                   time.Time
	epoch, returned       int
	untaken               int
	gateAt, claimed, done time.Time
	cost                  int64
	provider, providerID  string
	lost                  *audience.Loss
	body                  []byte

	delivered, bounced, complained time.Time
}

// claim is deliveries that somebody must look at again.
type claim struct {
	id       int64
	doubt    bool // else a lease
	attend   time.Time
	ask      time.Time // when the provider is asked next about a doubt
	asked    int
	ids      []int64
	epochs   []int
	campaign int
}

// code is a coupon. Bound, it is of one delivery.
type code struct {
	pool, code string
	delivery   int64 // 0: free
	customer   int64
	bound, end time.Time
	burnt      bool
}

// waiting is an order that a campaign has yet to consider.
type waiting struct {
	campaign int
	customer int64
	order    int64
	placed   time.Time
}

// place is where the dispatcher stands.
type place struct {
	due   time.Time // zero: before everything
	id    int64
	round time.Time
}
