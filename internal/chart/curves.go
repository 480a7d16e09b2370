package chart

import (
	"fmt"
	"math"
	"strings"
)

// Curves are cumulative shares over days: they start at nothing on day 0 and
// only rise. At most two are told apart by line, dash and shape.
type Curves struct {
	ID          string // unique in the page
	Title, Desc string
	XLabel      string
	YLabel      string
	Days        int // the right edge
	Lines       []Line
	Ticks       []Tick
}

// Line is one curve; Steps are ordered by day.
type Line struct {
	Name  string
	Steps []Step
}

// Step says that the curve is at PerHundred from Day on.
type Step struct {
	Day        float64
	PerHundred float64
}

// Tick marks a day, as that of a wave.
type Tick struct {
	Day  float64
	Name string
}

const (
	curvesWidth  = 720.0
	curvesLeft   = 48.0
	curvesHeight = 230.0 // of the plot alone
	tickRow      = 17.0
)

// SVG draws the curves; empty when there is nothing to draw.
func (c Curves) SVG() string {
	if c.Days < 1 || len(c.Lines) == 0 {
		return ""
	}
	highest := 0.0
	for _, l := range c.Lines {
		for _, s := range l.Steps {
			highest = max(highest, s.PerHundred)
		}
	}
	if highest == 0 {
		highest = 1
	}
	step := niceStep(highest*1.05, 5)
	top := math.Ceil(highest*1.02/step) * step

	width := curvesWidth - curvesLeft - c.roomForNames()
	x := func(day float64) float64 { return curvesLeft + width*day/float64(c.Days) }
	rows, placed := c.placeTicks(x)
	upper := 26 + tickRow*float64(rows)
	base := upper + curvesHeight
	y := func(v float64) float64 { return base - curvesHeight*v/top }

	var out canvas
	out.open(c.ID, c.Title, c.Desc, curvesWidth, base+48)
	out.text(curvesLeft-38, 14, "start", "fill:"+quiet, c.YLabel)
	for i := 0; float64(i)*step <= top*(1+1e-9); i++ {
		v := float64(i) * step
		style := "stroke:" + line + ";stroke-width:1"
		if i == 0 {
			style = "stroke:" + ink + ";stroke-width:1"
		}
		out.line(curvesLeft, y(v), curvesLeft+width, y(v), style)
		out.text(curvesLeft-8, y(v)+4, "end", "fill:"+quiet, label(v, decimals(step)))
	}
	every := dayStep(c.Days)
	for day := 0; day <= c.Days; day += every {
		out.line(x(float64(day)), base, x(float64(day)), base+5, "stroke:"+ink)
		out.text(x(float64(day)), base+20, "middle", "fill:"+quiet, fmt.Sprint(day))
	}
	out.text(curvesLeft+width/2, base+40, "middle", "fill:"+quiet, c.XLabel)
	for _, t := range placed {
		out.line(x(t.Day), upper-tickRow*float64(t.row)-2, x(t.Day), base, "stroke:"+quiet+";stroke-width:1;stroke-dasharray:1 4")
		out.path(fmt.Sprintf("M%s %sl-5 9h10z", num(x(t.Day)), num(base+1)), "fill:"+ink)
		out.text(t.from, upper-tickRow*float64(t.row)-6, "start", "fill:"+quiet, t.Name)
	}
	c.lines(&out, x, y, every)
	return out.close()
}

// roomForNames is what the names and figures at the lines' ends take.
func (c Curves) roomForNames() float64 {
	longest := 0
	for _, l := range c.Lines {
		longest = max(longest, len([]rune(l.Name)))
	}
	return min(curvesWidth/2, 56+7.8*float64(longest))
}

// lines draws the curves with a shape at every labelled day and the name and
// last figure at the end.
func (c Curves) lines(out *canvas, x, y func(float64) float64, every int) {
	colours, shapes, dashes := []string{treat, hold}, []string{circle, square}, []string{"", ";stroke-dasharray:7 4"}
	ends := make([]float64, len(c.Lines))
	for i, l := range c.Lines {
		ends[i] = y(l.at(float64(c.Days)))
	}
	labels := apart(ends, 16)
	for i, l := range c.Lines {
		colour, shape, dash := colours[i%2], shapes[i%2], dashes[i%2]
		var d strings.Builder
		fmt.Fprintf(&d, "M%s %s", num(x(0)), num(y(0)))
		for _, s := range l.Steps {
			if s.Day <= float64(c.Days) {
				fmt.Fprintf(&d, "H%sV%s", num(x(s.Day)), num(y(s.PerHundred)))
			}
		}
		fmt.Fprintf(&d, "H%s", num(x(float64(c.Days))))
		out.path(d.String(), "fill:none;stroke:"+colour+";stroke-width:2.5;stroke-linejoin:round"+dash)
		for day := every; day <= c.Days; day += every {
			out.mark(shape, x(float64(day)), y(l.at(float64(day))), 3.6, "fill:"+paper+";stroke:"+colour+";stroke-width:2")
		}
		end := x(float64(c.Days))
		out.line(end+3, ends[i], end+12, labels[i], "stroke:"+colour+";stroke-width:1")
		out.text(end+16, labels[i]+4, "start", "fill:"+colour+";font-weight:600", l.Name+"  "+label(l.at(float64(c.Days)), 1))
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
	row  int     // 0 is nearest to the plot
}

// placeTicks puts names that would run into each other into further rows.
func (c Curves) placeTicks(x func(float64) float64) (rows int, placed []placedTick) {
	var free []float64 // where each row is free again
	for _, t := range c.Ticks {
		if t.Day < 0 || t.Day > float64(c.Days) {
			continue
		}
		long := 7.0 * float64(len([]rune(t.Name)))
		from := max(2, min(x(t.Day)-4, curvesWidth-long-2))
		row := 0
		for row < len(free) && free[row] > from {
			row++
		}
		if row == len(free) {
			free = append(free, 0)
		}
		free[row] = from + long + 10
		placed = append(placed, placedTick{t, from, row})
	}
	return len(free), placed
}

// dayStep is the distance of labelled days: whole weeks or months where they fit.
func dayStep(days int) int {
	for _, step := range []int{1, 2, 5, 7, 10, 14, 30, 60, 90, 180} {
		if days/step <= 9 {
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
