package analyze

import (
	"slices"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/stats"
)

// Methods, as a result names them.
const (
	methodScore   = "miettinen_nurminen"
	methodWilson  = "wilson"
	methodHall    = "hall"
	methodFieller = "fieller"
	methodStrata  = "post_stratified_hall"

	methodLin      = "lin_hall"
	methodClusters = "clusters"
	methodSumRatio = "sum_ratio"
)

// Result compares every arm with the control in every metric. Sentences are left
// empty: they are said by whoever shows it. leftOut is how many rows could not be
// read. The caps have been found (see Caps).
func (t *Tally) Result(leftOut int64) Result {
	e := &evaluator{q: t.q, t: t, whole: map[string]cell{}}
	r := Result{
		SchemaVersion: SchemaVersion, File: t.q.File, Rows: t.rows, LeftOut: leftOut, Adjusted: "none",
		ArmColumn: t.q.Arm, Control: t.q.Control, StratumColumn: t.q.Stratum, Alpha: t.q.Alpha,
		CovariateColumn: t.q.Covariate, ClusterColumn: t.q.Cluster,
	}
	r.Arms = e.arms()
	for _, a := range r.Arms {
		e.whole[a.Arm] = t.part(a.Arm)
		if a.Arm != t.q.Control {
			e.others = append(e.others, a.Arm)
		}
	}
	if len(e.others) > 1 {
		r.Adjusted = "holm"
	}
	if t.clusters != nil {
		r.Clusters = &ClusterCount{N: int64(len(t.clusters.heads)), Shared: t.clusters.shared()}
		own := t.clusters.perArm()
		for i := range r.Arms {
			n := int64(0)
			if at, known := t.arms[r.Arms[i].Arm]; known {
				n = own[at]
			}
			r.Arms[i].Clusters = &n
		}
	}
	r.SRM = e.sampleRatio(r.Arms, r.Clusters != nil && r.Clusters.Shared == 0)
	e.blocked = r.SRM.Code
	if r.SRM.Valid {
		e.blocked = ""
	}
	r.Balances = e.balances()
	for i := range t.q.Metrics {
		r.Metrics = append(r.Metrics, e.metric(i))
	}
	return r
}

// evaluator carries one evaluation from step to step.
type evaluator struct {
	q       Question
	t       *Tally
	others  []string        // the arms but the control
	whole   map[string]cell // by arm, all strata together
	blocked evaluation.Code // why nothing may be compared
}

