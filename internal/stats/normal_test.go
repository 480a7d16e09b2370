package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// Values from mpmath 1.3 at 40 digits.
func TestNormalQuantile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ p, want float64 }{
		{0.975, 1.9599639845400538556},
		{0.5, 0},
		{0.025, -1.9599639845400542118},
		{0.001, -3.0902323061678135354},
		{1e-10, -6.3613409024040561991},
		{1e-20, -9.2623400897984075796},
		{1e-100, -21.273453560965324294},
		{1e-300, -37.047096299361199237},
		{0.3, -0.52440051270804081597},
		{0.9999999, 5.1993375822906610937},
	} {
		near(t, "quantile", stats.NormalQuantile(tt.p), tt.want, 1e-14)
	}
	if got := stats.NormalQuantile(0); !math.IsInf(got, -1) {
		t.Errorf("quantile of 0 = %v, want -Inf", got)
	}
	if got := stats.NormalQuantile(1); !math.IsInf(got, 1) {
		t.Errorf("quantile of 1 = %v, want +Inf", got)
	}
}

func TestNormalCDF(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ x, want float64 }{
		{0, 0.5},
		{1, 0.84134474606854294859},
		{-1, 0.15865525393145705141},
		{-3, 0.0013498980316300945267},
		{-8, 6.2209605742717841235e-16},
		{-20, 2.7536241186062336951e-89},
		{-37, 5.7255712225245768227e-300},
		{2.5, 0.99379033467422386483},
	} {
		// Not near: these are far below its absolute floor.
		if got := stats.NormalCDF(tt.x); math.Abs(got/tt.want-1) > 1e-13 {
			t.Errorf("CDF(%v) = %v, want %v", tt.x, got, tt.want)
		}
	}
}

func TestNormalQuantileUndoesTheCDF(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-30, 0).Draw(t, "x")
		if got := stats.NormalQuantile(stats.NormalCDF(x)); math.Abs(got-x) > 1e-12*max(1, -x) {
			t.Fatalf("quantile(CDF(%v)) = %v", x, got)
		}
		p := rapid.Float64Range(1e-12, 0.5).Draw(t, "p")
		if a, b := stats.NormalQuantile(p), stats.NormalQuantile(1-p); math.Abs(a+b) > 1e-4 {
			t.Fatalf("quantiles of %v and its complement: %v, %v", p, a, b)
		}
	})
}

// Values from mpmath 1.3 at 40 digits.
func TestChiSquareTail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		x    float64
		df   int
		want float64
	}{
		{3.841458820694124, 1, 0.050000000000000057435},
		{5.29, 1, 0.021448220043351610347},
		{16, 1, 0.000063342483666239842508},
		{30.070149095754672, 2, 2.9535891832117568275e-7},
		{138.28984162600824, 9, 2.3252867870988392519e-25},
		{0.5, 3, 0.91889141165467585936},
		{1000, 4, 3.5694127797773840513e-215},
		{100, 100, 0.48119168452795671811},
		{0, 3, 1},
	} {
		if got := stats.ChiSquareTail(tt.x, tt.df); math.Abs(got/tt.want-1) > 1e-11 {
			t.Errorf("tail(%v, %d) = %v, want %v", tt.x, tt.df, got, tt.want)
		}
	}
}
