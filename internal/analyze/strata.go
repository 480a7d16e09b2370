package analyze

import (
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/stats"
)

// strata compares an arm with the control within each stratum, puts the strata
// together again by their share of all rows, and asks whether the effect differs
// between them. Shares are of all arms, so that every arm is weighed alike.
func (e *evaluator) strata(i int, name string) *Strata {
	r := &Strata{Each: []Stratum{}}
	var parts []stats.Lean
	var weights []float64
	var effects []stats.Effect
	missing := false
	for _, stratum := range e.t.Strata() {
		treat, control := e.t.part(name, stratum), e.t.part(e.q.Control, stratum)
		var rows int64
		for _, a := range e.t.Arms() {
			rows += e.t.part(a, stratum).n
		}
		share := float64(rows) / float64(e.t.rows)
		s := Stratum{Stratum: stratum, Share: *evaluation.Number(share)}
		d, ok := e.within(i, treat, control)
		s.Difference = e.stratumFigure(i, treat, control)
		s.Difference.NT, s.Difference.NC = treat.n, control.n
		if e.blocked == "" {
			s.Treat, s.Hold = e.level(i, treat), e.level(i, control)
		}
		if s.Difference.Valid && d.SE > 0 {
			effects = append(effects, d.Effect)
		}
		missing = missing || !ok
		parts, weights = append(parts, d), append(weights, share)
		r.Each = append(r.Each, s)
	}
	treat, control := e.whole[name], e.whole[e.q.Control]
	r.Overall = e.overall(i, parts, weights, missing, e.refusal(i, treat, control))
	r.Overall.NT, r.Overall.NC = treat.n, control.n
	if e.blocked != "" {
		r.Code = e.blocked
		return r
	}
	pooled, ok := stats.Pool(effects)
	if !ok || len(effects) < 2 {
		r.Code = evaluation.NoEstimate
		return r
	}
	r.Q, r.DF, r.P = evaluation.Number(pooled.Q), len(effects)-1, evaluation.Number(pooled.P)
	return r
}

// overall is the weighted difference; missing says that a stratum has nobody to
// compare.
func (e *evaluator) overall(i int, parts []stats.Lean, weights []float64, missing bool, code evaluation.Code) Figure {
	switch {
	case code != "":
		return Figure{Method: methodStrata, Code: code}
	case missing:
		return Figure{Method: methodStrata, Code: Missing}
	}
	d, ok := stats.WeighLeans(parts, weights).Hall(e.q.Alpha)
	f := leaning(d, ok, e.q.Metrics[i].Kind.scale())
	f.Method = methodStrata
	return f
}

// within is the plain difference in one stratum, with its variance and skewness, in
// units; false with fewer than two rows in an arm.
func (e *evaluator) within(i int, treat, control cell) (stats.Lean, bool) {
	t, okT := e.leanOf(i, treat)
	c, okC := e.leanOf(i, control)
	return stats.WeighLeans([]stats.Lean{t, c}, []float64{1, -1}), okT && okC
}

func (e *evaluator) leanOf(i int, c cell) (stats.Lean, bool) {
	_, m := c.moments(i)
	if e.q.Metrics[i].Kind == Binary {
		x := float64(c.metrics[i].some)
		m = stats.Moments{N: c.n, Sum: x, Sum2: x, Sum3: x}
	}
	return m.Lean()
}

// level is the rate or the capped mean of one arm in a stratum.
func (e *evaluator) level(i int, c cell) *float64 {
	at, ok := e.leanOf(i, c)
	if !ok {
		return nil
	}
	return evaluation.Number(at.Value / e.q.Metrics[i].Kind.scale())
}

func (e *evaluator) stratumFigure(i int, treat, control cell) Figure {
	method := methodHall
	if e.q.Metrics[i].Kind == Binary {
		method = methodScore
	}
	if code := e.refusal(i, treat, control); code != "" {
		return Figure{Method: method, Code: code}
	}
	if method == methodScore {
		d, ok := stats.ScoreDifference(treat.count(i), control.count(i), e.q.Alpha)
		return figure(d, ok, 1, method)
	}
	_, t := treat.moments(i)
	_, c := control.moments(i)
	d, ok := stats.HallDifference(t, c, e.q.Alpha)
	return leaning(d, ok, e.q.Metrics[i].Kind.scale())
}
