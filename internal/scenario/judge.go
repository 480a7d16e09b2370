package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/message"
)

// Result is what a case came to. It passed where there is no difference.
type Result struct {
	Case        string       `json:"case"`
	Line        int          `json:"line"`
	Differences []Difference `json:"differences"`
	Stories     []Story      `json:"stories,omitempty"`
}

// Difference is an expectation that was not met, or a message that nobody
// expected.
type Difference struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Column   int      `json:"column"`
	Customer string   `json:"customer"` // empty: it is about all
	Expected string   `json:"expected"`
	Happened string   `json:"happened"`
	Why      []string `json:"why,omitempty"` // the reasons, a line each
}

// Story is everything that happened to a customer, a line each, in the order of
// time.
type Story struct {
	Customer string   `json:"customer"`
	Lines    []string `json:"lines"`
}

// judge compares what happened with what was expected.
func (r *run) judge(finished bool) Result {
	out := Result{Case: r.Name, Line: r.Line, Differences: []Difference{}}
	if !finished {
		out.Differences = append(out.Differences, Difference{File: r.file, Line: r.Line, Column: r.column, Expected: "an end",
			Happened: fmt.Sprintf("more than %d steps: the case is too long; until: bounds it", maxSteps)})
	}
	named := map[*send]bool{}
	for _, e := range r.expect {
		for _, name := range e.customers {
			for _, l := range r.lives {
				if l.ShopID != name {
					continue
				}
				if d, ok := r.compare(e, l, named); !ok {
					d.File, d.Line, d.Column, d.Customer, d.Expected = e.file, e.line, e.column, name, e.String()
					out.Differences = append(out.Differences, d)
				}
			}
		}
	}
	if r.exactly {
		out.Differences = append(out.Differences, r.unnamed(named)...)
	}
	for _, l := range r.lives {
		out.Stories = append(out.Stories, Story{l.ShopID, r.story(l)})
	}
	return out
}

// unnamed are the messages that went out without being expected.
func (r *run) unnamed(named map[*send]bool) []Difference {
	var out []Difference
	for _, l := range r.lives {
		for _, e := range l.entries {
			for _, s := range e.sends {
				if s.state == delivery.Accepted && !named[s] {
					out = append(out, Difference{File: r.file, Line: r.Line, Column: r.column, Customer: l.ShopID,
						Expected: "no message but those that are named (exactly: true)", Happened: r.name(s) + ": " + r.became(s)})
				}
			}
		}
	}
	return out
}

// compare says what happened where it is not what was expected, and marks the
// delivery that the expectation names.
func (r *run) compare(e expectation, l *life, named map[*send]bool) (d Difference, ok bool) {
	if len(l.entries) < e.entry {
		return r.outside(e, l)
	}
	entry := l.entries[e.entry-1]
	entered := fmt.Sprintf("entered at %s, arm %s", r.clock(entry.EnteredAt), entry.Arm)
	if entry.Stratum != "" {
		entered += ", stratum " + entry.Stratum
	}
	if e.isNone && e.wave == "" {
		return Difference{Happened: entered}, false
	}
	fits := (e.arm == "" || e.arm == entry.Arm) && (e.stratum == "" || e.stratum == entry.Stratum)
	if e.wave == "" {
		fits = fits && e.during(entry.EnteredAt)
		return Difference{Happened: entered, Why: r.lot(entry, l)}, fits
	}
	i := slices.IndexFunc(entry.sends, func(s *send) bool { return s.Wave == e.wave && s.round == e.round })
	if i < 0 {
		return Difference{Happened: fmt.Sprintf("round %d never began", e.round), Why: []string{entered}}, e.isNone && e.reason == ""
	}
	s := entry.sends[i]
	if !fits {
		return Difference{Happened: entered + "; " + r.became(s), Why: r.lot(entry, l)}, false
	}
	named[s] = true
	if why := r.differs(e, s); len(why) > 0 || e.isNone {
		return Difference{Happened: r.became(s), Why: append(why, r.whyChannel(s, l)...)}, false
	}
	return d, true
}

