package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
)

// pool is the campaigns side by side, and what they have in common.
func (v programmeView) pool() []part {
	p := v.Pool
	if p == nil {
		return []part{{ID: "campaigns", Heading: v.say("pool.heading"), Sentence: v.say("pool.none")}}
	}
	out := []part{v.forest(p)}
	if len(p.Members) > 1 {
		out = append(out, v.overlap(p))
	}
	return out
}

func (v programmeView) forest(p *evaluation.Pool) part {
	out := part{ID: "campaigns", Heading: v.say("pool.heading")}
	money := evaluation.Currency{Code: p.Currency.Code, Digits: p.Currency.Digits}
	amount := func(x float64) string { return signed(x, v.amount(evaluation.MetricProfit, x, money)) }
	t := table{Caption: v.say("pool.caption"), Stack: true, Columns: append(words(v.say("pool.campaign")),
		numbers(v.say("pool.effect"), v.say("pool.shrunk"), v.say("pool.profit"), v.say("pool.profit.shrunk"))...)}
	t.Columns = append(t.Columns, column{Title: v.say("col.verdict")})
	plot := chart.Intervals{ID: "pool", Title: v.say("pool.title"), XLabel: v.say("effects.axis")}
	var said, counting []string
	for _, m := range p.Members {
		name := v.member(m.Campaign, m.Design)
		verdict := v.say("verdict." + string(m.Verdict))
		if m.Code != "" {
			verdict = v.code(m.Code)
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: name, Small: v.say("pool.of", "point", m.Point, "treat", v.Programme.Language.Count(m.Treat), "hold", v.Programme.Language.Count(m.Hold))},
			v.figureCell(m.Rate, v.effect), v.figureCell(m.RateShrunk, v.effect), v.figureCell(m.Profit, amount), v.figureCell(m.ProfShrunk, amount), {Text: verdict}}})
		plot.Rows = append(plot.Rows, chart.Interval{Name: name, Note: v.code(m.Rate.Code), Estimate: hundredfold(m.Rate.Estimate), Lo: hundredfold(m.Rate.Lo), Hi: hundredfold(m.Rate.Hi)})
		said = append(said, v.figureSaid(name, m.Rate))
		if m.Counts {
			counting = append(counting, name)
		}
	}
	profit := evaluation.Pooled{Fixed: evaluation.Figure{Code: evaluation.MarginUnknown}, Random: evaluation.Figure{Code: evaluation.MarginUnknown}}
	if p.Profit != nil {
		profit = *p.Profit
	}
	for _, whole := range []struct {
		name         string
		rate, profit evaluation.Figure
	}{{v.say("pool.fixed"), p.Rate.Fixed, profit.Fixed}, {v.say("pool.random"), p.Rate.Random, profit.Random}} {
		if !whole.rate.Known() {
			continue
		}
		t.Rows = append(t.Rows, row{Strong: true, Cells: []cell{{Text: whole.name}, v.figureCell(whole.rate, v.effect), {}, v.figureCell(whole.profit, amount), {}, {}}})
		plot.Rows = append(plot.Rows, chart.Interval{Name: whole.name, Strong: true, Estimate: hundredfold(whole.rate.Estimate), Lo: hundredfold(whole.rate.Lo), Hi: hundredfold(whole.rate.Hi)})
		said = append(said, v.figureSaid(whole.name, whole.rate))
	}
	out.Sentence = v.pooledSentence(p)
	if len(counting) > 0 {
		out.Said = append(out.Said, v.say("pool.counts", "campaigns", strings.Join(counting, "; ")))
	}
	out.Said = append(out.Said, v.say("pool.how"))
	plot.Desc = v.say("effects.desc", "rows", strings.Join(said, "; "))
	if slices.ContainsFunc(p.Members, func(m evaluation.PoolMember) bool { return m.Rate.Known() }) {
		out.Picture = drawnIntervals(plot)
	}
	out.Tables = []table{t}
	return out
}

// pooledSentence says what campaigns do in general, and how far they differ.
func (v programmeView) pooledSentence(p *evaluation.Pool) string {
	r := p.Rate
	if !r.Random.Known() {
		return v.say("pool.one")
	}
	args := []string{"campaigns", strconv.Itoa(r.Members), "effect", v.effect(*r.Random.Estimate), "lo", v.effect(*r.Random.Lo), "hi", v.effect(*r.Random.Hi),
		"q", strconv.FormatFloat(*r.Q, 'f', 1, 64), "p", probability(r.P), "i2", v.Programme.Language.Portion(*r.I2), "tau", v.Programme.Language.PerHundred(*r.Tau, 1)}
	text := v.say("pool.sentence", args...)
	if p.Profit != nil && p.Profit.Random.Known() {
		f, c := p.Profit.Random, p.Currency
		text += " " + v.say("pool.sentence.profit", "profit", v.Programme.Language.MoneyEffect(*f.Estimate, c), "lo", v.Programme.Language.MoneyEffect(*f.Lo, evaluation.Currency{Digits: c.Digits}),
			"hi", v.Programme.Language.MoneyEffect(*f.Hi, evaluation.Currency{Digits: c.Digits}))
	}
	return text + " " + v.say("pool.differ", args...)
}

func (v programmeView) figureSaid(name string, f evaluation.Figure) string {
	if !f.Known() {
		return v.say("effects.row.none", "name", name)
	}
	return v.say("effects.row", "name", name, "effect", v.effect(*f.Estimate), "lo", v.effect(*f.Lo), "hi", v.effect(*f.Hi))
}

// member is a campaign, with its design where it is not the first.
func (v programmeView) member(campaign string, design int) string {
	if design == 1 {
		return campaign
	}
	return v.say("pool.member", "campaign", campaign, "design", strconv.Itoa(design))
}

