package report_test

import (
	"math"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
)

// shop is a campaign of 9,800 first-time buyers, 30 % of them held out, with
// figures as shops have them. Each scene below changes what it is about.
type shop struct {
	treated, held int64
	bought, kept  float64 // who bought of those treated, of those held out
	share         holdout.Share
	cost          int64   // per treated, in millionths
	profit, half  float64 // per treated, and half of its interval
}

var usual = shop{treated: 6870, held: 2930, share: 3 * tenth, bought: 0.270, kept: 0.231, cost: 300_000, profit: 0.55, half: 0.52}

var pounds = evaluation.Currency{Code: "GBP", Digits: 2}

// result is one point of the shop.
func (s shop) result(t *testing.T, p evaluation.Point, part float64, final float64) evaluation.Result {
	t.Helper()
	totals := func(n int64, rate, of float64) evaluation.Totals {
		n = int64(float64(n) * of)
		x := int64(math.Round(float64(n) * rate * part))
		return evaluation.Totals{Enrollments: n, Buyers: x, Orders: x + x/7, RevenueMinor: 6240 * (x + x/7)}
	}
	arm := func(arm holdout.Arm, n int64, rate float64) evaluation.Observation {
		return evaluation.Observation{Arm: arm, Assigned: n, Matured: totals(n, rate, min(1, final+0.2)), Final: totals(n, rate, final)}
	}
	r, err := evaluation.Evaluate(evaluation.Input{
		Point:        p,
		Design:       evaluation.Design{HoldShare: s.share, EntryFrom: on("2026-01-12"), EntryUntil: on("2026-04-01")},
		Observations: []evaluation.Observation{arm(holdout.Treat, s.treated, s.bought), arm(holdout.Hold, s.held, s.kept)},
		Cost:         evaluation.Cost{PerTreatedMicros: s.cost, Margin: ptr(0.35), AverageOrderMinor: 6240, Currency: pounds},
		AsOf:         on("2026-06-20"),
	}, evaluation.English())
	if err != nil {
		t.Fatal(err)
	}
	if r.Difference.Known() {
		r.Metrics = s.metrics(part)
	}
	return r
}

func interval(estimate, half float64, method string) evaluation.Figure {
	return evaluation.Figure{Estimate: ptr(estimate), Lo: ptr(estimate - half), Hi: ptr(estimate + half), Method: method}
}

func scaled(f evaluation.Figure, by float64) evaluation.Figure {
	return evaluation.Figure{Estimate: ptr(by * *f.Estimate), Lo: ptr(by * *f.Lo), Hi: ptr(by * *f.Hi), Method: f.Method}
}

func (s shop) metrics(part float64) []evaluation.Metric {
	n := float64(s.treated)
	limit := &evaluation.Cap{Minor: 31240, Quantile: 0.995}
	of := func(name string, hold, difference, half, uncapped float64, limit *evaluation.Cap, p float64) evaluation.Metric {
		d := interval(part*difference, part*half, "hall")
		return evaluation.Metric{Metric: name, Treat: ptr(part * (hold + uncapped)), Hold: ptr(part * hold), Difference: d, Total: scaled(d, n),
			Uncapped: interval(part*uncapped, part*half*1.3, "hall"), Cap: limit, Skew: ptr(0.21), P: ptr(p)}
	}
	lift := s.bought - s.kept
	orders := of(evaluation.MetricOrders, 1.14*s.kept, 1.16*lift, 0.023, 1.16*lift, nil, 0.00003)
	orders.Skew = ptr(0.02)
	return []evaluation.Metric{
		orders,
		of(evaluation.MetricRevenue, 16.43, 78*lift, 1.62, 84*lift, limit, 0.00021),
		of(evaluation.MetricProfit, 5.75, s.profit, s.half, s.profit*1.07, limit, 0.038),
	}
}

// refuse makes a result say no, as evaluation does.
func refuse(r evaluation.Result, code evaluation.Code, sentence string) evaluation.Result {
	r.Refusals = append(r.Refusals, evaluation.Refusal{Code: code, Sentence: sentence})
	r.Verdict, r.Sentence, r.Explanation, r.Next, r.NextDate = evaluation.Refused, sentence, "", "", nil
	for _, f := range []*evaluation.Figure{&r.Difference, &r.Relative, &r.ExtraBuyers, &r.PricePerBuyer} {
		*f = evaluation.Figure{Method: f.Method, Code: code}
	}
	metrics := r.Metrics
	r.Metrics, r.P, r.Z = nil, nil, nil
	for _, m := range metrics {
		none := evaluation.Figure{Method: "hall", Code: code}
		r.Metrics = append(r.Metrics, evaluation.Metric{Metric: m.Metric, Treat: m.Treat, Hold: m.Hold, Difference: none, Total: none, Uncapped: none, Cap: m.Cap})
	}
	return r
}

