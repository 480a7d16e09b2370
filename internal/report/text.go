package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

const columns = 80

// Text writes the report for a terminal of 80 columns.
func (r Report) Text(w io.Writer) error {
	r = r.prepared()
	out := &printer{}
	v := view{r}
	out.line(r.Campaign + " · " + strings.Join(v.identity(), " · "))
	out.wrapped("", r.Says)
	out.wrapped("", v.asOf())
	if r.ReplayAA {
		out.wrapped("", r.Language.Say("head.aa"))
	}
	for _, warning := range r.Warnings {
		out.wrapped("! ", r.Language.Say("text.warning")+" "+warning.Code+": "+warning.Sentence)
	}
	out.line("")
	if p, ok := r.Primary(); ok {
		badge := strings.ToUpper(v.badge(p))
		out.wrapped(badge+"  ", p.Sentence)
		indent := strings.Repeat(" ", len([]rune(badge))+2)
		if !repeats(p) {
			out.wrapped(indent, p.Explanation)
		}
		out.wrapped(indent, p.Next)
	} else {
		out.line(r.Language.Say("point.none"))
	}
	for _, p := range r.Points {
		out.line("")
		v.point(out, p)
	}
	if later := v.pending(); later != "" {
		out.line("")
		out.wrapped("", later)
	}
	v.curveTable(out)
	v.deliveryTable(out)
	_, err := io.WriteString(w, out.String())
	return err
}

func (v view) point(out *printer, p evaluation.Result) {
	say := v.Language
	name := p.Point.Name
	if p.Point.Primary {
		name = say.Say("point.primary", "name", name)
	}
	out.wrapped("", name+": "+v.about(p.Point))
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	args := []string{
		"treat", v.percent(treat.Rate.Estimate), "hold", v.percent(hold.Rate.Estimate),
		"nt", say.Count(treat.Counted), "nc", say.Count(hold.Counted), "srm", probability(p.SRM.P),
	}
	d := p.Difference
	if !d.Known() {
		key := "text.rates"
		if d.Code == evaluation.E01 {
			key = "text.sizes" // groups that were sorted have no rates to compare
		}
		out.wrapped("  ", say.Say(key, append(args, "code", v.code(d.Code))...))
		for _, refusal := range p.Refusals {
			out.wrapped("  "+string(refusal.Code)+"  ", refusal.Sentence)
		}
		return
	}
	out.wrapped("  ", say.Say("text.lift", append(args,
		"effect", say.Effect(*d.Estimate, 1), "lo", say.Effect(*d.Lo, 1), "hi", say.Effect(*d.Hi, 1))...))
	rest := say.Say("text.relative.none", "code", v.code(p.Relative.Code))
	if p.Relative.Known() {
		rest = say.Say("text.relative", "effect", say.Percent(*p.Relative.Estimate),
			"lo", say.Percent(*p.Relative.Lo), "hi", say.Percent(*p.Relative.Hi), "p", probability(p.P))
	}
	if p.BreakEven != nil && p.Against == "break_even" && p.Point.Primary {
		rest += "; " + say.Say("text.needs", "needs", say.Mark(*p.BreakEven, 1))
	}
	out.wrapped("  ", rest)
	if repeats(p) {
		out.wrapped("  ", p.Explanation)
	}
	for _, note := range p.Notes {
		out.wrapped("  "+string(note.Code)+"  ", note.Sentence)
	}
}

func (v view) curveTable(out *printer) {
	c := v.curves()
	if c == nil {
		return
	}
	out.line("")
	out.wrapped("", v.Language.Say("text.curves", "anchor", c.Anchor))
	days := v.sampledDays(12)
	rows := [][]string{{v.Language.Say("col.day")}}
	for _, day := range days {
		rows[0] = append(rows[0], fmt.Sprint(day))
	}
	for _, curve := range c.Arms {
		row := []string{v.arm(curve.Arm)}
		for _, day := range days {
			row = append(row, v.Language.PerHundred(curve.share(day), 1))
		}
		rows = append(rows, row)
	}
	out.table(rows, 1)
}

func (v view) deliveryTable(out *printer) {
	say := v.Language
	out.line("")
	if len(v.Deliveries) == 0 {
		out.line(say.Say("deliveries.none"))
		return
	}
	rows := [][]string{{say.Say("col.round"), say.Say("col.wave"), say.Say("col.arm"), say.Say("col.channel"), say.Say("col.state"), say.Say("col.count")}}
	for _, d := range v.Deliveries {
		rows = append(rows, []string{fmt.Sprint(d.Round), d.Wave, v.arm(d.Arm), d.Channel, v.outcome(d.State, d.Reason), say.Count(d.Count)})
	}
	// The channel is told where there is more than one; the round then stands with the wave, to fit 80 columns.
	several := slices.ContainsFunc(v.Deliveries, func(d DeliveryCount) bool { return d.Round != v.Deliveries[0].Round })
	for i := range rows {
		if !v.channels() {
			rows[i] = slices.Delete(rows[i], 3, 4)
			continue
		}
		if several {
			rows[i][1] += " (" + strings.ToLower(rows[i][0]) + ")"
		}
		rows[i] = rows[i][1:]
	}
	out.line(say.Say("text.deliveries"))
	out.wrapped("", v.ledgerDate())
	out.table(rows, len(rows[0])-1)
	out.wrapped("", v.unknown())
}

// printer collects lines.
type printer struct{ strings.Builder }

func (p *printer) line(text string) { p.WriteString(strings.TrimRight(text, " ") + "\n") }

// wrapped prints text after prefix, further lines indented as far; nothing for
// an empty text.
func (p *printer) wrapped(prefix, text string) {
	width := len([]rune(prefix))
	current, used := prefix, width
	for i, word := range strings.Fields(text) {
		size := len([]rune(word))
		switch {
		case i == 0:
			current, used = current+word, used+size
		case used+1+size > columns:
			p.line(current)
			current, used = strings.Repeat(" ", width)+word, width+size
		default:
			current, used = current+" "+word, used+1+size
		}
	}
	if used > width {
		p.line(current)
	}
}

// table prints rows in columns; those from the given one on are numbers and
// align right.
func (p *printer) table(rows [][]string, numbersFrom int) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			b.WriteString("  ")
			if i >= numbersFrom {
				b.WriteString(pad + cell)
			} else {
				b.WriteString(cell + pad)
			}
		}
		p.line(b.String())
	}
}
