package engine

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/wave"
)

// conclude turns what was counted into the plan of one campaign.
func (w *walk) conclude(c *planned) {
	out := &c.out
	if out.Status == "paused" {
		c.warn("paused", "", 0, 0)
	}
	w.budget(c)
	if !c.open() {
		return
	}
	out.Audience = c.audience()
	if c.triggered() {
		f := w.forecast(c)
		out.Forecast = &f
		if f.From == "" {
			c.warn("no_history", "", 0, 0)
		}
		w.forecastSends(c, f)
	} else {
		c.sends()
	}
	w.money(c)
	if !c.servicesOnly() {
		out.Measure = w.measure(c)
		if code := out.Measure.Code; code != "" {
			c.warn("unmeasured", code, 0, 0)
		}
	}
	w.warnings(c)
}

func (c *planned) warn(code, of string, n, limit float64) {
	c.out.Warnings = append(c.out.Warnings, report.PlanWarning{Code: code, Of: of, Count: n, Limit: limit})
}

// budget holds for the whole campaign, and so where nobody enters any more too.
func (w *walk) budget(c *planned) {
	if day := c.def.Limits.DayBudgetMinor; day != nil {
		c.warn("day_budget", "", 0, w.units(float64(*day)))
	}
	minor, m := c.def.Limits.BudgetMinor, &c.out.Money
	if minor == nil {
		return
	}
	budget := w.units(float64(*minor))
	m.Budget = &budget
	if m.Exhausted && m.Waiting > 0 && c.out.Status != "cancelled" {
		c.warn("exhausted", "", float64(m.Waiting), 0)
	}
}

func (c *planned) servicesOnly() bool {
	for _, w := range c.def.Waves {
		if !w.Service {
			return false
		}
	}
	return true
}

// Reasons that stand before and behind the rule, in the order in which
// wave.Planner gives them.
var (
	notMeant   = []audience.Reason{audience.Merged, audience.EntryClosed, audience.NoOccasion, audience.AlreadyEntered, audience.RuleError, audience.NotInSegment}
	notEntered = []audience.Reason{audience.OtherCampaign, audience.Erased, audience.NoAddress, audience.Suppressed, audience.NoConsent, audience.OptedOut}
)

func (c *planned) audience() *report.Audience {
	t := &c.tally
	a := &report.Audience{Asked: t.asked, Segment: t.asked, Enter: t.reasons[""],
		Treat: t.arms[holdout.Treat], Hold: t.arms[holdout.Hold], GlobalHold: t.arms[holdout.GlobalHold],
		Before: []report.AudienceLine{}, Refused: []report.AudienceLine{}, Nothing: []report.AudienceLine{}, Written: []report.ChannelCount{}}
	if c.triggered() {
		a.SampleDays = sampleDays
	}
	for _, why := range notMeant {
		if n := t.reasons[why]; n > 0 {
			a.Before = append(a.Before, report.AudienceLine{Reason: string(why), Count: n})
			a.Segment -= n
		}
	}
	for _, why := range notEntered {
		if n := t.reasons[why]; n > 0 {
			a.Refused = append(a.Refused, report.AudienceLine{Reason: string(why), Count: n})
		}
	}
	byReason := func(a, b unsent) int { return cmp.Or(cmp.Compare(a.why, b.why), cmp.Compare(a.lostTo, b.lostTo)) }
	for _, r := range slices.SortedFunc(maps.Keys(t.nothing), byReason) {
		a.Nothing = append(a.Nothing, report.AudienceLine{Reason: string(r.why), LostTo: r.lostTo, Count: t.nothing[r]})
	}
	for _, channel := range slices.Sorted(maps.Keys(t.written)) {
		a.Written = append(a.Written, report.ChannelCount{Channel: channel, Count: t.written[channel]})
	}
	return a
}

// sends lists the messages of a slot's customers, day by day.
func (c *planned) sends() {
	for key, n := range c.tally.sends {
		c.out.Sends = append(c.out.Sends, report.Sends{Day: key.day.String(), Channel: key.channel, Send: float64(n.send), Withheld: float64(n.withheld), Cost: float64(n.micros) / 1e6})
	}
	sortSends(c.out.Sends)
}

func sortSends(sends []report.Sends) {
	slices.SortFunc(sends, func(a, b report.Sends) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Channel, b.Channel))
	})
}

