// Package audience decides who may be contacted now, and names the first cause
// why not. It is asked twice, when a customer would enter a campaign and again
// at the gate, because between the two a person may opt out, buy or move.
package audience

import "github.com/rewave/rewave/internal/consent"

// Reason is the first cause why a customer is not contacted. The words are part
// of the ledger and of every report: they are added to, never changed.
type Reason string

const (
	NotInSegment   Reason = "not_in_segment"  // the rule said no
	RuleError      Reason = "rule_error"      // the rule could not be evaluated for this customer
	AlreadyEntered Reason = "already_entered" // `again` does not allow another entry yet
	EntryClosed    Reason = "entry_closed"    // outside `from` and `until`
	Merged         Reason = "merged"          // the record lives on under another customer
	Erased         Reason = "erased"          // asked to be forgotten
	NoAddress      Reason = "no_address"      // nothing to send to on this channel
	Suppressed     Reason = "suppressed"      // the address is banned: bounce, complaint, erasure
	NoConsent      Reason = "no_consent"      // never said yes
	OptedOut       Reason = "opted_out"       // said no
	Repurchased    Reason = "repurchased"     // bought since entry
	Capped         Reason = "capped"          // had as many messages as the cap allows
	QuietHours     Reason = "quiet_hours"     // held until the quiet window ends
	OutsideWindow  Reason = "outside_window"  // held until the wave's hours begin
	Paused         Reason = "paused"          // the campaign is paused
	Cancelled      Reason = "cancelled"       // the campaign was cancelled
	Requires       Reason = "requires"        // the wave it builds on was not accepted
	Late           Reason = "late"            // past `expires_after`
	Held           Reason = "held"            // held until it was too late
	Holdout        Reason = "holdout"         // the ghost of a treated delivery
	Template       Reason = "template"        // the message cannot be rendered for this customer
)

// Reach is one channel of a customer: the address and whether it may be used.
type Reach struct {
	Address    string // empty: none known
	Word       consent.Word
	Suppressed bool
}

// Contact is everything that decides whether a customer may be reached.
type Contact struct {
	Erased   bool
	Channels map[string]Reach
}

// Reachable says whether a promotion may go to the customer on channel; the
// reason is empty iff it may. A suppression wins over consent.
func Reachable(c Contact, channel string) Reason {
	reach := c.Channels[channel]
	switch {
	case c.Erased:
		return Erased
	case reach.Address == "":
		return NoAddress
	case reach.Suppressed:
		return Suppressed
	case !reach.Word.Known:
		return NoConsent
	case !reach.Word.Granted:
		return OptedOut
	}
	return ""
}

// Choose returns the first of channels that may reach the customer. When none
// may, it returns the first channel and the reason that channel refuses.
func Choose(c Contact, channels []string) (string, Reason) {
	var first Reason
	for i, name := range channels {
		why := Reachable(c, name)
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
