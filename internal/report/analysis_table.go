package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/analyze"
	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
)

// table is the metric in every arm.
func (v metricView) table() table { return v.tableOf(true) }

// tableOf leaves out the figures without the cap, where there is no room.
func (v metricView) tableOf(uncapped bool) table {
	level, range95 := "col.mean", v.level95()
	if v.m.Kind == analyze.Binary {
		level = "col.rate"
	}
	t := table{Caption: v.heading(), Stack: true, Columns: append(words(v.say("analysis.col.arm")),
		numbers(v.say("analysis."+level), v.say("analysis.col.difference", "level", range95), v.say("analysis.col.relative", "level", range95), v.say("analysis.col.whole"), v.say("analysis.col.p"), v.say("analysis.col.adjusted"))...)}
	for _, a := range v.m.Arms {
		level := cell{Text: v.Language.Say("text.none.rate")} // arms that cannot be compared are not shown side by side
		if a.Mean.Estimate != nil && v.SRM.Valid {
			level.Text = v.level(*a.Mean.Estimate)
		}
		cells := []cell{{Text: a.Arm}, level}
		i := slices.IndexFunc(v.m.Comparisons, func(c analyze.Comparison) bool { return c.Arm == a.Arm })
		if i < 0 {
			cells[0].Small = v.say("analysis.control")
			t.Rows = append(t.Rows, row{Cells: append(cells, cell{}, cell{}, cell{}, cell{}, cell{})})
			continue
		}
		c := v.m.Comparisons[i]
		whole := cell{}
		if c.Whole != nil && uncapped {
			whole = v.figure(*c.Whole, v.effect)
		}
		adjusted := ""
		if c.Family != nil {
			adjusted = strings.TrimPrefix(probability(c.Adjusted), "= ")
		}
		t.Rows = append(t.Rows, row{Strong: v.m.Primary, Cells: append(cells, v.figure(c.Difference, v.effect), v.figure(c.Relative, v.Language.Percent), whole,
			cell{Text: strings.TrimPrefix(probability(c.P), "= ")}, cell{Text: adjusted})})
	}
	return t.without(func(text string) bool { return text == "" }, 4)
}

func (v analysisView) level95() string {
	return strconv.FormatFloat(100*(1-v.Alpha), 'f', -1, 64)
}

func (v analysisView) figure(f analyze.Figure, said func(float64) string) cell {
	switch {
	case f.Valid:
		return cell{said(*f.Estimate), v.Language.Say("range", "lo", said(*f.Lo), "hi", said(*f.Hi))}
	case f.Estimate != nil && f.Code != evaluation.E11:
		return cell{said(*f.Estimate), v.Language.Say("range.open")}
	}
	return cell{Text: v.code(f.Code)}
}

// code is why a figure is not there, in a word or two.
func (v analysisView) code(code evaluation.Code) string {
	if key := "code." + string(code); v.Language.Has(key) {
		return v.Language.Say(key)
	}
	return v.Language.Say("code.other")
}

// picture draws the differences of all arms; nil where none has a range.
func (v metricView) picture(id string) *picture {
	plot := chart.Intervals{ID: id, Title: v.say("analysis.picture", "metric", v.m.Metric, "control", v.Control), XLabel: v.axis()}
	var said []string
	drawn := false
	for _, c := range v.m.Comparisons {
		r, words := v.drawn(c.Arm, c.Difference)
		r.Strong = v.m.Primary
		drawn = drawn || c.Difference.Valid
		plot.Rows, said = append(plot.Rows, r), append(said, words)
	}
	if b := v.m.BreakEven; b != nil {
		plot.Marks = append(plot.Marks, chart.Mark{At: v.drawing(*b), Name: v.Language.Say("effects.needs")})
	}
	plot.Desc = v.say("analysis.picture.desc", "control", v.Control, "level", v.level95(), "rows", strings.Join(said, "; "))
	if !drawn {
		return nil
	}
	return drawnIntervals(plot)
}

