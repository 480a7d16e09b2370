package delivery

import (
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
)

// Facts is everything the gate looks at, read under the customer's lock in the
// transaction that will write the answer.
type Facts struct {
	Arm       holdout.Arm
	Channel   string   // the one chosen when it was planned
	Channels  []string // the wave's, in its order
	ExpiresAt time.Time
	HeldFor   audience.Reason // why it was held before; empty if never

	CampaignStatus string // running, paused, cancelled
	Contact        audience.Contact
	Repurchased    bool // a kept order since entry, and the campaign exits on that
	Caps           []audience.Pressure

	Between *calendar.Window           // the wave's hours; nil: any
	Quiet   map[string]calendar.Window // by channel, in the customer's zone
	Zone    *time.Location

	// Requires is set where the wave asks for another's acceptance: the state
	// of that delivery, empty if it has none.
	Requires *State
}

// Answer is what the gate says. To is Sending, a refusal with its Reason, or
// Planned: then the delivery waits until DueAt, perhaps on another Channel.
type Answer struct {
	To      State
	Reason  audience.Reason
	Channel string
	DueAt   time.Time // set only where To is Planned
}

// Gate decides one delivery at an instant of business time. It is the last
// check: whoever gets Sending will be written to. Both arms get the same
// answers but for the last one, where the holdout's ghost is Withheld.
func Gate(f Facts, at time.Time) Answer {
	refuse := func(to State, why audience.Reason) Answer {
		return Answer{To: to, Reason: why, Channel: f.Channel}
	}
	switch {
	case f.CampaignStatus == "cancelled":
		return refuse(Cancelled, audience.Cancelled)
	case !at.Before(f.ExpiresAt):
		if f.HeldFor != "" {
			return refuse(Expired, audience.Held)
		}
		return refuse(Expired, audience.Late)
	case f.CampaignStatus != "running":
		// The row stays due: it goes out when the campaign is resumed, or expires.
		return Answer{To: Planned, Reason: audience.Paused, Channel: f.Channel, DueAt: at}
	case f.Contact.Erased:
		return refuse(Suppressed, audience.Erased)
	case f.Repurchased:
		return refuse(Suppressed, audience.Repurchased)
	}
	if f.Requires != nil {
		switch s := *f.Requires; {
		case s == Accepted || s == Withheld:
		case s == Planned || s == Sending || s == Unknown || s == Quarantine:
			return hold(f, f.Channel, audience.Requires, at.Add(requiresRetry))
		default:
			return refuse(Suppressed, audience.Requires)
		}
	}
	if why := audience.Reachable(f.Contact, f.Channel); why != "" {
		next, still := audience.Choose(f.Contact, f.Channels)
		if still != "" {
			return refuse(Suppressed, why)
		}
		// Another channel may reach the customer; it was not rendered for that one.
		return Answer{To: Planned, Channel: next, DueAt: at}
	}
	if quiet, ok := f.Quiet[f.Channel]; ok && quiet.Quiet(at, f.Zone) {
		return hold(f, f.Channel, audience.QuietHours, quiet.QuietEnd(at, f.Zone))
	}
	if f.Between != nil && !f.Between.Contains(at, f.Zone) {
		return hold(f, f.Channel, audience.OutsideWindow, f.Between.NextOpen(at, f.Zone))
	}
	ghost := f.Arm != holdout.Treat
	for _, cap := range f.Caps {
		if cap.Full(ghost) {
			return refuse(Suppressed, audience.Capped)
		}
	}
	if ghost {
		return refuse(Withheld, audience.Holdout)
	}
	return Answer{To: Sending, Channel: f.Channel}
}

// requiresRetry is how soon a delivery looks again at the one it waits for.
const requiresRetry = 5 * time.Minute

func hold(f Facts, channel string, why audience.Reason, until time.Time) Answer {
	if !until.Before(f.ExpiresAt) {
		return Answer{To: Expired, Reason: audience.Held, Channel: channel}
	}
	return Answer{To: Planned, Reason: why, Channel: channel, DueAt: until}
}
