package campaigns

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

func (w *writing) enter(n source.Node) {
	m, ok := enterTable.read(n)
	if !ok {
		return
	}
	var ways []string
	var last source.Node
	if n, ok := m.Get("schedule"); ok {
		ways, last = append(ways, "schedule"), n
		w.schedule(n)
	}
	if n, ok := m.Get("on"); ok {
		ways, last = append(ways, "on"), n
		w.on(n)
	}
	if n, ok := m.Get("occasion"); ok {
		ways, last = append(ways, "occasion"), n
		w.occasion(n)
	}
	switch len(ways) {
	case 0:
		n.Report(`"schedule", "on" or "occasion" is missing`, `enter on: order_paid, or schedule: {every: monday, at: "10:00"}`)
	case 1:
	default:
		last.Report(strings.Join(ways, " and ")+" exclude one another", "entry is by event, at set times, or on a yearly date")
	}
	if n, ok := m.Need("when", "who is meant: when: orders.count == 1; for everyone: when: \"true\""); ok {
		w.when(n)
	}
	if n, ok := m.Get("again"); ok {
		w.again(n)
	}
}

// on is an order, or an event of the shop's own.
func (w *writing) on(n source.Node) {
	e := &w.c.Enter
	if n.IsMapping() {
		w.trigger.Event = true
		if n.Has(segmentEntered) {
			w.entered(n)
			return
		}
		m, _ := eventTable.read(n)
		if n, ok := m.Need("event", `its name as imported: on: {event: "Order Delayed"}`); ok {
			e.On = ownEvent
			e.Event, _ = dataText(n, "an event")
		}
		return
	}
	name, ok := n.Text()
	if ok && name == segmentEntered {
		w.trigger.Event = true
		n.Report("does not say which segment", "write on: {segment_entered: at-risk}")
		return
	}
	w.trigger.Order = true // what is meant, whatever is written
	if ok && source.Suggest(name, entryEvents) == "" && !slices.Contains(laterEvents, name) {
		w.trigger.Event = true
		n.Report(fmt.Sprintf("unknown event to enter on %q", name), fmt.Sprintf("known: %s; an event of your own: on: {event: %q}", strings.Join(entryEvents, ", "), ownName(name)))
		return
	}
	e.On, _ = n.OneOf("event to enter on", entryEvents, laterEvents)
}

// entered is a named segment that customers come to be in.
func (w *writing) entered(n source.Node) {
	m, _ := enteredTable.read(n)
	n, ok := m.Need(segmentEntered, "its name: on: {segment_entered: at-risk}")
	if !ok {
		return
	}
	name, ok := n.Text()
	if !ok {
		return
	}
	rule, faults := rules.Compile(fmt.Sprintf("in_segment(%q)", name), rules.Options{Attributes: w.options.Attributes, Segments: w.options.Segments})
	if rule == nil {
		n.Report(faults[0].Message, faults[0].Hint)
		return
	}
	w.c.Enter.On, w.c.Enter.Segment, w.c.Enter.Event = ownEvent, name, event.SegmentEntered+name
	w.named(rule)
}

// named keeps the segments that a rule names as they stand.
func (w *writing) named(rule *rules.Program) {
	for _, name := range rule.Needs().Segments {
		if w.c.Enter.Segments == nil {
			w.c.Enter.Segments = map[string]string{}
		}
		w.c.Enter.Segments[name] = w.options.Segments[name]
	}
}

// ownName is the name to show in an example where somebody wrote name.
func ownName(name string) string {
	if name == ownEvent || !isDataName(name) {
		return "Order Delayed"
	}
	return name
}

