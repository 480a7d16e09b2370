package stats_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
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

// The specification's at 10,000; the others from mpmath 1.2 at 40 digits.
func TestSRMLogBayes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		observed     []int64
		planned      []float64
		atTen, atOne float64 // thousand
	}{
		{[]int64{8931, 1069}, []float64{90, 10}, 0.9475569227, 1.1345845302767},
		{[]int64{8880, 1120}, []float64{90, 10}, 3.558569079, 5.8044637721885},
		{[]int64{900, 100}, []float64{90, 10}, -0.04766274981, -0.34699488414489},
		{[]int64{21306, 21307, 21387}, []float64{1, 1, 1}, -1.9139864942871, -4.0753747544815},
		{[]int64{821588, 815482}, []float64{1, 1}, 8.7659722924104, 7.6793792900353},
	} {
		ten, ok := stats.SRMLogBayes(tt.observed, tt.planned, 10_000)
		one, _ := stats.SRMLogBayes(tt.observed, tt.planned, 1000)
		if !ok {
			t.Fatalf("%v: not defined", tt.observed)
		}
		near(t, "log BF at 10,000", ten, tt.atTen, 1e-8)
		near(t, "log BF at 1000", one, tt.atOne, 1e-8)
	}
	if got, _ := stats.SRMLogBayes([]int64{88000, 12000}, []float64{90, 10}, 1000); got < math.Log(1000) {
		t.Errorf("two per cent of 100,000 lost gives log BF %v, no alarm", got)
	}
}

// Thirty daily looks at the sizes of two arms, 500 customers a day. As planned
// (R1), the usual 5 % raises an alarm in a quarter of all campaigns, one in a
// thousand in one of a hundred and the Bayes factor hardly ever. With one in a
// hundred held too many (R2), chi-square at the end finds four of five and the
// factor half, more than with a concentration ten times as large.
func TestSRMAtThirtyDailyLooks(t *testing.T) {
	t.Parallel()
	const days, perDay, repetitions = 30, 500, 4000
	planned := []float64{90, 10}
	type shares struct{ five, thousandth, end, bayes, stiff float64 } // per cent of campaigns with an alarm
	for i, tt := range []struct {
		name     string
		held     float64
		from, to shares
	}{
		{"as planned", 0.10, shares{five: 24.5}, shares{30, 1.4, 0.4, 0.2, 0.2}},
		{"one of a hundred too many", 0.11, shares{90, 80, 77, 46, 16.5}, shares{100, 90, 82.5, 53, 22.5}},
	} {
		random := rand.New(rand.NewPCG(20260801, uint64(i)))
		held := newBinomial(perDay, tt.held)
		var got shares
		for range repetitions {
			var sizes [2]int64
			var p float64
			var five, thousandth, bayes, stiff bool
			for range days {
				hold := held.draw(random)
				sizes[0], sizes[1] = sizes[0]+perDay-hold, sizes[1]+hold
				_, p, _ = stats.SRM(sizes[:], planned)
				five, thousandth = five || p < 0.05, thousandth || p < 0.001
				factor, _ := stats.SRMLogBayes(sizes[:], planned, 1000)
				bayes = bayes || factor >= math.Log(1000)
				factor, _ = stats.SRMLogBayes(sizes[:], planned, 10_000)
				stiff = stiff || factor >= math.Log(1000)
			}
			const one = 100.0 / repetitions
			got.five += one * hit(five)
			got.thousandth += one * hit(thousandth)
			got.end += one * hit(p < 0.001)
			got.bayes += one * hit(bayes)
			got.stiff += one * hit(stiff)
		}
		t.Logf("%s: alarms %+v", tt.name, got)
		for _, c := range []struct {
			name          string
			got, from, to float64
		}{
			{"p < 5 % on any day", got.five, tt.from.five, tt.to.five},
			{"p < 0.1 % on any day", got.thousandth, tt.from.thousandth, tt.to.thousandth},
			{"p < 0.1 % at the end", got.end, tt.from.end, tt.to.end},
			{"a factor of 1000", got.bayes, tt.from.bayes, tt.to.bayes},
			{"a stiffer factor", got.stiff, tt.from.stiff, tt.to.stiff},
		} {
			if c.got < c.from || c.got > c.to {
				t.Errorf("%s: %s raises an alarm in %.2f %%, want %v to %v", tt.name, c.name, c.got, c.from, c.to)
			}
		}
	}
}

// The tables of scipy and of Kohavi, Tang and Xu, where their folder is at hand.
func TestSRMTables(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("REWAVE_DATA")
	if folder == "" {
		t.Skip("NOT RUN: set REWAVE_DATA to the folder of real data sets to hold the statistics against stat_tables/reference.json")
	}
	text, err := os.ReadFile(filepath.Join(folder, "stat_tables", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		SRM []struct {
			Weights  []float64
			Observed []int64
			Chi2, P  float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.SRM) < 5 {
		t.Fatalf("%d tables in the reference", len(reference.SRM))
	}
	for _, want := range reference.SRM {
		chi2, p, ok := stats.SRM(want.Observed, want.Weights)
		if !ok {
			t.Errorf("%v: not defined", want.Observed)
		}
		near(t, "chi2", chi2, want.Chi2, 1e-9)
		near(t, "p", p, want.P, 1e-9)
	}
}