// forecastSends shows the days to come: as many come in a day as the forecast
// says, and each brings what one of the sample would have had.
func (w *walk) forecastSends(c *planned, f report.Forecast) {
	if f.PerDay.Estimate == nil || c.out.Audience.Enter == 0 {
		return
	}
	each := *f.PerDay.Estimate / float64(c.out.Audience.Enter)
	first := calendar.DateOf(w.start(c), w.Shop.Zone)
	open := w.openDays(c)
	sums := map[sendKey]report.Sends{}
	for key, n := range c.tally.sends {
		for day := range min(open, report.ShownDays) {
			at := day + key.after
			if at >= report.ShownDays {
				break
			}
			on := sendKey{day: first.AddDays(at), channel: key.channel}
			s := sums[on]
			s.Send, s.Withheld, s.Cost = s.Send+each*float64(n.send), s.Withheld+each*float64(n.withheld), s.Cost+each*float64(n.micros)/1e6
			sums[on] = s
		}
	}
	for key, s := range sums {
		c.out.Sends = append(c.out.Sends, report.Sends{Day: key.day.String(), Channel: key.channel, Send: round(s.Send), Withheld: round(s.Withheld), Cost: s.Cost})
	}
	sortSends(c.out.Sends)
}

// openDays is how many of the days to come entry is open on.
func (w *walk) openDays(c *planned) int {
	if until := c.out.Entry.Until; until != nil {
		return int(math.Ceil(until.Sub(w.start(c)).Hours() / 24))
	}
	return report.ShownDays
}

// money adds up what the shown messages cost, and what coupons they carry.
func (w *walk) money(c *planned) {
	m := &c.out.Money
	for _, s := range c.out.Sends {
		m.Messages += s.Cost
		m.Priced = m.Priced || w.Shop.CostMicros[s.Channel] > 0
	}
	m.Messages = round6(m.Messages)
	times := 1.0
	if f := c.out.Forecast; f != nil {
		times = 0
		if f.PerDay.Estimate != nil && c.out.Audience.Enter > 0 {
			times = *f.PerDay.Estimate * float64(min(report.ShownDays, w.openDays(c))) / float64(c.out.Audience.Enter)
		}
	}
	named := map[string]bool{}
	for _, x := range c.out.Waves {
		for _, name := range x.Coupons {
			if !named[name] {
				named[name] = true
				m.Coupons = append(m.Coupons, w.couponMoney(c, name, times*float64(c.tally.codes[name])))
			}
		}
	}
}

func (w *walk) warnings(c *planned) {
	a, m := c.out.Audience, c.out.Money
	switch {
	case c.triggered():
	case a.Enter == 0:
		c.warn("nobody", "", 0, 0)
	case a.Treat > 0 && len(a.Written) == 0:
		c.warn("nobody_left", "", float64(a.Treat), 0)
	}
	for _, says := range c.unseen {
		c.warn("unseen", says, 0, 0)
	}
	if why := c.asks.needs.Lacks(c.asks.stored.Scores); why != "" {
		c.warn("no_scores", why, 0, 0)
	}
	if n := c.tally.reasons[audience.RuleError]; n > 0 {
		c.warn("rule_error", "", float64(n), 0)
	}
	for _, name := range slices.Sorted(maps.Keys(c.tally.collide)) {
		c.warn("collides", name, float64(c.tally.collide[name]), float64(w.Shop.Cap.Window/(24*time.Hour)))
	}
	spends := m.Messages
	for _, x := range m.Coupons {
		switch {
		case x.Missing:
			c.warn("pool_missing", x.Pool, 0, 0)
		case x.Codes > float64(x.Free):
			c.warn("pool_small", x.Pool, x.Codes, float64(x.Free))
		}
		if x.Exposure != nil {
			spends += *x.Exposure
		}
	}
	for _, l := range wave.PoolLimits(c.def, w.perCustomer()) {
		code := "pool_limit"
		if l.Again {
			code = "pool_again"
		}
		c.warn(code, l.Pool, float64(l.Asked), float64(l.Allows))
	}
	if m.Spent != nil {
		spends += *m.Spent
	}
	if m.Budget != nil && spends > *m.Budget && !m.Exhausted {
		c.warn("budget", "", round(spends), *m.Budget)
	}
	for _, wave := range c.def.Waves {
		if n := c.tally.expired[wave.Name]; n > 0 {
			c.warn("expires", wave.Name, float64(n), 0)
		}
	}
	c.ramps()
}

// ramps says how many messages each step of a ramp lets out: the draw is known. A
// first step without any shows nobody what is wrong. Of past orders it is another
// draw than theirs who come.
func (c *planned) ramps() {
	for i, w := range c.def.Waves {
		if w.Ramp == 0 || c.triggered() {
			continue
		}
		steps, all := make([]report.RampStep, wave.RampSteps), 0
		for j := range steps {
			n := c.tally.ramp[rampKey{w.Name, j}]
			steps[j] = report.RampStep{After: (time.Duration(j) * w.Ramp).Hours(), Send: n}
			all += n
		}
		c.out.Waves[i].Ramp = steps
		if first := slices.IndexFunc(steps, func(s report.RampStep) bool { return s.Send > 0 }); first > 0 {
			c.warn("ramp_empty", w.Name, float64(steps[first].Send), float64(all))
		}
	}
}

// perCustomer is how many codes of each pool one customer may ever be given.
func (w *walk) perCustomer() map[string]int {
	all := make(map[string]int, len(w.pools))
	for name, p := range w.pools {
		all[name] = p.PerCustomer
	}
	return all
}