func (w *writing) schedule(n source.Node) {
	m, ok := scheduleTable.read(n)
	if !ok {
		return
	}
	var s Schedule
	at, hasAt := m.Need("at", `{at: "2026-11-12 10:00"}, or {every: monday, at: "10:00"}`)
	every, hasEvery := m.Get("every")
	rule, hasRule := m.Get("rrule")
	since, hasSince := m.Get("since")
	if hasEvery {
		s.Every, _ = every.OneOf("recurrence", recurrences, nil)
	}
	if hasEvery && hasRule {
		rule.Report("every and rrule exclude each other", "take one of them out")
	}
	if hasRule {
		s.RRule, _ = source.Parsed(rule, func(text string) (string, error) {
			_, err := calendar.ParseRecurrence(text)
			return strings.TrimSpace(text), err
		})
	}
	switch {
	case hasSince:
		s.Since, _ = source.Quoted(since, calendar.ParseDate)
		if !hasRule {
			since.Report("since is only for an rrule", "a campaign begins with `from:`")
		}
	case hasRule && !w.c.From.IsZero():
		s.Since = w.c.From
	case hasRule:
		rule.Report("nothing says from which day it counts", `write since: "2026-01-01" beside it, or the campaign's from:`)
	}
	switch {
	case !hasAt:
	case hasEvery || hasRule:
		s.Time, _ = source.Quoted(at, calendar.ParseClock)
	default:
		slot, _ := source.Quoted(at, calendar.ParseDateTime)
		s.AtDate, s.Time = slot.Date, slot.Clock
	}
	w.c.Enter.Schedule = &s
}

var (
	yearly    = regexp.MustCompile(yearlyPattern)
	wholeDays = regexp.MustCompile(wholeDaysPattern)
)

func (w *writing) occasion(n source.Node) {
	m, ok := occasionTable.read(n)
	if !ok {
		return
	}
	var o Occasion
	of, hasOf := m.Get("of")
	date, hasDate := m.Get("date")
	if hasOf {
		o.Attribute, _ = dataText(of, "an attribute")
		w.declaredDate(of, o.Attribute)
	}
	if hasDate {
		o.Month, o.Day = yearlyDate(date)
	}
	switch {
	case hasOf && hasDate:
		date.Report("of and date exclude each other", "an occasion is a date of each customer, or one for all")
	case !hasOf && !hasDate:
		n.Report(`"of" or "date" is missing`, `occasion: {of: birthday, before: 7d, at: "10:00"}, or {date: "12-24", before: 14d, at: "10:00"}`)
	}
	if n, ok := m.Get("before"); ok {
		o.Before = daysAhead(n)
	}
	if n, ok := m.Need("at", `the time of day: at: "10:00"`); ok {
		o.Time, _ = source.Quoted(n, calendar.ParseClock)
	}
	w.c.Enter.Occasion = &o
}

func yearlyDate(n source.Node) (month, day int) {
	type monthDay struct{ month, day int }
	d, _ := source.Quoted(n, func(s string) (monthDay, error) {
		if !yearly.MatchString(s) {
			return monthDay{}, fault.New(fault.Invalid, fmt.Sprintf("%q is not a date of every year", s), "write month-day: 12-24")
		}
		month, err := strconv.Atoi(s[:2])
		if err != nil {
			return monthDay{}, err
		}
		day, err := strconv.Atoi(s[3:])
		return monthDay{month, day}, err
	})
	return d.month, d.day
}

func daysAhead(n source.Node) int {
	d, ok := n.Duration(0)
	if !ok {
		return 0
	}
	text, _ := n.Text()
	if !wholeDays.MatchString(text) {
		n.Report(fmt.Sprintf("must be whole days, at most %d, not %s", maxBefore, text), "for example 7d or 2w")
	}
	return int(d / (24 * time.Hour))
}

func (w *writing) when(n source.Node) {
	text, ok := n.Text()
	if !ok {
		return
	}
	rule, faults := rules.Compile(text, w.trigger)
	report(n, faults)
	w.c.Enter.When = strings.TrimSpace(text)
	if rule != nil {
		w.named(rule)
	}
}

func report(n source.Node, faults rules.Faults) {
	for _, f := range faults {
		n.ReportInside(f.Offset, f.Message, f.Hint)
	}
}

// declaredDate holds the attribute of an occasion to what the shop declared.
func (w *writing) declaredDate(n source.Node, name string) {
	declared := w.options.Attributes
	if declared == nil || name == "" {
		return
	}
	switch kind, ok := declared[name]; {
	case !ok:
		n.Unknown("attribute", name, slices.Sorted(maps.Keys(declared)))
	case kind != rules.Date:
		n.Report(fmt.Sprintf("the attribute %q is declared as a %s", name, kind), "an occasion is of a date")
	}
}

func (w *writing) again(n source.Node) {
	text, ok := n.Text()
	if !ok {
		return
	}
	switch {
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
