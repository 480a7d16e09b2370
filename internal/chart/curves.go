package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Curves are cumulative shares over days: they start at nothing on day 0 and
// only rise. At most two are told apart by line, dash and shape, and their bands
// by a tint and by hatching.
type Curves struct {
	ID          string // unique in the page
	Title, Desc string
	XLabel      string
	YLabel      string
	Days        int // the right edge
	Lines       []Line
	Ticks       []Tick
	Gap         Gap  // the difference, in a panel below; empty: none
	Narrow      bool // for a screen of a hand's width: the names stand above
}

// Line is one curve; Steps are ordered by day.
type Line struct {
	Name  string
	Steps []Step
	Band  bool // each step has its Lo and Hi
}

// Gap is the first line minus the second, by day.
type Gap struct {
	Label string
	Steps []Step
}

// Step says that the curve is at PerHundred from Day on.
type Step struct {
	Day        float64
	PerHundred float64
	Lo, Hi     float64
}

// Tick marks a day, as that of a wave.
type Tick struct {
	Day  float64
	Name string
}

const (
	curvesLeft   = 48.0
	curvesHeight = 230.0 // of the upper plot alone
	gapHeight    = 104.0
	tickRow      = 17.0
	tickRows     = 3 // further names are left out; the table has them
)

// panel is one plot: its axes in the picture.
type panel struct {
	left, right, top, base float64
	days                   float64
	lo, hi                 float64
	late                   bool // lines begin at their first step
}

func (p panel) x(day float64) float64 { return p.left + (p.right-p.left)*day/p.days }
func (p panel) y(v float64) float64   { return p.base - (p.base-p.top)*(v-p.lo)/(p.hi-p.lo) }

// SVG draws the curves; empty when there is nothing to draw.
func (c Curves) SVG() string {
	if c.Days < 1 || len(c.Lines) == 0 {
		return ""
	}
	highest := 0.0
	for _, l := range c.Lines {
		for _, s := range l.Steps {
			highest = max(highest, s.PerHundred)
			if l.Band {
				highest = max(highest, s.Hi)
			}
		}
	}
	if highest == 0 {
		highest = 1
	}
	full, most := wideWidth, 9
	p := panel{left: curvesLeft, right: wideWidth - c.roomForNames(), days: float64(c.Days)}
	if c.Narrow {
		full, most = narrowWidth, 6
		p.left, p.right = 34, narrowWidth-6
	}
	step := niceStep(highest*1.05, 5)
	p.hi = math.Ceil(highest*1.02/step) * step

	rows, placed := c.placeTicks(p.x, full)
	key := 0.0
	if c.Narrow {
		key = 20*float64(len(c.Lines)) + 2
	}
	p.top = 26 + key + tickRow*float64(rows)
	p.base = p.top + curvesHeight
	bottom := p.base
	if len(c.Gap.Steps) > 0 {
		bottom += 36 + gapHeight
	}

	var out canvas
	out.open(c.ID, c.Title, c.Desc, full, bottom+48)
	out.text(0, 14, "start", "fill:"+quiet, c.YLabel)
	p.across(&out, step, func(v float64) string { return label(v, decimals(step)) })
	for _, t := range placed {
		dots := "stroke:" + quiet + ";stroke-width:1;stroke-dasharray:1 4"
		out.line(p.x(t.Day), p.top-tickRow*float64(max(0, t.row))-2, p.x(t.Day), p.base, dots)
		if bottom > p.base {
			out.line(p.x(t.Day), bottom-gapHeight, p.x(t.Day), bottom, dots)
		}
		if t.row >= 0 {
			out.text(t.from, p.top-tickRow*float64(t.row)-6, "start", "fill:"+quiet, t.Name)
		}
	}
	every := dayStep(c.Days, most)
	c.lines(&out, p, every)
	if len(c.Gap.Steps) > 0 {
		g := p
		g.top, g.base, g.late = p.base+36, bottom, true
		c.gap(&out, g)
	}
	out.line(p.left, bottom, p.right, bottom, "stroke:"+ink+";stroke-width:1")
	for day := 0; day <= c.Days; day += every {
		out.line(p.x(float64(day)), bottom, p.x(float64(day)), bottom+5, "stroke:"+ink)
		out.text(min(p.x(float64(day)), full-4*float64(len(fmt.Sprint(day)))), bottom+20, "middle", "fill:"+quiet, fmt.Sprint(day))
	}
	for _, t := range placed {
		out.path(fmt.Sprintf("M%s %sl-5 -9h10z", num(p.x(t.Day)), num(bottom-1)), "fill:"+ink)
	}
	out.text((p.left+p.right)/2, bottom+40, "middle", "fill:"+quiet, c.XLabel)
	return out.close()
}