// arms are those of the table and of the plan, the control first.
func (e *evaluator) arms() []Arm {
	names := e.t.Arms()
	total := 0.0
	for _, s := range e.q.Shares {
		if !slices.Contains(names, s.Arm) {
			names = append(names, s.Arm)
		}
	}
	slices.Sort(names)
	slices.SortStableFunc(names, func(a, b string) int {
		switch e.q.Control {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	for _, name := range names {
		total += e.weight(name)
	}
	var out []Arm
	for _, name := range names {
		a := Arm{Arm: name, N: e.t.part(name).n}
		if total > 0 {
			a.Planned = evaluation.Number(e.weight(name) / total)
		}
		out = append(out, a)
	}
	return out
}

// sampleRatio holds the sizes against the plan (E01). An arm of the plan without a
// row is no chance, whatever p says. Where each cluster is in one arm only, clusters
// are what was drawn, and are counted.
func (e *evaluator) sampleRatio(arms []Arm, clusters bool) SampleRatio {
	if len(e.q.Shares) == 0 && !e.q.Equal {
		return SampleRatio{Valid: true, Code: NotPlanned}
	}
	var observed []int64
	var planned []float64
	empty := false
	for _, a := range arms {
		n := a.N
		if clusters {
			n = *a.Clusters
		}
		observed, planned = append(observed, n), append(planned, e.weight(a.Arm))
		empty = empty || n == 0
	}
	chi2, p, ok := stats.SRM(observed, planned)
	r := SampleRatio{Valid: true}
	if ok {
		r.Chi2, r.P = evaluation.Number(chi2), evaluation.Number(p)
	} else {
		r.Code = evaluation.NoEstimate
	}
	if empty || ok && p < evaluation.SRMAlarm {
		r.Valid, r.Code = false, evaluation.E01
	}
	return r
}

func (e *evaluator) weight(arm string) float64 {
	if e.q.Equal {
		return 1
	}
	for _, s := range e.q.Shares {
		if s.Arm == arm {
			return s.Weight
		}
	}
	return 0
}

func (e *evaluator) metric(i int) MetricResult {
	m := e.q.Metrics[i]
	r := MetricResult{Metric: m.Name, Column: m.Column, Kind: m.Kind, Primary: i == 0, BreakEven: m.BreakEven, Notes: []Note{}, Comparisons: []Comparison{}}
	r.Cap = e.cap(i)
	for _, name := range append([]string{e.q.Control}, e.others...) {
		r.Arms = append(r.Arms, e.arm(i, name))
	}
	ps := make([]float64, len(e.others))
	for k, name := range e.others {
		c := e.compare(i, name)
		r.Comparisons = append(r.Comparisons, c)
		ps[k] = 1 // one that is refused counts as tested all the same
		if c.P != nil {
			ps[k] = *c.P
		}
	}
	for k, p := range stats.Holm(ps) {
		c := &r.Comparisons[k]
		if c.P != nil {
			c.Adjusted = evaluation.Number(p)
		}
		c.judge(m.BreakEven, e.q.Alpha)
		if c.Difference.Valid && c.Relative.Code == evaluation.E09 {
			r.Notes = append(r.Notes, Note{Code: evaluation.E09, Arm: c.Arm})
		}
		capped := c.Difference
		if c.Adjustment != nil && c.Adjustment.Used {
			capped = *c.Adjustment.Unadjusted // what is without the cap is not adjusted either
		}
		if w := c.Whole; w != nil && w.Valid && capped.Valid && *w.Estimate**capped.Estimate < 0 {
			r.Notes = append(r.Notes, Note{Code: CapSign, Arm: c.Arm})
		}
		if c.Exact != nil {
			r.Notes = append(r.Notes, Note{Code: Tiny, Arm: c.Arm})
		}
	}
	if r.Cap != nil && r.Cap.Removed != nil && *r.Cap.Removed > muchRemoved {
		r.Notes = append(r.Notes, Note{Code: CapMuch})
	}
	if r.Cap != nil && r.Cap.From == fromTable {
		r.Notes = append(r.Notes, Note{Code: CapOwn})
	}
	return r
}

const (
	muchRemoved = 0.25

	fromTable = "table"
	fromValue = "value"
)

// cap says what bounds the metric; nil: nothing.
func (e *evaluator) cap(i int) *CapResult {
	m, c := e.q.Metrics[i], e.t.caps[i]
	if !c.known {
		return nil
	}
	r := &CapResult{Value: float64(c.units) / m.Kind.scale(), From: fromTable, Above: c.above}
	if c.quantile > 0 {
		r.Quantile = evaluation.Number(c.quantile)
	}
	if m.Cap.Fixed {
		if r.From = m.Cap.From; r.From == "" {
			r.From = fromValue
		}
	}
	var all, over wide
	for _, c := range e.whole {
		all.add(c.metrics[i].whole[0])
		over.add(c.metrics[i].over[0])
	}
	if total := all.float(); total != 0 {
		r.Removed = evaluation.Number(over.float() / total)
	}
	return r
}

func (e *evaluator) arm(i int, name string) ArmResult {
	m, c := e.q.Metrics[i], e.whole[name]
	r := ArmResult{Arm: name, Some: c.metrics[i].some}
	if m.Kind == Binary {
		r.Total = evaluation.Number(float64(r.Some))
		if e.t.clusters != nil {
			e.clusteredArm(&r, i, name)
			return r
		}
		rate, ok := stats.Wilson(c.count(i), e.q.Alpha)
		r.Mean = figure(rate, ok, 1, methodWilson)
		r.Mean.NT, r.Mean.NC = e.sizes(name)
		return r
	}
	scale := m.Kind.scale()
	whole, capped := c.moments(i)
	r.Total, r.Largest = evaluation.Number(whole.Sum/scale), evaluation.Number(float64(c.metrics[i].largest)/scale)
	if e.t.clusters != nil {
		e.clusteredArm(&r, i, name)
		return r
	}
	r.Decisive = c.decisive(i)

	// An interval of one mean is that of its difference from a constant 0.
	of := func(m stats.Moments) Figure {
		d, ok := stats.HallDifference(m, stats.Moments{N: 2}, e.q.Alpha)
		f := leaning(d, ok, scale)
		f.NT, f.NC = e.sizes(name)
		return f
	}
	r.Mean = of(capped)
	if e.t.caps[i].known {
		f := of(whole)
		r.Whole = &f
	}
	return r
}

// sizes are the rows that a figure of one arm is of.
func (e *evaluator) sizes(arm string) (treat, control int64) {
	if n := e.whole[arm].n; arm != e.q.Control {
		return n, 0
	} else {
		return 0, n
	}
}

// refusal is why two arms are not compared in a metric; empty where they are.
func (e *evaluator) refusal(i int, treat, control cell) evaluation.Code {
	t, c := treat.metrics[i].some, control.metrics[i].some
	switch {
	case e.blocked != "":
		return e.blocked
	case min(treat.n, control.n) < evaluation.LeastHeld, min(t, c) < evaluation.LeastBuyers:
		return evaluation.E02
	case e.q.Metrics[i].Kind != Binary && (treat.decisive(i) || control.decisive(i)):
		return evaluation.E11
	case e.t.caps[i].known && e.t.caps[i].units <= 0:
		return CapNothing
	}
	return ""
}

func (e *evaluator) compare(i int, name string) Comparison {
	m, treat, control := e.q.Metrics[i], e.whole[name], e.whole[e.q.Control]
	r := Comparison{Arm: name}
	code := e.refusal(i, treat, control)
	switch {
	case e.t.clusters != nil:
		e.clustered(&r, i, treat, control, name)
	case m.Kind == Binary:
		e.rates(&r, treat.count(i), control.count(i), code)
	default:
		e.means(&r, i, treat, control, code)
		e.adjust(&r, i, treat, control)
	}
	for _, f := range []*Figure{&r.Difference, r.Family, &r.Relative, r.Whole} {
		if f != nil {
			f.NT, f.NC = treat.n, control.n
		}
	}
	if e.q.Stratum != "" {
		r.Strata = e.strata(i, name)
	}
	return r
}

// rates compares two shares by the score statistic.
func (e *evaluator) rates(r *Comparison, treat, control stats.Count, code evaluation.Code) {
	r.Difference, r.Relative = Figure{Method: methodScore, Code: code}, Figure{Method: methodScore, Code: code}
	family := r.Difference
	if code == "" {
		d, ok := stats.ScoreDifference(treat, control, e.q.Alpha)
		r.Difference = figure(d, ok, 1, methodScore)
		d, ok = stats.ScoreDifference(treat, control, e.familyAlpha())
		family = figure(d, ok, 1, methodScore)
		ratio, ok := stats.ScoreRatio(treat, control, e.q.Alpha)
		r.Relative = relative(ratio, ok, methodScore)
		if _, p, ok := stats.ScoreTest(treat, control); ok {
			r.P = evaluation.Number(p)
		}
		r.Exact = exact(treat, control)
	}
	if len(e.others) > 1 {
		r.Family = &family
	}
}

// tiny is below how many rows of an arm with the metric, or without, the score test
// is no longer left alone.
const tiny = 30

// exact is nil where the arms are not tiny.
func exact(treat, control stats.Count) *Exact {
	if min(treat.X, treat.N-treat.X, control.X, control.N-control.X) >= tiny {
		return nil
	}
	x, ok := stats.FisherExact(treat, control)
	if !ok {
		return nil
	}
	return &Exact{P: evaluation.Number(x.P), Mid: evaluation.Number(x.Mid)}
}

// familyAlpha is what is left of alpha for each of several arms.
func (e *evaluator) familyAlpha() float64 { return e.q.Alpha / float64(max(1, len(e.others))) }

// means compares two means of capped values, and beside them the values as they are.
func (e *evaluator) means(r *Comparison, i int, treat, control cell, code evaluation.Code) {
	none := Figure{Method: methodHall, Code: code}
	family, whole := none, none
	r.Difference, r.Relative = none, Figure{Method: methodFieller, Code: code}
	wholeT, cappedT := treat.moments(i)
	wholeC, cappedC := control.moments(i)
	scale := e.q.Metrics[i].Kind.scale()
	if code == "" {
		d, ok := stats.HallDifference(cappedT, cappedC, e.q.Alpha)
		r.Difference = leaning(d, ok, scale)
		if ok {
			r.Skew = evaluation.Number(d.A)
		}
		if ok && d.Bounded {
			r.P = evaluation.Number(d.P)
		}
		d, ok = stats.HallDifference(cappedT, cappedC, e.familyAlpha())
		family = leaning(d, ok, scale)
		r.Relative = ratio(cappedT, cappedC, e.q.Alpha)
		if !r.Difference.Valid {
			r.Relative = Figure{Method: methodFieller, Code: r.Difference.Code}
		}
	}
	if code == "" || code == CapNothing {
		d, ok := stats.HallDifference(wholeT, wholeC, e.q.Alpha)
		whole = leaning(d, ok, scale)
	}
	if len(e.others) > 1 {
		r.Family = &family
	}
	if e.t.caps[i].known {
		r.Whole = &whole
	}
}

// ratio is one mean relative to another, minus 1. A control that is not surely
// above 0 has no ratio to it (E09).
func ratio(treat, control stats.Moments, alpha float64) Figure {
	x, ok := stats.RelativeMeans(treat, control, alpha)
	return relative(x.Estimate, ok && control.Sum > 0 && x.Unbounded == "", methodFieller)
}

// judge says which way it goes, and whether it pays. Both may only be said of what
// stands after all arms were looked at.
func (c *Comparison) judge(breakEven *float64, alpha float64) {
	d := c.Difference
	c.Direction = Refused
	if !d.Valid || c.Adjusted == nil {
		return
	}
	c.Direction = Open
	if *c.Adjusted < alpha {
		c.Direction = Down
		if *d.Estimate > 0 {
			c.Direction = Up
		}
	}
	if c.Family != nil {
		d = *c.Family
	}
	switch {
	case breakEven == nil:
	case d.Valid && *d.Lo > *breakEven:
		c.Pays = Pays
	case d.Valid && *d.Hi < *breakEven:
		c.Pays = Loses
	default:
		c.Pays = Open
	}
}

func figure(x stats.Estimate, ok bool, scale float64, method string) Figure {
	f := Figure{Method: method, Code: evaluation.NoEstimate}
	if !ok {
		return f
	}
	f.Estimate, f.Lo, f.Hi, f.Code = evaluation.Number(x.Value/scale), evaluation.Number(x.Lo/scale), evaluation.Number(x.Hi/scale), ""
	switch {
	case f.Estimate == nil:
		f.Code = evaluation.NoEstimate
	case f.Lo == nil || f.Hi == nil:
		f.Code = evaluation.Unbounded
	default:
		f.Valid = true
	}
	return f
}

// leaning is a figure by Hall: E11 where it is too skewed to have ends.
func leaning(d stats.Skewed, ok bool, scale float64) Figure {
	f := figure(d.Estimate, ok, scale, methodHall)
	if ok && !d.Bounded && (d.A > 1 || d.A < -1) {
		f.Code = evaluation.E11
	}
	return f
}

// relative is a ratio minus 1; E09 where there is none.
func relative(x stats.Estimate, ok bool, method string) Figure {
	if !ok {
		return Figure{Method: method, Code: evaluation.E09}
	}
	return figure(stats.Estimate{Value: x.Value - 1, Lo: x.Lo - 1, Hi: x.Hi - 1}, true, 1, method)
}
