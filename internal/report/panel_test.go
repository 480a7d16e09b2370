package report_test

import (
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/report"
)

// addPanels are what a campaign that pays says beside rates and money.
func addPanels(r *report.Report) {
	r.Price = &evaluation.Price{Point: "overall_30d",
		PerOrder: evaluation.Figure{Estimate: ptr(7.12), Lo: ptr(4.63), Hi: ptr(15.4), Method: "fieller"},
		Return:   evaluation.Figure{Estimate: ptr(1.83), Lo: ptr(0.11), Hi: ptr(3.62), Method: "fieller"}, ByHoldout: interval(1611.5, 1523.6, "hall"),
		Parts: &evaluation.Parts{MoreBuyers: 2.78, BiggerBaskets: -0.14},
		Coupons: &evaluation.Coupons{Given: 6259, Redeemed: 563, Leaked: 4, Redeemers: 551,
			Subsidised: evaluation.Figure{Lo: ptr(0.514), Hi: ptr(1.0), Method: "monotone_bounds"}},
	}
	r.Credited = &evaluation.Credited{Point: "overall_30d", Hours: 120, Orders: 2120, Credited: 1187, Revenue: 73_994.2,
		Incremental: interval(310.8, 158, "hall"), Earned: interval(20_900, 11_100, "hall"), Times: ptr(3.82)}
	r.Moved, r.Basket, r.Guardrails = moved(), basket(), guardrails()
	r.Traffic, r.Surveys = traffic()
	r.Points[1].Doubts = &evaluation.Doubts{Treated: 6870, TreatedBefore: 1012, Held: 2930, HeldBefore: 441, BeforeP: ptr(0.66), Elsewhere: 703}
}

// moved is who bought of the campaign that pays.
func moved() *evaluation.Moved {
	level := func(level, kind string, all, natural, responders, smd, moved, half float64) evaluation.Level {
		return evaluation.Level{Level: level, Kind: kind, All: ptr(all), Natural: ptr(natural), Responders: ptr(responders), SMD: ptr(smd), Moved: interval(moved, half, "abadie_fieller")}
	}
	app := level("yes", "named", 0.36, 0.39, 0.44, 0.2, 1, 0.21)
	app.Clipped, app.Moved.Hi = true, ptr(1.0)
	return &evaluation.Moved{Point: "overall_30d", Z: ptr(3.9), Traits: []evaluation.Trait{
		{Name: "consent:app", Levels: []evaluation.Level{app, level("", "unknown", 0.64, 0.61, 0.56, -0.2, 0.12, 0.11)}, Chi2: ptr(61.2), DF: ptr(1), P: ptr(5.1e-15), V: ptr(0.094)},
		{Name: "orders", Number: true, Levels: []evaluation.Level{level("", "number", 1.9, 2.8, 2.9, 0.41, 3.4, 1.1)}},
		{Name: "profile:city", Levels: []evaluation.Level{level("Leeds", "named", 0.3, 0.31, 0.32, 0.03, 0.38, 0.2),
			level("", "rarer", 0.7, 0.69, 0.68, -0.03, 0.62, 0.2)}, Chi2: ptr(2.1), DF: ptr(1), P: ptr(0.147), V: ptr(0.017)},
		{Name: "value", Levels: []evaluation.Level{level("low", "named", 0.33, 0.2, 0.22, -0.36, 0.35, 0.22),
			level("middle", "named", 0.33, 0.34, 0.35, 0.04, 0.41, 0.25), level("high", "named", 0.34, 0.46, 0.43, 0.29, 0.24, 0.2)}, Chi2: ptr(118.0), DF: ptr(2), P: ptr(2e-26), V: ptr(0.131)},
	}}
}

