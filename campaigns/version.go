package campaigns

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
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
		if s.Every == "" {
			out.put("enter.schedule.date", s.AtDate.String())
		}
		out.put("enter.schedule.every", s.Every)
		out.put("enter.schedule.time", s.Time.String())
	}
	if !c.From.IsZero() {
		out.put("from", c.From.String())
	}
	if !c.Until.IsZero() {
		out.put("until", c.Until.String())
	}
	out.put("because", c.Holdout.Because)
	out.put("exit", strings.Join(c.Exit, ","))
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
	}
	if cap := c.Limits.PerCustomer; cap != nil {
		out.put("limits.per_customer.count", cap.Count)
		out.put("limits.per_customer.window", cap.Window)
	}
	writeDesign(&out, c)
	folders := make([]string, 0, len(c.Messages))
	for folder := range c.Messages {
		folders = append(folders, folder)
	}
	slices.Sort(folders)
	for _, folder := range folders {
		files := c.Messages[folder][""]
		out.put(folder+"/"+subjectFile, files.Subject)
		out.put(folder+"/"+textFile, files.Text)
		out.put(folder+"/"+htmlFile, files.HTML)
	}
	return out.sum()
}

// design is the hash of the experiment: whom it means and how they come in, the
// share held out, the rounds, the windows and the primary metric. When a wave
// goes out belongs to it only where a window is anchored on that wave.
func design(c Campaign) string {
	var out canon
	writeDesign(&out, c)
	return out.sum()
}

func writeDesign(out *canon, c Campaign) {
	entry := c.Enter.On
	if s := c.Enter.Schedule; s != nil {
		entry = "slot"
		if s.Every != "" {
			entry = "recurrence"
		}
	}
	out.put("design.enter", entry)
	out.put("design.when", c.Enter.When)
	out.put("design.again.each_time", c.Enter.Again.EachTime)
	out.put("design.again.after", c.Enter.Again.After)
	out.put("design.holdout", int64(c.Holdout.Share))
	if c.Rounds.Times > 1 {
		out.put("design.rounds.times", c.Rounds.Times)
		out.put("design.rounds.every", c.Rounds.Every)
	}
	out.put("design.primary.metric", c.Evaluation.Primary.Metric)
	out.put("design.primary.point", c.Evaluation.Primary.Point)
	points := slices.Clone(c.Evaluation.Points)
	slices.SortFunc(points, func(a, b Point) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range points {
		key := "design.points." + p.Name
		switch {
		case p.Anchor.Entry:
			out.put(key+".from", "entry")
		case p.Anchor.SequenceEnd:
			out.put(key+".from", "sequence_end")
			var end time.Duration
			for _, w := range c.Waves {
				end = max(end, c.offset(w.Name))
			}
			out.put(key+".offset", end)
		default:
			out.put(key+".wave", p.Anchor.Wave)
			out.put(key+".round", p.Anchor.Round)
			out.put(key+".offset", c.offset(p.Anchor.Wave))
		}
		out.put(key+".window", p.Window)
	}
}
