package report

import (
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
)

// panel is a section that every rendering shows alike: what it says in words,
// then the picture, then the table that says the same. What is more is not
// printed on paper.
type panel struct {
	ID, Heading string
	Said        []string
	Picture     *picture
	Table       table
	More        []table
	Notes       []string
}

func (p panel) with(t table) panel {
	p.Table = t
	return p
}

func (p panel) tables() []table { return append([]table{p.Table}, p.More...) }

// panels are what a report says beside the effect on rates and money, in order.
func (v view) panels() []panel {
	var out []panel
	if p, ok := v.Primary(); ok && refusal(p, "E01") == "" {
		out = slices.Concat(v.cohortPanels(), v.variantPanels(), v.observedPanels(), v.splitPanels())
	}
	for _, p := range []*panel{v.pricePanel(), v.creditedPanel(), v.movedPanel(), v.basketPanel(), v.guardrailPanel(), v.trafficPanel(), v.surveyPanel()} {
		if p != nil {
			out = append(out, *p)
		}
	}
	return out
}

func drawnAmounts(c chart.Amounts) *picture {
	small := c
	small.ID, small.Narrow = c.ID+narrow, true
	return drawn(c.SVG(), small.SVG())
}

// panelLines are the panels for a terminal.
func (v view) panelLines(out *printer) {
	for _, p := range v.panels() {
		out.line("")
		out.line(p.Heading)
		for _, said := range p.Said {
			out.wrapped("  ", said)
		}
		for _, t := range p.tables() {
			out.said(t)
		}
		for _, note := range p.Notes {
			out.wrapped("  ", note)
		}
	}
}

// said is a table in columns where they fit, else a line a row.
func (p *printer) said(t table) {
	if t.width() <= columns {
		if t.Caption != "" {
			p.wrapped("  ", t.Caption)
		}
		p.grid(t)
		return
	}
	p.wrapped("  ", t.Caption)
	for _, r := range t.Rows {
		if r.Heading != "" {
			p.line("  " + r.Heading)
			continue
		}
		var parts []string
		for i, c := range r.Cells {
			said := c.Text
			if c.Small != "" {
				said += " (" + c.Small + ")"
			}
			if i > 0 && said == "" {
				continue
			}
			if i > 0 {
				said = t.Columns[i].Title + " " + said
			}
			parts = append(parts, said)
		}
		p.wrapped("    ", parts[0]+": "+strings.Join(parts[1:], ", "))
	}
}

// panelMarkdown are the panels without their pictures.
func (v view) panelMarkdown(out *printer) {
	para := func(text string) {
		if text != "" {
			out.line(escaped(text))
			out.line("")
		}
	}
	for _, p := range v.panels() {
		out.line("## " + escaped(p.Heading))
		out.line("")
		for _, said := range p.Said {
			para(said)
		}
		for _, t := range p.tables() {
			para(t.Caption)
			out.markdown(t)
		}
		for _, note := range p.Notes {
			para(note)
		}
	}
}

// money is an amount with its unit; a signed one says a plus.
func (v view) amountOf(x float64) string { return v.Language.Money(x, v.currency()) }

// currency is that of the report's points.
func (v view) currency() evaluation.Currency {
	if len(v.Points) == 0 {
		return evaluation.Currency{}
	}
	return v.Points[0].Currency
}
