package evaluation

import (
	"math"
	"slices"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

const (
	methodPooled    = "generalised_least_squares"
	methodClustered = "normal_clustered"
	overlapMuch     = 0.5   // E12: of those treated, more than this
	dependentArms   = 0.001 // below it the arms of two campaigns were not drawn apart
	leastPooled     = 2     // enrollments of an arm, and campaigns
)

// Member is one campaign under one design, as it enters the pool: its primary
// point, and sums over its final enrollments.
type Member struct {
	Campaign string
	Design   int
	Result   Result
	Treat    Sums
	Hold     Sums
}

// Sums are buyers and capped profit, in minor units, over enrollments, and the
// messages that went to them.
type Sums struct {
	N              int64
	Buyers, Profit float64
	Own, OwnMicros float64 // messages of the campaign itself
	Would, WouldMi float64 // its ghosts that would have gone out, and what they would have cost
	Others         stats.Moments
}

// Together is what two campaigns have in common in one pair of their arms; the
// numbers are places in the list of members, and may be equal.
type Together struct {
	A, B       int
	ArmA, ArmB holdout.Arm
	N          float64 // pairs of enrollments of one customer
	YA, YB, YY float64 // buyers of A, of B, of both
	PA, PB, PP float64 // profit of A, of B, their product
	Customers  int64   // of whom the windows overlap
}

// Pool is the primary effects of all campaigns side by side.
type Pool struct {
	Members  []PoolMember `json:"members"`
	Rate     Pooled       `json:"rate"`   // of buyers, as a share
	Profit   *Pooled      `json:"profit"` // per enrollment, in units of the currency; nil: the margin is not known
	Overlaps []Overlap    `json:"overlaps"`
	Currency Currency     `json:"currency"`
}

// PoolMember is one campaign in the pool. Rate and Profit are as measured, with
// errors that count each customer once; Shrunk are drawn towards what campaigns do
// in general, as far as each is unsure.
type PoolMember struct {
	Campaign   string   `json:"campaign"`
	Design     int      `json:"design"`
	Point      string   `json:"point"`
	Verdict    Verdict  `json:"verdict"` // its own
	Treat      int64    `json:"treat"`
	Hold       int64    `json:"hold"`
	Rate       Figure   `json:"rate"`
	RateShrunk Figure   `json:"rate_shrunk"`
	Profit     Figure   `json:"profit"`
	ProfShrunk Figure   `json:"profit_shrunk"`
	Detectable *float64 `json:"detectable_lift"`
	Mark       *float64 `json:"mark"`   // the lift that it would have to tell from 0
	Counts     bool     `json:"counts"` // it cannot answer alone, and counts towards the programme
	Code       Code     `json:"code,omitempty"`
	Contact    Contact  `json:"contact"`
}

// Pooled is one effect over all members that have one.
type Pooled struct {
	Members int      `json:"members"`
	Fixed   Figure   `json:"fixed"`
	Random  Figure   `json:"random"`
	Q       *float64 `json:"q"`
	P       *float64 `json:"p"`
	I2      *float64 `json:"i2"`
	Tau     *float64 `json:"tau"` // the spread of effects themselves
	Code    Code     `json:"code,omitempty"`
}

// Contact is what was sent to each arm in the windows of one campaign's point.
type Contact struct {
	OwnTreat    *float64 `json:"own_treat"` // messages per enrollment, of the campaign itself
	OthersTreat *float64 `json:"others_treat"`
	OthersHold  *float64 `json:"others_hold"`
	Displaced   Figure   `json:"displaced"` // others' messages, treat minus hold: below 0 the campaign took their place
	Would       int64    `json:"would"`     // ghosts that would have gone out
	WouldCost   float64  `json:"would_cost"`
	Cost        float64  `json:"cost"` // of its own messages
}

// Overlap is how far one campaign's treated customers are in another, at the same
// time.
type Overlap struct {
	Campaign    string   `json:"campaign"`
	Design      int      `json:"design"`
	Other       string   `json:"other"`
	OtherDesign int      `json:"other_design"`
	Both        int64    `json:"both"`      // treated in both
	Share       *float64 `json:"share"`     // of those treated in Campaign
	P           *float64 `json:"p"`         // of their arms going together as much by chance
	Dependent   bool     `json:"dependent"` // they do: neither effect is of one campaign
	Code        Code     `json:"code,omitempty"`
}

// PoolCampaigns puts the primary effects side by side. Those that something
// sorted or mixed, or that are not final, are listed and not pooled (their code
// says why); those with too few customers are pooled, as that is what the pool is
// for. Effects share customers, so they are pooled by generalised least squares on
// the covariance that the customers give; the spread of effects is DerSimonian and
// Laird's. Windows differ between campaigns: the pooled effect is of one window of
// each.
func PoolCampaigns(members []Member, together []Together, currency Currency, margin bool) Pool {
	out := Pool{Members: []PoolMember{}, Overlaps: overlaps(members, together), Currency: currency}
	scale := math.Pow10(currency.Digits)
	for _, m := range members {
		out.Members = append(out.Members, member(m, scale))
	}
	rate := func(s Sums) float64 { return s.Buyers }
	profit := func(s Sums) float64 { return s.Profit / scale }
	yields := func(t Together) (a, b, ab float64) { return t.YA, t.YB, t.YY }
	earns := func(t Together) (a, b, ab float64) { return t.PA / scale, t.PB / scale, t.PP / scale / scale }
	out.Rate = pooled(members, together, rate, yields, func(i int) (*Figure, *Figure) { return &out.Members[i].Rate, &out.Members[i].RateShrunk })
	if margin {
		p := pooled(members, together, profit, earns, func(i int) (*Figure, *Figure) { return &out.Members[i].Profit, &out.Members[i].ProfShrunk })
		out.Profit = &p
	}
	return out
}

// member is what is said of a campaign before it is pooled.
func member(m Member, scale float64) PoolMember {
	none := Figure{Method: methodClustered, Code: NoEstimate}
	out := PoolMember{Campaign: m.Campaign, Design: m.Design, Point: m.Result.Point.Name, Verdict: m.Result.Verdict, Treat: m.Treat.N, Hold: m.Hold.N,
		Rate: none, RateShrunk: Figure{Method: methodShrunk, Code: NoEstimate}, Profit: none, ProfShrunk: Figure{Method: methodShrunk, Code: NoEstimate},
		Detectable: m.Result.Detectable, Code: excluded(m), Contact: contact(m)}
	natural := m.Result.Arm(holdout.Hold).Rate.Estimate
	if natural != nil {
		mark := worthKnowing * *natural
		if m.Result.Against == againstBreakEven && m.Result.BreakEven != nil {
			mark = max(mark, *m.Result.BreakEven)
		}
		out.Mark = Number(mark)
	}
	few := slices.ContainsFunc(m.Result.Refusals, func(r Refusal) bool { return r.Code == E02 })
	out.Counts = out.Code == "" && (few || m.Result.Verdict == Open && out.Detectable != nil && out.Mark != nil && *out.Detectable > *out.Mark)
	return out
}

// excluded is why a campaign is not pooled.
func excluded(m Member) Code {
	for _, code := range []Code{E01, E04, E05, E03} {
		if slices.ContainsFunc(m.Result.Refusals, func(r Refusal) bool { return r.Code == code }) {
			return code
		}
	}
	if m.Treat.N < leastPooled || m.Hold.N < leastPooled || m.Treat.Buyers+m.Hold.Buyers == 0 {
		return E02
	}
	return ""
}

func contact(m Member) Contact {
	c := Contact{Would: int64(m.Hold.Would + m.Treat.Would), WouldCost: (m.Hold.WouldMi + m.Treat.WouldMi) / 1e6, Cost: (m.Treat.OwnMicros + m.Hold.OwnMicros) / 1e6,
		Displaced: Figure{Method: methodHall, Code: NoEstimate}}
	if m.Treat.N > 0 {
		c.OwnTreat, c.OthersTreat = Number(m.Treat.Own/float64(m.Treat.N)), Number(m.Treat.Others.Sum/float64(m.Treat.N))
	}
	if m.Hold.N > 0 {
		c.OthersHold = Number(m.Hold.Others.Sum / float64(m.Hold.N))
	}
	d, ok := stats.HallDifference(m.Treat.Others, m.Hold.Others, alpha)
	c.Displaced = skewedFigure(d, ok, 1)
	return c
}

// pooled estimates each member's effect, with errors by customer, and all of them
// together.
func pooled(members []Member, together []Together, of func(Sums) float64, pair func(Together) (a, b, ab float64), to func(i int) (measured, shrunk *Figure)) Pooled {
	var in []int
	place := map[int]int{}
	for i, m := range members {
		if excluded(m) == "" {
			place[i] = len(in)
			in = append(in, i)
		}
	}
	mean := func(i int, arm holdout.Arm) (mean, n float64) {
		s := members[i].Treat
		if arm == holdout.Hold {
			s = members[i].Hold
		}
		return of(s) / float64(s.N), float64(s.N)
	}
	values, covariance := make([]float64, len(in)), make([][]float64, len(in))
	for k, i := range in {
		treat, _ := mean(i, holdout.Treat)
		hold, _ := mean(i, holdout.Hold)
		values[k], covariance[k] = treat-hold, make([]float64, len(in))
	}
	for _, t := range together {
		a, okA := place[t.A]
		b, okB := place[t.B]
		if !okA || !okB {
			continue
		}
		ma, na := mean(t.A, t.ArmA)
		mb, nb := mean(t.B, t.ArmB)
		ya, yb, yy := pair(t)
		sign := 1.0
		if t.ArmA != t.ArmB {
			sign = -1
		}
		share := sign * (yy - ma*yb - mb*ya + t.N*ma*mb) / na / nb
		if covariance[a][b] += share; a != b {
			covariance[b][a] = covariance[a][b]
		}
	}
	var effects []stats.Effect
	for k, i := range in {
		e := stats.Effect{Value: values[k], SE: math.Sqrt(max(0, covariance[k][k]))}
		effects = append(effects, e)
		measured, _ := to(i)
		if d, ok := e.Difference(alpha); ok {
			*measured = figure(d.Estimate, methodClustered)
		}
	}
	return summary(effects, values, covariance, func(k int) *Figure { _, shrunk := to(in[k]); return shrunk })
}

func summary(effects []stats.Effect, values []float64, covariance [][]float64, shrunk func(k int) *Figure) Pooled {
	out := Pooled{Members: len(effects), Fixed: Figure{Method: methodPooled, Code: NoEstimate}, Random: Figure{Method: methodPooled, Code: NoEstimate}}
	apart, ok := stats.Pool(effects)
	if len(effects) < leastPooled || !ok {
		out.Code = E02
		return out
	}
	at := make([]float64, len(values))
	fixed, ok := stats.PoolDependent(values, covariance, at)
	if !ok {
		out.Code = NoEstimate
		return out
	}
	spread := make([][]float64, len(values))
	for k := range covariance {
		spread[k] = slices.Clone(covariance[k])
		spread[k][k] += apart.Tau2
	}
	random, ok := stats.PoolDependent(values, spread, at)
	if !ok {
		out.Code = NoEstimate
		return out
	}
	out.Q, out.P, out.I2, out.Tau = Number(fixed.Q), Number(fixed.P), Number(max(0, 1-float64(len(values)-1)/max(fixed.Q, 1e-300))), Number(math.Sqrt(apart.Tau2))
	for to, from := range map[*Figure]stats.Effect{&out.Fixed: fixed.Fixed, &out.Random: random.Fixed} {
		if d, ok := from.Difference(alpha); ok {
			*to = figure(d.Estimate, methodPooled)
		}
	}
	for k, e := range effects {
		*shrunk(k) = drawn(e, random.Fixed, apart.Tau2)
	}
	return out
}

// drawn is an effect drawn towards the mean of all as far as it is unsure; its
// spread covers that of the mean.
func drawn(e, mean stats.Effect, tau2 float64) Figure {
	weight := tau2 / (tau2 + e.SE*e.SE)
	own, of := weight*e.SE*e.SE, (1-weight)*(1-weight)*mean.SE*mean.SE
	d, ok := stats.Effect{Value: mean.Value + weight*(e.Value-mean.Value), SE: math.Sqrt(own + of)}.Difference(alpha)
	if !ok {
		return Figure{Method: methodShrunk, Code: NoEstimate}
	}
	return figure(d.Estimate, methodShrunk)
}

// overlaps lists the pairs that share treated customers, in the order of members,
// each from both sides.
func overlaps(members []Member, together []Together) []Overlap {
	treated, both, split := map[int]int64{}, map[[2]int]int64{}, map[[2]int][][]int64{}
	side := map[holdout.Arm]int{holdout.Treat: 0, holdout.Hold: 1}
	for _, t := range together {
		if t.A == t.B {
			if t.ArmA == holdout.Treat && t.ArmB == holdout.Treat {
				treated[t.A] = t.Customers
			}
			continue
		}
		key := [2]int{t.A, t.B}
		if split[key] == nil {
			split[key] = [][]int64{{0, 0}, {0, 0}}
		}
		split[key][side[t.ArmA]][side[t.ArmB]] = t.Customers
		if t.ArmA == holdout.Treat && t.ArmB == holdout.Treat {
			both[key] = t.Customers
		}
	}
	out := []Overlap{}
	for a := range members {
		for b := range members {
			key := [2]int{min(a, b), max(a, b)}
			if a == b || both[key] == 0 || treated[a] == 0 {
				continue
			}
			share := float64(both[key]) / float64(treated[a])
			o := Overlap{Campaign: members[a].Campaign, Design: members[a].Design, Other: members[b].Campaign, OtherDesign: members[b].Design,
				Both: both[key], Share: Number(share)}
			if x, ok := stats.TableTest(split[key]); ok {
				o.P, o.Dependent = Number(x.P), x.P < dependentArms && x.Smallest >= 5
			}
			if share > overlapMuch {
				o.Code = E12
			}
			out = append(out, o)
		}
	}
	return out
}
