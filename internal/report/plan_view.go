package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
)

// planView says the parts of one planned campaign, for every rendering.
type planView struct {
	PlannedCampaign
	plan Plan
	evaluation.Language
}

func (p Plan) prepared() Plan {
	if p.Language.Tag == "" {
		p.Language = English()
	}
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	return p
}

func (p Plan) view(c PlannedCampaign) planView { return planView{c, p, p.Language} }

func (p Plan) asOf() string {
	at := p.AsOf.In(p.Zone)
	return p.Language.Say("plan.asof", "date", p.Language.Date(at, p.Zone), "clock", at.Format("15:04"), "zone", p.Zone.String())
}

func (v planView) identity() []string {
	return []string{v.Say("plan.status." + v.Status), v.Say("plan.design", "design", strconv.Itoa(v.Design)), v.Say("head.version", "version", short(v.Version))}
}

// standing is what applying it would do, and who is on their way.
func (v planView) standing() []string {
	change := "plan.change." + v.Change.Kind
	if v.Change.Kind == "refused" && v.Status == "cancelled" {
		change += ".cancelled"
	}
	said := []string{v.Say(change, "design", strconv.Itoa(v.Design))}
	for _, d := range v.Change.Differs {
		key := "plan.differs"
		switch {
		case d.Was == "":
			key += ".new"
		case d.Now == "":
			key += ".gone"
		case len(d.Lines) > 0:
			key += ".words"
		}
		what := v.Say(key, "path", d.Path, "was", d.Was, "now", d.Now)
		if d.Restarts {
			what = v.Say("plan.differs.restarts", "what", what)
		}
		if d.AtOnce {
			what = v.Say("plan.differs.at_once", "what", what)
		}
		said = append(append(said, what), d.Lines...)
	}
	if len(v.Change.Mixes) > 0 {
		said = append(said, v.SayCount("plan.change.mixes", int64(len(v.Change.Mixes)), "waves", strings.Join(v.Change.Mixes, ", ")))
	}
	kept := ""
	if v.Change.Kind == "none" {
		kept = ".none"
	}
	for _, f := range v.Change.InFlight {
		said = append(said, v.SayCount("plan.flying"+kept, f.Customers, "round", strconv.Itoa(f.Round), "version", short(f.Version), "design", strconv.Itoa(f.Design)))
	}
	return said
}

// entry is when customers come in, or why nobody does.
func (v planView) entry() string {
	e := v.Entry
	when := func(key string, at *time.Time, args ...string) string {
		if at != nil {
			args = append(args, "date", v.Date(*at, v.plan.Zone), "clock", at.In(v.plan.Zone).Format("15:04"))
		}
		return v.Say(key, append(args, "because", v.Because, "event", e.Event, "segment", e.Segment)...)
	}
	over := "plan.closed"
	if e.Ran {
		over += ".ran"
	}
	switch {
	case e.Closed == "cancelled" && v.Because != "":
		return when("plan.closed.cancelled.because", nil)
	case e.Closed == "ended":
		return when("plan.closed.ended", e.Until) + " " + v.Say(over)
	case e.Closed == "cancelled":
		return when("plan.closed.cancelled", nil)
	case e.Closed != "":
		return when("plan.closed."+e.Closed, e.At) + " " + v.Say(over)
	}
	key := "plan.entry." + e.By
	if e.Segment != "" {
		key = "plan.entry.segment"
	}
	if e.By == "slot" && e.Recurs {
		key = "plan.entry.next"
	}
	said := []string{when(key, e.At)}
	if e.From != nil {
		said = append(said, when("plan.entry.from", e.From))
	}
	if e.Until != nil {
		said = append(said, when("plan.entry.until", e.Until))
	}
	return strings.Join(said, " ")
}

// forecast is how many come in; empty for slots.
func (v planView) forecast() string {
	f, e := v.Forecast, v.Entry
	if f == nil {
		return ""
	}
	said := []string{v.pace(f)}
	if e.Members != nil {
		said = append(said, v.SayCount("plan.forecast.members", *e.Members, "segment", e.Segment))
	}
	switch {
	case e.Segment == "" || f.From == "history":
	case e.Kept:
		said = append(said, v.Say("plan.forecast.kept"))
	default:
		said = append(said, v.Say("plan.forecast.keep", "segment", e.Segment))
	}
	return strings.Join(said, " ")
}

func (v planView) pace(f *Forecast) string {
	if f.From == "" {
		return v.Say("plan.forecast.none")
	}
	args := []string{"mean", v.amount(*f.PerDay.Estimate), "days", strconv.Itoa(f.Days)}
	if f.PerDay.Known() {
		args = append(args, "lo", v.amount(*f.PerDay.Lo), "hi", v.amount(*f.PerDay.Hi))
	}
	return v.Say("plan.forecast."+f.From, args...)
}

