package report

import (
	"strconv"

	"github.com/rewave/rewave/internal/evaluation"
)

// panels are what a report says beside rates and money:
//
//	price      price_per_extra_order, return, price_of_holdout, more_buyers, bigger_baskets;
//	           codes: given, redeemed, leaked, redeemers, subsidised (lo and hi are bounds; code prevented)
//	credited   orders, credited, credited_revenue, incremental_orders, incremental_revenue, times
//	moved      z; of each characteristic (metric) chi2, df, p, v, and of each value (metric/value; * the rarer ones, ? not
//	           known): all, natural, responders, smd, moved (code clipped)
//	basket     of each category (metric): rate of each arm, difference, p, q (code: its mark); step of each pair FROM>TO;
//	           confidence, lift and q of each rule A+B
//	guardrail  complaints and unsubscriptions of each channel (hi is the one-sided bound; state in code); refunds per enrolled of
//	           each arm, difference, p (state in code), return_rate of each arm, and reason of each arm (metric: the reason)
//	traffic    of each step and path (metric: step/NAME, path/NAME): rate of each arm, difference
//	survey     of each question and characteristic (metric: SURVEY/QUESTION/NAME): answers, chi2, df, p (code rough), q, v
func (t *tidy) panels(r Report) {
	t.price(r.Price)
	t.credited(r.Credited)
	t.moved(r.Moved)
	t.basket(r.Basket)
	t.guardrails(r.Guardrails)
	t.traffic(r.Traffic)
	for _, a := range r.Surveys {
		of := csvRow{"section": "survey", "metric": a.Survey + "/" + a.Question + "/" + a.Trait}
		t.count(of, "answers", a.Answers)
		t.value(of, "chi2", a.Chi2)
		t.count(of, "df", int64(a.DF))
		p := csvRow{"figure": "p", "estimate": plain(a.P)}
		if a.Rough {
			p["code"] = "rough"
		}
		t.add(of, p)
		t.value(of, "q", a.Q)
		t.value(of, "v", a.V)
	}
}

func (t *tidy) traffic(r *evaluation.Traffic) {
	if r == nil {
		return
	}
	t.reached(r.Point, "step/", r.Steps)
	t.reached(r.Point, "path/", r.Paths)
}

func (t *tidy) reached(point, kind string, list []evaluation.Reached) {
	for _, s := range list {
		of := csvRow{"section": "traffic", "point": point, "metric": kind + s.Name}
		t.value(with(of, "arm", "treat"), "rate", s.TreatRate)
		t.value(with(of, "arm", "hold"), "rate", s.HoldRate)
		t.figure(of, "difference", s.Difference)
	}
}

func (t *tidy) guardrails(g *evaluation.Guardrails) {
	if g == nil {
		return
	}
	of := csvRow{"section": "guardrail"}
	for _, l := range g.Limits {
		t.add(of, csvRow{"channel": l.Channel, "figure": l.Name, "estimate": plain(l.Rate), "hi": plain(l.Bound), "method": l.Method,
			"n_treat": strconv.FormatInt(l.Of, 10), "code": l.State})
	}
	r := g.Refunds
	if r == nil {
		return
	}
	of = with(with(of, "point", r.Point), "metric", "refunds")
	treat, hold := with(of, "arm", "treat"), with(of, "arm", "hold")
	t.value(treat, "mean", r.Treat)
	t.value(hold, "mean", r.Hold)
	t.figure(of, "difference", r.Difference)
	t.add(of, csvRow{"figure": "p", "estimate": plain(r.P), "code": r.State})
	t.figure(treat, "return_rate", r.TreatRate)
	t.figure(hold, "return_rate", r.HoldRate)
	for _, x := range r.Reasons {
		t.count(with(treat, "metric", x.Reason), "reason", x.Treat)
		t.count(with(hold, "metric", x.Reason), "reason", x.Hold)
	}
}

func (t *tidy) basket(b *evaluation.Basket) {
	if b == nil {
		return
	}
	of := csvRow{"section": "basket", "point": b.Point}
	for _, c := range b.Categories {
		of := with(of, "metric", c.Category)
		t.value(with(of, "arm", "treat"), "rate", c.TreatRate)
		t.value(with(of, "arm", "hold"), "rate", c.HoldRate)
		t.figure(of, "difference", c.Difference)
		t.value(of, "p", c.P)
		t.add(of, csvRow{"figure": "q", "estimate": plain(c.Q), "code": c.Mark})
	}
	for _, s := range b.Steps {
		t.figure(with(of, "metric", s.From+">"+s.To), "step", s.Share)
	}
	for _, x := range b.Rules {
		of := with(of, "metric", x.A+"+"+x.B)
		t.value(of, "confidence", x.Confidence)
		t.figure(of, "lift", x.Lift)
		t.value(of, "q", x.Q)
	}
}

func (t *tidy) moved(m *evaluation.Moved) {
	if m == nil {
		return
	}
	of := csvRow{"section": "moved", "point": m.Point}
	t.value(of, "z", m.Z)
	for _, trait := range m.Traits {
		of := with(of, "metric", trait.Name)
		if trait.DF != nil {
			t.value(of, "chi2", trait.Chi2)
			t.count(of, "df", int64(*trait.DF))
			t.value(of, "p", trait.P)
			t.value(of, "v", trait.V)
		}
		for _, l := range trait.Levels {
			of := of
			switch l.Kind {
			case "named":
				of = with(of, "metric", trait.Name+"/"+l.Level)
			case "rarer":
				of = with(of, "metric", trait.Name+"/*")
			case "unknown":
				of = with(of, "metric", trait.Name+"/?")
			}
			t.value(of, "all", l.All)
			t.value(of, "natural", l.Natural)
			t.value(of, "responders", l.Responders)
			t.value(of, "smd", l.SMD)
			f := l.Moved
			if l.Clipped {
				f.Code = "clipped"
			}
			t.figure(of, "moved", f)
		}
	}
}

func (t *tidy) price(p *evaluation.Price) {
	if p == nil {
		return
	}
	of := csvRow{"section": "price", "point": p.Point}
	t.figure(of, "price_per_extra_order", p.PerOrder)
	t.figure(of, "return", p.Return)
	t.figure(of, "price_of_holdout", p.ByHoldout)
	if p.Parts != nil {
		t.value(of, "more_buyers", &p.Parts.MoreBuyers)
		t.value(of, "bigger_baskets", &p.Parts.BiggerBaskets)
	}
	if c := p.Coupons; c != nil {
		t.count(of, "given", c.Given)
		t.count(of, "redeemed", c.Redeemed)
		t.count(of, "leaked", c.Leaked)
		t.count(of, "redeemers", c.Redeemers)
		bounds := c.Subsidised
		if c.Prevented {
			bounds.Code = "prevented"
		}
		t.figure(of, "subsidised", bounds)
	}
}

func (t *tidy) credited(c *evaluation.Credited) {
	if c == nil {
		return
	}
	of := csvRow{"section": "credited", "point": c.Point, "day": strconv.FormatFloat(c.Hours/24, 'f', -1, 64)}
	t.count(of, "orders", c.Orders)
	t.count(of, "credited", c.Credited)
	t.value(of, "credited_revenue", &c.Revenue)
	t.figure(of, "incremental_orders", c.Incremental)
	t.figure(of, "incremental_revenue", c.Earned)
	t.value(of, "times", c.Times)
}