// report is the whole of one round: three waves, one with codes.
func (s shop) report(t *testing.T) report.Report {
	t.Helper()
	point := func(name string, primary bool, anchor string, window time.Duration) evaluation.Point {
		return evaluation.Point{Name: name, Metric: "repurchase_rate", Primary: primary, Anchor: anchor, Window: window, ReturnWindow: 14 * day, FinalAt: on("2026-05-20")}
	}
	r := s.frame(t, 30, []report.WaveTick{{Day: 0, Wave: "thanks"}, {Day: 3, Wave: "coupon"}, {Day: 5, Wave: "care"}})
	r.Points = []evaluation.Result{
		s.result(t, point("coupon_10d", false, "coupon, as scheduled", 10*day), 0.42, 1),
		s.result(t, point("overall_30d", true, "thanks, as scheduled", 30*day), 1, 1),
	}
	for i := range r.Points {
		r.Points[i].Integrity = evaluation.Integrity{Held: s.held, Contaminated: s.held / 154, GhostsDue: 3 * s.held, GhostsLost: s.held / 1400}
	}
	r.Deliveries, r.Coupons = s.ledger(1)
	r.Unknown = 6
	return r
}

// frame is a report without points and deliveries.
func (s shop) frame(t *testing.T, days int, waves []report.WaveTick) report.Report {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	curve := func(arm holdout.Arm, n int64, rate float64) report.Curve {
		c := report.Curve{Arm: arm, Enrollments: n}
		for d := 1; d <= days; d++ {
			at := float64(d) / float64(days)
			natural := s.kept * (1 - math.Exp(-2.2*at)) / (1 - math.Exp(-2.2))
			// What the waves add comes soon after them.
			added := (rate - s.kept) * (1 - math.Exp(-math.Max(0, float64(d)-3)/7)) / (1 - math.Exp(-(float64(days)-3)/7))
			c.Steps = append(c.Steps, report.Step{Day: d, Buyers: int64(math.Round(float64(n) * (natural + added)))})
		}
		return c
	}
	return report.Report{
		Campaign: "second-order", Says: "First-time buyers of spring: thanks, then a reason to come back.",
		Design: 2, Version: "3fa9c1e27b0d4a55c1d2e3f405162738495a6b7c8d9e0f1a2b3c4d5e6f708192",
		AsOf: on("2026-06-20").Add(9*time.Hour + 30*time.Minute), Zone: london,
		Arms:   []report.PlannedArm{{Arm: holdout.Hold, Share: s.share}, {Arm: holdout.Treat, Share: holdout.Whole - s.share}},
		Salts:  []report.Salt{{Layer: "c|second-order|2", Of: "campaign holdout"}},
		Curves: &report.Curves{Anchor: "thanks, as scheduled", Days: days, Waves: waves, Arms: []report.Curve{curve(holdout.Treat, s.treated, s.bought), curve(holdout.Hold, s.held, s.kept)}},
		Waves:  []string{"thanks", "coupon", "care"},
	}
}

// ledger is what was sent in a round and what became of the codes.
func (s shop) ledger(round int) ([]report.DeliveryCount, []report.CouponCount) {
	var out []report.DeliveryCount
	left := math.Pow(0.83, float64(round-1)) // who is still in
	add := func(wave, channel string, arm holdout.Arm, state, reason string, n float64) {
		if n := int64(math.Round(n)); n > 0 {
			out = append(out, report.DeliveryCount{Round: round, Wave: wave, Arm: arm, Channel: channel, State: state, Reason: reason, Count: n})
		}
	}
	for i, w := range []struct {
		wave, channel string
		gone          float64 // had bought again by then
	}{{"thanks", "sms", 0.011}, {"coupon", "sms", 0.062}, {"care", "email", 0.094}} {
		for arm, n := range map[holdout.Arm]float64{holdout.Treat: left * float64(s.treated), holdout.Hold: left * float64(s.held)} {
			gone, no, capped, away := w.gone*n, 0.013*n, 0.004*n*float64(i), 0.0011*n
			rest := n - math.Round(gone) - math.Round(no) - math.Round(capped) - math.Round(away)
			add(w.wave, w.channel, arm, "suppressed", "repurchased", gone)
			add(w.wave, w.channel, arm, "suppressed", "opted_out", no)
			add(w.wave, w.channel, arm, "suppressed", "capped", capped)
			add(w.wave, w.channel, arm, "suppressed", "no_address", away)
			if arm == holdout.Hold {
				add(w.wave, w.channel, arm, "withheld", "holdout", rest)
				continue
			}
			failed, expired, unknown := 0.007*n, 0.0015*n, 0.0003*n
			add(w.wave, w.channel, arm, "failed", "550 no such user", failed)
			add(w.wave, w.channel, arm, "expired", "held", expired)
			add(w.wave, w.channel, arm, "unknown", "timeout after data", unknown)
			add(w.wave, w.channel, arm, "accepted", "", rest-math.Round(failed)-math.Round(expired)-math.Round(unknown))
		}
	}
	given := int64(math.Round(0.911 * left * float64(s.treated)))
	return out, []report.CouponCount{{Round: round, Wave: "coupon", Given: given, Redeemed: given * 9 / 100, Minor: given * 9 / 100 * 500}}
}

