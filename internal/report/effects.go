package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// effects is the forest plot and the table that says the same.
type effects struct {
	Picture *picture
	Table   table
	Notes   []evaluation.Refusal

	// Compatible says which effects an open result still allows.
	Compatible string
}

func (v view) effects() *effects {
	if len(v.Points) == 0 {
		return nil
	}
	say := v.Language.Say
	out := &effects{Table: table{Caption: say("effects.table.caption"), Stack: true, Columns: append(words(say("col.point")),
		numbers(v.arm(holdout.Treat), v.arm(holdout.Hold), say("col.difference"), say("col.relative"), say("col.p"))...)}}
	out.Table.Columns = append(out.Table.Columns, column{Title: say("col.verdict")})
	plot := chart.Intervals{ID: "effects", Title: say("effects.title"), XLabel: say("effects.axis")}
	var said []string
	primary, _ := v.Primary()
	for _, group := range v.byName() {
		if len(group) > 1 {
			name := group[0].Point.Name
			out.Table.Rows = append(out.Table.Rows, row{Heading: name, About: v.about(group[0].Point)})
			plot.Rows = append(plot.Rows, chart.Interval{Name: name, Heading: true})
		}
		for _, p := range group {
			d := p.Difference
			name := pointName(v, p)
			out.Table.Rows = append(out.Table.Rows, v.effectRow(p, len(group) > 1))
			for _, n := range p.Notes { // those of the primary stand among the checks
				if !p.Point.Primary && !slices.Contains(primary.Notes, n) && !slices.Contains(out.Notes, n) {
					out.Notes = append(out.Notes, n)
				}
			}
			if p.Point.Primary && repeats(p) {
				out.Compatible = p.Explanation
			}
			r := chart.Interval{Name: v.rowName(p, len(group) > 1), Strong: p.Point.Primary, Note: v.code(d.Code),
				Estimate: hundredfold(d.Estimate), Lo: hundredfold(d.Lo), Hi: hundredfold(d.Hi)}
			plot.Rows = append(plot.Rows, r)
			if p.Point.Primary && p.Against == "break_even" && p.BreakEven != nil && d.Known() {
				plot.Marks = append(plot.Marks, chart.Mark{At: 100 * *p.BreakEven, Name: say("effects.needs")})
			}
			if d.Known() {
				said = append(said, say("effects.row", "name", name, "effect", v.effect(*d.Estimate), "lo", v.effect(*d.Lo), "hi", v.effect(*d.Hi)))
			} else {
				said = append(said, say("effects.row.none", "name", name))
			}
		}
	}
	plot.Desc = say("effects.desc", "rows", strings.Join(said, "; "))
	if slices.ContainsFunc(v.Points, func(p evaluation.Result) bool { return p.Difference.Known() }) {
		out.Picture = drawnIntervals(plot)
	}
	return out
}

// rowName is the point, or under its heading only the round.
func (v view) rowName(p evaluation.Result, grouped bool) string {
	if _, round := anchorOf(p.Point); grouped && round > 0 {
		return v.Language.Say("round.name", "round", strconv.Itoa(round))
	}
	return p.Point.Name
}

func (v view) effectRow(p evaluation.Result, grouped bool) row {
	treat, hold := v.rateCell(p.Arm(holdout.Treat)), v.rateCell(p.Arm(holdout.Hold))
	if p.Difference.Code == evaluation.E01 {
		treat.Text, hold.Text = v.percent(nil), v.percent(nil)
	}
	name := cell{Text: v.rowName(p, grouped)}
	if !grouped {
		name.Small = v.about(p.Point)
	}
	return row{Strong: p.Point.Primary, Cells: []cell{
		name, treat, hold, v.figureCell(p.Difference, v.effect), v.figureCell(p.Relative, v.Language.Percent),
		{Text: strings.TrimPrefix(probability(p.P), "= ")}, {Text: v.badge(p)},
	}}
}

func hundredfold(share *float64) *float64 {
	if share == nil {
		return nil
	}
	x := 100 * *share
	return &x
}

// curveSection is the two curves, their difference, and the table of both.
type curveSection struct {
	Hidden  string
	Picture *picture
	Table   table
	Notes   []string
}