// across draws the horizontal lines and their figures.
func (p panel) across(out *canvas, step float64, said func(float64) string) {
	for i := 0; p.lo+float64(i)*step <= p.hi+step*1e-9; i++ {
		v := p.lo + float64(i)*step
		style := "stroke:" + line + ";stroke-width:1"
		if math.Abs(v) < step/1e6 {
			style = "stroke:" + ink + ";stroke-width:1"
		}
		out.line(p.left, p.y(v), p.right, p.y(v), style)
		out.text(p.left-8, p.y(v)+4, "end", "fill:"+quiet, said(v))
	}
}

// gap draws the difference and its band around zero.
func (c Curves) gap(out *canvas, p panel) {
	p.lo, p.hi = 0, 0
	for _, s := range c.Gap.Steps {
		p.lo, p.hi = min(p.lo, s.Lo), max(p.hi, s.Hi)
	}
	if p.lo == p.hi {
		p.hi = 1
	}
	step := niceStep((p.hi-p.lo)*1.02, 4)
	p.lo, p.hi = math.Floor(p.lo/step+1e-9)*step, math.Ceil(p.hi/step-1e-9)*step
	out.text(0, p.top-10, "start", "fill:"+quiet, c.Gap.Label)
	p.across(out, step, func(v float64) string { return signed(v, decimals(step)) })
	if d := p.band(c.Gap.Steps); d != "" {
		out.path(d, "fill:"+ink+";fill-opacity:.13")
	}
	out.path(p.way(c.Gap.Steps), "fill:none;stroke:"+ink+";stroke-width:2;stroke-linejoin:round")
	out.line(p.left, p.y(0), p.right, p.y(0), "stroke:"+ink+";stroke-width:1.2")
}

// from is where a line begins: at 0 on day 0, or in the panel of the difference
// where that is first known.
func (p panel) from(steps []Step) string {
	if p.late && len(steps) > 0 {
		return "M" + num(p.x(steps[0].Day)) + " " + num(p.y(steps[0].PerHundred))
	}
	return "M" + num(p.x(0)) + " " + num(p.y(0))
}

// way is the line of steps to the last day.
func (p panel) way(steps []Step) string {
	var d strings.Builder
	d.WriteString(p.from(steps))
	for _, s := range steps {
		if s.Day <= p.days {
			fmt.Fprintf(&d, "H%sV%s", num(p.x(s.Day)), num(p.y(s.PerHundred)))
		}
	}
	fmt.Fprintf(&d, "H%s", num(p.right))
	return d.String()
}

// band is the area between the steps' ends.
func (p panel) band(steps []Step) string {
	if len(steps) == 0 || steps[0].Day > p.days {
		return ""
	}
	var d strings.Builder
	fmt.Fprintf(&d, "M%s %s", num(p.x(steps[0].Day)), num(p.y(steps[0].Lo)))
	for _, s := range steps {
		if s.Day <= p.days {
			fmt.Fprintf(&d, "H%sV%s", num(p.x(s.Day)), num(p.y(s.Hi)))
		}
	}
	fmt.Fprintf(&d, "H%s", num(p.right))
	for i := len(steps) - 1; i >= 0; i-- {
		if s := steps[i]; s.Day <= p.days {
			fmt.Fprintf(&d, "V%sH%s", num(p.y(s.Lo)), num(p.x(s.Day)))
		}
	}
	return d.String() + "Z"
}

// hatch is the same area as upright hairlines.
func (p panel) hatch(steps []Step) string {
	var d strings.Builder
	next := 0
	current := Step{}
	for x := p.left + 3; x < p.right; x += 4 {
		for next < len(steps) && p.x(steps[next].Day) <= x {
			current, next = steps[next], next+1
		}
		if hi, lo := p.y(current.Hi), p.y(current.Lo); lo-hi > 0.4 {
			fmt.Fprintf(&d, "M%s %sV%s", num(x), num(hi), num(lo))
		}
	}
	return d.String()
}

// roomForNames is what the names and figures at the lines' ends take.
func (c Curves) roomForNames() float64 {
	longest := 0
	for _, l := range c.Lines {
		longest = max(longest, len([]rune(l.Name)))
	}
	return min(wideWidth/2, 56+7.8*float64(longest))
}

