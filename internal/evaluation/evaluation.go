package evaluation

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/rewave/rewave/internal/holdout"
)

// Input is all that a verdict on one point is made of.
type Input struct {
	Point        Point
	Design       Design
	Observations []Observation // one per arm; an arm left out is an arm of nobody
	Metrics      []MetricInput // besides the repurchase rate
	Shown        []string      // of these, the ones to be told, in this order; nil: all. A verdict may rest on the others
	Integrity    Integrity
	Doubts       *Doubts // nil: not looked for
	Cost         Cost

	AsOf     time.Time      // what was known then counts (business time)
	Zone     *time.Location // the shop's, for dates in sentences; nil is UTC
	ReplayAA bool           // nobody was treated: a replay of the past
}

// Point is one window [anchor, anchor+Window) in which outcomes count, for the
// cohort that is asked about.
type Point struct {
	Name         string
	Metric       string // "repurchase_rate"
	Primary      bool   // the one the verdict rests on
	Anchor       string // said: "entry", "thanks, as scheduled"
	Window       time.Duration
	ReturnWindow time.Duration
	FinalAt      time.Time // when every enrollment of the cohort is final; zero: not known, as long as entry has no end
}

// Tail is the time from an enrollment's anchor until it is final.
func (p Point) Tail() time.Duration { return p.Window + p.ReturnWindow + settle }

// settle is how long late orders may arrive after a window is over.
const settle = 24 * time.Hour

// MarshalJSON writes durations in hours, as windows are whole hours, and times
// in UTC.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name              string     `json:"name"`
		Metric            string     `json:"metric"`
		Primary           bool       `json:"primary"`
		Anchor            string     `json:"anchor"`
		WindowHours       float64    `json:"window_hours"`
		ReturnWindowHours float64    `json:"return_window_hours"`
		FinalAt           *time.Time `json:"final_at"`
	}{p.Name, p.Metric, p.Primary, p.Anchor, p.Window.Hours(), p.ReturnWindow.Hours(), instant(p.FinalAt)})
}

// Design is what was planned before the first send.
type Design struct {
	HoldShare  holdout.Share // of those enrolled, the global holdout not counted
	EntryFrom  time.Time     // first entry
	EntryUntil time.Time     // entry is open before this; zero: no end
}

// Observation is one arm's sufficient statistics in one cohort.
type Observation struct {
	Arm      holdout.Arm
	Assigned int64  // everyone enrolled
	Matured  Totals // of those whose window is over since 24 h
	Final    Totals // of those whose return window is over as well
}

// Totals are sums over enrollments. Orders and money are those kept: a refunded
// order is not among them.
type Totals struct {
	Enrollments  int64
	Buyers       int64 // enrollments with at least one order in the window
	Orders       int64
	RevenueMinor int64
}

// Cost is what one treated enrollment costs and what an order earns.
type Cost struct {
	PerTreatedMicros  int64    // millionths of the currency's unit; 0: none declared
	Margin            *float64 // share of revenue in (0,1]; nil: not known
	AverageOrderMinor int64    // kept orders; 0: not known
	Currency          Currency
}

// Currency says how minor units read. The zero value prints bare numbers.
type Currency struct {
	Code   string `json:"code"`   // "GBP"
	Digits int    `json:"digits"` // minor digits: 2 for pence
}

// Verdict is the answer in one word.
type Verdict string

const (
	Pays        Verdict = "PAYS"
	Loses       Verdict = "LOSES"
	Open        Verdict = "OPEN"
	Refused     Verdict = "REFUSED"
	Provisional Verdict = "PROVISIONAL"
	None        Verdict = "NONE" // a point beside the primary: shown, not judged
)

// Code says why something is refused or cannot be given.
type Code string

