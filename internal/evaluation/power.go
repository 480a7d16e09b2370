package evaluation

import (
	"math"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// Economics are what a campaign costs and what an order earns, per customer
// enrolled and treated, in the currency's unit.
type Economics struct {
	Messages    float64 // what the messages to one customer cost
	Redemption  float64 // coupons redeemed per customer; a share where each gets one
	CouponValue float64 // what a redeemed coupon takes off
	Margin      float64 // share of revenue, in (0,1]
	OrderValue  float64 // the average kept order
}

// Cost is what one treated customer costs.
func (e Economics) Cost() float64 { return e.Messages + e.Redemption*e.CouponValue }

// BreakEven is the rise of the repurchase rate, in absolute terms, at which the
// campaign earns what it costs; 0 where it costs nothing. Not defined where an
// order earns nothing. It counts one order for one more buyer, so it is an upper
// bound where buyers come back more than once.
func BreakEven(e Economics) (lift float64, ok bool) {
	earned := e.Margin * e.OrderValue
	if !(earned > 0) || !(e.Cost() >= 0) {
		return 0, false
	}
	lift = e.Cost() / earned
	return lift, !math.IsInf(lift, 0)
}

// HoldoutCandidates are the shares that are tried, smallest first. The first is
// what is taken where none can prove break-even.
func HoldoutCandidates() []holdout.Share {
	const percent = holdout.Whole / 100
	return []holdout.Share{10 * percent, 15 * percent, 20 * percent, 30 * percent, 50 * percent}
}

// Choice is a share of the holdout and what it lets a verdict see.
type Choice struct {
	Share      holdout.Share
	Detectable *float64 // the smallest lift that 80 of 100 such runs see, absolute; nil: not even a rise to everybody
	Proves     bool     // that lift is no larger than break-even
}

// ChooseHoldout picks the smallest candidate share with which n customers can
// prove a lift of breakEven over the natural rate, at 80 % power and the level
// of a verdict. Where none can, it is the first candidate, which proves nothing:
// the campaign then counts towards the programme. Candidates must not be empty.
func ChooseHoldout(candidates []holdout.Share, n int64, natural, breakEven float64) Choice {
	for _, share := range candidates {
		if c := Hold(share, n, natural, breakEven); c.Proves {
			return c
		}
	}
	return Hold(candidates[0], n, natural, breakEven)
}

// Hold is the choice of a share that is written.
func Hold(share holdout.Share, n int64, natural, breakEven float64) Choice {
	c := Choice{Share: share}
	if lift, ok := stats.DetectableLift(natural, n, share.Float(), alpha, power); ok {
		c.Detectable, c.Proves = Number(lift), lift <= breakEven
	}
	return c
}

// HoldoutPrice is what the holdout forgoes, in the currency's unit: its
// customers times the profit that treating one is expected to bring.
func HoldoutPrice(share holdout.Share, n int64, profitPerCustomer float64) float64 {
	return share.Float() * float64(n) * profitPerCustomer
}

// Enough is how many customers a share of holdout needs to prove a lift of
// breakEven over the natural rate, in all; false where no number does.
func Enough(share holdout.Share, natural, breakEven float64) (n int64, ok bool) {
	return stats.SampleSize(natural+breakEven, natural, share.Float(), alpha, power)
}

// Pace is how many customers enter in a day, from what the past days saw: the
// mean with its 95 % interval. Days differ by more than chance, so the interval
// is as wide as they are uneven, and never narrower than a Poisson's. Not
// defined for fewer than seven days.
func Pace(perDay []int) (Figure, bool) {
	n := float64(len(perDay))
	if n < 7 {
		return Figure{}, false
	}
	var sum, squares float64
	for _, k := range perDay {
		sum += float64(k)
	}
	mean := sum / n
	for _, k := range perDay {
		squares += (float64(k) - mean) * (float64(k) - mean)
	}
	// Of no entries in n days, no more than 3/n a day can be believed (Hanley and Lippman-Hand 1983).
	half := stats.NormalQuantile(1-alpha/2) * math.Sqrt(max(squares/(n-1), mean)/n)
	if sum == 0 {
		half = 3 / n
	}
	return Figure{Estimate: Number(mean), Lo: Number(max(0, mean-half)), Hi: Number(mean + half), Method: methodPace}, true
}

const methodPace = "quasi_poisson"
