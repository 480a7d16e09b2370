package report

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/chart"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// inRound is how an anchor says the round it lies in.
var inRound = regexp.MustCompile(`, round (\d+)$`)

// anchorOf is where a point's window opens, apart from the round; 0: it is of
// the enrollment as a whole.
func anchorOf(p evaluation.Point) (anchor string, round int) {
	m := inRound.FindStringSubmatchIndex(p.Anchor)
	if m == nil {
		return p.Anchor, 0
	}
	round, err := strconv.Atoi(p.Anchor[m[2]:m[3]])
	if err != nil {
		return p.Anchor, 0
	}
	return p.Anchor[:m[0]], round
}

// pointName tells a point from the same in another round.
func pointName(v view, p evaluation.Result) string {
	if _, round := anchorOf(p.Point); round > 0 && v.repeated(p.Point.Name) {
		return v.Language.Say("point.round", "name", p.Point.Name, "round", strconv.Itoa(round))
	}
	return p.Point.Name
}

// repeated reports whether a point is read in more than one round.
func (v view) repeated(name string) bool {
	n := 0
	for _, p := range v.Points {
		if p.Point.Name == name {
			n++
		}
	}
	return n > 1
}

// byName are the points of one name after the other, in the order of the file.
func (v view) byName() [][]evaluation.Result {
	var out [][]evaluation.Result
	place := map[string]int{}
	for _, p := range v.Points {
		i, ok := place[p.Point.Name]
		if !ok {
			i = len(out)
			place[p.Point.Name] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], p)
	}
	return out
}

// rounds reports whether the campaign goes through its waves more than once.
func (v view) rounds() bool {
	return len(v.Pending) > 0 || len(v.Looks) > 1 ||
		slices.ContainsFunc(v.Deliveries, func(d DeliveryCount) bool { return d.Round > 1 }) ||
		slices.ContainsFunc(v.WaveEffects, func(w evaluation.WaveEffect) bool { return w.Round > 1 })
}

// roundSection is the looks, and what each wave itself did.
type roundSection struct {
	Heading string
	Looks   *looks
	Waves   *waveEffects
	E10     string // why waves have no effect of their own
}

type looks struct {
	Picture *picture
	Table   table
}

type waveEffects struct {
	Picture *picture
	Table   table
}

// roundSection is nil where there is one round and no wave that skips.
func (v view) roundSection() *roundSection {
	say := v.Language.Say
	if p, ok := v.Primary(); ok && refusal(p, evaluation.E01) != "" {
		return nil
	}
	own := slices.ContainsFunc(v.WaveEffects, func(w evaluation.WaveEffect) bool { return w.Code != evaluation.E10 })
	if !v.rounds() && !own {
		return nil
	}
	out := &roundSection{Heading: say("section.rounds"), Looks: v.lookSection()}
	if !v.rounds() {
		out.Heading = say("section.waves")
	}
	if own {
		out.Waves = v.waveSection()
	}
	if without := v.withoutSkip(); len(without) > 0 {
		out.E10 = say("waves.E10", "waves", strings.Join(without, ", "))
	}
	return out
}

// withoutSkip are the waves whose own effect nobody can know.
func (v view) withoutSkip() []string {
	var out []string
	for _, w := range v.Waves {
		if !slices.ContainsFunc(v.WaveEffects, func(x evaluation.WaveEffect) bool { return x.Wave == w && x.Code != evaluation.E10 }) {
			out = append(out, w)
		}
	}
	return out
}

func (v view) effect(x float64) string { return v.Language.Effect(x, 1) }

func (v view) rateCell(a evaluation.Arm) cell {
	if a.Counted == 0 {
		return cell{Text: v.percent(nil)}
	}
	return cell{v.percent(a.Rate.Estimate), v.Language.Say("col.buyers", "buyers", v.Language.Count(a.Buyers), "n", v.Language.Count(a.Counted))}
}

