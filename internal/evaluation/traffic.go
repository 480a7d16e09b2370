package evaluation

import (
	"cmp"
	"slices"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// TrafficRow counts final enrollments of an arm: enrolled, step or path.
type TrafficRow struct {
	What, Name string
	Arm        holdout.Arm
	N          int64
}

// Traffic is how far everyone enrolled came, in both arms, and by which way their
// first order came in. Each share is of all enrolled, so each difference has the
// campaign for a cause.
type Traffic struct {
	Point string    `json:"point"`
	Steps []Reached `json:"steps"` // viewed, ordered, kept; a step of which no events are known is left out
	First string    `json:"first"` // the first step with a difference; empty: none
	Paths []Reached `json:"paths"` // from the largest; a path is as the shop wrote it, empty where it did not
}

// Reached is how many came to a step.
type Reached struct {
	Name       string   `json:"name"`
	Treat      int64    `json:"treat"`
	Hold       int64    `json:"hold"`
	TreatRate  *float64 `json:"treat_rate"`
	HoldRate   *float64 `json:"hold_rate"`
	Difference Figure   `json:"difference"`
}

// mostPaths is how many ways are told.
const mostPaths = 12

// Traffic is nil where the point has no difference.
func (r Result) Traffic(rows []TrafficRow) *Traffic {
	if r.ReplayAA || !r.Difference.Known() || len(rows) == 0 {
		return nil
	}
	enrolled := map[holdout.Arm]int64{}
	steps, paths := map[string]map[holdout.Arm]int64{}, map[string]map[holdout.Arm]int64{}
	for _, x := range rows {
		of := steps
		switch x.What {
		case "enrolled":
			enrolled[x.Arm] = x.N
			continue
		case "path":
			of = paths
		}
		if of[x.Name] == nil {
			of[x.Name] = map[holdout.Arm]int64{}
		}
		of[x.Name][x.Arm] = x.N
	}
	reached := func(name string, n map[holdout.Arm]int64) Reached {
		s := Reached{Name: name, Treat: n[holdout.Treat], Hold: n[holdout.Hold], Difference: Figure{Method: methodScore, Code: NoEstimate}}
		treat, hold := stats.Count{X: s.Treat, N: enrolled[holdout.Treat]}, stats.Count{X: s.Hold, N: enrolled[holdout.Hold]}
		if rate, ok := treat.Rate(); ok {
			s.TreatRate = Number(rate)
		}
		if rate, ok := hold.Rate(); ok {
			s.HoldRate = Number(rate)
		}
		if d, ok := stats.ScoreDifference(treat, hold, alpha); ok {
			s.Difference = figure(d, methodScore)
		}
		return s
	}
	t := &Traffic{Point: r.Point.Name, Steps: []Reached{}, Paths: []Reached{}}
	for _, name := range []string{"viewed", "ordered", "kept"} {
		if n := steps[name]; n != nil {
			s := reached(name, n)
			t.Steps = append(t.Steps, s)
			if t.First == "" && s.Difference.Known() && (*s.Difference.Lo > 0 || *s.Difference.Hi < 0) {
				t.First = name
			}
		}
	}
	for name, n := range paths {
		t.Paths = append(t.Paths, reached(name, n))
	}
	slices.SortFunc(t.Paths, func(x, y Reached) int {
		return cmp.Or(cmp.Compare(y.Treat+y.Hold, x.Treat+x.Hold), cmp.Compare(x.Name, y.Name))
	})
	t.Paths = t.Paths[:min(len(t.Paths), mostPaths)]
	if len(t.Paths) == 1 && t.Paths[0].Name == "" { // the shop tells none
		t.Paths = []Reached{}
	}
	return t
}

// AnswerRow counts those who gave an answer and had a value of a characteristic
// when they entered.
type AnswerRow struct {
	Survey, Question, Answer, Name, Level string
	N                                     int64
}

// Answered is how much the answers to a question have to do with a
// characteristic; it describes those who answered.
type Answered struct {
	Survey   string   `json:"survey"`
	Question string   `json:"question"`
	Trait    string   `json:"trait"`
	Answers  int64    `json:"answers"`
	Chi2     *float64 `json:"chi2"`
	DF       int      `json:"df"`
	P        *float64 `json:"p"`
	Q        *float64 `json:"q"` // Benjamini and Hochberg's over all of them
	V        *float64 `json:"v"`
	Rough    bool     `json:"rough"` // some answers are too rare for p to be exact
}

// mostAnswered is how many are told: those that have most to do with each other.
const mostAnswered = 15

// Surveys holds answers against what was known at entry, by question and
// characteristic. What is too rare to be tested is left out.
func Surveys(rows []AnswerRow) []Answered {
	type key struct{ survey, question, trait string }
	type cellKey struct{ answer, level string }
	tables := map[key]map[cellKey]int64{}
	var keys []key
	for _, x := range rows {
		k := key{x.Survey, x.Question, x.Name}
		if tables[k] == nil {
			tables[k] = map[cellKey]int64{}
			keys = append(keys, k)
		}
		tables[k][cellKey{x.Answer, x.Level}] += x.N
	}
	found, ps := []Answered{}, []float64{}
	for _, k := range keys {
		var answers, levels []string
		var all int64
		for c, n := range tables[k] {
			answers, levels, all = append(answers, c.answer), append(levels, c.level), all+n
		}
		slices.Sort(answers)
		slices.Sort(levels)
		answers, levels = slices.Compact(answers), slices.Compact(levels)
		counts := make([][]int64, len(answers))
		for i, answer := range answers {
			for _, level := range levels {
				counts[i] = append(counts[i], tables[k][cellKey{answer, level}])
			}
		}
		t, ok := stats.TableTest(counts)
		if !ok || t.Smallest < 1 {
			continue
		}
		found = append(found, Answered{Survey: k.survey, Question: k.question, Trait: k.trait, Answers: all,
			Chi2: Number(t.Chi2), DF: t.DF, P: Number(t.P), V: Number(t.V), Rough: t.Smallest < 5})
		ps = append(ps, t.P)
	}
	for i, q := range stats.BenjaminiHochberg(ps) {
		found[i].Q = Number(q)
	}
	slices.SortStableFunc(found, func(x, y Answered) int { return cmp.Compare(*x.P, *y.P) })
	return found[:min(len(found), mostAnswered)]
}
