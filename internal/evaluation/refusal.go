package evaluation

import (
	"math"
	"time"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// refuse finds every reason not to answer.
func (e *evaluator) refuse() {
	e.sampleRatio()
	if e.assigned() == 0 {
		e.add(E02, e.say.Say("E02.nobody"))
		return
	}
	e.integrity()
	e.doubt()
	if e.in.Design.HoldShare == 0 {
		e.add(E02, e.say.Say("E02.none"))
	}
	final := e.treat.Final.Enrollments + e.hold.Final.Enrollments
	if !Opens(final, e.assigned()) {
		e.immature()
		return // how many there will be is not known before
	}
	if e.in.Design.HoldShare > 0 {
		e.tooFew()
	}
}

// Opens is whether so many final enrollments of all are enough to open a result.
func Opens(final, all int64) bool { return float64(final) >= leastFinal*float64(all) }

func (e *evaluator) add(code Code, sentence string) {
	e.result.Refusals = append(e.result.Refusals, Refusal{code, sentence})
}

// sampleRatio compares everyone assigned with the plan (E01).
func (e *evaluator) sampleRatio() {
	share := e.in.Design.HoldShare
	srm := &e.result.SRM
	*srm = SampleRatio{Treat: e.treat.Assigned, Hold: e.hold.Assigned, Planned: share.Float()}
	if share <= 0 || share >= holdout.Whole {
		return
	}
	_, p, ok := stats.SRM([]int64{srm.Treat, srm.Hold}, []float64{1 - share.Float(), share.Float()})
	if !ok {
		return
	}
	srm.P = Number(p)
	if p >= SRMAlarm {
		return
	}
	hold := int64(math.Round(float64(e.assigned()) * share.Float()))
	e.add(E01, e.say.Say("E01",
		"treat", e.say.Count(srm.Treat), "hold", e.say.Count(srm.Hold),
		"plannedTreat", e.say.Count(e.assigned()-hold), "plannedHold", e.say.Count(hold),
		"chance", e.say.Chance(p)))
}

// integrity finds what may have mixed the arms: a holdout that was reached
// (E04), and ghosts that nobody decided on (E05). Of a replay nobody was reached.
func (e *evaluator) integrity() {
	in := e.in.Integrity
	if share, ok := (stats.Count{X: in.Contaminated, N: in.Held}).Rate(); ok && !e.in.ReplayAA {
		switch {
		case share > reachedRefused:
			e.add(E04, e.say.Say("E04", "share", e.say.Portion(share)))
		case share > reachedMuch:
			e.note(E04, e.say.Say("E04.much", "share", e.say.Portion(share)))
		case share >= reachedSome:
			e.note(E04, e.say.Say("E04.some", "share", e.say.Portion(share)))
		}
	}
	if share, ok := (stats.Count{X: in.GhostsLost, N: in.GhostsDue}).Rate(); ok && share > ghostsLost {
		e.add(E05, e.say.Say("E05", "share", e.say.Portion(share)))
	}
}

// immature says when results open (E03), or why no day can be named.
func (e *evaluator) immature() {
	at := e.in.Point.FinalAt
	key := "E03.later"
	switch {
	case !at.IsZero() && !at.Before(e.in.AsOf):
		key = "E03"
	case e.in.Design.EntryUntil.IsZero():
		key = "E03.moving" // any date would be that of the newest enrollment
	}
	e.add(E03, e.say.Say(key, "date", e.say.Date(at, e.in.Zone),
		"final", e.say.Count(e.treat.Final.Enrollments+e.hold.Final.Enrollments), "all", e.say.Count(e.assigned())))
}

// tooFew finds an arm from which nothing can be said (E02), the smallest first.
func (e *evaluator) tooFew() {
	treat, hold := e.treat.Final, e.hold.Final
	var key string
	var n int64
	switch {
	case hold.Enrollments < LeastHeld:
		key, n = "E02.group", hold.Enrollments
	case hold.Buyers < LeastBuyers:
		key, n = "E02.hold", hold.Buyers
	case treat.Buyers < LeastBuyers:
		key, n = "E02.treat", treat.Buyers
	default:
		return
	}
	needed, known := e.enough()
	closed := e.closed()
	var when time.Time
	if known && !closed {
		when = e.reached(needed)
	}
	slow := when.After(e.in.AsOf.Add(horizon))
	var wait string
	switch {
	case slow && key != "E02.treat" && e.in.Design.HoldShare < holdout.Whole/2:
		wait = e.say.Say("E02.slow.hold")
	case slow:
		wait = e.say.Say("E02.slow")
	case closed && known:
		wait = e.say.Say("E02.again", "needed", e.say.About(needed))
	case closed:
		wait = e.say.Say("E02.larger")
	case known:
		wait = e.say.Say("E02.wait", "more", e.say.About(max(1, needed-e.assigned())))
	default:
		wait = e.say.Say("E02.waiting")
	}
	e.add(E02, e.say.SayCount(key, n, "wait", wait))
	if known {
		e.result.Needed = &needed
		if !slow {
			e.result.NextDate = instant(when)
		}
	}
}

// enough is how many enrollments, at the planned shares and the rates seen so
// far, are expected to satisfy E02. An arm without buyers lends the other's
// rate; with none at all it is not known.
func (e *evaluator) enough() (needed int64, ok bool) {
	treat, hold := e.treat.Final, e.hold.Final
	pooled := float64(treat.Buyers+hold.Buyers) / float64(max(1, treat.Enrollments+hold.Enrollments))
	if pooled == 0 {
		return 0, false
	}
	share := e.in.Design.HoldShare.Float()
	size := LeastHeld / share
	for _, arm := range []struct {
		totals Totals
		share  float64
	}{{treat, 1 - share}, {hold, share}} {
		rate := pooled
		if arm.totals.Buyers > 0 {
			rate = float64(arm.totals.Buyers) / float64(arm.totals.Enrollments)
		}
		size = max(size, LeastBuyers/(rate*arm.share))
	}
	if !(size < math.MaxInt32) {
		return 0, false
	}
	return int64(math.Ceil(size)), true
}

// reached is when so many enrollments will have entered at the present pace and
// be final; the zero time where there is no pace to speak of.
func (e *evaluator) reached(needed int64) time.Time {
	entered, ok := e.entered(needed)
	if !ok {
		return time.Time{}
	}
	return entered.Add(e.in.Point.Tail())
}

// entered is when the needed number will have entered; false where there is no
// pace to speak of.
func (e *evaluator) entered(needed int64) (time.Time, bool) {
	since := e.in.AsOf.Sub(e.in.Design.EntryFrom)
	if e.in.Design.EntryFrom.IsZero() || since < settle || e.assigned() == 0 {
		return time.Time{}, false
	}
	more := float64(max(0, needed-e.assigned()))
	return e.in.AsOf.Add(longest(more / float64(e.assigned()) * float64(since))), true
}

// horizon is how far ahead a pace may be drawn out: no shop stays as it is for
// longer, and a date beyond it is no plan.
const horizon = 3 * 365 * settle

// longest keeps a wait within what a Duration holds; it is beyond the horizon
// either way.
func longest(wait float64) time.Duration { return time.Duration(min(wait, float64(2*horizon))) }

// closed reports whether nobody enters any more.
func (e *evaluator) closed() bool {
	until := e.in.Design.EntryUntil
	return !until.IsZero() && !e.in.AsOf.Before(until)
}

// soFar is the provisional figures in a sentence.
func (e *evaluator) soFar() string {
	treat, hold := e.treat.Matured, e.hold.Matured
	t, okT := count(treat).Rate()
	h, okH := count(hold).Rate()
	if !okT || !okH {
		return e.say.Say("so.far.nobody")
	}
	return e.say.Say("so.far",
		"count", e.say.Count(treat.Enrollments+hold.Enrollments), "all", e.say.Count(e.assigned()),
		"treat", e.say.PerHundred(t, 1), "hold", e.say.PerHundred(h, 1))
}
