package report

import (
	"math"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
)

// moneySection is what the enrollments of one point ordered, paid and earned.
type moneySection struct {
	Heading string
	Picture *picture
	Table   table
	Said    []string // the caps, in words
	Notes   []evaluation.Refusal
	Others  []table // of the points beside the primary
}

func (v view) money() *moneySection {
	p, ok := v.Primary()
	if !ok || len(p.Metrics) == 0 || refusal(p, evaluation.E01) != "" {
		return nil
	}
	say := v.Language.Say
	out := &moneySection{Heading: say("section.money"), Table: v.metricTable(p), Picture: v.moneyPicture(p)}
	out.Said = append(v.caps(p), v.ratesSaid(p)...)
	if s := note(p, evaluation.E11); s != "" {
		out.Notes = []evaluation.Refusal{{Code: evaluation.E11, Sentence: s}}
	}
	for _, other := range v.Points {
		if !other.Point.Primary && len(other.Metrics) > 0 && refusal(other, evaluation.E01) == "" {
			out.Others = append(out.Others, v.metricTable(other))
		}
	}
	return out
}

// caps say the cap of each metric of money, those that share one together.
func (v view) caps(p evaluation.Result) []string {
	var keys, said []string
	names := map[string][]string{}
	for _, m := range p.Metrics {
		if !evaluation.OfMoney(m.Metric) {
			continue
		}
		key := v.Language.Say("money.cap.none")
		if m.Cap != nil {
			key = v.Language.Say("money.cap", "cap", v.Language.Money(float64(m.Cap.Minor)/math.Pow10(p.Currency.Digits), p.Currency),
				"quantile", strconv.FormatFloat(100*m.Cap.Quantile, 'f', -1, 64))
		}
		if names[key] == nil {
			keys = append(keys, key)
		}
		names[key] = append(names[key], v.metric(m.Metric))
	}
	for _, key := range keys {
		said = append(said, strings.Join(names[key], ", ")+": "+key)
	}
	return said
}

// metric is what a metric is called.
func (v view) metric(name string) string {
	if key := "money.of." + name; v.Language.Has(key) {
		return v.Language.Say(key)
	}
	return name
}

func (v view) metricTable(p evaluation.Result) table {
	say := v.Language.Say
	t := table{
		Caption: say("money.caption", "point", pointName(v, p)), Stack: true,
		Columns: append(words(say("col.metric")), numbers(v.arm("treat"), v.arm("hold"), say("col.mean.difference"),
			say("col.mean.total"), say("col.mean.uncapped"), say("col.p"))...),
	}
	for _, m := range p.Metrics {
		unit := say("money.each", "currency", p.Currency.Code)
		if !evaluation.OfMoney(m.Metric) {
			unit = say("money.orders")
		}
		mean := func(x *float64) cell {
			if x == nil {
				return cell{Text: say("text.none.rate")}
			}
			return cell{Text: v.amount(m.Metric, *x, p.Currency)}
		}
		uncapped := cell{Text: say("text.none.rate")}
		if evaluation.OfMoney(m.Metric) {
			uncapped = v.figureCell(m.Uncapped, func(x float64) string { return signed(x, v.amount(m.Metric, x, p.Currency)) })
		}
		t.Rows = append(t.Rows, row{Strong: m.Metric == evaluation.MetricProfit, Cells: []cell{
			{Text: v.metric(m.Metric), Small: unit},
			mean(m.Treat), mean(m.Hold),
			v.figureCell(m.Difference, func(x float64) string { return signed(x, v.amount(m.Metric, x, p.Currency)) }),
			v.totalCell(m.Metric, m.Total, p.Currency),
			uncapped,
			{Text: strings.TrimPrefix(probability(m.P), "= ")},
		}})
	}
	return t
}

// amount is a mean of one enrollment, in the currency's unit or of every hundred.
func (v view) amount(metric string, x float64, c evaluation.Currency) string {
	if !evaluation.OfMoney(metric) {
		return v.Language.PerHundred(x, 1)
	}
	return v.Language.Money(x, evaluation.Currency{Digits: c.Digits})
}

// totalCell is a sum over all those treated.
func (v view) totalCell(metric string, f evaluation.Figure, c evaluation.Currency) cell {
	return v.figureCell(f, func(x float64) string {
		if !evaluation.OfMoney(metric) {
			return signed(x, v.Language.Count(whole(x)))
		}
		return signed(x, v.Language.Money(x, coarse(f, evaluation.Currency{Digits: c.Digits})))
	})
}

// coarse is the currency without its minor units where an amount and its range
// are in thousands.
func coarse(f evaluation.Figure, c evaluation.Currency) evaluation.Currency {
	for _, x := range []*float64{f.Estimate, f.Lo, f.Hi} {
		if x != nil && abs(*x) >= 1000 {
			c.Digits = 0
		}
	}
	return c
}

// signed sets a plus before what is said of a positive number.
func signed(x float64, said string) string {
	if x <= 0 || strings.Trim(said, "0.,") == "" {
		return said
	}
	return "+" + said
}

// figureCell is an estimate with its range below, or why there is none.
func (v view) figureCell(f evaluation.Figure, said func(float64) string) cell {
	switch {
	case f.Known():
		return cell{said(*f.Estimate), v.between(said(*f.Lo), said(*f.Hi))}
	case f.Estimate != nil:
		return cell{said(*f.Estimate), v.Language.Say("range.open")}
	}
	return cell{Text: v.code(f.Code)}
}

func (v view) between(lo, hi string) string {
	return v.Language.Say("range", "lo", lo, "hi", hi)
}

// moneyPicture is revenue and profit against zero; nil where neither has a range.
func (v view) moneyPicture(p evaluation.Result) *picture {
	say := v.Language.Say
	plot := chart.Intervals{ID: "money", Title: say("money.title"), XLabel: say("money.axis", "currency", p.Currency.Code)}
	var said []string
	for _, m := range p.Metrics {
		if !evaluation.OfMoney(m.Metric) {
			continue
		}
		r := chart.Interval{Name: v.metric(m.Metric), Strong: m.Metric == evaluation.MetricProfit, Note: v.code(m.Difference.Code),
			Estimate: m.Difference.Estimate, Lo: m.Difference.Lo, Hi: m.Difference.Hi}
		if m.Difference.Known() {
			c := v.figureCell(m.Difference, func(x float64) string { return signed(x, v.amount(m.Metric, x, p.Currency)) })
			r.Text = c.Text + " (" + c.Small + ")"
			said = append(said, r.Name+" "+r.Text)
		}
		plot.Rows = append(plot.Rows, r)
	}
	if len(said) == 0 {
		return nil
	}
	plot.Desc = say("money.desc", "rows", strings.Join(said, "; "), "currency", p.Currency.Code)
	return drawnIntervals(plot)
}
