package evaluation

import (
	"math"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// LookPlan is what was written before the first look.
type LookPlan struct {
	Rounds    int // one look a round
	HoldShare holdout.Share
	Blocked   Code // why nothing of this design may be shown; empty: nothing speaks against it
}

// LookInput is what is known at the end of one round.
type LookInput struct {
	Round       int // from 1
	Treat, Hold LookArm
}

// LookArm counts one arm's enrollments. Final are those that entered so many
// rounds ago that the orders of this round can no longer come back; the others
// count of these.
type LookArm struct {
	Assigned int64
	Final    int64
	Buyers   int64 // bought from entry to the end of the round
	First    int64 // bought for the first time in the round
}

// Looks judges each look, in order of rounds. A look that cannot be shown spends
// nothing. The information of a look is the odds of the pooled cumulative rate,
// which is what the score test's correlation between looks comes to.
func Looks(plan LookPlan, inputs []LookInput) []Look {
	looks := make([]Look, 0, len(inputs))
	var spend, information []float64
	for _, in := range inputs {
		l := Look{
			Round: in.Round, Treat: in.Treat.arm(holdout.Treat), Hold: in.Hold.arm(holdout.Hold),
			Difference: Figure{Method: methodScore}, Increment: Figure{Method: methodScore}, Code: in.code(plan),
		}
		if l.Code == "" {
			spend = append(spend, float64(in.Round)/float64(plan.Rounds))
			odds := in.odds()
			if n := len(information); n > 0 {
				odds = max(odds, information[n-1]) // later looks may be of fewer: nothing is unlearnt
			}
			information = append(information, odds)
		}
		looks = append(looks, l)
	}
	if len(spend) == 0 {
		return refuseLooks(looks)
	}
	bounds, ok := stats.OBFBounds(spend, information, alpha)
	for i := range looks {
		if looks[i].Code != "" {
			continue
		}
		if !ok {
			looks[i].Code = NoEstimate
			continue
		}
		looks[i].compare(inputs[i], bounds[0])
		bounds = bounds[1:]
	}
	return refuseLooks(looks)
}

// compare holds the look against its bound.
func (l *Look) compare(in LookInput, bound float64) {
	treat, hold := in.Treat.bought(), in.Hold.bought()
	l.Bound = Number(bound)
	if z, _, ok := stats.ScoreTest(treat, hold); ok {
		l.Z, l.Crossed = Number(z), math.Abs(z) >= bound
	}
	if d, ok := stats.ScoreDifference(treat, hold, 2*stats.NormalCDF(-bound)); ok {
		l.Difference = figure(d, methodScore)
	}
	treat.X, hold.X = in.Treat.First, in.Hold.First
	if d, ok := stats.ScoreDifference(treat, hold, alpha); ok {
		l.Increment = figure(d, methodScore)
	}
}

// refuseLooks writes a look's code on the figures that it stands for.
func refuseLooks(looks []Look) []Look {
	for i := range looks {
		if code := looks[i].Code; code != "" {
			looks[i].Difference.Code, looks[i].Increment.Code = code, code
		}
	}
	return looks
}

// code is why a look is not shown.
func (in LookInput) code(plan LookPlan) Code {
	if mismatch(in.Treat.Assigned, in.Hold.Assigned, plan.HoldShare) {
		return E01
	}
	final, all := in.Treat.Final+in.Hold.Final, in.Treat.Assigned+in.Hold.Assigned
	switch {
	case plan.Blocked != "":
		return plan.Blocked
	case all > 0 && !Opens(final, all):
		return E03
	case in.Hold.Final < LeastHeld || in.Hold.Buyers < LeastBuyers || in.Treat.Buyers < LeastBuyers:
		return E02
	}
	return ""
}

// odds of having bought, arms pooled; where everybody has, half a customer has
// not.
func (in LookInput) odds() float64 {
	bought := float64(in.Treat.Buyers + in.Hold.Buyers)
	return bought / max(0.5, float64(in.Treat.Final+in.Hold.Final)-bought)
}

func (a LookArm) bought() stats.Count { return stats.Count{X: a.Buyers, N: a.Final} }

func (a LookArm) arm(name holdout.Arm) Arm {
	return armOf(name, a.Assigned, Totals{Enrollments: a.Final, Buyers: a.Buyers})
}

// armOf is an arm of which only final enrollments are known.
func armOf(name holdout.Arm, assigned int64, final Totals) Arm {
	a := Arm{
		Arm: name, Assigned: assigned, Matured: final.Enrollments, Final: final.Enrollments, Counted: final.Enrollments,
		Buyers: final.Buyers, Orders: final.Orders, RevenueMinor: final.RevenueMinor,
		Rate: Figure{Method: methodWilson, Code: NoEstimate},
	}
	if rate, ok := stats.Wilson(count(final), alpha); ok {
		a.Rate = figure(rate, methodWilson)
	}
	return a
}

// mismatch is whether two groups are not of the sizes that a share of the second
// makes (E01).
func mismatch(first, second int64, share holdout.Share) bool {
	if share <= 0 || share >= holdout.Whole {
		return false
	}
	_, p, ok := stats.SRM([]int64{first, second}, []float64{1 - share.Float(), share.Float()})
	return ok && p < SRMAlarm
}
