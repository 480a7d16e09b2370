package report

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// effects is the forest plot and the table that says the same.
type effects struct {
	Picture template.HTML
	Arms    []string
	Rows    []effectRow
	Notes   []evaluation.Refusal

	// Compatible says which effects an open result still allows.
	Compatible string
}

type effectRow struct {
	Primary                 bool
	Name, About             string
	Treat, TreatOf          string
	Hold, HoldOf            string
	Effect, EffectRange     string
	Relative, RelativeRange string
	P, Verdict              string
}

func (v view) effects() *effects {
	if len(v.Points) == 0 {
		return nil
	}
	say := v.Language.Say
	out := &effects{Arms: []string{v.arm(holdout.Treat), v.arm(holdout.Hold)}}
	plot := chart.Intervals{ID: "effects", Title: say("effects.title"), XLabel: say("effects.axis")}
	var said []string
	for _, p := range v.Points {
		d := p.Difference
		out.Rows = append(out.Rows, v.effectRow(p))
		out.Notes = append(out.Notes, p.Notes...)
		if p.Point.Primary && repeats(p) {
			out.Compatible = p.Explanation
		}
		plot.Rows = append(plot.Rows, chart.Interval{
			Name: p.Point.Name, Strong: p.Point.Primary, Note: v.code(d.Code),
			Estimate: hundredfold(d.Estimate), Lo: hundredfold(d.Lo), Hi: hundredfold(d.Hi),
		})
		if p.Point.Primary && p.Against == "break_even" && p.BreakEven != nil && d.Known() {
			plot.Marks = append(plot.Marks, chart.Mark{At: 100 * *p.BreakEven, Name: say("effects.needs")})
		}
		if d.Known() {
			said = append(said, say("effects.row", "name", p.Point.Name, "effect", v.Language.Effect(*d.Estimate, 1),
				"lo", v.Language.Effect(*d.Lo, 1), "hi", v.Language.Effect(*d.Hi, 1)))
		} else {
			said = append(said, say("effects.row.none", "name", p.Point.Name))
		}
	}
	plot.Desc = say("effects.desc", "rows", strings.Join(said, "; "))
	if slices.ContainsFunc(v.Points, func(p evaluation.Result) bool { return p.Difference.Known() }) {
		out.Picture = template.HTML(plot.SVG())
	}
	return out
}

func (v view) effectRow(p evaluation.Result) effectRow {
	say := v.Language.Say
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	of := func(a evaluation.Arm) string {
		return say("col.buyers", "buyers", v.Language.Count(a.Buyers), "n", v.Language.Count(a.Counted))
	}
	row := effectRow{
		Primary: p.Point.Primary, Name: p.Point.Name, About: v.about(p.Point),
		Treat: v.percent(treat.Rate.Estimate), TreatOf: of(treat),
		Hold: v.percent(hold.Rate.Estimate), HoldOf: of(hold),
		Effect: v.code(p.Difference.Code), Relative: v.code(p.Relative.Code),
		P: strings.TrimPrefix(probability(p.P), "= "), Verdict: v.badge(p),
	}
	if p.Difference.Code == evaluation.E01 {
		row.Treat, row.Hold = v.percent(nil), v.percent(nil)
	}
	if d := p.Difference; d.Known() {
		row.Effect = v.Language.Effect(*d.Estimate, 1)
		row.EffectRange = v.Language.Effect(*d.Lo, 1) + " to " + v.Language.Effect(*d.Hi, 1)
	}
	if r := p.Relative; r.Known() {
		row.Relative = v.Language.Percent(*r.Estimate)
		row.RelativeRange = v.Language.Percent(*r.Lo) + " to " + v.Language.Percent(*r.Hi)
	}
	return row
}

func hundredfold(share *float64) *float64 {
	if share == nil {
		return nil
	}
	x := 100 * *share
	return &x
}