// drawn is one range, and what it says in words.
func (v metricView) drawn(name string, f analyze.Figure) (chart.Interval, string) {
	if !f.Valid {
		return chart.Interval{Name: name, Note: v.code(f.Code)}, v.Language.Say("effects.row.none", "name", name)
	}
	at := func(x *float64) *float64 { y := v.drawing(*x); return &y }
	text := v.effect(*f.Estimate) + " (" + v.Language.Say("range", "lo", v.effect(*f.Lo), "hi", v.effect(*f.Hi)) + ")"
	r := chart.Interval{Name: name, Estimate: at(f.Estimate), Lo: at(f.Lo), Hi: at(f.Hi), Text: text}
	if len([]rune(text))+min(len([]rune(name)), 22) > 44 { // the narrow picture has no room for both; the table has the range
		r.Text = v.effect(*f.Estimate)
	}
	return r, name + " " + text
}

// drawing is a value on the axis.
func (v metricView) drawing(x float64) float64 {
	if v.m.Kind == analyze.Binary {
		return 100 * x
	}
	return x
}

func (v metricView) axis() string {
	if v.m.Kind == analyze.Binary {
		return v.say("analysis.axis.rate", "metric", v.m.Metric)
	}
	return v.say("analysis.axis.mean", "metric", v.m.Metric)
}

// strata is one comparison stratum by stratum.
func (v metricView) strata(c analyze.Comparison) table {
	t := table{Caption: v.say("analysis.strata.caption", "arm", c.Arm, "control", v.Control, "metric", v.m.Metric, "column", v.StratumColumn), Stack: true,
		Columns: append(words(v.StratumColumn), numbers(v.say("analysis.col.share"), c.Arm, v.Control, v.say("analysis.col.difference", "level", v.level95()))...)}
	level := func(x *float64) cell {
		if x == nil {
			return cell{Text: v.Language.Say("text.none.rate")}
		}
		return cell{Text: v.level(*x)}
	}
	for _, s := range c.Strata.Each {
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: v.stratum(s.Stratum)}, {Text: v.Language.PerHundred(s.Share, 1) + " %"}, level(s.Treat), level(s.Hold), v.figure(s.Difference, v.effect)}})
	}
	t.Rows = append(t.Rows, row{Strong: true, Cells: []cell{{Text: v.say("analysis.strata.overall")}, {Text: "100.0 %"}, {}, {}, v.figure(c.Strata.Overall, v.effect)}})
	return t
}

// stratum is its name; rows without one are a stratum of their own.
func (v analysisView) stratum(name string) string {
	if name == "" {
		return v.say("analysis.strata.empty")
	}
	return name
}

// divided reports whether the strata of a comparison have something to say.
func divided(c analyze.Comparison) bool {
	return c.Strata != nil && (c.Difference.Valid || slices.ContainsFunc(c.Strata.Each, func(s analyze.Stratum) bool { return s.Difference.Valid }))
}

// interaction says whether the effect differs between the strata.
func (v metricView) interaction(c analyze.Comparison) string {
	s := c.Strata
	if s.P == nil {
		return v.say("analysis.strata.unknown")
	}
	key := "strata.alike"
	if *s.P < v.Alpha {
		key = "strata.differ"
	}
	return v.say("analysis."+key, "q", strconv.FormatFloat(*s.Q, 'f', 2, 64), "df", strconv.Itoa(s.DF), "p", probability(s.P))
}

func (v metricView) strataPicture(id string, c analyze.Comparison) *picture {
	plot := chart.Intervals{ID: id, Title: v.say("analysis.strata.picture", "arm", c.Arm, "control", v.Control, "metric", v.m.Metric), XLabel: v.axis()}
	var said []string
	drawn := false
	add := func(name string, f analyze.Figure, strong bool) {
		r, words := v.drawn(name, f)
		r.Strong, drawn = strong, drawn || f.Valid
		plot.Rows, said = append(plot.Rows, r), append(said, words)
	}
	for _, s := range c.Strata.Each {
		add(v.stratum(s.Stratum), s.Difference, false)
	}
	add(v.say("analysis.strata.overall"), c.Strata.Overall, true)
	plot.Desc = v.say("analysis.picture.desc", "control", v.Control, "level", v.level95(), "rows", strings.Join(said, "; "))
	if !drawn {
		return nil
	}
	return drawnIntervals(plot)
}