// amount is a number of customers that may be less than one.
func (v planView) amount(x float64) string {
	if x >= 10 || x == math.Trunc(x) {
		return v.Count(int64(math.Round(x)))
	}
	return strconv.FormatFloat(x, 'f', 1, 64)
}

// funnelRow is one line from who is asked to who is written to. Sign is + for the
// first, - for who leaves, = for who is left.
type funnelRow struct {
	Sign, Label string
	Count       int
}

// sampled is the form of a label for the past.
func (v planView) sampled(key string) string {
	if v.Audience.SampleDays > 0 {
		return key + ".sample"
	}
	return key
}

func (v planView) funnel() []funnelRow {
	a := v.Audience
	asked := v.sampled("plan.asked")
	if v.Entry.By == "event" {
		asked += ".event"
	}
	if a.Asked == 1 {
		asked += ".1"
	}
	rows := []funnelRow{{"", v.Say(asked, "event", v.Entry.Event), a.Asked}}
	leave := func(lines []AudienceLine) {
		for _, l := range lines {
			rows = append(rows, funnelRow{"-", v.Say("plan.reason." + l.Reason), l.Count})
		}
	}
	if leave(a.Before); len(a.Refused) > 0 {
		rows = append(rows, funnelRow{"=", v.Say("plan.segment"), a.Segment})
		leave(a.Refused)
	}
	rows = append(rows, funnelRow{"=", v.Say(v.sampled("plan.enter")), a.Enter})
	if a.GlobalHold > 0 {
		rows = append(rows, funnelRow{"-", v.Say("plan.global"), a.GlobalHold})
	}
	if a.Hold > 0 {
		rows = append(rows, funnelRow{"-", v.Say(v.sampled("plan.hold"), "share", v.share(v.holdout())), a.Hold})
	}
	if len(a.Nothing) > 0 && a.Treat > 0 {
		rows = append(rows, funnelRow{"=", v.Say(v.sampled("plan.treat")), a.Treat})
		for _, l := range a.Nothing {
			rows = append(rows, funnelRow{"-", v.nothing(l), l.Count})
		}
	}
	if a.Enter == 0 {
		return rows
	}
	written := 0
	var by []string
	for _, c := range a.Written {
		written += c.Count
		by = append(by, v.Say("plan.written.by", "count", v.Count(int64(c.Count)), "channel", c.Channel))
	}
	label := v.Say(v.sampled("plan.written"))
	if len(by) > 0 {
		label += ": " + strings.Join(by, ", ")
	}
	return append(rows, funnelRow{"=", label, written})
}

func (v planView) sampleNote() string {
	if v.Entry.By == "event" {
		return v.Say("plan.sample.note.event")
	}
	return v.Say("plan.sample.note")
}

func (v planView) nothing(l AudienceLine) string {
	said := v.Say("plan.nothing.holdout")
	switch {
	case l.LostTo != "" && v.Has("plan.lost."+l.Reason):
		said = v.Say("plan.lost."+l.Reason, "campaign", l.LostTo)
	case l.Reason != "":
		said = v.Say("plan.reason." + l.Reason)
	}
	return v.Say("plan.nothing", "reason", said)
}

// holdout is the share of the arm; without a measure nobody is held out.
func (v planView) holdout() float64 {
	if v.Measure == nil {
		return 0
	}
	return v.Measure.Share
}

func (v planView) share(x float64) string {
	return strconv.FormatFloat(math.Round(1e4*x)/100, 'f', -1, 64)
}

// sendTable are the messages in columns: by day, or by week where there are too
// many days to read.
type sendTable struct {
	Unit     string
	Channels []string
	Rows     []sendRow
}

type sendRow struct {
	Day   time.Time
	Send  []float64 // by channel
	Total float64   // withheld on all channels
}

const daysInTable = 16

func (v planView) sendTable() sendTable {
	t := sendTable{Unit: v.Say("plan.col.day")}
	days := 0
	for i, s := range v.Sends {
		if i == 0 || s.Day != v.Sends[i-1].Day {
			days++
		}
		if !slices.Contains(t.Channels, s.Channel) {
			t.Channels = append(t.Channels, s.Channel)
		}
	}
	slices.Sort(t.Channels)
	weekly := days > daysInTable
	if weekly {
		t.Unit = v.Say("plan.col.week")
	}
	for _, s := range v.Sends {
		day, err := time.Parse(time.DateOnly, s.Day)
		if err != nil {
			continue // a plan that was not made by the engine
		}
		if weekly {
			day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		}
		if n := len(t.Rows); n == 0 || !t.Rows[n-1].Day.Equal(day) {
			t.Rows = append(t.Rows, sendRow{Day: day, Send: make([]float64, len(t.Channels))})
		}
		row := &t.Rows[len(t.Rows)-1]
		row.Send[slices.Index(t.Channels, s.Channel)] += s.Send
		row.Total += s.Withheld
	}
	return t
}

