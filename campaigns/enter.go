package campaigns

import (
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

var (
	enterKeys    = source.Keys{Known: []string{"schedule", "on", "when", "again"}, Later: []string{"occasion", "unless", "segment"}}
	scheduleKeys = source.Keys{Known: []string{"at", "every"}, Later: []string{"rrule", "occasion", "until", "zone"}}

	laterEvents = []string{"segment_entered", "order_delivered", "order_refunded", "customer_created", "cart_abandoned", "occasion"}
	recurrences = []string{"day", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "month"}
)

func (w *writing) enter(n source.Node) {
	m, ok := n.Mapping(enterKeys)
	if !ok {
		return
	}
	schedule, hasSchedule := m.Get("schedule")
	on, hasOn := m.Get("on")
	if hasOn {
		w.c.Enter.On, _ = on.OneOf("event to enter on", []string{"order_paid"}, laterEvents)
	}
	if hasSchedule {
		w.schedule(schedule)
	}
	switch {
	case hasOn && hasSchedule:
		on.Report(`"on" and "schedule" exclude each other`, "entry is by event or at set times")
	case !hasOn && !hasSchedule:
		n.Report(`"schedule" or "on" is missing`, `enter on: order_paid, or schedule: {every: monday, at: "10:00"}`)
	}
	if n, ok := m.Need("when", "who is meant: when: orders.count == 1; for everyone: when: \"true\""); ok {
		w.when(n, hasOn)
	}
	if n, ok := m.Get("again"); ok {
		w.again(n)
	}
}

func (w *writing) schedule(n source.Node) {
	m, ok := n.Mapping(scheduleKeys)
	if !ok {
		return
	}
	var s Schedule
	at, hasAt := m.Need("at", `{at: "2026-11-12 10:00"}, or {every: monday, at: "10:00"}`)
	if every, ok := m.Get("every"); ok {
		s.Every, _ = every.OneOf("recurrence", recurrences, nil)
		if hasAt {
			s.Time, _ = source.Quoted(at, calendar.ParseClock)
		}
	} else if hasAt {
		slot, _ := source.Quoted(at, calendar.ParseDateTime)
		s.AtDate, s.Time = slot.Date, slot.Clock
	}
	w.c.Enter.Schedule = &s
}

func (w *writing) when(n source.Node, byOrder bool) {
	text, ok := n.Text()
	if !ok {
		return
	}
	_, faults := rules.Compile(text, rules.Options{Order: byOrder})
	for _, f := range faults {
		n.ReportInside(f.Offset, f.Message, f.Hint)
	}
	w.c.Enter.When = strings.TrimSpace(text)
}

func (w *writing) again(n source.Node) {
	text, ok := n.Text()
	if !ok {
		return
	}
	switch text = strings.TrimSpace(text); {
	case text == "never":
	case text == "each_time":
		w.c.Enter.Again.EachTime = true
	case strings.HasPrefix(text, "after "):
		after, err := source.ParseDuration(strings.TrimSpace(strings.TrimPrefix(text, "after ")))
		if err != nil || after == 0 {
			n.Report("is not a time to wait", "for example again: after 180d")
			return
		}
		w.c.Enter.Again.After = after
	default:
		n.Unknown("way to enter again", text, []string{"never", "each_time", "after 180d"})
	}
}

func (w *writing) holdout(m source.Mapping) {
	n, ok := m.Need("holdout", "the share that is not contacted: holdout: 20%; or none, with a `because:`")
	because, hasBecause := m.Get("because")
	if hasBecause {
		w.c.Holdout.Because, _ = because.Full()
	}
	if !ok {
		return
	}
	none := false
	if n.IsText() {
		switch text, _ := n.Text(); text {
		case "none":
			none = true
		case "auto":
			n.Report("auto is not honoured yet", "write a share: holdout: 20%")
			return
		}
	}
	switch {
	case none && !hasBecause:
		n.Report("none needs a reason", "because: ... beside it, for those who will ask what the campaign brought")
	case !none && hasBecause:
		because.Report("because is only for holdout: none", "take it out")
	}
	if none {
		return
	}
	parts, ok := n.Share()
	switch share := holdout.Share(parts); {
	case !ok:
	case share == 0:
		n.Report("0% keeps nobody back", "write none, and a `because:`")
	case share == holdout.Whole:
		n.Report("100% would contact nobody", "for example 20%")
	default:
		w.c.Holdout.Share = share
	}
}

func (w *writing) rounds(n source.Node) {
	m, ok := n.Mapping(roundKeys)
	if !ok {
		return
	}
	if times, ok := m.Need("times", "rounds: {times: 5, every: 30d}"); ok {
		if count, ok := times.Int(1, 100); ok {
			w.c.Rounds.Times = count
		}
	}
	every, ok := m.Get("every")
	if ok {
		w.c.Rounds.Every, _ = every.Duration(time.Hour)
	} else if w.c.Rounds.Times > 1 {
		n.Report(`"every" is missing`, "from the beginning of one round to that of the next: every: 30d")
	}
}
