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
		v.cardLines(out, p)
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
	v.moneyLines(out)
	v.curveTable(out)
	v.roundLines(out)
	v.panelLines(out)
	v.deliveryTable(out)
	v.codeTable(out)
	_, err := io.WriteString(w, out.String())
	return err
}

// cardLines are the card's figures, what a made-up shop knows, and what to do.
func (v view) cardLines(out *printer, p evaluation.Result) {
	if v.ReplayAA {
		return
	}
	c := v.card(p)
	if p.Difference.Known() {
		out.line("")
		t := table{Columns: words("", "", "")}
		for _, f := range c.Figures {
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: f.Label}, {Text: f.Value}, {Text: f.Range}}})
		}
		if t.width() <= columns {
			out.grid(t)
		} else {
			for _, f := range c.Figures {
				out.wrapped("  "+f.Label+"  ", f.Value+", "+f.Range)
			}
		}
	}
	if t := c.Planted; t != nil {
		out.line("")
		out.wrapped("= ", t.Effect+" "+t.Found.Text+". "+t.Profit+" "+t.Earned.Text+".")
	}
	if c.Action != "" {
		out.line("")
		out.wrapped("> ", c.Action)
	}
}

// moneyLines say the money of the primary point, and the caps.
func (v view) moneyLines(out *printer) {
	m := v.money()
	if m == nil {
		return
	}
	say := v.Language.Say
	out.line("")
	out.line(m.Table.Caption)
	p, _ := v.Primary()
	for i, r := range m.Table.Rows {
		c := r.Cells // name, treat, hold, difference, total, uncapped, p
		args := []string{"metric", c[0].Text, "unit", c[0].Small, "treat", c[1].Text, "hold", c[2].Text, "effect", c[3].Text, "range", c[3].Small,
			"total", c[4].Text, "totalRange", c[4].Small, "uncapped", c[5].Text, "uncappedRange", c[5].Small, "p", probability(p.Metrics[i].P)}
		if !p.Metrics[i].Difference.Known() {
			out.wrapped("  ", say("text.money.none", args...))
			continue
		}
		text := say("text.money", args...)
		if p.Metrics[i].Total.Known() {
			text += "; " + say("text.money.total", args...)
		}
		if p.Metrics[i].Cap != nil && p.Metrics[i].Uncapped.Known() {
			text += "; " + say("text.money.uncapped", args...)
		}
		out.wrapped("  ", text)
	}
	for _, said := range m.Said {
		out.wrapped("", said)
	}
	for _, n := range m.Notes {
		out.wrapped(string(n.Code)+"  ", n.Sentence)
	}
}

// roundLines say the looks, and what each wave did.
func (v view) roundLines(out *printer) {
	s := v.roundSection()
	if s == nil {
		return
	}
	say := v.Language.Say
	if s.Looks != nil {
		out.line("")
		out.line(s.Looks.Table.Caption)
		for _, r := range s.Looks.Table.Rows {
			c := r.Cells // round, treat, hold, so far, added, bound, passed
			args := []string{"round", c[0].Text, "treat", c[1].Text, "hold", c[2].Text, "effect", c[3].Text, "range", c[3].Small,
				"added", c[4].Text, "addedRange", c[4].Small, "bound", c[5].Text, "crossed", c[6].Text}
			key := "text.look"
			if c[3].Small == "" {
				key = "text.look.none"
			}
			out.wrapped("  ", say(key, args...))
		}
		out.wrapped("", say("looks.note"))
	}
	if s.Waves != nil {
		out.line("")
		out.line(s.Waves.Table.Caption)
		for _, r := range s.Waves.Table.Rows {
			if r.Heading != "" {
				out.line("  " + r.Heading)
				continue
			}
			c := r.Cells // wave, sent, skipped, effect, p
			args := []string{"wave", c[0].Text, "window", c[0].Small, "sent", c[1].Text, "sentOf", c[1].Small, "skipped", c[2].Text, "skippedOf", c[2].Small,
				"effect", c[3].Text, "range", c[3].Small, "p", c[4].Text}
			key := "text.wave"
			if c[3].Small == "" {
				key = "text.wave.none"
			}
			out.wrapped("    ", say(key, args...))
		}
		out.wrapped("", say("waves.note"))
	}
	out.wrapped("", s.E10)
}

// codeTable says what became of the codes.
func (v view) codeTable(out *printer) {
	say, count := v.Language.Say, v.Language.Count
	t := table{Columns: append(append(numbers(say("col.round")), words(say("col.wave"))...), numbers(say("funnel.given"), say("funnel.redeemed"))...)}
	for _, c := range v.Coupons {
		if c.Given > 0 {
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: fmt.Sprint(c.Round)}, {Text: c.Wave}, {Text: count(c.Given)}, {Text: count(c.Redeemed)}}})
		}
	}
	if len(t.Rows) > 0 {
		out.line("")
		out.grid(t)
	}
}

func (v view) point(out *printer, p evaluation.Result) {
	say := v.Language
	name := pointName(v, p)
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
	primary, _ := v.Primary()
	for _, note := range p.Notes {
		if !p.Point.Primary && slices.Contains(primary.Notes, note) || note.Code == evaluation.E11 && len(p.Metrics) > 0 {
			continue // said once, with the primary and with the money
		}
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
	if c.Days >= 100 {
		days = v.sampledDays(10) // of three digits
	}
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
		rows = append(rows, []string{fmt.Sprint(d.Round), d.Wave, v.arm(d.Arm), d.Channel, v.ended(d), say.Count(d.Count)})
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
