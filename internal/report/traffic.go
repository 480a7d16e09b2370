package report

import (
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
)

// trafficPanel is how far everyone enrolled came, in both groups.
func (v view) trafficPanel() *panel {
	if v.Traffic == nil || len(v.Traffic.Steps) == 0 {
		return nil
	}
	say, t := v.Language.Say, v.Traffic
	out := &panel{ID: "traffic", Heading: say("section.traffic"), Said: []string{say("traffic.said.none")}, Notes: []string{say("traffic.note")}}
	if t.First != "" {
		out.Said = []string{say("traffic.said", "step", say("traffic."+t.First))}
	}
	plot := chart.Amounts{ID: "traffic" + drawing, Title: say("traffic.title"), XLabel: say("effects.axis.all")}
	var said []string
	steps := v.reachedTable(say("traffic.caption", "point", t.Point), say("col.step"))
	for _, s := range t.Steps {
		name := say("traffic." + s.Name)
		steps.Rows = append(steps.Rows, v.reachedRow(name, s))
		plot.Rows = append(plot.Rows, chart.Amount{Name: name, Heading: true},
			chart.Amount{Name: v.arm("treat"), Value: hundredfold(s.TreatRate), Text: v.percentOf(s.TreatRate), Note: say("text.none.rate")},
			chart.Amount{Name: v.arm("hold"), Value: hundredfold(s.HoldRate), Text: v.percentOf(s.HoldRate), Held: true, Note: say("text.none.rate")})
		said = append(said, say("traffic.row", "name", name, "treat", v.percentOf(s.TreatRate), "hold", v.percentOf(s.HoldRate)))
	}
	plot.Desc = say("traffic.desc", "rows", strings.Join(said, "; "))
	out.Picture, out.Table = drawnAmounts(plot), steps
	if len(t.Paths) > 0 {
		paths := v.reachedTable(say("traffic.paths"), say("col.path"))
		for _, s := range t.Paths {
			name := s.Name
			if name == "" {
				name = say("guard.reason.none")
			}
			paths.Rows = append(paths.Rows, v.reachedRow(name, s))
		}
		out.More = append(out.More, paths)
	}
	return out
}

func (v view) reachedTable(caption, name string) table {
	return table{Caption: caption, Stack: true, Columns: append(words(name), numbers(v.arm("treat"), v.arm("hold"), v.Language.Say("col.difference"))...)}
}

func (v view) reachedRow(name string, s evaluation.Reached) row {
	count := v.Language.Count
	return row{Cells: []cell{{Text: name}, {v.percentOf(s.TreatRate), count(s.Treat)}, {v.percentOf(s.HoldRate), count(s.Hold)}, v.figureCell(s.Difference, v.effect)}}
}

// surveyPanel is what answers have to do with who gave them.
func (v view) surveyPanel() *panel {
	if len(v.Surveys) == 0 {
		return nil
	}
	say, count := v.Language.Say, v.Language.Count
	t := table{Caption: say("survey.caption"), Columns: append(words(say("col.question"), say("col.trait")), numbers(say("col.answers"), say("col.chi2"), say("col.p"), say("col.q"), say("col.v"))...)}
	for _, a := range v.Surveys {
		p := strings.TrimPrefix(probability(a.P), "= ")
		if a.Rough {
			p += " *"
		}
		chi2, cramer := say("text.none.rate"), say("text.none.rate")
		if a.Chi2 != nil && a.V != nil {
			chi2, cramer = decimal(*a.Chi2, 1), decimal(*a.V, 2)
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{a.Question, a.Survey}, {Text: a.Trait}, {Text: count(a.Answers)}, {Text: chi2}, {Text: p}, {Text: strings.TrimPrefix(probability(a.Q), "= ")}, {Text: cramer}}})
	}
	return &panel{ID: "surveys", Heading: say("section.surveys"), Said: []string{say("survey.said")}, Table: t, Notes: []string{say("survey.note")}}
}
