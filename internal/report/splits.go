package report

import (
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// splitPanels are the effects in parts of the customers, in declared order.
func (v view) splitPanels() []panel {
	say := v.Language.Say
	var out []panel
	for i, of := range v.Splits {
		p := panel{ID: "by" + nth(i), Heading: say("section.split", "by", of.By)}
		t := table{Caption: say("split.caption", "point", of.Point), Stack: true, Columns: append(words(say("col.cell")),
			numbers(v.arm(holdout.Treat), v.arm(holdout.Hold), say("col.difference"), say("col.shrunk"), say("col.q"))...)}
		plot := chart.Intervals{ID: "by" + nth(i) + drawing, Title: say("split.title", "by", of.By), XLabel: say("effects.axis")}
		var said, notable []string
		for _, x := range of.Cells {
			name := v.cellName(x)
			treat, hold := v.rateCell(x.Treat), v.rateCell(x.Hold)
			if x.Difference.Code == evaluation.E01 {
				treat.Text, hold.Text = v.percent(nil), v.percent(nil)
			}
			t.Rows = append(t.Rows, row{Strong: x.Notable, Cells: []cell{
				{Text: name}, treat, hold, v.figureCell(x.Difference, v.effect), v.figureCell(x.Shrunk, v.effect), {Text: bareP(x.QValue)}}})
			plot.Rows = append(plot.Rows, chart.Interval{Name: name, Strong: x.Notable, Note: v.code(x.Shrunk.Code),
				Estimate: hundredfold(x.Shrunk.Estimate), Lo: hundredfold(x.Shrunk.Lo), Hi: hundredfold(x.Shrunk.Hi)})
			if x.Shrunk.Known() {
				said = append(said, say("effects.row", "name", name, "effect", v.effect(*x.Shrunk.Estimate), "lo", v.effect(*x.Shrunk.Lo), "hi", v.effect(*x.Shrunk.Hi)))
			}
			if x.Notable {
				notable = append(notable, name)
			}
		}
		if len(said) > 0 {
			plot.Desc = say("split.desc", "rows", strings.Join(said, "; "))
			p.Picture = drawnIntervals(plot)
		}
		p.Said = []string{v.differ(of)}
		if len(notable) > 0 {
			p.Said = append(p.Said, say("split.notable", "cells", strings.Join(notable, ", ")))
		}
		if of.Code == "" {
			p.Notes = []string{say("split.note")}
		}
		out = append(out, p.with(t))
	}
	return out
}

// differ is whether the effect is the same in all cells, as far as can be told.
func (v view) differ(of evaluation.Cells) string {
	say := v.Language.Say
	switch {
	case of.Code != "":
		return say("split.refused", "code", v.code(of.Code))
	case of.QP == nil:
		return say("split.one")
	case *of.QP < 0.05:
		return say("split.differ", "p", probability(of.QP))
	}
	return say("split.alike", "p", probability(of.QP))
}

func (v view) cellName(x evaluation.Cell) string {
	switch {
	case x.Pooled > 0:
		return v.Language.SayCount("split.other", int64(x.Pooled))
	case x.Cell == "":
		return v.Language.Say("split.unknown")
	}
	return x.Cell
}

func (t *tidy) splits(list []evaluation.Cells) {
	for _, of := range list {
		row := csvRow{"section": "split", "point": of.Point, "round": strconv.Itoa(of.Round), "metric": of.By}
		for _, x := range of.Cells {
			row := with(row, "cell", x.Cell)
			row["n_treat"], row["n_hold"] = strconv.FormatInt(x.Treat.Counted, 10), strconv.FormatInt(x.Hold.Counted, 10)
			if x.Difference.Code != evaluation.E01 {
				t.figure(with(row, "arm", string(holdout.Treat)), "rate", x.Treat.Rate)
				t.figure(with(row, "arm", string(holdout.Hold)), "rate", x.Hold.Rate)
			}
			t.figure(row, "difference", x.Difference)
			t.figure(row, "shrunk", x.Shrunk)
			t.value(row, "p", x.P)
			t.value(row, "q_value", x.QValue)
			if x.Pooled > 0 {
				t.count(row, "pooled", int64(x.Pooled))
			}
		}
		t.value(row, "q", of.Q)
		t.value(row, "q_p", of.QP)
	}
}
