package chart

import "math"

// Intervals are estimates with their ranges, one a row, on one axis per hundred.
type Intervals struct {
	ID          string
	Title, Desc string
	XLabel      string
	Rows        []Interval
	Marks       []Mark // 0 is always drawn; these besides
}

// Interval is one row. Without an estimate the note is shown in its place.
type Interval struct {
	Name             string
	Estimate, Lo, Hi *float64 // per hundred; nil does not exist
	Note             string
	Strong           bool // the one the verdict rests on
}

// Mark is a vertical line that the ranges are held against.
type Mark struct {
	At   float64
	Name string
}

const (
	intervalsWidth = 720.0
	intervalsLeft  = 170.0
	intervalsRight = 170.0
	intervalRow    = 34.0
)

// SVG draws the rows; empty when there is none.
func (v Intervals) SVG() string {
	if len(v.Rows) == 0 {
		return ""
	}
	lo, hi := -0.5, 0.5
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
	step := niceStep((hi-lo)*1.1, 6)
	lo, hi = math.Floor(lo/step-0.05)*step, math.Ceil(hi/step+0.05)*step

	width := intervalsWidth - intervalsLeft - intervalsRight
	x := func(value float64) float64 { return intervalsLeft + width*(value-lo)/(hi-lo) }
	top := 30.0
	base := top + intervalRow*float64(len(v.Rows))

	var out canvas
	out.open(v.ID, v.Title, v.Desc, intervalsWidth, base+46)
	for i := 0; lo+float64(i)*step <= hi+step/1e6; i++ {
		value := lo + float64(i)*step
		out.line(x(value), top, x(value), base, "stroke:"+line)
		out.text(x(value), base+18, "middle", "fill:"+quiet, signed(value, decimals(step)))
	}
	out.line(x(0), top-6, x(0), base+4, "stroke:"+ink+";stroke-width:1.5")
	out.text(intervalsLeft+width/2, base+38, "middle", "fill:"+quiet, v.XLabel)
	for _, m := range v.Marks {
		out.line(x(m.At), top-6, x(m.At), base+4, "stroke:"+hold+";stroke-width:1.5;stroke-dasharray:5 3")
		out.text(x(m.At), top-12, "middle", "fill:"+hold, m.Name+" "+signed(m.At, 1))
	}
	for i, r := range v.Rows {
		v.row(&out, r, x, top+intervalRow*(float64(i)+0.5))
	}
	return out.close()
}

func (v Intervals) row(out *canvas, r Interval, x func(float64) float64, y float64) {
	weight := ""
	if r.Strong {
		weight = ";font-weight:600"
	}
	out.text(0, y+4, "start", "fill:"+ink+weight, r.Name)
	if r.Estimate == nil || r.Lo == nil || r.Hi == nil {
		out.text(intervalsWidth, y+4, "end", "fill:"+quiet, r.Note)
		return
	}
	stroke := "stroke:" + treat + ";stroke-width:2.5"
	out.line(x(*r.Lo), y, x(*r.Hi), y, stroke)
	out.line(x(*r.Lo), y-5, x(*r.Lo), y+5, stroke)
	out.line(x(*r.Hi), y-5, x(*r.Hi), y+5, stroke)
	fill := paper
	if r.Strong {
		fill = treat
	}
	out.mark(diamond, x(*r.Estimate), y, 4.6, "fill:"+fill+";stroke:"+treat+";stroke-width:2")
	out.text(intervalsWidth, y+4, "end", "fill:"+ink+weight,
		signed(*r.Estimate, 1)+" ("+signed(*r.Lo, 1)+" to "+signed(*r.Hi, 1)+")")
}
