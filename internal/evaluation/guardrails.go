package evaluation

import (
	"cmp"
	"math"
	"slices"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

const (
	harmAlpha = 0.05 // one-sided: harm has no other side

	// What mailbox providers ask senders to stay below, and where they step in
	// (Google and Yahoo, 2024), of messages; taken for unsubscriptions too.
	harmAsked    = 0.001
	harmEnforced = 0.003

	// More refunds than these are too many: as a share of the holdout's.
	refundsMore = 0.10

	methodUpper = "wilson_one_sided"
	methodRatio = "ratio_of_sums"
)

// HarmInput counts messages of a channel.
type HarmInput struct {
	Channel                        string
	Sent, Complained, Unsubscribed int64
}

// ReturnInput is what came back of an arm's orders in the point's window.
type ReturnInput struct {
	Orders  stats.Pairs   // over enrollments: x orders, y orders of which something came back
	Refunds stats.Moments // over enrollments, in minor units
}

// ReasonInput counts orders of which something came back for a reason; empty:
// none was told.
type ReasonInput struct {
	Reason string
	Arm    holdout.Arm
	Orders int64
}

// Guardrails are what a campaign must not do, whatever it brings. Each has to
// hold by itself, so nothing is corrected for several being asked.
type Guardrails struct {
	Limits  []Limit  `json:"limits"`
	Refunds *Refunds `json:"refunds"` // nil: the primary point may not be judged yet
}

// Limit is a rate of messages with the bound that it stays below with a
// confidence of 95 %. State is pass, care (below what is enforced, not surely
// below what is asked), open (not told yet) or fail.
type Limit struct {
	Name     string   `json:"name"` // complaints or unsubscriptions
	Channel  string   `json:"channel"`
	Count    int64    `json:"count"`
	Of       int64    `json:"of"`
	Rate     *float64 `json:"rate"`
	Bound    *float64 `json:"bound"`
	Method   string   `json:"method"`
	Asked    float64  `json:"asked"`
	Enforced float64  `json:"enforced"`
	State    string   `json:"state"`
}

// Refunds are money that came back, per enrolled in units of the currency, and
// how often orders do. Only the first has a cause.
type Refunds struct {
	Point      string   `json:"point"`
	Treat      *float64 `json:"treat"`
	Hold       *float64 `json:"hold"`
	Difference Figure   `json:"difference"`
	Margin     float64  `json:"margin"` // share of the holdout's that it may be more
	P          *float64 `json:"p"`      // one-sided, of its being more than that
	State      string   `json:"state"`  // pass or open

	TreatRate Figure   `json:"treat_return_rate"` // orders of which something came back, of all
	HoldRate  Figure   `json:"hold_return_rate"`
	Reasons   []Reason `json:"reasons"`
	ReasonsP  *float64 `json:"reasons_p"` // chi-square of reason against arm; nil: rough, or none told
}

// Reason is why something came back, as the shop wrote it.
type Reason struct {
	Reason string `json:"reason"` // empty: not told
	Treat  int64  `json:"treat"`
	Hold   int64  `json:"hold"`
}

// Limits judges complaints and unsubscriptions of each channel by which a message
// went out; complaints are of e-mail.
func Limits(inputs []HarmInput) []Limit {
	limits := []Limit{}
	for _, in := range inputs {
		if in.Sent <= 0 {
			continue
		}
		if in.Channel == "email" || in.Complained > 0 {
			limits = append(limits, limit("complaints", in.Channel, in.Complained, in.Sent))
		}
		limits = append(limits, limit("unsubscriptions", in.Channel, in.Unsubscribed, in.Sent))
	}
	return limits
}

func limit(name, channel string, x, n int64) Limit {
	l := Limit{Name: name, Channel: channel, Count: x, Of: n, Method: methodUpper, Asked: harmAsked, Enforced: harmEnforced, State: "open"}
	c := stats.Count{X: x, N: n}
	rate, _ := c.Rate()
	bound, _, ok := stats.UpperBound(c, harmAlpha)
	if !ok {
		return l
	}
	l.Rate, l.Bound = Number(rate), Number(bound)
	switch {
	case bound <= harmAsked:
		l.State = "pass"
	case bound <= harmEnforced:
		l.State = "care"
	case rate > harmEnforced:
		l.State = "fail"
	}
	return l
}

// Refunds is nil where the point has no difference.
func (r Result) Refunds(treat, hold ReturnInput, reasons []ReasonInput) *Refunds {
	if r.ReplayAA || !r.Difference.Known() {
		return nil
	}
	scale := math.Pow10(r.Currency.Digits)
	out := &Refunds{Point: r.Point.Name, Margin: refundsMore, State: "open", Reasons: []Reason{},
		TreatRate: returnRate(treat.Orders), HoldRate: returnRate(hold.Orders), Difference: Figure{Method: methodHall, Code: NoEstimate}}
	mt, okT := treat.Refunds.Mean()
	mh, okH := hold.Refunds.Mean()
	if okT && okH {
		out.Treat, out.Hold = Number(mt/scale), Number(mh/scale)
	}
	d, ok := stats.HallDifference(treat.Refunds, hold.Refunds, alpha)
	out.Difference = skewedFigure(d, ok, 1/scale)
	vt, ok1 := treat.Refunds.Variance()
	vh, ok0 := hold.Refunds.Variance()
	if ok1 && ok0 && vt+vh > 0 {
		// Treat less the holdout and a tenth of it: its own chance is in the test.
		more := 1 + refundsMore
		harm := stats.Effect{Value: mt - more*mh, SE: math.Sqrt(vt/float64(treat.Refunds.N) + more*more*vh/float64(hold.Refunds.N))}
		if _, p, ok := stats.NonInferior(harm, 0); ok {
			if out.P = Number(p); p < harmAlpha {
				out.State = "pass"
			}
		}
	}
	out.tell(reasons)
	return out
}

func returnRate(p stats.Pairs) Figure {
	e, ok := stats.SumRatio(p)
	if !ok {
		return Figure{Method: methodRatio, Code: NoEstimate}
	}
	d, ok := e.Difference(alpha)
	if !ok {
		return Figure{Method: methodRatio, Code: NoEstimate}
	}
	return figure(stats.Estimate{Value: d.Value, Lo: max(0, d.Lo), Hi: min(1, d.Hi)}, methodRatio)
}

func (r *Refunds) tell(inputs []ReasonInput) {
	told := false
	for _, in := range inputs {
		i := slices.IndexFunc(r.Reasons, func(x Reason) bool { return x.Reason == in.Reason })
		if i < 0 {
			i = len(r.Reasons)
			r.Reasons = append(r.Reasons, Reason{Reason: in.Reason})
		}
		switch in.Arm {
		case holdout.Treat:
			r.Reasons[i].Treat += in.Orders
		case holdout.Hold:
			r.Reasons[i].Hold += in.Orders
		}
		told = told || in.Reason != ""
	}
	if !told {
		r.Reasons = []Reason{}
		return
	}
	slices.SortFunc(r.Reasons, func(x, y Reason) int {
		return cmp.Or(cmp.Compare(y.Treat+y.Hold, x.Treat+x.Hold), cmp.Compare(x.Reason, y.Reason))
	})
	var table [][]int64
	for _, x := range r.Reasons {
		table = append(table, []int64{x.Treat, x.Hold})
	}
	if t, ok := stats.TableTest(table); ok && t.Smallest >= 5 {
		r.ReasonsP = Number(t.P)
	}
}
