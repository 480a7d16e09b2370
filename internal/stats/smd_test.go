package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestSMDOfTheSpecification(t *testing.T) {
	t.Parallel()
	got, ok := stats.MeanSMD(momentsOf(810, 62.1, 38.2*38.2, 0), momentsOf(8190, 55.4, 35.9*35.9, 0))
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "means", got, 0.1807496585, 1e-9)
	got, ok = stats.RateSMD(Count{57, 100}, Count{49, 100})
	if !ok {
		t.Fatal("not defined")
	}
	near(t, "rates", got, 0.1608060504, 1e-9)
}

func TestSMDThatIsNotDefined(t *testing.T) {
	t.Parallel()
	some := momentsFrom(1, 2)
	for _, pair := range [][2]Moments{{{}, some}, {some, momentsFrom(1)}, {momentsFrom(1, 1), momentsFrom(2, 2)}, {some, {N: 2, Sum: math.NaN()}}} {
		if got, ok := stats.MeanSMD(pair[0], pair[1]); ok || got != 0 {
			t.Errorf("%v: %v is defined", pair, got)
		}
	}
	for _, pair := range [][2]Count{{{}, {1, 2}}, {{1, 2}, {}}, {{0, 5}, {3, 3}}} {
		if got, ok := stats.RateSMD(pair[0], pair[1]); ok || got != 0 {
			t.Errorf("%v: %v is defined", pair, got)
		}
	}
}

func TestSMDProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := momentsFrom(drawUnits(t, "a")...), momentsFrom(drawUnits(t, "b")...)
		got, ok := stats.MeanSMD(a, b)
		swapped, _ := stats.MeanSMD(b, a)
		scaled, _ := stats.MeanSMD(hundredfold(a), hundredfold(b))
		if swapped != -got || math.Abs(scaled-got) > 1e-9*math.Abs(got) {
			t.Fatalf("%v, swapped %v, a hundred times as much %v", got, swapped, scaled)
		}
		if !ok && got != 0 {
			t.Fatalf("%v is not defined", got)
		}
	})
}
