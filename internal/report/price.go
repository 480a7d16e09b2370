package report

import (
	"strconv"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
)

// pricePanel is what the effect cost, and what the codes bought.
func (v view) pricePanel() *panel {
	if v.Price == nil {
		return nil
	}
	say, p := v.Language.Say, v.Price
	out := &panel{ID: "price", Heading: say("section.price"), Said: []string{v.pricePerOrder(p.PerOrder)}}
	if p.Coupons != nil {
		out.Said = append(out.Said, v.couponsSaid(*p.Coupons))
	}
	t := table{Caption: say("price.caption", "point", p.Point), Columns: append(words(say("col.figure")), numbers(say("col.value"), say("col.range"))...)}
	add := func(name, value, between string) {
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: name}, {Text: value}, {Text: between}}})
	}
	figure := func(name string, f evaluation.Figure, said func(float64) string) {
		c := v.figureCell(f, said)
		add(name, c.Text, c.Small)
	}
	figure(say("price.order"), p.PerOrder, v.amountOf)
	figure(say("price.return"), p.Return, v.Language.Percent)
	if primary, ok := v.Primary(); ok && primary.BreakEven != nil && primary.Against == "break_even" {
		add(say("price.needs"), v.Language.Mark(*primary.BreakEven, 1), "")
	}
	figure(say("price.holdout"), p.ByHoldout, func(x float64) string {
		c := coarse(p.ByHoldout, v.currency())
		return signed(x, v.Language.Money(x, c))
	})
	if parts := p.Parts; parts != nil {
		both := parts.MoreBuyers + parts.BiggerBaskets
		for _, x := range []struct {
			name string
			at   float64
		}{{"price.more", parts.MoreBuyers}, {"price.bigger", parts.BiggerBaskets}, {"price.both", both}} {
			add(say(x.name), signed(x.at, v.amountOf(x.at)), "")
		}
	}
	out.Table = t
	if p.Coupons != nil {
		out.More = append(out.More, v.couponTable(*p.Coupons))
	}
	if p.Parts != nil {
		out.Notes = append(out.Notes, say("price.note"))
	}
	out.Notes = append(out.Notes, say("price.methods"))
	return out
}

func (v view) pricePerOrder(f evaluation.Figure) string {
	say := v.Language.Say
	switch {
	case f.Known():
		return say("price.said", "price", v.amountOf(*f.Estimate), "lo", v.amountOf(*f.Lo), "hi", v.amountOf(*f.Hi))
	case f.Code == evaluation.Unbounded:
		return say("price.unbounded")
	}
	return say("price.none")
}

// couponsSaid says the bounds in words, and when they cannot be trusted.
func (v view) couponsSaid(c evaluation.Coupons) string {
	say := v.Language.Say
	if c.Subsidised.Lo == nil || c.Subsidised.Hi == nil {
		return say("coupon.none")
	}
	percent := func(x float64) string { return strconv.FormatFloat(100*x, 'f', 0, 64) }
	key := "coupon.anyway"
	if c.Prevented {
		key = "coupon.prevented"
	}
	return say(key, "lo", percent(*c.Subsidised.Lo), "hi", percent(*c.Subsidised.Hi))
}

func (v view) couponTable(c evaluation.Coupons) table {
	say, count := v.Language.Say, v.Language.Count
	t := table{Caption: say("coupon.caption"), Columns: append(words(say("col.codes")), numbers(say("col.number"), say("col.of.given"))...)}
	of := func(n int64) string {
		if c.Given == 0 {
			return ""
		}
		return v.share(n, c.Given) + " %"
	}
	for _, x := range []struct {
		name string
		n    int64
		of   string
	}{{"coupon.given", c.Given, ""}, {"coupon.redeemed", c.Redeemed, of(c.Redeemed)}, {"coupon.leaked", c.Leaked, of(c.Leaked)}, {"coupon.redeemers", c.Redeemers, ""}} {
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: say(x.name)}, {Text: count(x.n)}, {Text: x.of}}})
	}
	return t
}

// creditedPanel is the figure that other tools report, beside the campaign's own.
func (v view) creditedPanel() *panel {
	if v.Credited == nil {
		return nil
	}
	say, count, c := v.Language.Say, v.Language.Count, v.Credited
	days := strconv.FormatFloat(c.Hours/24, 'f', -1, 64)
	orders := func(x float64) string { return count(whole(x)) }
	brought := v.figureCell(c.Incremental, orders)
	out := &panel{ID: "credited", Heading: say("section.credited")}
	key := "credited.said"
	switch {
	case c.Incremental.Hi != nil && *c.Incremental.Hi < 0:
		key = "credited.fewer"
	case c.Times == nil:
		key = "credited.unsure"
	}
	args := []string{"days", days, "credited", count(c.Credited), "orders", count(c.Orders), "brought", brought.Text, "range", brought.Small}
	if c.Times != nil {
		args = append(args, "times", decimal(*c.Times, 1))
	}
	out.Said = []string{say(key, args...)}
	earned := v.figureCell(c.Earned, func(x float64) string { return v.Language.Money(x, coarse(c.Earned, v.currency())) })
	t := table{Caption: say("credited.caption", "point", c.Point), Columns: append(words(say("col.counted")), numbers(say("money.of.orders"), say("money.of.revenue"))...), Rows: []row{
		{Cells: []cell{{Text: say("credited.last", "days", days)}, {Text: count(c.Credited)}, {Text: v.Language.Money(c.Revenue, coarse(evaluation.Figure{Estimate: &c.Revenue}, v.currency()))}}},
		{Strong: true, Cells: []cell{{Text: say("credited.brought")}, brought, earned}},
	}}
	out.Table = t
	credited := float64(c.Credited)
	out.Picture = drawnAmounts(chart.Amounts{ID: "credited" + drawing, Title: say("credited.title"), XLabel: say("credited.axis"),
		Desc: say("credited.desc", args...), Rows: []chart.Amount{
			{Name: say("credited.last.short"), Value: &credited, Text: count(c.Credited), Held: true},
			{Name: say("credited.brought.short"), Value: c.Incremental.Estimate, Lo: c.Incremental.Lo, Hi: c.Incremental.Hi, Text: brought.Text + " (" + brought.Small + ")"},
		}})
	out.Notes = []string{say("credited.note", "days", days)}
	return out
}