// lot says where the arm came from.
func (r *run) lot(e *entry, l *life) []string {
	if l.arm != "" || e.Share == 0 {
		return nil
	}
	return []string{fmt.Sprintf("the arm is drawn from the id: %.4f against a holdout of %s; arm: pins it", e.U, share(e.Share))}
}

// outside is about a customer who did not enter, or not so often.
func (r *run) outside(e expectation, l *life) (Difference, bool) {
	refusals := slices.DeleteFunc(slices.Clone(l.asked), func(a asked) bool { return !e.during(a.at) })
	if n := len(l.entries); n > 0 { // asked before the entry says nothing of the next
		refusals = slices.DeleteFunc(refusals, func(a asked) bool { return a.at.Before(l.entries[n-1].EnteredAt) })
	}
	what := "did not enter"
	if e.entry > 1 {
		what = "did not enter " + strconv.Itoa(e.entry) + " times"
	}
	if len(refusals) == 0 {
		return Difference{Happened: what + ": was never asked", Why: []string{r.asking()}}, e.isNone && e.reason == "" && e.from.IsZero()
	}
	// Who is asked again and again is refused for more than one reason: on a day
	// that is no birthday, and on the birthday because of the rule.
	if e.isNone && (e.reason == "" || slices.ContainsFunc(refusals, func(a asked) bool { return a.why == e.reason })) {
		return Difference{}, true
	}
	last := refusals[len(refusals)-1]
	return Difference{Happened: fmt.Sprintf("%s, asked at %s: %s", what, r.clock(last.at), because(last.why)), Why: r.whyNot(last, l)}, false
}

// asking says who is asked, and when.
func (r *run) asking() string {
	enter, from := r.campaign.Enter, r.clock(r.start)
	switch {
	case enter.On == "order_paid":
		return "customers are asked at each order from " + from + " on"
	case enter.On == "event":
		return fmt.Sprintf("customers are asked at each event %q from %s on", enter.Event, from)
	}
	if enter.Occasion != nil && r.end.IsZero() {
		return fmt.Sprintf("customers are asked at each slot from %s to %s, which is a year, or to the last date of the case; until: says how long", from, r.clock(r.lastAsking()))
	}
	return "customers are asked at each slot from " + from + " on; until: says how long"
}

// whyNot explains a refusal: clause by clause where the rule gave it, channel by
// channel where nobody could be reached.
func (r *run) whyNot(a asked, l *life) []string {
	var why []string
	if a.err != nil {
		why = append(why, a.err.Error())
	}
	switch a.why {
	case audience.NotInSegment, audience.RuleError:
		if a.env != nil {
			for _, c := range r.planner.Explain(*a.env) {
				why = append(why, c.String())
			}
		}
	case audience.NoAddress, audience.Suppressed, audience.NoConsent, audience.OptedOut:
		contact := l.contact(r.channels(), a.at)
		for _, w := range r.campaign.Waves {
			for _, channel := range w.Channels {
				line := fmt.Sprintf("%s: %s", channel, because(audience.Reachable(contact, channel, audience.PurposeOf(w))))
				if !slices.Contains(why, line) {
					why = append(why, line)
				}
			}
		}
	}
	return why
}

// whyChannel says of each channel why it could not be used.
func (r *run) whyChannel(s *send, l *life) []string {
	switch s.reason {
	case audience.NoAddress, audience.Suppressed, audience.NoConsent, audience.OptedOut:
	default:
		return nil
	}
	var why []string
	contact := l.contact(s.wave.Channels, s.at)
	for _, channel := range s.wave.Channels {
		why = append(why, fmt.Sprintf("%s: %s", channel, because(audience.Reachable(contact, channel, audience.PurposeOf(*s.wave)))))
	}
	return why
}

// decision is what became of a delivery, in the word of an expectation.
func (s *send) decision() string {
	if s.state == delivery.Accepted {
		return "send"
	}
	return string(s.state)
}

