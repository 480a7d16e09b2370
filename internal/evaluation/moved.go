package evaluation

import (
	"cmp"
	"slices"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

const (
	methodMoved = "abadie_fieller"

	enoughMoved = 2.0 // standard errors by which more bought in treat, before anything is said of those
)

// TraitRow counts the final enrollments of an arm that did or did not buy, by
// what was known of them when they entered. Without a name it counts all.
type TraitRow struct {
	Name            string
	Level           string // of a text or truth
	Rarer           bool   // the levels that are not told apart
	Number          bool
	Arm             holdout.Arm
	Bought          bool
	N               int64
	Sum, Sum2       float64 // of a number
	Least, Greatest float64
}

// Moved says who bought: of all enrolled, of those who bought anyway, of those
// treated who bought, and of those who bought only because of the campaign.
type Moved struct {
	Point  string   `json:"point"`
	Z      *float64 `json:"z"` // by how many standard errors more bought in treat; at 2 and below nobody's profile is told
	Traits []Trait  `json:"traits"`
}

// Trait is one characteristic, frozen at entry. Chi2 to V are of its levels
// against having bought, in treat; a number has none.
type Trait struct {
	Name   string   `json:"name"`
	Number bool     `json:"number"`
	Levels []Level  `json:"levels"` // a number has one
	Chi2   *float64 `json:"chi2"`
	DF     *int     `json:"df"`
	P      *float64 `json:"p"`
	V      *float64 `json:"v"`
}

// Level is a share of customers, or the mean of a number.
type Level struct {
	Level      string   `json:"level"` // empty: a number
	Kind       string   `json:"kind"`  // named, rarer, unknown, number
	All        *float64 `json:"all"`
	Natural    *float64 `json:"natural"`    // held out and bought
	Responders *float64 `json:"responders"` // treated and bought
	SMD        *float64 `json:"smd"`        // those against the treated who did not, in standard deviations
	Moved      Figure   `json:"moved"`      // bought only because of the campaign
	Clipped    bool     `json:"clipped"`    // it lay outside what there is, which chance can do
}

// side is one arm's buyers and others.
type side struct{ buyers, others stats.Moments }

func (s side) all() stats.Moments { return s.buyers.Merge(s.others) }

// Moved is nil where the point has no difference.
func (r Result) Moved(rows []TraitRow) *Moved {
	if r.ReplayAA || !r.Difference.Known() {
		return nil
	}
	m := &Moved{Point: r.Point.Name, Traits: []Trait{}}
	whole := map[holdout.Arm]side{}
	byName := map[string][]TraitRow{}
	var names []string
	for _, x := range rows {
		if x.Name == "" {
			whole[x.Arm] = whole[x.Arm].with(x, stats.Moments{N: x.N})
			continue
		}
		if byName[x.Name] == nil {
			names = append(names, x.Name)
		}
		byName[x.Name] = append(byName[x.Name], x)
	}
	treat, hold := whole[holdout.Treat], whole[holdout.Hold]
	// A characteristic that all have alike tells how many were moved.
	if p, ok := stats.Moved(stats.Buyers{Enrolled: treat.all().N, Of: ones(treat.buyers.N)}, stats.Buyers{Enrolled: hold.all().N, Of: ones(hold.buyers.N)}, 0, 1, alpha); ok {
		m.Z = Number(p.Z)
	}
	for _, name := range names {
		t := Trait{Name: name, Number: byName[name][0].Number}
		if t.Number {
			t.Levels = []Level{numberLevel(byName[name])}
		} else {
			t.tell(byName[name], treat, hold)
		}
		if len(t.Levels) > 1 || t.Number {
			m.Traits = append(m.Traits, t)
		}
	}
	return m
}

func (s side) with(x TraitRow, m stats.Moments) side {
	if x.Bought {
		s.buyers = s.buyers.Merge(m)
	} else {
		s.others = s.others.Merge(m)
	}
	return s
}

// ones are n customers who have something.
func ones(n int64) stats.Moments {
	x := float64(n)
	return stats.Moments{N: n, Sum: x, Sum2: x, Sum3: x}
}

// shared is n customers of whom x have something.
func shared(x, n int64) stats.Moments {
	m := ones(x)
	m.N = n
	return m
}

// numberLevel is of those of whom the number is known, which was so before they
// were assigned.
func numberLevel(rows []TraitRow) Level {
	arms := map[holdout.Arm]side{}
	least, greatest := rows[0].Least, rows[0].Greatest
	for _, x := range rows {
		least, greatest = min(least, x.Least), max(greatest, x.Greatest)
		arms[x.Arm] = arms[x.Arm].with(x, stats.Moments{N: x.N, Sum: x.Sum, Sum2: x.Sum2})
	}
	return levelOf(Level{Kind: "number"}, arms[holdout.Treat], arms[holdout.Hold], least, greatest)
}

// levelOf fills in the four means and how they differ.
func levelOf(l Level, treat, hold side, from, to float64) Level {
	mean := func(m stats.Moments) *float64 {
		x, ok := m.Mean()
		if !ok {
			return nil
		}
		return Number(x)
	}
	l.All, l.Natural, l.Responders = mean(treat.all().Merge(hold.all())), mean(hold.buyers), mean(treat.buyers)
	if d, ok := stats.MeanSMD(treat.buyers, treat.others); ok {
		l.SMD = Number(d)
	}
	l.Moved = Figure{Method: methodMoved, Code: NoEstimate}
	p, ok := stats.Moved(stats.Buyers{Enrolled: treat.all().N, Of: treat.buyers}, stats.Buyers{Enrolled: hold.all().N, Of: hold.buyers}, from, to, alpha)
	if ok && p.Z > enoughMoved {
		l.Moved, l.Clipped = figure(p.Estimate, methodMoved), p.Clipped
	}
	return l
}

// tell splits everybody by the levels of a text; of whom none is known is a level
// of its own.
func (t *Trait) tell(rows []TraitRow, treat, hold side) {
	type key struct {
		level string
		rarer bool
	}
	counts := map[key]map[holdout.Arm]side{}
	var keys []key
	known := map[holdout.Arm]side{}
	for _, x := range rows {
		k := key{x.Level, x.Rarer}
		if counts[k] == nil {
			counts[k] = map[holdout.Arm]side{}
			keys = append(keys, k)
		}
		counts[k][x.Arm] = counts[k][x.Arm].with(x, stats.Moments{N: x.N})
		known[x.Arm] = known[x.Arm].with(x, stats.Moments{N: x.N})
	}
	size := func(k key) int64 { return counts[k][holdout.Treat].all().N + counts[k][holdout.Hold].all().N }
	slices.SortStableFunc(keys, func(a, b key) int {
		return cmp.Or(rank(a.rarer)-rank(b.rarer), cmp.Compare(size(b), size(a)), cmp.Compare(a.level, b.level))
	})
	var table [][]int64
	add := func(l Level, of map[holdout.Arm]side) {
		share := func(x, all side) side {
			return side{shared(x.buyers.N, all.buyers.N), shared(x.others.N, all.others.N)}
		}
		t.Levels = append(t.Levels, levelOf(l, share(of[holdout.Treat], treat), share(of[holdout.Hold], hold), 0, 1))
		table = append(table, []int64{of[holdout.Treat].buyers.N, of[holdout.Treat].others.N})
	}
	for _, k := range keys {
		kind := "named"
		if k.rarer {
			kind = "rarer"
		}
		add(Level{Level: k.level, Kind: kind}, counts[k])
	}
	less := func(a, b side) side {
		return side{stats.Moments{N: a.buyers.N - b.buyers.N}, stats.Moments{N: a.others.N - b.others.N}}
	}
	rest := map[holdout.Arm]side{holdout.Treat: less(treat, known[holdout.Treat]), holdout.Hold: less(hold, known[holdout.Hold])}
	if rest[holdout.Treat].all().N+rest[holdout.Hold].all().N > 0 {
		add(Level{Kind: "unknown"}, rest)
	}
	if i, ok := stats.TableTest(table); ok {
		t.Chi2, t.P, t.V = Number(i.Chi2), Number(i.P), Number(i.V)
		t.DF = &i.DF
	}
}

func rank(last bool) int {
	if last {
		return 1
	}
	return 0
}
