package chart

import "math"

// People are a hundred customers: how many would have bought anyway, and how
// many the campaign added or lost. Sure says that the effect is more than
// chance; otherwise the added or lost are drawn as outlines.
type People struct {
	ID          string
	Title, Desc string
	Natural     float64 // per hundred
	Effect      float64 // per hundred; negative: lost
	Sure        bool
}

// SVG draws ten rows of ten.
func (p People) SVG() string {
	natural := clamp(math.Round(p.Natural))
	treated := clamp(math.Round(p.Natural + p.Effect))
	const cell = 19.0

	var out canvas
	out.open(p.ID, p.Title, p.Desc, 10*cell, 10*cell)
	for i := range 100 {
		x, y := cell*(float64(i%10)+0.5), cell*(float64(i/10)+0.5)
		switch {
		case i < min(natural, treated):
			out.mark(circle, x, y, 6, "fill:"+hold)
		case i < treated: // added
			fill := paper
			if p.Sure {
				fill = treat
			}
			out.mark(diamond, x, y, 5.4, "fill:"+fill+";stroke:"+treat+";stroke-width:1.6")
		case i < natural: // lost
			width := "1.4"
			if p.Sure {
				width = "3"
			}
			out.mark(cross, x, y, 4.5, "fill:none;stroke:"+hold+";stroke-width:"+width)
		default:
			out.mark(circle, x, y, 5, "fill:none;stroke:"+line+";stroke-width:1.4")
		}
	}
	return out.close()
}

func clamp(x float64) int { return int(min(100, max(0, x))) }
