package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// SchemaVersion numbers the JSON form. It rises when a field changes its meaning
// or goes away, not when one is added.
const SchemaVersion = 1

// Report is everything a report says about one campaign under one design.
type Report struct {
	SchemaVersion int    `json:"schema_version"` // set by the renderings
	Campaign      string `json:"campaign"`
	Says          string `json:"says"`    // the campaign's goal, as written
	Design        int    `json:"design"`  // the design number
	Version       string `json:"version"` // content hash of the version last applied

	AsOf     time.Time      `json:"as_of"` // what was known then (business time)
	Zone     *time.Location `json:"-"`     // the shop's; nil is UTC
	ReplayAA bool           `json:"replay_aa"`

	Arms  []PlannedArm `json:"arms"`
	Salts []Salt       `json:"salts"`

	Points  []evaluation.Result `json:"points"`  // file order; one of them is the primary
	Pending []Round             `json:"pending"` // rounds that have not begun: no point is read in them yet
	Curves  *Curves             `json:"curves"`  // nil: nothing to draw yet

	Looks       []evaluation.Look       `json:"looks"`        // one a round, where the file asks for them
	WaveEffects []evaluation.WaveEffect `json:"wave_effects"` // of waves that skip by lot, in each round
	Coupons     []CouponCount           `json:"coupons"`
	Variants    []evaluation.Variants   `json:"variants"`          // of waves that say several things
	Cohorts     *evaluation.Cohorts     `json:"cohorts"`           // nil: it is not read by them
	Splits      []evaluation.Cells      `json:"splits"`            // by what the file names
	Observed    []evaluation.Observed   `json:"observed"`          // of waves that go by several channels: different customers
	Planted     *Planted                `json:"planted,omitempty"` // of a made-up shop: the truth

	// Of the primary point, once it may be judged; nil before that.
	Price    *evaluation.Price     `json:"price,omitempty"`
	Credited *evaluation.Credited  `json:"credited,omitempty"`
	Moved    *evaluation.Moved     `json:"moved,omitempty"`
	Basket   *evaluation.Basket    `json:"basket,omitempty"`
	Traffic  *evaluation.Traffic   `json:"traffic,omitempty"`
	Surveys  []evaluation.Answered `json:"surveys,omitempty"` // the strongest first

	Guardrails *evaluation.Guardrails `json:"guardrails,omitempty"` // nil: nothing was sent

	Waves        []string        `json:"waves"` // file order
	Deliveries   []DeliveryCount `json:"deliveries"`
	DeliveriesAt *time.Time      `json:"deliveries_as_of,omitempty"` // nil: AsOf, or close to it
	Unknown      int64           `json:"unknown"`                    // deliveries that may or may not have been taken, at DeliveriesAt
	Warnings     []Warning       `json:"warnings"`

	Language evaluation.Language `json:"-"` // its zero value is English
}

// PlannedArm is an arm's share as designed. The global holdout, when there is
// one, is a share of all customers; the others are shares of those enrolled.
type PlannedArm struct {
	Arm   holdout.Arm   `json:"arm"`
	Share holdout.Share `json:"share_ppb"` // parts per billion, exact
}

// Round is a round that has not begun as of the report's instant.
type Round struct {
	Round  int       `json:"round"`
	Begins time.Time `json:"begins"` // for the first who entered
}

// Salt is the layer that an assignment was hashed with.
type Salt struct {
	Layer string `json:"layer"` // as holdout spells it: "c|second-order|1"
	Of    string `json:"of"`    // what it decides: "campaign holdout"
}

// Curves are the cumulative repurchase of each arm, over enrollments of which
// the whole span has been seen.
type Curves struct {
	Anchor string     `json:"anchor"` // where day 0 is: "entry"
	Days   int        `json:"days"`   // the span, in days of 24 h
	Arms   []Curve    `json:"arms"`
	Waves  []WaveTick `json:"waves"` // in the order they are scheduled

	// Difference is treat minus hold by day, with the band of each day by itself.
	// The renderings work it out; it is empty while there is no verdict to be had.
	Difference []Gap `json:"difference"`
}

// Curve is one arm: of Enrollments, how many had bought by the end of each day.
type Curve struct {
	Arm         holdout.Arm `json:"arm"`
	Enrollments int64       `json:"enrollments"`
	Steps       []Step      `json:"steps"` // rising days; a day without a step is like the one before
}

// Step says that Buyers had bought before anchor + Day x 24 h. The share and its
// band, of this day by itself, are worked out by the renderings.
type Step struct {
	Day    int      `json:"day"`
	Buyers int64    `json:"buyers"`
	Share  *float64 `json:"share"`
	Lo     *float64 `json:"lo"` // nil: nobody had bought, or everybody
	Hi     *float64 `json:"hi"`
}

// Gap is the difference of the two curves on a day.
type Gap struct {
	Day      int      `json:"day"`
	Estimate *float64 `json:"estimate"`
	Lo       *float64 `json:"lo"`
	Hi       *float64 `json:"hi"`
}

// WaveTick is the scheduled day of a wave, from the anchor.
type WaveTick struct {
	Day  float64 `json:"day"`
	Wave string  `json:"wave"`
}

// DeliveryCount is how many deliveries of a round and wave ended, or stand, in a
// state for a reason. Arm is the delivery's own; Reason may be empty.
type DeliveryCount struct {
	Round   int         `json:"round"`
	Wave    string      `json:"wave"`
	Arm     holdout.Arm `json:"arm"`
	Channel string      `json:"channel"`
	State   string      `json:"state"`
	Reason  string      `json:"reason"`
	LostTo  string      `json:"lost_to,omitempty"` // the campaign that they lost to at the gate
	Count   int64       `json:"count"`
}

