package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/source"
)

var (
	evaluationKeys = source.Keys{Known: []string{"primary", "points"}, Later: []string{"metrics", "looks", "by", "cohort", "expect"}}
	pointKeys      = source.Keys{Known: []string{"from", "window"}}
	anchorKeys     = source.Keys{Known: []string{"wave", "round"}}

	knownMetrics = []string{"repurchase_rate"}
	laterMetrics = []string{"orders", "revenue", "profit", "refund_rate", "unsubscribes"}
)

// The point that stands where a file declares none.
const (
	defaultPoint  = "overall_30d"
	defaultWindow = 30 * 24 * time.Hour
)

func (w *writing) evaluation(n source.Node, has bool) {
	var m source.Mapping
	if has {
		m, _ = n.Mapping(evaluationKeys)
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
		if p.Name != "" {
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
		e.Primary = Primary{Metric: knownMetrics[0], Point: defaultPoint}
	}
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
	case slices.Contains(laterMetrics, metric):
		n.Report(metric+" as the primary metric is not honoured yet", "write repurchase_rate at "+meantPoint(point, points))
	case !slices.Contains(knownMetrics, metric):
		n.Unknown("metric", metric, knownMetrics)
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
	if ok && len(entries) == 0 {
		n.Report("declares no point", "for example overall_30d: {from: entry, window: 30d}")
	}
	for _, e := range entries {
		p := Point{Name: e.Key.Name()}
		if !plainName.MatchString(p.Name) {
			e.Key.Report(fmt.Sprintf("%q is not a name for a point", p.Name), "letters, digits, and . _ - between them, at most 60")
		}
		if m, ok := e.Value.Mapping(pointKeys); ok {
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
		m, _ := n.Mapping(anchorKeys)
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
