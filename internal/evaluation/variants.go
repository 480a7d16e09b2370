package evaluation

import (
	"math"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

const (
	methodPosterior = "normal_posterior"
	firstSpread     = 0.3  // of what a customer held out brings: the prior where too few campaigns are past
	caring          = 0.01 // of the same: a smaller expected loss is not worth waiting for
)

// VariantsInput is one wave with variants at one point.
type VariantsInput struct {
	Wave, Point string
	Round       int
	Hold        Observation // all of the holdout: variants share it
	Variants    []VariantInput
	Prior       *float64 // the spread of profit effects of past campaigns, in minor units; nil: too few are known
	Planned     int64    // enrollments that were planned; 0: nobody said
	Closed      bool     // nobody enters any more
	Currency    Currency
	Blocked     Code // why nothing of the point may be compared
}

// VariantInput is one variant's treated enrollments.
type VariantInput struct {
	Name   string
	Share  holdout.Share // of those treated
	Treat  Observation
	Profit *MetricInput // against all of the holdout; nil: the margin is not known
}

// Standing is what is said of the best variant.
type Standing string

const (
	Leading    Standing = "leading"     // the likeliest best so far
	Winner     Standing = "winner"      // as many as planned are final, hardly anything is lost by taking it, and it earns
	BestUnpaid Standing = "best_unpaid" // as a winner, but none is shown to earn
)

// Variants is what the variants of a wave did.
type Variants struct {
	Wave     string    `json:"wave"`
	Point    string    `json:"point"`
	Round    int       `json:"round"`
	Hold     Arm       `json:"hold"`
	Variants []Variant `json:"variants"` // in the order of the file
	Prior    *float64  `json:"prior_sd"` // of profit per enrollment around that of the holdout, in units of the currency; nil: there is none
	PriorOf  string    `json:"prior_of"` // past_campaigns or control_mean
	Standing Standing  `json:"standing"` // of Best; empty: none can be named
	Best     string    `json:"best"`
	Caring   *float64  `json:"caring"`  // an expected loss per enrollment that does not matter
	Planned  int64     `json:"planned"` // enrollments; 0: until entry closes
	Currency Currency  `json:"currency"`
	Code     Code      `json:"code,omitempty"` // why none is compared
}

// Variant is one of them against the holdout, and among the others.
type Variant struct {
	Variant    string   `json:"variant"`
	Treat      Arm      `json:"treat"`
	Difference Figure   `json:"difference"` // of buyers
	P          *float64 `json:"p"`
	Holm       *float64 `json:"p_holm"` // as one of all variants
	Profit     Figure   `json:"profit"` // the difference per enrollment, capped, in units of the currency
	ProfitP    *float64 `json:"profit_p"`
	ProfitHolm *float64 `json:"profit_p_holm"`
	Believed   Figure   `json:"believed"`      // profit per enrollment after its data, drawn towards the holdout's
	Best       *float64 `json:"p_best"`        // chance that it is the best of them
	Loss       *float64 `json:"expected_loss"` // per enrollment, of taking it
}

// Judge compares each variant with the holdout, and the variants with each
// other.
func (in VariantsInput) Judge() Variants {
	out := Variants{
		Wave: in.Wave, Point: in.Point, Round: in.Round, Hold: armOf(holdout.Hold, in.Hold.Assigned, in.Hold.Final),
		Variants: []Variant{}, Planned: in.Planned, Currency: in.Currency, Code: in.code(),
	}
	for _, v := range in.Variants {
		x := Variant{Variant: v.Name, Treat: armOf(holdout.Treat, v.Treat.Assigned, v.Treat.Final),
			Difference: Figure{Method: methodScore, Code: out.Code}, Profit: Figure{Method: methodHall, Code: out.Code}, Believed: Figure{Method: methodPosterior, Code: out.Code}}
		if out.Code == "" {
			in.against(&x, v)
		}
		out.Variants = append(out.Variants, x)
	}
	if out.Code != "" {
		return out
	}
	holm(out.Variants, func(v *Variant) (p *float64, to **float64) { return v.P, &v.Holm })
	holm(out.Variants, func(v *Variant) (p *float64, to **float64) { return v.ProfitP, &v.ProfitHolm })
	in.choose(&out)
	return out
}

// code is why no variant may be compared.
func (in VariantsInput) code() Code {
	counts, shares := make([]int64, len(in.Variants)), make([]float64, len(in.Variants))
	for i, v := range in.Variants {
		counts[i], shares[i] = v.Treat.Assigned, v.Share.Float()
	}
	_, p, ok := stats.SRM(counts, shares)
	switch {
	case in.Blocked != "":
		return in.Blocked
	case ok && p < SRMAlarm:
		return E01
	case in.Hold.Final.Enrollments < LeastHeld || in.Hold.Final.Buyers < LeastBuyers:
		return E02
	}
	return ""
}

// against holds one variant against the holdout.
func (in VariantsInput) against(x *Variant, v VariantInput) {
	x.Believed.Code = MarginUnknown
	if v.Treat.Final.Buyers < LeastBuyers {
		x.Difference.Code, x.Profit.Code, x.Believed.Code = E02, E02, E02
		return
	}
	treat, hold := count(v.Treat.Final), count(in.Hold.Final)
	if _, p, ok := stats.ScoreTest(treat, hold); ok {
		x.P = Number(p)
	}
	if d, ok := stats.ScoreDifference(treat, hold, alpha); ok {
		x.Difference = figure(d, methodScore)
	}
	if v.Profit == nil {
		x.Profit.Code = MarginUnknown
		return
	}
	d, ok := stats.HallDifference(v.Profit.Treat.Capped, v.Profit.Hold.Capped, alpha)
	x.Profit = skewedFigure(d, ok, 1/in.scale())
	if ok && d.Bounded {
		x.ProfitP = Number(d.P)
	}
}

func (in VariantsInput) scale() float64 { return math.Pow10(in.Currency.Digits) }

// holm adjusts the p-values that are there.
func holm(variants []Variant, of func(*Variant) (p *float64, to **float64)) {
	var ps []float64
	var to []**float64
	for i := range variants {
		if p, adjusted := of(&variants[i]); p != nil {
			ps, to = append(ps, *p), append(to, adjusted)
		}
	}
	for i, p := range stats.Holm(ps) {
		*to[i] = Number(p)
	}
}

// choose is what is believed of each variant's profit, and which of them is the
// best. Each starts from the holdout's mean, with the spread that campaigns
// have.
func (in VariantsInput) choose(out *Variants) {
	var beliefs []stats.Belief
	var of []*Variant
	natural, known := 0.0, false
	for i, v := range in.Variants {
		if v.Profit == nil || out.Variants[i].Difference.Code == E02 {
			continue
		}
		natural, known = v.Profit.Hold.Capped.Mean()
		prior := stats.Normal{Center: natural}
		switch out.PriorOf = "control_mean"; {
		case !known:
			return
		case in.Prior != nil:
			prior.SD, out.PriorOf = *in.Prior, "past_campaigns"
		default:
			prior.SD = firstSpread * math.Abs(natural)
		}
		mean, _ := v.Profit.Treat.Capped.Mean()
		variance, _ := v.Profit.Treat.Capped.Variance()
		x := &out.Variants[i]
		belief, ok := prior.Posterior(mean, math.Sqrt(variance/float64(v.Profit.Treat.Capped.N)))
		if !ok {
			x.Believed.Code = NoEstimate
			continue
		}
		out.Prior, x.Believed.Code = Number(prior.SD/in.scale()), ""
		half := stats.NormalQuantile(1-alpha/2) * belief.SD
		x.Believed = figure(stats.Estimate{Value: belief.Center / in.scale(), Lo: (belief.Center - half) / in.scale(), Hi: (belief.Center + half) / in.scale()}, methodPosterior)
		beliefs, of = append(beliefs, belief), append(of, x)
	}
	if len(of) < len(in.Variants) || len(of) < 2 {
		return // one that is not known may be the best
	}
	best := 0
	for i, c := range stats.Choose(beliefs) {
		of[i].Best, of[i].Loss = Number(c.Best), Number(c.Loss/in.scale())
		if *of[i].Best > *of[best].Best {
			best = i
		}
	}
	out.Best, out.Standing = of[best].Variant, Leading
	out.Caring = Number(caring * math.Abs(natural) / in.scale())
	if !in.reached() || *of[best].Loss > *out.Caring {
		return
	}
	out.Standing = BestUnpaid
	if x := of[best]; x.ProfitHolm != nil && *x.ProfitHolm < alpha && *x.Profit.Estimate > 0 {
		out.Standing = Winner
	}
}

// reached is whether as many are final as were planned, or entry is over.
func (in VariantsInput) reached() bool {
	if in.Planned == 0 {
		return in.Closed
	}
	final := in.Hold.Final.Enrollments
	for _, v := range in.Variants {
		final += v.Treat.Final.Enrollments
	}
	return final >= in.Planned
}

// Observed is what became of those treated by the channel that reached them:
// different customers, so that nothing can be compared.
type Observed struct {
	Wave     string            `json:"wave"`
	Point    string            `json:"point"`
	Round    int               `json:"round"`
	Channels []ObservedChannel `json:"channels"` // in the order of the file
}

// ObservedChannel is those whom a message reached by it.
type ObservedChannel struct {
	Channel string `json:"channel"`
	Treat   Arm    `json:"treat"`
}

// ReachedBy is a channel's final enrollments.
func ReachedBy(channel string, assigned int64, final Totals) ObservedChannel {
	return ObservedChannel{channel, armOf(holdout.Treat, assigned, final)}
}
