package report

import (
	"math"
	"strconv"
)

// money says what it costs, a sentence a line.
func (v planView) money() []string {
	m := v.PlannedCampaign.Money
	unit := func(x float64) string { return v.Language.Money(x, v.plan.Currency) }
	var said []string
	switch {
	case len(v.Sends) == 0:
	case !m.Priced && m.Messages == 0:
		said = append(said, v.Say("plan.money.free"))
	case v.Forecast != nil:
		said = append(said, v.Say("plan.money.messages.days", "cost", v.fullMoney(m.Messages), "days", strconv.Itoa(ShownDays)))
	default:
		said = append(said, v.Say("plan.money.messages", "cost", v.fullMoney(m.Messages)))
	}
	for _, c := range m.Coupons {
		if c.Missing {
			said = append(said, v.Say("plan.money.missing", "pool", c.Pool))
			continue
		}
		line := v.Say("plan.money.coupon", "pool", c.Pool, "codes", v.amount(c.Codes), "free", v.Count(int64(c.Free)))
		if c.Value == nil || c.Exposure == nil {
			said = append(said, line+" "+v.Say("plan.money.unknown"))
			continue
		}
		line += " " + v.Say("plan.money.exposure", "value", unit(*c.Value), "exposure", unit(*c.Exposure))
		if c.Expected != nil {
			line += " " + v.Say("plan.money.expected", "expected", unit(*c.Expected), "share", v.share(*c.Redemption), "from", v.Say("plan.money."+c.From))
		}
		said = append(said, line)
	}
	if m.Budget != nil {
		line := v.Say("plan.money.budget", "budget", unit(*m.Budget))
		if m.Spent != nil {
			line += " " + v.Say("plan.money.spent", "spent", v.fullMoney(*m.Spent))
			if m.Exhausted {
				line += " " + v.Say("plan.money.exhausted")
			}
		}
		said = append(said, line)
	}
	return said
}

// smallMoney shows what a message costs, which may be a part of the smallest coin.
func (v planView) smallMoney(x float64) string {
	currency := v.plan.Currency
	if x > 0 && x < 10*math.Pow10(-currency.Digits) {
		currency.Digits += 2
	}
	return v.Language.Money(x, currency)
}

// fullMoney is a sum, which is never shown as nothing where it is more.
func (v planView) fullMoney(x float64) string {
	currency := v.plan.Currency
	if least := math.Pow10(-currency.Digits); x > 0 && x < least {
		return v.Say("plan.money.less", "least", v.Language.Money(least, currency))
	}
	return v.Language.Money(x, currency)
}
