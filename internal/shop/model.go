package shop

import (
	"fmt"
	"time"
)

// Model holds the parameters described in the package comment. Probabilities
// and shares are in [0,1].
type Model struct {
	Shape          float64 // of the purchase rate's gamma distribution; > 0
	Scale          float64 // its rate parameter, in days; > 0; mean rate is Shape/Scale orders a day
	LeaveA, LeaveB float64 // beta distribution of leaving after an order; > 0
	Season         Season
	BasketMedian   float64 // minor units; > 0
	BasketSpread   float64 // standard deviation of the log of a basket's value; >= 0
	CategoryStay   float64 // probability

	Refunded    ByCategory // probability that an order is refunded
	WholeRefund float64    // probability, given a refund

	LateParcel      float64 // probability that an order is late
	ComplainAnyway  float64 // probability of a complaint about any order
	ComplainLate    float64 // further probability where it was late
	ComplainReturns float64 // further probability where something went back

	Consent    float64 // probability
	Household  float64 // share of customers who live with an earlier one
	Shared     float64 // share of these who give that one's e-mail address or phone as theirs
	DirtyEmail float64 // share of e-mail addresses that are not written as they should be
	DirtyPhone float64 // the same of phones

	Response ByCategory // times Effect.Lift, by the category of the customer's first order; >= 0

	// What HostileModel turns on; zero is none of it.
	Whales     float64 // share of customers whose baskets are worth WhaleTimes as much
	WhaleTimes float64 // > 0 where there are whales
	Burst      float64 // probability that the next order comes within BurstDays or so instead
	BurstDays  float64 // mean of that gap, in operational days; > 0 where there are bursts
	Tilt       float64 // how much more those who buy often can be reached, in logits for each e-fold of the rate
}

// DefaultModel is the behaviour of the demo's shop: one of consumables.
func DefaultModel() Model {
	return Model{
		Shape: 1.1, Scale: 80,
		LeaveA: 0.75, LeaveB: 2.75,
		Season:       DefaultSeason(),
		BasketMedian: 3800, BasketSpread: 0.7,
		CategoryStay: 0.65,
		Refunded:     ByCategory{Food: 0.02, Clothing: 0.14, Daily: 0.03, Durable: 0.06},
		WholeRefund:  0.4,
		LateParcel:   0.06, ComplainAnyway: 0.005, ComplainLate: 0.2, ComplainReturns: 0.08,
		Consent:   0.85,
		Household: 0.04, Shared: 0.25, DirtyEmail: 0.015, DirtyPhone: 0.01,
		Response: ByCategory{Food: 0.85, Clothing: 1.05, Daily: 1.4, Durable: 0.55},
	}
}

// HostileModel is what makes intervals lie: baskets with a heavy tail and whales
// among the customers, orders that come in bursts, and addresses and consent
// that depend on how often somebody buys. Everything else is as in DefaultModel.
func HostileModel() Model {
	m := DefaultModel()
	m.BasketSpread = 1.6
	m.Whales, m.WhaleTimes = 0.005, 20
	m.Burst, m.BurstDays = 0.35, 1
	m.Tilt = 0.8
	m.DirtyEmail, m.DirtyPhone = 0.05, 0.03
	return m
}

func (m Model) check() error {
	for _, f := range []struct {
		name  string
		value float64
		asked bool
	}{
		{"shape", m.Shape, true}, {"scale", m.Scale, true}, {"leave a", m.LeaveA, true}, {"leave b", m.LeaveB, true},
		{"basket median", m.BasketMedian, true}, {"season's peak", m.Season.Peak, true},
		{"whale times", m.WhaleTimes, m.Whales > 0}, {"burst days", m.BurstDays, m.Burst > 0},
	} {
		if f.asked && !(f.value > 0) {
			return fmt.Errorf("%s is %v, must be above 0", f.name, f.value)
		}
	}
	for month, factor := range m.Season.Months {
		if !(factor > 0) {
			return fmt.Errorf("season of %s is %v, must be above 0", time.Month(month+1), factor)
		}
	}
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"basket spread", m.BasketSpread}, {"tilt", m.Tilt}, {"response of food", m.Response.Food},
		{"response of clothing", m.Response.Clothing}, {"response of daily", m.Response.Daily}, {"response of durable", m.Response.Durable},
	} {
		if !(f.value >= 0) {
			return fmt.Errorf("%s is %v, must not be below 0", f.name, f.value)
		}
	}
	for _, p := range []struct {
		name  string
		value float64
	}{
		{"category stay", m.CategoryStay}, {"refunded food", m.Refunded.Food}, {"refunded clothing", m.Refunded.Clothing},
		{"refunded daily", m.Refunded.Daily}, {"refunded durable", m.Refunded.Durable}, {"whole refund", m.WholeRefund},
		{"late parcel", m.LateParcel}, {"complain anyway", m.ComplainAnyway}, {"complain late", m.ComplainLate},
		{"complain returns", m.ComplainReturns}, {"consent", m.Consent}, {"household", m.Household}, {"shared", m.Shared},
		{"dirty email", m.DirtyEmail}, {"dirty phone", m.DirtyPhone}, {"whales", m.Whales}, {"burst", m.Burst},
	} {
		if !(p.value >= 0 && p.value <= 1) {
			return fmt.Errorf("%s is %v, must be from 0 to 1", p.name, p.value)
		}
	}
	return nil
}
