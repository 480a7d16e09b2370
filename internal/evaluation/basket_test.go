package evaluation_test

import (
	"fmt"
	"testing"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

func TestWhatTheCampaignSold(t *testing.T) {
	t.Parallel()
	row := func(what, category, other string, arm holdout.Arm, n int64) evaluation.CategoryRow {
		return evaluation.CategoryRow{What: what, Category: category, Other: other, Arm: arm, N: n}
	}
	treat, hold := holdout.Treat, holdout.Hold
	rows := []evaluation.CategoryRow{
		row("enrolled", "", "", treat, 9000), row("enrolled", "", "", hold, 1000),
		row("category", "coats", "", treat, 810), row("category", "coats", "", hold, 40), // +5.0 of 100
		row("category", "hats", "", treat, 90), row("category", "hats", "", hold, 40), // -3.0
		row("category", "socks", "", treat, 450), row("category", "socks", "", hold, 50), // the same
		row("category", "rare", "", treat, 10), row("category", "rare", "", hold, 9), // too few to look at
		row("from", "coats", "", treat, 450), row("step", "coats", "hats", treat, 120), row("step", "coats", "coats", treat, 300),
		row("from", "few", "", treat, 19), row("step", "few", "hats", treat, 19),
		row("basket", "", "", treat, 2000),
		row("category", "a", "", treat, 300), row("category", "b", "", treat, 400), row("pair", "a", "b", treat, 90),
		row("pair", "coats", "socks", treat, 182), // as chance has it: 810 x 450 / 2000
	}
	b := judged().Basket(rows)
	marks := map[string]string{}
	for _, c := range b.Categories {
		marks[c.Category] = c.Mark
	}
	if marks["coats"] != "sold" || marks["hats"] != "shifted" || marks["socks"] != "" || len(marks) != 5 {
		t.Errorf("marks %v", marks)
	}
	near(t, "coats", *b.Categories[0].Difference.Estimate, 0.05)
	// 120 of 450: 0.2279 to 0.3094 (Wilson).
	if got := fmt.Sprintf("%d: %s after %s %d, %s %d, %.10f", len(b.Steps), b.Steps[0].To, b.Steps[0].From, b.Steps[0].Buyers, b.Steps[1].To, b.Steps[1].Buyers, *b.Steps[1].Share.Lo); got != "2: coats after coats 300, hats 120, 0.2279090679" {
		t.Error(got)
	}
	// The published case: N 2,000, A 300, B 400, both 90: lift 1.5 (1.2357 to 1.8208).
	if len(b.Rules) != 1 {
		t.Fatalf("rules %+v", b.Rules)
	}
	if r := b.Rules[0]; fmt.Sprintf("%s %s %.4f %.1f %.9f %.9f", r.A, r.B, *r.Confidence, *r.Lift.Estimate, *r.Lift.Lo, *r.Lift.Hi) != "a b 0.3000 1.5 1.235726038 1.820791932" {
		t.Errorf("%+v", r)
	}
	if judged().Basket(rows[:2]) != nil {
		t.Error("a basket of no categories")
	}
}
