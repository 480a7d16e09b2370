package evaluation

import (
	"math"
	"time"

	"github.com/rewave/rewave/internal/holdout"
)

// Global is what all campaigns together changed in one epoch of the global
// holdout: everybody else, in the arm treat, against those held out of
// everything, in the arm hold.
type Global struct {
	Epoch     string    `json:"epoch"`
	Share     float64   `json:"share"` // planned, of everybody
	From      time.Time `json:"from"`  // what is counted lies in [From, Until)
	Until     time.Time `json:"until"`
	MessagesM int64     `json:"message_micros"` // of everybody else: what messages cost, in millionths of the currency's unit
	Redeemed  int64     `json:"redeemed_minor"` // of everybody else: what codes took off their orders
	Result    Result    `json:"result"`
}

// GlobalInput is what a Global is made of. Share is In.Design.HoldShare; the
// window of In.Point is the span.
type GlobalInput struct {
	Epoch       string
	From, Until time.Time
	Messages    int64 // as Global has them
	Redeemed    int64
	In          Input
}

// EvaluateGlobal judges one epoch by profit per customer, as the whole cost,
// messages and codes of all campaigns, is in it: PAYS where its interval lies
// above 0, LOSES below, else OPEN. Where no margin is known it judges buyers
// against 0 and says that this is not money. Refusals are those of a campaign.
func EvaluateGlobal(in GlobalInput, language Language) (Global, error) {
	in.In.Point.Primary = false
	r, err := Evaluate(in.In, language)
	if err != nil {
		return Global{}, err
	}
	if language.Tag == "" {
		language = English()
	}
	g := Global{Epoch: in.Epoch, Share: in.In.Design.HoldShare.Float(), From: in.From.UTC(), Until: in.Until.UTC(),
		MessagesM: in.Messages, Redeemed: in.Redeemed, Result: r}
	if r.Verdict == None {
		g.judge(in.In, language)
	}
	return g, nil
}

func (g *Global) judge(in Input, say Language) {
	r := &g.Result
	d := r.Difference
	decimals := say.Decimals(max(math.Abs(*d.Lo), math.Abs(*d.Hi)))
	args := []string{
		"treat", say.PerHundred(*r.Arm(holdout.Treat).Rate.Estimate, decimals), "hold", say.PerHundred(*r.Arm(holdout.Hold).Rate.Estimate, decimals),
		"effect", say.Effect(*d.Estimate, decimals), "lo", say.Effect(*d.Lo, decimals), "hi", say.Effect(*d.Hi, decimals),
	}
	args = append(args, "bought", say.Say("programme.bought", args...))
	profit, known := r.Metric(MetricProfit)
	switch {
	case known && profit.Difference.Known():
		p, sum := profit.Difference, profit.Total
		currency := fine(r.Currency, *p.Lo, *p.Hi)
		bare := Currency{Digits: currency.Digits}
		whole, bareWhole := Currency{Code: r.Currency.Code}, Currency{}
		args = append(args, "profit", say.MoneyEffect(*p.Estimate, currency), "profitLo", say.MoneyEffect(*p.Lo, bare), "profitHi", say.MoneyEffect(*p.Hi, bare),
			"sum", say.MoneyEffect(*sum.Estimate, whole), "sumLo", say.MoneyEffect(*sum.Lo, bareWhole), "sumHi", say.MoneyEffect(*sum.Hi, bareWhole))
		r.Against = againstBreakEven
		switch {
		case *p.Lo > 0:
			g.said(Pays, "programme.pays", say, args)
		case *p.Hi < 0:
			g.said(Loses, "programme.loses", say, args)
		default:
			g.said(Open, "programme.open", say, args)
			r.Explanation = say.Say("programme.open.explain", args...)
			r.Next = say.Say("programme.open.next")
		}
	case known:
		g.said(Open, "programme.skewed", say, args)
		r.Next = say.Say("programme.open.next")
	default:
		r.Against = againstZero
		switch {
		case *d.Lo > 0:
			g.said(Pays, "programme.pays.zero", say, args)
		case *d.Hi < 0:
			g.said(Loses, "programme.loses.zero", say, args)
		default:
			g.said(Open, "programme.open.zero", say, args)
			r.Next = say.Say("programme.open.next")
		}
	}
}

func (g *Global) said(v Verdict, key string, say Language, args []string) {
	g.Result.Verdict, g.Result.Sentence = v, say.Say(key, args...)
}

// fine is a currency with the digits that an interval of this size needs.
func fine(c Currency, lo, hi float64) Currency {
	if max(math.Abs(lo), math.Abs(hi)) < 10*math.Pow10(-c.Digits) {
		c.Digits += 2
	}
	return c
}
