package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

// The point that stands where a file declares none.
const (
	defaultPoint  = "overall_30d"
	defaultWindow = 30 * 24 * time.Hour
)

func (w *writing) evaluation(n source.Node, has, strata bool) {
	var m source.Mapping
	if has {
		m, _ = evaluationTable.read(n)
	}
	e := &w.c.Evaluation
	points, hasPoints := m.Get("points")
	if hasPoints {
		w.points(points)
	} else if len(w.c.Waves) > 0 {
		e.Points = []Point{{Name: defaultPoint, Anchor: Anchor{Wave: w.firstWave(), Round: 1}, Window: defaultWindow}}
	}
	var names []string
	for _, p := range e.Points {
		if p.Name != "" && p.Name != everyRound {
			names = append(names, p.Name)
		}
	}
	primary, hasPrimary := m.Get("primary")
	switch {
	case hasPrimary:
		w.primary(primary, names)
	case hasPoints && len(names) > 0 && !slices.Contains(names, defaultPoint):
		n.Report(`"primary" is missing`, "the point on which the verdict rests: primary: repurchase_rate at "+names[0])
	default:
		e.Primary = Primary{Metric: primaryMetrics[0], Point: defaultPoint}
	}
	if n, ok := m.Get("metrics"); ok {
		e.Metrics = once(n, func(item source.Node) (string, bool) { return item.OneOf("metric", knownMetrics, nil) })
		notEmpty(n, "names no metric", "known: "+strings.Join(knownMetrics, ", "))
	}
	if n, ok := m.Get("looks"); ok {
		e.Looks = once(n, func(item source.Node) (string, bool) { return w.look(item, names) })
		notEmpty(n, "names no look", "for example looks: [round]")
	}
	if n, ok := m.Get("cohort"); ok {
		e.Cohort, _ = n.OneOf("cohort", cohortSpans, nil)
	}
	if n, ok := m.Get("by"); ok {
		e.By = once(n, func(item source.Node) (string, bool) { return split(item, strata, w.options.Attributes) })
		notEmpty(n, "names nothing to split by", "for example by: [stratum]")
	}
	if n, ok := m.Get("expect"); ok {
		w.expect(n)
	}
}

func notEmpty(n source.Node, message, hint string) {
	if !n.IsList() {
		return
	}
	if items, _ := n.Items(); len(items) == 0 {
		n.Report(message, hint)
	}
}

// look is the end of each round, or a point other than the one the verdict rests
// on: that is tested once.
func (w *writing) look(n source.Node, points []string) (string, bool) {
	name, ok := n.Text()
	switch {
	case !ok:
		return "", false
	case name == everyRound:
		return name, true
	case len(points) == 0:
		return "", false
	case !slices.Contains(points, name):
		n.Unknown("look", name, append([]string{everyRound}, points...))
		return "", false
	case name == w.c.Evaluation.Primary.Point:
		n.Report(fmt.Sprintf("the verdict rests on %s, which is read once, at its end", name), "for looks on the way there: looks: [round], or another point")
		return "", false
	}
	return name, true
}

// split is the stratum, or a text of the profile.
func split(n source.Node, strata bool, declared map[string]rules.Kind) (string, bool) {
	word := ""
	if n.IsText() {
		word, _ = n.Text()
	}
	if word != ByStratum {
		return text(n, rules.Options{Attributes: declared})
	}
	if !strata {
		noStrata(n)
	}
	return ByStratum, strata
}

func (w *writing) expect(n source.Node) {
	m, _ := expectTable.read(n)
	e := &w.c.Evaluation.Expect
	if n, ok := m.Get("enrollments"); ok {
		e.Enrollments, _ = n.Int(1, maxExpected)
	}
	share := func(key string) *holdout.Share {
		n, ok := m.Get(key)
		if !ok {
			return nil
		}
		parts, ok := n.Share()
		if !ok {
			return nil
		}
		s := holdout.Share(parts)
		return &s
	}
	e.NaturalRate, e.Redemption = share("natural_rate"), share("redemption")
}