// basket is what the campaign that pays sold.
func basket() *evaluation.Basket {
	category := func(name string, treat, hold int64, d, half, p, q float64, mark string) evaluation.CategoryEffect {
		return evaluation.CategoryEffect{Category: name, Treat: treat, Hold: hold, TreatRate: ptr(float64(treat) / 6870), HoldRate: ptr(float64(hold) / 2930),
			Difference: interval(d, half, "miettinen_nurminen"), P: ptr(p), Q: ptr(q), Mark: mark}
	}
	return &evaluation.Basket{Point: "overall_30d",
		Categories: []evaluation.CategoryEffect{category("Coats & jackets", 912, 302, 0.0297, 0.0141, 0.00004, 0.00016, "sold"),
			category("Shoes", 640, 268, 0.0017, 0.0128, 0.79, 0.79, ""), category("Bags", 301, 172, -0.0149, 0.0101, 0.0031, 0.0062, "shifted")},
		Steps: []evaluation.Step{{From: "Shoes", To: "Shoes", Buyers: 301, Of: 812, Share: interval(0.371, 0.033, "wilson")},
			{From: "Shoes", To: "Coats & jackets", Buyers: 244, Of: 812, Share: interval(0.3, 0.031, "wilson")}, {From: "Bags", To: "Shoes", Buyers: 41, Of: 130, Share: interval(0.315, 0.08, "wilson")}},
		Rules: []evaluation.Rule{{A: "Bags", B: "Shoes", Both: 141, Confidence: ptr(0.468), Lift: interval(1.36, 0.19, "katz_log"), Q: ptr(0.0004)}},
	}
}

// guardrails are those of the campaign that pays.
func guardrails() *evaluation.Guardrails {
	limit := func(name, channel string, n, of int64, bound float64, state string) evaluation.Limit {
		return evaluation.Limit{Name: name, Channel: channel, Count: n, Of: of, Rate: ptr(float64(n) / float64(of)), Bound: ptr(bound), Method: "wilson_one_sided", Asked: 0.001, Enforced: 0.003, State: state}
	}
	return &evaluation.Guardrails{
		Limits: []evaluation.Limit{limit("complaints", "email", 2, 6301, 0.00097, "pass"), limit("unsubscriptions", "email", 11, 6301, 0.00286, "care"), limit("unsubscriptions", "sms", 9, 13_120, 0.00118, "care")},
		Refunds: &evaluation.Refunds{Point: "overall_30d", Treat: ptr(1.32), Hold: ptr(1.41), Difference: interval(-0.09, 0.2, "hall"), Margin: 0.1, P: ptr(0.021), State: "pass",
			TreatRate: interval(0.081, 0.012, "ratio_of_sums"), HoldRate: interval(0.094, 0.02, "ratio_of_sums"),
			Reasons: []evaluation.Reason{{Reason: "too small", Treat: 84, Hold: 40}, {Reason: "", Treat: 41, Hold: 16}}, ReasonsP: ptr(0.61)},
	}
}

// traffic is how far the customers of the campaign that pays came.
func traffic() (*evaluation.Traffic, []evaluation.Answered) {
	reached := func(name string, treat, hold int64, d, half float64) evaluation.Reached {
		return evaluation.Reached{Name: name, Treat: treat, Hold: hold, TreatRate: ptr(float64(treat) / 6870), HoldRate: ptr(float64(hold) / 2930), Difference: interval(d, half, "miettinen_nurminen")}
	}
	return &evaluation.Traffic{Point: "overall_30d", First: "viewed",
			Steps: []evaluation.Reached{reached("viewed", 3412, 1290, 0.0564, 0.021), reached("ordered", 1990, 740, 0.0371, 0.019), reached("kept", 1855, 677, 0.039, 0.019)},
			Paths: []evaluation.Reached{reached("search", 902, 401, -0.0056, 0.015), reached("email", 611, 88, 0.0589, 0.011), reached("", 477, 251, -0.0162, 0.013)}},
		[]evaluation.Answered{{Survey: "after-purchase", Question: "fit", Trait: "gender", Answers: 1841, Chi2: ptr(21.7), DF: 2, P: ptr(0.00002), Q: ptr(0.00012), V: ptr(0.11)},
			{Survey: "after-purchase", Question: "happy", Trait: "city", Answers: 212, Chi2: ptr(4.4), DF: 3, P: ptr(0.22), Q: ptr(0.44), V: ptr(0.14), Rough: true}}
}

