package chart

import (
	"fmt"
	"strings"
)

// Funnel is what becomes of a number step by step, as bars from zero on one
// scale: one bar below the other, in groups.
type Funnel struct {
	ID          string
	Title, Desc string
	Groups      []Group
	Key         []Part // what the kinds are, where the bars have several parts; counts are not looked at
	Narrow      bool   // for a screen of a hand's width: names stand above the bars
}

// Group is a few bars under a name.
type Group struct {
	Name string
	Bars []Stage
}

// Stage is one bar, its parts end to end, with its name before and its figure
// behind it.
type Stage struct {
	Name, Text string
	Parts      []Part
	Strong     bool
}

// Part is a piece of a bar.
type Part struct {
	Name  string // in the key
	Count int64
	Kind  Kind
}

// Kind is how a part is drawn; each can be told from the others without colour.
type Kind int

const (
	Whole   Kind = iota // an outline: what all the rest is of
	Passed              // solid
	Dropped             // hatched
	Ghost               // a dashed outline
)

const (
	funnelLeft  = 222.0
	funnelRight = 124.0
	funnelRow   = 23.0
	funnelThick = 14.0
)

// SVG draws the bars; empty when nothing was counted.
func (f Funnel) SVG() string {
	most := int64(0)
	for _, g := range f.Groups {
		for _, b := range g.Bars {
			most = max(most, b.total())
		}
	}
	if most == 0 {
		return ""
	}
	full, left, right, row := wideWidth, funnelLeft, wideWidth-funnelRight, funnelRow
	if f.Narrow {
		full, left, right, row = narrowWidth, 0.0, narrowWidth-1, 35
	}
	scale := (right - left) / float64(most)
	height := 4.0
	if len(f.Key) > 0 {
		height += 26
	}
	for i, g := range f.Groups {
		if g.Name != "" {
			height += 26
		}
		if i > 0 {
			height += 8
		}
		height += row * float64(len(g.Bars))
	}

	var out canvas
	out.open(f.ID, f.Title, f.Desc, full, height+2)
	y := 4.0
	if len(f.Key) > 0 {
		f.key(&out, left)
		y += 26
	}
	for i, g := range f.Groups {
		if i > 0 {
			y += 8
		}
		if g.Name != "" {
			out.text(0, y+15, "start", "fill:"+ink+";font-weight:600", g.Name)
			out.line(0, y+21.5, full, y+21.5, "stroke:"+line)
			y += 26
		}
		for _, b := range g.Bars {
			weight := ""
			if b.Strong {
				weight = ";font-weight:600"
			}
			bar, thick := y+(row-funnelThick)/2, funnelThick
			if f.Narrow {
				bar, thick = y+20, 9
				out.text(0, y+14, "start", "fill:"+ink+weight, short(b.Name, 30))
				out.text(full, y+14, "end", "fill:"+ink+weight, b.Text)
			} else {
				out.text(0, y+row/2+4.5, "start", "fill:"+ink+weight, short(b.Name, 31))
			}
			end := left
			for _, p := range b.Parts {
				if p.Count > 0 {
					width := max(1, float64(p.Count)*scale)
					out.part(p.Kind, end, bar, width, thick)
					end += width
				}
			}
			if !f.Narrow {
				out.text(end+8, y+row/2+4.5, "start", "fill:"+ink+weight, b.Text)
			}
			y += row
		}
	}
	return out.close()
}

func (f Funnel) key(out *canvas, left float64) {
	x := left
	for _, p := range f.Key {
		out.part(p.Kind, x, 5, 22, 11)
		out.text(x+28, 15, "start", "fill:"+ink, p.Name)
		x += 28 + 7.4*float64(len([]rune(p.Name))) + 18
	}
}

func (s Stage) total() int64 {
	n := int64(0)
	for _, p := range s.Parts {
		n += p.Count
	}
	return n
}

// part draws a piece of a bar in the manner of its kind.
func (c *canvas) part(kind Kind, x, y, width, thick float64) {
	inner := func(style string) { // the stroke stays within the bar
		c.rect(x+0.7, y+0.7, max(0.1, width-1.4), thick-1.4, style)
	}
	switch kind {
	case Whole:
		inner("fill:none;stroke:" + ink + ";stroke-width:1.4")
	case Passed:
		c.rect(x, y, width, thick, "fill:"+treat)
	case Ghost:
		inner("fill:none;stroke:" + hold + ";stroke-width:1.4;stroke-dasharray:4 3")
	case Dropped:
		inner("fill:none;stroke:" + quiet + ";stroke-width:1")
		var d strings.Builder
		for at := x + 4; at < x+width-1; at += 4 {
			fmt.Fprintf(&d, "M%s %sV%s", num(at), num(y+1), num(y+thick-1))
		}
		if d.Len() > 0 {
			c.path(d.String(), "fill:none;stroke:"+quiet+";stroke-width:1")
		}
	}
}
