package report

import (
	_ "embed"
	"encoding/csv"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
)

//go:embed programme.html.tmpl
var programmeText string

// Text writes the programme for a terminal of 80 columns.
func (p Programme) Text(w io.Writer) error {
	v := p.view()
	out := &printer{}
	out.line(v.say("programme.title"))
	out.wrapped("", v.asOf())
	for _, x := range v.parts() {
		out.line("")
		out.line(x.Heading)
		badge := ""
		if x.Badge != "" {
			badge = strings.ToUpper(x.Badge) + "  "
		}
		out.wrapped(badge, x.Sentence)
		for _, said := range x.Said {
			out.wrapped("", said)
		}
		for _, t := range x.Tables {
			out.line("")
			out.fitted(t)
		}
		for _, note := range x.Notes {
			out.wrapped("! ", note)
		}
		if x.File != "" {
			out.line("")
			for line := range strings.Lines(x.File) {
				out.line(strings.TrimSuffix(line, "\n"))
			}
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// fitted prints a table as a grid where the terminal is wide enough, else a
// paragraph a row, in which words need no title.
func (p *printer) fitted(t table) {
	p.wrapped("", t.Caption)
	if t.width() <= columns {
		p.grid(t)
		return
	}
	for _, r := range t.Rows {
		if r.Heading != "" {
			p.line("  " + r.Heading)
			continue
		}
		var said []string
		for i, c := range r.Cells[1:] {
			if c.Text == "" {
				continue
			}
			text := c.Text
			if t.Columns[i+1].Number {
				text = t.Columns[i+1].Title + " " + text
			}
			if c.Small != "" {
				text += " (" + c.Small + ")"
			}
			said = append(said, text)
		}
		first := r.Cells[0].Text
		if r.Cells[0].Small != "" {
			first += " (" + r.Cells[0].Small + ")"
		}
		p.wrapped("  ", first+": "+strings.Join(said, "; "))
	}
}

// Markdown writes the programme to be set into a page, as Report.Markdown does.
func (p Programme) Markdown(w io.Writer) error {
	v := p.view()
	out := &printer{}
	para := func(text string) {
		if text != "" {
			out.line(text)
			out.line("")
		}
	}
	para("# " + escaped(v.say("programme.title")))
	para(escaped(v.asOf()))
	for _, x := range v.parts() {
		para("## " + escaped(x.Heading))
		sentence := escaped(x.Sentence)
		if x.Badge != "" {
			sentence = "**" + escaped(x.Badge) + ".** " + sentence
		}
		para(sentence)
		for _, said := range x.Said {
			para(escaped(said))
		}
		for _, t := range x.Tables {
			para(escaped(t.Caption))
			out.markdown(t)
		}
		for _, note := range x.Notes {
			para("- " + escaped(note))
		}
		if x.File != "" {
			para("```yaml\n" + x.File + "```")
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(out.String(), "\n")+"\n")
	return err
}

// programmePage is what the template is filled from.
type programmePage struct {
	Lang, Title, AsOf string
	Style             template.CSS
	Parts             []part
}

// HTML writes the programme as one page that needs nothing else.
func (p Programme) HTML(w io.Writer) error {
	v := p.view()
	page, err := template.New("report").Funcs(template.FuncMap{"say": v.say, "icon": func(class string) template.HTML { return icons[evaluation.Verdict(class)] }}).Parse(pageText)
	if err != nil {
		return err
	}
	if page, err = page.New("programme").Parse(programmeText); err != nil {
		return err
	}
	return page.Execute(w, programmePage{Lang: v.Programme.Language.Tag, Title: v.say("programme.title"), AsOf: v.asOf(),
		Style: template.CSS(style + planStyle), Parts: v.parts()})
}

// programmeColumns are the same in every file, in this order.
var programmeColumns = []string{"as_of", "section", "epoch", "campaign", "design", "other", "stratum", "metric", "arm", "figure",
	"estimate", "lo", "hi", "method", "n_treat", "n_hold", "code"}

// CSV writes the programme as one tidy table, in the manner of Report.CSV.
//
//	section  rows
//	epoch    of each epoch: verdict (in code), from and until (in code), customers, buyers, orders, revenue and rate of each arm,
//	         difference, srm_p, message_cost, code_cost; reached; of each metric: mean of each arm, difference, total, uncapped, p
//	campaign of each campaign and design: verdict, difference and shrunk of buyers and of profit; counts (1 or 0), detectable
//	contact  of each: own messages of those treated, others' of each arm, displaced, cost, would, would_cost
//	pool     of buyers and of profit: fixed, random, q, p, i2, tau; the number of campaigns in n_treat
//	overlap  of each pair: both, share, p
//	quiet    of each stratum: difference of profit and shrunk; code says disturbs where they are better left alone
func (p Programme) CSV(w io.Writer) error {
	p = p.prepared()
	out := &tidy{csv: csv.NewWriter(w), columns: programmeColumns}
	out.csv.UseCRLF = true
	out.base = csvRow{"as_of": p.AsOf.Format(time.RFC3339)}
	if err := out.csv.Write(programmeColumns); err != nil {
		return err
	}
	for _, g := range p.Epochs {
		out.epoch(g)
	}
	if p.Pool != nil {
		out.pool(*p.Pool)
	}
	out.quiet(p.Quiet)
	out.csv.Flush()
	return out.csv.Error()
}

func (t *tidy) epoch(g evaluation.Global) {
	r := g.Result
	treat, hold := r.Arm("treat"), r.Arm("hold")
	row := csvRow{"section": "epoch", "epoch": g.Epoch, "n_treat": of(treat), "n_hold": of(hold)}
	t.add(row, csvRow{"figure": "verdict", "code": string(r.Verdict)})
	t.add(row, csvRow{"figure": "from", "code": g.From.Format(time.RFC3339)})
	t.add(row, csvRow{"figure": "until", "code": g.Until.Format(time.RFC3339)})
	scale := 1.0
	for range r.Currency.Digits {
		scale *= 10
	}
	for _, a := range []evaluation.Arm{treat, hold} {
		arm := with(row, "arm", string(a.Arm))
		t.count(arm, "customers", a.Counted)
		t.count(arm, "buyers", a.Buyers)
		t.count(arm, "orders", a.Orders)
		t.value(arm, "revenue", ptr(float64(a.RevenueMinor)/scale))
		t.figure(arm, "rate", a.Rate)
	}
	t.figure(row, "difference", r.Difference)
	t.value(row, "srm_p", r.SRM.P)
	t.value(row, "message_cost", ptr(float64(g.MessagesM)/1e6))
	t.value(row, "code_cost", ptr(float64(g.Redeemed)/scale))
	t.add(row, csvRow{"figure": "reached", "estimate": strconv.FormatInt(r.Integrity.Contaminated, 10)})
	for _, m := range r.Metrics {
		metric := with(row, "metric", m.Metric)
		t.value(with(metric, "arm", "treat"), "mean", m.Treat)
		t.value(with(metric, "arm", "hold"), "mean", m.Hold)
		t.figure(metric, "difference", m.Difference)
		t.figure(metric, "total", m.Total)
		t.figure(metric, "uncapped", m.Uncapped)
		t.value(metric, "p", m.P)
	}
}
