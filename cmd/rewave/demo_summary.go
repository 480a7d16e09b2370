package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
)

// summary prints what a stranger wants to know of a campaign that has run; the
// whole report stands in the file.
func (d *demo) summary(r report.Report) {
	say := r.Language
	row := func(label, text string) { d.line(fmt.Sprintf("  %-13s  ", label), text) }
	p, ok := r.Primary()
	if !ok {
		return
	}
	fmt.Fprintf(d.stdout, "\n%s  %s\n", r.Campaign, strings.ToUpper(r.Badge()))
	d.line("  ", r.Says)
	d.line("  ", p.Sentence)
	ledger := count64(r.Deliveries, func(report.DeliveryCount) bool { return true })
	row("planned", fmt.Sprintf("%s messages to %s customers", say.Count(ledger), say.Count(p.SRM.Treat+p.SRM.Hold)))
	row("sent", say.Count(count64(r.Deliveries, func(c report.DeliveryCount) bool { return c.State == "accepted" })))
	skipped := count64(r.Deliveries, func(c report.DeliveryCount) bool { return c.State == "withheld" && c.Reason == "skip" })
	withheld := say.Count(count64(r.Deliveries, func(c report.DeliveryCount) bool { return c.State == "withheld" && c.Reason != "skip" })) + " from the holdout"
	if skipped > 0 {
		withheld += ", " + say.Count(skipped) + " more by lot"
	}
	row("withheld", withheld)
	if others := unsent(r); others != "" {
		row("not sent", others)
	}
	treat, hold := p.Arm(holdout.Treat), p.Arm(holdout.Hold)
	treated, heldOut := "written to", "held out"
	if p.ReplayAA {
		treated, heldOut = "treated on paper", "held out on paper"
	}
	rate := func(a evaluation.Arm, who string) string {
		if a.Rate.Estimate == nil {
			return "nobody " + who
		}
		return fmt.Sprintf("%s %% of %s %s bought within %s", say.PerHundred(*a.Rate.Estimate, 1), say.Count(a.Counted), who, windowOf(p.Point))
	}
	row("response rate", rate(treat, treated))
	row("natural rate", rate(hold, heldOut))
	if p.Difference.Known() {
		d.difference(say, p, row)
	}
	if t := r.Planted; t != nil && t.Treated > 0 {
		d.truth(say, *t, row)
	}
}

// difference prints what the campaign changed, with its intervals.
func (d *demo) difference(say evaluation.Language, p evaluation.Result, row func(label, text string)) {
	difference := fmt.Sprintf("%s pp (95 %% CI %s to %s)", say.Effect(*p.Difference.Estimate, 1), say.Effect(*p.Difference.Lo, 1), say.Effect(*p.Difference.Hi, 1))
	if p.Against == "break_even" && p.BreakEven != nil {
		difference += "; break-even " + say.Mark(*p.BreakEven, 1)
	}
	row("difference", difference)
	if m, ok := p.Metric(evaluation.MetricOrders); ok && m.Total.Known() {
		row("orders", fmt.Sprintf("%s (95 %% CI %s to %s)", whole(say, *m.Total.Estimate), whole(say, *m.Total.Lo), whole(say, *m.Total.Hi)))
	}
	if m, ok := p.Metric(evaluation.MetricProfit); ok && m.Total.Known() {
		row("profit", fmt.Sprintf("%s (95 %% CI %s to %s)", say.Money(*m.Total.Estimate, p.Currency), say.Money(*m.Total.Lo, p.Currency), say.Money(*m.Total.Hi, p.Currency)))
	}
}

// truth is what only a made-up shop knows, beside what the report found.
func (d *demo) truth(say evaluation.Language, t report.Planted, row func(label, text string)) {
	row("the truth", fmt.Sprintf("%s pp: of the %s written to %s would have bought anyway, and %s did; %s", say.Effect(t.Effect, 1), say.Count(t.Treated), say.Count(t.Natural), say.Count(t.Buyers), held(t.Covered)))
	row("", fmt.Sprintf("profit %s; %s", say.Money(t.Profit, evaluation.Currency{Code: d.info.currency, Digits: d.engine.Shop.Digits}), held(t.CoveredP)))
}

// held says whether an interval holds the truth; nil: there is none.
func held(covered *bool) string {
	switch {
	case covered == nil:
		return "there is no interval"
	case *covered:
		return "the interval holds it"
	}
	return "the interval misses it"
}

// unsent is how many messages did not go out, and why, the most frequent first.
func unsent(r report.Report) string {
	byReason := map[string]int64{}
	total := int64(0)
	for _, c := range r.Deliveries {
		switch c.State {
		case "accepted", "withheld", "planned", "sending":
			continue
		}
		why := c.Reason
		if key := "reason." + c.Reason; r.Language.Has(key) {
			why = r.Language.Say(key)
		}
		if c.State == "unknown" || c.State == "unknown_final" {
			why = "unknown whether it arrived"
		}
		byReason[why] += c.Count
		total += c.Count
	}
	if total == 0 {
		return ""
	}
	reasons := make([]string, 0, len(byReason))
	for why := range byReason {
		reasons = append(reasons, why)
	}
	slices.SortFunc(reasons, func(a, b string) int { return cmp.Or(cmp.Compare(byReason[b], byReason[a]), cmp.Compare(a, b)) })
	for i, why := range reasons {
		reasons[i] = why + " " + r.Language.Count(byReason[why])
	}
	return r.Language.Count(total) + ": " + strings.Join(reasons, ", ")
}

func count64(all []report.DeliveryCount, of func(report.DeliveryCount) bool) (n int64) {
	for _, c := range all {
		if of(c) {
			n += c.Count
		}
	}
	return n
}

// whole is a change counted in whole things, with its sign.
func whole(say evaluation.Language, x float64) string {
	n := int64(math.Round(x))
	if n > 0 {
		return "+" + say.Count(n)
	}
	return say.Count(n)
}

// windowOf is a point's window in days, or in hours where it is no whole days.
func windowOf(p evaluation.Point) string {
	if p.Window%day == 0 {
		return count(int(p.Window/day), "day")
	}
	return count(int(p.Window/time.Hour), "hour")
}
