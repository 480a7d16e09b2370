package report

import (
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
)

// guardrailPanel is what the campaign must not do, whatever it brings.
func (v view) guardrailPanel() *panel {
	if v.Guardrails == nil || len(v.Guardrails.Limits) == 0 && v.Guardrails.Refunds == nil {
		return nil
	}
	say, g := v.Language.Say, v.Guardrails
	var tables []table
	out := &panel{ID: "guardrails", Heading: say("section.guardrails")}
	if len(g.Limits) > 0 {
		out.Said = append(out.Said, v.limitsSaid(g.Limits))
		out.Picture, out.Notes = v.limitPicture(g.Limits), []string{say("guard.limits.note")}
		tables = append(tables, v.limitTable(g.Limits))
	}
	if r := g.Refunds; r != nil {
		out.Said = append(out.Said, say("guard.refunds."+r.State, "more", v.Language.PerHundred(r.Margin, 0)))
		tables = append(tables, v.refundTable(r))
		out.Notes = append(out.Notes, say("guard.refunds.note"))
		if len(r.Reasons) > 0 {
			tables = append(tables, v.returnReasons(r))
		}
		if r.ReasonsP != nil {
			out.Notes = append(out.Notes, say("guard.reasons.note", "p", probability(r.ReasonsP)))
		}
	}
	out.Table, out.More = tables[0], tables[1:]
	return out
}

// limitsSaid is the worst of them, in words.
func (v view) limitsSaid(limits []evaluation.Limit) string {
	order := []string{"pass", "care", "open", "fail"}
	worst := map[string][]string{}
	for _, l := range limits {
		worst[l.State] = append(worst[l.State], v.limitName(l))
	}
	key := ""
	for _, state := range order {
		if len(worst[state]) > 0 {
			key = state
		}
	}
	return v.Language.Say("guard.said."+key, "limits", strings.Join(worst[key], ", "))
}

func (v view) limitName(l evaluation.Limit) string {
	return v.Language.Say("guard."+l.Name, "channel", l.Channel)
}

// perThousand is a small share of every thousand messages.
func (v view) perThousand(x *float64) string {
	if x == nil {
		return v.Language.Say("text.none.rate")
	}
	return decimal(1000**x, 2)
}

func (v view) limitTable(limits []evaluation.Limit) table {
	say, count := v.Language.Say, v.Language.Count
	t := table{Caption: say("guard.caption"), Columns: append(words(say("col.guard")), numbers(say("col.number"), say("col.per.thousand"), say("col.at.most"), say("col.asked"), say("col.enforced"))...)}
	t.Columns = append(t.Columns, column{Title: say("col.answer")})
	for _, l := range limits {
		t.Rows = append(t.Rows, row{Strong: l.State == "fail", Cells: []cell{{Text: v.limitName(l)}, {Text: say("col.buyers", "buyers", count(l.Count), "n", count(l.Of))},
			{Text: v.perThousand(l.Rate)}, {Text: v.perThousand(l.Bound)}, {Text: v.perThousand(&l.Asked)}, {Text: v.perThousand(&l.Enforced)}, {Text: say("guard.state." + l.State)}}})
	}
	return t
}

// limitPicture is a bullet a limit: the rate as a bar, what it surely stays below
// as its whisker, and the two lines.
func (v view) limitPicture(limits []evaluation.Limit) *picture {
	say := v.Language.Say
	plot := chart.Amounts{ID: "guardrails" + drawing, Title: say("guard.title"), XLabel: say("guard.axis")}
	var said []string
	thousandfold := func(x *float64) *float64 {
		if x == nil {
			return nil
		}
		y := 1000 * *x
		return &y
	}
	for _, l := range limits {
		plot.Rows = append(plot.Rows, chart.Amount{Name: v.limitName(l), Value: thousandfold(l.Rate), Lo: thousandfold(l.Rate), Hi: thousandfold(l.Bound),
			Text: say("guard.row", "rate", v.perThousand(l.Rate), "bound", v.perThousand(l.Bound)), Note: say("text.none.rate"),
			Limits: []chart.Mark{{At: 1000 * l.Asked}, {At: 1000 * l.Enforced}}})
		said = append(said, v.limitName(l)+" "+say("guard.row", "rate", v.perThousand(l.Rate), "bound", v.perThousand(l.Bound)))
	}
	plot.Desc = say("guard.desc", "rows", strings.Join(said, "; "))
	return drawnAmounts(plot)
}

func (v view) refundTable(r *evaluation.Refunds) table {
	say := v.Language.Say
	t := table{Caption: say("guard.refunds.caption", "point", r.Point), Columns: append(words(say("col.figure")), numbers(v.arm("treat"), v.arm("hold"), say("col.mean.difference"), say("col.p.more"))...)}
	money := func(x *float64) cell {
		if x == nil {
			return cell{Text: say("text.none.rate")}
		}
		return cell{Text: v.amountOf(*x)}
	}
	rate := func(f evaluation.Figure) cell {
		return v.figureCell(f, func(x float64) string { return v.Language.PerHundred(x, 1) })
	}
	none := cell{Text: say("text.none.rate")}
	t.Rows = []row{
		{Cells: []cell{{Text: say("guard.refunds.each")}, money(r.Treat), money(r.Hold),
			v.figureCell(r.Difference, func(x float64) string { return signed(x, v.amountOf(x)) }), {Text: strings.TrimPrefix(probability(r.P), "= ")}}},
		{Cells: []cell{{Text: say("guard.returned")}, rate(r.TreatRate), rate(r.HoldRate), none, none}},
	}
	return t
}

func (v view) returnReasons(r *evaluation.Refunds) table {
	say, count := v.Language.Say, v.Language.Count
	t := table{Caption: say("guard.reasons.caption"), Columns: append(words(say("col.reason")), numbers(v.arm("treat"), v.arm("hold"))...)}
	for _, x := range r.Reasons {
		reason := x.Reason
		if reason == "" {
			reason = say("guard.reason.none")
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: reason}, {Text: count(x.Treat)}, {Text: count(x.Hold)}}})
	}
	return t
}
