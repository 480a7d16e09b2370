package delivery

import (
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
)

// Answer is what the gate says. To is Sending, a refusal with its Reason, or
// Planned: then the delivery waits until DueAt, perhaps on another Channel.
type Answer struct {
	To            State
	Reason        audience.Reason
	Channel       string
	DueAt         time.Time // set only where To is Planned
	BindCoupon    bool      // a code of the coupon's pool is to be bound to it; only where To is Sending
	WithoutCoupon bool      // it goes out without the code it should have carried

	Lost *audience.Loss // what it lost to; set iff Reason is Capped, Outranked or CoolingDown, or cooling down held it too long
}

// Gate decides one delivery at an instant of business time. It is the last
// check: whoever gets Sending will be written to. The first of these answers:
//
//  1. the campaign is cancelled: cancelled
//  2. its time is over: expired, held where something held it before, else late
//  3. the campaign is paused, everything or the channel is on hold, or the
//     channel's provider rests: stays due
//  4. erased, merged into another, repurchased: suppressed
//  5. the wave it requires: waits while that is open, suppressed if not accepted
//  6. the channel may not be used: the next that may, else suppressed
//  7. an open complaint or dispute: asked again within the hour
//  8. a stale feed of orders: waits, suppressed, or goes on, as the campaign says
//  9. days without messages, quiet hours, the wave's hours: waits until they allow it
//  10. a cool-down after another campaign: waits until it is over
//  11. caps: suppressed, capped or outranked
//  12. no code left: waits, suppressed, or goes without, as the coupon says
//  13. the budget: suppressed; that of the day: waits for the next
//  14. the messages that the channel may have today, or the campaign this minute:
//     waits; a service message goes out beyond those of the day
//  15. a ghost, of the holdout or skipped: withheld; everyone else: sending
//
// What waits does so while it may still be in time, and else expires as held.
// Both arms get the same answers but for the last one, which alone consumes: a
// ghost waits for day and rate and is refused by the budget like its twin, and takes
// of none.
func Gate(f Facts, at time.Time) Answer {
	if a, ok := f.ended(at); ok {
		return a
	}
	if a, ok := f.stopped(at); ok {
		return a
	}
	if a, ok := f.waits(at); ok {
		return a
	}
	ghost := f.Arm != holdout.Treat || f.Skip
	if f.Capped {
		for _, c := range f.Caps {
			if why := c.Full(ghost); why != "" {
				a := f.refuse(Suppressed, why)
				a.Lost = c.Lost(why)
				return a
			}
		}
	}
	return f.consume(at, ghost)
}

// ended answers for a campaign that does not run and a delivery past its time.
func (f Facts) ended(at time.Time) (Answer, bool) {
	switch {
	case f.CampaignStatus == "cancelled":
		return f.refuse(Cancelled, audience.Cancelled), true
	case !at.Before(f.ExpiresAt):
		if f.HeldFor != "" {
			return f.refuse(Expired, audience.Held), true
		}
		return f.refuse(Expired, audience.Late), true
	case f.CampaignStatus != "running":
		// The row stays due: it goes out when the campaign is resumed, or expires.
		return Answer{To: Planned, Reason: audience.Paused, Channel: f.Channel, DueAt: at}, true
	case f.OnHold:
		return Answer{To: Planned, Reason: audience.OnHold, Channel: f.Channel, DueAt: at}, true
	case f.Rests:
		return Answer{To: Planned, Reason: audience.ProviderRests, Channel: f.Channel, DueAt: at}, true
	}
	return Answer{}, false
}

// stopped answers for what is not to be sent to this customer at all.
func (f Facts) stopped(at time.Time) (Answer, bool) {
	switch {
	case f.Contact.Erased:
		return f.refuse(Suppressed, audience.Erased), true
	case f.Merged:
		return f.refuse(Suppressed, audience.Merged), true
	case f.Repurchased && f.StopOnRepurchase:
		return f.refuse(Suppressed, audience.Repurchased), true
	}
	if f.Requires != nil {
		switch s := *f.Requires; {
		case s == Accepted || s == Withheld:
		case s == Planned || s == Sending || s == Unknown || s == Quarantine:
			return f.ask(audience.Requires, at, requiresRetry), true
		default:
			return f.refuse(Suppressed, audience.Requires), true
		}
	}
	if why := audience.Reachable(f.Contact, f.Channel, f.Purpose); why != "" {
		next, still := audience.Choose(f.Contact, f.Channels, f.Purpose)
		if still != "" {
			return f.refuse(Suppressed, why), true
		}
		// Another channel may reach the customer; it was not rendered for that one.
		return Answer{To: Planned, Reason: f.HeldFor, Channel: next, DueAt: at}, true // what held it before did
	}
	return Answer{}, false
}