// sendsNote says what the messages are of.
func (v planView) sendsNote() string {
	if v.Forecast != nil {
		return v.Say("plan.sends.forecast", "days", strconv.Itoa(ShownDays))
	}
	note := v.Say("plan.sends.note")
	for _, w := range v.PlannedCampaign.Waves {
		if steps := RampSteps(v.Language, w.Ramp); steps != "" {
			note += " " + v.Say("plan.sends.ramp", "wave", w.Wave, "steps", steps)
		}
	}
	return note
}

// RampSteps says how many messages each step of a ramp lets out; empty where there
// is none.
func RampSteps(l evaluation.Language, steps []RampStep) string {
	said := make([]string, len(steps))
	for i, s := range steps {
		key := "plan.sends.step"
		if i == 0 {
			key = "plan.sends.first"
		}
		said[i] = l.Say(key, "send", l.Count(int64(s.Send)), "after", hours(l, s.After))
	}
	return strings.Join(said, ", ")
}

// measure says whether it can be measured, a sentence a line.
func (v planView) measure() []string {
	m := v.Measure
	if m == nil {
		return nil
	}
	first := v.SayCount("plan.measure.n."+m.Of, m.Enrollments, "share", v.share(m.Share), "days", strconv.Itoa(m.Days))
	if m.Auto {
		first += " " + v.Say("plan.measure.auto")
	}
	said := []string{first}
	if m.Natural != nil {
		key := "plan.measure.natural"
		if m.NaturalFrom == "expect" {
			key += ".expect"
		}
		said = append(said, v.Say(key, "rate", v.PerHundred(*m.Natural, 1), "window", hours(v.Language, m.WindowHours),
			"buyers", v.Count(m.Buyers), "customers", v.Count(m.Customers)))
	}
	if m.BreakEven != nil && m.Cost != nil && m.OrderValue != nil && m.Margin != nil {
		said = append(said, v.Say("plan.measure.break_even", "needs", v.Mark(*m.BreakEven, v.Decimals(*m.BreakEven)),
			"cost", v.smallMoney(*m.Cost), "earns", v.Language.Money(*m.OrderValue**m.Margin, v.plan.Currency)))
	}
	switch {
	case m.Detectable != nil:
		said = append(said, v.Say("plan.measure.detects", "lift", v.Effect(*m.Detectable, v.Decimals(*m.Detectable))))
	case m.Natural != nil && m.Share > 0 && m.Of != "unknown":
		said = append(said, v.Say("plan.measure.blind"))
	}
	switch {
	case m.Needed != nil && (m.Code == "too_small" || m.Code == "pace_unknown"):
		said = append(said, v.Say("plan.code."+m.Code+".needed", "needed", v.About(*m.Needed)))
	case m.Code != "":
		said = append(said, v.Say("plan.code."+m.Code))
	case m.Proves:
		said = append(said, v.Say("plan.measure.proves"))
	}
	if m.Price != nil && m.Share > 0 {
		said = append(said, v.Say("plan.measure.price", "price", v.Language.Money(*m.Price, v.plan.Currency)))
	}
	if m.FirstLook != nil && m.Final != nil {
		key := "plan.measure.dates"
		if v.Entry.Until == nil && (v.Forecast != nil || v.Entry.Recurs) {
			key += ".open"
		}
		said = append(said, v.Say(key, "first", v.Date(*m.FirstLook, v.plan.Zone), "final", v.Date(*m.Final, v.plan.Zone)))
	}
	return said
}

// Beware says the warnings of one of the plan's campaigns, a sentence each.
func (p Plan) Beware(c PlannedCampaign) []string { return p.prepared().view(c).warnings() }

// warnings are what to know before an apply; what the measure says is left to it.
func (v planView) warnings() []string {
	var said []string
	for _, w := range v.Warnings {
		if w.Code == "unmeasured" {
			continue
		}
		n, limit := v.amount(w.Count), v.amount(w.Limit)
		if w.Code == "budget" || w.Code == "day_budget" {
			n, limit = v.Language.Money(w.Count, v.plan.Currency), v.Language.Money(w.Limit, v.plan.Currency)
		}
		said = append(said, v.Say("plan.warn."+w.Code, "of", w.Of, "count", n, "limit", limit))
	}
	return said
}

// hours is a time that a plan holds in hours.
func hours(l evaluation.Language, h float64) string {
	return duration(l, time.Duration(math.Round(h*60))*time.Minute)
}

// ShownDays is how far ahead a forecast shows its messages.
const ShownDays = 28
