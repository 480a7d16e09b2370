package event

import (
	"cmp"
	"slices"
	"time"
)

// HoldKind is why messages to a customer wait.
type HoldKind string

const (
	ComplaintOpen HoldKind = "complaint_open"
	Dispute       HoldKind = "dispute"
)

// HoldNames are the names of the events that Holds reads.
var HoldNames = []string{ComplaintOpened, ComplaintClosed, DisputeOpened, DisputeClosed}

// Hold is the time from OpenedAt until before ClosedAt in which a complaint or
// dispute was open; ClosedAt is zero while it is.
type Hold struct {
	Kind               HoldKind
	Ref                string // the shop's id of the case; empty: none was told
	OpenedAt, ClosedAt time.Time
}

// Holds folds the events of one customer, in any order, into what was open when.
// Events of other names count for nothing.
//
// A case is opened and closed by its property ref. A closing without one closes
// the newest case that is open; one whose ref no open case has, the newest that
// was opened without. A second opening of an open case opens nothing, a closing
// without an open case closes nothing, and of two at the same instant the opening
// comes first. A case that was closed may be opened again, as another hold. The
// result is by kind, opening and ref; no two are the same in all three.
func Holds(events []Event) []Hold {
	var told []step
	for _, e := range events {
		s := step{at: e.At, id: e.Source + "\x00" + e.ID, ref: e.Props["ref"].String()}
		switch e.Name {
		case ComplaintOpened, ComplaintClosed:
			s.kind, s.closes = ComplaintOpen, e.Name == ComplaintClosed
		case DisputeOpened, DisputeClosed:
			s.kind, s.closes = Dispute, e.Name == DisputeClosed
		default:
			continue
		}
		told = append(told, s)
	}
	slices.SortFunc(told, step.compare)
	var holds []Hold
	for _, s := range told {
		i := s.meant(holds)
		switch {
		case s.closes && i >= 0:
			holds[i].ClosedAt = s.at
		case !s.closes && i < 0:
			holds = append(holds, Hold{Kind: s.kind, Ref: s.ref, OpenedAt: s.at})
		}
	}
	holds = slices.DeleteFunc(holds, func(h Hold) bool { return h.ClosedAt.Equal(h.OpenedAt) })
	slices.SortFunc(holds, func(a, b Hold) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Ref, b.Ref))
	})
	return holds
}

// step is an opening or a closing.
type step struct {
	kind   HoldKind
	closes bool
	at     time.Time
	ref    string
	id     string // breaks ties, so that the order of arrival does not
}

func (s step) compare(t step) int {
	place := func(s step) int {
		if s.closes {
			return 1
		}
		return 0
	}
	return cmp.Or(s.at.Compare(t.at), cmp.Compare(place(s), place(t)), cmp.Compare(s.id, t.id))
}

// meant is the open hold that a step speaks of, the newest first; -1 is none.
func (s step) meant(holds []Hold) int {
	newest := func(fits func(Hold) bool) int {
		for i := len(holds) - 1; i >= 0; i-- {
			if h := holds[i]; h.Kind == s.kind && h.ClosedAt.IsZero() && fits(h) {
				return i
			}
		}
		return -1
	}
	switch {
	case s.ref != "":
		i := newest(func(h Hold) bool { return h.Ref == s.ref })
		if i < 0 && s.closes {
			i = newest(func(h Hold) bool { return h.Ref == "" })
		}
		return i
	case s.closes:
		return newest(func(Hold) bool { return true })
	}
	// Two openings without a ref are two cases, unless told at the same instant.
	return newest(func(h Hold) bool { return h.Ref == "" && h.OpenedAt.Equal(s.at) })
}
