package evaluation

import (
	"cmp"
	"math"
	"slices"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

const (
	methodKatz = "katz_log"

	// LeastTogether is how many baskets must hold two categories for a rule.
	LeastTogether = 20

	falselyFound   = 0.10 // of what is marked, by Benjamini and Hochberg
	mostCategories = 30   // that are compared: the largest, by both arms together
	mostRules      = 10
	mostSteps      = 3 // after each category
	mostFrom       = 8
)

// CategoryRow counts final enrollments: enrolled, category, from, step, basket
// and pair, as the statement that reads them has it.
type CategoryRow struct {
	What, Category, Other string
	Arm                   holdout.Arm
	N                     int64
}

// Basket is what the campaign sold. Categories has a cause, the campaign; Steps
// and Rules describe those treated who bought again.
type Basket struct {
	Point      string           `json:"point"`
	Categories []CategoryEffect `json:"categories"` // from the largest
	Steps      []Step           `json:"steps"`
	Rules      []Rule           `json:"rules"`
}

// CategoryEffect is the difference in who bought a category, of all enrolled.
type CategoryEffect struct {
	Category   string   `json:"category"`
	Treat      int64    `json:"treat"`
	Hold       int64    `json:"hold"`
	TreatRate  *float64 `json:"treat_rate"`
	HoldRate   *float64 `json:"hold_rate"`
	Difference Figure   `json:"difference"`
	P          *float64 `json:"p"`
	Q          *float64 `json:"q"`    // Benjamini and Hochberg's over the categories
	Mark       string   `json:"mark"` // sold, shifted (fewer bought it), or empty
}

// Step is what followed the order with a category.
type Step struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Buyers int64  `json:"buyers"`
	Of     int64  `json:"of"`
	Share  Figure `json:"share"`
}

// Rule is two categories bought within one window more or less often together
// than by chance: who takes A takes B.
type Rule struct {
	A          string   `json:"a"`
	B          string   `json:"b"`
	Both       int64    `json:"both"`
	Confidence *float64 `json:"confidence"`
	Lift       Figure   `json:"lift"`
	Q          *float64 `json:"q"`
}

// Basket is nil where the point has no difference, or no category is known.
func (r Result) Basket(rows []CategoryRow) *Basket {
	if r.ReplayAA || !r.Difference.Known() {
		return nil
	}
	b := &Basket{Point: r.Point.Name, Steps: []Step{}, Rules: []Rule{}}
	b.compare(rows)
	if len(b.Categories) == 0 {
		return nil
	}
	b.follow(rows)
	b.associate(rows)
	return b
}

func (b *Basket) compare(rows []CategoryRow) {
	enrolled := map[holdout.Arm]int64{}
	bought := map[string]map[holdout.Arm]int64{}
	for _, x := range rows {
		switch x.What {
		case "enrolled":
			enrolled[x.Arm] = x.N
		case "category":
			if bought[x.Category] == nil {
				bought[x.Category] = map[holdout.Arm]int64{}
			}
			bought[x.Category][x.Arm] = x.N
		}
	}
	for name, n := range bought {
		if n[holdout.Treat]+n[holdout.Hold] >= LeastTogether {
			b.Categories = append(b.Categories, CategoryEffect{Category: name, Treat: n[holdout.Treat], Hold: n[holdout.Hold]})
		}
	}
	slices.SortFunc(b.Categories, func(x, y CategoryEffect) int {
		return cmp.Or(cmp.Compare(y.Treat+y.Hold, x.Treat+x.Hold), cmp.Compare(x.Category, y.Category))
	})
	b.Categories = b.Categories[:min(len(b.Categories), mostCategories)]
	ps := make([]float64, len(b.Categories))
	for i := range b.Categories {
		c := &b.Categories[i]
		treat, hold := stats.Count{X: c.Treat, N: enrolled[holdout.Treat]}, stats.Count{X: c.Hold, N: enrolled[holdout.Hold]}
		c.Difference, ps[i] = Figure{Method: methodScore, Code: NoEstimate}, 1
		if rate, ok := treat.Rate(); ok {
			c.TreatRate = Number(rate)
		}
		if rate, ok := hold.Rate(); ok {
			c.HoldRate = Number(rate)
		}
		if d, ok := stats.ScoreDifference(treat, hold, alpha); ok {
			c.Difference = figure(d, methodScore)
		}
		if _, p, ok := stats.ScoreTest(treat, hold); ok {
			c.P, ps[i] = Number(p), p
		}
	}
	for i, q := range stats.BenjaminiHochberg(ps) {
		c := &b.Categories[i]
		c.Q = Number(q)
		switch d := c.Difference; {
		case q > falselyFound || d.Estimate == nil:
		case *d.Estimate > 0:
			c.Mark = "sold"
		case *d.Estimate < 0:
			c.Mark = "shifted"
		}
	}
}

