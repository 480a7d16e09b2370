package report

import "strings"

// panel is a section that every rendering shows alike.
type panel struct {
	ID, Heading string
	Picture     *picture
	Said        []string // above the table
	Table       table
	Notes       []string
}

// panels are the sections between the rounds and the deliveries.
func (v view) panels() []panel {
	if p, ok := v.Primary(); !ok || refusal(p, "E01") != "" {
		return nil
	}
	var out []panel
	for _, part := range [][]panel{v.cohortPanels(), v.variantPanels(), v.observedPanels(), v.splitPanels()} {
		out = append(out, part...)
	}
	return out
}

// panelLines says a panel's rows in words where its table does not fit.
func (v view) panelLines(out *printer) {
	for _, p := range v.panels() {
		out.line("")
		out.wrapped("", p.Heading)
		for _, said := range p.Said {
			out.wrapped("  ", said)
		}
		if p.Table.width() <= columns {
			out.grid(p.Table)
		} else {
			for _, r := range p.Table.Rows {
				out.wrapped("  ", inWords(p.Table, r))
			}
		}
		for _, note := range p.Notes {
			out.wrapped("", note)
		}
	}
}

// inWords is a row as one sentence: what it is of, then each figure under the
// name of its column.
func inWords(t table, r row) string {
	if r.Heading != "" {
		return r.Heading
	}
	var parts []string
	for i, c := range r.Cells[1:] {
		if c.Text == "" {
			continue
		}
		text := t.Columns[i+1].Title + " " + c.Text
		if c.Small != "" {
			text += " (" + c.Small + ")"
		}
		parts = append(parts, text)
	}
	name := r.Cells[0].Text
	if small := r.Cells[0].Small; small != "" {
		name += " (" + small + ")"
	}
	return name + ": " + strings.Join(parts, "; ")
}

func (v view) panelMarkdown(out *printer) {
	para := func(text string) {
		out.line(escaped(text))
		out.line("")
	}
	for _, p := range v.panels() {
		out.line("## " + escaped(p.Heading))
		out.line("")
		for _, said := range p.Said {
			para(said)
		}
		out.markdown(p.Table)
		for _, note := range p.Notes {
			para(note)
		}
	}
}
