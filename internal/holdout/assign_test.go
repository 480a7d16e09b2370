package holdout_test

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/holdout"
	"pgregory.net/rapid"
)

const (
	tenPercent    = holdout.Whole / 10
	twentyPercent = holdout.Whole / 5
	half          = holdout.Whole / 2
)

// The vectors were computed with Python's hashlib, not with this package.
func TestGoldenVectors(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/vectors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(rows)-1, 358; got != want {
		t.Fatalf("%d vectors, want %d: vectors are added, never taken away", got, want)
	}
	for _, row := range rows[1:] {
		layer, key := row[0], row[1]
		want, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := holdout.U(layer, key); got != want {
			t.Errorf("U(%q, %q) = %v, want %v\n%s", layer, key, got, want, broken)
		}
		for i, share := range []holdout.Share{tenPercent, twentyPercent, half} {
			if got := word(share, layer, key); got != row[4+i] {
				t.Errorf("at %v: %q, %q is %q, want %q\n%s", share.Float(), layer, key, got, row[4+i], broken)
			}
		}
	}
}

const broken = "STOP: customers would change arms, and every experiment that is running or was ever reported " +
	"would be broken. Do not change the vector; undo the change that moved it."

// word is the arm, and for the layers that do not make arms what they decide.
func word(share holdout.Share, layer, key string) string {
	arm, _ := holdout.Assign(share, layer, key)
	words := map[byte][2]string{'v': {"first", "rest"}, 'w': {"skip", "sent"}}
	if pair, ok := words[layer[0]]; ok {
		if arm == holdout.Hold {
			return pair[0]
		}
		return pair[1]
	}
	return string(arm)
}

func TestLayersAreSpelledAsTheyAreStored(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{holdout.GlobalLayer("2026H1"), "g|2026H1"},
		{holdout.CampaignLayer("thanks-5x", 1, 0), "c|thanks-5x|1"},
		{holdout.CampaignLayer("thanks-5x", 3, 2), "c|thanks-5x|3|c2"},
		{holdout.VariantLayer("thanks-5x", 1, 0, "coupon"), "v|thanks-5x|1|wcoupon"},
		{holdout.VariantLayer("thanks-5x", 1, 2, "coupon"), "v|thanks-5x|1|c2|wcoupon"},
		{holdout.SkipLayer("thanks-5x", 1, 0, 4, "coupon"), "w|thanks-5x|1|c4|wcoupon"},
		{holdout.SkipLayer("thanks-5x", 1, 2, 4, "coupon"), "w|thanks-5x|1|e2|c4|wcoupon"},
	} {
		if tt.got != tt.want {
			t.Errorf("layer %q, want %q\n%s", tt.got, tt.want, broken)
		}
	}
}

func TestANameThatCouldCollideStops(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a|b", "with space", "é"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("CampaignLayer(%q) went through", name)
				}
			}()
			holdout.CampaignLayer(name, 1, 0)
		}()
	}
}

func TestSharesAreLeftClosed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key")
		layer := holdout.CampaignLayer("any", rapid.IntRange(1, 99).Draw(t, "design"), 0)
		small := holdout.Share(rapid.Int64Range(0, int64(holdout.Whole)).Draw(t, "small"))
		large := holdout.Share(rapid.Int64Range(int64(small), int64(holdout.Whole)).Draw(t, "large"))

		if arm, u := holdout.Assign(0, layer, key); arm != holdout.Treat || u < 0 || u >= 1 {
			t.Fatalf("share 0: arm %s, u %v", arm, u)
		}
		if arm, _ := holdout.Assign(holdout.Whole, layer, key); arm != holdout.Hold {
			t.Fatalf("share 1: arm %s", arm)
		}
		inSmall, _ := holdout.Assign(small, layer, key)
		inLarge, _ := holdout.Assign(large, layer, key)
		if inSmall == holdout.Hold && inLarge != holdout.Hold {
			t.Fatalf("held out at %v but not at %v", small, large)
		}
	})
}

// With 200,000 ids a fair hash stays within four standard errors of the share,
// and two layers agree on no more of them than chance.
func TestAssignmentIsUniformAndLayersAreIndependent(t *testing.T) {
	t.Parallel()
	const n = 200_000
	both, first, second := 0, 0, 0
	for i := range n {
		key := "cust-" + strconv.Itoa(i)
		a, _ := holdout.Assign(tenPercent, "c|second-order|1", key)
		b, _ := holdout.Assign(tenPercent, "c|win-back|1", key)
		if a == holdout.Hold {
			first++
		}
		if b == holdout.Hold {
			second++
		}
		if a == holdout.Hold && b == holdout.Hold {
			both++
		}
	}
	near := func(name string, got int, share float64) {
		want, se := n*share, math.Sqrt(n*share*(1-share))
		if math.Abs(float64(got)-want) > 4*se {
			t.Errorf("%s: %d of %d, want %.0f within %.0f", name, got, n, want, 4*se)
		}
	}
	near("second-order", first, 0.1)
	near("win-back", second, 0.1)
	near("both", both, 0.01)
}

func TestValidID(t *testing.T) {
	t.Parallel()
	if !holdout.ValidID("Second-Order_2.x") || holdout.ValidID(strings.Repeat("|", 2)) {
		t.Error("ValidID does not tell names from separators")
	}
}

func TestSplitIsCumulativeInTheOrderGiven(t *testing.T) {
	t.Parallel()
	shares := []holdout.Share{half, tenPercent, 0, holdout.Whole - half - tenPercent}
	counts := make([]int, len(shares))
	for n := range 20000 {
		layer, key := holdout.VariantLayer("any", 1, 0, "coupon"), strconv.Itoa(n)
		got := holdout.Split(shares, layer, key)
		counts[got]++
		want := 3
		switch u := holdout.U(layer, key); {
		case u < 0.5:
			want = 0
		case u < 0.6:
			want = 1
		}
		if got != want {
			t.Fatalf("key %s falls into %d, want %d", key, got, want)
		}
	}
	for i, want := range []float64{10000, 2000, 0, 8000} {
		if math.Abs(float64(counts[i])-want) > 300 {
			t.Errorf("branch %d has %d of 20000, want about %v", i, counts[i], want)
		}
	}
}
