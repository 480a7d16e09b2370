package evaluation_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

func cell(name string, n, x, held, kept int64) evaluation.CellInput {
	arm := func(arm holdout.Arm, n, x int64) evaluation.Observation {
		t := evaluation.Totals{Enrollments: n, Buyers: x, Orders: x}
		return evaluation.Observation{Arm: arm, Assigned: n, Matured: t, Final: t}
	}
	return evaluation.CellInput{Name: name, Treat: arm(holdout.Treat, n, x), Hold: arm(holdout.Hold, held, kept)}
}

// Cells stay in the order given; those too small are one at the end, which is compared where it is large enough together.
func TestCellsTooSmallAreTakenTogether(t *testing.T) {
	t.Parallel()
	in := evaluation.CellsInput{By: "stratum", Point: "p", Round: 1, HoldShare: holdout.Whole / 2, Cells: []evaluation.CellInput{
		cell("few held", 99, 30, 99, 30), cell("large", 1000, 120, 1000, 80), cell("few bought", 500, 12, 500, 9), cell("alike", 1000, 90, 1000, 90), cell("sorted", 1000, 90, 700, 90)}}
	var got []string
	for _, c := range in.Split().Cells {
		got = append(got, fmt.Sprint(c.Cell, " ", c.Pooled, " ", c.Treat.Buyers, "/", c.Treat.Counted, " ", c.Hold.Buyers, "/", c.Hold.Counted, " ", c.Difference.Code))
	}
	want := "[large 0 120/1000 80/1000  alike 0 90/1000 90/1000  sorted 0 90/1000 90/700 E01  2 42/599 39/599 ]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
	in.Blocked = evaluation.E05
	if c := in.Split(); c.Code != evaluation.E05 || c.QP != nil || c.Cells[0].P != nil || c.Cells[0].Difference.Code != evaluation.E05 {
		t.Errorf("a refused point is compared: %+v", c)
	}
}

// The figures of each cell are the point's own methods, and those of them together stats.Pool and Benjamini and Hochberg.
func TestCellsAreComparedAndDrawnTogether(t *testing.T) {
	t.Parallel()
	inputs := []evaluation.CellInput{cell("a", 2000, 260, 1000, 90), cell("b", 2000, 180, 1000, 95), cell("c", 1500, 150, 800, 60)}
	got := evaluation.CellsInput{HoldShare: 0, Cells: inputs}.Split()
	var effects []stats.Effect
	var ps []float64
	for _, c := range inputs {
		t1, h := stats.Count{X: c.Treat.Final.Buyers, N: c.Treat.Final.Enrollments}, stats.Count{X: c.Hold.Final.Buyers, N: c.Hold.Final.Enrollments}
		_, p, _ := stats.ScoreTest(t1, h)
		a, _ := t1.Rate()
		b, _ := h.Rate()
		effects = append(effects, stats.Effect{Value: a - b, SE: math.Sqrt(a*(1-a)/float64(t1.N) + b*(1-b)/float64(h.N))})
		ps = append(ps, p)
	}
	pool, _ := stats.Pool(effects)
	near(t, "Q", *got.Q, pool.Q)
	near(t, "p of Q", *got.QP, pool.P)
	qs := stats.BenjaminiHochberg(ps)
	for i, c := range got.Cells {
		near(t, c.Cell+" p", *c.P, ps[i])
		near(t, c.Cell+" q", *c.QValue, qs[i])
		near(t, c.Cell+" drawn together", *c.Shrunk.Estimate, pool.Shrunk[i])
		if c.Notable != (qs[i] <= 0.1) {
			t.Errorf("%s: q %v, notable %v", c.Cell, qs[i], c.Notable)
		}
		if math.Abs(*c.Shrunk.Estimate-pool.Random.Value) > math.Abs(*c.Difference.Estimate-pool.Random.Value) {
			t.Errorf("%s is drawn away from the others", c.Cell)
		}
	}
}