// became is what became of a delivery, whole.
func (r *run) became(s *send) string {
	out := s.decision()
	if s.reason != "" {
		out += ", " + because(s.reason) + s.note
	}
	if s.state == delivery.Planned {
		out += ", due " + r.clock(s.due)
	} else {
		out += ", at " + r.clock(s.at)
	}
	out += ", by " + s.Channel
	if s.Variant != "" {
		out += ", variant " + s.Variant
	}
	if s.code != nil {
		out += ", with a coupon of " + s.code.pool
	}
	return out
}

// differs lists what of a delivery is not as expected, a line each.
func (r *run) differs(e expectation, s *send) []string {
	var why []string
	say := func(what, want, got string) {
		if want != "" && want != got {
			if got == "" {
				got = "none"
			}
			why = append(why, fmt.Sprintf("%s: expected %s, got %s", what, want, got))
		}
	}
	say("decision", e.decision, s.decision())
	say("reason", string(e.reason), string(s.reason))
	say("channel", e.channel, s.Channel)
	say("variant", e.variant, s.Variant)
	at := s.at
	if s.state == delivery.Planned {
		at = s.due
	}
	if !e.during(at) {
		say("at", e.when, r.clock(at))
	}
	if e.coupon != nil && *e.coupon != (s.code != nil) {
		say("coupon", map[bool]string{true: "yes", false: "no"}[*e.coupon], map[bool]string{true: "yes", false: "no"}[s.code != nil])
	}
	return append(why, unsaid(e.says, s.content)...)
}

// unsaid lists what a message lacks or should lack.
func unsaid(says []said, c message.Content) []string {
	var why []string
	for _, want := range says {
		parts := map[string]string{"subject": c.Subject, "text": c.Text, "html": c.HTML, "sms": c.SMS}
		found := false
		for name, part := range parts {
			found = found || (want.part == "" || want.part == name) && strings.Contains(part, want.text)
		}
		if found != want.not {
			continue
		}
		what := "message"
		if want.part != "" {
			what = want.part
		}
		switch shown := strings.TrimSpace(strings.Join([]string{c.Subject, c.Text, c.SMS}, "\n")); {
		case want.not:
			why = append(why, fmt.Sprintf("%s: says %q", what, want.text))
		case shown == "":
			why = append(why, fmt.Sprintf("%s: nothing was rendered, so it does not say %q", what, want.text))
		default:
			if want.part != "" {
				shown = parts[want.part]
			}
			why = append(why, fmt.Sprintf("%s: does not say %q, but:", what, want.text))
			for line := range strings.Lines(strings.TrimSpace(shown)) {
				why = append(why, "  | "+strings.TrimRight(line, "\n"))
			}
		}
	}
	return why
}

// during says whether an instant is one that the expectation allows.
func (e expectation) during(at time.Time) bool {
	return e.from.IsZero() || !at.Before(e.from) && at.Before(e.to)
}

// String is the expectation in one line.
func (e expectation) String() string {
	var out []string
	add := func(format, value string) {
		if value != "" {
			out = append(out, fmt.Sprintf(format, value))
		}
	}
	if e.entry > 1 {
		add("entry %s", strconv.Itoa(e.entry))
	}
	if e.round > 1 {
		add("round %s", strconv.Itoa(e.round))
	}
	add("wave %s", e.wave)
	add("%s", e.decision)
	add("reason %s", string(e.reason))
	add("by %s", e.channel)
	add("at %s", e.when)
	add("variant %s", e.variant)
	add("stratum %s", e.stratum)
	add("arm %s", string(e.arm))
	if e.coupon != nil {
		add("%s", map[bool]string{true: "with a coupon", false: "without a coupon"}[*e.coupon])
	}
	for _, s := range e.says {
		verb := "saying"
		if s.not {
			verb = "not saying"
		}
		add(strings.TrimSpace(s.part+" "+verb)+" %s", strconv.Quote(s.text))
	}
	return strings.Join(out, ", ")
}
