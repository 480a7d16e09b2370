package delivery

import (
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
)

// Facts is everything the gate looks at, read under the customer's lock in the
// transaction that will write the answer. What the definition says of the wave
// is filled in by Under, what the campaign may still consume by Reserve.
type Facts struct {
	Arm       holdout.Arm // the delivery's own: always treat on a service wave
	Skip      bool        // by lot: withheld from a treated customer
	Channel   string      // the one chosen when it was planned
	ExpiresAt time.Time
	HeldFor   audience.Reason // why it was held before; empty if never

	CampaignStatus string // running, paused, cancelled
	OnHold         bool   // everything is, or the delivery's channel
	Rests          bool   // the channel's provider takes nothing now
	Contact        audience.Contact
	Merged         bool            // the customer lives on under another record
	Repurchased    bool            // a kept order since entry
	HeldBy         audience.Reason // what is open and the campaign holds on: complaint_open, dispute; empty: nothing
	FeedStale      bool            // the orders are not known up to now
	Caps           []audience.Pressure
	Cooling        audience.Cooling

	Blackout []calendar.Blackout        // those that hold for the customer and the kind of message
	Quiet    map[string]calendar.Window // by channel, in the customer's zone
	Zone     *time.Location

	// Requires is set where the wave asks for another's acceptance: the state
	// of that delivery, empty if it has none.
	Requires *State

	Coupon Coupon
	Cost   int64 // of the message, in the unit of the budget

	Rule
	Left
}

// Rule is what the campaign says of the wave that a delivery belongs to.
type Rule struct {
	Purpose           audience.Purpose
	Capped            bool // caps count: always for a promotion, for a service where it asks
	Channels          []string
	Between           *calendar.Window // the wave's hours; nil: any
	StopOnRepurchase  bool             // the campaign exits on it, or the wave is dropped by it
	IfFeedStale       string           // wait, skip or send; empty is send
	IfCouponExhausted string           // wait, skip or send; empty is skip
}

// Coupon is the code a delivery goes out with.
type Coupon struct {
	Pool    string // empty: it carries none
	Minor   int64  // face value in the unit of the budget, counted against it when a code is bound
	Bound   bool   // it has its code from an earlier try, and keeps it
	Refused bool   // the pool gives this customer none, however many are left
}

// RuleOf is what a campaign says of one of its waves. The coupon's policy is
// that of the content a delivery carries.
func RuleOf(c campaigns.Campaign, w campaigns.Wave, content campaigns.Content) Rule {
	repurchased := string(audience.Repurchased)
	r := Rule{
		Purpose: audience.PurposeOf(w), Capped: !w.Service || w.Capped, Channels: w.Channels, Between: w.Between,
		StopOnRepurchase: slices.Contains(c.Exit, repurchased) || slices.Contains(w.After.Unless, repurchased),
		IfFeedStale:      c.IfFeedStale,
	}
	if content.Coupon != nil {
		r.IfCouponExhausted = content.Coupon.Exhausted
	}
	return r
}
