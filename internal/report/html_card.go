package report

import (
	"html/template"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// card is the marketer's page: one screen, no statistics.
type card struct {
	Class, Badge      string
	Icon, Sentence    template.HTML
	Explanation       string
	Planted           *planted
	People            *people
	Figures           []bigFigure
	Date, Action, How string // the next date, what to do, and what it takes
}

// bigFigure is one number. An open one may be nothing but chance.
type bigFigure struct {
	Label, Value, Range string
	Open                bool
}

type people struct {
	Picture template.HTML
	Key     []keyEntry
}

type keyEntry struct{ Class, Mark, Text string }

func (v view) card(p evaluation.Result) *card {
	c := &card{
		Class: string(p.Verdict), Icon: icons[p.Verdict], Badge: v.badge(p),
		Sentence: emphasised(p.Sentence), How: p.Next,
		Figures: v.bigFigures(p), Planted: v.planted(p), Action: v.action(p),
	}
	if unanswered(p) {
		c.Class, c.Icon = "WAITING", icons[evaluation.Provisional]
	}
	if !repeats(p) {
		c.Explanation = p.Explanation
	}
	if p.NextDate != nil {
		c.Date = v.Language.Date(*p.NextDate, v.Zone)
	}
	if p.Difference.Known() && !p.ReplayAA {
		c.People = v.people(p)
	}
	return c
}

// action is the one thing to do now; empty for a replay, of which nothing follows.
func (v view) action(p evaluation.Result) string {
	say := v.Language.Say
	wait := say("action.wait")
	switch over := !p.Point.FinalAt.IsZero() && p.Point.FinalAt.Before(p.AsOf); {
	case over && p.Verdict != evaluation.Provisional:
		wait = say("action.again")
	case p.NextDate != nil:
		wait = say("action.wait.date")
	}
	switch {
	case p.ReplayAA:
		return ""
	case refusal(p, evaluation.E01) != "":
		return say("action.E01")
	case refusal(p, evaluation.E06) != "" || refusal(p, evaluation.E08) != "":
		return say("action.doubt")
	case refusal(p, evaluation.E04) != "":
		return say("action.E04")
	case refusal(p, evaluation.E05) != "":
		return say("action.E05")
	case p.SRM.Planned == 0:
		return say("action.holdout")
	case p.Verdict == evaluation.Open && p.Explanation == say("disagree.explain"):
		return say("action.disagree")
	case p.Verdict == evaluation.Provisional, p.Verdict == evaluation.Refused, p.Verdict == evaluation.Open:
		return wait
	case p.Verdict == evaluation.Pays && p.Against == "zero":
		return say("action.PAYS.zero")
	case p.Verdict == evaluation.Pays:
		return say("action.PAYS")
	case p.Verdict == evaluation.Loses && p.Difference.Hi != nil && *p.Difference.Hi < 0:
		return say("action.LOSES.harm", "campaign", v.Campaign)
	case p.Verdict == evaluation.Loses:
		return say("action.LOSES", "campaign", v.Campaign)
	}
	return ""
}

// planted is what is known of a made-up shop, and whether the report found it.
type planted struct {
	Effect, Profit string
	Found, Earned  mark
}

// mark says whether an interval holds the truth; its zero value: there is none.
type mark struct{ Class, Icon, Text string }

func (v view) planted(p evaluation.Result) *planted {
	if v.Planted == nil || v.Planted.Treated == 0 {
		return nil
	}
	say, t := v.Language.Say, v.Planted
	of := func(n int64) string { return v.Language.PerHundred(float64(n)/float64(t.Treated), 1) }
	return &planted{
		Effect: say("planted", "natural", of(t.Natural), "buyers", of(t.Buyers), "effect", v.effect(t.Effect)),
		Profit: say("planted.profit", "profit", signed(t.Profit, v.Language.Money(t.Profit, coarse(evaluation.Figure{Estimate: &t.Profit}, p.Currency)))),
		Found:  v.mark(t.Covered), Earned: v.mark(t.CoveredP),
	}
}

func (v view) mark(covered *bool) mark {
	switch {
	case covered == nil:
		return mark{"wait", "○", v.Language.Say("planted.none")}
	case *covered:
		return mark{"pass", "✓", v.Language.Say("planted.holds")}
	}
	return mark{"fail", "✕", v.Language.Say("planted.misses")}
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
	money := v.breakEven(p)
	if m, ok := p.Metric(evaluation.MetricProfit); ok {
		money = v.extraProfit(p, m)
	}
	return []bigFigure{v.extraBuyers(p), money, v.price(p)}
}

// extraProfit is what the campaign earned in all, net of messages and coupons.
func (v view) extraProfit(p evaluation.Result, m evaluation.Metric) bigFigure {
	say := v.Language.Say
	f := bigFigure{Label: say("card.profit")}
	t := m.Total
	if !t.Known() {
		f.Value, f.Range, f.Open = say("card.price.none"), v.code(t.Code), true
		if t.Code == evaluation.E11 {
			f.Range = say("card.profit.E11")
		}
		return f
	}
	currency := coarse(t, p.Currency)
	f.Value = signed(*t.Estimate, v.Language.Money(*t.Estimate, currency))
	f.Range, f.Open = v.rangeSaid(t, func(x float64) string {
		return v.Language.Money(x, evaluation.Currency{Digits: currency.Digits})
	})
	return f
}

// rangeSaid is a range in words; open where it holds 0.
func (v view) rangeSaid(f evaluation.Figure, said func(float64) string) (text string, open bool) {
	key := "card.extra.range"
	if open = *f.Lo <= 0 && *f.Hi >= 0; open {
		key = "card.range.open"
	}
	return v.Language.Say(key, "lo", said(*f.Lo), "hi", said(*f.Hi)), open
}

func (v view) extraBuyers(p evaluation.Result) bigFigure {
	say, count := v.Language.Say, v.Language.Count
	f := bigFigure{Label: say("card.extra")}
	if p.ExtraBuyers.Known() {
		f.Value = count(whole(*p.ExtraBuyers.Estimate))
		f.Range, f.Open = v.rangeSaid(p.ExtraBuyers, func(x float64) string { return count(whole(x)) })
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
		f.Value, f.Range, f.Open = say("card.price.none"), say("card.price.because"), true
	case price.Hi == nil:
		f.Value, f.Range, f.Open = say("card.price.none"), say("card.price.open", "lo", money(price.Lo)), true
	default:
		f.Value, f.Range = money(price.Estimate), say("card.price.range", "lo", v.Language.Money(*price.Lo, evaluation.Currency{Digits: p.Currency.Digits}), "hi", money(price.Hi))
	}
	return f
}

func (v view) replayFigures(p evaluation.Result) []bigFigure {
	say, count := v.Language.Say, v.Language.Count
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	out := []bigFigure{
		{
			Label: say("card.difference"), Value: v.Language.Effect(*p.Difference.Estimate, 1),
			Range: say("card.extra.range", "lo", v.Language.Effect(*p.Difference.Lo, 1), "hi", v.Language.Effect(*p.Difference.Hi, 1)),
		},
		{
			Label: say("card.groups"), Value: count(treat.Counted + hold.Counted),
			Range: say("card.groups.range", "treat", count(treat.Counted), "hold", count(hold.Counted)),
		},
	}
	if p.Detectable != nil {
		out = append(out, bigFigure{Label: say("card.seen"), Value: v.Language.Effect(*p.Detectable, 1), Range: say("card.seen.range")})
	}
	return out
}

func (v view) waitingFigures(p evaluation.Result) []bigFigure {
	say, count := v.Language.Say, v.Language.Count
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	out := []bigFigure{{
		Label: say("card.complete"), Value: count(treat.Matured + hold.Matured),
		Range: say("card.of", "all", count(treat.Assigned+hold.Assigned)),
	}}
	if p.NextDate != nil {
		out = append(out, bigFigure{Label: say("card.open"), Value: v.Language.Date(*p.NextDate, v.Zone)})
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
