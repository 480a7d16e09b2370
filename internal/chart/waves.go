package chart

import (
	"fmt"
	"strings"
)

// Waves is the way of a customer through a campaign: boxes in the order of time,
// arrows for what each counts from, and beside them the holdout's ghosts.
type Waves struct {
	ID          string
	Title, Desc string
	Start       string // how customers come in
	Treated     string // the branch that is written to
	Held        string // the branch that is not; empty: there is none
	Ghost       string // the word in the holdout's boxes
	Rounds      string // how often it is gone through; empty: once
	Boxes       []Box  // in the order of time
}

// Box is one wave.
type Box struct {
	Name   string
	Lines  []string // at most three, below the name
	From   int      // the box it counts from; -1: the start
	Arrow  string   // what stands at the arrow
	Strict bool     // the arrow is one that must have been accepted
	NoHold bool     // everybody gets it: there is no ghost
}

const (
	wavesWidth = 720.0
	boxLeft    = 96.0
	boxWidth   = 400.0
	ghostLeft  = 548.0
	ghostWidth = 164.0
	boxGap     = 44.0
	letters    = 52 // that fit into a box
)

func (b Box) height() float64 { return 30 + 18*float64(min(3, len(b.Lines))) }

// SVG draws the diagram; empty without a box.
func (w Waves) SVG() string {
	if len(w.Boxes) == 0 {
		return ""
	}
	tops := make([]float64, len(w.Boxes))
	y := 92.0
	for i, b := range w.Boxes {
		tops[i] = y
		y += b.height() + boxGap
	}
	end := y - boxGap
	height := end + 12
	if w.Rounds != "" {
		height += 34
	}

	var out canvas
	out.open(w.ID, w.Title, w.Desc, wavesWidth, height)
	w.start(&out)
	for i, b := range w.Boxes {
		w.arrow(&out, tops, i)
		if w.Held != "" && !b.NoHold {
			out.box(ghostLeft, tops[i], ghostWidth, b.height(), "fill:none;stroke:"+hold+";stroke-width:1.4;stroke-dasharray:5 3")
			out.text(ghostLeft+ghostWidth/2, tops[i]+b.height()/2+4, "middle", "fill:"+hold, w.Ghost)
		}
		out.box(boxLeft, tops[i], boxWidth, b.height(), "fill:"+paper+";stroke:"+treat+";stroke-width:1.8")
		out.text(boxLeft+14, tops[i]+20, "start", "font-weight:600;fill:"+ink, short(b.Name, letters))
		for j, text := range b.Lines[:min(3, len(b.Lines))] {
			out.text(boxLeft+14, tops[i]+38+18*float64(j), "start", "fill:"+quiet, short(text, letters))
		}
	}
	if w.Rounds != "" {
		out.path(fmt.Sprintf("M%s %sv16h%sv-%s", num(boxLeft+boxWidth/2), num(end), num(boxWidth/2+24), num(end+16-tops[0]-8)),
			"fill:none;stroke:"+quiet+";stroke-width:1.4;stroke-dasharray:2 3")
		out.head(boxLeft+boxWidth, tops[0]+8, -1, 0, quiet)
		out.line(boxLeft+boxWidth+24, tops[0]+8, boxLeft+boxWidth, tops[0]+8, "stroke:"+quiet+";stroke-width:1.4;stroke-dasharray:2 3")
		out.text(boxLeft+boxWidth/2, end+34, "middle", "fill:"+quiet, w.Rounds)
	}
	return out.close()
}

// start draws how customers come in, and the two branches.
func (w Waves) start(out *canvas) {
	out.box(boxLeft, 8, boxWidth, 30, "fill:none;stroke:"+ink+";stroke-width:1.4")
	out.text(boxLeft+boxWidth/2, 28, "middle", "fill:"+ink, short(w.Start, letters))
	out.text(boxLeft+boxWidth/2+10, 60, "start", "fill:"+treat, w.Treated)
	if w.Held == "" {
		return
	}
	middle := ghostLeft + ghostWidth/2
	out.path(fmt.Sprintf("M%s 23H%sV86", num(boxLeft+boxWidth), num(middle)), "fill:none;stroke:"+hold+";stroke-width:1.4;stroke-dasharray:5 3")
	out.head(middle, 92, 0, 1, hold)
	out.text(middle-8, 60, "end", "fill:"+hold, w.Held)
}

// arrow leads to a box from what it counts from: straight down from the one
// above it, and along the left side from one further up.
func (w Waves) arrow(out *canvas, tops []float64, i int) {
	b := w.Boxes[i]
	style := "fill:none;stroke:" + treat + ";stroke-width:1.6"
	if b.Strict {
		style = "fill:none;stroke:" + treat + ";stroke-width:3"
	}
	x, to := boxLeft+boxWidth/2, tops[i]
	from := 38.0
	if b.From >= 0 {
		from = tops[b.From] + w.Boxes[b.From].height()
	}
	if b.From == i-1 {
		out.path(fmt.Sprintf("M%s %sV%s", num(x), num(from), num(to-6)), style)
		out.head(x, to, 0, 1, treat)
		out.text(x-10, to-18, "end", "fill:"+ink, b.Arrow)
		return
	}
	if b.From >= 0 {
		from = tops[b.From] + w.Boxes[b.From].height()/2
	} else {
		from = 23
	}
	side := boxLeft - 22 - 10*float64((i-b.From)%6)
	middle := to + b.height()/2
	out.path(fmt.Sprintf("M%s %sH%sV%sH%s", num(boxLeft), num(from), num(side), num(middle), num(boxLeft-6)), style)
	out.head(boxLeft, middle, 1, 0, treat)
	out.text(boxLeft+14, to-14, "start", "fill:"+ink, b.Arrow)
}

// head is the point of an arrow that arrives at x, y in a direction.
func (c *canvas) head(x, y, dx, dy float64, colour string) {
	c.path(fmt.Sprintf("M%s %sL%s %sL%s %sZ", num(x), num(y), num(x-8*dx-4.5*dy), num(y-8*dy-4.5*dx), num(x-8*dx+4.5*dy), num(y-8*dy+4.5*dx)), "fill:"+colour)
}

func (c *canvas) rect(x, y, width, height float64, style string) {
	fmt.Fprintf(c, `<rect x="%s" y="%s" width="%s" height="%s" style="%s"/>`+"\n", num(x), num(y), num(width), num(height), style)
}

// box is a rectangle with round corners.
func (c *canvas) box(x, y, width, height float64, style string) {
	fmt.Fprintf(c, `<rect x="%s" y="%s" width="%s" height="%s" rx="5" style="%s"/>`+"\n", num(x), num(y), num(width), num(height), style)
}

// short cuts a text to so many letters; the table beside has the whole.
func short(text string, letters int) string {
	if runes := []rune(text); len(runes) > letters {
		return strings.TrimRight(string(runes[:letters-1]), " ") + "…"
	}
	return text
}
