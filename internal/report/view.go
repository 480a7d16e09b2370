package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// view says a prepared report's parts in its language, for every rendering.
type view struct{ Report }

func (v view) identity() []string {
	parts := []string{v.Language.Say("head.design", "design", strconv.Itoa(v.Design))}
	if v.Version != "" {
		parts = append(parts, v.Language.Say("head.version", "version", short(v.Version)))
	}
	return parts
}

// short is enough of a hash to recognise it.
func short(hash string) string { return hash[:min(len(hash), 12)] }

func (v view) asOf() string {
	at := v.AsOf.In(v.Zone)
	return v.Language.Say("head.asof", "date", v.Language.Date(at, v.Zone), "clock", at.Format("15:04"), "zone", v.Zone.String())
}

// pending says which rounds have not begun.
func (v view) pending() string {
	var said []string
	for _, r := range v.Pending {
		key := "round.begins"
		if !r.Begins.After(v.AsOf) {
			key = "round.due"
		}
		said = append(said, v.Language.Say(key, "round", strconv.Itoa(r.Round), "date", v.Language.Date(r.Begins, v.Zone)))
	}
	return strings.Join(said, " ")
}

// state is what became of a delivery, in words.
func (v view) state(state string) string {
	if key := "state." + state; v.Language.Has(key) {
		return v.Language.Say(key)
	}
	return state
}

// outcome is a delivery's state with its reason; a reason that is the
// provider's own text stays as it is.
func (v view) outcome(state, reason string) string {
	if key := "reason." + reason; v.Language.Has(key) {
		reason = v.Language.Say(key)
	}
	if reason == "" {
		return v.state(state)
	}
	return v.Language.Say("state.reason", "state", v.state(state), "reason", reason)
}

// ended is the outcome of deliveries, with the campaign that they lost to.
func (v view) ended(d DeliveryCount) string {
	said := v.outcome(d.State, d.Reason)
	if d.LostTo == "" {
		return said
	}
	return v.Language.Say("state.lost", "outcome", said, "campaign", d.LostTo)
}

// ledgerDate says that the deliveries are of another day than the figures.
func (v view) ledgerDate() string {
	if v.DeliveriesAt == nil {
		return ""
	}
	return v.Language.Say("deliveries.now", "date", v.Language.Date(*v.DeliveriesAt, v.Zone))
}

// channels reports whether messages went, or would have gone, by more than one.
func (v view) channels() bool {
	return slices.ContainsFunc(v.Deliveries, func(d DeliveryCount) bool { return d.Channel != v.Deliveries[0].Channel })
}

func (v view) badge(p evaluation.Result) string {
	judged := p.Verdict == evaluation.Pays || p.Verdict == evaluation.Loses || p.Verdict == evaluation.Open
	switch {
	case unanswered(p):
		return v.Language.Say("verdict.E02")
	case judged && p.ReplayAA:
		return v.Language.Say("verdict.aa")
	case judged && p.Verdict != evaluation.Open && p.Against == "zero":
		return v.Language.Say("verdict." + string(p.Verdict) + ".zero")
	}
	return v.Language.Say("verdict." + string(p.Verdict))
}

// arm is who is in it, in words; in a replay, who would have been.
func (v view) arm(arm holdout.Arm) string {
	key := "arm." + string(arm)
	if v.ReplayAA && arm != holdout.GlobalHold {
		key += ".aa"
	}
	return v.Language.Say(key)
}

func (v view) about(p evaluation.Point) string {
	anchor := p.Anchor
	if v.repeated(p.Name) {
		anchor, _ = anchorOf(p)
	}
	text := v.Language.Say("point.about", "window", v.duration(p.Window), "anchor", anchor)
	if p.ReturnWindow > 0 {
		text += "; " + v.Language.Say("point.returns", "window", v.duration(p.ReturnWindow))
	}
	return text
}

// repeats reports whether the explanation says the sentence's figures once more,
// in words that belong beside the intervals.
func repeats(p evaluation.Result) bool {
	return p.Verdict == evaluation.Open && !p.ReplayAA
}

func (v view) duration(d time.Duration) string { return duration(v.Language, d) }

