package report

import (
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/analyze"
	"github.com/rewave/rewave/internal/evaluation"
)

// Analysis is what a report says of an experiment in a table.
type Analysis struct {
	analyze.Result
	Language evaluation.Language `json:"-"` // its zero value is English
}

// JSON writes the analysis for programs: indented, fields in a fixed order, null
// and a code where a figure does not exist.
func (a Analysis) JSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(a.prepared().Result)
}

// prepared is the analysis with its sentences.
func (a Analysis) prepared() analysisView {
	if a.Language.Tag == "" {
		a.Language = English()
	}
	v := analysisView{a}
	v.SRM.Sentence = v.sizes()
	v.Metrics = slices.Clone(v.Metrics)
	for i := range v.Metrics {
		m := &v.Metrics[i]
		m.Comparisons, m.Notes = slices.Clone(m.Comparisons), slices.Clone(m.Notes)
		of := v.metric(*m)
		for k := range m.Comparisons {
			m.Comparisons[k].Sentence = of.sentence(m.Comparisons[k])
		}
		for k := range m.Notes {
			m.Notes[k].Sentence = of.note(m.Notes[k])
		}
	}
	return v
}

// analysisView says an analysis in its language.
type analysisView struct{ Analysis }

func (v analysisView) say(key string, args ...string) string {
	return v.Language.Say(key, args...)
}

// head is the first line.
func (v analysisView) head() string {
	return v.say("analysis.head", "file", v.File, "rows", v.Language.Count(v.Rows), "column", v.ArmColumn, "control", v.Control)
}

// warnings are what qualifies all that follows.
func (v analysisView) warnings() []string {
	var out []string
	if v.LeftOut > 0 {
		out = append(out, v.Language.SayCount("analysis.left_out", v.LeftOut))
	}
	if v.SRM.Code == analyze.NotPlanned {
		out = append(out, v.say("analysis.unplanned"))
	}
	if c := v.Clusters; c != nil {
		out = append(out, v.Language.SayCount("analysis.clusters", c.N, "column", v.ClusterColumn))
		if c.Shared > 0 {
			out = append(out, v.Language.SayCount("analysis.clusters.shared", c.Shared, "column", v.ClusterColumn))
		}
	}
	for _, b := range v.Balances {
		if !b.Alike {
			out = append(out, v.say("analysis.unbalanced", "covariate", v.CovariateColumn, "arm", b.Arm, "control", v.Control, "apart", apart(b)))
		}
	}
	return out
}

// apart is how many standard deviations two means lie from each other.
func apart(b analyze.Balance) string { return strconv.FormatFloat(math.Abs(*b.SMD), 'f', 2, 64) }

// balances say how the covariate lies in the arms.
func (v analysisView) balances() []string {
	var out []string
	for _, b := range v.Balances {
		if b.Treat != nil && b.Hold != nil && b.SMD != nil {
			level := func(x float64) string { return v.Language.Money(x, evaluation.Currency{Digits: 2}) }
			out = append(out, v.say("analysis.balance", "covariate", v.CovariateColumn, "arm", b.Arm, "control", v.Control, "treat", level(*b.Treat), "hold", level(*b.Hold), "apart", apart(b)))
		}
	}
	return out
}

// drawnSizes are what was drawn into each arm: its rows, or its clusters where each
// is in one arm only.
func (v analysisView) drawnSizes() (of []int64, all int64) {
	for _, a := range v.Arms {
		n := a.N
		if v.Clusters != nil && v.Clusters.Shared == 0 {
			n = *a.Clusters
		}
		of, all = append(of, n), all+n
	}
	return of, all
}

// sizes says what the check of the arms' sizes found; empty where it was not made.
func (v analysisView) sizes() string {
	var planned, observed []string
	sizes, all := v.drawnSizes()
	for i, a := range v.Arms {
		if a.Planned == nil {
			return ""
		}
		if a.N == 0 {
			return v.say("analysis.E01.empty", "arm", a.Arm)
		}
		planned = append(planned, v.Language.Count(int64(math.Round(*a.Planned*float64(all)))))
		observed = append(observed, v.Language.Count(sizes[i]))
	}
	switch {
	case v.SRM.P == nil:
		return v.say("analysis.sizes.unknown")
	case !v.SRM.Valid:
		return v.say("analysis.E01", "sizes", strings.Join(observed, "/"), "planned", strings.Join(planned, "/"), "chance", v.Language.Chance(*v.SRM.P))
	}
	return v.say("analysis.sizes", "p", probability(v.SRM.P))
}

