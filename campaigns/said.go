package campaigns

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/source"
)

// said is one thing that a campaign says, in the words of its file.
type said struct {
	path   string // waves.thanks.after; unique
	what   string // in a sentence: the holdout
	value  string // never empty; defaults are said only where a change to or from them would else be silent
	design bool   // another value is another experiment
	atOnce bool   // it holds for the whole campaign, whatever version a customer is on
}

// sayings collects what a campaign says, in the order in which it is read out.
type sayings struct{ all []said }

func (s *sayings) put(path, what, value string) {
	if value != "" {
		s.all = append(s.all, said{path: path, what: what, value: value})
	}
}

func (s *sayings) design(path, what, value string) {
	if value != "" {
		s.all = append(s.all, said{path: path, what: what, value: value, design: true})
	}
}

func (s *sayings) atOnce(path, what, value string) {
	if value != "" {
		s.all = append(s.all, said{path: path, what: what, value: value, atOnce: true})
	}
}

// begins ends the path of the instant at which a point's window begins.
const begins = " begins"

// says is all of a campaign but its waves and the texts of its messages.
func says(c Campaign) []said {
	var s sayings
	s.put("campaign", "the name", c.Name)
	s.put("says", "what it says it is for", c.Says)
	s.put("owner", "the owner", c.Owner)
	s.enter(c.Enter)
	s.put("from", "the first day of entry", dateSaid(c.From.IsZero(), c.From))
	s.put("until", "the end of entry", dateSaid(c.Until.IsZero(), c.Until))
	s.design("holdout", "the holdout", c.Holdout.String())
	s.put("because", "the reason for no holdout", c.Holdout.Because)
	s.put("exit", "what ends the sending", strings.Join(c.Exit, ", "))
	s.put("hold_while", "what holds messages back", strings.Join(c.HoldWhile, ", "))
	s.put("if_feed_stale", "what to do on stale orders", c.IfFeedStale)
	rounds := "once"
	if c.Rounds.Times > 1 {
		rounds = fmt.Sprintf("%d, every %s", c.Rounds.Times, source.FormatDuration(c.Rounds.Every))
	}
	s.design("rounds", "the rounds", rounds)
	s.strata(c.Strata)
	s.limits(c.Limits)
	s.evaluation(c)
	return s.all
}

func dateSaid(none bool, d fmt.Stringer) string {
	if none {
		return ""
	}
	return d.String()
}

// String is the holdout as a file says it: 20%, auto or none.
func (h Holdout) String() string {
	switch {
	case h.Auto:
		return "auto"
	case h.Share == 0:
		return "none"
	}
	return FormatShare(h.Share)
}

func (s *sayings) enter(e Enter) {
	kind, slot := "on "+e.On, ""
	switch {
	case e.Occasion != nil:
		kind, slot = e.Occasion.String(), e.Occasion.Time.String()
	case e.Segment != "":
		kind = "on coming to be in the segment " + e.Segment
	case e.On == ownEvent:
		kind = "on the event " + strconv.Quote(e.Event)
	case e.Schedule != nil:
		at := e.Schedule
		kind, slot = "again and again", "every "+at.Every+" at "+at.Time.String()
		switch {
		case at.RRule != "":
			slot = at.RRule + " at " + at.Time.String() + ", counted from " + at.Since.String()
		case at.Every == "":
			kind, slot = "once", at.AtDate.String()+" "+at.Time.String()
		}
	}
	s.design("enter", "the way in", kind)
	s.put("enter.at", "the time of entry", slot)
	s.design("enter.when", "the rule", e.When)
	for _, name := range sortedKeys(e.Segments) {
		s.design("enter.segments."+name, "the segment "+name+", which the rule names", e.Segments[name])
	}
	s.design("enter.again", "re-entry", e.Again.String())
}

// String is the occasion without its time of day: 14d before 12-24.
func (o Occasion) String() string {
	what := o.Attribute
	if what == "" {
		what = o.date()
	}
	if o.Before == 0 {
		return "on " + what
	}
	return fmt.Sprintf("%dd before %s", o.Before, what)
}