// overlap says who is in several campaigns, and what they took from each other.
func (v programmeView) overlap(p *evaluation.Pool) part {
	out := part{ID: "overlap", Heading: v.say("overlap.heading"), Sentence: v.say("overlap.sentence")}
	shared := table{Caption: v.say("overlap.caption"), Stack: true,
		Columns: append(words(v.say("overlap.of"), v.say("overlap.in")), numbers(v.say("overlap.both"), v.say("overlap.share"), v.say("overlap.p"))...)}
	for _, o := range p.Overlaps {
		name, other := v.member(o.Campaign, o.Design), v.member(o.Other, o.OtherDesign)
		share := "-"
		if o.Share != nil {
			share = v.Programme.Language.Portion(*o.Share)
		}
		shared.Rows = append(shared.Rows, row{Strong: o.Code != "", Cells: []cell{{Text: name}, {Text: other}, {Text: v.Programme.Language.Count(o.Both)}, {Text: share},
			{Text: strings.TrimPrefix(probability(o.P), "= ")}}})
		switch {
		case o.Dependent:
			out.Notes = append(out.Notes, v.say("overlap.dependent", "code", string(evaluation.E12), "campaign", name, "other", other, "share", share))
		case o.Code != "":
			out.Notes = append(out.Notes, v.say("overlap.much", "code", string(o.Code), "campaign", name, "other", other, "share", share))
		}
	}
	if len(shared.Rows) == 0 {
		out.Sentence = v.say("overlap.none")
	} else {
		out.Tables = append(out.Tables, shared)
	}
	contact := table{Caption: v.say("contact.caption"), Stack: true,
		Columns: append(words(v.say("pool.campaign")), numbers(v.say("contact.own"), v.say("contact.others.treat"), v.say("contact.others.hold"), v.say("contact.displaced"),
			v.say("contact.cost"), v.say("contact.would"))...)}
	each := func(x *float64) cell {
		if x == nil {
			return cell{Text: "-"}
		}
		return cell{Text: strconv.FormatFloat(*x, 'f', 2, 64)}
	}
	for _, m := range p.Members {
		c := m.Contact
		contact.Rows = append(contact.Rows, row{Cells: []cell{{Text: v.member(m.Campaign, m.Design)}, each(c.OwnTreat), each(c.OthersTreat), each(c.OthersHold),
			v.figureCell(c.Displaced, func(x float64) string { return signed(x, strconv.FormatFloat(x, 'f', 2, 64)) }),
			{Text: v.Programme.Language.Money(c.Cost, p.Currency)},
			{Text: v.Programme.Language.Money(c.WouldCost, p.Currency), Small: v.say("contact.ghosts", "ghosts", v.Programme.Language.Count(c.Would))}}})
		if c.Displaced.Known() && *c.Displaced.Hi < 0 {
			out.Notes = append(out.Notes, v.say("contact.note", "campaign", v.member(m.Campaign, m.Design)))
		}
	}
	out.Tables = append(out.Tables, contact)
	return out
}

func (t *tidy) pool(p evaluation.Pool) {
	of := func(section, campaign string, design int) csvRow {
		return csvRow{"section": section, "campaign": campaign, "design": strconv.Itoa(design)}
	}
	for _, m := range p.Members {
		row := with(with(of("campaign", m.Campaign, m.Design), "n_treat", strconv.FormatInt(m.Treat, 10)), "n_hold", strconv.FormatInt(m.Hold, 10))
		t.add(row, csvRow{"figure": "verdict", "code": string(m.Verdict)})
		for _, x := range []struct {
			metric           string
			measured, shrunk evaluation.Figure
		}{{"repurchase_rate", m.Rate, m.RateShrunk}, {evaluation.MetricProfit, m.Profit, m.ProfShrunk}} {
			t.figure(with(row, "metric", x.metric), "difference", x.measured)
			t.figure(with(row, "metric", x.metric), "shrunk", x.shrunk)
		}
		counts := int64(0)
		if m.Counts {
			counts = 1
		}
		t.count(row, "counts", counts)
		t.value(row, "detectable", m.Detectable)
		contact := with(row, "section", "contact")
		t.value(with(contact, "arm", "treat"), "own", m.Contact.OwnTreat)
		t.value(with(contact, "arm", "treat"), "others", m.Contact.OthersTreat)
		t.value(with(contact, "arm", "hold"), "others", m.Contact.OthersHold)
		t.figure(contact, "displaced", m.Contact.Displaced)
		t.value(contact, "cost", &m.Contact.Cost)
		t.count(contact, "would", m.Contact.Would)
		t.value(contact, "would_cost", &m.Contact.WouldCost)
	}
	pooled := func(metric string, x evaluation.Pooled) {
		row := csvRow{"section": "pool", "metric": metric, "n_treat": strconv.Itoa(x.Members)}
		t.figure(row, "fixed", x.Fixed)
		t.figure(row, "random", x.Random)
		t.value(row, "q", x.Q)
		t.value(row, "p", x.P)
		t.value(row, "i2", x.I2)
		t.value(row, "tau", x.Tau)
	}
	pooled("repurchase_rate", p.Rate)
	if p.Profit != nil {
		pooled(evaluation.MetricProfit, *p.Profit)
	}
	for _, o := range p.Overlaps {
		row := with(of("overlap", o.Campaign, o.Design), "other", o.Other)
		t.add(row, csvRow{"figure": "both", "estimate": strconv.FormatInt(o.Both, 10), "code": string(o.Code)})
		t.value(row, "share", o.Share)
		t.value(row, "p", o.P)
	}
}