const (
	E01 Code = "E01" // sample ratio mismatch
	E02 Code = "E02" // too few
	E03 Code = "E03" // not mature
	E04 Code = "E04" // the holdout was reached
	E05 Code = "E05" // ghosts are missing
	E06 Code = "E06" // assigned by several rules
	E07 Code = "E07" // orders are missing
	E08 Code = "E08" // the arms differed before
	E09 Code = "E09" // a ratio of almost nothing
	E10 Code = "E10" // asked of those still in, or without a lot that skips
	E11 Code = "E11" // one order decides
	E12 Code = "E12" // other campaigns on the same people

	Unbounded         Code = "unbounded"           // an end of the interval does not exist
	NoEstimate        Code = "not_reportable"      // the figure does not exist
	NobodyTreated     Code = "nobody_treated"      // a replay: there is no effect to count or price
	MarginUnknown     Code = "margin_unknown"      // break-even needs a margin
	OrderValueUnknown Code = "order_value_unknown" // break-even needs an average order
)

// Refusal is a reason not to say what was asked, in a sentence for a marketer.
// A note has the same form and does not stop the verdict.
type Refusal struct {
	Code     Code   `json:"code"`
	Sentence string `json:"sentence"`
}

// Figure is an estimate with its 95 % interval. What is nil does not exist, and
// Code says why; a Code beside an estimate tells of a missing end.
type Figure struct {
	Estimate *float64 `json:"estimate"`
	Lo       *float64 `json:"lo"`
	Hi       *float64 `json:"hi"`
	Method   string   `json:"method"`
	Code     Code     `json:"code,omitempty"`
}

// Known reports whether estimate and both ends exist.
func (f Figure) Known() bool { return f.Estimate != nil && f.Lo != nil && f.Hi != nil }

// Arm is one arm of the result. Counted is what the rate is of: the final
// enrollments, or the matured ones while the point is provisional.
type Arm struct {
	Arm          holdout.Arm `json:"arm"`
	Assigned     int64       `json:"assigned"`
	Matured      int64       `json:"matured"`
	Final        int64       `json:"final"`
	Counted      int64       `json:"counted"`
	Buyers       int64       `json:"buyers"`
	Orders       int64       `json:"orders"`
	RevenueMinor int64       `json:"revenue_minor"`
	Rate         Figure      `json:"rate"`
}

// SampleRatio is the check that the arms have the planned sizes.
type SampleRatio struct {
	P       *float64 `json:"p"` // nil: nobody assigned, or nobody held out by plan
	Treat   int64    `json:"treat"`
	Hold    int64    `json:"hold"`
	Planned float64  `json:"planned_hold_share"`
}

// Result is the answer for one point. Rates and lifts are shares, not per cent.
type Result struct {
	Point       Point      `json:"point"`
	ReplayAA    bool       `json:"replay_aa"`
	AsOf        time.Time  `json:"as_of"`
	Verdict     Verdict    `json:"verdict"`
	Against     string     `json:"against"` // "break_even" or "zero"
	Sentence    string     `json:"sentence"`
	Explanation string     `json:"explanation,omitempty"`
	Next        string     `json:"next,omitempty"` // what it needs, by when, what to change
	NextDate    *time.Time `json:"next_date"`

	Arms          []Arm       `json:"arms"` // treat, hold, global_hold if there is any
	Difference    Figure      `json:"difference"`
	Relative      Figure      `json:"relative"` // ratio minus 1
	Z             *float64    `json:"z"`
	P             *float64    `json:"p"`
	SRM           SampleRatio `json:"srm"`
	Integrity     Integrity   `json:"integrity"`
	Doubts        *Doubts     `json:"doubts,omitempty"` // of the primary point
	Metrics       []Metric    `json:"metrics"`
	BreakEven     *float64    `json:"break_even"`
	BreakEvenCode Code        `json:"break_even_code,omitempty"`
	ExtraBuyers   Figure      `json:"extra_buyers"`
	PricePerBuyer Figure      `json:"price_per_extra_buyer"` // in units of Currency
	Currency      Currency    `json:"currency"`
	Needed        *int64      `json:"needed_enrollments"` // in all, of this design; nil: no figure
	Detectable    *float64    `json:"detectable_lift"`    // seen in 80 of 100 such runs

	Refusals []Refusal `json:"refusals"`
	Notes    []Refusal `json:"notes"`
}

// Arm returns the named arm; the zero Arm if nobody was assigned to it.
func (r Result) Arm(name holdout.Arm) Arm {
	for _, a := range r.Arms {
		if a.Arm == name {
			return a
		}
	}
	return Arm{Arm: name}
}