// String is as a file says it: never, each_time or after 180d.
func (a Again) String() string {
	switch {
	case a.EachTime:
		return "each_time"
	case a.After > 0:
		return "after " + source.FormatDuration(a.After)
	}
	return "never"
}

func (s *sayings) strata(strata *Strata) {
	if strata == nil {
		return
	}
	var names []string
	for _, v := range sortedStrata(strata) {
		names = append(names, v.Name)
	}
	s.design("strata.by", "the text of the strata", strata.By)
	s.design("strata.values", "the set of strata", strings.Join(names, ", "))
	s.design("strata.default", "the stratum of everybody else", strata.Default)
	for _, v := range sortedStrata(strata) {
		for _, note := range sortedKeys(v.Notes) {
			s.put("strata.values."+v.Name+"."+note, note+" of the stratum "+v.Name, v.Notes[note])
		}
	}
}

func (s *sayings) limits(l Limits) {
	if l.PerCustomer != nil {
		s.put("limits.per_customer", "the cap", fmt.Sprintf("%d in %s", l.PerCustomer.Count, source.FormatDuration(l.PerCustomer.Window)))
	}
	s.atOnce("limits.per_minute", "the messages a minute", number(l.PerMinute))
	if l.BudgetMinor != nil {
		s.atOnce("limits.budget", "the budget", formatMinor(*l.BudgetMinor, l.BudgetDigits))
	}
	if l.DayBudgetMinor != nil {
		s.atOnce("limits.budget_per_day", "the budget of a day", formatMinor(*l.DayBudgetMinor, l.BudgetDigits))
	}
	if l.CoolDown > 0 {
		s.put("limits.cool_down", "the cool-down", source.FormatDuration(l.CoolDown))
	}
	s.atOnce("limits.priority", "the priority", strconv.Itoa(l.Priority))
	s.atOnce("limits.group", "the group", l.Group)
}

