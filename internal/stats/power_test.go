package stats_test

import (
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestSampleSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p0, lift, hold float64
		want           int64
	}{
		{0.05, 0.20, 0.5, 16310},
		{0.05, 0.20, 0.1, 42201},
		{0.08, 0.10, 0.1, 101199},
		{0.03, 0.15, 0.1, 127137},
	} {
		got, ok := stats.SampleSize(tt.p0*(1+tt.lift), tt.p0, tt.hold, 0.05, 0.8)
		if !ok || got < tt.want-1 || got > tt.want+1 {
			t.Errorf("%v: %d customers, want %d", tt, got, tt.want)
		}
	}
	for _, bad := range [][3]float64{{0.05, 0.05, 0.1}, {0.1, 0.05, 0}, {0.1, 0.05, 1}, {1.1, 0.05, 0.1}} {
		if n, ok := stats.SampleSize(bad[0], bad[1], bad[2], 0.05, 0.8); ok {
			t.Errorf("SampleSize(%v) = %d, want none", bad, n)
		}
	}
}

// The table of relative detectable lifts at a natural rate of 5 % and 80 % power.
func TestDetectableLift(t *testing.T) {
	t.Parallel()
	holds := []float64{0.05, 0.1, 0.2, 0.5}
	for n, row := range map[int64][]float64{
		5_000:     {0.807, 0.591, 0.449, 0.374},
		20_000:    {0.400, 0.292, 0.220, 0.180},
		50_000:    {0.252, 0.184, 0.138, 0.112},
		100_000:   {0.178, 0.130, 0.097, 0.079},
		200_000:   {0.126, 0.091, 0.069, 0.055},
		1_000_000: {0.056, 0.041, 0.031, 0.025},
	} {
		for i, want := range row {
			got, ok := stats.DetectableLift(0.05, n, holds[i], 0.05, 0.8)
			if rel := got / 0.05; !ok || rel < want-0.0006 || rel > want+0.0006 {
				t.Errorf("n %d, hold %v: relative lift %.4f, want %.3f", n, holds[i], rel, want)
			}
		}
	}
	if lift, ok := stats.DetectableLift(0.5, 3, 0.5, 0.05, 0.8); ok {
		t.Errorf("three customers can see a lift of %v", lift)
	}
}

func TestSampleSizeAndDetectableLiftUndoEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p0 := rapid.Float64Range(0.001, 0.5).Draw(t, "natural rate")
		hold := rapid.Float64Range(0.05, 0.5).Draw(t, "hold")
		n := rapid.Int64Range(2_000, 5_000_000).Draw(t, "n")
		lift, ok := stats.DetectableLift(p0, n, hold, 0.05, 0.8)
		if !ok {
			return
		}
		needed, ok := stats.SampleSize(p0+lift*1.000001, p0, hold, 0.05, 0.8)
		if !ok || needed > n {
			t.Fatalf("a lift of %v at %v is seen by %d, but needs %d", lift, p0, n, needed)
		}
	})
}
