package campaigns

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// canon writes one line for each thing that is said, in a fixed order. What is
// left at its default is not written, so a key the format gains later changes no
// campaign that does without it. The lines must never change their form: every
// hash that was ever stored rests on them.
type canon struct{ strings.Builder }

func (c *canon) put(key string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case int:
		if v == 0 {
			return
		}
	case int64:
		if v == 0 {
			return
		}
	case time.Duration:
		if v == 0 {
			return
		}
		value = fmt.Sprintf("%ds", int64(v/time.Second))
	case bool:
		if !v {
			return
		}
	}
	fmt.Fprintf(c, "%s=%q\n", key, fmt.Sprint(value))
}

func (c *canon) sum() string {
	sum := sha256.Sum256([]byte(c.String()))
	return hex.EncodeToString(sum[:])
}

// version is the content hash. Comments and the order of keys are not content.
func version(c Campaign) string {
	var out canon
	out.put("campaign", c.Name)
	out.put("says", c.Says)
	out.put("owner", c.Owner)
	if s := c.Enter.Schedule; s != nil {
		if s.Every == "" && s.RRule == "" {
			out.put("enter.schedule.date", s.AtDate.String())
		}
		out.put("enter.schedule.every", s.Every)
		out.put("enter.schedule.time", s.Time.String())
		out.put("enter.schedule.rrule", s.RRule)
		if !s.Since.IsZero() {
			out.put("enter.schedule.since", s.Since.String())
		}
	}
	if o := c.Enter.Occasion; o != nil {
		out.put("enter.occasion.time", o.Time.String())
	}
	if !c.From.IsZero() {
		out.put("from", c.From.String())
	}
	if !c.Until.IsZero() {
		out.put("until", c.Until.String())
	}
	out.put("because", c.Holdout.Because)
	out.put("exit", strings.Join(c.Exit, ","))
	out.put("hold_while", strings.Join(c.HoldWhile, ","))
	if c.IfFeedStale != c.staleDefault() {
		out.put("if_feed_stale", c.IfFeedStale)
	}
	if c.Strata != nil {
		for _, s := range sortedStrata(c.Strata) {
			for _, note := range sortedKeys(s.Notes) {
				out.put("strata."+strconv.Quote(s.Name)+"."+note, s.Notes[note])
			}
		}
	}
	for i, w := range c.Waves {
		key := func(name string) string { return fmt.Sprintf("waves[%d].%s", i, name) }
		out.put(key("wave"), w.Name)
		out.put(key("after.wave"), w.After.Wave)
		out.put(key("after.wait"), w.After.Wait)
		out.put(key("after.requires_accepted"), w.After.RequiresAccepted)
		if w.Between != nil {
			out.put(key("between"), w.Between.String())
		}
		out.put(key("channels"), strings.Join(w.Channels, ","))
		out.put(key("message"), w.Content.Message)
		out.put(key("expires_after"), w.ExpiresAfter)
		out.put(key("after.unless"), strings.Join(w.After.Unless, ","))
		out.put(key("consent"), w.Consent)
		out.put(key("caps"), w.Capped)
		writeCoupon(&out, key("coupon"), w.Content)
		for _, v := range w.Variants {
			of := key("variants." + v.Name)
			out.put(of+".message", v.Message)
			writeCoupon(&out, of+".coupon", v.Content)
		}
		for _, p := range sortedParts(w.ByStratum) {
			of := key("by_stratum." + strconv.Quote(p.Stratum))
			out.put(of+".message", p.Message)
			writeCoupon(&out, of+".coupon", p.Content)
		}
	}
	if cap := c.Limits.PerCustomer; cap != nil {
		out.put("limits.per_customer.count", cap.Count)
		out.put("limits.per_customer.window", cap.Window)
	}
	out.put("limits.per_minute", c.Limits.PerMinute)
	if b := c.Limits.BudgetMinor; b != nil {
		out.put("limits.budget", *b)
	}
	if b := c.Limits.DayBudgetMinor; b != nil {
		out.put("limits.budget_per_day", *b)
	}
	out.put("limits.cool_down", c.Limits.CoolDown)
	if c.Limits.Priority != defaultPriority {
		out.put("limits.priority", strconv.Itoa(c.Limits.Priority)) // 0 is not a default
	}
	out.put("limits.group", c.Limits.Group)
	if !slices.Equal(c.Evaluation.Shown(), Evaluation{}.Shown()) {
		out.put("evaluation.metrics", strings.Join(c.Evaluation.Metrics, ","))
	}
	for i, by := range c.Evaluation.By {
		out.put(fmt.Sprintf("evaluation.by[%d]", i), by)
	}
	expect := c.Evaluation.Expect
	out.put("evaluation.expect.enrollments", expect.Enrollments)
	if r := expect.NaturalRate; r != nil {
		out.put("evaluation.expect.natural_rate", FormatShare(*r))
	}
	if r := expect.Redemption; r != nil {
		out.put("evaluation.expect.redemption", FormatShare(*r))
	}
	writeDesign(&out, c)
	for _, folder := range sortedKeys(c.Messages) {
		for _, locale := range sortedKeys(c.Messages[folder]) {
			files := c.Messages[folder][locale]
			of := path.Join(folder, locale)
			out.put(of+"/"+subjectFile, files.Subject)
			out.put(of+"/"+textFile, files.Text)
			out.put(of+"/"+htmlFile, files.HTML)
			out.put(of+"/"+smsFile, files.SMS)
		}
	}
	return out.sum()
}

