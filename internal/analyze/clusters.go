package analyze

import (
	"fmt"
	"math"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/stats"
)

// MaxClusters is how many clusters are held: some 150 bytes for each, and 16 more
// for each metric.
const MaxClusters = 2_000_000

// clusters are the rows of each cluster in each arm. Unlike the rest, their memory
// grows with how many there are.
type clusters struct {
	heads map[string]int32 // by name: its first holding
	held  []*holding
}

// holding is what one cluster has in one arm.
type holding struct {
	arm  int32
	next int32 // the cluster's next; 0: none, as no holding follows itself
	n    int64 // rows

	sums []int64 // of every metric as it is, and behind them of the capped values
}

func newClusters() *clusters { return &clusters{heads: map[string]int32{}} }

// find is the place of what a cluster has in an arm, new if it had nothing.
func (s *clusters) find(name []byte, arm int, column string) (int32, error) {
	at, known := s.heads[string(name)]
	if !known {
		if len(s.heads) == MaxClusters {
			return 0, fault.New(fault.Invalid, fmt.Sprintf("the column %q has more than %d values; the rows of each are held in memory, which is bounded by that", column, MaxClusters),
				"analyze a part of them, all rows of each, or a table with one row for each")
		}
		at = int32(len(s.held))
		s.heads[string(name)] = at
		s.held = append(s.held, &holding{arm: int32(arm)})
		return at, nil
	}
	for {
		h := s.held[at]
		if h.arm == int32(arm) {
			return at, nil
		}
		if h.next == 0 {
			h.next = int32(len(s.held))
			s.held = append(s.held, &holding{arm: int32(arm)})
			return h.next, nil
		}
		at = h.next
	}
}

// add counts a row of a cluster.
func (s *clusters) add(q Question, row Row, arm int) (*holding, error) {
	at, err := s.find(row.Cluster, arm, q.Cluster)
	if err != nil {
		return nil, err
	}
	h := s.held[at]
	if h.sums == nil {
		h.sums = make([]int64, 2*len(row.Values))
	}
	h.n++
	for i, v := range row.Values {
		sum := h.sums[i] + v
		if abs(sum) > math.MaxInt64/4 {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("the %s of %s %s add up to more than can be kept", q.Metrics[i].Name, q.Cluster, quoted(row.Cluster)), "")
		}
		h.sums[i] = sum
		h.sums[len(row.Values)+i] += v
	}
	return h, nil
}

// less takes away what a cap takes from a metric.
func (h *holding) less(metric int, units int64) {
	if h != nil {
		h.sums[len(h.sums)/2+metric] -= units
	}
}

// joint are the exact sums of one metric over the clusters of two arms, treat and
// control.
type joint struct {
	n       int64
	sum     [4]wide // as stats.Clusters has them
	product [4][4]wide
	arms    [2]sideSums
}

// sideSums are of one arm.
type sideSums struct {
	n, some int64 // clusters; those whose rows do not add up to 0
	largest int64 // sum of one, without its sign
	size    wide  // of such sums
}

// joint sums up a metric, as it is or capped; an arm that is not there has no rows.
func (t *Tally) joint(metric int, capped bool, arms ...string) (j joint) {
	if capped {
		metric += len(t.q.Metrics)
	}
	places := [2]int32{-1, -1}
	for i, name := range arms {
		if at, known := t.arms[name]; known {
			places[i] = int32(at)
		}
	}
	for _, at := range t.clusters.heads {
		var values [4]int64
		any := false
		for {
			h := t.clusters.held[at]
			for side, arm := range places {
				if h.arm == arm {
					values[2*side], values[2*side+1], any = h.sums[metric], h.n, true
				}
			}
			if at = h.next; at == 0 {
				break
			}
		}
		if any {
			j.add(values)
		}
	}
	return j
}

func (j *joint) add(values [4]int64) {
	j.n++
	for i, x := range values {
		j.sum[i].add(product(x, 1))
		for k := i; k < 4 && x != 0; k++ {
			j.product[i][k].add(product(x, values[k]))
		}
	}
	for side := range j.arms {
		s, y := &j.arms[side], abs(values[2*side])
		if values[2*side+1] == 0 {
			continue
		}
		s.n++
		s.size.add(wide{uint64(y)})
		s.largest = max(s.largest, y)
		if y != 0 {
			s.some++
		}
	}
}

func (j joint) clusters() (s stats.Clusters) {
	s.N = j.n
	for i := range 4 {
		s.Sum[i] = j.sum[i].float()
		for k := i; k < 4; k++ {
			s.Product[i][k] = j.product[i][k].float()
		}
	}
	return s
}

