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

	clusters *clusters // nil: each row stands for itself
}

// Row is one row of the table. Nothing of it is kept by whom it is handed to.
type Row struct {
	Arm, Stratum, Cluster []byte
	Values                []int64 // of the question's metrics, in its order
	Covariate             int64   // as whole units of a Number
}

// cell is one arm in one stratum.
type cell struct {
	n         int64
	covariate powers
	metrics   []sums
}

// sums are of one metric over the rows of a cell.
type sums struct {
	some  int64  // rows where it is not 0
	whole powers // of the values as they are
	over  powers // what a cap takes away from them

	mixed, overMixed mixed // the same with the covariate

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
	if q.Cluster != "" {
		t.clusters = newClusters()
	}
	return t
}

// Add counts one row. An error says that there are more arms, strata or clusters
// than are held.
func (t *Tally) Add(row Row) error {
	c, at, err := t.cell(row)
	if err != nil {
		return err
	}
	t.rows++
	c.n++
	c.covariate.add(row.Covariate)
	var own *holding
	if t.clusters != nil {
		if own, err = t.clusters.add(t.q, row, at/MaxStrata); err != nil {
			return err
		}
	}
	for i, v := range row.Values {
		if v == 0 {
			continue
		}
		s := &c.metrics[i]
		s.some++
		if t.q.Metrics[i].Kind == Binary {
			continue
		}
		s.whole.add(v)
		if row.Covariate != 0 {
			s.mixed.add(row.Covariate, v)
		}
		s.size.add(wide{uint64(abs(v))})
		s.largest = max(s.largest, abs(v))
		if cap := &t.caps[i]; cap.known && v > cap.units {
			t.exceeds(i, c, v, row.Covariate)
			own.less(i, v-cap.units)
		}
	}
	return nil
}

// exceeds takes away what a value has above its cap.
func (t *Tally) exceeds(metric int, c *cell, v, covariate int64) {
	cap, s := &t.caps[metric], &c.metrics[metric]
	cap.above++
	s.over.add(v)
	var at powers
	at.add(cap.units)
	s.over.less(at)
	if covariate != 0 {
		var at mixed
		at.add(covariate, cap.units)
		s.overMixed.add(covariate, v)
		s.overMixed.less(at)
	}
}

// cell finds or makes the place of a row.
func (t *Tally) cell(row Row) (*cell, int, error) {
	a, known := t.arms[string(row.Arm)]
	if !known {
		if len(t.arms) == MaxArms {
			return nil, 0, tooMany(t.q.Arm, "arms", MaxArms)
		}
		a = len(t.arms)
		t.arms[string(row.Arm)] = a
		t.cells = append(t.cells, make([]*cell, MaxStrata)...)
	}
	s, known := t.strata[string(row.Stratum)]
	if !known {
		if len(t.strata) == MaxStrata {
			return nil, 0, tooMany(t.q.Stratum, "strata", MaxStrata)
		}
		s = len(t.strata)
		t.strata[string(row.Stratum)] = s
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

// size is how many arms, strata and holdings there are.
func (t *Tally) size() [3]int {
	n := [3]int{len(t.arms), len(t.strata)}
	if t.clusters != nil {
		n[2] = len(t.clusters.held)
	}
	return n
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
		sum.covariate.merge(c.covariate)
		for i := range c.metrics {
			to, from := &sum.metrics[i], &c.metrics[i]
			to.some += from.some
			to.whole.merge(from.whole)
			to.over.merge(from.over)
			to.mixed.merge(from.mixed)
			to.overMixed.merge(from.overMixed)
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
	return s.whole.moments(c.n), less.moments(c.n)
}

func (p powers) moments(n int64) stats.Moments {
	return stats.Moments{N: n, Sum: p[0].float(), Sum2: p[1].float(), Sum3: p[2].float()}
}

// decisive reports whether one row makes more than a quarter of the metric's total.
func (c cell) decisive(metric int) bool {
	s := c.metrics[metric]
	return float64(s.largest) > evaluation.Decisive*s.size.float()
}