// duration is a length of time to the minute, in the largest unit that holds it,
// as a campaign's file has it; what is longer than two hours and not whole ones
// says its minutes apart.
func duration(l evaluation.Language, d time.Duration) string {
	const day = 24 * time.Hour
	count := func(n time.Duration) string { return strconv.FormatInt(int64(n), 10) }
	switch d = d.Round(time.Minute); {
	case d != 0 && d%day == 0:
		return l.Say("duration.days", "n", count(d/day))
	case d != 0 && d%time.Hour == 0:
		return l.Say("duration.hours", "n", count(d/time.Hour))
	case d > 2*time.Hour:
		return l.Say("duration.hours", "n", count(d/time.Hour)) + " " + l.Say("duration.minutes", "n", count(d%time.Hour/time.Minute))
	}
	return l.Say("duration.minutes", "n", count(d/time.Minute))
}

// percent is a rate without its sign, or a dash.
func (v view) percent(rate *float64) string {
	if rate == nil {
		return v.Language.Say("text.none.rate")
	}
	return v.Language.PerHundred(*rate, 1)
}

// code says why a figure is not there.
func (v view) code(code evaluation.Code) string {
	if key := "code." + string(code); code != "" && v.Language.Has(key) {
		return v.Language.Say(key)
	}
	return v.Language.Say("code.other")
}

// probability is a p-value to two digits that mean something: "= 0.057".
func probability(p *float64) string {
	switch {
	case p == nil:
		return "-"
	case *p < 0.0001:
		return "< 0.0001"
	case *p < 0.1:
		return "= " + strconv.FormatFloat(*p, 'g', 2, 64)
	}
	return "= " + strconv.FormatFloat(*p, 'f', 2, 64)
}

func (v view) unknown() string {
	if v.Unknown == 0 {
		return v.Language.Say("deliveries.sure")
	}
	return v.Language.Say("deliveries.unknown", "count", v.Language.Count(v.Unknown))
}

// curves is nil when there are none, or none that may be shown.
func (v view) curves() *Curves {
	if v.Curves == nil || v.Curves.Days < 1 || len(v.Curves.Arms) == 0 || v.hidden() != "" {
		return nil
	}
	return v.Curves
}

// hidden is the code that says why the groups cannot be compared; empty where
// they can.
func (v view) hidden() evaluation.Code {
	for _, p := range v.Points {
		if code := distrusted(p); code != "" && (p.Point.Primary || code == evaluation.E01) {
			return code
		}
	}
	return ""
}

// sampledDays are at most so many days, evenly apart and the last one included.
func (v view) sampledDays(most int) []int {
	step := (v.Curves.Days + most - 1) / most
	var days []int
	for day := step; day < v.Curves.Days; day += step {
		days = append(days, day)
	}
	return append(days, v.Curves.Days)
}

// mostRows is how many days the table beside the curves has; the CSV form has all.
const mostRows = 45

// steps are the days on which any curve rises, and the last; of a long span those
// evenly apart.
func (v view) steps() []int {
	if v.Curves.Days > mostRows {
		return v.sampledDays(mostRows)
	}
	days := append(v.Curves.days(v.Curves.Arms...), v.Curves.Days)
	slices.Sort(days)
	return slices.Compact(days)
}

func (v view) curvesDescription() string {
	c := v.Curves
	var arms, waves []string
	for _, a := range c.Arms {
		arms = append(arms, v.Language.Say("curves.arm", "n", v.Language.Count(a.Enrollments), "arm", v.arm(a.Arm),
			"share", v.Language.PerHundred(a.share(c.Days), 1), "days", fmt.Sprint(c.Days)))
	}
	for _, w := range c.Waves {
		waves = append(waves, w.Wave+" "+strconv.FormatFloat(w.Day, 'f', -1, 64))
	}
	if len(waves) == 0 {
		waves = []string{v.Language.Say("curves.none")}
	}
	said := v.Language.Say("curves.desc", "days", fmt.Sprint(c.Days), "arms", strings.Join(arms, ". "), "waves", strings.Join(waves, ", "))
	if g, ok := c.gap(c.Days); ok {
		said += " " + v.Language.Say("curves.desc.gap", "days", fmt.Sprint(c.Days), "effect", v.effect(*g.Estimate), "lo", v.effect(*g.Lo), "hi", v.effect(*g.Hi))
	}
	return said
}
