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
	size [2]int // arms and strata that there were
	tops []*Top // by metric; nil: the table has no say
}

// Caps is nil where no cap is a quantile of the table, and one reading was enough.
func (t *Tally) Caps() *Caps {
	c := &Caps{t: t, size: [2]int{len(t.arms), len(t.strata)}, tops: make([]*Top, len(t.q.Metrics))}
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
func (c *Caps) Add(arm, stratum []byte, values []int64) error {
	_, at, err := c.t.cell(arm, stratum)
	if err != nil {
		return ErrChanged
	}
	c.rows++
	for i, top := range c.tops {
		if top != nil {
			top.Add(values[i], at)
		}
	}
	return nil
}

// Done sets the caps, and takes away what lies above them.
func (c *Caps) Done() error {
	if c.rows != c.t.rows || c.size != [2]int{len(c.t.arms), len(c.t.strata)} {
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
				c.t.exceeds(i, c.t.cells[v.cell], v.units)
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
	kept kept    // the lowest first
}

// NewTop is for the quantile q in (0,1) of n values (type 7, as stats.Quantile).
func NewTop(n int64, q float64) *Top {
	below, part := math.Modf(q * float64(max(0, n-1)))
	return &Top{size: int(n - int64(below)), part: part}
}

// Add takes one of the values; cell says where it belongs.
func (t *Top) Add(units int64, cell int) {
	switch {
	case len(t.kept) < t.size:
		heap.Push(&t.kept, value{units, cell})
	case t.size > 0 && units > t.kept[0].units:
		t.kept[0] = value{units, cell}
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

type value struct {
	units int64
	cell  int
}

// kept is a heap with the lowest value on top.
type kept []value

func (k kept) Len() int           { return len(k) }
func (k kept) Less(i, j int) bool { return k[i].units < k[j].units }
func (k kept) Swap(i, j int)      { k[i], k[j] = k[j], k[i] }
func (k *kept) Push(v any)        { *k = append(*k, v.(value)) }
func (k *kept) Pop() any          { panic("analyze: a value kept is only replaced") }
