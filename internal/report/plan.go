package report

import (
	"encoding/json"
	"io"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
)

// PlanSchemaVersion counts the shapes that a plan's JSON has had.
const PlanSchemaVersion = 1

// Plan is what campaigns would do if they were applied as they are written: who
// comes in, what goes out when, what it costs, and whether it can be measured.
// It holds figures and codes; the words are the renderings'.
type Plan struct {
	SchemaVersion int                 `json:"schema_version"`
	AsOf          time.Time           `json:"as_of"`
	Currency      evaluation.Currency `json:"currency"`
	Campaigns     []PlannedCampaign   `json:"campaigns"` // in the order asked for
	Zone          *time.Location      `json:"-"`         // the shop's, for dates; nil is UTC
	Language      evaluation.Language `json:"-"`         // English where it is zero
}

// PlannedCampaign is one campaign of a plan.
type PlannedCampaign struct {
	Campaign string        `json:"campaign"`
	Says     string        `json:"says,omitempty"`
	Version  string        `json:"version"`
	Design   int           `json:"design"` // as it would be applied
	Status   string        `json:"status"` // new, running, paused, cancelled
	Because  string        `json:"because,omitempty"`
	Change   Change        `json:"change"`
	Entry    PlannedEntry  `json:"entry"`
	Audience *Audience     `json:"audience"` // null: nobody can enter
	Forecast *Forecast     `json:"forecast"` // null: not entered by orders or events, or nobody can enter
	Rounds   PlannedRounds `json:"rounds"`
	Waves    []PlannedWave `json:"waves"` // file order
	Sends    []Sends       `json:"sends"` // by day, then channel; at most: nobody leaves early
	Money    Money         `json:"money"`
	Measure  *Measure      `json:"measure"` // null: nobody can enter, or services only
	Warnings []PlanWarning `json:"warnings"`
}

// Change is what an apply would do. Kind is new, none, version, design or
// refused; InFlight are the customers who would keep an earlier version, or keep
// this one.
type Change struct {
	Kind     string       `json:"kind"`
	Pending  bool         `json:"pending"` // an apply would change something
	Differs  []Difference `json:"differs"` // from the version that runs, in the order of the file
	Mixes    []string     `json:"mixes"`   // waves that come or go while the experiment goes on: its report holds both
	InFlight []OnTheirWay `json:"in_flight"`
}

// Difference is one thing that the file says otherwise than the version that
// runs: new where Was is empty, gone where Now is.
type Difference struct {
	Path     string `json:"path"`
	Was      string `json:"was"`
	Now      string `json:"now"`
	Restarts bool   `json:"restarts"` // this alone makes another experiment of it
	AtOnce   bool   `json:"at_once"`  // it holds for those on their way too

	Lines []string `json:"lines,omitempty"` // of a message's text: those that differ, each after "- " or "+ "
}

// OnTheirWay counts customers on one version in one round.
type OnTheirWay struct {
	Version   string `json:"version"`
	Design    int    `json:"design"`
	Round     int    `json:"round"`
	Customers int64  `json:"customers"`
}

// PlannedEntry is when customers come in. By is slot, occasion, order or event.
// Closed says why nobody comes in any more: cancelled, past (its only slot), ended
// (until), no_slot (none between from and until); empty where somebody can.
type PlannedEntry struct {
	By    string `json:"by"`
	Event string `json:"event,omitempty"`

	Segment string `json:"segment,omitempty"` // Event is coming to be in that one
	Members *int64 `json:"members,omitempty"` // who are in it, and so do not enter; null: not known
	Kept    bool   `json:"kept,omitempty"`    // who comes to be in it is being written down

	At     *time.Time `json:"at"` // the slot that is planned, or was; null: by each order or event
	Recurs bool       `json:"recurs"`
	From   *time.Time `json:"from"`  // entry opens then; null: it is open
	Until  *time.Time `json:"until"` // entry closes then; null: no end is known
	Closed string     `json:"closed,omitempty"`
	Ran    bool       `json:"ran"` // entry has been open before
}

// Audience counts who would come in, line by line, each customer at the first
// reason why not. For a slot these are customers. For orders it is a sample of
// the past, as if the campaign had run: SampleDays is then set, and nobody of it
// enters.
type Audience struct {
	SampleDays int            `json:"sample_days,omitempty"` // Asked are the orders of so many days
	Asked      int            `json:"asked"`
	Before     []AudienceLine `json:"before"`  // who is not meant
	Segment    int            `json:"segment"` // the rule matches, and `again` lets them in
	Refused    []AudienceLine `json:"refused"` // who is meant and does not enter
	Enter      int            `json:"enter"`
	Treat      int            `json:"treat"`
	Hold       int            `json:"hold"`
	GlobalHold int            `json:"global_hold"`
	Nothing    []AudienceLine `json:"nothing"` // treated customers to whom no message would go, by the first reason
	Written    []ChannelCount `json:"written"` // treated customers by the channel of their first message
}

// AudienceLine is a reason with how many it takes away.
type AudienceLine struct {
	Reason string `json:"reason"`
	LostTo string `json:"lost_to,omitempty"` // the campaign that their message loses to
	Count  int    `json:"count"`
}

// ChannelCount is how many customers a channel reaches.
type ChannelCount struct {
	Channel string `json:"channel"`
	Count   int    `json:"count"`
}

// Forecast is how many come in, of a campaign that orders or events bring
// customers into. From is history, expect (the file's) or empty where nothing
// says.
type Forecast struct {
	From   string            `json:"from"`
	Days   int               `json:"days"`    // of history
	PerDay evaluation.Figure `json:"per_day"` // with its interval where it is from history
}

