package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestTables(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		table    [][]int64
		chi2, p  float64
		df       int
		v        float64 // NaN where none is printed
		smallest float64
	}{
		{"of the specification", [][]int64{{120, 60, 30}, {340, 330, 220}}, 26.18240577, 2.063302e-06, 2, 0.1542795744, 210.0 * 250 / 1100},
		{"basket of the specification", [][]int64{{90, 210}, {310, 1390}}, 22.05882353, math.NaN(), 1, math.NaN(), 60},

		// Base R 4.2.2: chisq.test of UCBAdmissions, prop.test of smokers.
		{"admissions", [][]int64{{1198, 1493}, {557, 1278}}, 92.2052804115, 7.81360038899e-22, 1, math.NaN(), 1835.0 * 1755 / 4526},
		{"smokers", [][]int64{{83, 3}, {90, 3}, {129, 7}, {70, 12}}, 12.6004112971, 0.00558547666163, 3, math.NaN(), 82.0 * 25 / 397},
		{"an empty row says nothing", [][]int64{{120, 60, 30}, {0, 0, 0}, {340, 330, 220}}, 26.18240577, 2.063302e-06, 2, 0.1542795744, 210.0 * 250 / 1100},
		{"all or nothing", [][]int64{{10, 0}, {0, 10}}, 20, 2 * stats.NormalCDF(-math.Sqrt(20)), 1, 1, 5},
		{"nothing to do with each other", [][]int64{{10, 20}, {30, 60}}, 0, 1, 1, 0, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := stats.TableTest(tt.table)
			if !ok || got.DF != tt.df {
				t.Fatalf("%+v, defined %v", got, ok)
			}
			near(t, "chi2", got.Chi2, tt.chi2, 1e-9)
			if !math.IsNaN(tt.p) && math.Abs(got.P/tt.p-1) > 2e-7 { // the specification prints seven digits
				t.Errorf("p = %v, want %v", got.P, tt.p)
			}
			if !math.IsNaN(tt.v) {
				near(t, "V", got.V, tt.v, 1e-9)
			}
			near(t, "smallest", got.Smallest, tt.smallest, 1e-12)
		})
	}
	for _, table := range [][][]int64{nil, {{1, 2}}, {{1}, {2}}, {{1, 2}, {0, 0}}, {{1, 0}, {2, 0}}, {{}, {}}} {
		if got, ok := stats.TableTest(table); ok || got != (stats.Independence{}) {
			t.Errorf("%v: %+v is defined", table, got)
		}
	}
}

func TestTableProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, c := rapid.IntRange(2, 5).Draw(t, "rows"), rapid.IntRange(2, 5).Draw(t, "columns")
		table, turned := make([][]int64, r), make([][]int64, c)
		for j := range turned {
			turned[j] = make([]int64, r)
		}
		for i := range table {
			table[i] = make([]int64, c)
			for j := range table[i] {
				table[i][j] = rapid.Int64Range(0, 200).Draw(t, "count")
				turned[j][r-1-i] = table[i][j]
			}
		}
		got, ok := stats.TableTest(table)
		other, okTurned := stats.TableTest(turned)
		if ok != okTurned || math.Abs(got.Chi2-other.Chi2) > 1e-9*(1+got.Chi2) || got.DF != other.DF || math.Abs(got.V-other.V) > 1e-9 {
			t.Fatalf("%+v, turned and rows reversed %+v", got, other)
		}
		if ok && !(got.V >= 0 && got.V <= 1 && got.P >= 0 && got.P <= 1) {
			t.Fatalf("%+v", got)
		}

		// Two rates: the score test is the same statistic but for N/(N-1).
		if r == 2 && c == 2 && ok {
			a, b := Count{table[0][0], table[0][0] + table[0][1]}, Count{table[1][0], table[1][0] + table[1][1]}
			z, _, _ := stats.ScoreTest(a, b)
			n := float64(a.N + b.N)
			if math.Abs(z*z*n/(n-1)-got.Chi2) > 1e-8*(1+got.Chi2) {
				t.Fatalf("chi2 %v, score statistic squared %v", got.Chi2, z*z*n/(n-1))
			}
		}
	})
}
