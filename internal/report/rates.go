package report

import (
	"strconv"

	"github.com/rewave/rewave/internal/evaluation"
)

// ratesSaid is what there is to say of returns and of those who left beside
// their means.
func (v view) ratesSaid(p evaluation.Result) []string {
	say := v.Language.Say
	var out []string
	if m, ok := p.Metric(evaluation.MetricRefunds); ok && m.Ratio != nil && m.Ratio.Treat.Estimate != nil && m.Ratio.Hold.Estimate != nil {
		out = append(out, say("refunds.ratio", "treat", v.percent(m.Ratio.Treat.Estimate), "hold", v.percent(m.Ratio.Hold.Estimate)))
	}
	if m, ok := p.Metric(evaluation.MetricLeaving); ok && m.Upper != nil {
		out = append(out, say("leaving.upper", "upper", strconv.FormatFloat(100**m.Upper, 'f', 2, 64)))
	}
	return out
}

func (t *tidy) rates(of csvRow, m evaluation.Metric) {
	if m.Ratio != nil {
		t.figure(with(of, "arm", "treat"), "ratio", m.Ratio.Treat)
		t.figure(with(of, "arm", "hold"), "ratio", m.Ratio.Hold)
		t.figure(of, "ratio_difference", m.Ratio.Difference)
	}
	if m.Upper != nil {
		t.value(of, "upper", m.Upper)
	}
}
