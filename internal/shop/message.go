package shop

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"time"
)

// Effect is what a message does to whom it reaches. The zero value does nothing.
type Effect struct {
	Lift    float64       // tau: how many extra orders come for each natural one, at first; >= 0
	Fades   time.Duration // after this time the lift is 1/e of what it was; > 0 where there is a lift
	Borrows float64       // probability that an extra order takes the place of the next natural one
	Redeems float64       // probability that an order placed while the code is valid uses it
	OptsOut float64       // probability that the reader unsubscribes, in the day after it begins to act
}

// Worth is what a code takes off an order: an amount in minor units or whole
// percent of the order's lines, at most AtMost where that is above 0; never more
// than the lines come to.
type Worth struct {
	Minor   int64
	Percent int64
	AtMost  int64
}

// off is what comes off an order of so much, halves rounded to even.
func (w Worth) off(net int64) int64 {
	off := w.Minor
	if w.Percent > 0 {
		off += int64(math.RoundToEven(float64(net) * float64(w.Percent) / 100))
	}
	if w.AtMost > 0 {
		off = min(off, w.AtMost)
	}
	return min(off, net)
}

// Message is one that has reached a customer. Whoever is written to and not
// reached is not told to the World.
type Message struct {
	Campaign string // never empty
	Wave     string
	Ref      string // whatever the caller knows it by; it comes back in an OptOut
	Customer string // the shop's id
	At       time.Time

	Code  string    // of a coupon; empty: none
	Until time.Time // the code's last instant, exclusive; zero: it is valid for good
	Worth Worth     // of the code

	Effect Effect
}

func (m Message) check() error {
	e := m.Effect
	switch {
	case m.Campaign == "":
		return errors.New("it names no campaign")
	case !(e.Lift >= 0) || math.IsInf(e.Lift, 1):
		return fmt.Errorf("lift is %v, must not be below 0", e.Lift)
	case e.Lift > 0 && e.Fades <= 0:
		return fmt.Errorf("its lift fades in %v, must be above 0", e.Fades)
	case m.Worth.Minor < 0 || m.Worth.Percent < 0 || m.Worth.Percent > 100 || m.Worth.AtMost < 0:
		return fmt.Errorf("its code is worth %+v", m.Worth)
	}
	for _, p := range []struct {
		name  string
		value float64
	}{{"borrows", e.Borrows}, {"redeems", e.Redeems}, {"opts out", e.OptsOut}} {
		if !(p.value >= 0 && p.value <= 1) {
			return fmt.Errorf("%s is %v, must be from 0 to 1", p.name, p.value)
		}
	}
	return nil
}

// received is a message that acts from a stop of the grid on.
type received struct {
	Message
	customer int
	acts     time.Time
	salt     uint64 // of its draws; set when it begins to act
}

// compare orders messages by when they begin to act, then by when they came, and
// never by the order in which they were told.
func (r *received) compare(o *received) int {
	return cmp.Or(r.acts.Compare(o.acts), r.At.Compare(o.At), cmp.Compare(r.customer, o.customer),
		cmp.Compare(r.Campaign, o.Campaign), cmp.Compare(r.Wave, o.Wave), cmp.Compare(r.Code, o.Code), cmp.Compare(r.Ref, o.Ref))
}

// salted gives the message its draws: those of the shop, the customer, the
// campaign, the wave and how many of these there were before.
func (r *received) salted(seed uint64, ordinal int) {
	h := fnv.New64a()
	// A hash never fails; the stroke keeps "a", "bc" and "ab", "c" apart.
	fmt.Fprintf(h, "%s|%s", r.Campaign, r.Wave)
	r.salt = mix(mix(mix(seed^h.Sum64())^uint64(r.customer)) ^ uint64(ordinal))
}
