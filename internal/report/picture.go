package report

import (
	"html/template"

	"github.com/rewave/rewave/internal/chart"
)

// picture is a drawing in two forms, of which a page shows the one that fits.
type picture struct{ Wide, Narrow template.HTML }

// The narrow form has an ID of its own: both are in the page.
const narrow = "-narrow"

// drawing tells a picture's ID from that of its section.
const drawing = "-chart"

func drawn(wide, narrow string) *picture {
	if wide == "" {
		return nil
	}
	return &picture{template.HTML(wide), template.HTML(narrow)}
}

func drawnIntervals(c chart.Intervals) *picture {
	small := c
	small.ID, small.Narrow = c.ID+narrow, true
	return drawn(c.SVG(), small.SVG())
}

func drawnCurves(c chart.Curves) *picture {
	small := c
	small.ID, small.Narrow = c.ID+narrow, true
	return drawn(c.SVG(), small.SVG())
}

func drawnFunnel(c chart.Funnel) *picture {
	small := c
	small.ID, small.Narrow = c.ID+narrow, true
	return drawn(c.SVG(), small.SVG())
}
