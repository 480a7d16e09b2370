package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
)

func TestSRM(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		observed []int64
		planned  []float64
		chi2, p  float64
	}{
		{"specification, fair", []int64{8931, 1069}, []float64{90, 10}, 5.29, 0.02144822004335161},
		{"specification, alarm", []int64{8880, 1120}, []float64{0.9, 0.1}, 16, 6.334248366623984e-05},
		{"Kohavi, Tang and Xu, ch. 21", []int64{821588, 815482}, []float64{1, 1}, 22.77436884189436, 1.8217928726191858e-06},
		{"three arms", []int64{21306, 21307, 21387}, []float64{1, 1, 1}, 0.20253125, 0.9036929575604196},
		{"ten per cent", []int64{9650, 90350}, []float64{0.1, 0.9}, 13.61111111111111, 0.00022485077191897093},

		// A tenth of ten, so the chi-square (p .058) would be wrong: P(X >= 3) = .0701908264.
		{"exact when small", []int64{7, 3}, []float64{9, 1}, 40.0 / 9, 2 * 0.0701908264},
		{"exact when the small arm is huge", []int64{50, 50}, []float64{99, 1}, 2401.0 / 0.99, 0},
		{"as planned and small", []int64{9, 1}, []float64{9, 1}, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			chi2, p, ok := stats.SRM(tt.observed, tt.planned)
			if !ok {
				t.Fatal("not defined")
			}
			near(t, "chi2", chi2, tt.chi2, 1e-9)
			near(t, "p", p, tt.p, 1e-9)
		})
	}
}

func TestSRMOfNobodyIsNotDefined(t *testing.T) {
	t.Parallel()
	for _, observed := range [][]int64{nil, {10}, {0, 0}} {
		planned := []float64{1, 1}[:len(observed)]
		if _, p, ok := stats.SRM(observed, planned); ok || p != 1 {
			t.Errorf("SRM of %v: p %v, defined %v", observed, p, ok)
		}
	}
	if _, _, ok := stats.SRM([]int64{3, 3, 3}, []float64{1, 1, 1}); ok {
		t.Error("three arms of three have a chi-square")
	}
}

func TestSRMLogBayes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		observed []int64
		want     float64
	}{
		{[]int64{8931, 1069}, 0.9475569227},
		{[]int64{8880, 1120}, 3.558569079},
		{[]int64{900, 100}, -0.04766274981},
	} {
		got, ok := stats.SRMLogBayes(tt.observed, []float64{90, 10}, 10_000)
		if !ok {
			t.Fatalf("%v: not defined", tt.observed)
		}
		near(t, "log BF", got, tt.want, 1e-8)
	}
	if got, _ := stats.SRMLogBayes([]int64{88000, 12000}, []float64{90, 10}, 1000); got < math.Log(1000) {
		t.Errorf("two per cent of 100,000 lost gives log BF %v, no alarm", got)
	}
}
