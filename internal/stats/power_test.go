package stats_test

import (
	"math"
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

// The specification's sizes; it asks for a lift of half a unit of money.
func TestMoneySampleSize(t *testing.T) {
	t.Parallel()
	for hold, want := range map[float64]int64{0.1: 335_235, 0.2: 188_570, 0.5: 120_685} {
		got, ok := stats.MoneySampleSize(0.5, 31, hold, 0.05, 0.8)
		if !ok || got < want || got > want+1 {
			t.Errorf("hold %v: %d customers, want %d", hold, got, want)
		}
		less, _ := stats.MoneySampleSize(0.5, 31*math.Sqrt(1-0.5*0.5), hold, 0.05, 0.8)
		if share := float64(less) / float64(got); math.Abs(share-0.75) > 1e-4 {
			t.Errorf("hold %v: a covariate of 0.5 leaves %v of the customers, want three quarters", hold, share)
		}
	}
	for _, bad := range [][3]float64{{0, 31, 0.1}, {0.5, 0, 0.1}, {0.5, math.Inf(1), 0.1}, {math.NaN(), 31, 0.1}, {0.5, 31, 0}, {0.5, 31, 1}} {
		if n, ok := stats.MoneySampleSize(bad[0], bad[1], bad[2], 0.05, 0.8); ok {
			t.Errorf("MoneySampleSize(%v) = %d, want none", bad, n)
		}
		if d, ok := stats.DetectableMoney(bad[1], 1000, bad[2], 0.05, 0.8); ok && bad[0] == 0.5 {
			t.Errorf("DetectableMoney(%v) = %v, want none", bad, d)
		}
	}
	if d, ok := stats.DetectableMoney(31, 1, 0.1, 0.05, 0.8); ok {
		t.Errorf("one customer lets a difference of %v be seen", d)
	}
}

// Student's test asks for a quarter of z squared more an arm than the normal law
// does (R 4.2.2, power.t.test: 22.0211 an arm at delta 1, sd 1, power .9); for
// rates the pooled variance asks for next to the same (power.prop.test: 13808.9 an
// arm, .02 against .025, power .8).
func TestSampleSizesOfR(t *testing.T) {
	t.Parallel()
	money, _ := stats.MoneySampleSize(1, 1, 0.5, 0.05, 0.9)
	if an := float64(money)/2 + z95*z95/4; math.Abs(an-22.0210977039) > 0.5 {
		t.Errorf("%v an arm, want 22.02", an)
	}
	rates, _ := stats.SampleSize(0.025, 0.02, 0.5, 0.05, 0.8)
	if an := float64(rates) / 2; math.Abs(an/13808.924918-1) > 3e-4 {
		t.Errorf("%v an arm, want 13,809", an)
	}
}

func TestMoneySampleSizeAndDetectableMoneyUndoEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sd := rapid.Float64Range(0.01, 1000).Draw(t, "sd")
		hold := rapid.Float64Range(0.01, 0.99).Draw(t, "hold")
		n := rapid.Int64Range(2, 5_000_000).Draw(t, "n")
		d, ok := stats.DetectableMoney(sd, n, hold, 0.05, 0.8)
		if !ok {
			t.Fatal("not defined")
		}
		needed, _ := stats.MoneySampleSize(d*(1+1e-9), sd, hold, 0.05, 0.8)
		more, _ := stats.MoneySampleSize(-d*(1-1e-6), sd, hold, 0.05, 0.8)
		if needed > n || more <= n {
			t.Fatalf("a difference of %v is seen by %d, but needs %d, and less of it %d", d, n, needed, more)
		}
	})
}

func TestDaysUntil(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		n       int64
		pace    float64
		watched int
		want    int
		ok      bool
	}{
		{"even days", 42_201, 500, 0, 85, true},
		{"and a window", 42_201, 500, 30, 115, true},
		{"all at once", 42_201, 1e9, 30, 31, true},
		{"nobody needed", 0, 3, 10, 10, true},
		{"a few a day", 10, 0.3, 0, 34, true},
		{"nobody enters", 10, 0, 0, 0, false},
		{"no pace", 10, math.NaN(), 0, 0, false},
		{"not in this century", 1_000_000, 1, 0, 0, false},
	} {
		if got, ok := stats.DaysUntil(tt.n, tt.pace, tt.watched); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %d %v, want %d %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}
