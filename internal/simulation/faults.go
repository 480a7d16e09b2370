package simulation

import (
	"fmt"
	"strings"
)

// Faults is a set of kinds of mishap.
type Faults uint32

// The kinds, each named for what happens.
const (
	Crash      Faults = 1 << iota // a process dies at any step; its open transaction is rolled back
	Stop                          // a worker is told to stop, and ends in good order
	Stall                         // a thread is held up for seconds to minutes in the middle of something
	SlowSQL                       // a statement takes its time
	BadSQL                        // a statement fails: serialization, a lock's timeout, a lost connection
	LostCommit                    // the answer to a commit is lost; it was made, or not
	Restart                       // the database restarts: every open transaction is lost, and perhaps it stays away for a while
	LoseHint                      // the queue forgets a hint
	DoubleHint                    // the queue hands a hint out twice, perhaps long after
	Flush                         // the queue forgets everything
	BadQueue                      // the queue refuses a hint
	BadCall                       // a provider answers 429 or 500, refuses, resets, or says nothing; it took the message, or not
	SlowCall                      // a provider takes its time
	Skew                          // a worker's clock is wrong
	Steer                         // the operator pauses, resumes and cancels, holds and releases
	People                        // customers opt out, order, complain, are suppressed, erased and merged at any step
	Feed                          // orders come late
	Again                         // an import is repeated, half-way or whole
	FailOver                      // the database fails over to a server that lacks the newest commits
	Words                         // providers say what became of messages: late, twice, in any order, before the call has ended
	Outage                        // a provider is out of order for minutes, and a crowd waits for it
	Moves                         // a customer has another address, or another order, by the time that a message is in doubt
	allFaults  = 1<<iota - 1
)

var faultNames = []string{"crash", "stop", "stall", "slow-sql", "bad-sql", "lost-commit", "restart", "lose-hint", "double-hint", "flush", "bad-queue",
	"bad-call", "slow-call", "skew", "steer", "people", "feed", "again", "fail-over", "words", "outage", "moves"}

// String lists the kinds with commas.
func (f Faults) String() string {
	var names []string
	for i, name := range faultNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// ParseFaults reads what String writes.
func ParseFaults(list string) (f Faults, err error) {
	for name := range strings.SplitSeq(list, ",") {
		found := name == ""
		for i, known := range faultNames {
			if name == known {
				f |= 1 << i
				found = true
			}
		}
		if !found {
			return 0, fmt.Errorf("there is no fault %q; there are %s", name, Faults(allFaults))
		}
	}
	return f, nil
}

// has draws whether a fault happens now, one time in n. Nothing is drawn where
// its kind is off, so that what is left does not depend on it.
func (w *World) has(f Faults, n int) bool {
	return w.faults&f != 0 && w.mishaps > 0 && w.gone < w.heal && w.rand.IntN(1+n/w.storm) == 0 && w.hit()
}

// hit counts a mishap: there are only so many before everything is healed.
func (w *World) hit() bool {
	w.mishaps--
	w.lastMishap = later(w.lastMishap, w.clock) // the database may stay away for longer
	return true
}