// arms is the table of them.
func (v analysisView) arms() table {
	t := table{Columns: append(words(v.say("analysis.col.arm")), numbers(v.say("analysis.col.rows"), v.say("analysis.col.share"), v.say("analysis.col.planned"), v.ClusterColumn)...)}
	for _, a := range v.Arms {
		name := cell{Text: a.Arm}
		if a.Arm == v.Control {
			name.Small = v.say("analysis.control")
		}
		planned := ""
		if a.Planned != nil {
			planned = v.Language.PerHundred(*a.Planned, 1) + " %"
		}
		clusters := ""
		if a.Clusters != nil {
			clusters = v.Language.Count(*a.Clusters)
		}
		t.Rows = append(t.Rows, row{Cells: []cell{name, {Text: v.Language.Count(a.N)}, {Text: v.Language.PerHundred(float64(a.N)/float64(max(1, v.Rows)), 1) + " %"}, {Text: planned}, {Text: clusters}}})
	}
	return t.without(func(text string) bool { return text == "" }, 4).without(func(text string) bool { return text == "" }, 3)
}

// metric is the view of one.
func (v analysisView) metric(m analyze.MetricResult) metricView {
	size := 0.0
	for _, c := range m.Comparisons {
		for _, x := range []*float64{c.Difference.Lo, c.Difference.Hi} {
			if x != nil {
				size = max(size, math.Abs(*x))
			}
		}
	}
	for _, a := range m.Arms {
		if a.Mean.Estimate != nil && size == 0 {
			size = math.Abs(*a.Mean.Estimate)
		}
	}
	of := metricView{analysisView: v, m: m}
	switch {
	case m.Kind == analyze.Binary:
		of.decimals = v.Language.Decimals(size)
	case size > 0:
		of.decimals = min(6, max(0, 2-int(math.Floor(math.Log10(size)))))
	}
	if m.Kind == analyze.Money {
		of.decimals = max(2, of.decimals)
	}
	return of
}

// metricView says one metric; its figures have the decimals that its differences
// need.
type metricView struct {
	analysisView
	m        analyze.MetricResult
	decimals int
}

// level is a rate of every hundred, or a mean.
func (v metricView) level(x float64) string {
	if v.m.Kind == analyze.Binary {
		return v.Language.PerHundred(x, v.decimals)
	}
	return v.amount(x, v.decimals)
}

func (v metricView) amount(x float64, decimals int) string {
	return v.Language.Money(x, evaluation.Currency{Digits: decimals})
}

// effect is a difference with its sign.
func (v metricView) effect(x float64) string {
	if v.m.Kind == analyze.Binary {
		return v.Language.Effect(x, v.decimals)
	}
	return v.Language.MoneyEffect(x, evaluation.Currency{Digits: v.decimals})
}

func (v metricView) heading() string {
	key := "of.mean"
	if v.m.Kind == analyze.Binary {
		key = "of.rate"
	}
	text := v.say("analysis."+key, "metric", v.m.Metric)
	if v.m.Primary && len(v.Metrics) > 1 {
		text += " " + v.say("analysis.primary")
	}
	return text
}

func (v metricView) armResult(name string) analyze.ArmResult {
	for _, a := range v.m.Arms {
		if a.Arm == name {
			return a
		}
	}
	return analyze.ArmResult{Arm: name}
}