// follow is what those bought first who came back, by what they had bought.
func (b *Basket) follow(rows []CategoryRow) {
	from := map[string]int64{}
	for _, x := range rows {
		if x.What == "from" && x.N >= LeastTogether {
			from[x.Category] = x.N
		}
	}
	for _, x := range rows {
		if x.What != "step" || from[x.Category] == 0 {
			continue
		}
		s := Step{From: x.Category, To: x.Other, Buyers: x.N, Of: from[x.Category], Share: Figure{Method: methodWilson, Code: NoEstimate}}
		if share, ok := stats.Wilson(stats.Count{X: s.Buyers, N: s.Of}, alpha); ok {
			s.Share = figure(share, methodWilson)
		}
		b.Steps = append(b.Steps, s)
	}
	slices.SortFunc(b.Steps, func(x, y Step) int {
		return cmp.Or(cmp.Compare(y.Of, x.Of), cmp.Compare(x.From, y.From), cmp.Compare(y.Buyers, x.Buyers), cmp.Compare(x.To, y.To))
	})
	var kept []Step
	seen, froms := map[string]int{}, 0
	for _, s := range b.Steps {
		if seen[s.From] == 0 {
			froms++
		}
		if seen[s.From]++; froms <= mostFrom && seen[s.From] <= mostSteps {
			kept = append(kept, s)
		}
	}
	b.Steps = append([]Step{}, kept...)
}

// associate keeps the pairs that stand out once all of them are looked at.
func (b *Basket) associate(rows []CategoryRow) {
	var all int64
	with := map[string]int64{}
	var pairs []CategoryRow
	for _, x := range rows {
		switch {
		case x.What == "basket":
			all = x.N
		case x.What == "category" && x.Arm == holdout.Treat:
			with[x.Category] = x.N
		case x.What == "pair" && x.N >= LeastTogether:
			pairs = append(pairs, x)
		}
	}
	ps := make([]float64, len(pairs))
	found := make([]Rule, len(pairs))
	for i, x := range pairs {
		if with[x.Category] > with[x.Other] { // from the rarer, which says more of the other
			x.Category, x.Other = x.Other, x.Category
		}
		found[i], ps[i] = Rule{A: x.Category, B: x.Other, Both: x.N}, 1
		if s, ok := stats.Associate(stats.Baskets{A: with[x.Category], B: with[x.Other], Both: x.N, All: all}, alpha); ok {
			found[i].Confidence, found[i].Lift, ps[i] = Number(s.Confidence), figure(s.Lift, methodKatz), s.P
		}
	}
	for i, q := range stats.BenjaminiHochberg(ps) {
		found[i].Q = Number(q)
		if q <= falselyFound && found[i].Lift.Estimate != nil {
			b.Rules = append(b.Rules, found[i])
		}
	}
	away := func(r Rule) float64 { return math.Abs(math.Log(max(1e-9, *r.Lift.Estimate))) }
	slices.SortFunc(b.Rules, func(x, y Rule) int {
		return cmp.Or(cmp.Compare(away(y), away(x)), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	b.Rules = b.Rules[:min(len(b.Rules), mostRules)]
}
