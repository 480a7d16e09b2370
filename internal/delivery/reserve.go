package delivery

import "time"

// Left is what the campaign and its channel may still consume when a delivery is
// asked about.
type Left struct {
	Rate      Rate      // the campaign's messages within the last 60 s of business time
	Day       Rate      // the channel's messages today, while it warms up
	Budget    *int64    // minor units; nil: no budget
	DayBudget *int64    // of the budget of the day; nil: there is none
	DayEnds   time.Time // of that budget
	HasCode   bool      // the coupon's pool has a free one
}

// Rate is messages within a time.
type Rate struct {
	Limit  int // 0: none
	Used   int
	FreeAt time.Time // when there is room again: the oldest is 60 s old, or the next day begins; zero: the caller cannot tell
}

// Full says whether nothing is left.
func (r Rate) Full() bool { return r.Limit > 0 && r.Used >= r.Limit }

// Reserve is what a campaign may still consume within one transaction of the
// gate, and what it took of it. Deliveries are asked one by one, so that a chunk
// never takes more than there is. The caller loads what is left and stores what
// was taken; the zero Reserve has no rate, no budget and no codes.
type Reserve struct {
	Rate      Rate
	Day       Rate
	Budget    *int64         // left, in the unit of Facts.Cost; nil: no budget
	DayBudget *int64         // left of the budget of the day; nil: there is none
	Codes     map[string]int // free codes by pool

	DayEnds time.Time // set where DayBudget is: the next day begins in the shop's zone

	Passed int            // messages let through
	Spent  int64          // in that unit: their cost, and the face value of the codes they bound
	Bound  map[string]int // codes bound by pool
}

// Gate asks Gate with what is left, and takes what the answer consumes. Only a
// message that goes out consumes: ghosts wait with the others and take nothing.
func (r *Reserve) Gate(f Facts, at time.Time) Answer {
	f.Left = Left{Rate: r.Rate, Day: r.Day, Budget: r.Budget, DayBudget: r.DayBudget, DayEnds: r.DayEnds, HasCode: !f.Coupon.Refused && r.Codes[f.Coupon.Pool] > 0}
	a := Gate(f, at)
	if a.To != Sending {
		return a
	}
	r.takeDay()
	r.takeRate(at)
	r.takeMoney(f.need(a))
	if a.BindCoupon {
		r.takeCoupon(f.Coupon.Pool)
	}
	return a
}

func (r *Reserve) takeDay() {
	if r.Day.Limit > 0 {
		r.Day.Used++
	}
}

func (r *Reserve) takeRate(at time.Time) {
	r.Passed++
	if r.Rate.Used++; r.Rate.FreeAt.IsZero() {
		r.Rate.FreeAt = at.Add(time.Minute)
	}
}

func (r *Reserve) takeMoney(minor int64) {
	r.Spent += minor
	for _, left := range []**int64{&r.Budget, &r.DayBudget} {
		if *left != nil {
			rest := **left - minor // the caller's number is not ours to change
			*left = &rest
		}
	}
}

func (r *Reserve) takeCoupon(pool string) {
	r.Codes[pool]--
	if r.Bound == nil {
		r.Bound = map[string]int{}
	}
	r.Bound[pool]++
}
