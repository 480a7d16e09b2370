package campaigns

import (
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
)

// Campaign is one campaign.yaml as written, with defaults filled in and every
// name checked. Dates and clocks are walls: they become instants only with a
// zone, in internal/wave.
type Campaign struct {
	Name  string // [a-z0-9][a-z0-9-]*, at most 60 bytes
	Says  string
	Owner string

	Enter       Enter         `json:"enter"`
	From, Until calendar.Date // entry is open on [From, Until) in the shop's zone; zero = no bound

	Holdout Holdout
	Exit    []string // exit reasons; first form knows only "repurchased"
	Rounds  Rounds   // never zero: {Times: 1} where the file has none
	Waves   []Wave   // file order; at least one
	Limits  Limits

	Evaluation Evaluation

	Version string // content hash: hex SHA-256 of the whole definition, message files included
	Design  string // design hash: hex SHA-256 of what a changed experiment would change (DESIGN 2.10)
	Dir     string // where it was read from
	// Messages by the path written in a wave.
	Messages map[string]MessageFiles
}

// Enter says who comes in and when.
type Enter struct {
	Schedule *Schedule // entry at slots; nil when On is set
	On       string    `json:"on"` // "order_paid": entry by each order; empty when Schedule is set
	When     string    // the rule, in expr; never empty
	Again    Again
}

// Schedule is one slot (At) or a recurrence (Every at Time), in the shop's zone.
type Schedule struct {
	AtDate calendar.Date  // with Time: `at: "2026-11-12 10:00"`; zero for a recurrence
	Every  string         // "day", a weekday's name in lower case, or "month" (the first day); empty for a single slot
	Time   calendar.Clock // the time of day of the slot
}

// Again says whether a customer may enter once more. The zero value is never.
type Again struct {
	EachTime bool
	After    time.Duration // > 0: again once this long after the last entry
}

// Holdout is the share kept uncontacted. Share 0 needs Because.
type Holdout struct {
	Share   holdout.Share
	Because string
}

// Rounds are passes of the waves, Every apart, from the entry on.
type Rounds struct {
	Times int
	Every time.Duration // 0 only when Times is 1
}

// Wave is one planned contact.
type Wave struct {
	Name         string
	After        After
	Between      *calendar.Window // nil: any time of day
	Channels     []string         // the first that may reach the customer is used
	Message      string           // folder below the campaign's, as written
	ExpiresAfter time.Duration    // 0: until the next wave of the round, for the last 7d
}

// After places a wave by schedule: Wait after the start of the round, or after
// the scheduled instant of an earlier wave, whatever became of that one.
type After struct {
	Wave             string // empty: the start of the round
	Wait             time.Duration
	RequiresAccepted bool // send only if that wave's delivery was accepted (or withheld)
}

// Limits are caps within this campaign.
type Limits struct{ PerCustomer *Cap }

// Cap is at most Count messages to one customer in any span of Window.
type Cap struct {
	Count  int
	Window time.Duration
}

// Evaluation is what will be read, declared before the first send.
type Evaluation struct {
	Primary Primary
	Points  []Point // file order; at least one (default overall_30d)
}

// Primary is the metric at the point on which the verdict rests.
type Primary struct{ Metric, Point string }

// Point is one window [anchor, anchor+Window) in which outcomes count.
type Point struct {
	Name   string
	Anchor Anchor
	Window time.Duration
}

// Anchor is the entry, a wave's scheduled instant, or the end of the sequence.
// Round 0 means every round.
type Anchor struct {
	Entry       bool
	SequenceEnd bool
	Wave        string
	Round       int
}

// MessageFiles is one message folder as text; empty means the file is not there.
type MessageFiles struct{ Subject, Text, HTML string }
