package wave

import (
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/holdout"
)

// rampSteps are the shares of customers that each step of a ramp adds: what is
// wrong with a message is to be seen by 1%, and again by 10%, before all have it.
// There are RampSteps of them.
var rampSteps = []holdout.Share{holdout.Whole / 100, holdout.Whole * 9 / 100, holdout.Whole * 90 / 100}

// RampSteps is how many steps a ramp has, each as much later as the wave says.
const RampSteps = 3

// ramp moves a delivery to the step that its customer is drawn into. The draw
// never depends on the arm: a ghost waits as long as its twin.
func (p *Planner) ramp(w *campaigns.Wave, e enrollment.Enrollment, d *Delivery, zone *time.Location) {
	if w.Ramp == 0 {
		return
	}
	step := holdout.Split(rampSteps, holdout.RampLayer(p.Campaign.Name, p.Design.Number, p.draw(e.Entry), w.Name), e.Key)
	lasts, at := d.ExpiresAt.Sub(d.ScheduledAt), d.ScheduledAt
	for range step {
		at = at.Add(w.Ramp)
		if w.Between != nil {
			at = w.Between.NextOpen(at, zone)
		}
	}
	d.ScheduledAt, d.ExpiresAt, d.Step = at, at.Add(lasts), step
}
