package delivery

import (
	"time"

	"github.com/rewave/rewave/internal/audience"
)

// AskAfter is how long after the n-th time the provider is asked about a
// delivery in doubt, counted from the doubt itself as 0.
func AskAfter(n int) time.Duration { return askAfter[min(max(n, 0), len(askAfter)-1)] }

var askAfter = [...]time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

// windowMargin is what is left unused of a provider's window: a call takes its
// time to arrive, and two clocks differ.
const windowMargin = time.Minute

// Usable is what of a provider's window is made use of.
func Usable(window time.Duration) time.Duration { return max(window-windowMargin, 0) }

// Resendable says whether a message in doubt may be sent again under its key: for
// so long the provider takes the key once, counted from the gate that let it out.
// A window of 0 is none.
func Resendable(claimed, at time.Time, window time.Duration) bool {
	return !at.Before(claimed) && at.Before(claimed.Add(Usable(window)))
}

// Again is the gate's answer for a message in doubt that would be sent again under
// its key: empty if it may go, else the first reason why not. It asks what Gate
// asks but for what the message has consumed already: caps, code, budget, rate.
func Again(f Facts, at time.Time) audience.Reason {
	f.HeldFor = ""
	for _, ask := range []func(time.Time) (Answer, bool){f.ended, f.stopped, f.waits} {
		a, ok := ask(at)
		switch {
		case !ok:
		case a.Reason != "":
			return a.Reason
		default: // another channel may reach the customer: this one may not
			return audience.Reachable(f.Contact, f.Channel, f.Purpose)
		}
	}
	return ""
}
