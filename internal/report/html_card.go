package report

import (
	"html/template"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// card is the marketer's page: one screen, no statistics.
type card struct {
	Class, Badge              string
	Icon, Sentence            template.HTML
	Explanation, Next, Change string
	People                    *people
	Figures                   []bigFigure
}

type bigFigure struct{ Label, Value, Range string }

type people struct {
	Picture template.HTML
	Key     []keyEntry
}

type keyEntry struct{ Class, Mark, Text string }

func (v view) card(p evaluation.Result) *card {
	c := &card{
		Class: string(p.Verdict), Icon: icons[p.Verdict], Badge: v.badge(p),
		Sentence: emphasised(p.Sentence), Next: p.Next,
		Figures: v.bigFigures(p),
	}
	if !repeats(p) {
		c.Explanation = p.Explanation
	}
	if p.NextDate != nil && p.Verdict == evaluation.Refused {
		c.Change = v.Language.Say("verdict.change", "date", v.Language.Date(*p.NextDate, v.Zone))
	}
	if p.Difference.Known() && !p.ReplayAA {
		c.People = v.people(p)
	}
	return c
}

func (v view) people(p evaluation.Result) *people {
	say := v.Language.Say
	natural, effect := *p.Arm(holdout.Hold).Rate.Estimate, *p.Difference.Estimate
	sure := *p.Difference.Lo > 0 || *p.Difference.Hi < 0
	out := &people{Picture: template.HTML(chart.People{
		ID: "people", Title: say("people.title"),
		Desc:    say("people.desc", "natural", v.Language.PerHundred(natural, 1), "effect", v.Language.Effect(effect, 1)),
		Natural: 100 * natural, Effect: 100 * effect, Sure: sure,
	}.SVG())}
	changed := keyEntry{"treat", "◆", say("people.added")}
	if effect < 0 {
		changed = keyEntry{"hold", "×", say("people.lost")}
	}
	if !sure {
		changed.Text += ": " + say("people.unsure")
		if effect >= 0 {
			changed.Mark = "◇"
		}
	}
	out.Key = []keyEntry{{"hold", "●", say("people.bought")}, changed, {"rest", "○", say("people.rest")}}
	return out
}

// bigFigures are the three numbers below the sentence; which three depends on
// what may be said.
func (v view) bigFigures(p evaluation.Result) []bigFigure {
	switch {
	case p.Verdict == evaluation.Provisional:
		return v.waitingFigures(p)
	case !p.Difference.Known():
		return nil
	case p.ReplayAA:
		return v.replayFigures(p)
	}
	return []bigFigure{v.extraBuyers(p), v.breakEven(p), v.price(p)}
}

func (v view) extraBuyers(p evaluation.Result) bigFigure {
	say, count := v.Language.Say, v.Language.Count
	f := bigFigure{Label: say("card.extra")}
	if p.ExtraBuyers.Known() {
		f.Value = count(whole(*p.ExtraBuyers.Estimate))
		f.Range = say("card.extra.range", "lo", count(whole(*p.ExtraBuyers.Lo)), "hi", count(whole(*p.ExtraBuyers.Hi)))
	}
	return f
}

func (v view) breakEven(p evaluation.Result) bigFigure {
	say := v.Language.Say
	f := bigFigure{Label: say("card.needs")}
	switch {
	case p.Against == "break_even" && p.BreakEven != nil:
		f.Value, f.Range = v.Language.Mark(*p.BreakEven, 1), say("card.needs.range")
	case p.BreakEvenCode == evaluation.MarginUnknown:
		f.Value, f.Range = say("card.needs.unknown"), say("card.margin_unknown")
	case p.BreakEvenCode != "":
		f.Value, f.Range = say("card.needs.unknown"), say("card.order_unknown")
	default:
		f.Value, f.Range = say("card.needs.unknown"), say("card.free")
	}
	return f
}

func (v view) price(p evaluation.Result) bigFigure {
	say := v.Language.Say
	money := func(x *float64) string { return v.Language.Money(*x, p.Currency) }
	price := p.PricePerBuyer
	f := bigFigure{Label: say("card.price")}
	switch {
	case price.Estimate == nil && p.BreakEvenCode == "" && p.Against != "break_even":
		f.Value, f.Range = say("card.price.none"), say("card.free")
	case price.Estimate == nil:
		f.Value, f.Range = say("card.price.none"), say("card.price.because")
	case price.Hi == nil:
		f.Value, f.Range = say("card.price.none"), say("card.price.open", "lo", money(price.Lo))
	default:
		f.Value, f.Range = money(price.Estimate), say("card.price.range", "lo", money(price.Lo), "hi", money(price.Hi))
	}
	return f
}

func (v view) replayFigures(p evaluation.Result) []bigFigure {
	say, count := v.Language.Say, v.Language.Count
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	out := []bigFigure{
		{
			say("card.difference"), v.Language.Effect(*p.Difference.Estimate, 1),
			say("card.extra.range", "lo", v.Language.Effect(*p.Difference.Lo, 1), "hi", v.Language.Effect(*p.Difference.Hi, 1)),
		},
		{
			say("card.groups"), count(treat.Counted + hold.Counted),
			say("card.groups.range", "treat", count(treat.Counted), "hold", count(hold.Counted)),
		},
	}
	if p.Detectable != nil {
		out = append(out, bigFigure{say("card.seen"), v.Language.Effect(*p.Detectable, 1), say("card.seen.range")})
	}
	return out
}

func (v view) waitingFigures(p evaluation.Result) []bigFigure {
	say, count := v.Language.Say, v.Language.Count
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	out := []bigFigure{{
		say("card.complete"), count(treat.Matured + hold.Matured),
		say("card.of", "all", count(treat.Assigned+hold.Assigned)),
	}}
	if p.NextDate != nil {
		out = append(out, bigFigure{say("card.open"), v.Language.Date(*p.NextDate, v.Zone), ""})
	}
	return out
}

func whole(x float64) int64 {
	if x < 0 {
		return -whole(-x)
	}
	return int64(x + 0.5)
}

// icons tell the verdicts apart by shape; the word stands beside.
var icons = map[evaluation.Verdict]template.HTML{
	evaluation.Pays:        icon(`<path d="M8 3v10M3.5 7.5 8 3l4.5 4.5"/>`),
	evaluation.Loses:       icon(`<path d="M8 13V3M3.5 8.5 8 13l4.5-4.5"/>`),
	evaluation.Open:        icon(`<circle cx="8" cy="8" r="6"/><path d="M8 2v12A6 6 0 0 1 8 2Z" fill="currentColor"/>`),
	evaluation.Refused:     icon(`<path d="M8 1.8 15 14H1Z"/><path d="M8 6.5v3.2M8 11.6v.4"/>`),
	evaluation.Provisional: icon(`<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.6 1.6"/>`),
	evaluation.None:        icon(`<path d="M3 8h10"/>`),
}

func icon(shape string) template.HTML {
	return template.HTML(`<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">` + shape + `</svg>`)
}
