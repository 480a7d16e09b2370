package wave

import (
	"slices"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/rules"
)

// assign draws the arm. The global holdout comes first: whoever is in it is
// held out of everything and no part of this campaign's comparison. A campaign
// of service waves only holds nobody out, the global holdout included: its
// messages go to all.
func (p *Planner) assign(e *enrollment.Enrollment) {
	share := p.Design.Share
	if p.serviceOnly() {
		share = 0
	} else if p.Design.Global > 0 {
		e.Share, e.Layer = p.Design.Global, holdout.GlobalLayer(p.Design.Epoch)
		if e.Arm, e.U = holdout.Assign(e.Share, e.Layer, e.Key); e.Arm == holdout.GlobalHold {
			return
		}
	}
	e.Share, e.Layer = share, p.Layer(e.Entry)
	e.Arm, e.U = holdout.Assign(e.Share, e.Layer, e.Key)
}

// Layer is the salt of the arm of the given entry: sticky where a customer
// enters once, drawn again for each entry where the campaign lets them.
func (p *Planner) Layer(entry int) string {
	return holdout.CampaignLayer(p.Campaign.Name, p.Design.Number, p.draw(entry))
}

// draw is the entry as layers count it: 0 where customers enter once only.
func (p *Planner) draw(entry int) int {
	if again := p.Campaign.Enter.Again; again.EachTime || again.After > 0 {
		return entry
	}
	return 0
}

// variant is sticky over rounds, and the same whatever the arm.
func (p *Planner) variant(w *campaigns.Wave, e enrollment.Enrollment) string {
	if len(w.Variants) == 0 {
		return ""
	}
	shares := make([]holdout.Share, len(w.Variants))
	for i, v := range w.Variants {
		shares[i] = v.Share
	}
	return w.Variants[holdout.Split(shares, holdout.VariantLayer(p.Campaign.Name, p.Design.Number, p.draw(e.Entry), w.Name), e.Key)].Name
}

// skips is drawn anew in every round; only a treated customer has something to
// be skipped.
func (p *Planner) skips(w *campaigns.Wave, e enrollment.Enrollment, round int) bool {
	share := p.Design.Skips[w.Name]
	if share == 0 || e.Arm != holdout.Treat {
		return false
	}
	return holdout.U(holdout.SkipLayer(p.Campaign.Name, p.Design.Number, p.draw(e.Entry), round, w.Name), e.Key) < share.Float()
}

// stratum is the default where the text is unknown or not listed.
func (p *Planner) stratum(env rules.Env) string {
	if p.strata == nil {
		return ""
	}
	s := p.Campaign.Strata
	text, err := p.strata.Text(env)
	if err == nil && slices.ContainsFunc(s.Values, func(v campaigns.Stratum) bool { return v.Name == text }) {
		return text
	}
	return s.Default
}

// textsOf is what figures are split by, of one customer; nil where nothing is.
func (p *Planner) textsOf(env rules.Env) map[string]string {
	var out map[string]string
	for by, program := range p.texts {
		if text, err := program.Text(env); err == nil {
			if out == nil {
				out = map[string]string{}
			}
			out[by] = text
		}
	}
	return out
}

func (p *Planner) serviceOnly() bool {
	for i := range p.Campaign.Waves {
		if !p.Campaign.Waves[i].Service {
			return false
		}
	}
	return true
}
