package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

// Vectors of the method's specification: (a) and (b) of money per customer, and
// the cost per incremental order with its two standard errors.
func TestFiellerOfTheSpecification(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		a, va, b, vb  float64
		want          Estimate
		withoutBounds bool
	}{
		{"revenue", 6.30, 31 * 31 / 9000.0, 5.10, 27 * 27 / 1000.0, Estimate{1.2352941176, 1 - 0.08895118485, 1.8576359105}, false},
		{"hardly a denominator", 6.3, 0.1, 0.4, 0.09, Estimate{}, true},
		{"cost per incremental order", 0.46, 0.0147 * 0.0147, 0.021, 0.0098 * 0.0098, Estimate{0.46 / 0.021, 11.39364355, 256.6928459}, false},
		{"perhaps no incremental order", 0.46, 0.0147 * 0.0147, 0.021, 0.0121 * 0.0121, Estimate{}, true},
		{"known exactly", 3, 0, -2, 0, Estimate{-1.5, -1.5, -1.5}, false},
		{"nothing of something", 0, 0, 2, 0.01, Estimate{}, false},
		{"nothing by nothing", 0, 0, 0, 0, Estimate{}, true},
		{"beyond all numbers", 1e200, 1, 1e-100, 0, Estimate{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := stats.Fieller(tt.a, tt.va, tt.b, tt.vb, 0, 0.05)
			if ok == tt.withoutBounds {
				t.Fatalf("%v, defined %v", got, ok)
			}
			same(t, "ratio", got, tt.want, 1e-9)
		})
	}
}

func TestFiellerProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(-100, 100).Draw(t, "a"), rapid.Float64Range(-100, 100).Draw(t, "b")
		sa, sb := rapid.Float64Range(0.01, 50).Draw(t, "se of a"), rapid.Float64Range(0.01, 50).Draw(t, "se of b")
		cab := sa * sb * rapid.Float64Range(-0.99, 0.99).Draw(t, "correlation")
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		z := -stats.NormalQuantile(alpha / 2)
		got, ok := stats.Fieller(a, sa*sa, b, sb*sb, cab, alpha)
		if told := math.Abs(b) > z*sb; ok != told {
			t.Fatalf("defined %v, but |b| is %v standard errors of %v", ok, math.Abs(b)/sb, z)
		}
		if !ok || math.Abs(b) < 1.001*z*sb {
			return // on the very edge the ends run away
		}
		if !(got.Lo <= got.Value && got.Value <= got.Hi) {
			t.Fatalf("%v leaves out its estimate", got)
		}

		// Each end is a ratio that is just told from the data, which is the definition.
		for _, end := range []float64{got.Lo, got.Hi} {
			se := math.Sqrt(sa*sa - 2*end*cab + end*end*sb*sb)
			if off := math.Abs(a-end*b)/se - z; math.Abs(off) > 1e-5*z {
				t.Fatalf("end %v of %v is %v standard errors off, want %v", end, got, off+z, z)
			}
		}
		negative, _ := stats.Fieller(-a, sa*sa, b, sb*sb, -cab, alpha)
		if math.Abs(negative.Lo+got.Hi)+math.Abs(negative.Hi+got.Lo) > 1e-9*(got.Hi-got.Lo) {
			t.Fatalf("of -a %v, of a %v", negative, got)
		}
		inverse, ok := stats.Fieller(b, sb*sb, a, sa*sa, cab, alpha)
		if ok && math.Abs(a) > 1.001*z*sa && (math.Abs(1/inverse.Hi/got.Lo-1) > 1e-6 || math.Abs(1/inverse.Lo/got.Hi-1) > 1e-6) {
			t.Fatalf("b/a is %v, a/b %v", inverse, got)
		}
	})
}