// lines draws the curves with a shape at every labelled day and the name and
// last figure at the end, or above where there is no room beside.
func (c Curves) lines(out *canvas, p panel, every int) {
	colours, shapes, dashes := []string{treat, hold}, []string{circle, square}, []string{"", ";stroke-dasharray:7 4"}
	for i, l := range c.Lines {
		if !l.Band {
			continue
		}
		if d := p.band(l.Steps); i%2 == 0 && d != "" {
			out.path(d, "fill:"+colours[0]+";fill-opacity:.16")
		} else if d := p.hatch(l.Steps); i%2 == 1 && d != "" {
			out.path(d, "fill:none;stroke:"+colours[1]+";stroke-width:1;stroke-opacity:.55")
		}
	}
	ends := make([]float64, len(c.Lines))
	for i, l := range c.Lines {
		ends[i] = p.y(l.at(float64(c.Days)))
	}
	labels := apart(ends, 16)
	for i, l := range c.Lines {
		colour, shape, dash := colours[i%2], shapes[i%2], dashes[i%2]
		out.path(p.way(l.Steps), "fill:none;stroke:"+colour+";stroke-width:2.5;stroke-linejoin:round"+dash)
		for day := every; day <= c.Days; day += every {
			out.mark(shape, p.x(float64(day)), p.y(l.at(float64(day))), 3.6, "fill:"+paper+";stroke:"+colour+";stroke-width:2")
		}
		said := l.Name + "  " + label(l.at(float64(c.Days)), 1)
		if c.Narrow {
			y := 34 + 20*float64(i)
			out.line(p.left-8, y-4, p.left+20, y-4, "stroke:"+colour+";stroke-width:2.5"+dash)
			out.mark(shape, p.left+6, y-4, 3.6, "fill:"+paper+";stroke:"+colour+";stroke-width:2")
			out.text(p.left+28, y, "start", "fill:"+colour+";font-weight:600", said)
			continue
		}
		out.line(p.right+3, ends[i], p.right+12, labels[i], "stroke:"+colour+";stroke-width:1")
		out.text(p.right+16, labels[i]+4, "start", "fill:"+colour+";font-weight:600", said)
	}
}

// at is the curve's height on a day.
func (l Line) at(day float64) float64 {
	v := 0.0
	for _, s := range l.Steps {
		if s.Day > day {
			break
		}
		v = s.PerHundred
	}
	return v
}

// placedTick is a tick with its place above the plot.
type placedTick struct {
	Tick
	from float64 // where its name begins
	row  int     // 0 is nearest to the plot; -1: no room for its name
}

// placeTicks puts names that would run into each other into further rows; a name
// that comes again is written once.
func (c Curves) placeTicks(x func(float64) float64, full float64) (rows int, placed []placedTick) {
	var free []float64 // where each row is free again
	for _, t := range c.Ticks {
		if t.Day < 0 || t.Day > float64(c.Days) {
			continue
		}
		long := 7.0 * float64(len([]rune(t.Name)))
		from := max(2, min(x(t.Day)-4, full-long-2))
		row := 0
		for row < len(free) && free[row] > from {
			row++
		}
		again := slices.ContainsFunc(placed, func(p placedTick) bool { return p.Name == t.Name })
		if again || row == tickRows {
			placed = append(placed, placedTick{t, 0, -1})
			continue
		}
		if row == len(free) {
			free = append(free, 0)
		}
		free[row] = from + long + 10
		placed = append(placed, placedTick{t, from, row})
	}
	return len(free), placed
}

// dayStep is the distance of labelled days, of which there are about so many at
// most: whole weeks or months where they fit.
func dayStep(days, most int) int {
	for _, step := range []int{1, 2, 5, 7, 10, 14, 30, 60, 90, 180} {
		if days/step <= most {
			return step
		}
	}
	return 365 * (1 + days/3650)
}

// apart moves labels so that neighbours keep a distance, without changing their
// order. It is meant for a few.
func apart(at []float64, distance float64) []float64 {
	out := append([]float64(nil), at...)
	for range len(out) {
		for i := range out {
			for j := i + 1; j < len(out); j++ {
				gap := math.Abs(out[i] - out[j])
				if gap >= distance {
					continue
				}
				up, down := i, j
				if at[j] < at[i] || at[j] == at[i] && j < i {
					up, down = j, i
				}
				push := (distance - gap) / 2
				out[up] -= push
				out[down] += push
			}
		}
	}
	return out
}
