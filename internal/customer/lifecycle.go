package customer

import (
	"cmp"
	"slices"
	"sort"
)

// Stage is where a customer stands in their life with the shop. Every customer is
// in exactly one.
type Stage string

// The stages, in the order of such a life. The empty Stage is one that was never
// worked out.
const (
	Prospect   Stage = "prospect"   // has not bought yet
	Developing Stage = "developing" // has bought once, not too long ago
	Growing    Stage = "growing"    // the second or third purchase, or buys faster than before
	Mature     Stage = "mature"     // buys steadily
	Declining  Stage = "declining"  // buys slower, or is late
	Lapsed     Stage = "lapsed"     // so late that they are probably gone
)

// Stages are all of them, in that order.
var Stages = []Stage{Prospect, Developing, Growing, Mature, Declining, Lapsed}

// worth orders stages by how much is to be expected of a customer; a move to a
// higher one is upward.
func (s Stage) worth() int {
	return slices.Index([]Stage{Prospect, Lapsed, Declining, Developing, Growing, Mature}, s)
}

// Lifecycle is the thresholds between the stages. A zero field takes the default
// named beside it, so the zero value is the default.
type Lifecycle struct {
	// Model is the shop's gap model, in days. Without one, lateness is told in mean
	// gaps, by the two Overdue thresholds in place of the two Silent ones.
	Model GapModel `json:"model,omitzero"`

	LapsedFirst      float64 `json:"lapsed_first,omitzero"`      // 180: days without a second purchase; better FirstGaps.AmongBack(0.9)
	LapsedSilent     float64 `json:"lapsed_silent,omitzero"`     // 0.05: lapsed when GapModel.Silent is below
	LapsedOverdue    float64 `json:"lapsed_overdue,omitzero"`    // 4: lapsed when Cycle.Overdue is above
	DecliningSilent  float64 `json:"declining_silent,omitzero"`  // 0.20
	DecliningOverdue float64 `json:"declining_overdue,omitzero"` // 2
	DecliningTrend   float64 `json:"declining_trend,omitzero"`   // 0.5: declining when Cycle.Trend is not above, from MatureOrders on
	GrowingTrend     float64 `json:"growing_trend,omitzero"`     // 1.25: growing when Cycle.Trend is not below
	MatureOrders     int     `json:"mature_orders,omitzero"`     // 4: purchases from which on a customer may be mature
}

// WithDefaults is the same thresholds with none left at zero, to be kept.
func (l Lifecycle) WithDefaults() Lifecycle {
	l.LapsedFirst = cmp.Or(l.LapsedFirst, 180)
	l.LapsedSilent = cmp.Or(l.LapsedSilent, 0.05)
	l.LapsedOverdue = cmp.Or(l.LapsedOverdue, 4)
	l.DecliningSilent = cmp.Or(l.DecliningSilent, 0.20)
	l.DecliningOverdue = cmp.Or(l.DecliningOverdue, 2)
	l.DecliningTrend = cmp.Or(l.DecliningTrend, 0.5)
	l.GrowingTrend = cmp.Or(l.GrowingTrend, 1.25)
	l.MatureOrders = cmp.Or(l.MatureOrders, 4)
	return l
}

// Signs are what a stage is told from.
type Signs struct {
	Orders  int     // purchase occasions; two orders of one day are one
	Recency float64 // days since the last; not read without one
	Overdue float64 // read from the second on, without Modelled
	Silent  float64 // GapModel.Silent; read from the second on, with Modelled
	Trend   float64 // read from the second on

	Modelled bool // Silent is known
}

// Tell is the stage by the first rule that holds:
//
//  1. prospect: no purchase.
//  2. lapsed: one purchase and Recency > LapsedFirst; or more, and
//     Silent < LapsedSilent (no model: Overdue > LapsedOverdue).
//  3. declining: more than one, and Silent < DecliningSilent (no model:
//     Overdue > DecliningOverdue) or, from MatureOrders on, Trend <= DecliningTrend.
//  4. developing: one.
//  5. growing: fewer than MatureOrders, or Trend >= GrowingTrend.
//  6. mature: the rest.
func (l Lifecycle) Tell(s Signs) Stage { return l.WithDefaults().tell(s) }

func (l Lifecycle) tell(s Signs) Stage {
	late := func(silent, overdue float64) bool {
		if s.Modelled {
			return s.Silent < silent
		}
		return s.Overdue > overdue
	}
	switch {
	case s.Orders <= 0:
		return Prospect
	case s.Orders == 1 && s.Recency > l.LapsedFirst:
		return Lapsed
	case s.Orders == 1:
		return Developing
	case late(l.LapsedSilent, l.LapsedOverdue):
		return Lapsed
	case late(l.DecliningSilent, l.DecliningOverdue), s.Orders >= l.MatureOrders && s.Trend <= l.DecliningTrend:
		return Declining
	case s.Orders < l.MatureOrders, s.Trend >= l.GrowingTrend:
		return Growing
	}
	return Mature
}

