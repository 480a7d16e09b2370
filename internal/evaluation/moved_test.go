package evaluation_test

import (
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// counted are the rows of a trait that of n some have, by hand.
func counted(name string, arm holdout.Arm, bought bool, has, lacks int64) []evaluation.TraitRow {
	return []evaluation.TraitRow{{Arm: arm, Bought: bought, N: has + lacks}, {Name: name, Level: "yes", Arm: arm, Bought: bought, N: has}}
}

// 470 of 810 treated buyers and 36 of 72 natural buyers use the app, of 9,000 and 1,000: responders 58.0 %, natural 50.0 %, and of those
// whom the campaign moved 90.1 % (470/9000 - 36/1000) / (810/9000 - 72/1000) — told only where enough were moved.
func TestWhoWasMoved(t *testing.T) {
	t.Parallel()
	rows := func(halves int64) (all []evaluation.TraitRow) {
		for _, x := range []struct {
			arm        holdout.Arm
			bought     bool
			has, lacks int64
		}{{holdout.Treat, true, 470, 340}, {holdout.Treat, false, 3000, 5190}, {holdout.Hold, true, 36, 36}, {holdout.Hold, false, 400, 528}} {
			all = append(all, counted("consent:app", x.arm, x.bought, halves*x.has/2, halves*x.lacks/2)...)
		}
		return all
	}
	m := judged().Moved(rows(1))
	yes := m.Traits[0].Levels[0]
	near(t, "responders", *yes.Responders, 470.0/810)
	near(t, "natural", *yes.Natural, 0.5)
	near(t, "all", *yes.All, (470+3000+36+400)/10_000.0)
	if m.Z == nil || *m.Z > 2 || yes.Moved.Estimate != nil {
		t.Errorf("z %v, moved %+v: too few were moved", m.Z, yes.Moved)
	}
	// The unknown are the others.
	if l := m.Traits[0].Levels[1]; l.Kind != "unknown" || *l.Natural != 0.5 {
		t.Errorf("the rest: %+v", l)
	}
	// chi-square of [[470, 340], [3000, 5190]], 10000 (470 5190 - 340 3000)^2 / ..., halved.
	a, b, c, d := 235.0, 170.0, 1500.0, 2595.0
	near(t, "chi2", *m.Traits[0].Chi2, 4500*(a*d-b*c)*(a*d-b*c)/((a+b)*(c+d)*(a+c)*(b+d)))

	m = judged().Moved(rows(20))
	yes = m.Traits[0].Levels[0]
	near(t, "moved", *yes.Moved.Estimate, (470/9000.0-36/1000.0)/(810/9000.0-72/1000.0))
	if yes.Clipped || *yes.Moved.Lo >= *yes.Moved.Estimate {
		t.Errorf("%+v", yes)
	}
}

// Every buyer more uses the app and some who would have bought do not any more: the share would be above 1.
func TestAProfileStaysWithinWhatThereIs(t *testing.T) {
	t.Parallel()
	var rows []evaluation.TraitRow
	rows = append(rows, counted("consent:app", holdout.Treat, true, 9000, 1000)...)
	rows = append(rows, counted("consent:app", holdout.Treat, false, 40_000, 50_000)...)
	rows = append(rows, counted("consent:app", holdout.Hold, true, 3000, 4000)...)
	rows = append(rows, counted("consent:app", holdout.Hold, false, 40_000, 53_000)...)
	l := judged().Moved(rows).Traits[0].Levels[0]
	if !l.Clipped || *l.Moved.Estimate != 1 || *l.Moved.Hi > 1 {
		t.Errorf("%+v", l)
	}
}

// Of every 100 treated 10 buy, with 3 orders before; of every 100 held out 7, with 2.
func TestTheMeanOfThoseMoved(t *testing.T) {
	t.Parallel()
	row := func(name string, arm holdout.Arm, bought bool, n int64, each float64) []evaluation.TraitRow {
		x := evaluation.TraitRow{Name: name, Number: true, Arm: arm, Bought: bought, N: n, Sum: float64(n) * each, Sum2: float64(n) * each * each, Least: each, Greatest: each}
		return []evaluation.TraitRow{{Arm: arm, Bought: bought, N: n}, x}
	}
	var rows []evaluation.TraitRow
	rows = append(rows, row("orders", holdout.Treat, true, 9000, 3)...)
	rows = append(rows, row("orders", holdout.Treat, false, 81_000, 1)...)
	rows = append(rows, row("orders", holdout.Hold, true, 700, 2)...)
	rows = append(rows, row("orders", holdout.Hold, false, 9300, 8)...)
	l := judged().Moved(rows).Traits[0].Levels[0]
	near(t, "moved", *l.Moved.Estimate, (0.1*3-0.07*2)/(0.1-0.07))
	near(t, "natural", *l.Natural, 2)
	if judged().Moved(nil).Z != nil {
		t.Error("a z of nobody")
	}
}
