package evaluation

import (
	"math"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

const (
	methodShrunk = "empirical_bayes"
	notable      = 0.10 // a q-value up to this: one in ten of such is a false alarm
)

// CellsInput is one point split by something that was fixed at entry.
type CellsInput struct {
	By, Point string
	Round     int
	HoldShare holdout.Share
	Cells     []CellInput // in declared order
	Blocked   Code        // why nothing of the point may be compared
}

// CellInput is the arms of one cell. Name is empty where it is not known.
type CellInput struct {
	Name        string
	Treat, Hold Observation
}

// Cells is what the campaign did in each part of its customers. It explores: the
// verdict does not rest on it.
type Cells struct {
	By    string   `json:"by"` // stratum, or a text of the profile
	Point string   `json:"point"`
	Round int      `json:"round"`
	Cells []Cell   `json:"cells"` // in declared order, what was too small last and together
	Q     *float64 `json:"q"`     // Cochran's, of how far the effects differ
	QP    *float64 `json:"q_p"`   // of a Q as large where all are the same
	Code  Code     `json:"code,omitempty"`
}

// Cell is one part of the customers.
type Cell struct {
	Cell       string   `json:"cell"`   // empty: not known, or several together
	Pooled     int      `json:"pooled"` // so many cells, each too small by itself; 0: one
	Treat      Arm      `json:"treat"`
	Hold       Arm      `json:"hold"`
	Difference Figure   `json:"difference"`
	Shrunk     Figure   `json:"shrunk"` // drawn towards all cells as far as it is unsure: the one to go by
	P          *float64 `json:"p"`
	QValue     *float64 `json:"q_value"` // Benjamini and Hochberg's, over the cells
	Notable    bool     `json:"notable"`
}

// Split compares the arms within each cell. Cells of which nothing can be said
// (E02) are taken together.
func (in CellsInput) Split() Cells {
	out := Cells{By: in.By, Point: in.Point, Round: in.Round, Cells: []Cell{}, Code: in.Blocked}
	var other CellInput
	pooled := 0
	for _, c := range in.Cells {
		if tooSmall(c) {
			other.Treat, other.Hold = together(other.Treat, c.Treat), together(other.Hold, c.Hold)
			pooled++
			continue
		}
		out.Cells = append(out.Cells, in.cell(c))
	}
	if pooled > 0 {
		c := in.cell(other)
		c.Pooled = pooled
		out.Cells = append(out.Cells, c)
	}
	out.compare()
	return out
}

// tooSmall is E02 in a cell.
func tooSmall(c CellInput) bool {
	return c.Hold.Final.Enrollments < LeastHeld || c.Hold.Final.Buyers < LeastBuyers || c.Treat.Final.Buyers < LeastBuyers
}

// together is two observations of the same arm.
func together(a, b Observation) Observation {
	return Observation{Arm: b.Arm, Assigned: a.Assigned + b.Assigned, Matured: a.Matured.plus(b.Matured), Final: a.Final.plus(b.Final)}
}

func (t Totals) plus(o Totals) Totals {
	return Totals{t.Enrollments + o.Enrollments, t.Buyers + o.Buyers, t.Orders + o.Orders, t.RevenueMinor + o.RevenueMinor}
}

func (in CellsInput) cell(c CellInput) Cell {
	out := Cell{Cell: c.Name, Treat: armOf(holdout.Treat, c.Treat.Assigned, c.Treat.Final), Hold: armOf(holdout.Hold, c.Hold.Assigned, c.Hold.Final),
		Difference: Figure{Method: methodScore, Code: in.Blocked}, Shrunk: Figure{Method: methodShrunk, Code: in.Blocked}}
	switch {
	case in.Blocked != "":
		return out
	case mismatch(c.Treat.Assigned, c.Hold.Assigned, in.HoldShare):
		out.Difference.Code, out.Shrunk.Code = E01, E01
		return out
	case tooSmall(c):
		out.Difference.Code, out.Shrunk.Code = E02, E02
		return out
	}
	treat, hold := count(c.Treat.Final), count(c.Hold.Final)
	if d, ok := stats.ScoreDifference(treat, hold, alpha); ok {
		out.Difference = figure(d, methodScore)
	}
	if _, p, ok := stats.ScoreTest(treat, hold); ok {
		out.P = Number(p)
	}
	return out
}

// compare asks how far the effects differ, draws them together as far as that is
// chance, and allows for asking of each.
func (c *Cells) compare() {
	var effects []stats.Effect
	var of []*Cell
	var ps []float64
	for i := range c.Cells {
		x := &c.Cells[i]
		if x.P == nil || !x.Difference.Known() {
			continue
		}
		effects = append(effects, stats.Effect{Value: *x.Difference.Estimate, SE: math.Sqrt(rateVariance(x.Treat) + rateVariance(x.Hold))})
		of, ps = append(of, x), append(ps, *x.P)
	}
	for i, q := range stats.BenjaminiHochberg(ps) {
		of[i].QValue, of[i].Notable = Number(q), q <= notable
	}
	pool, ok := stats.Pool(effects)
	if !ok {
		for _, x := range of {
			x.Shrunk.Code = NoEstimate
		}
		return
	}
	if len(of) > 1 {
		c.Q, c.QP = Number(pool.Q), Number(pool.P)
	}
	for i, x := range of {
		// The cell's own error, as far as it is believed, and that of the mean for the rest (Morris 1983, J Am Stat Assoc 78:47).
		own := pool.Tau2 / (pool.Tau2 + effects[i].SE*effects[i].SE)
		half := stats.NormalQuantile(1-alpha/2) * math.Hypot(math.Sqrt(own)*effects[i].SE, (1-own)*pool.Random.SE)
		x.Shrunk = figure(stats.Estimate{Value: pool.Shrunk[i], Lo: pool.Shrunk[i] - half, Hi: pool.Shrunk[i] + half}, methodShrunk)
	}
}

func rateVariance(a Arm) float64 {
	n, x := float64(a.Counted), float64(a.Buyers)
	return x / n * (1 - x/n) / n
}