// pairs are the rows (x) and the sums (y) of the clusters of one arm.
func (j joint) pairs(side int) stats.Pairs {
	y, x, n := 2*side, 2*side+1, j.arms[side].n
	return stats.Pairs{
		X:  stats.Moments{N: n, Sum: j.sum[x].float(), Sum2: j.product[x][x].float()},
		Y:  stats.Moments{N: n, Sum: j.sum[y].float(), Sum2: j.product[y][y].float()},
		XY: j.product[y][x].float(),
	}
}

// decisive reports whether the rows of one cluster make more than a quarter of the
// metric's total.
func (s sideSums) decisive() bool { return float64(s.largest) > evaluation.Decisive*s.size.float() }

// shared is how many clusters have rows in several arms.
func (s *clusters) shared() int64 {
	var n int64
	for _, at := range s.heads {
		if s.held[at].next != 0 {
			n++
		}
	}
	return n
}

// perArm is how many clusters have rows in each arm, by its place.
func (s *clusters) perArm() map[int]int64 {
	n := map[int]int64{}
	for _, h := range s.held {
		n[int(h.arm)]++
	}
	return n
}

// clusteredArm is the mean of an arm's rows with the error of its clusters.
func (e *evaluator) clusteredArm(r *ArmResult, i int, name string) {
	scale := e.q.Metrics[i].Kind.scale()
	of := func(capped bool) Figure {
		j := e.t.joint(i, capped, name)
		effect, ok := stats.SumRatio(j.pairs(0))
		d, fine := effect.Difference(e.q.Alpha)
		f := figure(d.Estimate, ok && fine, scale, methodSumRatio)
		f.NT, f.NC = e.sizes(name)
		r.Clusters, r.Decisive = &j.arms[0].some, j.arms[0].decisive()
		if e.q.Metrics[i].Kind != Binary {
			r.Largest = evaluation.Number(float64(j.arms[0].largest) / scale)
		}
		return f
	}
	r.Mean = of(true)
	f := of(false) // what is decisive is so as it is
	if e.t.caps[i].known {
		r.Whole = &f
	}
}

// clustered compares two arms whose rows are not independent.
func (e *evaluator) clustered(r *Comparison, i int, treat, control cell, name string) {
	scale := e.q.Metrics[i].Kind.scale()
	j, plain := e.t.joint(i, true, name, e.q.Control), e.t.joint(i, false, name, e.q.Control)
	code := e.clusterRefusal(i, plain)
	difference := func(j joint, alpha float64, code evaluation.Code) Figure {
		if code != "" {
			return Figure{Method: methodClusters, Code: code}
		}
		d, ok := j.clusters().Difference(alpha)
		return figure(d.Estimate, ok, scale, methodClusters)
	}
	r.Difference, r.Relative = difference(j, e.q.Alpha, code), Figure{Method: methodFieller, Code: code}
	if len(e.others) > 1 {
		family := difference(j, e.familyAlpha(), code)
		r.Family = &family
	}
	if e.t.caps[i].known {
		if code == CapNothing {
			code = ""
		}
		whole := difference(plain, e.q.Alpha, code)
		r.Whole = &whole
	}
	if !r.Difference.Valid {
		r.Relative.Code = r.Difference.Code
		return
	}
	s := j.clusters()
	d, _ := s.Difference(e.q.Alpha)
	r.P = evaluation.Number(d.P)
	if se := e.rowError(i, treat, control); se > 0 {
		r.Inflation = evaluation.Number(d.SE / scale / se)
	}
	_, hold, _ := s.Means()
	ratio, ok := s.Ratio(e.q.Alpha)
	r.Relative = relative(ratio.Estimate, ok && hold > 0 && ratio.Unbounded == "", methodFieller)
}

// rowError is the error that the difference would have if rows were independent.
func (e *evaluator) rowError(i int, treat, control cell) float64 {
	d, ok := e.within(i, treat, control)
	if !ok {
		return 0
	}
	return d.SE / e.q.Metrics[i].Kind.scale()
}

// clusterRefusal is refusal by clusters in place of rows.
func (e *evaluator) clusterRefusal(i int, j joint) evaluation.Code {
	t, c := j.arms[0], j.arms[1]
	switch {
	case e.blocked != "":
		return e.blocked
	case min(t.n, c.n) < evaluation.LeastHeld, min(t.some, c.some) < evaluation.LeastBuyers:
		return evaluation.E02
	case t.decisive() || c.decisive():
		return evaluation.E11
	case e.t.caps[i].known && e.t.caps[i].units <= 0:
		return CapNothing
	}
	return ""
}
