package evaluation_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// cohort is one of n enrollments in equal halves, of whom some bought.
func cohort(t *testing.T, n, x, kept int64) evaluation.Cohort {
	t.Helper()
	c := cell("", n, x, n, kept)
	r, err := evaluation.Evaluate(evaluation.Input{Point: evaluation.Point{Name: "p", Window: 24 * time.Hour}, Design: evaluation.Design{HoldShare: holdout.Whole / 2},
		Observations: []evaluation.Observation{c.Treat, c.Hold}, AsOf: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}, evaluation.English())
	if err != nil {
		t.Fatal(err)
	}
	return evaluation.Cohort{Result: r}
}

// Four cohorts of which 2,000 + 2,000 + 3,000 + 1,000 came in, of 10,000 planned: looks stand for 0.2, 0.4, 0.7 and, as the last, for
// all; what they have seen grows as they do, and each is of everyone so far.
func TestLooksAtTheCohortsSoFar(t *testing.T) {
	t.Parallel()
	list := []evaluation.Cohort{cohort(t, 1000, 120, 80), cohort(t, 1000, 110, 85), cohort(t, 1500, 160, 130), cohort(t, 500, 60, 30)}
	evaluation.CohortPlan{Cohorts: 4, Planned: 10_000, HoldShare: holdout.Whole / 2}.Look(list)
	bounds, ok := stats.OBFBounds([]float64{0.2, 0.4, 0.7, 1}, []float64{2000, 4000, 7000, 8000}, 0.05)
	if !ok {
		t.Fatal("no bounds")
	}
	treat, hold := []int64{120, 230, 390, 450}, []int64{80, 165, 295, 325}
	n := []int64{1000, 2000, 3500, 4000}
	for i, c := range list {
		z, _, _ := stats.ScoreTest(stats.Count{X: treat[i], N: n[i]}, stats.Count{X: hold[i], N: n[i]})
		near(t, "bound", *c.Look.Bound, bounds[i])
		near(t, "z", *c.Look.Z, z)
		if c.Look.Crossed != (math.Abs(z) >= bounds[i]) || c.Look.Difference.Known() && (*c.Look.Difference.Lo > 0) != c.Look.Crossed {
			t.Errorf("look %d: z %v, bound %v, %+v", i+1, z, bounds[i], c.Look)
		}
	}
	// What is wrong with one is wrong with all that hold it.
	sorted := []evaluation.Cohort{cohort(t, 1000, 120, 80), {Result: evaluation.Result{Refusals: []evaluation.Refusal{{Code: evaluation.E01}}}}, cohort(t, 1500, 160, 130)}
	evaluation.CohortPlan{Cohorts: 4, HoldShare: holdout.Whole / 2}.Look(sorted)
	if sorted[0].Look.Code != "" || sorted[1].Look.Code != evaluation.E01 || sorted[2].Look.Code != evaluation.E01 {
		t.Errorf("looks at a sorted cohort: %+v %+v", sorted[1].Look, sorted[2].Look)
	}
	// More come in than were planned: the first look still stands for a quarter at most.
	evaluation.CohortPlan{Cohorts: 4, Planned: 100, HoldShare: holdout.Whole / 2}.Look(list)
	near(t, "spent", list[0].Look.Spent, 0.25)
	// Fewer cohorts than there were: what lies beyond the plan is not looked at.
	evaluation.CohortPlan{Cohorts: 3, HoldShare: holdout.Whole / 2}.Look(list)
	if l := list[3].Look; l.Code != evaluation.NoEstimate || l.Bound != nil || list[2].Look.Bound == nil {
		t.Errorf("a fourth look of three: %+v", l)
	}
}

// Looks at cohorts without an effect err as often as they may, all together.
func TestLooksAtCohortsErrAsOftenAsTheyMay(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 1))
	buyers := func() (x int64) {
		for range 600 {
			if random.Float64() < 0.1 {
				x++
			}
		}
		return x
	}
	const runs = 1500
	crossed := 0
	for range runs {
		list := make([]evaluation.Cohort, 5)
		for i := range list {
			list[i] = cohort(t, 600, buyers(), buyers())
		}
		evaluation.CohortPlan{Cohorts: 5, HoldShare: holdout.Whole / 2}.Look(list)
		for _, c := range list {
			if c.Look.Crossed {
				crossed++
				break
			}
		}
	}
	if share := float64(crossed) / runs; share < 0.03 || share > 0.07 {
		t.Errorf("%.3f of runs without an effect cross a bound", share)
	}
}
