package report

import (
	"io"
	"strings"
)

// Text writes the analysis for a terminal of 80 columns, which only long names of
// arms go beyond.
func (a Analysis) Text(w io.Writer) error {
	v := a.prepared()
	out := &printer{}
	out.wrapped("", v.head())
	for _, warning := range v.warnings() {
		out.wrapped("! ", warning)
	}
	out.line("")
	out.grid(v.arms())
	if v.SRM.Valid {
		out.wrapped("  ", v.SRM.Sentence)
	} else {
		out.wrapped("  E01  ", v.SRM.Sentence)
	}
	for _, text := range v.balances() {
		out.wrapped("  ", text)
	}
	for _, m := range v.Metrics {
		out.line("")
		v.metric(m).text(out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (v metricView) text(out *printer) {
	out.line(v.heading())
	t := v.table()
	narrow := t.width() <= columns
	if !narrow {
		t = v.tableOf(false)
	}
	out.grid(t)
	if !v.SRM.Valid {
		return
	}
	for _, c := range v.m.Comparisons {
		mark := "  "
		if code := c.Difference.Code; strings.HasPrefix(string(code), "E") {
			mark += string(code) + "  "
		}
		out.wrapped(mark, c.Sentence)
	}
	for _, text := range v.beside() {
		out.wrapped("  ", text)
	}
	out.wrapped("  ", v.cap())
	for _, c := range v.m.Comparisons {
		if w := c.Whole; !narrow && w != nil && w.Valid {
			key := "uncapped"
			if c.Adjustment != nil && c.Adjustment.Used {
				key += ".plain"
			}
			out.wrapped("  ", v.say("analysis."+key, "arm", c.Arm, "effect", v.effect(*w.Estimate), "lo", v.effect(*w.Lo), "hi", v.effect(*w.Hi)))
		}
	}
	for _, n := range v.m.Notes {
		out.wrapped("  ! ", n.Sentence)
	}
	for _, c := range v.m.Comparisons {
		if !divided(c) {
			continue
		}
		t := v.strata(c)
		out.line("")
		out.line("  " + t.Caption)
		out.grid(t)
		out.wrapped("  ", v.interaction(c))
	}
}
