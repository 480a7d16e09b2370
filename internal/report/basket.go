package report

import (
	"strings"

	"github.com/rewave/rewave/internal/chart"
)

// drawnCategories is how many categories a picture has room for.
const drawnCategories = 12

// basketPanel is what the campaign sold, and what those who bought again took.
func (v view) basketPanel() *panel {
	if v.Basket == nil {
		return nil
	}
	say, count, b := v.Language.Say, v.Language.Count, v.Basket
	out := &panel{ID: "basket", Heading: say("section.basket"), Notes: []string{say("basket.note")}}
	t := table{Caption: say("basket.caption", "point", b.Point), Stack: true,
		Columns: append(words(say("col.category")), numbers(v.arm("treat"), v.arm("hold"), say("col.difference"), say("col.q"))...)}
	t.Columns = append(t.Columns, column{Title: say("col.mark")})
	plot := chart.Intervals{ID: "basket" + drawing, Title: say("basket.title"), XLabel: say("basket.axis")}
	marked := map[string][]string{}
	var said []string
	for i, c := range b.Categories {
		difference, mark := v.figureCell(c.Difference, v.effect), ""
		if c.Mark != "" {
			mark = say("basket." + c.Mark)
			marked[c.Mark] = append(marked[c.Mark], c.Category+" "+difference.Text)
		}
		rate := func(n int64, share *float64) cell { return cell{v.percentOf(share), count(n)} }
		t.Rows = append(t.Rows, row{Strong: c.Mark != "", Cells: []cell{{Text: c.Category}, rate(c.Treat, c.TreatRate), rate(c.Hold, c.HoldRate), difference,
			{Text: strings.TrimPrefix(probability(c.Q), "= ")}, {Text: mark}}})
		if i < drawnCategories && c.Difference.Known() {
			plot.Rows = append(plot.Rows, chart.Interval{Name: c.Category, Strong: c.Mark != "", Estimate: hundredfold(c.Difference.Estimate), Lo: hundredfold(c.Difference.Lo), Hi: hundredfold(c.Difference.Hi)})
			said = append(said, say("effects.row", "name", c.Category, "effect", v.effect(*c.Difference.Estimate), "lo", v.effect(*c.Difference.Lo), "hi", v.effect(*c.Difference.Hi)))
		}
	}
	if len(said) > 0 {
		plot.Desc = say("basket.desc", "rows", strings.Join(said, "; "))
		out.Picture = drawnIntervals(plot)
	}
	for _, mark := range []string{"sold", "shifted"} {
		if names := marked[mark]; len(names) > 0 {
			out.Said = append(out.Said, say("basket.said."+mark, "categories", strings.Join(names, ", ")))
		}
	}
	if len(out.Said) == 0 {
		out.Said = []string{say("basket.said.none")}
	}
	out.Table = t
	if len(b.Steps) > 0 {
		out.More = append(out.More, v.stepTable())
	}
	if len(b.Rules) > 0 {
		out.More = append(out.More, v.ruleTable())
	}
	if len(b.Steps)+len(b.Rules) > 0 {
		out.Notes = append(out.Notes, say("basket.describes"))
	}
	return out
}

// stepTable is what was bought first again, by what was bought before.
func (v view) stepTable() table {
	say, count := v.Language.Say, v.Language.Count
	t := table{Caption: say("basket.steps"), Columns: append(words(say("col.before"), say("col.again")), numbers(say("col.customers"), say("col.of.hundred"), say("col.range"))...)}
	for _, s := range v.Basket.Steps {
		share := v.figureCell(s.Share, func(x float64) string { return v.Language.PerHundred(x, 1) })
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: s.From}, {Text: s.To}, {Text: say("col.buyers", "buyers", count(s.Buyers), "n", count(s.Of))}, {Text: share.Text}, {Text: share.Small}}})
	}
	return t
}

// ruleTable is what goes with what within the window.
func (v view) ruleTable() table {
	say, count := v.Language.Say, v.Language.Count
	t := table{Caption: say("basket.rules"), Columns: append(words(say("col.takes"), say("col.takes.too")), numbers(say("col.customers"), say("col.of.hundred"), say("col.lift"), say("col.q"))...)}
	for _, r := range v.Basket.Rules {
		lift := v.figureCell(r.Lift, func(x float64) string { return decimal(x, 2) })
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: r.A}, {Text: r.B}, {Text: count(r.Both)}, {Text: v.percentOf(r.Confidence)}, lift, {Text: strings.TrimPrefix(probability(r.Q), "= ")}}})
	}
	return t
}