// rounds is a campaign of five rounds with 100,000 customers, a tenth held out,
// half a year long: as much as one page has to bear.
func rounds(t *testing.T) report.Report {
	t.Helper()
	s := shop{treated: 90_120, held: 9880, share: tenth, bought: 0.246, kept: 0.231, cost: 210_000, profit: 0.19, half: 0.17}
	var ticks []report.WaveTick
	for round := range 5 {
		for i, w := range []string{"thanks", "coupon", "care"} {
			ticks = append(ticks, report.WaveTick{Day: float64(30*round) + []float64{0, 3, 5}[i], Wave: w})
		}
	}
	r := s.frame(t, 180, ticks)
	r.Campaign, r.Says, r.Design = "double11-new-buyers", "New buyers of Double 11: five months, three messages each.", 1
	at := func(name, anchor string, window time.Duration, part float64) {
		p := s
		if part < 0.9 {
			p.bought = s.kept + (s.bought-s.kept)*(1.3-part)
		}
		in := evaluation.Point{Name: name, Metric: "repurchase_rate", Primary: name == "programme", Anchor: anchor, Window: window, ReturnWindow: 14 * day, FinalAt: on("2026-06-05")}
		result := p.result(t, in, part, 1)
		result.Integrity = evaluation.Integrity{Held: s.held, Contaminated: 141, GhostsDue: 118_212, GhostsLost: 88}
		result.Notes = append(result.Notes, evaluation.Refusal{Code: evaluation.E04, Sentence: "1.4 % of the customers who should have received nothing were reached after all; the effect is a little larger than shown."})
		if name != "programme" {
			result.Metrics = nil
		}
		r.Points = append(r.Points, result)
	}
	for round := 1; round <= 5; round++ {
		at("coupon_10d", "coupon, as scheduled, round "+string(rune('0'+round)), 10*day, 0.42-0.05*float64(round))
	}
	at("overall_30d", "thanks, as scheduled, round 1", 30*day, 0.5)
	at("programme", "entry", 180*day, 1)
	for round := 1; round <= 5; round++ {
		deliveries, coupons := s.ledger(round)
		for _, d := range deliveries {
			if d.Arm == holdout.Treat && d.State == "accepted" && d.Wave != "thanks" {
				skip := d
				skip.State, skip.Reason, skip.Count = "withheld", "skip", d.Count/10
				d.Count -= skip.Count
				r.Deliveries = append(r.Deliveries, skip)
			}
			r.Deliveries = append(r.Deliveries, d)
		}
		coupons[0].Given -= coupons[0].Given / 10
		r.Coupons = append(r.Coupons, coupons...)
		r.Looks = append(r.Looks, s.look(round))
		for i, w := range []string{"thanks", "coupon", "care"} {
			effect := evaluation.WaveEffect{Round: round, Wave: w, Window: 240, Code: evaluation.E10}
			if w != "thanks" {
				n := math.Pow(0.83, float64(round-1)) * 80_000
				effect = compared(evaluation.WaveEffect{Round: round, Wave: w, Window: 240}, int64(n*0.9), int64(n*0.1), 0.052+(0.006-0.001*float64(round))*float64(2-i), 0.052)
			}
			if round == 5 && w == "care" {
				effect.Code, effect.P = evaluation.E03, nil
				effect.Difference = evaluation.Figure{Method: "miettinen_nurminen", Code: evaluation.E03}
			}
			r.WaveEffects = append(r.WaveEffects, effect)
		}
	}
	r.Unknown = 84
	return r
}

// look is the reading at the end of a round, with O'Brien and Fleming's bounds
// for five of them.
func (s shop) look(round int) evaluation.Look {
	part := 1 - math.Pow(0.62, float64(round))
	se := math.Sqrt(0.2*0.8/float64(s.treated) + 0.2*0.8/float64(s.held))
	d := (s.bought - s.kept) * part / 0.8
	bound := []float64{4.877, 3.357, 2.680, 2.290, 2.031}[round-1]
	arm := func(arm holdout.Arm, n int64, rate float64) evaluation.Arm {
		return evaluation.Arm{Arm: arm, Assigned: n, Matured: n, Final: n, Counted: n, Buyers: int64(rate * float64(n)),
			Rate: evaluation.Figure{Estimate: ptr(rate), Lo: ptr(rate - 0.004), Hi: ptr(rate + 0.004), Method: "wilson"}}
	}
	z := d / se
	return evaluation.Look{Round: round, Treat: arm(holdout.Treat, s.treated, s.kept*part+d), Hold: arm(holdout.Hold, s.held, s.kept*part),
		Difference: interval(d, bound*se, "miettinen_nurminen"), Increment: interval(d/(1+0.9*float64(round-1)), bound*se, "wald"), Bound: ptr(bound), Z: ptr(z), Crossed: z > bound}
}

