package delivery

import (
	"cmp"
	"time"
)

// Word is what a provider says of a delivery after its call, once or often, in
// any order, perhaps before the call has ended.
type Word struct {
	Type     string // accepted, delivered, bounced, complained or failed
	At       time.Time
	Received time.Time
	Reason   string
	Hard     bool // of a bounce: for good
}

// Words are the types there are.
var Words = [...]string{"accepted", "delivered", "bounced", "complained", "failed"}

// Hearing is what follows from all words on a delivery together. Nil times have
// not been said.
type Hearing struct {
	To                                   State // where it goes; where it is: it stays
	Reason                               string
	DeliveredAt, BouncedAt, ComplainedAt *time.Time
	Wait                                 bool // a word cannot be judged yet
}

// failedAfter is how long "failed" waits for other words on a delivery in doubt:
// a provider that took a message and could not deliver it says both.
const failedAfter = 10 * time.Minute

// Hear judges all words on a delivery together, so that their order does not
// matter. Who delivered a message, saw it bounce or heard a complaint has taken
// it. "failed" says that it arrived nowhere: a bounce of what was taken, and the
// end of what nobody else speaks of.
//
// A planned, dead or quarantined delivery of which a provider says that it took it was
// let out by a gate that the ledger has forgotten, or was taken in spite of what
// the call heard or a person found out: it goes, by quarantine and unknown, to accepted.
func Hear(s State, words []Word, now time.Time) Hearing {
	h := Hearing{To: s}
	taken := false
	var failed *time.Time // when it was received first
	for _, w := range words {
		at := earlier(w.At, w.Received) // their clock may be ahead
		switch w.Type {
		case "delivered":
			first(&h.DeliveredAt, at)
		case "bounced":
			first(&h.BouncedAt, at)
		case "complained":
			first(&h.ComplainedAt, at)
		case "failed":
			first(&failed, w.Received)
			if w.Reason != "" && (h.Reason == "" || w.Reason < h.Reason) {
				h.Reason = w.Reason
			}
		}
		taken = taken || w.Type != "failed"
	}
	switch s {
	case Dead, Planned, Quarantine:
		if taken {
			h.To = Accepted
		}
	case Sending, Unknown, UnknownFinal:
		switch {
		case taken:
			h.To = Accepted
		case failed == nil:
		case s == Sending || now.Before(failed.Add(failedAfter)):
			h.Wait = true
		default:
			h.To, h.Reason = Failed, cmp.Or(h.Reason, "refused")
		}
	}
	if h.To == Accepted {
		h.Reason = ""
		for _, w := range words {
			if w.Type == "failed" {
				first(&h.BouncedAt, earlier(w.At, w.Received))
			}
		}
	}
	return h
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func first(into **time.Time, at time.Time) {
	if *into == nil || at.Before(**into) {
		*into = &at
	}
}