// curveSection is the two curves and their table.
type curveSection struct {
	Hidden  string
	Picture template.HTML
	Arms    []string
	Rows    []curveRow
	Note    string
}

type curveRow struct {
	Day    int
	Shares []string
}

func (v view) curveSection() *curveSection {
	say := v.Language.Say
	if v.Curves == nil || len(v.Curves.Arms) == 0 {
		return nil
	}
	if v.sorted() {
		return &curveSection{Hidden: say("curves.hidden")}
	}
	c := v.curves()
	if c == nil {
		return nil
	}
	out := &curveSection{}
	plot := chart.Curves{
		ID: "curves", Title: say("curves.title", "anchor", c.Anchor), Desc: v.curvesDescription(),
		XLabel: say("curves.x", "anchor", c.Anchor), YLabel: say("curves.y"), Days: c.Days,
	}
	var counts []string
	for _, a := range c.Arms {
		line := chart.Line{Name: v.arm(a.Arm)}
		for _, s := range a.Steps {
			line.Steps = append(line.Steps, chart.Step{Day: float64(s.Day), PerHundred: 100 * a.share(s.Day)})
		}
		plot.Lines = append(plot.Lines, line)
		out.Arms = append(out.Arms, v.arm(a.Arm))
		counts = append(counts, v.Language.Count(a.Enrollments)+" "+v.arm(a.Arm))
	}
	for _, w := range c.Waves {
		plot.Ticks = append(plot.Ticks, chart.Tick{Day: w.Day, Name: w.Wave})
	}
	for _, day := range v.steps() {
		row := curveRow{Day: day}
		for _, a := range c.Arms {
			row.Shares = append(row.Shares, v.Language.PerHundred(a.share(day), 1))
		}
		out.Rows = append(out.Rows, row)
	}
	out.Picture = template.HTML(plot.SVG())
	out.Note = say("curves.note", "days", strconv.Itoa(c.Days), "counts", strings.Join(counts, ", "))
	return out
}

// deliveries is the ledger by wave and arm, with a column for each state seen.
type deliveries struct {
	Date     string // empty: that of the report
	Rounds   bool   // more than one
	Channels bool   // more than one
	States   []string
	Rows     []deliveryRow
	Reasons  []reasonRow
}

type reasonRow struct {
	Round                              int
	Wave, Arm, Channel, Outcome, Count string
}

type deliveryRow struct {
	Round     int
	Wave, Arm string
	Counts    []string
	Total     string
}

func (v view) deliveries() *deliveries {
	if len(v.Deliveries) == 0 {
		return nil
	}
	out := &deliveries{Date: v.ledgerDate(), Channels: v.channels()}
	type key struct {
		round int
		wave  string
		arm   holdout.Arm
	}
	var states []string
	var keys []key
	counts := map[key]map[string]int64{}
	for _, d := range v.Deliveries {
		out.Reasons = append(out.Reasons, reasonRow{d.Round, d.Wave, v.arm(d.Arm), d.Channel, v.outcome(d.State, d.Reason), v.Language.Count(d.Count)})
		k := key{d.Round, d.Wave, d.Arm}
		if counts[k] == nil {
			counts[k] = map[string]int64{}
			keys = append(keys, k)
		}
		counts[k][d.State] += d.Count
		if !slices.Contains(states, d.State) {
			states = append(states, d.State)
		}
		out.Rounds = out.Rounds || d.Round != v.Deliveries[0].Round
	}
	slices.Sort(states)
	for _, state := range states {
		out.States = append(out.States, v.state(state))
	}
	for _, k := range keys {
		row := deliveryRow{Round: k.round, Wave: k.wave, Arm: v.arm(k.arm)}
		total := int64(0)
		for _, state := range states {
			n := counts[k][state]
			total += n
			row.Counts = append(row.Counts, v.Language.Count(n))
		}
		row.Total = v.Language.Count(total)
		out.Rows = append(out.Rows, row)
	}
	return out
}
