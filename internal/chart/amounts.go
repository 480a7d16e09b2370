package chart

import "math"

// Amounts stand side by side as bars, each from 0, one a row, on one axis.
type Amounts struct {
	ID          string
	Title, Desc string
	XLabel      string
	Rows        []Amount
	Narrow      bool
}

// Amount is one row. Without a value the note is shown in its place.
type Amount struct {
	Name    string
	Value   *float64 // nil does not exist
	Lo, Hi  *float64 // its range; nil: none is drawn
	Text    string   // the figures in words
	Note    string
	Held    bool   // of those held out, in the second colour
	Heading bool   // a row of its name alone
	Limits  []Mark // lines across this row alone, as of what it must not pass
}

// SVG draws the rows; empty when there is none.
func (v Amounts) SVG() string {
	if len(v.Rows) == 0 {
		return ""
	}
	lo, hi := v.span()
	parts, left, right, full := 6, intervalsLeft, wideWidth-intervalsRight, wideWidth
	if v.Narrow {
		parts, left, right, full = 4, 10, narrowWidth-10, narrowWidth
	}
	step := niceStep(hi-lo, parts)
	lo, hi = math.Floor(lo/step+1e-9)*step, math.Ceil(hi/step-1e-9)*step
	x := func(value float64) float64 { return left + (right-left)*(value-lo)/(hi-lo) }
	rows := Intervals{Narrow: v.Narrow}
	const top = 12.0
	base := top
	for _, r := range v.Rows {
		base += rows.height(Interval{Heading: r.Heading})
	}

	var out canvas
	out.open(v.ID, v.Title, v.Desc, full, base+46)
	for i := 0; lo+float64(i)*step <= hi+step/1e6; i++ {
		value := lo + float64(i)*step
		text := grouped(math.Abs(value), decimals(step))
		if value < -step/2 {
			text = "-" + text
		}
		out.line(x(value), top, x(value), base, "stroke:"+line)
		room := 4.8 * float64(len(text))
		out.text(min(max(x(value), room), full-room), base+18, "middle", "fill:"+quiet, text)
	}
	out.line(x(0), top-6, x(0), base+4, "stroke:"+ink+";stroke-width:1.5")
	out.text((left+right)/2, base+38, "middle", "fill:"+quiet, v.XLabel)
	y := top
	for _, r := range v.Rows {
		v.row(&out, r, x, y, full)
		y += rows.height(Interval{Heading: r.Heading})
	}
	return out.close()
}

// span is what the axis has to hold; 0 is always on it.
func (v Amounts) span() (lo, hi float64) {
	for _, r := range v.Rows {
		for _, at := range []*float64{r.Value, r.Lo, r.Hi} {
			if at != nil && r.Value != nil {
				lo, hi = min(lo, *at), max(hi, *at)
			}
		}
		for _, m := range r.Limits {
			lo, hi = min(lo, m.At), max(hi, m.At)
		}
	}
	if lo == hi {
		return 0, 1
	}
	return lo, hi
}

func (v Amounts) row(out *canvas, r Amount, x func(float64) float64, y, full float64) {
	if r.Heading {
		out.text(0, y+19, "start", "fill:"+quiet+";font-weight:600", r.Name)
		return
	}
	said, at, letters := y+intervalRow/2+4, y+intervalRow/2, 25
	if v.Narrow {
		said, at, letters = y+15, y+31, 22
	}
	out.text(0, said, "start", "fill:"+ink, short(r.Name, letters))
	for _, m := range r.Limits {
		out.line(x(m.At), at-11, x(m.At), at+11, "stroke:"+ink+";stroke-width:2;stroke-dasharray:3 2")
	}
	if r.Value == nil {
		out.text(full, said, "end", "fill:"+quiet, r.Note)
		return
	}
	fill := "fill:" + treat
	if r.Held { // hollow as well as of another colour
		fill = "fill:" + paper + ";stroke:" + hold + ";stroke-width:1.5"
	}
	from, to := x(min(0, *r.Value)), x(max(0, *r.Value))
	out.path("M"+num(from)+" "+num(at-7)+"H"+num(to)+"V"+num(at+7)+"H"+num(from)+"Z", fill)
	if r.Lo != nil && r.Hi != nil {
		stroke := "stroke:" + ink + ";stroke-width:1.5"
		out.line(x(*r.Lo), at, x(*r.Hi), at, stroke)
		out.line(x(*r.Lo), at-4, x(*r.Lo), at+4, stroke)
		out.line(x(*r.Hi), at-4, x(*r.Hi), at+4, stroke)
	}
	out.text(full, said, "end", "fill:"+ink, r.Text)
}
