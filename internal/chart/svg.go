package chart

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// The colours' fallbacks keep 4.5:1 against white.
const (
	ink   = "var(--ink,#1d2529)"
	quiet = "var(--quiet,#5b6469)"
	line  = "var(--line,#d9d6ce)"
	treat = "var(--treat,#14599c)"
	hold  = "var(--hold,#a9500a)"
	paper = "var(--paper,#ffffff)"
)

// canvas collects the elements of one picture.
type canvas struct{ strings.Builder }

// open begins a picture of this size, in units that the page scales.
func (c *canvas) open(id, title, desc string, width, height float64) {
	id = html.EscapeString(id)
	fmt.Fprintf(c, `<svg class="chart" id="%s" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-title %s-desc" xmlns="http://www.w3.org/2000/svg" font-family="inherit" font-size="13">`+"\n",
		id, num(width), num(height), id, id)
	fmt.Fprintf(c, "<title id=\"%s-title\">%s</title>\n<desc id=\"%s-desc\">%s</desc>\n", id, html.EscapeString(title), id, html.EscapeString(desc))
}

func (c *canvas) close() string {
	c.WriteString("</svg>\n")
	return c.String()
}

func (c *canvas) line(x1, y1, x2, y2 float64, style string) {
	fmt.Fprintf(c, `<line x1="%s" y1="%s" x2="%s" y2="%s" style="%s"/>`+"\n", num(x1), num(y1), num(x2), num(y2), style)
}

func (c *canvas) path(d, style string) {
	fmt.Fprintf(c, `<path d="%s" style="%s"/>`+"\n", d, style)
}

// text is set at x, y; anchor is start, middle or end.
func (c *canvas) text(x, y float64, anchor, style, text string) {
	fmt.Fprintf(c, `<text x="%s" y="%s" text-anchor="%s" style="%s">%s</text>`+"\n", num(x), num(y), anchor, style, html.EscapeString(text))
}

// mark is a small shape that tells two series apart in black and white.
func (c *canvas) mark(shape string, x, y, r float64, style string) {
	switch shape {
	case circle:
		fmt.Fprintf(c, `<circle cx="%s" cy="%s" r="%s" style="%s"/>`+"\n", num(x), num(y), num(r), style)
	case square:
		fmt.Fprintf(c, `<rect x="%s" y="%s" width="%s" height="%s" style="%s"/>`+"\n", num(x-r), num(y-r), num(2*r), num(2*r), style)
	case diamond:
		r *= 1.35
		c.path(fmt.Sprintf("M%s %sL%s %sL%s %sL%s %sZ", num(x), num(y-r), num(x+r), num(y), num(x), num(y+r), num(x-r), num(y)), style)
	case cross:
		c.path(fmt.Sprintf("M%s %sL%s %sM%s %sL%s %s", num(x-r), num(y-r), num(x+r), num(y+r), num(x-r), num(y+r), num(x+r), num(y-r)), style)
	}
}

const (
	circle  = "circle"
	square  = "square"
	diamond = "diamond"
	cross   = "cross"
)

// num is a coordinate to a tenth of a unit.
func num(x float64) string {
	text := strconv.FormatFloat(math.Round(x*10)/10, 'f', 1, 64)
	text = strings.TrimSuffix(text, ".0")
	if text == "-0" {
		return "0"
	}
	return text
}

// niceStep is the smallest of 1, 2, 5 times a power of ten that cuts span into
// at most parts.
func niceStep(span float64, parts int) float64 {
	raw := span / float64(parts)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= raw*(1-1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// decimals is how many a step of this size needs.
func decimals(step float64) int {
	return int(max(0, math.Ceil(-math.Log10(step)-1e-9)))
}

func label(x float64, places int) string {
	text := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

func signed(x float64, places int) string {
	text := label(x, places)
	if strings.HasPrefix(text, "-") || strings.Trim(text, "0.") == "" {
		return text
	}
	return "+" + text
}
