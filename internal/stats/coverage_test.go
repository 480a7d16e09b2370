package stats_test

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/rewave/rewave/internal/stats"
)

// With a known truth the 95 % intervals hold it in 95 of 100 repetitions, where
// the textbook's do not. Rates and bands of the four settings are those of the
// method's specification; one stream of PCG64 per setting, so every run is the
// same run.
func TestCoverage(t *testing.T) {
	t.Parallel()
	const repetitions = 2000
	for i, tt := range []struct {
		name        string
		nt, nc      int64
		p0, lift    float64
		from, to    float64 // of the score intervals, per cent
		waldAtMost  float64
		deltaAtMost float64
	}{
		{"C1 two thousand held out", 18000, 2000, 0.05, 1.20, 93, 97, 97, 97},
		{"C2 two hundred held out", 1800, 200, 0.05, 1.20, 93, 97, 95, 95},
		{"C3 a hundred, three per cent", 900, 100, 0.03, 1.00, 93, 97, 92, 88},
		{"C4 two hundred, one per cent", 1800, 200, 0.01, 1.30, 93, 97, 88, 80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(20260101, uint64(i)))
			p1 := tt.p0 * tt.lift
			treated, held := newBinomial(tt.nt, p1), newBinomial(tt.nc, tt.p0)
			var difference, ratio, wald, delta float64
			for range repetitions {
				treat, control := Count{treated.draw(random), tt.nt}, Count{held.draw(random), tt.nc}
				d, _ := stats.ScoreDifference(treat, control, 0.05)
				difference += hit(d.Lo <= p1-tt.p0 && p1-tt.p0 <= d.Hi)
				r, ok := stats.ScoreRatio(treat, control, 0.05)
				ratio += hit(!ok || r.Lo <= tt.lift && tt.lift <= r.Hi)
				wald += hit(waldHolds(treat, control, p1-tt.p0))
				delta += hit(deltaHolds(treat, control, tt.lift))
			}
			for _, c := range []struct {
				name     string
				got      float64
				from, to float64
			}{
				{"score difference", difference, tt.from, tt.to},
				{"score ratio", ratio, tt.from, tt.to},
				{"Wald", wald, 0, tt.waldAtMost},
				{"delta method", delta, 0, tt.deltaAtMost},
			} {
				if share := 100 * c.got / repetitions; share < c.from || share > c.to {
					t.Errorf("%s covers %.1f %%, want %v to %v", c.name, share, c.from, c.to)
				} else {
					t.Logf("%s covers %.1f %%", c.name, share)
				}
			}
		})
	}
}

func hit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

const z95 = 1.959963984540054

func waldHolds(treat, control Count, truth float64) bool {
	p1, _ := treat.Rate()
	p0, _ := control.Rate()
	half := z95 * math.Sqrt(p1*(1-p1)/float64(treat.N)+p0*(1-p0)/float64(control.N))
	return math.Abs(p1-p0-truth) <= half
}

// deltaHolds is the relative lift by the delta method, as GrowthBook has it.
func deltaHolds(treat, control Count, truth float64) bool {
	p1, _ := treat.Rate()
	p0, _ := control.Rate()
	if p0 == 0 {
		return false
	}
	v1, v0 := p1*(1-p1)/float64(treat.N), p0*(1-p0)/float64(control.N)
	half := z95 * math.Sqrt(v1/(p0*p0)+v0*p1*p1/(p0*p0*p0*p0))
	return math.Abs(p1/p0-truth) <= half
}

// binomial draws by looking up its cumulative distribution.
type binomial []float64

func newBinomial(n int64, p float64) binomial {
	at := make(binomial, 0, 1024)
	total, logP, logQ := 0.0, math.Log(p), math.Log1p(-p)
	choose := func(k int64) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	for k := int64(0); k <= n && total < 1-1e-13; k++ {
		total += math.Exp(choose(k) + float64(k)*logP + float64(n-k)*logQ)
		at = append(at, total)
	}
	return at
}

func (b binomial) draw(random *rand.Rand) int64 {
	return int64(min(sort.SearchFloat64s(b, random.Float64()), len(b)-1))
}
