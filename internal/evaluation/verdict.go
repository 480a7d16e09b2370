package evaluation

import (
	"math"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// judge holds the interval against the break-even lift, or against 0.
func (e *evaluator) judge() {
	r := &e.result
	against := e.threshold()
	lo, hi := *r.Difference.Lo, *r.Difference.Hi
	switch {
	case e.in.ReplayAA:
		e.replay(lo <= 0 && 0 <= hi)
		return
	case !e.in.Point.Primary:
		r.Verdict = None
	case lo > against:
		r.Verdict = Pays
	case hi < against:
		r.Verdict = Loses
	default:
		r.Verdict = Open
	}
	if e.disagreement() {
		e.disagree()
		return
	}
	r.Sentence = e.say.Say(e.sentenceKey(hi),
		append(e.figures(), "bought", e.say.Say("bought", e.figures()...), "why", e.why())...)
	if r.Verdict == Open {
		key := "open.explain"
		if r.Against == againstZero {
			key += ".zero"
		}
		r.Explanation = e.say.Say(key, e.figures()...)
		e.needs(against)
	}
}

func (e *evaluator) sentenceKey(hi float64) string {
	key := strings.ToLower(string(e.result.Verdict))
	switch {
	case e.result.Verdict == None:
		return key
	case e.result.Against == againstZero:
		return key + ".zero"
	case e.result.Verdict == Loses && hi < 0:
		return key + ".harm"
	}
	return key
}

// why the verdict is against 0; empty when it is not.
func (e *evaluator) why() string {
	switch {
	case e.result.Against != againstZero:
		return ""
	case e.result.BreakEvenCode == MarginUnknown:
		return e.say.Say("why.margin")
	case e.result.BreakEvenCode != "":
		return e.say.Say("why.order")
	}
	return e.say.Say("why.cost")
}

// replay is the answer where nobody was treated.
func (e *evaluator) replay(holdsZero bool) {
	r := &e.result
	r.Verdict = Open
	if !e.in.Point.Primary {
		r.Verdict = None
	}
	key := "aa.holds"
	if !holdsZero {
		key = "aa.excludes"
	}
	r.Sentence = e.say.Say(key, "aa", e.say.Say("aa", e.figures()...))
	r.Explanation = e.say.Say("aa.explain")
	if r.Detectable != nil {
		r.Next = e.say.Say("aa.detectable", "lift", e.say.Effect(*r.Detectable, 1))
	}
}

// figures are the formatted numbers all sentences share.
func (e *evaluator) figures() []string {
	r := &e.result
	d := r.Difference
	decimals := e.say.Decimals(max(math.Abs(*d.Lo), math.Abs(*d.Hi)))
	needs := ""
	if r.BreakEven != nil {
		needs = e.say.Mark(*r.BreakEven, decimals)
	}
	return []string{
		"treat", e.say.PerHundred(*r.Arm(holdout.Treat).Rate.Estimate, decimals),
		"hold", e.say.PerHundred(*r.Arm(holdout.Hold).Rate.Estimate, decimals),
		"effect", e.say.Effect(*d.Estimate, decimals),
		"lo", e.say.Effect(*d.Lo, decimals), "hi", e.say.Effect(*d.Hi, decimals),
		"needs", needs,
	}
}

// needs says what an open verdict waits for: the sample, the day, and what to
// change. The step to be told apart is the break-even lift, but no less than a
// tenth of the natural rate: to tell a cost of almost nothing from 0 no shop has
// the customers. Where the sample already suffices for that, the effect lies
// close to the mark, and the step is halved until it does not.
func (e *evaluator) needs(against float64) {
	natural := *e.result.Arm(holdout.Hold).Rate.Estimate
	step := max(against, worthKnowing*natural)
	share := e.in.Design.HoldShare.Float()
	have := e.treat.Final.Enrollments + e.hold.Final.Enrollments
	needed, ok := stats.SampleSize(natural+step, natural, share, alpha, power)
	for ; ok && needed <= have; needed, ok = stats.SampleSize(natural+step, natural, share, alpha, power) {
		step /= 2
	}
	if !ok {
		return
	}
	e.result.Needed = &needed
	decimals := e.say.Decimals(step)
	shown, tiny := e.say.below(step, decimals)
	if !tiny {
		shown = e.say.PerHundred(step, decimals)
	}
	said := []string{e.say.Say("needs.sample", "step", shown, "needed", e.say.About(needed), "have", e.say.Count(have))}
	fewer, ok := stats.SampleSize(natural+step, natural, 0.5, alpha, power)
	halfHelps := ok && float64(fewer) < 0.9*float64(needed)
	if when := e.when(needed, halfHelps); when != "" {
		said = append(said, when)
	}
	if halfHelps {
		said = append(said, e.say.Say("needs.holdout", "fewer", e.say.About(fewer)))
	}
	e.result.Next = strings.Join(said, " ")
}

// when says by which day, and sets the date on which the verdict can change. No
// day is named beyond the horizon.
func (e *evaluator) when(needed int64, halfHelps bool) string {
	design, tail := e.in.Design, e.in.Point.Tail()
	var final time.Time
	if e.closed() {
		// A run of one day takes the whole audience at once, any other keeps its pace.
		final = e.in.AsOf.Add(tail)
		if took := design.EntryUntil.Sub(design.EntryFrom); !design.EntryFrom.IsZero() && took > settle {
			final = final.Add(longest(float64(took) * float64(needed) / float64(e.assigned())))
		}
	} else {
		entered, ok := e.entered(needed)
		if !ok {
			return ""
		}
		final = entered.Add(tail)
	}
	date := e.say.Date(final, e.in.Zone)
	switch {
	case final.After(e.in.AsOf.Add(horizon)) && halfHelps:
		return e.say.Say("needs.cannot.holdout")
	case final.After(e.in.AsOf.Add(horizon)):
		return e.say.Say("needs.cannot")
	case e.closed():
		e.result.NextDate = instant(final)
		return e.say.Say("needs.again", "date", date)
	case !design.EntryUntil.IsZero() && final.Add(-tail).After(design.EntryUntil):
		e.result.NextDate = instant(design.EntryUntil.Add(tail))
		reached := float64(e.assigned()) * float64(design.EntryUntil.Sub(design.EntryFrom)) / float64(e.in.AsOf.Sub(design.EntryFrom))
		return e.say.Say("needs.closes", "until", e.say.Date(design.EntryUntil, e.in.Zone), "reached", e.say.About(int64(reached)))
	}
	e.result.NextDate = instant(final)
	return e.say.Say("needs.pace", "date", date)
}
