package campaigns

import (
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
)

// Campaign is one campaign.yaml as written, with defaults filled in and every
// name checked. Dates and clocks are walls: they become instants only with a
// zone, in internal/wave.
type Campaign struct {
	Name  string // [a-z0-9][a-z0-9-]*, at most 60 bytes
	Says  string
	Owner string

	Enter       Enter         `json:"enter"`
	From, Until calendar.Date // entry is open on [From, Until) in the shop's zone; zero = no bound

	Holdout     Holdout
	Exit        []string // exit reasons, sorted; known: repurchased
	HoldWhile   []string // conditions that hold a message back, sorted; known: complaint_open, dispute
	IfFeedStale string   // wait, skip or send; never empty
	Rounds      Rounds   // never zero: {Times: 1} where the file has none
	Strata      *Strata  // nil: none
	Waves       []Wave   // file order; at least one
	Limits      Limits

	Evaluation Evaluation

	Version string // content hash: hex SHA-256 of the whole definition, message files included
	Design  string // design hash: hex SHA-256 of what a changed experiment would change
	Dir     string // where it was read from
	// Messages by the path written in a wave, each by locale; "" is the one for everybody else.
	Messages map[string]Message
}

// Message is one message folder by locale ("zh", "zh-CN"); the files of "" are
// always there.
type Message map[string]MessageFiles

// MessageFiles is one locale's files as text; empty means the file is not there.
type MessageFiles struct{ Subject, Text, HTML, SMS string }

// Enter says who comes in and when: exactly one of Schedule, On and Occasion is
// set.
type Enter struct {
	Schedule *Schedule         // entry at slots
	On       string            `json:"on"` // "order_paid", or "event" for the shop's own
	Event    string            // the event's name where On is "event"
	Segment  string            `json:",omitempty"` // the named segment where that event is coming to be in it
	Occasion *Occasion         // entry on a yearly date
	When     string            // the rule, in expr; never empty
	Segments map[string]string `json:",omitempty"` // the rules of the named segments that When names, as they stood; nil: it names none
	Again    Again
}

// Schedule is one slot (AtDate at Time), a recurrence (Every at Time), or an
// RRULE at Time, in the shop's zone.
type Schedule struct {
	AtDate calendar.Date  // with Time: `at: "2026-11-12 10:00"`; zero for a recurrence
	Every  string         // "day", a weekday's name in lower case, or "month" (the first day); empty for a single slot
	RRule  string         // RFC 5545 recurrence rule of whole days, without DTSTART; counted from Since
	Since  calendar.Date  // the day an RRULE counts from; zero unless RRule is set
	Time   calendar.Clock // the time of day of the slot
}

// Occasion is a yearly date: of each customer, or one for all. Exactly one of
// Attribute and Month is set.
type Occasion struct {
	Attribute  string // name of a customer's date attribute, such as birthday
	Month, Day int    // a fixed date, 1 to 12 and 1 to 31
	Before     int    // days ahead of it, 0 or more
	Time       calendar.Clock
}

// Again says whether a customer may enter once more. The zero value is never.
type Again struct {
	EachTime bool
	After    time.Duration // > 0: again once this long after the last entry
}

// Holdout is the share kept uncontacted. Share 0 needs Because, unless every
// wave is a service.
type Holdout struct {
	Auto    bool // the share is chosen at the first apply of the design and stored with it; Share is 0
	Share   holdout.Share
	Because string
}

// Rounds are passes of the waves, Every apart, from the entry on.
type Rounds struct {
	Times int
	Every time.Duration // 0 only when Times is 1
}

// Strata split entering customers by a text, frozen at entry.
type Strata struct {
	By      string    // a text of the rules' environment, such as order.category
	Values  []Stratum // file order; at least one
	Default string    // the stratum of unknown and missing values; one of Values
}

// Stratum is one value of the text, with what messages may say of it
// (stratum.concern).
type Stratum struct {
	Name  string
	Notes map[string]string
}

// Wave is one planned contact.
type Wave struct {
	Name         string
	Service      bool // kind: service; no holdout, no caps, no marketing consent unless asked for
	Consent      bool // a service wave that asks for marketing consent all the same
	Capped       bool // a service wave that counts and is counted against caps all the same
	After        After
	Between      *calendar.Window // nil: any time of day
	Channels     []string         // the first that may reach the customer is used
	Content      Content          // what all variants and strata share
	Skip         Skip
	Variants     []Variant     // file order; none: everybody gets Content
	ByStratum    []StratumPart // file order
	ExpiresAfter time.Duration // 0: until the next wave of the round, for the last 7d
	Ramp         time.Duration // > 0: 1% of customers at its time, up to 10% this much later, all others as much later again
}

// After places a wave by schedule: Wait after the start of the round, or after
// the scheduled instant of an earlier wave, whatever became of that one.
type After struct {
	Wave             string // empty: the start of the round
	Wait             time.Duration
	RequiresAccepted bool     // send only if that wave's delivery was accepted (or withheld)
	Unless           []string // exit reasons that stop this wave alone, sorted
}