// Today is the stage of a customer by their purchase days, in order, as of a day,
// for that day alone: History is steadier.
func (l Lifecycle) Today(days []int, asOf int) Stage {
	c, ok := CycleOf(days, asOf)
	if !ok {
		return Prospect
	}
	return l.Tell(l.signs(c))
}

func (l Lifecycle) signs(c Cycle) Signs {
	s := Signs{Orders: c.Repeats + 1, Recency: c.Recency()}
	s.Overdue, _ = c.Overdue(0)
	s.Trend, _ = c.Trend()
	s.Silent, s.Modelled = l.Model.Silent(c)
	return s
}

// State is a stage that does not flap: a customer on the border of two stays
// where they are.
type State struct {
	Stage Stage `json:"stage"`
	Since int   `json:"since"` // the day from which it is in force

	// Next is a stage told once, on the day NextSince, and not in force yet; empty
	// when the last evaluation told Stage.
	Next      Stage `json:"next,omitempty"`
	NextSince int   `json:"next_since,omitempty"`
}

// Next is the state after the evaluation of a day, which told a stage for that
// day alone. A change is in force when two evaluations on following days, or on
// the days that were evaluated, told the same; and at once when it is upward (in
// the order prospect, lapsed, declining, developing, growing, mature) and the
// customer has ordered that day. From the zero State every stage is in force at
// once. The same evaluation again changes nothing. Days do not go back.
func Next(state State, told Stage, ordered bool, day int) State {
	in := State{Stage: told, Since: day}
	switch {
	case state.Stage == "":
		return in
	case told == state.Stage:
		state.Next, state.NextSince = "", 0
		return state
	case ordered && told.worth() > state.Stage.worth():
		return in
	case told != state.Next:
		state.Next, state.NextSince = told, day
		return state
	case day > state.NextSince:
		return in
	}
	return state
}

// History is the state as of a day of a customer who was evaluated every day from
// the first purchase on, by the purchase days in order: what Next gives step by
// step, but only over the days on which something can change. Before the first
// purchase ok is false: the customer is a prospect, since a day that purchases do
// not tell.
func (l Lifecycle) History(days []int, asOf int) (state State, ok bool) {
	state.Stage = Prospect
	l.follow(days, asOf, func(s State) { state, ok = s, true })
	return state, ok
}

// Transition is a stage that came into force, until the next one does.
type Transition struct {
	Since int // the day from which it is in force
	Stage Stage
}

// Transitions are all stages that were ever in force of a customer with these
// purchase days, in order, and those that will be where no purchase follows: the
// last one up to a day is the Stage and Since of History. Empty without a purchase.
func (l Lifecycle) Transitions(days []int) (log []Transition) {
	l.follow(days, Horizon, func(s State) {
		if len(log) == 0 || log[len(log)-1].Stage != s.Stage {
			log = append(log, Transition{s.Since, s.Stage})
		}
	})
	return log
}

// Horizon is the last day of Transitions, beyond the last that can be written.
const Horizon = 1 << 22

// follow tells each state of History in turn, some of them more than once.
func (l Lifecycle) follow(days []int, asOf int, tell func(State)) {
	l = l.WithDefaults()
	c, ok := CycleOf(days, asOf)
	if !ok {
		return
	}

	// Occasions in days from the first one, each once.
	var room [64]int
	since := append(room[:0], 0)
	for _, day := range days {
		if offset := day - days[0]; offset > since[len(since)-1] && len(since) <= c.Repeats {
			since = append(since, offset)
		}
	}
	var state State
	for i, from := range since {
		to := asOf - days[0]
		if i+1 < len(since) {
			to = since[i+1] - 1
		}
		span := span{l, since[:i+1], days[0]}
		state = span.pass(state, from, to, tell)
	}
}

// span is the time from one purchase to the day before the next. In it a customer
// can only get later and, as purchases move into the first half of their time,
// only slower: Silent and Trend never rise, Overdue never falls. So each rule of
// Tell changes its answer once at most.
type span struct {
	Lifecycle
	since []int // purchases so far, in days from the first
	first int
}

// signsAt is the signs on a day, counted from the first purchase.
func (s span) signsAt(at int) Signs {
	early, _ := slices.BinarySearch(s.since, at/2+1) // those up to the half, the first among them
	c := Cycle{Repeats: len(s.since) - 1, Age: float64(at), Last: float64(s.since[len(s.since)-1]), Early: early - 1}
	c.Late = c.Repeats - c.Early
	return s.signs(c)
}

// pass evaluates the days from..to, the first of which has the purchase.
func (s span) pass(state State, from, to int, tell func(State)) State {
	ordered := true
	for from <= to {
		told := s.tell(s.signsAt(from))

		// The last day that tells the same: after a change, as every stage is left
		// for good, it is not told again before the next purchase.
		until := to
		if s.tell(s.signsAt(to)) != told {
			until = from + sort.Search(to-from, func(i int) bool { return s.tell(s.signsAt(from+i)) != told }) - 1
		}
		state = Next(state, told, ordered, s.first+from)
		tell(state)
		if until > from {
			state = Next(state, told, false, s.first+from+1) // from then on it rests
			tell(state)
		}
		from, ordered = until+1, false
	}
	return state
}
