package stats_test

import (
	"testing"

	"github.com/rewave/rewave/internal/stats"
)

// Example (e) of the method's specification: two arms of which only the third
// moments and the error of the difference are known.
func TestLeanOfTheSpecification(t *testing.T) {
	t.Parallel()
	treat := stats.Lean{Effect: stats.Effect{Value: 1.9, SE: 0.81}, Third: 700000. / 18000 / 18000}
	control := stats.Lean{Third: 686000. / 2000 / 2000}
	got, ok := stats.WeighLeans([]stats.Lean{treat, control}, []float64{1, -1}).Hall(0.05)
	if !ok || !got.Bounded {
		t.Fatalf("got %+v, defined %v", got, ok)
	}
	near(t, "A", got.A, -0.3186421563, 1e-9)
	near(t, "lo", got.Lo, -0.3083478052, 1e-9)
	near(t, "hi", got.Hi, 3.207551902, 1e-9)
	near(t, "p", got.P, 0.07896994199, 1e-9)
}

// Two halves of the same arms, weighed, and the plain difference of one stratum.
func TestTheWeighedDifferenceOfOneStratumIsHalls(t *testing.T) {
	t.Parallel()
	var treat, control stats.Moments
	for i := range 400 {
		treat.Add(float64(i * i % 97))
		control.Add(float64(i * i % 89))
	}
	a, okA := treat.Lean()
	b, okB := control.Lean()
	one := stats.WeighLeans([]stats.Lean{a, b}, []float64{1, -1})
	got, ok := one.Hall(0.05)
	want, _ := stats.HallDifference(treat, control, 0.05)
	if !ok || !okA || !okB {
		t.Fatal("not defined")
	}
	near(t, "value", got.Value, want.Value, 1e-12)
	near(t, "lo", got.Lo, want.Lo, 1e-12)
	near(t, "hi", got.Hi, want.Hi, 1e-12)
	near(t, "A", got.A, want.A, 1e-12)

	// Two strata alike: half the variance, a quarter of the third moment.
	both := stats.WeighLeans([]stats.Lean{one, one}, []float64{0.5, 0.5})
	near(t, "value of two", both.Value, one.Value, 1e-12)
	near(t, "variance of two", both.SE*both.SE, one.SE*one.SE/2, 1e-12)
	near(t, "third of two", both.Third, one.Third/4, 1e-12)
	if _, ok := (stats.Moments{N: 1, Sum: 1, Sum2: 1, Sum3: 1}).Lean(); ok {
		t.Error("one unit has an error")
	}
}