func (v view) curveSection() *curveSection {
	say := v.Language.Say
	if v.Curves == nil || len(v.Curves.Arms) == 0 {
		return nil
	}
	if code := v.hidden(); code != "" {
		return &curveSection{Hidden: say("curves.hidden", "code", string(code))}
	}
	c := v.curves()
	if c == nil {
		return nil
	}
	out := &curveSection{Table: v.dayTable(v.steps()), Picture: v.curvePicture(c)}
	var counts []string
	for _, a := range c.Arms {
		counts = append(counts, v.Language.Count(a.Enrollments)+" "+v.arm(a.Arm))
	}
	out.Notes = []string{say("curves.note", "days", strconv.Itoa(c.Days), "counts", strings.Join(counts, ", ")), say("curves.band")}
	if len(c.Difference) == 0 {
		out.Notes = append(out.Notes, say("curves.nogap"))
	}
	return out
}

func (v view) curvePicture(c *Curves) *picture {
	say := v.Language.Say
	plot := chart.Curves{
		ID: "curves", Title: say("curves.title", "anchor", c.Anchor), Desc: v.curvesDescription(),
		XLabel: say("curves.x", "anchor", c.Anchor), YLabel: say("curves.y"), Days: c.Days,
	}
	for _, a := range c.Arms {
		l := chart.Line{Name: v.arm(a.Arm), Band: true}
		for _, s := range a.Steps {
			step := chart.Step{Day: float64(s.Day), PerHundred: 100 * a.share(s.Day)}
			step.Lo, step.Hi = step.PerHundred, step.PerHundred
			if s.Lo != nil && s.Hi != nil {
				step.Lo, step.Hi = 100**s.Lo, 100**s.Hi
			}
			l.Steps = append(l.Steps, step)
		}
		plot.Lines = append(plot.Lines, l)
	}
	plot.Gap.Label = say("curves.gap")
	for _, g := range c.Difference { // its figures are there, or it is not
		plot.Gap.Steps = append(plot.Gap.Steps, chart.Step{Day: float64(g.Day), PerHundred: 100 * *g.Estimate, Lo: 100 * *g.Lo, Hi: 100 * *g.Hi})
	}
	for _, w := range c.Waves {
		plot.Ticks = append(plot.Ticks, chart.Tick{Day: w.Day, Name: w.Wave})
	}
	return drawnCurves(plot)
}

// dayTable is the curves on these days.
func (v view) dayTable(days []int) table {
	say, c := v.Language.Say, v.Curves
	t := table{Caption: say("curves.table.caption"), Columns: numbers(say("col.day"))}
	for _, a := range c.Arms {
		t.Columns = append(t.Columns, numbers(v.arm(a.Arm), say("col.range"))...)
	}
	if len(c.Difference) > 0 {
		t.Columns = append(t.Columns, numbers(say("col.gap"), say("col.range"))...)
	}
	t.Columns = append(t.Columns, words(say("col.wave"))...)
	per := func(x float64) string { return v.Language.PerHundred(x, 1) }
	last := -1
	for _, day := range days {
		r := row{Cells: []cell{{Text: strconv.Itoa(day)}}}
		for _, a := range c.Arms {
			s := a.step(day)
			between := say("text.none.rate")
			if s.Lo != nil && s.Hi != nil {
				between = v.between(per(*s.Lo), per(*s.Hi))
			}
			r.Cells = append(r.Cells, cell{Text: per(a.share(day))}, cell{Text: between})
		}
		if len(c.Difference) > 0 {
			estimate, between := say("text.none.rate"), say("text.none.rate")
			if g, ok := c.gap(day); ok {
				estimate, between = v.effect(*g.Estimate), v.between(v.effect(*g.Lo), v.effect(*g.Hi))
			}
			r.Cells = append(r.Cells, cell{Text: estimate}, cell{Text: between})
		}
		var waves []string
		for _, w := range c.Waves {
			if int(w.Day) > last && int(w.Day) <= day {
				waves = append(waves, w.Wave)
			}
		}
		last = day
		r.Cells = append(r.Cells, cell{Text: strings.Join(waves, ", ")})
		t.Rows = append(t.Rows, r)
	}
	return t.without(func(text string) bool { return text == "" }, len(t.Columns)-1)
}