// addUnsurePanels are what one that costs buyers has to say.
func addUnsurePanels(r *report.Report) {
	r.Price = &evaluation.Price{Point: "overall_30d",
		PerOrder: evaluation.Figure{Estimate: ptr(31.1), Method: "fieller", Code: evaluation.Unbounded},
		Return:   evaluation.Figure{Method: "fieller", Code: evaluation.E11}, ByHoldout: interval(-2520, 1494, "hall"),
		Coupons: &evaluation.Coupons{Given: 6259, Redeemed: 563, Redeemers: 551, Prevented: true,
			Subsidised: evaluation.Figure{Lo: ptr(0.0), Hi: ptr(1.0), Method: "monotone_bounds"}},
	}
	r.Credited = &evaluation.Credited{Point: "overall_30d", Hours: 120, Orders: 1640, Credited: 907, Revenue: 56_012,
		Incremental: interval(-175, 158, "hall"), Earned: evaluation.Figure{Method: "hall", Code: evaluation.E11}}
	r.Moved, r.Basket, r.Guardrails = moved(), basket(), guardrails()
	r.Guardrails.Limits[0].State, r.Guardrails.Limits[1].State, r.Guardrails.Refunds = "open", "fail", nil
	r.Basket.Categories, r.Basket.Steps, r.Basket.Rules = r.Basket.Categories[1:2], []evaluation.Step{}, []evaluation.Rule{}
	r.Moved.Z = ptr(-1.3)
	p := &r.Points[1]
	p.Doubts = &evaluation.Doubts{Treated: 6870, Held: 2930, Elsewhere: 4100, MissingHours: 6}
	p.Notes = append(p.Notes, evaluation.Refusal{Code: evaluation.E07, Sentence: "Order data is missing for 6 hours."}, evaluation.Refusal{Code: evaluation.E12, Sentence: "Other campaigns wrote to 60 % of the customers we wrote to."})
	for i := range r.Moved.Traits {
		for k := range r.Moved.Traits[i].Levels {
			l := &r.Moved.Traits[i].Levels[k]
			l.Clipped, l.Moved = false, evaluation.Figure{Method: "abadie_fieller", Code: evaluation.NoEstimate}
		}
	}
}

// What is not known is said so, and a bound that does not hold is flagged.
func TestPanelsSayWhatTheyCannot(t *testing.T) {
	t.Parallel()
	said := strings.Join(strings.Fields(render(t, scenes(t)["shop-loses"], "txt")), " ")
	for _, want := range []string{
		"cannot be bounded: the campaign may have produced no extra orders",
		"Fewer bought than in the holdout, so the usual bounds do not hold",
		"The campaign cost orders: -175",
		"Above where mailbox providers step in: unsubscribed by email. Send to fewer",
		"No category stands out once all of them are looked at.",
		"Too few were moved to say who they are: more bought by -1.3 standard errors",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(said, "3.8 times") {
		t.Error("times what may be nothing")
	}
}

// What differed before is shown no result of, as what was sorted.
func TestGroupsThatDifferedBeforeShowNoResult(t *testing.T) {
	t.Parallel()
	r := usual.report(t)
	r.Points[1].Doubts = &evaluation.Doubts{Treated: 6870, TreatedBefore: 700, Held: 2930, HeldBefore: 200, BeforeP: ptr(0.0000001)}
	r.Points[1] = refuse(r.Points[1], evaluation.E08, "The groups already differed before the campaign.")
	page := render(t, r, "html")
	for _, shown := range []string{`id="curves"`, `id="people"`, "Extra buyers"} {
		if strings.Contains(page, shown) {
			t.Errorf("a refused report shows %s", shown)
		}
	}
	for _, want := range []string{"The groups already differed before the campaign.", "700 of 6,870 and 200 of 2,930 had bought in as long a time before; p &lt; 0.0001", "The curves are not shown, as the groups cannot be compared (E08)"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
}

// A panel's picture is never without the table that says the same.
func TestPanelsHaveTables(t *testing.T) {
	t.Parallel()
	page := render(t, scenes(t)["shop-pays"], "html")
	for _, want := range []string{"What it cost", `id="credited-chart-narrow"`, "The same window counted twice", "51-100 % of codes went to people who would have bought anyway"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}
