package evaluation

import (
	"math"
	"time"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// Cohorts is one point of a campaign that runs on, by the span of entry. Each
// cohort is tested once; those that are not over yet are listed and never
// tested.
type Cohorts struct {
	Span    string       `json:"span"` // month or week
	Point   string       `json:"point"`
	Round   int          `json:"round"`
	Cohorts []Cohort     `json:"cohorts"`
	Tail    []OpenCohort `json:"tail"`
	Looked  bool         `json:"looked"`          // whether the cohorts so far are looked at together
	Code    Code         `json:"code,omitempty"`  // why they are not, where the file asks for it
	Asked   string       `json:"asked,omitempty"` // the cohort that the report is of; empty: everyone
}

// Cohort is the customers who came in during one span.
type Cohort struct {
	Cohort string      `json:"cohort"` // 2026-03, or the week's Monday
	From   time.Time   `json:"from"`
	Until  time.Time   `json:"until"` // exclusive
	Result Result      `json:"result"`
	Look   *CohortLook `json:"look"` // at all cohorts up to this one; nil: not looked at
}

// OpenCohort is one of which the results are not open.
type OpenCohort struct {
	Cohort   string     `json:"cohort"`
	From     time.Time  `json:"from"`
	Until    time.Time  `json:"until"`
	Assigned int64      `json:"assigned"` // treat and hold
	Final    int64      `json:"final"`
	Opens    *time.Time `json:"opens"` // when all of it is final
}

// CohortLook is one planned look at the cohorts so far. Its interval is as wide
// as looking once a cohort demands.
type CohortLook struct {
	Treat      Arm      `json:"treat"`
	Hold       Arm      `json:"hold"`
	Spent      float64  `json:"spent"` // how much of the plan it stands for
	Difference Figure   `json:"difference"`
	Bound      *float64 `json:"bound"` // |z| that it must pass
	Z          *float64 `json:"z"`
	Crossed    bool     `json:"crossed"`
	Code       Code     `json:"code,omitempty"`
}

// CohortPlan is what was written before the first look.
type CohortPlan struct {
	Cohorts   int   // from the first to the last entry
	Planned   int64 // enrollments in all; 0: not said, and cohorts count alike
	HoldShare holdout.Share
}

// Look judges the cohorts so far after each of them, which must be the first
// ones in order. A look stands for as much of the plan as have come in of those
// planned, and never for more than its place among the cohorts; what it has seen
// grows with them.
func (p CohortPlan) Look(cohorts []Cohort) {
	var treat, hold Totals
	var assigned [2]int64
	var spend, information []float64
	var looks []*CohortLook
	var wrong Code // of a cohort, and so of all that hold it
	for i := range cohorts {
		r := cohorts[i].Result
		t, h := r.Arm(holdout.Treat), r.Arm(holdout.Hold)
		assigned[0], assigned[1] = assigned[0]+t.Assigned, assigned[1]+h.Assigned
		treat, hold = treat.plus(t.totals()), hold.plus(h.totals())
		l := &CohortLook{Treat: armOf(holdout.Treat, assigned[0], treat), Hold: armOf(holdout.Hold, assigned[1], hold), Difference: Figure{Method: methodScore}}
		cohorts[i].Look = l
		if b := r.Blocked(); b != "" && b != E02 && wrong == "" {
			wrong = b
		}
		switch {
		case mismatch(assigned[0], assigned[1], p.HoldShare):
			l.Code = E01
		case wrong != "":
			l.Code = wrong
		case hold.Enrollments < LeastHeld || hold.Buyers < LeastBuyers || treat.Buyers < LeastBuyers:
			l.Code = E02
		}
		if l.Difference.Code = l.Code; l.Code != "" {
			continue
		}
		n := float64(treat.Enrollments + hold.Enrollments)
		if l.Spent = float64(i+1) / float64(p.Cohorts); i+1 < p.Cohorts && p.Planned > 0 {
			l.Spent = math.Min(l.Spent, n/float64(p.Planned))
		}
		if k := len(spend); l.Spent > 1 || k > 0 && l.Spent <= spend[k-1] {
			l.Spent, l.Code, l.Difference.Code = 0, NoEstimate, NoEstimate // beyond the plan
			continue
		}
		spend, information, looks = append(spend, l.Spent), append(information, n), append(looks, l)
	}
	if len(looks) == 0 {
		return
	}
	bounds, ok := stats.OBFBounds(spend, information, alpha)
	for i, l := range looks {
		if !ok {
			l.Code, l.Difference.Code = NoEstimate, NoEstimate
			continue
		}
		t, h := stats.Count{X: l.Treat.Buyers, N: l.Treat.Final}, stats.Count{X: l.Hold.Buyers, N: l.Hold.Final}
		l.Bound = Number(bounds[i])
		if z, _, ok := stats.ScoreTest(t, h); ok {
			l.Z, l.Crossed = Number(z), math.Abs(z) >= bounds[i]
		}
		if d, ok := stats.ScoreDifference(t, h, 2*stats.NormalCDF(-bounds[i])); ok {
			l.Difference = figure(d, methodScore)
		}
	}
}

func (a Arm) totals() Totals { return Totals{a.Counted, a.Buyers, a.Orders, a.RevenueMinor} }
