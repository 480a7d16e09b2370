package evaluation_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// look is a round in a campaign of 3000 and 300.
func look(round int, treat, first, hold, firstHeld int64) evaluation.LookInput {
	return evaluation.LookInput{Round: round,
		Treat: evaluation.LookArm{Assigned: 3000, Final: 3000, Buyers: treat, First: first},
		Hold:  evaluation.LookArm{Assigned: 300, Final: 300, Buyers: hold, First: firstHeld}}
}

var elevenths = evaluation.LookPlan{Rounds: 2, HoldShare: holdout.Whole / 11}

func TestTwoLooks(t *testing.T) {
	t.Parallel()
	got := evaluation.Looks(elevenths, []evaluation.LookInput{look(1, 300, 300, 20, 20), look(2, 540, 240, 36, 16)})
	// Bounds from the bivariate normal integral, and score statistics, worked out in another language: half of the plan spends
	// 4(1 - Phi(2.2414/sqrt 0.5)); odds 320/2980 and 576/2724 correlate the looks by sqrt(0.5078).
	near := func(name string, got *float64, want, within float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > within {
			t.Errorf("%s = %v, want %v", name, show(got), want)
		}
	}
	near("first bound", got[0].Bound, 2.9625880427, 1e-8)
	near("second bound", got[1].Bound, 1.9683277, 1e-6)
	near("first difference", got[0].Difference.Estimate, 0.1-20.0/300, 1e-12)
	near("second difference", got[1].Difference.Estimate, 0.18-0.12, 1e-12)
	near("first increment", got[0].Increment.Estimate, 0.1-20.0/300, 1e-12)
	near("second increment", got[1].Increment.Estimate, 0.08-16.0/300, 1e-12)
	if *got[0].Difference.Lo >= *got[0].Increment.Lo || *got[0].Difference.Hi <= *got[0].Increment.Hi {
		t.Errorf("an early look is as narrow as a planned point: %+v, %+v", got[0].Difference, got[0].Increment)
	}
	// z = d / sqrt(p q (1/n1 + 1/n0) N/(N-1)).
	p := 576.0 / 3300
	near("second z", got[1].Z, 0.06/math.Sqrt(p*(1-p)*(1.0/3000+1.0/300)*3300/3299), 1e-9)
	if got[0].Crossed || !got[1].Crossed {
		t.Errorf("crossed %v and %v", got[0].Crossed, got[1].Crossed)
	}

	// A look that comes later changes none before it.
	alone := evaluation.Looks(elevenths, []evaluation.LookInput{look(1, 300, 300, 20, 20)})
	if diff := cmp.Diff(alone[0], got[0]); diff != "" {
		t.Error(diff)
	}
}

