package shopsim_test

import (
	"math/rand/v2"
	"testing"

	"github.com/rewave/rewave/internal/evaluation/shopsim"
)

// One customer of a trial.
func BenchmarkTrial(b *testing.B) {
	for _, shop := range []*shopsim.Shop{shopsim.Friendly(), shopsim.Hostile()} {
		b.Run(shop.Name, func(b *testing.B) {
			s := shopsim.Setup{Shop: shop, Campaign: &shopsim.Campaign{Window: 30, Exit: true, Waves: []shopsim.Wave{{At: 2, Lift: 0.5, Fades: 9}}},
				Customers: b.N, Share: 0.1}
			s.Run(rand.New(rand.NewPCG(1, 1)))
		})
	}
}
