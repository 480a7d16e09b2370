package analyze

import (
	"container/heap"
	"errors"
	"math"
)

// Caps finds, in a second reading of the table, the caps that are quantiles of it.
type Caps struct {
	t    *Tally
	rows int64
	size [3]int // arms, strata and clusters that there were
	tops []*Top // by metric; nil: the table has no say
}

// Caps is nil where no cap is a quantile of the table, and one reading was enough.
func (t *Tally) Caps() *Caps {
	c := &Caps{t: t, size: t.size(), tops: make([]*Top, len(t.q.Metrics))}
	any := false
	control := t.part(t.q.Control).n
	for i, m := range t.q.Metrics {
		q := m.quantile(control)
		if q == 0 {
			continue
		}
		any = true
		c.tops[i] = NewTop(t.rows, q)
		t.caps[i].quantile = q
	}
	if !any {
		return nil
	}
	return c
}

// ErrChanged says that a table read twice was not the same.
var ErrChanged = errors.New("it changed while it was read")

// Add counts a row again.
func (c *Caps) Add(row Row) error {
	_, at, err := c.t.cell(row)
	if err != nil {
		return ErrChanged
	}
	held := int32(0)
	if c.t.clusters != nil {
		if held, err = c.t.clusters.find(row.Cluster, at/MaxStrata, c.t.q.Cluster); err != nil {
			return ErrChanged
		}
	}
	c.rows++
	for i, top := range c.tops {
		if top != nil {
			top.add(kept{row.Values[i], row.Covariate, int32(at), held})
		}
	}
	return nil
}

// Done sets the caps, and takes away what lies above them.
func (c *Caps) Done() error {
	if c.rows != c.t.rows || c.size != c.t.size() {
		return ErrChanged
	}
	for i, top := range c.tops {
		if top == nil {
			continue
		}
		cap := &c.t.caps[i]
		cap.known, cap.units = true, top.Quantile()
		for _, v := range top.kept {
			if v.units > cap.units {
				c.t.exceeds(i, c.t.cells[v.cell], v.units, v.covariate)
				if c.t.clusters != nil {
					c.t.clusters.held[v.held].less(i, v.units-cap.units)
				}
			}
		}
	}
	return nil
}

// Top keeps the largest of a known number of values: all that a quantile near 1
// depends on.
type Top struct {
	size int
	part float64 // of the way from the lowest kept to the one above it
	kept heaped  // the lowest first
}

// NewTop is for the quantile q in (0,1) of n values (type 7, as stats.Quantile).
func NewTop(n int64, q float64) *Top {
	below, part := math.Modf(q * float64(max(0, n-1)))
	return &Top{size: int(n - int64(below)), part: part}
}

// Add takes one of the values.
func (t *Top) Add(units int64) { t.add(kept{units: units}) }

func (t *Top) add(v kept) {
	switch {
	case len(t.kept) < t.size:
		heap.Push(&t.kept, v)
	case t.size > 0 && v.units > t.kept[0].units:
		t.kept[0] = v
		heap.Fix(&t.kept, 0)
	}
}

// Quantile is it, rounded half to even to a whole unit; 0 of no values. All n must
// have been added.
func (t *Top) Quantile() int64 {
	if len(t.kept) == 0 {
		return 0
	}
	lowest := t.kept[0].units
	next := int64(math.MaxInt64)
	for _, v := range t.kept[1:min(3, len(t.kept))] { // the second lowest of a heap stands right below its top
		next = min(next, v.units)
	}
	if len(t.kept) == 1 {
		next = lowest
	}
	return int64(math.RoundToEven(float64(lowest) + t.part*float64(next-lowest)))
}

// kept is a value with all that its cap takes something away from.
type kept struct {
	units, covariate int64
	cell, held       int32 // places in Tally.cells and in clusters.held
}

// heaped is a heap with the lowest value on top.
type heaped []kept

func (h heaped) Len() int           { return len(h) }
func (h heaped) Less(i, j int) bool { return h[i].units < h[j].units }
func (h heaped) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heaped) Push(v any)        { *h = append(*h, v.(kept)) }
func (h *heaped) Pop() any          { panic("analyze: a value kept is only replaced") }