func TestLooksThatAreNotShown(t *testing.T) {
	t.Parallel()
	late := look(2, 540, 240, 36, 16)
	late.Treat.Final, late.Treat.Buyers = 2834, 500 // 3134 of 3300 are less than 95 of 100
	sorted := look(1, 300, 300, 20, 20)
	sorted.Hold.Assigned = 400
	for name, row := range map[string]struct {
		plan evaluation.LookPlan
		in   []evaluation.LookInput
		want []evaluation.Code
	}{
		"the second is not over":       {elevenths, []evaluation.LookInput{look(1, 300, 300, 20, 20), late}, []evaluation.Code{"", evaluation.E03}},
		"nine of the holdout":          {elevenths, []evaluation.LookInput{look(1, 300, 300, 9, 9), look(2, 540, 240, 36, 16)}, []evaluation.Code{evaluation.E02, ""}},
		"nine treated":                 {elevenths, []evaluation.LookInput{look(1, 9, 9, 20, 20)}, []evaluation.Code{evaluation.E02}},
		"sizes":                        {elevenths, []evaluation.LookInput{sorted}, []evaluation.Code{evaluation.E01}},
		"the holdout was reached":      {evaluation.LookPlan{Rounds: 2, HoldShare: holdout.Whole / 11, Blocked: evaluation.E04}, []evaluation.LookInput{look(1, 300, 300, 20, 20)}, []evaluation.Code{evaluation.E04}},
		"nobody entered":               {elevenths, []evaluation.LookInput{{Round: 1}, {Round: 2}}, []evaluation.Code{evaluation.E02, evaluation.E02}},
		"everybody bought":             {elevenths, []evaluation.LookInput{look(1, 3000, 3000, 300, 300), look(2, 3000, 0, 300, 0)}, []evaluation.Code{"", ""}},
		"a later look that saw less":   {elevenths, []evaluation.LookInput{look(1, 300, 300, 20, 20), look(2, 290, 10, 20, 1)}, []evaluation.Code{"", ""}},
		"a round in which nobody came": {elevenths, []evaluation.LookInput{look(1, 300, 300, 20, 20), look(2, 300, 0, 20, 0)}, []evaluation.Code{"", ""}},
	} {
		got := evaluation.Looks(row.plan, row.in)
		var codes []evaluation.Code
		for _, l := range got {
			codes = append(codes, l.Code)
			if shown := l.Code == ""; shown != l.Difference.Known() || shown != l.Increment.Known() || shown != (l.Bound != nil) || !shown && l.Difference.Code != l.Code {
				t.Errorf("%s: round %d with %q: %+v", name, l.Round, l.Code, l)
			}
		}
		if diff := cmp.Diff(codes, row.want); diff != "" {
			t.Errorf("%s: got -, want +\n%s", name, diff)
		}
	}
}

func TestAWavesOwnEffect(t *testing.T) {
	t.Parallel()
	side := func(available, final, buyers int64) evaluation.WaveArm {
		return evaluation.WaveArm{Available: available, Final: evaluation.Totals{Enrollments: final, Buyers: buyers, Orders: buyers}}
	}
	wave := func(sent, skipped evaluation.WaveArm) evaluation.WaveInput {
		return evaluation.WaveInput{Round: 2, Wave: "coupon", Window: 10 * day, Share: tenM, Sent: sent, Skipped: skipped}
	}
	for name, row := range map[string]struct {
		in   evaluation.WaveInput
		want string
	}{
		// Rates and interval as of the verdict above: 810 of 9000 against 72 of 1000.
		"shown":          {wave(side(9000, 9000, 810), side(1000, 1000, 72)), "+0.018000 (-0.000572 to +0.033732) p 0.056898"},
		"99 skipped":     {wave(side(891, 891, 81), side(99, 99, 12)), "E02"},
		"nine bought":    {wave(side(9000, 9000, 810), side(1000, 1000, 9)), "E02"},
		"not over":       {wave(side(9000, 8400, 810), side(1000, 1000, 72)), "E03"},
		"nobody yet":     {wave(side(0, 0, 0), side(0, 0, 0)), "E03"},
		"an uneven lot":  {wave(side(8880, 8880, 810), side(1120, 1120, 72)), "E01"},
		"nobody skipped": {evaluation.WaveInput{Round: 1, Wave: "coupon", Window: 10 * day, Sent: side(9000, 9000, 810)}, "E10"},
	} {
		e := row.in.Effect()
		got := string(e.Code)
		if e.Code == "" {
			got = fmt.Sprintf("%+.6f (%+.6f to %+.6f) p %.6f", *e.Difference.Estimate, *e.Difference.Lo, *e.Difference.Hi, *e.P)
		} else if e.Difference.Code != e.Code || e.Difference.Estimate != nil || e.P != nil {
			t.Errorf("%s: %+v", name, e)
		}
		if got != row.want {
			t.Errorf("%s: got %s, want %s", name, got, row.want)
		}
		if e.Window != 240 || e.Round != row.in.Round || e.Sent.Assigned != row.in.Sent.Available {
			t.Errorf("%s: %+v", name, e)
		}
	}
}
