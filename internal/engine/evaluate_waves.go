package engine

import (
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
)

// waveWindow is how long a wave's own effect is looked for where no point is
// anchored at it.
const waveWindow = 10 * 24 * time.Hour

// addLooks judges the planned looks: the cumulative repurchase at the end of
// each round.
func (e reading) addLooks(rows []postgres.FirstOrders) {
	if !e.looked() {
		return
	}
	rounds := e.campaign.Definition.Rounds
	inputs := make([]evaluation.LookInput, rounds.Times)
	for i := range inputs {
		round := i + 1
		in := evaluation.LookInput{Round: round}
		for _, r := range rows {
			arm := &in.Treat
			if holdout.Arm(r.Arm) == holdout.Hold {
				arm = &in.Hold
			}
			arm.Assigned += r.Count
			if r.Final < round {
				continue
			}
			arm.Final += r.Count
			if r.Round > 0 && r.Round <= round {
				arm.Buyers += r.Count
			}
			if r.Round == round {
				arm.First += r.Count
			}
		}
		inputs[i] = in
	}
	e.report.Looks = evaluation.Looks(evaluation.LookPlan{Rounds: rounds.Times, HoldShare: e.campaign.Share, Blocked: mixed(*e.report)}, inputs)
}

// mixed is the refusal of the primary point that speaks against every
// comparison of its arms.
func mixed(r report.Report) evaluation.Code {
	primary, _ := r.Primary()
	for _, code := range []evaluation.Code{evaluation.E04, evaluation.E05} {
		if slices.ContainsFunc(primary.Refusals, func(x evaluation.Refusal) bool { return x.Code == code }) {
			return code
		}
	}
	return ""
}

// skipping is the waves that skip by lot, in each round that has begun.
func (e reading) skipping() []postgres.WaveWindow {
	c := e.campaign
	var waves []postgres.WaveWindow
	for round := 1; round <= max(1, c.Definition.Rounds.Times); round++ {
		if begins := roundBegins(c.Definition, round, e.entries); begins != nil && begins.After(e.report.AsOf) {
			break
		}
		for _, w := range c.Definition.Waves {
			if c.Skips[w.Name] > 0 {
				waves = append(waves, postgres.WaveWindow{Wave: w.Name, Round: round, Window: windowOf(c.Definition, w.Name, round)})
			}
		}
	}
	return waves
}

// addWaveEffects says what the waves that skip by lot changed themselves.
func (e reading) addWaveEffects(totals []postgres.WaveTotals) {
	for _, w := range e.skipping() {
		in := evaluation.WaveInput{Round: w.Round, Wave: w.Wave, Window: w.Window, Share: e.campaign.Skips[w.Wave]}
		for _, t := range totals {
			if t.Wave != w.Wave || t.Round != w.Round {
				continue
			}
			side := &in.Sent
			if t.Skipped {
				side = &in.Skipped
			}
			*side = evaluation.WaveArm{Available: t.Available, Final: evaluation.Totals(t.Final)}
		}
		e.report.WaveEffects = append(e.report.WaveEffects, in.Effect())
	}
}

// windowOf is the window of the point that is anchored at a wave in a round.
func windowOf(c campaigns.Campaign, wave string, round int) time.Duration {
	for _, p := range c.Evaluation.Points {
		if p.Anchor.Wave == wave && (p.Anchor.Round == 0 || p.Anchor.Round == round) {
			return p.Window
		}
	}
	return waveWindow
}

// addCoupons says what became of the codes, in the order of rounds and of the
// file's waves.
func (e reading) addCoupons(counts []postgres.CouponCount) {
	place := func(wave string) int {
		if i := slices.Index(e.report.Waves, wave); i >= 0 {
			return i
		}
		return len(e.report.Waves)
	}
	slices.SortStableFunc(counts, func(a, b postgres.CouponCount) int {
		if a.Round != b.Round {
			return a.Round - b.Round
		}
		return place(a.Wave) - place(b.Wave)
	})
	for _, n := range counts {
		e.report.Coupons = append(e.report.Coupons, report.CouponCount(n))
	}
}
