package model_test

import (
	"math"
	"testing"
)

// near holds got to want within a relative tolerance, absolute below 1e-12.
func near(t *testing.T, name string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > max(tolerance*math.Abs(want), 1e-12) {
		t.Errorf("%s = %.13g, want %.13g", name, got, want)
	}
}
