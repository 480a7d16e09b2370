package report

import (
	"io"
	"strings"
)

// Text writes the plan for a terminal of 80 columns.
func (p Plan) Text(w io.Writer) error {
	p = p.prepared()
	out := &printer{}
	out.wrapped("", p.asOf())
	for _, c := range p.Campaigns {
		out.line("")
		p.view(c).text(out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (v planView) text(out *printer) {
	out.wrapped("", v.Campaign+" · "+strings.Join(v.identity(), " · "))
	out.wrapped("  ", v.entry())
	for _, said := range v.standing() {
		out.wrapped("  ", said)
	}
	v.textAudience(out)
	v.textSends(out)
	v.list(out, "plan.section.money", v.money())
	v.list(out, "plan.section.measure", v.measure())
	v.list(out, "plan.section.warnings", v.warnings())
}

func (v planView) list(out *printer, heading string, said []string) {
	if len(said) == 0 {
		return
	}
	out.line("")
	out.line(v.Say(heading))
	for _, s := range said {
		out.wrapped("  ", s)
	}
}

func (v planView) textAudience(out *printer) {
	if said := v.forecast(); said != "" {
		v.list(out, "plan.section.forecast", []string{said})
	}
	if v.Audience == nil || v.Audience.SampleDays > 0 && v.Audience.Asked == 0 {
		return
	}
	out.line("")
	out.line(v.audienceHeading())
	for _, row := range v.funnel() {
		n := v.Count(int64(row.Count))
		out.wrapped("  "+pad(row.Sign, 1)+" "+strings.Repeat(" ", max(0, 10-len(n)))+n+"  ", row.Label)
	}
	if v.Audience.SampleDays > 0 {
		out.wrapped("  ", v.sampleNote())
	}
}

func (v planView) audienceHeading() string {
	if n := v.Audience.SampleDays; n > 0 {
		return v.Say("plan.section.sample", "days", v.Count(int64(n)))
	}
	return v.Say("plan.section.audience")
}

func (v planView) textSends(out *printer) {
	if len(v.Sends) == 0 {
		return
	}
	out.line("")
	out.line(v.Say("plan.section.sends"))
	out.wrapped("  ", v.sendsNote())
	t := v.sendTable()
	rows := [][]string{append(append([]string{t.Unit}, t.Channels...), v.Say("plan.col.withheld"))}
	for _, r := range t.Rows {
		row := []string{r.Day.Format("Mon 2 Jan 2006")}
		for _, n := range r.Send {
			row = append(row, v.amount(n))
		}
		rows = append(rows, append(row, v.amount(r.Total)))
	}
	out.table(rows, 1)
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-len([]rune(text))))
}
