package report

import "github.com/rewave/rewave/internal/evaluation"

// Badge is the verdict of the primary point in a word or two, as every rendering
// says it; empty without a primary point.
func (r Report) Badge() string {
	p, ok := r.Primary()
	if !ok {
		return ""
	}
	return view{r.prepared()}.badge(p)
}

// Undecided says that the primary point cannot be told yet, and nothing worse:
// the verdict is open, or there are too few.
func (r Report) Undecided() bool {
	p, ok := r.Primary()
	if !ok {
		return false
	}
	for _, refusal := range p.Refusals {
		if refusal.Code != evaluation.E02 {
			return false
		}
	}
	return p.Verdict == evaluation.Open || p.Verdict == evaluation.Refused
}