// firstWave is the wave that is due first; of several, the first in the file.
func (w *writing) firstWave() string {
	first := w.c.Waves[0].Name
	for _, wave := range w.c.Waves[1:] {
		if w.c.offset(wave.Name) < w.c.offset(first) {
			first = wave.Name
		}
	}
	return first
}

func (w *writing) primary(n source.Node, points []string) {
	text, ok := n.Text()
	if !ok {
		return
	}
	metric, point, ok := strings.Cut(text, " at ")
	metric, point = strings.TrimSpace(metric), strings.TrimSpace(point)
	if !ok || point == "" || metric == "" {
		n.Report(fmt.Sprintf("%q is not a metric at a point", text), "for example repurchase_rate at "+meantPoint(point, points))
		return
	}
	switch {
	case slices.Contains(primaryMetrics, metric):
	case slices.Contains(knownMetrics, metric):
		n.Report(metric+" as the primary metric is not honoured yet", "write repurchase_rate at "+meantPoint(point, points))
	default:
		n.Unknown("metric", metric, primaryMetrics)
	}
	if len(points) > 0 && !slices.Contains(points, point) {
		n.Unknown("point", point, points)
	}
	w.c.Evaluation.Primary = Primary{Metric: metric, Point: point}
}

// meantPoint is the point to suggest where somebody wrote name: one that exists.
func meantPoint(name string, points []string) string {
	near := source.Suggest(name, points)
	switch {
	case slices.Contains(points, name):
		return name
	case near != "":
		return near
	case len(points) > 0 && !slices.Contains(points, defaultPoint):
		return points[0]
	}
	return defaultPoint
}

func (w *writing) points(n source.Node) {
	entries, ok := n.Entries()
	switch {
	case ok && len(entries) == 0:
		n.Report("declares no point", "for example overall_30d: {from: entry, window: 30d}")
	case len(entries) > maxPoints:
		n.Report(fmt.Sprintf("must hold 1 to %d points, not %d", maxPoints, len(entries)), "")
		return
	}
	for _, e := range entries {
		p := Point{Name: e.Key.Name()}
		if plainKey(e.Key, "a point") && p.Name == everyRound {
			e.Key.Report(`"round" cannot be the name of a point`, "looks use the word")
		}
		if m, ok := pointTable.read(e.Value); ok {
			if n, ok := m.Need("from", "from: entry, from: sequence_end, or the name of a wave"); ok {
				p.Anchor = w.anchor(n)
			}
			if n, ok := m.Need("window", "how long orders count: window: 30d"); ok {
				p.Window, _ = n.Duration(time.Hour)
			}
		}
		w.c.Evaluation.Points = append(w.c.Evaluation.Points, p)
	}
}

func (w *writing) anchor(n source.Node) Anchor {
	if n.IsMapping() {
		m, _ := anchorTable.read(n)
		var a Anchor
		if n, ok := m.Need("wave", "from: {wave: thanks, round: 1}"); ok {
			if name, ok := n.Text(); ok {
				a.Wave = name
				w.knownWave(n, name, nil)
			}
		}
		if n, ok := m.Get("round"); ok {
			a.Round, _ = n.Int(1, w.c.Rounds.Times)
		}
		return a
	}
	name, ok := n.Text()
	switch {
	case !ok:
		return Anchor{}
	case name == reserved[0]:
		return Anchor{Entry: true}
	case name == reserved[1]:
		return Anchor{SequenceEnd: true}
	}
	w.knownWave(n, name, reserved)
	return Anchor{Wave: name}
}

func (w *writing) knownWave(n source.Node, name string, others []string) {
	var names []string
	for _, wave := range w.c.Waves {
		if wave.Name != "" { // its own name has a fault
			names = append(names, wave.Name)
		}
	}
	if len(names) > 0 && !slices.Contains(names, name) {
		n.Unknown("wave", name, slices.Concat(names, others))
	}
}