func (s *sayings) evaluation(c Campaign) {
	e := c.Evaluation
	s.design("evaluation.primary", "the primary", e.Primary.Metric+" at "+e.Primary.Point)
	s.put("evaluation.metrics", "the metrics", strings.Join(e.Shown(), ", "))
	points := slices.SortedFunc(slices.Values(e.Points), func(a, b Point) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range points {
		s.design("evaluation.points."+p.Name, "the point "+p.Name, pointSaid(p))
		s.design("evaluation.points."+p.Name+begins, "the point "+p.Name, c.begins(p))
	}
	s.design("evaluation.looks", "the looks", strings.Join(slices.Sorted(slices.Values(e.Looks)), ", "))
	s.design("evaluation.cohort", "the cohorts", e.Cohort)
	s.put("evaluation.by", "what figures are split by", strings.Join(e.By, ", "))
	s.put("evaluation.expect.enrollments", "the expected enrollments", number(e.Expect.Enrollments))
	if r := e.Expect.NaturalRate; r != nil {
		s.put("evaluation.expect.natural_rate", "the expected natural rate", FormatShare(*r))
	}
	if r := e.Expect.Redemption; r != nil {
		s.put("evaluation.expect.redemption", "the expected redemption", FormatShare(*r))
	}
}

func pointSaid(p Point) string {
	out := source.FormatDuration(p.Window) + " from "
	switch {
	case p.Anchor.Entry:
		return out + reserved[0]
	case p.Anchor.SequenceEnd:
		return out + reserved[1]
	case p.Anchor.Round > 0:
		return fmt.Sprintf("%s%s in round %d", out, p.Anchor.Wave, p.Anchor.Round)
	}
	return out + p.Anchor.Wave + " in every round"
}

// begins is when a point's window does, which a wave can move; empty for the entry.
func (c Campaign) begins(p Point) string {
	if p.Anchor.Entry {
		return ""
	}
	return source.FormatDuration(c.offset(c.anchorWave(p))) + " into the round"
}

// anchorWave is the wave a point begins with; at the end of the sequence, the
// last one. Empty for the entry.
func (c Campaign) anchorWave(p Point) string {
	if !p.Anchor.SequenceEnd {
		return p.Anchor.Wave
	}
	last := ""
	for _, w := range c.Waves {
		if last == "" || c.offset(w.Name) > c.offset(last) {
			last = w.Name
		}
	}
	return last
}

// saysWave is what a wave says, its name apart.
func saysWave(w Wave) []said {
	var s sayings
	at := func(key string) string { return "waves." + w.Name + "." + key }
	of := " of " + w.Name
	kind := "promotion"
	if w.Service {
		kind = "service"
	}
	s.design(at("kind"), "the kind"+of, kind)
	s.put(at("after"), "the time"+of, w.After.String())
	if w.Between != nil {
		s.put(at("between"), "the hours"+of, w.Between.String())
	}
	s.put(at("channels"), "the channels"+of, strings.Join(w.Channels, ", "))
	s.content(at(""), of, w.Content)
	if w.Skip.Written {
		s.design(at("skip"), "the skip"+of, FormatShare(w.Skip.Share))
	}
	var shares []string
	for _, v := range w.Variants {
		shares = append(shares, v.Name+" "+FormatShare(v.Share))
	}
	s.design(at("variants"), "the split"+of, strings.Join(shares, ", "))
	for _, v := range w.Variants {
		s.content(at("variants."+v.Name+"."), of+" for the variant "+v.Name, v.Content)
	}
	for _, p := range sortedParts(w.ByStratum) {
		s.content(at("by_stratum."+p.Stratum+"."), of+" for the stratum "+p.Stratum, p.Content)
	}
	if w.Ramp > 0 {
		s.design(at("ramp"), "the ramp"+of, source.FormatDuration(w.Ramp))
	}
	if w.ExpiresAfter > 0 {
		s.put(at("expires_after"), "the expiry"+of, source.FormatDuration(w.ExpiresAfter))
	}
	if w.Consent {
		s.put(at("consent"), "the consent"+of, purpose)
	}
	if w.Capped {
		s.put(at("caps"), "the caps"+of, "true")
	}
	return s.all
}

func (s *sayings) content(at, of string, c Content) {
	s.put(at+"message", "the message"+of, c.Message)
	switch {
	case c.NoCoupon:
		s.put(at+"coupon", "the coupon"+of, "none")
	case c.Coupon != nil:
		s.put(at+"coupon", "the coupon"+of, c.Coupon.String())
	}
}

// String is the pool, what a code's life is, and what happens without codes.
func (c Coupon) String() string {
	out := "from " + c.Pool
	if c.Expires > 0 {
		out += ", for " + source.FormatDuration(c.Expires)
	}
	return out + ", else " + c.Exhausted
}

// String is 3d after thanks, only if accepted, unless repurchased.
func (a After) String() string {
	out := source.FormatDuration(a.Wait) + " after " + a.Wave
	if a.Wave == "" {
		out = source.FormatDuration(a.Wait) + " into the round"
	}
	if a.RequiresAccepted {
		out += ", only if accepted"
	}
	if len(a.Unless) > 0 {
		out += ", unless " + strings.Join(a.Unless, ", ")
	}
	return out
}

// saysMessages is the text of every message file, by its path.
func saysMessages(messages map[string]Message) []said {
	var s sayings
	for _, folder := range sortedKeys(messages) {
		for _, locale := range sortedKeys(messages[folder]) {
			files := messages[folder][locale]
			for _, f := range []struct{ name, text string }{
				{subjectFile, files.Subject}, {textFile, files.Text}, {htmlFile, files.HTML}, {smsFile, files.SMS},
			} {
				file := path.Join(folder, locale, f.name)
				s.put(file, file, f.text)
			}
		}
	}
	return s.all
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// formatMinor is an amount of the currency as a file says it.
func formatMinor(minor int64, digits int) string {
	text := fmt.Sprintf("%0*d", digits+1, minor)
	if digits == 0 {
		return text
	}
	whole, fraction := text[:len(text)-digits], text[len(text)-digits:]
	if strings.Trim(fraction, "0") == "" {
		return whole
	}
	return whole + "." + fraction
}