// Content is what a delivery carries. In a variant or a stratum an empty Message
// or nil Coupon leaves what is there.
type Content struct {
	Message  string // folder below the campaign's, as written
	Coupon   *Coupon
	NoCoupon bool // coupon: none takes away the wave's
}

// Coupon is one code a delivery, from a pool.
type Coupon struct {
	Pool      string
	Expires   time.Duration // from the send on, as written; 0: the pool's own end
	Exhausted string        // wait, skip or send (without a code); never empty
}

// Lasts is how long a code counts that is given at an instant: for Expires, and
// on to the end of that day in the shop's zone, because a message names its last
// day and not an hour of it. 0 is as long as the pool.
func (c Coupon) Lasts(at time.Time, shop *time.Location) time.Duration {
	if c.Expires == 0 {
		return 0
	}
	last := calendar.DateOf(at.Add(c.Expires-1), shop)
	return calendar.Instant(last, calendar.DayEnd, shop).Sub(at)
}

// Skip is the share of a wave's deliveries that are withheld from treated
// customers, drawn anew in each round.
type Skip struct {
	Share   holdout.Share
	Written bool // false: the default, resolved at the first apply of a design
}

// Variant is one branch of a wave. The shares of a wave's variants add up to the
// whole.
type Variant struct {
	Name  string
	Share holdout.Share
	Content
}

// StratumPart is what a wave says to one stratum. Stratum "default" is for all
// that are not named.
type StratumPart struct {
	Stratum string
	Content
}

// ContentFor is what a customer of a variant and a stratum gets: the wave's own
// content, over it the stratum's, over that the variant's. Both names may be
// empty.
func (w Wave) ContentFor(variant, stratum string) Content {
	c := w.Content
	part, found := Content{}, false
	for _, p := range w.ByStratum {
		if p.Stratum == stratum || p.Stratum == DefaultStratum && !found {
			part, found = p.Content, true
			if p.Stratum == stratum {
				break
			}
		}
	}
	c = c.over(part)
	for _, v := range w.Variants {
		if v.Name == variant {
			c = c.over(v.Content)
		}
	}
	return c
}

// DefaultStratum stands in by_stratum for all strata that are not named there.
const DefaultStratum = "default"

func (c Content) over(o Content) Content {
	if o.Message != "" {
		c.Message = o.Message
	}
	switch {
	case o.NoCoupon:
		c.Coupon = nil
	case o.Coupon != nil:
		c.Coupon = o.Coupon
	}
	return c
}

// Limits hold the campaign back. Zero is no limit.
type Limits struct {
	PerCustomer    *Cap
	PerMinute      int           // messages of the campaign
	BudgetMinor    *int64        // money it may bind, in minor units: messages, and coupons at their face value
	DayBudgetMinor *int64        // the same, on one day in the shop's zone
	BudgetDigits   int           // decimals of the currency of the budgets: 2 for EUR; 0 where there is none
	CoolDown       time.Duration // after a promotion of another campaign
	Priority       int           // 0 to 100, 50 where nothing is written; of two messages that one cap allows, the higher goes
	Group          string        // of campaigns that share a cap where the shop declares one for it, and else exclude one another: a customer is in one at a time
}

// Cap is at most Count messages to one customer in any span of Window.
type Cap struct {
	Count  int
	Window time.Duration
}

// Evaluation is what will be read, declared before the first send.
type Evaluation struct {
	Primary Primary
	Metrics []string // file order; nil: the file names none
	Points  []Point  // file order; at least one (default overall_30d)
	Looks   []string // "round", or names of points at which it is looked at early
	Cohort  string   // month, week, or empty
	By      []string // stratum, or a profile text
	Expect  Expect
}

// Shown is the metrics that a report shows beside the repurchase rate, which it
// always does: those that the file names, else orders, revenue and profit.
func (e Evaluation) Shown() []string {
	if e.Metrics == nil {
		return []string{"orders", "revenue", "profit"}
	}
	return e.Metrics
}

// ByStratum is the entry of By that splits by stratum.
const ByStratum = "stratum"

// Expect is what the marketer knows beforehand. Zero and nil are not said.
type Expect struct {
	Enrollments int
	NaturalRate *holdout.Share
	Redemption  *holdout.Share
}

// Primary is the metric at the point on which the verdict rests.
type Primary struct{ Metric, Point string }

// Point is one window [anchor, anchor+Window) in which outcomes count.
type Point struct {
	Name   string
	Anchor Anchor
	Window time.Duration
}

// Anchor is the entry, a wave's scheduled instant, or the end of the sequence.
// Round 0 means every round.
type Anchor struct {
	Entry       bool
	SequenceEnd bool
	Wave        string
	Round       int
}
