package evaluation

import (
	"math"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

const (
	alpha = 0.05
	power = 0.80

	SRMAlarm         = 0.001 // E01: at 30 daily looks, 0.8 % false alarms
	LeastHeld        = 100   // E02
	LeastBuyers      = 10    // E02
	leastFinal       = 0.95  // E03
	reachedRefused   = 0.20  // E04: of the holdout, more than this
	reachedMuch      = 0.05  // a note, more than this
	reachedSome      = 0.01  // a note, this or more
	ghostsLost       = 0.005 // E05: of the holdout's, more than this
	worthKnowing     = 0.10  // of the natural rate: a smaller step is not worth looking for
	methodScore      = "miettinen_nurminen"
	methodWilson     = "wilson"
	methodDivide     = "cost_by_score_interval"
	againstZero      = "zero"
	againstBreakEven = "break_even"
)

// Evaluate judges one point and says it in language, English where that is its
// zero value. An error means that the
// input contradicts itself; everything else, refusals included, is a Result.
func Evaluate(in Input, language Language) (Result, error) {
	if err := in.check(); err != nil {
		return Result{}, err
	}
	if language.Tag == "" {
		language = English()
	}
	e := &evaluator{in: in, say: language}
	e.treat, e.hold = e.observed(holdout.Treat), e.observed(holdout.Hold)
	e.result = Result{
		Point: in.Point, ReplayAA: in.ReplayAA, AsOf: in.AsOf.UTC(), Currency: in.Cost.Currency,
		Difference:    Figure{Method: methodScore},
		Relative:      Figure{Method: methodScore},
		ExtraBuyers:   Figure{Method: methodScore},
		PricePerBuyer: Figure{Method: methodDivide},
		Integrity:     in.Integrity, Metrics: []Metric{},
		Refusals: []Refusal{}, Notes: []Refusal{},
	}
	e.breakEven()
	e.refuse()
	e.countArms()
	if blocking := e.blocking(); blocking != "" {
		e.withhold(blocking)
		e.measure(blocking)
	} else {
		e.compare()
		e.measure("")
		e.judge()
	}
	e.show()
	return e.result, nil
}

// evaluator carries one evaluation from step to step.
type evaluator struct {
	in          Input
	say         Language
	treat, hold Observation
	result      Result
}

func (e *evaluator) observed(arm holdout.Arm) Observation {
	for _, o := range e.in.Observations {
		if o.Arm == arm {
			return o
		}
	}
	return Observation{Arm: arm}
}

func (e *evaluator) assigned() int64 { return e.treat.Assigned + e.hold.Assigned }

// refused reports whether code is among the refusals.
func (e *evaluator) refused(code Code) bool {
	for _, r := range e.result.Refusals {
		if r.Code == code {
			return true
		}
	}
	return false
}

func (e *evaluator) blocking() Code { return e.result.Blocked() }

// counted is what the rates are of.
func (e *evaluator) counted(o Observation) Totals {
	if e.refused(E03) {
		return o.Matured
	}
	return o.Final
}

// breakEven is the lift at which the campaign earns what it costs: cost per
// enrollment / (margin x average order). Without it the verdict is against 0.
func (e *evaluator) breakEven() {
	cost := e.in.Cost
	e.result.Against = againstZero
	switch {
	case cost.PerTreatedMicros == 0:
		e.result.BreakEven = Number(0)
	case cost.Margin == nil:
		e.result.BreakEvenCode = MarginUnknown
	case cost.AverageOrderMinor == 0:
		e.result.BreakEvenCode = OrderValueUnknown
	default:
		order := float64(cost.AverageOrderMinor) / math.Pow10(cost.Currency.Digits)
		e.result.BreakEven = Number(e.unitCost() / (*cost.Margin * order))
		e.result.Against = againstBreakEven
		if e.result.BreakEven == nil {
			e.result.BreakEvenCode, e.result.Against = NoEstimate, againstZero
		}
	}

	// A replay sends nothing, so nothing has to be earned back.
	if e.in.ReplayAA {
		e.result.Against = againstZero
	}
}

func (e *evaluator) unitCost() float64 { return float64(e.in.Cost.PerTreatedMicros) / 1e6 }

func (e *evaluator) countArms() {
	for _, arm := range []holdout.Arm{holdout.Treat, holdout.Hold, holdout.GlobalHold} {
		o := e.observed(arm)
		if o.Assigned == 0 && arm == holdout.GlobalHold {
			continue
		}
		totals := e.counted(o)
		a := Arm{
			Arm: arm, Assigned: o.Assigned, Matured: o.Matured.Enrollments, Final: o.Final.Enrollments,
			Counted: totals.Enrollments, Buyers: totals.Buyers, Orders: totals.Orders, RevenueMinor: totals.RevenueMinor,
			Rate: Figure{Method: methodWilson, Code: NoEstimate},
		}
		if rate, ok := stats.Wilson(count(totals), alpha); ok {
			a.Rate = figure(rate, methodWilson)
		}
		e.result.Arms = append(e.result.Arms, a)
	}
}

// withhold leaves every comparison nil, for the reason given.
func (e *evaluator) withhold(code Code) {
	r := &e.result
	for _, f := range []*Figure{&r.Difference, &r.Relative, &r.ExtraBuyers, &r.PricePerBuyer} {
		f.Code = code
	}
	r.Verdict = Refused
	for _, refusal := range r.Refusals {
		if refusal.Code == code {
			r.Sentence = refusal.Sentence
		}
	}
	if e.in.ReplayAA {
		r.Sentence = e.say.Say("aa.refused", "refusal", r.Sentence)
	}
	if code == E03 {
		r.Verdict = Provisional
		if !e.in.Point.FinalAt.Before(e.in.AsOf) {
			r.NextDate = instant(e.in.Point.FinalAt)
		}
		r.Explanation = e.soFar()
	}
}

// compare works out the effect and what follows from it.
func (e *evaluator) compare() {
	r := &e.result
	treat, hold := count(e.treat.Final), count(e.hold.Final)

	// Both arms have at least ten buyers here, so every figure exists; what does
	// not would come out as a code, not as a number.
	z, p, ok := stats.ScoreTest(treat, hold)
	if ok {
		r.Z, r.P = Number(z), Number(p)
	}
	if d, ok := stats.ScoreDifference(treat, hold, alpha); ok {
		r.Difference = figure(d, methodScore)
		n := float64(treat.N)
		r.ExtraBuyers = figure(stats.Estimate{Value: n * d.Value, Lo: n * d.Lo, Hi: n * d.Hi}, methodScore)
		r.PricePerBuyer = price(e.unitCost(), d)
	}
	if e.in.ReplayAA {
		r.ExtraBuyers = Figure{Method: methodScore, Code: NobodyTreated}
		r.PricePerBuyer = Figure{Method: methodDivide, Code: NobodyTreated}
	}
	if ratio, ok := stats.ScoreRatio(treat, hold, alpha); ok {
		r.Relative = figure(stats.Estimate{Value: ratio.Value - 1, Lo: ratio.Lo - 1, Hi: ratio.Hi - 1}, methodScore)
	} else {
		r.Relative.Code = E09
		e.note(E09, e.say.Say("E09"))
	}
	natural, _ := hold.Rate()
	if lift, ok := stats.DetectableLift(natural, treat.N+hold.N, e.in.Design.HoldShare.Float(), alpha, power); ok {
		r.Detectable = Number(lift)
	}
}

// price of one more buyer. The cost is known, so Fieller's interval is cost
// divided by the interval of the effect; from an effect that may be nothing, no
// upper price follows.
func price(cost float64, effect stats.Estimate) Figure {
	f := Figure{Method: methodDivide}
	if cost == 0 || effect.Value <= 0 || effect.Hi <= 0 {
		f.Code = NoEstimate
		return f
	}
	f.Estimate, f.Lo = Number(cost/effect.Value), Number(cost/effect.Hi)
	if effect.Lo <= 0 {
		f.Code = Unbounded
		return f
	}
	f.Hi = Number(cost / effect.Lo)
	return f
}

func count(t Totals) stats.Count { return stats.Count{X: t.Buyers, N: t.Enrollments} }

func figure(x stats.Estimate, method string) Figure {
	f := Figure{Estimate: Number(x.Value), Lo: Number(x.Lo), Hi: Number(x.Hi), Method: method}
	switch {
	case f.Estimate == nil:
		f.Code = NoEstimate
	case !f.Known():
		f.Code = Unbounded
	}
	return f
}

// threshold is what the interval is held against.
func (e *evaluator) threshold() float64 {
	if e.result.Against == againstZero {
		return 0
	}
	return *e.result.BreakEven
}
