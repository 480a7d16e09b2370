package stats_test

import (
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestWilson(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		count  Count
		lo, hi float64
	}{
		{Count{810, 9000}, 0.08426113111, 0.09608871914},
		{Count{72, 1000}, 0.05756392168, 0.08971178358},
		{Count{450, 9000}, 0.04568615294, 0.05469782905},
		{Count{120, 450}, 0.2279090679, 0.3093742809},

		// Newcombe (1998), Stat Med 17:857, method 3, at full precision from scipy.
		{Count{81, 263}, 0.2552885198782742, 0.36620957698280004},
		{Count{15, 148}, 0.06238639953073628, 0.16048724172330803},
		{Count{0, 20}, 0, 0.1611251580528194},
		{Count{1, 29}, 0.006113214292762667, 0.17175521879320294},
	} {
		got, ok := stats.Wilson(tt.count, 0.05)
		if !ok {
			t.Fatalf("%v: not defined", tt.count)
		}
		near(t, "from", got.Lo, tt.lo, 2e-9)
		near(t, "to", got.Hi, tt.hi, 2e-9)
	}
	if _, ok := stats.Wilson(Count{}, 0.05); ok {
		t.Error("the rate of nobody is defined")
	}
}

func TestWilsonProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCount(t, "arm")
		alpha := rapid.Float64Range(0.0001, 0.4).Draw(t, "alpha")
		e, _ := stats.Wilson(c, alpha)
		if !(0 <= e.Lo && e.Lo <= e.Value && e.Value <= e.Hi && e.Hi <= 1) {
			t.Fatalf("%v gives %v", c, e)
		}
		w, _ := stats.Wilson(c, alpha/2)
		if w.Lo > e.Lo || w.Hi < e.Hi {
			t.Fatalf("%v: smaller alpha, narrower interval: %v in %v", c, w, e)
		}
		m, _ := stats.Wilson(Count{c.N - c.X, c.N}, alpha)
		if d := m.Lo - (1 - e.Hi); d > 1e-12 || d < -1e-12 {
			t.Fatalf("%v: the mirror image is %v, not %v turned round", c, m, e)
		}
	})
}