// CouponCount is what became of the codes that a wave gave in a round.
type CouponCount struct {
	Round    int    `json:"round"`
	Wave     string `json:"wave"`
	Given    int64  `json:"given"`
	Redeemed int64  `json:"redeemed"`
	Minor    int64  `json:"minor"` // what the redeemed ones took off
}

// Planted is what a made-up shop knows and a real one never does: what the same
// treated customers would have done, had nobody written to them.
type Planted struct {
	Treated  int64   `json:"treated"`        // final enrollments of the treated arm at the primary point
	Buyers   int64   `json:"buyers"`         // of them, who bought
	Natural  int64   `json:"natural"`        // of them, who would have bought anyway
	Effect   float64 `json:"effect"`         // (Buyers - Natural) / Treated
	Profit   float64 `json:"profit"`         // what writing to them earned in all, in units of the currency; net of messages and coupons
	Covered  *bool   `json:"covered"`        // whether the interval of the difference holds Effect; nil: there is none
	CoveredP *bool   `json:"covered_profit"` // whether that of the extra profit holds Profit; nil: there is none
}

// Warning is something that does not refuse the result but qualifies it.
type Warning struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
}

// Primary is the point the verdict rests on; false when there is none.
func (r Report) Primary() (evaluation.Result, bool) {
	for _, p := range r.Points {
		if p.Point.Primary {
			return p, true
		}
	}
	return evaluation.Result{}, false
}

// prepared is the report in its one order: lists are never nil, deliveries go by
// round, wave as in the file, arm, state and reason, arms as treat, hold, global_hold.
func (r Report) prepared() Report {
	r.SchemaVersion = SchemaVersion
	r.AsOf = r.AsOf.UTC()
	if r.Language.Tag == "" {
		r.Language = English()
	}
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	r.Arms = ordered(r.Arms, func(a, b PlannedArm) int { return byArm(a.Arm, b.Arm) })
	r.Salts = ordered(r.Salts, nil)
	r.Points = ordered(r.Points, nil)
	for i := range r.Points {
		r.Points[i].Metrics = ordered(r.Points[i].Metrics, nil)
	}
	r.Looks = ordered(r.Looks, func(a, b evaluation.Look) int { return cmp.Compare(a.Round, b.Round) })
	r.Pending = ordered(r.Pending, func(a, b Round) int { return cmp.Compare(a.Round, b.Round) })
	for i := range r.Pending {
		r.Pending[i].Begins = r.Pending[i].Begins.UTC()
	}
	r.Variants = ordered(r.Variants, nil)
	r.Splits = ordered(r.Splits, nil)
	r.Observed = ordered(r.Observed, nil)
	r.Waves = ordered(r.Waves, nil)
	r.Warnings = ordered(r.Warnings, nil)

	if r.DeliveriesAt != nil {
		at := r.DeliveriesAt.UTC()
		r.DeliveriesAt = &at
	}

	if r.Curves != nil {
		c := *r.Curves
		c.Arms = ordered(c.Arms, func(a, b Curve) int { return byArm(a.Arm, b.Arm) })
		for i := range c.Arms {
			c.Arms[i].Steps = ordered(c.Arms[i].Steps, func(a, b Step) int { return cmp.Compare(a.Day, b.Day) })
		}
		c.Waves = ordered(c.Waves, func(a, b WaveTick) int { return cmp.Compare(a.Day, b.Day) })
		primary, ok := r.Primary()
		c.band(ok && primary.Difference.Known())
		r.Curves = &c
	}
	place := func(wave string) int { // a wave the file no longer has comes after the others
		if i := slices.Index(r.Waves, wave); i >= 0 {
			return i
		}
		return len(r.Waves)
	}
	r.WaveEffects = ordered(r.WaveEffects, func(a, b evaluation.WaveEffect) int {
		return cmp.Or(cmp.Compare(a.Round, b.Round), cmp.Compare(place(a.Wave), place(b.Wave)), cmp.Compare(a.Wave, b.Wave))
	})
	r.Coupons = ordered(r.Coupons, func(a, b CouponCount) int {
		return cmp.Or(cmp.Compare(a.Round, b.Round), cmp.Compare(place(a.Wave), place(b.Wave)), cmp.Compare(a.Wave, b.Wave))
	})
	r.Deliveries = ordered(r.Deliveries, func(a, b DeliveryCount) int {
		return cmp.Or(
			cmp.Compare(a.Round, b.Round),
			cmp.Compare(place(a.Wave), place(b.Wave)), cmp.Compare(a.Wave, b.Wave),
			byArm(a.Arm, b.Arm), cmp.Compare(a.Channel, b.Channel),
			cmp.Compare(a.State, b.State), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.LostTo, b.LostTo),
		)
	})
	return r
}

// ordered copies, so that the caller's slice stays as it was.
func ordered[T any](in []T, compare func(a, b T) int) []T {
	out := append([]T{}, in...)
	if compare != nil {
		slices.SortStableFunc(out, compare)
	}
	return out
}

func byArm(a, b holdout.Arm) int {
	order := []holdout.Arm{holdout.Treat, holdout.Hold, holdout.GlobalHold}
	return cmp.Or(cmp.Compare(slices.Index(order, a), slices.Index(order, b)), cmp.Compare(a, b))
}
