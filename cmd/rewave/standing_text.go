package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

const clockForm = "2006-01-02 15:04"

// text writes the page for a terminal.
func (s standing) text(w io.Writer, zone *time.Location) error {
	var b strings.Builder
	line := func(prefix, text string) { b.WriteString(wrap(prefix, text) + "\n") }
	because := ""
	if s.Because != "" && s.Status != "running" {
		because = " because " + s.Because
	}
	line(s.Campaign+"  ", fmt.Sprintf("%s%s; design %d, version %s; %s", s.Status, because, s.Design, short(s.Version), s.says))
	line("  ", s.entries())
	if s.Budget != nil {
		line("  ", "budget: "+s.Budget.stands())
	}
	if s.Overdue != nil {
		line("! ", s.Overdue.says(zone))
	}
	b.WriteString("\non their way\n")
	over := s.Status == "cancelled"
	switch {
	case len(s.InFlight) == 0:
		b.WriteString("  nobody\n")
	case over:
		customers := int64(0)
		for _, f := range s.InFlight {
			customers += f.Customers
		}
		line("  ", "nobody goes on; what waited for "+count(int(customers), "customer")+" is being cancelled")
	}
	for _, f := range s.InFlight {
		if over {
			break
		}
		older := ""
		if f.Version != s.Version || f.Design != s.Design {
			older = ", an earlier one"
		}
		line("  ", fmt.Sprintf("%s in round %d, on version %s of design %d%s", count(int(f.Customers), "customer"), f.Round, short(f.Version), f.Design, older))
	}
	fmt.Fprintf(&b, "\nmessages (times in %s)\n", zone)
	if len(s.Deliveries) == 0 {
		b.WriteString("  none yet\n")
	}
	width := 16
	for _, d := range s.Deliveries {
		width = max(width, len([]rune(d.Wave)))
	}
	for rows := range waves(s.Deliveries) {
		line(fmt.Sprintf("  round %d  %-*s ", rows[0].Round, width, rows[0].Wave), outcomes(rows, over, zone))
	}
	fmt.Fprintf(&b, "\nhistory, the newest first\n")
	for _, d := range slices.Backward(s.History) {
		says := d.Deed
		if d.Version != "" {
			says += fmt.Sprintf(" version %s, design %d", short(d.Version), d.Design)
		}
		if len(d.Changed) > 0 {
			says += ": " + listed(d.Changed)
		}
		if d.Because != "" {
			says += " because " + d.Because
		}
		line("  "+d.at.In(zone).Format(clockForm)+"  ", says)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s standing) entries() string {
	e := s.Entered
	all := e.Treat + e.Hold + e.GlobalHold
	if all == 0 {
		return "nobody entered yet"
	}
	says := fmt.Sprintf("%s entered: %s treated", thousands(int(all)), thousands(int(e.Treat)))
	if e.Hold > 0 {
		says += ", " + thousands(int(e.Hold)) + " held out"
	}
	if e.GlobalHold > 0 {
		says += ", " + thousands(int(e.GlobalHold)) + " held out of everything"
	}
	return says
}

// listed is what was changed, as far as a line or two can carry it.
func listed(changed []string) string {
	const most = 6
	if n := len(changed); n > most {
		return strings.Join(changed[:most], ", ") + fmt.Sprintf(" and %d more", n-most)
	}
	return strings.Join(changed, ", ")
}

// waves gives the rows of one wave of one round after the other.
func waves(rows []waveState) func(func([]waveState) bool) {
	return func(yield func([]waveState) bool) {
		for len(rows) > 0 {
			n := 1
			for n < len(rows) && rows[n].Round == rows[0].Round && rows[n].Wave == rows[0].Wave {
				n++
			}
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

// reasonOf is `outranked, lost to win-back`.
func reasonOf(r waveState) string {
	reason := strings.ReplaceAll(r.Reason, "_", " ")
	if r.LostTo != "" {
		reason += ", lost to " + r.LostTo
	}
	return reason
}

// outcomes is `32 accepted, 10 suppressed (8 budget, 2 capped)`, by state.
func outcomes(rows []waveState, over bool, zone *time.Location) string {
	var states []string
	for len(rows) > 0 {
		n, total := 0, int64(0)
		var reasons []string
		due, last := rows[0].due, rows[0].last
		for n < len(rows) && rows[n].State == rows[0].State {
			r := rows[n]
			n, total = n+1, total+r.Count
			if r.Reason != "" {
				reasons = append(reasons, thousands(int(r.Count))+" "+reasonOf(r))
			}
			if r.due.Before(due) {
				due = r.due
			}
			if r.last.After(last) {
				last = r.last
			}
		}
		state, reason := rows[0].State, reasonOf(rows[0])
		if over && state == "planned" {
			state = "being cancelled"
		}
		says := thousands(int(total)) + " " + strings.ReplaceAll(state, "_", " ")
		switch {
		case n == 1 && reason == state:
		case n == 1 && reason != "":
			says += " (" + reason + ")"
		case len(reasons) > 0:
			says += " (" + strings.Join(reasons, ", ") + ")"
		}
		if state == "planned" && !due.IsZero() {
			first, end := due.In(zone).Format(clockForm), last.In(zone).Format(clockForm)
			if says += ", due " + first; end != first {
				says += " to " + end
			}
		}
		states = append(states, says)
		rows = rows[n:]
	}
	return strings.Join(states, "; ")
}
