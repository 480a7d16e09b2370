package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
)

// movedPanel is who bought: all, those who would have anyway, those written to,
// and those whom the campaign moved.
func (v view) movedPanel() *panel {
	if v.Moved == nil || len(v.Moved.Traits) == 0 {
		return nil
	}
	say, m := v.Language.Say, v.Moved
	out := &panel{ID: "moved", Heading: say("section.moved"), Said: []string{say("moved.said")}, Picture: v.movedPicture(), Notes: []string{say("moved.note")}}
	if m.Z == nil || *m.Z <= 2 {
		z := say("text.none.rate")
		if m.Z != nil {
			z = decimal(*m.Z, 1)
		}
		out.Said = append(out.Said, say("moved.few", "z", z))
	}
	t := table{Caption: say("moved.caption", "point", m.Point), Stack: true, Columns: append(words(say("col.trait")),
		numbers(say("moved.all"), say("moved.natural"), say("moved.responders"), say("col.smd"), say("moved.moved"))...)}
	clipped := false
	for _, trait := range m.Traits {
		t.Rows = append(t.Rows, row{Heading: v.trait(trait.Name)})
		for _, l := range trait.Levels {
			said := func(x float64) string { return v.Language.PerHundred(x, 1) + " %" }
			if trait.Number {
				said = func(x float64) string { return decimal(x, 1) }
			}
			of := func(x *float64) cell {
				if x == nil {
					return cell{Text: say("text.none.rate")}
				}
				return cell{Text: said(*x)}
			}
			smd := say("text.none.rate")
			if l.SMD != nil {
				smd = signed(*l.SMD, decimal(*l.SMD, 2))
			}
			moved := v.figureCell(l.Moved, said)
			if l.Moved.Estimate == nil {
				moved = cell{Text: say("text.none.rate")}
			}
			if l.Clipped {
				moved.Text, clipped = moved.Text+" *", true
			}
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: v.level(trait, l)}, of(l.All), of(l.Natural), of(l.Responders), {Text: smd}, moved}})
		}
	}
	if clipped {
		out.Notes = append(out.Notes, say("moved.clipped"))
	}
	out.Table = t
	if a := v.associations(); len(a.Rows) > 0 {
		out.More = append(out.More, a)
	}
	return out
}

// trait is what a characteristic is called.
func (v view) trait(name string) string {
	kind, of, split := strings.Cut(name, ":")
	switch {
	case split && kind == "consent":
		return v.Language.Say("trait.consent", "channel", of)
	case split:
		return of
	}
	if key := "trait." + name; v.Language.Has(key) {
		return v.Language.Say(key)
	}
	return name
}

// level is what one of its values is called.
func (v view) level(t evaluation.Trait, l evaluation.Level) string {
	say := v.Language.Say
	switch {
	case l.Kind == "number":
		return say("level.mean")
	case l.Kind == "rarer":
		return say("level.rarer")
	case l.Kind == "unknown" && strings.HasPrefix(t.Name, "consent:"):
		return say("level.no")
	case l.Kind == "unknown":
		return say("level.unknown")
	}
	for _, key := range []string{"level." + t.Name + "." + l.Level, "level.of." + l.Level} {
		if v.Language.Has(key) {
			return v.Language.Say(key)
		}
	}
	return l.Level
}

// associations say how much each has to do with having bought.
func (v view) associations() table {
	say := v.Language.Say
	t := table{Caption: say("moved.association"), Columns: append(words(say("col.trait")), numbers(say("col.chi2"), say("col.df"), say("col.p"), say("col.v"))...)}
	for _, x := range v.Moved.Traits {
		if x.Chi2 != nil && x.V != nil && x.DF != nil {
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: v.trait(x.Name)}, {Text: decimal(*x.Chi2, 1)}, {Text: strconv.Itoa(*x.DF)},
				{Text: strings.TrimPrefix(probability(x.P), "= ")}, {Text: decimal(*x.V, 2)}}})
		}
	}
	return t
}

// pictured is how many values are drawn: those in which buyers differ most.
const pictured = 4

func (v view) movedPicture() *picture {
	type drawnLevel struct {
		name string
		evaluation.Level
	}
	var levels []drawnLevel
	for _, t := range v.Moved.Traits {
		for _, l := range t.Levels {
			if !t.Number && l.Kind == "named" && l.SMD != nil && l.Moved.Known() && l.Natural != nil {
				levels = append(levels, drawnLevel{v.trait(t.Name) + ": " + v.level(t, l), l})
			}
		}
	}
	slices.SortStableFunc(levels, func(a, b drawnLevel) int { return cmp.Compare(abs(*b.SMD), abs(*a.SMD)) })
	levels = levels[:min(len(levels), pictured)]
	if len(levels) == 0 {
		return nil
	}
	say := v.Language.Say
	plot := chart.Amounts{ID: "moved" + drawing, Title: say("moved.title"), XLabel: say("moved.axis")}
	var said []string
	for _, l := range levels {
		plot.Rows = append(plot.Rows, chart.Amount{Name: l.name, Heading: true})
		for _, x := range []struct {
			name string
			at   *float64
			held bool
		}{{say("moved.all"), l.All, true}, {say("moved.natural"), l.Natural, true}, {say("moved.responders"), l.Responders, false}} {
			plot.Rows = append(plot.Rows, chart.Amount{Name: x.name, Value: hundredfold(x.at), Held: x.held, Text: v.percentOf(x.at)})
		}
		c := v.figureCell(l.Moved, func(x float64) string { return v.Language.PerHundred(x, 1) })
		plot.Rows = append(plot.Rows, chart.Amount{Name: say("moved.moved"), Value: hundredfold(l.Moved.Estimate), Lo: hundredfold(l.Moved.Lo), Hi: hundredfold(l.Moved.Hi), Text: c.Text + " (" + c.Small + ")"})
		said = append(said, say("moved.row", "name", l.name, "natural", v.percentOf(l.Natural), "responders", v.percentOf(l.Responders), "moved", c.Text, "range", c.Small))
	}
	plot.Desc = say("moved.desc", "rows", strings.Join(said, "; "))
	return drawnAmounts(plot)
}

// percentOf is a share of every hundred; a dash where there is none.
func (v view) percentOf(x *float64) string {
	if x == nil {
		return v.Language.Say("text.none.rate")
	}
	return v.Language.PerHundred(*x, 1)
}
