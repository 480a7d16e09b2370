package wave

import (
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/enrollment"
)

// AsIf is the enrollment and the first round that a candidate would get if they
// entered, whatever Plan says of them: for a preview. Each wave has its first
// channel where none may reach them.
func (p *Planner) AsIf(c Candidate) (enrollment.Enrollment, []Delivery, error) {
	zone := c.Profile.Zone
	if zone == "" {
		zone = p.shopZone.String()
	}
	e := enrollment.Enrollment{Customer: c.Profile.ID, Key: c.Profile.ShopID, EnteredAt: c.EnteredAt, Entry: c.Entries + 1, Zone: zone, Stratum: p.stratum(c.Env)}
	p.assign(&e)
	deliveries, err := p.Round(e, 1, c.Contact)
	return e, deliveries, err
}

// Reachable says of a wave why it could not reach a candidate; empty if it could.
func (p *Planner) Reachable(wave string, c audience.Contact) audience.Reason {
	for _, w := range p.Campaign.Waves {
		if w.Name == wave {
			_, why := audience.Choose(c, w.Channels, audience.PurposeOf(w))
			return why
		}
	}
	return ""
}