// waits answers for what may be sent, but not now.
func (f Facts) waits(at time.Time) (Answer, bool) {
	if f.HeldBy != "" {
		return f.ask(f.HeldBy, at, heldRetry), true
	}
	if f.FeedStale {
		switch f.IfFeedStale {
		case "wait":
			return f.ask(audience.FeedStale, at, feedRetry), true
		case "skip":
			return f.refuse(Suppressed, audience.FeedStale), true
		}
	}
	if after := calendar.AfterBlackout(at, f.Zone, f.Blackout); after.After(at) {
		return f.hold(audience.Blackout, after), true
	}
	if quiet, ok := f.Quiet[f.Channel]; ok && quiet.Quiet(at, f.Zone) {
		return f.hold(audience.QuietHours, quiet.QuietEnd(at, f.Zone)), true
	}
	if f.Between != nil && !f.Between.Contains(at, f.Zone) {
		return f.hold(audience.OutsideWindow, f.Between.NextOpen(at, f.Zone)), true
	}
	if until := f.Cooling.Until(); f.Purpose == audience.Promotion && until.After(at) {
		a := f.hold(audience.CoolingDown, until)
		a.Lost = f.Cooling.Lost()
		return a, true
	}
	return Answer{}, false
}

// consume answers by what the campaign has left, and reads the arm.
func (f Facts) consume(at time.Time, ghost bool) Answer {
	a := Answer{To: Sending, Channel: f.Channel}
	if f.Coupon.Pool != "" && !f.Coupon.Bound {
		if a.BindCoupon = f.HasCode; !f.HasCode {
			switch f.IfCouponExhausted {
			case "wait":
				return f.ask(audience.CouponsGone, at, couponRetry)
			case "send":
				a.WithoutCoupon = true
			default:
				return f.refuse(Suppressed, audience.CouponsGone)
			}
		}
	}
	if f.Budget != nil && f.need(a) > *f.Budget {
		return f.refuse(Suppressed, audience.Budget)
	}
	if f.DayBudget != nil && f.need(a) > *f.DayBudget {
		return f.hold(audience.DayBudget, f.DayEnds)
	}
	if f.Purpose == audience.Promotion && f.Day.Full() {
		return f.hold(audience.WarmUp, f.Day.FreeAt)
	}
	if f.Rate.Full() {
		return f.hold(audience.Rate, later(f.Rate.FreeAt, at))
	}
	switch {
	case f.Arm != holdout.Treat:
		a.To, a.Reason, a.BindCoupon = Withheld, audience.Holdout, false
	case ghost:
		a.To, a.Reason, a.BindCoupon = Withheld, audience.Skip, false
	}
	return a
}

// need is what the budget must hold for a message that would go out so.
func (f Facts) need(a Answer) int64 {
	if a.BindCoupon {
		return f.Cost + f.Coupon.Minor
	}
	return f.Cost
}

// How soon a delivery is asked about again that waits for something with no
// known end.
const (
	requiresRetry = 5 * time.Minute
	heldRetry     = time.Hour
	feedRetry     = 5 * time.Minute
	couponRetry   = 15 * time.Minute
	rateRetry     = time.Minute

	// shortest is how much time must be left for it to be asked once more.
	shortest = time.Minute
)

// later is when the rate has room again: a minute on where the caller cannot tell.
func later(freeAt, at time.Time) time.Time {
	if freeAt.After(at) {
		return freeAt
	}
	return at.Add(rateRetry)
}

func (f Facts) refuse(to State, why audience.Reason) Answer {
	return Answer{To: to, Reason: why, Channel: f.Channel}
}

// ask waits for what may end at any time: the delivery is asked about again
// after the wait, or sooner where its own end is nearer than that.
func (f Facts) ask(why audience.Reason, at time.Time, wait time.Duration) Answer {
	if left := f.ExpiresAt.Sub(at); left <= wait {
		wait = max(left/2, shortest)
	}
	return f.hold(why, at.Add(wait))
}

func (f Facts) hold(why audience.Reason, until time.Time) Answer {
	if until.IsZero() || !until.Before(f.ExpiresAt) {
		return f.refuse(Expired, audience.Held)
	}
	return Answer{To: Planned, Reason: why, Channel: f.Channel, DueAt: until}
}
