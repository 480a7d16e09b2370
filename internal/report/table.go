package report

import (
	"slices"
	"strings"
)

// table is figures in rows, made once for every rendering.
type table struct {
	Caption string
	Stack   bool // each row becomes a block where the screen is narrow
	Columns []column
	Rows    []row
}

type column struct {
	Title  string
	Number bool
}

// row has a cell for each column, or a heading over those that follow.
type row struct {
	Heading, About string
	Strong         bool
	Cells          []cell
}

// cell is a figure and, small below it, its range or what it is of.
type cell struct{ Text, Small string }

func words(titles ...string) []column {
	var out []column
	for _, t := range titles {
		out = append(out, column{Title: t})
	}
	return out
}

func numbers(titles ...string) []column {
	out := words(titles...)
	for i := range out {
		out[i].Number = true
	}
	return out
}

// without leaves out columns in which no row says anything.
func (t table) without(empty func(text string) bool, from int) table {
	for i := len(t.Columns) - 1; i >= from; i-- {
		if slices.ContainsFunc(t.Rows, func(r row) bool { return r.Heading == "" && !empty(r.Cells[i].Text) }) {
			continue
		}
		t.Columns = slices.Delete(slices.Clone(t.Columns), i, i+1)
		for k := range t.Rows {
			if t.Rows[k].Heading == "" {
				t.Rows[k].Cells = slices.Delete(slices.Clone(t.Rows[k].Cells), i, i+1)
			}
		}
	}
	return t
}

// width is how many columns of a terminal it takes.
func (t table) width() int {
	total := 0
	for _, w := range t.widths() {
		total += 2 + w
	}
	return total
}

func (t table) widths() []int {
	width := make([]int, len(t.Columns))
	take := func(i int, text string) { width[i] = max(width[i], len([]rune(text))) }
	for i, c := range t.Columns {
		take(i, c.Title)
	}
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			take(i, c.Text)
			take(i, c.Small)
		}
	}
	return width
}

// grid prints the rows in columns: numbers to the right, what is small in a
// line below.
func (p *printer) grid(t table) {
	width := t.widths()
	write := func(of func(i int) string) {
		var b strings.Builder
		for i, c := range t.Columns {
			pad := strings.Repeat(" ", width[i]-len([]rune(of(i))))
			if b.WriteString("  "); c.Number {
				b.WriteString(pad + of(i))
			} else {
				b.WriteString(of(i) + pad)
			}
		}
		p.line(b.String())
	}
	if slices.ContainsFunc(t.Columns, func(c column) bool { return c.Title != "" }) {
		write(func(i int) string { return t.Columns[i].Title })
	}
	for _, r := range t.Rows {
		if r.Heading != "" {
			p.line("  " + r.Heading)
			continue
		}
		write(func(i int) string { return r.Cells[i].Text })
		if slices.ContainsFunc(r.Cells, func(c cell) bool { return c.Small != "" }) {
			write(func(i int) string { return r.Cells[i].Small })
		}
	}
}

// markdown writes the table as pipes; what is small stands behind its figure.
func (p *printer) markdown(t table) {
	cells := func(of []string) { p.line("| " + strings.Join(of, " | ") + " |") }
	var titles, rules []string
	for _, c := range t.Columns {
		titles = append(titles, escaped(c.Title))
		if c.Number {
			rules = append(rules, "---:")
		} else {
			rules = append(rules, "---")
		}
	}
	cells(titles)
	cells(rules)
	for _, r := range t.Rows {
		said := make([]string, len(t.Columns))
		if r.Heading != "" {
			said[0] = "**" + escaped(r.Heading) + "**"
		}
		for i, c := range r.Cells {
			if said[i] = escaped(c.Text); r.Strong && i == 0 {
				said[i] = "**" + said[i] + "**"
			}
			if c.Small != "" {
				said[i] += " (" + escaped(c.Small) + ")"
			}
		}
		cells(said)
	}
	p.line("")
}

// escaped keeps a text from being read as Markdown or HTML.
func escaped(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "#", `\#`, "@", "&#64;").Replace(text)
}
