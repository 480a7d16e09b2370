package report

import "github.com/rewave/rewave/internal/evaluation"

// doubts are the checks beside the arms' sizes, where they were looked for.
func (v view) doubts(p evaluation.Result) []check {
	d := p.Doubts
	if d == nil {
		return nil
	}
	say, count := v.Language.Say, v.Language.Count
	before := say("check.before.none")
	if d.BeforeP != nil {
		before = say("check.before", "treat", count(d.TreatedBefore), "nt", count(d.Treated), "hold", count(d.HeldBefore), "nh", count(d.Held), "p", probability(d.BeforeP))
	}
	elsewhere := say("check.elsewhere.none")
	if d.Treated > 0 {
		elsewhere = say("check.elsewhere", "count", count(d.Elsewhere), "n", count(d.Treated), "share", v.share(d.Elsewhere, d.Treated))
	}
	return []check{
		v.check(p, evaluation.E06, say("check.edited"), true), v.check(p, evaluation.E08, before, d.BeforeP != nil),
		v.check(p, evaluation.E07, say("check.hours"), true), v.check(p, evaluation.E12, elsewhere, d.Treated > 0),
	}
}