// Blocked is the refusal that decides: what was sorted or mixed wrongly stays
// wrong, and what is not over yet is not too few yet. Empty: nothing speaks
// against comparing.
func (r Result) Blocked() Code {
	for _, code := range []Code{E01, E06, E08, E04, E05, E03, E02} {
		if slices.ContainsFunc(r.Refusals, func(x Refusal) bool { return x.Code == code }) {
			return code
		}
	}
	return ""
}

// check refuses what no correct caller sends.
func (in Input) check() error {
	if in.AsOf.IsZero() {
		return errors.New("evaluate: no instant as of which to judge")
	}
	if in.Point.Window <= 0 || in.Point.ReturnWindow < 0 {
		return fmt.Errorf("evaluate %s: window %v, return window %v", in.Point.Name, in.Point.Window, in.Point.ReturnWindow)
	}
	if s := in.Design.HoldShare; s < 0 || s > holdout.Whole {
		return fmt.Errorf("evaluate %s: holdout share %v is outside [0,1]", in.Point.Name, s.Float())
	}
	if m := in.Cost.Margin; in.Cost.PerTreatedMicros < 0 || in.Cost.AverageOrderMinor < 0 || m != nil && !(*m > 0 && *m <= 1) {
		return fmt.Errorf("evaluate %s: cost, margin or average order is not sensible", in.Point.Name)
	}
	seen := map[holdout.Arm]bool{}
	for _, o := range in.Observations {
		switch o.Arm {
		case holdout.Treat, holdout.Hold, holdout.GlobalHold:
		default:
			return fmt.Errorf("evaluate %s: unknown arm %q", in.Point.Name, o.Arm)
		}
		if seen[o.Arm] {
			return fmt.Errorf("evaluate %s: arm %s comes twice", in.Point.Name, o.Arm)
		}
		seen[o.Arm] = true
		if !o.Final.within(o.Matured.Enrollments) || !o.Matured.within(o.Assigned) {
			return fmt.Errorf("evaluate %s: arm %s: of %d assigned, %+v matured, %+v final", in.Point.Name, o.Arm, o.Assigned, o.Matured, o.Final)
		}
	}
	return in.checkMetrics()
}

func (in Input) checkMetrics() error {
	final := map[holdout.Arm]int64{}
	for _, o := range in.Observations {
		final[o.Arm] = o.Final.Enrollments
	}
	seen := map[string]bool{}
	for _, m := range in.Metrics {
		switch m.Metric {
		case MetricOrders, MetricRevenue, MetricProfit, MetricRefunds, MetricLeaving:
		default:
			return fmt.Errorf("evaluate %s: unknown metric %q", in.Point.Name, m.Metric)
		}
		if seen[m.Metric] {
			return fmt.Errorf("evaluate %s: metric %s comes twice", in.Point.Name, m.Metric)
		}
		seen[m.Metric] = true
		for arm, sums := range map[holdout.Arm]MetricArm{holdout.Treat: m.Treat, holdout.Hold: m.Hold} {
			if sums.Whole.N != final[arm] || sums.Capped.N != final[arm] {
				return fmt.Errorf("evaluate %s: metric %s is of %d and %d of arm %s, of which %d are final",
					in.Point.Name, m.Metric, sums.Whole.N, sums.Capped.N, arm, final[arm])
			}
		}
	}
	i := in.Integrity
	if i.Contaminated < 0 || i.Contaminated > i.Held || i.GhostsLost < 0 || i.GhostsLost > i.GhostsDue {
		return fmt.Errorf("evaluate %s: %+v contradicts itself", in.Point.Name, i)
	}
	return nil
}

func (t Totals) within(n int64) bool {
	return 0 <= t.Enrollments && t.Enrollments <= n && 0 <= t.Buyers && t.Buyers <= t.Enrollments && t.Orders >= t.Buyers
}

// Number is a figure fit to be shown and stored, or nil.
func Number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	// Printing and parsing back is the one rounding that no compiler can fuse.
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	if err != nil {
		return nil
	}
	rounded += 0 // no negative zero
	return &rounded
}

// instant is nil for the zero time, and UTC to the second otherwise.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}
