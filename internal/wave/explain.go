package wave

import "github.com/rewave/rewave/rules"

// Explain says of every condition of the campaign's rule what it came to for one
// customer.
func (p *Planner) Explain(env rules.Env) []rules.Clause { return p.rule.Explain(env) }