func compared(w evaluation.WaveEffect, sent, skipped int64, treat, hold float64) evaluation.WaveEffect {
	arm := func(arm holdout.Arm, n int64, rate float64) evaluation.Arm {
		return evaluation.Arm{Arm: arm, Assigned: n, Matured: n, Final: n, Counted: n, Buyers: int64(rate * float64(n)),
			Rate: evaluation.Figure{Estimate: ptr(rate), Lo: ptr(rate - 0.002), Hi: ptr(rate + 0.002), Method: "wilson"}}
	}
	w.Sent, w.Skipped = arm(holdout.Treat, sent, treat), arm(holdout.Treat, skipped, hold)
	se := math.Sqrt(treat*(1-treat)/float64(sent) + hold*(1-hold)/float64(skipped))
	w.Difference = interval(treat-hold, 1.96*se, "miettinen_nurminen")
	w.P = ptr(math.Erfc((treat - hold) / se / math.Sqrt2))
	return w
}

// scenes are the states that a report can be in.
func scenes(t *testing.T) map[string]report.Report {
	t.Helper()
	pays := usual.report(t)
	pays.Planted = &report.Planted{Treated: usual.treated, Buyers: 1855, Natural: 1607, Effect: 248.0 / 6870, Profit: 3412.55, Covered: ptr(true), CoveredP: ptr(true)}

	addPanels(&pays)

	worse := usual
	worse.bought, worse.profit, worse.half = 0.209, -0.86, 0.51
	loses := worse.report(t)
	loses.Planted = &report.Planted{Treated: worse.treated, Buyers: 1436, Natural: 1590, Effect: -154.0 / 6870, Profit: -2100, Covered: ptr(true), CoveredP: ptr(false)}

	addUnsurePanels(&loses)

	open := usual
	open.bought, open.profit, open.half = 0.243, 0.11, 0.56
	unsure := open.report(t)

	few := shop{treated: 420, held: 180, share: 3 * tenth, bought: 0.05, kept: 0.033, cost: 300_000}
	small := few.report(t)

	early := usual.report(t)
	for i, p := range early.Points {
		later := p.Point
		later.FinalAt = on("2026-07-14")
		early.Points[i] = usual.result(t, later, []float64{0.42, 1}[i], 0.55)
	}

	early.Looks = []evaluation.Look{usual.look(1), {Round: 2, Code: evaluation.E03}}
	early.Warnings = []report.Warning{{Code: "missed_slots", Sentence: "2 entry slots passed while nothing was running; nobody entered at them."}}

	sorted := usual
	sorted.treated, sorted.held = 7010, 2730
	uneven := sorted.report(t)

	reached, ghosts, skewed := usual.report(t), usual.report(t), usual.report(t)
	for i := range reached.Points {
		reached.Points[i].Integrity.Contaminated = 791
		reached.Points[i] = refuse(reached.Points[i], evaluation.E04, "27 % of the customers who should have received nothing were reached after all.")
		ghosts.Points[i].Integrity.GhostsLost = 262
		ghosts.Points[i] = refuse(ghosts.Points[i], evaluation.E05, "We do not know when 3.0 % of the holdout would have been contacted.")
		p := &skewed.Points[i]
		p.Notes = append(p.Notes, evaluation.Refusal{Code: evaluation.E11, Sentence: "One order of 8,400.00 GBP decides the revenue and the profit; no range can be given for them."})
		for k := range p.Metrics {
			if m := &p.Metrics[k]; m.Metric != evaluation.MetricOrders {
				none := evaluation.Figure{Method: "hall", Code: evaluation.E11}
				m.Difference, m.Total, m.Uncapped, m.Skew, m.P = none, none, none, ptr(1.73), nil
			}
		}
	}
	return map[string]report.Report{
		"shop-pays": pays, "shop-loses": loses, "shop-open": unsure, "shop-e02": small, "shop-e03": early, "shop-e01": uneven,
		"shop-e04": reached, "shop-e05": ghosts, "shop-e11": skewed, "shop-rounds": rounds(t), "shop-parts": parts(t), "shop-cohorts": endless(t),
	}
}
