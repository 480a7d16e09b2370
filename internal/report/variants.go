package report

import (
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// variantPanels are the variants of each wave: against the holdout, and which of
// them to choose.
func (v view) variantPanels() []panel {
	say := v.Language.Say
	var out []panel
	for i, of := range v.Variants {
		p := panel{ID: "variants" + nth(i), Heading: say("section.variants", "wave", of.Wave)}
		t := table{Caption: say("variants.caption", "point", of.Point), Stack: true, Columns: append(words(say("col.variant")),
			numbers(say("col.rate"), say("col.difference"), say("col.holm"), say("col.extra.profit", "currency", of.Currency.Code), say("col.holm"), say("col.best"),
				say("col.loss", "currency", of.Currency.Code))...)}
		plot := chart.Intervals{ID: "variants" + nth(i) + drawing, Title: say("variants.title", "wave", of.Wave), XLabel: say("effects.axis")}
		var said []string
		for _, x := range of.Variants {
			money := func(f evaluation.Figure) cell {
				return v.figureCell(f, func(y float64) string { return signed(y, v.amount(evaluation.MetricProfit, y, of.Currency)) })
			}
			t.Rows = append(t.Rows, row{Strong: x.Variant == of.Best && of.Standing == evaluation.Winner, Cells: []cell{
				{Text: x.Variant}, v.rateCell(x.Treat), v.figureCell(x.Difference, v.effect), {Text: bareP(x.Holm)},
				money(x.Profit), {Text: bareP(x.ProfitHolm)}, {Text: v.chanceOf(x.Best)}, {Text: v.moneyPerThousand(x.Loss, of.Currency)},
			}})
			plot.Rows = append(plot.Rows, chart.Interval{Name: x.Variant, Strong: x.Variant == of.Best && of.Standing == evaluation.Winner, Note: v.code(x.Difference.Code),
				Estimate: hundredfold(x.Difference.Estimate), Lo: hundredfold(x.Difference.Lo), Hi: hundredfold(x.Difference.Hi)})
			if x.Difference.Known() {
				said = append(said, say("effects.row", "name", x.Variant, "effect", v.effect(*x.Difference.Estimate), "lo", v.effect(*x.Difference.Lo), "hi", v.effect(*x.Difference.Hi)))
			}
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: v.arm(holdout.Hold)}, v.rateCell(of.Hold), {}, {}, {}, {}, {}, {}}})
		if len(said) > 0 {
			plot.Desc = say("effects.desc", "rows", strings.Join(said, "; "))
			p.Picture = drawnIntervals(plot)
		}
		p.Said = []string{v.standing(of)}
		if of.Code == "" {
			p.Notes = append(p.Notes, say("variants.note", "n", strconv.Itoa(len(of.Variants))))
		}
		if of.Prior != nil {
			p.Notes = append(p.Notes, say("variants.prior."+of.PriorOf, "sd", v.Language.Money(*of.Prior, of.Currency)))
		}
		out = append(out, p.with(t))
	}
	return out
}

// standing is which variant to take, or why that cannot be said.
func (v view) standing(of evaluation.Variants) string {
	say := v.Language.Say
	if of.Code != "" {
		return say("variants.refused", "code", v.code(of.Code))
	}
	if of.Standing == "" {
		key := "variants.open"
		for _, x := range of.Variants {
			if x.Believed.Code == evaluation.MarginUnknown {
				key = "variants.margin"
			}
		}
		return say(key)
	}
	args := []string{"variant", of.Best, "caring", v.moneyPerThousand(of.Caring, of.Currency)}
	for _, x := range of.Variants {
		if x.Variant == of.Best {
			args = append(args, "best", v.chanceOf(x.Best), "loss", v.moneyPerThousand(x.Loss, of.Currency))
		}
	}
	until := say("variants.until.closed")
	if of.Planned > 0 {
		until = say("variants.until.planned", "planned", v.Language.Count(of.Planned))
	}
	return say("variants."+string(of.Standing), append(args, "until", until)...)
}

// observedPanels are who bought of those whom each channel reached.
func (v view) observedPanels() []panel {
	say := v.Language.Say
	var out []panel
	for i, of := range v.Observed {
		p := panel{ID: "channels" + nth(i), Heading: say("section.observed", "wave", of.Wave), Said: []string{say("observed.banner")}}
		t := table{Caption: say("observed.caption", "point", of.Point), Columns: append(words(say("col.channel")), numbers(say("col.rate"))...)}
		for _, c := range of.Channels {
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: c.Channel}, v.rateCell(c.Treat)}})
		}
		out = append(out, p.with(t))
	}
	return out
}

// nth tells the second and further panels of a kind apart.
func nth(i int) string {
	if i == 0 {
		return ""
	}
	return "-" + strconv.Itoa(i+1)
}

func bareP(p *float64) string { return strings.TrimPrefix(probability(p), "= ") }

// chanceOf is a chance in per cent, or a dash.
func (v view) chanceOf(chance *float64) string {
	if chance == nil {
		return v.Language.Say("text.none.rate")
	}
	switch {
	case *chance > 0.99:
		return v.Language.Say("chance.over")
	case *chance < 0.01:
		return v.Language.Say("chance.under")
	}
	return v.Language.PerHundred(*chance, 0) + " %"
}

// moneyPerThousand is an amount per customer as of every thousand.
func (v view) moneyPerThousand(x *float64, c evaluation.Currency) string {
	if x == nil {
		return v.Language.Say("text.none.rate")
	}
	return v.Language.Money(1000**x, evaluation.Currency{Digits: c.Digits})
}

func (t *tidy) variants(list []evaluation.Variants) {
	for _, of := range list {
		for _, x := range of.Variants {
			row := csvRow{"section": "variant", "point": of.Point, "round": strconv.Itoa(of.Round), "wave": of.Wave, "cell": x.Variant,
				"n_treat": strconv.FormatInt(x.Treat.Counted, 10), "n_hold": strconv.FormatInt(of.Hold.Counted, 10)}
			t.figure(with(row, "arm", string(holdout.Treat)), "rate", x.Treat.Rate)
			t.figure(with(row, "arm", string(holdout.Hold)), "rate", of.Hold.Rate)
			t.figure(row, "difference", x.Difference)
			t.value(row, "p", x.P)
			t.value(row, "p_holm", x.Holm)
			profit := with(row, "metric", evaluation.MetricProfit)
			t.figure(profit, "difference", x.Profit)
			t.value(profit, "p", x.ProfitP)
			t.value(profit, "p_holm", x.ProfitHolm)
			t.figure(profit, "believed", x.Believed)
			t.value(profit, "p_best", x.Best)
			t.value(profit, "expected_loss", x.Loss)
			if x.Variant == of.Best {
				t.add(row, csvRow{"figure": "standing", "code": string(of.Standing)})
			}
		}
	}
}

func (t *tidy) observed(list []evaluation.Observed) {
	for _, of := range list {
		for _, c := range of.Channels {
			t.figure(csvRow{"section": "observed", "point": of.Point, "round": strconv.Itoa(of.Round), "wave": of.Wave, "channel": c.Channel,
				"arm": string(holdout.Treat), "n_treat": strconv.FormatInt(c.Treat.Counted, 10)}, "rate", c.Treat.Rate)
		}
	}
}
