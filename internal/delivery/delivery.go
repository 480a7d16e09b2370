// Package delivery is the life of one message to one customer: its states, the
// legal moves between them, and the last check before a send.
//
//	planned ──► sending ──► accepted
//	  ▲  │        │  ├────► failed
//	  │  │        │  └────► unknown ──► accepted | failed | unknown_final | dead
//	  │  │        └───────► planned            (surely not taken)
//	  │  ├──► withheld                          (a ghost: the holdout's, or by a skip)
//	  │  ├──► suppressed | cancelled | expired  (with a reason)
//	  │  └──► dead ──► planned                  (a person, with a reason)
//	  └── quarantine ◄── planned | sending      (after a failover that may have forgotten)
//	          ▲───────── planned | dead         (its provider says that it took it)
//
// unknown means that the provider may or may not have taken it. It is never sent
// again by itself: only the provider's evidence or a person settles it. Who knows
// that it was surely not taken makes it dead, from where it may be tried again. The
// database refuses every move that Legal refuses.
package delivery

// State is where a delivery stands.
type State string

const (
	Planned      State = "planned"
	Sending      State = "sending"
	Accepted     State = "accepted"
	Failed       State = "failed"
	Unknown      State = "unknown"
	UnknownFinal State = "unknown_final"
	Withheld     State = "withheld"
	Suppressed   State = "suppressed"
	Cancelled    State = "cancelled"
	Expired      State = "expired"
	Dead         State = "dead"
	Quarantine   State = "quarantine"
)

// States is every state, in the order of a life.
var States = [...]State{Planned, Sending, Accepted, Failed, Unknown, UnknownFinal,
	Withheld, Suppressed, Cancelled, Expired, Dead, Quarantine}

// Legal reports whether a delivery may go from one state to another. Staying is
// not a move. It is the one table of the moves: the database enforces its own,
// and a test holds the two against each other.
func Legal(from, to State) bool {
	switch from {
	case Planned:
		return to == Sending || to == Withheld || to == Suppressed || to == Cancelled || to == Expired || to == Dead || to == Quarantine
	case Sending:
		return to == Accepted || to == Failed || to == Unknown || to == Planned || to == Quarantine
	case Unknown:
		return to == Accepted || to == Failed || to == UnknownFinal || to == Dead
	case UnknownFinal:
		return to == Accepted || to == Failed || to == Planned || to == Dead
	case Quarantine:
		return to == Planned || to == Unknown
	case Dead:
		return to == Planned || to == Quarantine
	}
	return false
}
