package evaluation_test

import (
	"fmt"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

func TestWhereTheEffectComesIn(t *testing.T) {
	t.Parallel()
	row := func(what, name string, treat, hold int64) []evaluation.TrafficRow {
		return []evaluation.TrafficRow{{What: what, Name: name, Arm: holdout.Treat, N: treat}, {What: what, Name: name, Arm: holdout.Hold, N: hold}}
	}
	var rows []evaluation.TrafficRow
	for _, x := range [][]evaluation.TrafficRow{row("enrolled", "", 9000, 1000), row("step", "kept", 1260, 72), row("step", "ordered", 1300, 80), row("step", "viewed", 2710, 300),
		row("path", "email", 500, 0), row("path", "", 100, 10), row("path", "search", 700, 70)} {
		rows = append(rows, x...)
	}
	got := judged().Traffic(rows)
	var steps, paths []string
	for _, s := range got.Steps {
		steps = append(steps, fmt.Sprintf("%s %.4f", s.Name, *s.Difference.Estimate))
	}
	for _, s := range got.Paths {
		paths = append(paths, s.Name)
	}
	if want := "[viewed 0.0011 ordered 0.0644 kept 0.0680] ordered [search email ]"; fmt.Sprintf("%v %s %v", steps, got.First, paths) != want {
		t.Errorf("got %v %s %v, want %s", steps, got.First, paths, want)
	}
	if got := judged().Traffic(append(row("enrolled", "", 9000, 1000), append(row("step", "ordered", 90, 10), row("path", "", 90, 10)...)...)); got.First != "" || len(got.Steps) != 1 || len(got.Paths) != 0 {
		t.Errorf("a shop that tells nothing: %+v", got)
	}
}

// [[120, 60, 30], [340, 330, 220]]: chi-square 26.18240577, 2 df, p 2.063302e-06, V .1542795744.
func TestAnswersAgainstWhatWasKnown(t *testing.T) {
	t.Parallel()
	var rows []evaluation.AnswerRow
	for i, line := range [][]int64{{120, 60, 30}, {340, 330, 220}} {
		for k, n := range line {
			rows = append(rows, evaluation.AnswerRow{Survey: "after", Question: "happy?", Answer: []string{"yes", "no"}[i], Name: "age", Level: fmt.Sprint(k), N: n})
		}
		rows = append(rows, evaluation.AnswerRow{Survey: "after", Question: "happy?", Answer: []string{"yes", "no"}[i], Name: "pet", Level: []string{"cat", "dog"}[i], N: 1}) // too rare
	}
	got := evaluation.Surveys(rows)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	a := got[0]
	if said := fmt.Sprintf("%s %d %.8f %d %.6e %.10f %v", a.Trait, a.Answers, *a.Chi2, a.DF, *a.P, *a.V, a.Rough); said != "age 1100 26.18240577 2 2.063302e-06 0.1542795744 false" {
		t.Error(said)
	}
	near(t, "q of one", *a.Q, *a.P)
	if got := evaluation.Surveys(nil); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
