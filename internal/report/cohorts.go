package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// cohortPanels is what each cohort did, and which are still open.
func (v view) cohortPanels() []panel {
	of := v.Cohorts
	if of == nil || len(of.Cohorts)+len(of.Tail) == 0 {
		return nil
	}
	say := v.Language.Say
	p := panel{ID: "cohorts", Heading: say("section.cohorts")}
	t := table{Caption: say("cohorts.caption", "point", of.Point), Stack: true, Columns: append(words(say("col.cohort")),
		numbers(v.arm(holdout.Treat), v.arm(holdout.Hold), say("col.difference"), say("col.p"))...)}
	if of.Looked {
		t.Columns = append(t.Columns, append(numbers(say("col.look"), say("col.bound")), words(say("col.crossed"))...)...)
	}
	plot := chart.Intervals{ID: "cohorts" + drawing, Title: say("cohorts.title"), XLabel: say("effects.axis")}
	var said []string
	for _, c := range of.Cohorts {
		r := c.Result
		treat, hold := v.rateCell(r.Arm(holdout.Treat)), v.rateCell(r.Arm(holdout.Hold))
		if r.Difference.Code == evaluation.E01 {
			treat.Text, hold.Text = v.percent(nil), v.percent(nil)
		}
		name := v.entered(c.From, c.Until)
		cells := []cell{{Text: c.Cohort, Small: name}, treat, hold, v.figureCell(r.Difference, v.effect), {Text: bareP(r.P)}}
		if of.Looked {
			cells = append(cells, v.lookCells(c.Look)...)
		}
		t.Rows = append(t.Rows, row{Strong: c.Cohort == of.Asked, Cells: cells})
		plot.Rows = append(plot.Rows, chart.Interval{Name: c.Cohort, Strong: c.Cohort == of.Asked, Note: v.code(r.Difference.Code),
			Estimate: hundredfold(r.Difference.Estimate), Lo: hundredfold(r.Difference.Lo), Hi: hundredfold(r.Difference.Hi)})
		if d := r.Difference; d.Known() {
			said = append(said, say("effects.row", "name", c.Cohort, "effect", v.effect(*d.Estimate), "lo", v.effect(*d.Lo), "hi", v.effect(*d.Hi)))
		}
	}
	if len(said) > 0 {
		plot.Desc = say("effects.desc", "rows", strings.Join(said, "; "))
		p.Picture = drawnIntervals(plot)
	}
	for _, o := range of.Tail {
		opens := say("cohort.open")
		if o.Opens != nil {
			opens = say("cohort.opens", "date", v.Language.Date(*o.Opens, v.Zone))
		}
		p.Notes = append(p.Notes, say("cohort.tail", "cohort", o.Cohort, "final", v.Language.Count(o.Final), "all", v.Language.Count(o.Assigned), "opens", opens))
	}
	p.Notes = append(p.Notes, say("cohorts.note"))
	switch {
	case of.Code != "":
		p.Notes = append(p.Notes, say("cohorts.endless"))
	case of.Looked:
		p.Notes = append(p.Notes, say("cohorts.looks"))
	}
	return []panel{p.with(t)}
}

// lookCells are the cohorts so far.
func (v view) lookCells(l *evaluation.CohortLook) []cell {
	say := v.Language.Say
	none := cell{Text: say("text.none.rate")}
	if l == nil {
		return []cell{none, none, none}
	}
	bound, crossed := none, cell{Text: v.code(l.Code)}
	if l.Code == "" {
		crossed.Text = say("look.no")
		if l.Crossed {
			crossed.Text = say("look.yes")
		}
	}
	if l.Bound != nil && l.Z != nil {
		bound.Text = say("look.z", "z", decimal(abs(*l.Z), 2), "bound", decimal(*l.Bound, 2))
	}
	return []cell{v.figureCell(l.Difference, v.effect), bound, crossed}
}

// entered says the days of a span.
func (v view) entered(from, until time.Time) string {
	return v.Language.Say("range", "lo", v.Language.Date(from, v.Zone), "hi", v.Language.Date(until.Add(-time.Second), v.Zone))
}

func (t *tidy) cohorts(of *evaluation.Cohorts) {
	if of == nil {
		return
	}
	row := csvRow{"section": "cohort", "point": of.Point, "round": strconv.Itoa(of.Round)}
	for _, c := range of.Cohorts {
		of := with(row, "cell", c.Cohort)
		treat, hold := c.Result.Arm(holdout.Treat), c.Result.Arm(holdout.Hold)
		of["n_treat"], of["n_hold"] = strconv.FormatInt(treat.Counted, 10), strconv.FormatInt(hold.Counted, 10)
		if c.Result.Difference.Code != evaluation.E01 {
			t.figure(with(of, "arm", string(holdout.Treat)), "rate", treat.Rate)
			t.figure(with(of, "arm", string(holdout.Hold)), "rate", hold.Rate)
		}
		t.figure(of, "difference", c.Result.Difference)
		t.value(of, "p", c.Result.P)
		if profit, ok := c.Result.Metric(evaluation.MetricProfit); ok {
			t.figure(with(of, "metric", evaluation.MetricProfit), "difference", profit.Difference)
		}
		if l := c.Look; l != nil {
			t.figure(of, "so_far", l.Difference)
			t.value(of, "z", l.Z)
			t.value(of, "bound", l.Bound)
			crossed := 0.0
			if l.Crossed {
				crossed = 1
			}
			t.value(of, "crossed", &crossed)
		}
	}
	for _, o := range of.Tail {
		t.count(with(row, "cell", o.Cohort), "enrolled", o.Assigned)
		t.count(with(row, "cell", o.Cohort), "final", o.Final)
	}
}
