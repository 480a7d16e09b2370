package stats_test

import (
	"math"
	"testing"

	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

func TestTwoPartsOfTheSpecification(t *testing.T) {
	t.Parallel()
	more, bigger := stats.TwoParts(stats.Spending{Rate: 0.09, PerBuyer: 70}, stats.Spending{Rate: 0.072, PerBuyer: 68})
	near(t, "more buyers", more, 1.224, 1e-12)
	near(t, "bigger baskets", bigger, 0.18, 1e-12)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) stats.Spending {
			return stats.Spending{Rate: rapid.Float64Range(0, 1).Draw(t, name), PerBuyer: rapid.Float64Range(-10, 1000).Draw(t, name)}
		}
		treat, control := draw("treat"), draw("control")
		more, bigger := stats.TwoParts(treat, control)
		if off := more + bigger - (treat.Rate*treat.PerBuyer - control.Rate*control.PerBuyer); math.Abs(off) > 1e-9 {
			t.Fatalf("parts %v and %v are %v off the whole", more, bigger, off)
		}
	})
}
