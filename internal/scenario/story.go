package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/holdout"
)

// story is what happened to a customer: what is written of them, and what the
// campaign did about it.
func (r *run) story(l *life) []string {
	all := append(r.written(l), l.story...)
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	lines := make([]string, 0, len(all))
	for _, m := range all {
		line := r.clock(m.at) + "  " + m.text
		if m.more > 0 {
			times := "once, at"
			if m.more > 1 {
				times = fmt.Sprintf("%d times until", m.more)
			}
			line += fmt.Sprintf("; so again %s %s", times, r.clock(m.last))
		}
		lines = append(lines, line)
	}
	return lines
}

// written is what the case tells of a customer, with a date.
func (r *run) written(l *life) []moment {
	var out []moment
	add := func(at time.Time, format string, args ...any) {
		if !at.IsZero() && (r.end.IsZero() || !at.After(r.end)) {
			out = append(out, moment{at: at, text: fmt.Sprintf(format, args...)})
		}
	}
	add(r.start, "the campaign runs from here on")
	for _, s := range r.steers {
		add(s.at, "the campaign is %s", s.value)
	}
	for _, s := range r.silences {
		add(s.at, "the feed of orders is %s", map[bool]string{true: "silent from here on", false: "complete again"}[s.value])
	}
	for _, o := range l.orders {
		var minor int64
		for _, line := range o.lines {
			minor += line.Minor
		}
		add(o.at, "orders for %s (%s)", amount(minor, r.basis.Digits), o.id)
		for _, line := range o.lines {
			if line.refunded != nil {
				add(*line.refunded, "gets %s of %s refunded", amount(line.Minor, r.basis.Digits), o.id)
			}
		}
	}
	for _, e := range l.events {
		add(e.At, "%s", e.Name)
	}
	for w, values := range l.words {
		for _, v := range values {
			what := "marketing"
			if w.service {
				what = "service messages"
			}
			add(v.at, "says %s to %s by %s", map[bool]string{true: "yes", false: "no"}[v.value], what, w.channel)
		}
	}
	for channel, times := range l.banned {
		for _, at := range times {
			add(at, "is suppressed by %s", channel)
		}
	}
	if l.erased != nil {
		add(*l.erased, "is forgotten")
	}
	for _, m := range l.sent {
		add(m.at, "gets a message of %s (priority %d)", m.value.Name, m.value.Priority)
	}
	slices.SortStableFunc(out, func(a, b moment) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return strings.Compare(a.text, b.text) // maps have no order
	})
	return out
}

// tellEntry notes an entry, and where its arm came from.
func (r *run) tellEntry(l *life, e *entry) {
	text := "enters"
	switch {
	case e.trigger != nil:
		text += " by order " + e.trigger.id
	case e.fired != nil:
		text += " by event " + e.fired.Name
	}
	text += ", arm " + string(e.Arm)
	if l.arm == "" && e.Share > 0 {
		text += fmt.Sprintf(" (%.4f against a holdout of %s)", e.U, share(e.Share))
	}
	if e.Stratum != "" {
		text += ", stratum " + e.Stratum
	}
	l.tell(e.EnteredAt, "%s", text)
}

// clock is an instant on the shop's wall, to the minute where it is one.
func (r *run) clock(at time.Time) string {
	at = at.In(r.basis.Zone)
	if at.Second() != 0 {
		return at.Format("2006-01-02 15:04:05")
	}
	return at.Format("2006-01-02 15:04")
}

func number(n int) string { return strconv.Itoa(n) }

func share(s holdout.Share) string { return campaigns.FormatShare(s) }
