package chart

import "math"

// Intervals are estimates with their ranges, one a row, on one axis.
type Intervals struct {
	ID          string
	Title, Desc string
	XLabel      string
	Rows        []Interval
	Marks       []Mark // 0 is always drawn; these besides
	Narrow      bool   // for a screen of a hand's width: names and figures stand above the ranges
}

// Interval is one row. Without an estimate the note is shown in its place.
type Interval struct {
	Name             string
	Estimate, Lo, Hi *float64 // nil does not exist
	Text             string   // the figures in words; empty: as signed numbers to a tenth
	Note             string
	Strong           bool // filled, as the one the verdict rests on
	Heading          bool // a row of its name alone, over those that follow
}

// Mark is a vertical line that the ranges are held against.
type Mark struct {
	At   float64
	Name string
}

const (
	wideWidth   = 720.0
	narrowWidth = 344.0

	intervalsLeft  = 170.0
	intervalsRight = 172.0
	intervalRow    = 32.0
	narrowRow      = 44.0
	headingRow     = 28.0
)

// SVG draws the rows; empty when there is none.
func (v Intervals) SVG() string {
	if len(v.Rows) == 0 {
		return ""
	}
	lo, hi := v.span()
	parts, left, right, full := 6, intervalsLeft, wideWidth-intervalsRight, wideWidth
	if v.Narrow {
		parts, left, right, full = 4, 10, narrowWidth-10, narrowWidth
	}
	step := niceStep((hi-lo)*1.1, parts)
	lo, hi = math.Floor(lo/step-0.05)*step, math.Ceil(hi/step+0.05)*step
	x := func(value float64) float64 { return left + (right-left)*(value-lo)/(hi-lo) }
	top := 12.0
	if len(v.Marks) > 0 {
		top = 28
	}
	base := top
	for _, r := range v.Rows {
		base += v.height(r)
	}

	var out canvas
	out.open(v.ID, v.Title, v.Desc, full, base+46)
	for i := 0; lo+float64(i)*step <= hi+step/1e6; i++ {
		value := lo + float64(i)*step
		out.line(x(value), top, x(value), base, "stroke:"+line)
		at := x(value)
		if v.Narrow { // the outermost figures stay within the picture
			room := 4.8 * float64(len(axis(value, decimals(step))))
			at = min(max(at, room), full-room)
		}
		out.text(at, base+18, "middle", "fill:"+quiet, axis(value, decimals(step)))
	}
	out.line(x(0), top-6, x(0), base+4, "stroke:"+ink+";stroke-width:1.5")
	out.text((left+right)/2, base+38, "middle", "fill:"+quiet, v.XLabel)
	for _, m := range v.Marks {
		out.line(x(m.At), top-6, x(m.At), base+4, "stroke:"+hold+";stroke-width:1.5;stroke-dasharray:5 3")
		name := m.Name + " " + signed(m.At, 1)
		room := 4 * float64(len([]rune(name)))
		out.text(min(max(x(m.At), room), full-room), top-12, "middle", "fill:"+hold, name)
	}
	y := top
	for _, r := range v.Rows {
		v.row(&out, r, x, y, full)
		y += v.height(r)
	}
	return out.close()
}

// span is what the axis has to hold.
func (v Intervals) span() (lo, hi float64) {
	for _, r := range v.Rows {
		for _, x := range []*float64{r.Estimate, r.Lo, r.Hi} {
			if x != nil {
				lo, hi = min(lo, *x), max(hi, *x)
			}
		}
	}
	for _, m := range v.Marks {
		lo, hi = min(lo, m.At), max(hi, m.At)
	}
	if lo == hi {
		return -0.5, 0.5
	}
	return lo, hi
}

func (v Intervals) height(r Interval) float64 {
	switch {
	case r.Heading:
		return headingRow
	case v.Narrow:
		return narrowRow
	}
	return intervalRow
}

// row draws one row from y on downwards.
func (v Intervals) row(out *canvas, r Interval, x func(float64) float64, y, full float64) {
	weight := ""
	if r.Strong {
		weight = ";font-weight:600"
	}
	if r.Heading {
		out.text(0, y+19, "start", "fill:"+quiet+";font-weight:600", r.Name)
		return
	}
	indent, said, at := 0.0, y+intervalRow/2+4, y+intervalRow/2
	letters := 25
	if v.Narrow {
		said, at, letters = y+17, y+31, 22
	}
	out.text(indent, said, "start", "fill:"+ink+weight, short(r.Name, letters))
	if r.Estimate == nil || r.Lo == nil || r.Hi == nil {
		out.text(full, said, "end", "fill:"+quiet, r.Note)
		return
	}
	stroke := "stroke:" + treat + ";stroke-width:2.5"
	out.line(x(*r.Lo), at, x(*r.Hi), at, stroke)
	out.line(x(*r.Lo), at-5, x(*r.Lo), at+5, stroke)
	out.line(x(*r.Hi), at-5, x(*r.Hi), at+5, stroke)
	fill := paper
	if r.Strong {
		fill = treat
	}
	out.mark(diamond, x(*r.Estimate), at, 4.6, "fill:"+fill+";stroke:"+treat+";stroke-width:2")
	text := r.Text
	if text == "" {
		text = signed(*r.Estimate, 1) + " (" + signed(*r.Lo, 1) + " to " + signed(*r.Hi, 1) + ")"
	}
	out.text(full, said, "end", "fill:"+ink+weight, text)
}

// axis is a signed number at an axis, with its thousands apart.
func axis(x float64, places int) string {
	text := grouped(math.Abs(x), places)
	switch {
	case signed(x, places) == label(0, places):
		return text
	case x < 0:
		return "-" + text
	}
	return "+" + text
}
