package report

import (
	"slices"
	"strconv"

	"github.com/rewave/rewave/internal/analyze"
)

// note qualifies a metric.
func (v metricView) note(n analyze.Note) string {
	args := []string{"arm", n.Arm, "metric", v.m.Metric}
	if i := slices.IndexFunc(v.m.Comparisons, func(c analyze.Comparison) bool { return c.Arm == n.Arm }); i >= 0 && v.m.Comparisons[i].Exact != nil {
		args = append(args, "p", probability(v.m.Comparisons[i].P), "mid", probability(v.m.Comparisons[i].Exact.Mid))
	}
	return v.say("analysis.note."+string(n.Code), args...)
}

// beside says what stands beside the differences: what they were before they were
// adjusted, why they were not, and what clusters do to their errors. What is the
// same for all arms is said once.
func (v metricView) beside() []string {
	var out []string
	for _, c := range v.m.Comparisons {
		for _, text := range []string{v.adjustment(c), v.inflation(c)} {
			if text != "" && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

func (v metricView) adjustment(c analyze.Comparison) string {
	a := c.Adjustment
	if a == nil || !c.Difference.Valid {
		return ""
	}
	args := []string{"covariate", v.CovariateColumn, "metric", v.m.Metric, "control", v.Control, "arm", c.Arm}
	if a.RSquared != nil {
		args = append(args, "share", v.Language.PerHundred(*a.RSquared, 2)+" %")
	}
	switch {
	case a.Used:
		u := *a.Unadjusted
		return v.say("analysis.adjusted", append(args, "effect", v.effect(*u.Estimate), "lo", v.effect(*u.Lo), "hi", v.effect(*u.Hi),
			"p", probability(a.UnadjustedP), "ratio", strconv.FormatFloat(*a.Narrower, 'f', 2, 64))...)
	case a.Code == analyze.Weak && a.RSquared != nil:
		return v.say("analysis.adjusted.weak", args...)
	case a.Code == analyze.FewControl:
		return v.Language.SayCount("analysis.adjusted.few_control", c.Difference.NC, args...)
	}
	return v.say("analysis.adjusted.none", args...)
}

func (v metricView) inflation(c analyze.Comparison) string {
	if c.Inflation == nil || !c.Difference.Valid {
		return ""
	}
	return v.say("analysis.inflation", "arm", c.Arm, "column", v.ClusterColumn, "ratio", strconv.FormatFloat(*c.Inflation, 'f', 2, 64))
}
