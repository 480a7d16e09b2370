package stats_test

import (
	"testing"

	"github.com/rewave/rewave/internal/stats"
)

type Moments = stats.Moments

// momentsOf has the given mean, sample variance and third central moment.
func momentsOf(n int64, mean, variance, third float64) Moments {
	f := float64(n)
	second := variance * (f - 1) / f
	return Moments{n, f * mean, f * (second + mean*mean), f * (third + 3*mean*second + mean*mean*mean)}
}

func TestHallDifferenceOfTheSpecification(t *testing.T) {
	t.Parallel()
	treat, control := momentsOf(18000, 1.9, 0.6561*18000/2, 700000), momentsOf(2000, 0, 0.6561*2000/2, 686000)
	got, ok := stats.HallDifference(treat, control, 0.05)
	if !ok || !got.Bounded {
		t.Fatalf("%+v, defined %v", got, ok)
	}
	near(t, "se", got.SE, 0.81, 1e-9)
	near(t, "A", got.A, -0.3186421563, 1e-9)
	near(t, "p", got.P, 0.07896994199, 1e-9)
	same(t, "difference", got.Estimate, Estimate{1.9, -0.3083478052, 3.207551902}, 1e-9)
}
