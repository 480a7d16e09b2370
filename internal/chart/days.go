package chart

import (
	"strconv"
)

// Days are amounts day by day, one bar a day: what is done and, on top of it as
// an outline, what is held back.
type Days struct {
	ID          string
	Title, Desc string
	Done, Held  string // what the two parts are, for the key
	Bars        []Bar  // in order; days without anything are not left out
}

// Bar is one day. An empty label is not written.
type Bar struct {
	Label      string
	Done, Held float64
}

const (
	daysWidth  = 720.0
	daysLeft   = 62.0
	daysHeight = 120.0
	daysTop    = 26.0
)

// SVG draws the bars from zero on; empty when there is none.
func (d Days) SVG() string {
	top := 0.0
	for _, b := range d.Bars {
		top = max(top, b.Done+b.Held)
	}
	if top == 0 {
		return ""
	}
	step := niceStep(top, 3)
	high := step
	for high < top {
		high += step
	}
	base := daysTop + daysHeight
	y := func(n float64) float64 { return base - daysHeight*n/high }
	slot := (daysWidth - daysLeft) / float64(len(d.Bars))
	width := max(0.6, min(22, slot*0.8))

	var out canvas
	out.open(d.ID, d.Title, d.Desc, daysWidth, base+26)
	for n := 0.0; n <= high*(1+1e-9); n += step {
		out.line(daysLeft, y(n), daysWidth, y(n), "stroke:"+line)
		out.text(daysLeft-8, y(n)+4, "end", "fill:"+quiet, grouped(n, decimals(step)))
	}
	out.rect(daysLeft, 3, 11, 11, "fill:"+treat)
	out.text(daysLeft+17, 13, "start", "fill:"+ink, d.Done)
	beside := daysLeft + 17 + 8*float64(len([]rune(d.Done))) + 20
	out.rect(beside, 3, 11, 11, "fill:"+paper+";stroke:"+hold+";stroke-width:1.4;stroke-dasharray:3 2")
	out.text(beside+17, 13, "start", "fill:"+ink, d.Held)
	written := -1e9
	for i, b := range d.Bars {
		left := daysLeft + slot*(float64(i)+0.5) - width/2
		if b.Done > 0 {
			out.rect(left, y(b.Done), width, base-y(b.Done), "fill:"+treat)
		}
		if b.Held > 0 {
			out.rect(left, y(b.Done+b.Held), width, y(b.Done)-y(b.Done+b.Held), "fill:"+paper+";stroke:"+hold+";stroke-width:1;stroke-dasharray:3 2")
		}
		middle := left + width/2
		half := 4 * float64(len([]rune(b.Label)))
		if b.Label != "" && middle-half > written && middle+half <= daysWidth+half/2 {
			out.text(min(middle, daysWidth-half), base+18, "middle", "fill:"+quiet, b.Label)
			written = middle + half + 6
		}
	}
	out.line(daysLeft, base, daysWidth, base, "stroke:"+ink+";stroke-width:1.2")
	return out.close()
}

// grouped is a number with its thousands apart.
func grouped(x float64, places int) string {
	text := strconv.FormatFloat(x, 'f', places, 64)
	whole := len(text)
	if places > 0 {
		whole -= places + 1
	}
	for i := whole - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
