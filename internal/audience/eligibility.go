// Package audience decides who may be contacted now, and names the first cause
// why not. It is asked twice, when a customer would enter a campaign and again
// at the gate, because between the two a person may opt out, buy or move.
package audience

import (
	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/consent"
)

// Reason is the first cause why a customer is not contacted. The words are part
// of the ledger and of every report: they are added to, never changed.
type Reason string

const (
	NotInSegment   Reason = "not_in_segment"   // the rule said no
	RuleError      Reason = "rule_error"       // the rule could not be evaluated for this customer
	AlreadyEntered Reason = "already_entered"  // `again` does not allow another entry yet
	EntryClosed    Reason = "entry_closed"     // outside `from` and `until`
	NoOccasion     Reason = "no_occasion"      // the customer's occasion is not today, or unknown
	OtherCampaign  Reason = "other_campaign"   // still in another campaign of the group
	Merged         Reason = "merged"           // the record lives on under another customer
	Erased         Reason = "erased"           // asked to be forgotten
	NoAddress      Reason = "no_address"       // nothing to send to on this channel
	Suppressed     Reason = "suppressed"       // the address is banned: bounce, complaint, erasure
	NoConsent      Reason = "no_consent"       // never said yes
	OptedOut       Reason = "opted_out"        // said no
	Repurchased    Reason = "repurchased"      // bought since entry
	ComplaintOpen  Reason = "complaint_open"   // held while a complaint is open
	Dispute        Reason = "dispute"          // held while a payment is disputed
	FeedStale      Reason = "feed_stale"       // nobody can tell whether an order came in meanwhile
	Capped         Reason = "capped"           // had as many messages as the cap allows
	Outranked      Reason = "outranked"        // the cap's room is kept for a campaign that goes before
	CoolingDown    Reason = "cool_down"        // held because another campaign wrote not long ago
	CouponsGone    Reason = "coupon_exhausted" // its pool has no free code
	Budget         Reason = "budget"           // the next message does not fit the campaign's budget
	DayBudget      Reason = "budget_per_day"   // held because the campaign has spent its money of the day
	Rate           Reason = "rate"             // held because the campaign has sent its messages of this minute
	Blackout       Reason = "blackout"         // held until the days are over on which nothing is said
	QuietHours     Reason = "quiet_hours"      // held until the quiet window ends
	OutsideWindow  Reason = "outside_window"   // held until the wave's hours begin
	Paused         Reason = "paused"           // the campaign is paused
	OnHold         Reason = "on_hold"          // everything, or its channel, is on hold
	ProviderRests  Reason = "provider_rests"   // the provider takes nothing for a while: it said so, or calls failed
	WarmUp         Reason = "warm_up"          // held because the channel has had its messages of the day
	Cancelled      Reason = "cancelled"        // the campaign was cancelled
	Requires       Reason = "requires"         // the wave it builds on was not accepted
	Late           Reason = "late"             // past `expires_after`
	Held           Reason = "held"             // held until it was too late
	Holdout        Reason = "holdout"          // the ghost of a treated delivery
	Skip           Reason = "skip"             // a treated customer's ghost: this wave was skipped by lot
	Template       Reason = "template"         // the message cannot be rendered for this customer
)

// Purpose is what a message is for, and so what the customer must have said.
type Purpose int

const (
	Promotion        Purpose = iota // needs a yes to marketing
	Service                         // needs no more than that nobody wrote a no to service
	ConsentedService                // needs both
)

// PurposeOf is the purpose of a wave's messages.
func PurposeOf(w campaigns.Wave) Purpose {
	switch {
	case !w.Service:
		return Promotion
	case w.Consent:
		return ConsentedService
	}
	return Service
}

// Reach is one channel of a customer: the address and whether it may be used.
type Reach struct {
	Address        string       // empty: none known
	Word           consent.Word // on marketing
	ServiceRefused bool         // a written no to service messages
	Suppressed     bool
}

// Contact is everything that decides whether a customer may be reached.
type Contact struct {
	Erased   bool
	Channels map[string]Reach
}

// Reachable says whether a message for the purpose may go to the customer on
// channel; the reason is empty iff it may. A suppression wins over consent.
func Reachable(c Contact, channel string, purpose Purpose) Reason {
	reach := c.Channels[channel]
	switch {
	case c.Erased:
		return Erased
	case reach.Address == "":
		return NoAddress
	case reach.Suppressed:
		return Suppressed
	case purpose != Promotion && reach.ServiceRefused:
		return OptedOut
	case purpose == Service:
		return ""
	case !reach.Word.Known:
		return NoConsent
	case !reach.Word.Granted:
		return OptedOut
	}
	return ""
}

// Choose returns the first of channels that may reach the customer. When none
// may, it returns the first channel and the reason that channel refuses.
func Choose(c Contact, channels []string, purpose Purpose) (string, Reason) {
	var first Reason
	for i, name := range channels {
		why := Reachable(c, name, purpose)
		if why == "" {
			return name, ""
		}
		if i == 0 {
			first = why
		}
	}
	if len(channels) == 0 {
		return "", NoAddress
	}
	return channels[0], first
}
