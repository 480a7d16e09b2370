package config

import (
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/source"
)

// Flow is how fast messages may go out on a channel.
type Flow struct {
	InFlight int           // calls open at once in one process
	Messages int           // in a time of length Per, over all processes; 0: as many as can be
	Per      time.Duration // a second or a minute
	WarmUp   *WarmUp       // nil: none
}

// WarmUp is so many messages on the first day, on each day Grow times as many,
// and never more than Until.
type WarmUp struct {
	From  calendar.Date
	Start int     // from 1 to Until
	Grow  float64 // from 1.01 to 10
	Until int
}

const defaultInFlight = 10

var warmUpKeys = source.Keys{Known: []string{"from", "start", "grow", "until"}}

func readFlow(m source.Mapping) Flow {
	f := Flow{InFlight: defaultInFlight}
	if n, ok := m.Get("in_flight"); ok {
		f.InFlight, _ = n.Int(1, 1000)
	}
	second, hasSecond := m.Get("per_second")
	minute, hasMinute := m.Get("per_minute")
	if hasSecond {
		f.Messages, _ = second.Int(1, 10_000)
		f.Per = time.Second
	}
	if hasMinute {
		f.Messages, _ = minute.Int(1, 600_000)
		f.Per = time.Minute
	}
	if hasSecond && hasMinute {
		minute.Report(`"per_minute" beside "per_second"`, "a channel has one rate: take one of them out")
	}
	if n, ok := m.Get("warm_up"); ok {
		f.WarmUp = readWarmUp(n)
	}
	return f
}

const maxDay = 100_000_000

func readWarmUp(n source.Node) *WarmUp {
	m, ok := n.Mapping(warmUpKeys)
	if !ok {
		return nil
	}
	w, whole := &WarmUp{}, true
	if n, ok := m.Need("from", `the first day: from: "2026-12-01"`); ok {
		w.From, ok = source.Quoted(n, calendar.ParseDate)
		whole = whole && ok
	}
	if n, ok := m.Need("start", "messages on the first day: start: 200"); ok {
		w.Start, ok = n.Int(1, maxDay)
		whole = whole && ok
	}
	if n, ok := m.Need("grow", "each day has so many times the messages of the one before: grow: 1.5"); ok {
		if w.Grow, ok = n.Float(); ok && (w.Grow < 1.01 || w.Grow > 10) {
			n.Report("must be from 1.01 to 10", "grow: 1.5 is half as many more each day")
		}
	}
	if n, ok := m.Need("until", "the most on any day: until: 50000"); ok {
		if w.Until, ok = n.Int(1, maxDay); ok && whole && w.Until < w.Start {
			n.Report("is below start", "the most on any day: until: 50000")
		}
	}
	return w
}
