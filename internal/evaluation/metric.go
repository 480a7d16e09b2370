package evaluation

import "github.com/rewave/rewave/internal/stats"

// Metrics of a point besides the repurchase rate. Each is a sum over the window
// of one enrollment, zeros included.
const (
	MetricOrders  = "orders"       // kept orders
	MetricRevenue = "revenue"      // what kept orders came to, net of refunds within the return window; minor units
	MetricProfit  = "profit"       // margin x revenue - redeemed coupons - messages; minor units
	MetricRefunds = "refund_rate"  // orders of which something came back within the return window
	MetricLeaving = "unsubscribes" // whether a marketing consent was withdrawn in the window
)

// MetricInput is one metric in both arms of a point.
type MetricInput struct {
	Metric string
	Cap    *Cap // nil: none, as for orders, or where no history gave one
	Treat  MetricArm
	Hold   MetricArm
}

// Cap bounds what one enrollment counts for, so that a few large orders do not
// decide. It was taken from the shop's history when the design began and stays.
type Cap struct {
	Minor    int64   `json:"minor"`
	Quantile float64 `json:"quantile"` // of the historical totals of windows of this length, zeros included: 0.99 or 0.995
}

// MetricArm is the power sums of one arm, over its final enrollments.
type MetricArm struct {
	Whole  stats.Moments // as it is
	Capped stats.Moments // each enrollment at most at the cap; as Whole where there is none

	LargestOrderMinor int64 // the largest single kept order in the windows

	Orders stats.Pairs // of MetricRefunds: X orders placed, Y those returned
}

// Metric is what one metric says. Means and differences are per enrollment, in
// units of the currency, or in orders.
type Metric struct {
	Metric string `json:"metric"`

	Treat      *float64 `json:"treat"`      // mean as it is
	Hold       *float64 `json:"hold"`       // mean as it is
	Difference Figure   `json:"difference"` // capped; Hall's interval
	Total      Figure   `json:"total"`      // Difference x those treated
	Uncapped   Figure   `json:"uncapped"`   // the difference as it is
	Cap        *Cap     `json:"cap"`
	Skew       *float64 `json:"skew"` // A of Hall's transformation; beyond 1 there is no interval (E11)
	P          *float64 `json:"p"`

	Ratio *Ratio   `json:"ratio,omitempty"` // of MetricRefunds
	Upper *float64 `json:"upper,omitempty"` // of MetricLeaving: what the rate of those treated stays below in 95 of 100 reports (Wilson, one-sided)
}

// Ratio is returned orders of all orders. It describes: the campaign itself
// changes who orders.
type Ratio struct {
	Treat      Figure `json:"treat"`
	Hold       Figure `json:"hold"`
	Difference Figure `json:"difference"`
}

// Metric returns the named metric; false when it was not asked for or cannot be
// said.
func (r Result) Metric(name string) (Metric, bool) {
	for _, m := range r.Metrics {
		if m.Metric == name {
			return m, true
		}
	}
	return Metric{}, false
}

// Integrity is what may have mixed the arms. Held counts the enrollments of the
// holdout whose window is final; ghosts are of everyone held out.
type Integrity struct {
	Held         int64 `json:"held"`
	Contaminated int64 `json:"contaminated"` // were reached after all: by a redeemed code of this campaign, or at an address shared with a treated customer
	GhostsDue    int64 `json:"ghosts_due"`   // ghosts that should have been decided by now
	GhostsLost   int64 `json:"ghosts_lost"`  // of these, without a decision on record
}

// Look is the cumulative repurchase from entry to the end of one round, of
// everyone enrolled, in or out by then. Looks are a family of their own: they
// never change the verdict. Its interval is as wide as looking once a round
// demands (Lan and DeMets, O'Brien-Fleming type spending).
type Look struct {
	Round      int      `json:"round"`
	Treat      Arm      `json:"treat"`
	Hold       Arm      `json:"hold"`
	Difference Figure   `json:"difference"` // cumulative
	Increment  Figure   `json:"increment"`  // what the round added to it: not the effect of the round's messages on those still in
	Bound      *float64 `json:"bound"`      // |z| that this look must pass
	Z          *float64 `json:"z"`
	Crossed    bool     `json:"crossed"`
	Code       Code     `json:"code,omitempty"` // E01 to E05: why it is not shown
}

// WaveEffect is what one wave itself changed: treated customers who could get
// it, those to whom it was sent, or whose provider refused it, against those who
// were skipped by lot.
type WaveEffect struct {
	Round      int      `json:"round"`
	Wave       string   `json:"wave"`
	Window     float64  `json:"window_hours"` // from the wave's scheduled instant
	Sent       Arm      `json:"sent"`
	Skipped    Arm      `json:"skipped"`
	Difference Figure   `json:"difference"`
	P          *float64 `json:"p"`
	Code       Code     `json:"code,omitempty"` // E10: nobody is skipped; E01: the lot's sides are not as planned; E02: too few; E03: not over yet
}