func (v view) lookSection() *looks {
	if len(v.Looks) == 0 {
		return nil
	}
	say := v.Language.Say
	out := &looks{Table: table{Caption: say("looks.caption"), Stack: true, Columns: append(words(say("col.round")),
		numbers(v.arm(holdout.Treat), v.arm(holdout.Hold), say("col.look"), say("col.increment"), say("col.bound"))...)}}
	out.Table.Columns = append(out.Table.Columns, column{Title: say("col.crossed")})
	plot := chart.Intervals{ID: "looks", Title: say("looks.title"), XLabel: say("effects.axis")}
	var said []string
	for _, l := range v.Looks {
		name := say("round.name", "round", strconv.Itoa(l.Round))
		bound, crossed := say("text.none.rate"), v.code(l.Code)
		if l.Code == "" {
			crossed = say("look.no")
			if l.Crossed {
				crossed = say("look.yes")
			}
		}
		if l.Bound != nil {
			bound = say("look.bound", "bound", decimal(*l.Bound, 2))
			if l.Z != nil {
				bound = say("look.z", "z", decimal(abs(*l.Z), 2), "bound", decimal(*l.Bound, 2))
			}
		}
		treat, hold := v.rateCell(l.Treat), v.rateCell(l.Hold)
		if l.Code == evaluation.E01 {
			treat, hold = cell{Text: v.percent(nil)}, cell{Text: v.percent(nil)}
		}
		out.Table.Rows = append(out.Table.Rows, row{Strong: l.Crossed, Cells: []cell{
			{Text: name}, treat, hold, v.figureCell(coded(l.Difference, l.Code), v.effect), v.figureCell(coded(l.Increment, l.Code), v.effect), {Text: bound}, {Text: crossed},
		}})
		r := chart.Interval{Name: name, Strong: l.Crossed, Note: v.code(l.Code),
			Estimate: hundredfold(l.Difference.Estimate), Lo: hundredfold(l.Difference.Lo), Hi: hundredfold(l.Difference.Hi)}
		plot.Rows = append(plot.Rows, r)
		if l.Difference.Known() {
			said = append(said, say("effects.row", "name", name, "effect", v.effect(*l.Difference.Estimate),
				"lo", v.effect(*l.Difference.Lo), "hi", v.effect(*l.Difference.Hi)))
		}
	}
	if len(said) > 0 {
		plot.Desc = say("looks.desc", "rows", strings.Join(said, "; "))
		out.Picture = drawnIntervals(plot)
	}
	return out
}

// coded is a figure that says why it is not there, if it does not itself.
func coded(f evaluation.Figure, code evaluation.Code) evaluation.Figure {
	if f.Estimate == nil && f.Code == "" {
		f.Code = code
	}
	return f
}

func decimal(x float64, places int) string { return strconv.FormatFloat(x, 'f', places, 64) }

func (v view) waveSection() *waveEffects {
	say := v.Language.Say
	out := &waveEffects{Table: table{Caption: say("waves.caption"), Stack: true,
		Columns: append(words(say("col.wave")), numbers(say("col.sent"), say("col.skipped"), say("col.difference"), say("col.p"))...)}}
	plot := chart.Intervals{ID: "waves", Title: say("waves.title"), XLabel: say("effects.axis")}
	var said []string
	rounds := v.rounds()
	last := 0
	for _, w := range v.WaveEffects {
		if w.Code == evaluation.E10 {
			continue
		}
		if rounds && w.Round != last {
			heading := say("round.name", "round", strconv.Itoa(w.Round))
			out.Table.Rows = append(out.Table.Rows, row{Heading: heading})
			plot.Rows = append(plot.Rows, chart.Interval{Name: heading, Heading: true})
			last = w.Round
		}
		out.Table.Rows = append(out.Table.Rows, row{Cells: []cell{
			{w.Wave, say("waves.window", "window", v.duration(time.Duration(w.Window*float64(time.Hour))))},
			v.rateCell(w.Sent), v.rateCell(w.Skipped), v.figureCell(coded(w.Difference, w.Code), v.effect),
			{Text: strings.TrimPrefix(probability(w.P), "= ")},
		}})
		plot.Rows = append(plot.Rows, chart.Interval{Name: w.Wave, Note: v.code(coded(w.Difference, w.Code).Code),
			Estimate: hundredfold(w.Difference.Estimate), Lo: hundredfold(w.Difference.Lo), Hi: hundredfold(w.Difference.Hi)})
		if w.Difference.Known() {
			said = append(said, say("effects.row", "name", say("wave.of", "wave", w.Wave, "round", strconv.Itoa(w.Round)),
				"effect", v.effect(*w.Difference.Estimate), "lo", v.effect(*w.Difference.Lo), "hi", v.effect(*w.Difference.Hi)))
		}
	}
	if len(said) > 0 {
		plot.Desc = say("waves.desc", "rows", strings.Join(said, "; "))
		out.Picture = drawnIntervals(plot)
	}
	return out
}
