package stats

import (
	"cmp"
	"math"
	"slices"
)

// Event is how many customers of an arm bought for the first time, and how many
// were seen for the last time without having bought, at one time since entry.
type Event struct {
	At       float64 `json:"at"` // in any unit; finite
	Bought   int64   `json:"bought"`
	Censored int64   `json:"censored"`
}

// FollowUp is all that a curve needs to know of an arm's customers: how many they
// are and their events by time, in any order. Those of disjoint sets of customers
// add up, so one a day and arm may be kept. Those of the N who are in no event
// were followed past the last one. More events than N, fewer than 0 or at no time
// panic where a curve is made.
type FollowUp struct {
	N      int64   `json:"n"`
	Events []Event `json:"events"`
}

// Add counts one more customer, who bought at a time since entry or was last seen
// at it without having bought.
func (f *FollowUp) Add(at float64, bought bool) {
	f.N++
	i, found := slices.BinarySearchFunc(f.Events, at, func(e Event, at float64) int { return cmp.Compare(e.At, at) })
	if !found {
		f.Events = slices.Insert(f.Events, i, Event{At: at})
	}
	if bought {
		f.Events[i].Bought++
	} else {
		f.Events[i].Censored++
	}
}

// Merge is both sets of customers together, its events in order of time; they
// have none in common.
func (f FollowUp) Merge(o FollowUp) FollowUp {
	return FollowUp{f.N + o.N, byTime(slices.Concat(f.Events, o.Events))}
}

// byTime is the events in order, those of one time as one.
func byTime(events []Event) []Event {
	sorted := slices.Clone(events)
	slices.SortFunc(sorted, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	var merged []Event
	for _, e := range sorted {
		if math.IsNaN(e.At) || math.IsInf(e.At, 0) || e.Bought < 0 || e.Censored < 0 {
			panic("stats: an event has a time and counts customers")
		}
		if last := len(merged) - 1; last >= 0 && merged[last].At == e.At {
			merged[last].Bought += e.Bought
			merged[last].Censored += e.Censored
			continue
		}
		merged = append(merged, e)
	}
	return merged
}