// sentence is a comparison in words, or why there is none.
func (v metricView) sentence(c analyze.Comparison) string {
	d := c.Difference
	if !d.Valid {
		return v.refusal(c)
	}
	key := "said.mean"
	if v.m.Kind == analyze.Binary {
		key = "said.rate"
	}
	if c.Adjustment != nil && c.Adjustment.Used {
		key = "said.adjusted"
	}
	said := []string{v.say("analysis."+key, "metric", v.m.Metric, "arm", c.Arm, "control", v.Control, "covariate", v.CovariateColumn,
		"treat", v.level(*v.armResult(c.Arm).Mean.Estimate), "hold", v.level(*v.armResult(v.Control).Mean.Estimate),
		"effect", v.effect(*d.Estimate), "lo", v.effect(*d.Lo), "hi", v.effect(*d.Hi))}
	alone := c.P != nil && *c.P < v.Alpha
	switch {
	case c.Direction == analyze.Open && alone:
		said = append(said, v.say("analysis.open.family", "count", strconv.Itoa(len(v.m.Comparisons)), "p", probability(c.Adjusted)))
	default:
		said = append(said, v.say("analysis."+c.Direction, "metric", v.m.Metric))
	}
	if c.Pays != "" {
		key := "pays." + c.Pays
		if c.Family != nil {
			key += ".family"
			d = *c.Family
		}
		args := []string{"needs", v.effect(*v.m.BreakEven)}
		if d.Valid {
			args = append(args, "lo", v.effect(*d.Lo), "hi", v.effect(*d.Hi))
		}
		said = append(said, v.say("analysis."+key, args...))
	}
	return strings.Join(said, " ")
}

// refusal is why an arm is not compared.
func (v metricView) refusal(c analyze.Comparison) string {
	switch c.Difference.Code {
	case evaluation.E01:
		return v.sizes()
	case evaluation.E02:
		return v.tooFew(c)
	case evaluation.E11:
		for _, name := range []string{c.Arm, v.Control} {
			a := v.armResult(name)
			if a.Decisive {
				key := "E11"
				if v.Clusters != nil {
					key = "E11.clusters"
				}
				return v.say("analysis."+key, "column", v.ClusterColumn, "arm", name, "metric", v.m.Metric, "value", v.amount(*a.Largest, 2))
			}
		}
		return v.say("analysis.E11.skew", "arm", c.Arm, "metric", v.m.Metric)
	case analyze.CapNothing:
		return v.say("analysis.cap_zero", "metric", v.m.Metric, "cap", v.amount(v.m.Cap.Value, 2))
	}
	return v.say("analysis.none", "arm", c.Arm, "metric", v.m.Metric)
}

func (v metricView) tooFew(c analyze.Comparison) string {
	if v.Clusters != nil {
		return v.say("analysis.E02.clusters", "arm", c.Arm, "control", v.Control, "metric", v.m.Metric, "column", v.ClusterColumn,
			"rows", strconv.Itoa(evaluation.LeastHeld), "some", strconv.Itoa(evaluation.LeastBuyers))
	}
	for _, name := range []string{v.Control, c.Arm} {
		if n := v.rowsOf(name); n < evaluation.LeastHeld {
			return v.Language.SayCount("analysis.E02.rows", n, "arm", name, "least", strconv.Itoa(evaluation.LeastHeld))
		}
	}
	for _, name := range []string{v.Control, c.Arm} {
		if n := v.armResult(name).Some; n < evaluation.LeastBuyers {
			return v.Language.SayCount("analysis.E02.some", n, "arm", name, "metric", v.m.Metric, "least", strconv.Itoa(evaluation.LeastBuyers))
		}
	}
	return v.say("analysis.none", "arm", c.Arm, "metric", v.m.Metric)
}

func (v analysisView) rowsOf(arm string) int64 {
	for _, a := range v.Arms {
		if a.Arm == arm {
			return a.N
		}
	}
	return 0
}

// cap says what bounds the metric; empty where nothing does.
func (v metricView) cap() string {
	c := v.m.Cap
	if c == nil {
		return ""
	}
	key, quantile := "cap.value", ""
	if c.Quantile != nil {
		key, quantile = "cap.quantile", strconv.FormatFloat(100**c.Quantile, 'f', -1, 64)
	}
	from := c.From
	if from == "table" {
		from = v.say("analysis.cap.table")
	}
	text := v.say("analysis."+key, "metric", v.m.Metric, "cap", v.amount(c.Value, v.capDecimals()), "quantile", quantile, "from", from)
	if c.Removed != nil {
		text += " " + v.Language.SayCount("analysis.cap.removed", c.Above, "share", v.Language.Portion(*c.Removed))
	}
	return text
}

func (v metricView) capDecimals() int {
	if v.m.Kind == analyze.Money {
		return 2
	}
	return v.decimals
}
