package analyze

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/stats"
)

// What a table may have at most: a column with more is no arm and no stratum, but
// the name of a row.
const (
	MaxArms   = 50
	MaxStrata = 200
)

// Tally is the sums of a table by arm and stratum. Its memory grows with these, not
// with the rows.
type Tally struct {
	q      Question
	rows   int64
	arms   map[string]int
	strata map[string]int
	cells  []*cell // by arm*MaxStrata + stratum; nil: nobody
	caps   []capped
}

// cell is one arm in one stratum.
type cell struct {
	n       int64
	metrics []sums
}

// sums are of one metric over the rows of a cell.
type sums struct {
	some  int64  // rows where it is not 0
	whole powers // of the values as they are
	over  powers // what a cap takes away from them

	size    wide  // of the values without their signs
	largest int64 // of them
}

// capped is the cap of one metric and what it did.
type capped struct {
	known    bool
	units    int64
	quantile float64 // 0: of none
	above    int64   // rows above it
}

// NewTally is of no row yet.
func NewTally(q Question) *Tally {
	t := &Tally{q: q, arms: map[string]int{}, strata: map[string]int{}, caps: make([]capped, len(q.Metrics))}
	for i, m := range q.Metrics {
		if m.Cap.Fixed {
			t.caps[i] = capped{known: true, units: m.Cap.Units, quantile: m.Cap.Quantile}
		}
	}
	return t
}

// Add counts one row with the values of the question's metrics, in its order. An
// error says that there are more arms or strata than an experiment has.
func (t *Tally) Add(arm, stratum []byte, values []int64) error {
	c, _, err := t.cell(arm, stratum)
	if err != nil {
		return err
	}
	t.rows++
	c.n++
	for i, v := range values {
		if v == 0 {
			continue
		}
		s := &c.metrics[i]
		s.some++
		if t.q.Metrics[i].Kind == Binary {
			continue
		}
		s.whole.add(v)
		s.size.add(wide{uint64(abs(v))})
		s.largest = max(s.largest, abs(v))
		if cap := &t.caps[i]; cap.known && v > cap.units {
			t.exceeds(i, c, v)
		}
	}
	return nil
}

// exceeds takes away what a value has above its cap.
func (t *Tally) exceeds(metric int, c *cell, v int64) {
	cap := &t.caps[metric]
	cap.above++
	c.metrics[metric].over.add(v)
	var at powers
	at.add(cap.units)
	c.metrics[metric].over.less(at)
}

// cell finds or makes the place of a row.
func (t *Tally) cell(arm, stratum []byte) (*cell, int, error) {
	a, known := t.arms[string(arm)]
	if !known {
		if len(t.arms) == MaxArms {
			return nil, 0, tooMany(t.q.Arm, "arms", MaxArms)
		}
		a = len(t.arms)
		t.arms[string(arm)] = a
		t.cells = append(t.cells, make([]*cell, MaxStrata)...)
	}
	s, known := t.strata[string(stratum)]
	if !known {
		if len(t.strata) == MaxStrata {
			return nil, 0, tooMany(t.q.Stratum, "strata", MaxStrata)
		}
		s = len(t.strata)
		t.strata[string(stratum)] = s
	}
	at := a*MaxStrata + s
	if t.cells[at] == nil {
		t.cells[at] = &cell{metrics: make([]sums, len(t.q.Metrics))}
	}
	return t.cells[at], at, nil
}

func tooMany(column, what string, most int) error {
	return fault.New(fault.Invalid, fmt.Sprintf("the column %q has more than %d values; these cannot be %s", column, most, what), "name the column that says the group of a row, not the row")
}

// Rows is how many were counted.
func (t *Tally) Rows() int64 { return t.rows }

// Arms are the names that occur, sorted.
func (t *Tally) Arms() []string { return slices.Sorted(maps.Keys(t.arms)) }

// Strata are the names that occur, sorted.
func (t *Tally) Strata() []string { return slices.Sorted(maps.Keys(t.strata)) }

// part is the cells of an arm in the strata named, all of them for none, together.
func (t *Tally) part(arm string, strata ...string) cell {
	sum := cell{metrics: make([]sums, len(t.q.Metrics))}
	a, known := t.arms[arm]
	if !known {
		return sum
	}
	for name, s := range t.strata {
		c := t.cells[a*MaxStrata+s]
		if c == nil || len(strata) > 0 && !slices.Contains(strata, name) {
			continue
		}
		sum.n += c.n
		for i := range c.metrics {
			to, from := &sum.metrics[i], &c.metrics[i]
			to.some += from.some
			to.whole.merge(from.whole)
			to.over.merge(from.over)
			to.size.add(from.size)
			to.largest = max(to.largest, from.largest)
		}
	}
	return sum
}

// count is the metric's rows that are not 0, of all.
func (c cell) count(metric int) stats.Count { return stats.Count{X: c.metrics[metric].some, N: c.n} }

// moments are of the values as they are, and of those with the cap's part taken
// away.
func (c cell) moments(metric int) (whole, capped stats.Moments) {
	s := c.metrics[metric]
	less := s.whole
	less.less(s.over)
	of := func(p powers) stats.Moments {
		return stats.Moments{N: c.n, Sum: p[0].float(), Sum2: p[1].float(), Sum3: p[2].float()}
	}
	return of(s.whole), of(less)
}

// decisive reports whether one row makes more than a quarter of the metric's total.
func (c cell) decisive(metric int) bool {
	s := c.metrics[metric]
	return float64(s.largest) > evaluation.Decisive*s.size.float()
}