// PlannedRounds are the passes of the waves.
type PlannedRounds struct {
	Times int     `json:"times"`
	Every float64 `json:"every_hours"`
}

// PlannedWave is one box of the diagram.
type PlannedWave struct {
	Wave     string           `json:"wave"`
	Service  bool             `json:"service"`
	After    string           `json:"after"` // another wave; empty: the start of the round
	Wait     float64          `json:"wait_hours"`
	Starts   float64          `json:"starts_hours"` // after the start of the round, as placed in the shop's zone
	Requires bool             `json:"requires_accepted"`
	Unless   []string         `json:"unless"`
	Channels []string         `json:"channels"`
	Skip     float64          `json:"skip"` // a share
	Variants []PlannedVariant `json:"variants"`
	Coupons  []string         `json:"coupons"`        // pools
	Ramp     []RampStep       `json:"ramp,omitempty"` // of a slot's first round; empty: it has none
}

// RampStep is how many messages go out so long after the wave's time.
type RampStep struct {
	After float64 `json:"after_hours"`
	Send  int     `json:"send"`
}

// PlannedVariant is one branch of a wave.
type PlannedVariant struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"`
}

// Sends are the messages of one day in the shop's zone on one channel. Withheld
// are ghosts: of the holdout, and skipped. Forecasts are parts of customers.
type Sends struct {
	Day      string  `json:"day"` // 2026-11-12
	Channel  string  `json:"channel"`
	Send     float64 `json:"send"`
	Withheld float64 `json:"withheld"`
	Cost     float64 `json:"-"` // of those sent, in the currency's unit
}

// Money is what the campaign may cost at most, in the currency's unit. For a
// campaign that orders bring customers into it is of the days that Sends shows.
type Money struct {
	Messages float64       `json:"messages"`
	Priced   bool          `json:"priced"` // a cost per message is declared for one of its channels
	Coupons  []CouponMoney `json:"coupons"`
	Budget   *float64      `json:"budget"`
	Spent    *float64      `json:"spent"` // of the budget so far, over all versions; null: it has none, or was never applied

	Exhausted bool  `json:"exhausted"` // the budget: not even the cheapest message fits
	Waiting   int64 `json:"waiting"`   // messages that wait to be sent, and count against it
}

// CouponMoney is what one pool is needed for. Nil is not known.
type CouponMoney struct {
	Pool       string   `json:"pool"`
	Missing    bool     `json:"missing,omitempty"` // there is no such pool
	Free       int      `json:"free"`
	Codes      float64  `json:"codes"`                     // bound at most
	Value      *float64 `json:"value"`                     // of one, off an average order
	Exposure   *float64 `json:"exposure"`                  // if all were redeemed
	Redemption *float64 `json:"redemption"`                // a share
	From       string   `json:"redemption_from,omitempty"` // expect or history
	Expected   *float64 `json:"expected"`                  // what is redeemed then
}

// Measure says whether the primary point can tell if the campaign pays. Shares
// and lifts are absolute. Of says what Enrollments are: slot (all who come in),
// next_slot, expect, forecast (over Days) or unknown, where Enrollments is 0.
type Measure struct {
	Point       string     `json:"point"`
	WindowHours float64    `json:"window_hours"`
	Enrollments int64      `json:"enrollments"`
	Of          string     `json:"of"`
	Days        int        `json:"days,omitempty"`
	Natural     *float64   `json:"natural_rate"`
	NaturalFrom string     `json:"natural_from,omitempty"` // history or expect
	Buyers      int64      `json:"buyers,omitempty"`       // of Customers comparable ones in the past
	Customers   int64      `json:"customers,omitempty"`
	OrderValue  *float64   `json:"order_value"`
	Margin      *float64   `json:"margin"`
	Cost        *float64   `json:"cost_per_treated"`
	BreakEven   *float64   `json:"break_even"`
	Share       float64    `json:"holdout"`
	Auto        bool       `json:"auto"`
	Detectable  *float64   `json:"detectable_lift"` // seen in 80 of 100 such runs
	Proves      bool       `json:"proves"`          // that lift is no larger than break-even
	Needed      *int64     `json:"needed"`          // enrollments with which it would be
	Price       *float64   `json:"holdout_price"`   // what the holdout forgoes if each message earns twice its cost
	Code        string     `json:"code,omitempty"`  // why it cannot be told: see the sentences measure.CODE
	FirstLook   *time.Time `json:"first_figures"`   // for those who come in first
	Final       *time.Time `json:"final"`           // of all who come in, or while entry is open of the first
}

// PlanWarning is one thing to know before an apply. Of names what it is about;
// Count and Limit are the figures of its sentence.
type PlanWarning struct {
	Code  string  `json:"code"`
	Of    string  `json:"of,omitempty"`
	Count float64 `json:"count,omitempty"`
	Limit float64 `json:"limit,omitempty"`
}

// Pending reports whether an apply would change something.
func (p Plan) Pending() bool {
	for _, c := range p.Campaigns {
		if c.Change.Pending {
			return true
		}
	}
	return false
}

// CannotApply names the campaigns that an apply would refuse.
func (p Plan) CannotApply() []string {
	var names []string
	for _, c := range p.Campaigns {
		if c.Change.Kind == "refused" {
			names = append(names, c.Campaign)
		}
	}
	return names
}

// JSON writes the plan for programs: one object, times in UTC, shares and lifts
// as fractions of 1, money in the currency's unit. The fields are those of Plan.
func (p Plan) JSON(w io.Writer) error {
	p.SchemaVersion, p.AsOf = PlanSchemaVersion, p.AsOf.UTC().Truncate(time.Second)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(p)
}