func writeCoupon(out *canon, key string, c Content) {
	switch {
	case c.NoCoupon:
		out.put(key, "none")
	case c.Coupon != nil:
		out.put(key+".pool", c.Coupon.Pool)
		out.put(key+".expires", c.Coupon.Expires)
		if c.Coupon.Exhausted != defaultExhausted {
			out.put(key+".if_exhausted", c.Coupon.Exhausted)
		}
	}
}

// Strata have no order; what is written of one is found by its name.
func sortedStrata(s *Strata) []Stratum {
	return slices.SortedFunc(slices.Values(s.Values), func(a, b Stratum) int { return strings.Compare(a.Name, b.Name) })
}

func sortedParts(parts []StratumPart) []StratumPart {
	return slices.SortedFunc(slices.Values(parts), func(a, b StratumPart) int { return strings.Compare(a.Stratum, b.Stratum) })
}

// design is the hash of the experiment: whom it means and how they come in, the
// share held out, the rounds, the strata, the branches of waves with their shares,
// the windows, the looks and the primary metric. When a wave goes out belongs to
// it only where a window is anchored on that wave. It is of what is written: a
// holdout or a skip that is chosen later is stored beside the design.
func design(c Campaign) string {
	var out canon
	writeDesign(&out, c)
	return out.sum()
}

func writeDesign(out *canon, c Campaign) {
	entry := c.Enter.On
	if s := c.Enter.Schedule; s != nil {
		entry = "slot"
		if s.Every != "" || s.RRule != "" {
			entry = "recurrence"
		}
	}
	o := c.Enter.Occasion
	if o != nil {
		entry = "occasion"
	}
	out.put("design.enter", entry)
	out.put("design.enter.event", c.Enter.Event)
	if o != nil {
		out.put("design.enter.occasion.of", o.Attribute)
		if o.Attribute == "" {
			out.put("design.enter.occasion.date", o.date())
		}
		out.put("design.enter.occasion.before", o.Before)
	}
	out.put("design.when", c.Enter.When)
	for _, name := range sortedKeys(c.Enter.Segments) {
		out.put("design.segment."+name, c.Enter.Segments[name])
	}
	out.put("design.again.each_time", c.Enter.Again.EachTime)
	out.put("design.again.after", c.Enter.Again.After)
	out.put("design.holdout", int64(c.Holdout.Share))
	if c.Holdout.Auto {
		out.put("design.holdout", "auto")
	}
	if c.Rounds.Times > 1 {
		out.put("design.rounds.times", c.Rounds.Times)
		out.put("design.rounds.every", c.Rounds.Every)
	}
	if c.Strata != nil {
		out.put("design.strata.by", c.Strata.By)
		for _, s := range sortedStrata(c.Strata) {
			out.put("design.strata.value", s.Name)
		}
		out.put("design.strata.default", c.Strata.Default)
	}
	for _, w := range slices.SortedFunc(slices.Values(c.Waves), func(a, b Wave) int { return strings.Compare(a.Name, b.Name) }) {
		key := "design.waves." + w.Name
		out.put(key+".service", w.Service)
		if w.Skip.Written {
			out.put(key+".skip", FormatShare(w.Skip.Share)) // 0% is not the default
		}
		out.put(key+".ramp", w.Ramp)   // it moves when points begin
		for i, v := range w.Variants { // the order decides who gets which
			out.put(fmt.Sprintf("%s.variants[%d].%s", key, i, v.Name), int64(v.Share))
		}
	}
	out.put("design.primary.metric", c.Evaluation.Primary.Metric)
	out.put("design.primary.point", c.Evaluation.Primary.Point)
	out.put("design.looks", strings.Join(slices.Sorted(slices.Values(c.Evaluation.Looks)), ","))
	out.put("design.cohort", c.Evaluation.Cohort)
	points := slices.Clone(c.Evaluation.Points)
	slices.SortFunc(points, func(a, b Point) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range points {
		key := "design.points." + p.Name
		switch {
		case p.Anchor.Entry:
			out.put(key+".from", "entry")
		case p.Anchor.SequenceEnd:
			out.put(key+".from", "sequence_end")
			out.put(key+".offset", c.offset(c.anchorWave(p)))
		default:
			out.put(key+".wave", p.Anchor.Wave)
			out.put(key+".round", p.Anchor.Round)
			out.put(key+".offset", c.offset(p.Anchor.Wave))
		}
		out.put(key+".window", p.Window)
	}
}

func (o Occasion) date() string { return fmt.Sprintf("%02d-%02d", o.Month, o.Day) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
