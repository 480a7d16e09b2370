package report

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the report to be set into a page, a wiki or a message: the
// headline, the card's figures, the checks and the tables, without pictures.
// Curves are thinned to twelve days.
func (r Report) Markdown(w io.Writer) error {
	v := view{r.prepared()}
	say := v.Language.Say
	out := &printer{}
	para := func(text string) {
		if text != "" {
			out.line(text)
			out.line("")
		}
	}
	heading := func(text string) { para("## " + escaped(text)) }

	para("# " + escaped(v.Campaign))
	para(escaped(v.Says))
	para(escaped(strings.Join(v.identity(), " · ") + " · " + v.asOf()))
	if v.ReplayAA {
		para("> " + escaped(say("head.aa")))
	}
	p, judged := v.Primary()
	if !judged {
		para(escaped(say("point.none")))
	} else {
		c := v.card(p)
		para("**" + escaped(v.badge(p)) + ".** " + escaped(p.Sentence))
		para(escaped(c.Explanation))
		if len(c.Figures) > 0 {
			t := table{}
			first := row{}
			for _, f := range c.Figures {
				t.Columns = append(t.Columns, column{Title: f.Label})
				first.Cells = append(first.Cells, cell{f.Value, f.Range})
			}
			t.Rows = []row{first}
			out.markdown(t)
		}
		if t := c.Planted; t != nil {
			para("> " + escaped(fmt.Sprintf("%s %s. %s %s.", t.Effect, t.Found.Text, t.Profit, t.Earned.Text)))
		}
		if c.Action != "" {
			para("**" + escaped(say("card.do")) + ":** " + escaped(c.Action))
		}
		if c.Date != "" {
			para("**" + escaped(say("card.next")) + ":** " + escaped(c.Date))
		}
		para(escaped(c.How))
	}
	para(escaped(v.pending()))
	for _, x := range v.Warnings {
		para("- **" + escaped(x.Code) + "** " + escaped(x.Sentence))
	}
	if judged {
		heading(say("section.validity"))
		out.markdown(v.checkTable(p))
	}
	if e := v.effects(); e != nil {
		heading(say("section.effects"))
		out.markdown(e.Table)
		para(escaped(e.Compatible))
		for _, n := range e.Notes {
			para(escaped(string(n.Code) + ": " + n.Sentence))
		}
	}
	if m := v.money(); m != nil {
		heading(m.Heading)
		para(escaped(m.Table.Caption))
		out.markdown(m.Table)
		for _, said := range m.Said {
			para(escaped(said))
		}
	}
	if c := v.curves(); c != nil {
		heading(say("section.curves"))
		out.markdown(v.dayTable(v.sampledDays(12)))
	}
	if s := v.roundSection(); s != nil {
		heading(s.Heading)
		if s.Looks != nil {
			para(escaped(s.Looks.Table.Caption))
			out.markdown(s.Looks.Table)
		}
		if s.Waves != nil {
			para(escaped(s.Waves.Table.Caption))
			out.markdown(s.Waves.Table)
		}
		para(escaped(s.E10))
	}
	v.panelMarkdown(out)
	heading(say("section.deliveries"))
	if f := v.funnelSection(); f != nil {
		para(escaped(f.Date))
		out.markdown(f.Table)
	} else {
		para(escaped(say("deliveries.none")))
	}
	para(escaped(v.unknown()))
	_, err := io.WriteString(w, strings.TrimRight(out.String(), "\n")+"\n")
	return err
}
