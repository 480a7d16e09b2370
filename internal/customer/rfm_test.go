package customer_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/order"
)

func TestRFMLeavesOutWhatComesLater(t *testing.T) {
	t.Parallel()
	entries := []customer.Entry{
		{Day: 90, Money: 500, Order: true},
		{Day: 10, Money: 2000, Order: true},
		{Day: 10, Money: 300, Order: true},
		{Day: 40, Money: -2000},
		{Day: 101, Money: 9999, Order: true},
	}
	got, ok := customer.RFMOf(entries, 100)
	if want := (customer.RFM{Recency: 10, Frequency: 3, Monetary: 800}); !ok || got != want {
		t.Errorf("got %+v, %t, want %+v", got, ok, want)
	}
	if got, ok := customer.RFMOf(entries[3:], 100); ok {
		t.Errorf("a refund alone gave %+v", got)
	}
}

func TestBoundariesNeverMeasuredScoreNobody(t *testing.T) {
	t.Parallel()
	got, ok := customer.BoundariesOf(nil).Cut(customer.RFM{Recency: 3, Frequency: 1})
	if ok || got.Cell() != "" {
		t.Errorf("got %+v, %t", got, ok)
	}
}

// Every customer of Online Retail, by both tie rules.
func TestRFMOfOnlineRetail(t *testing.T) {
	t.Parallel()
	entries := onlineRetail(t)
	asOf := date(t, "2011-12-10")

	type row struct {
		RFM        customer.RFM
		Last       string
		Ntile, Cut customer.Scores
	}
	got := map[string]row{}
	var ranked []customer.Ranked
	var measures []customer.RFM
	for id, account := range entries {
		if m, ok := customer.RFMOf(account, asOf); ok {
			ranked = append(ranked, customer.Ranked{ShopID: id, RFM: m})
			measures = append(measures, m)
		}
	}
	boundaries := customer.BoundariesOf(measures)
	for i, scores := range customer.Ntile(ranked) {
		cut, _ := boundaries.Cut(ranked[i].RFM)
		last := time.Unix(int64(asOf-ranked[i].Recency)*86400, 0).UTC().Format(time.DateOnly)
		got[ranked[i].ShopID] = row{ranked[i].RFM, last, scores, cut}
	}

	file, err := os.Open(dataSet(t, "online_retail", "reference_rfm_2011-12-10.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]row{}
	for _, line := range lines[1:] {
		number := func(i int) int {
			n, err := strconv.Atoi(line[i])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		money, err := order.ParsePrice([]byte(line[4]))
		if err != nil {
			t.Fatal(err)
		}
		want[line[0]] = row{
			customer.RFM{Recency: number(2), Frequency: number(3), Monetary: int64(money)}, line[1],
			customer.Scores{R: number(6), F: number(7), M: number(8)},
			customer.Scores{R: number(9), F: number(10), M: number(11)},
		}
	}
	if len(want) != 4339 {
		t.Fatalf("%d rows in the reference", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	var reference struct {
		RFM struct {
			Cuts struct {
				Recency   [4]float64 `json:"recency_days"`
				Frequency [4]float64
				Monetary  [4]float64
			} `json:"quantile_cuts_20_40_60_80"`
		}
	}
	retailReference(t, &reference)
	below := func(cuts [4]float64, units float64) (q customer.Quintiles) {
		for i, cut := range cuts {
			q[i] = int64(math.Floor(cut*units + 1e-6)) // the reference has them in floating point
		}
		return q
	}
	cuts := reference.RFM.Cuts
	wantCuts := customer.Boundaries{
		Recency: below(cuts.Recency, 1), Frequency: below(cuts.Frequency, 1), Monetary: below(cuts.Monetary, 10000), Customers: 4339,
	}
	if diff := cmp.Diff(wantCuts, boundaries); diff != "" {
		t.Errorf("boundaries: -want +got\n%s", diff)
	}
}

func rfms() *rapid.Generator[[]customer.Ranked] {
	return rapid.Custom(func(t *rapid.T) []customer.Ranked {
		n := rapid.IntRange(1, 40).Draw(t, "customers")
		all := make([]customer.Ranked, n)
		for i := range all {
			all[i] = customer.Ranked{ShopID: strconv.Itoa(i), RFM: customer.RFM{
				Recency:   rapid.IntRange(0, 400).Draw(t, "recency"),
				Frequency: rapid.IntRange(1, 6).Draw(t, "frequency"),
				Monetary:  rapid.Int64Range(-50, 100).Draw(t, "monetary"),
			}}
		}
		return all
	})
}

// Whoever is better is never scored worse, groups are as even as they can be, and
// neither the order of the customers nor the unit of money matters.
func TestScoresHaveTheirProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := rfms().Draw(t, "all")
		boundariesOf := func(all []customer.Ranked) customer.Boundaries {
			var measures []customer.RFM
			for _, c := range all {
				measures = append(measures, c.RFM)
			}
			return customer.BoundariesOf(measures)
		}
		boundaries := boundariesOf(all)
		ntile := customer.Ntile(all)

		sizes := map[int]int{}
		for i, a := range all {
			cutA, _ := boundaries.Cut(a.RFM)
			sizes[ntile[i].M]++
			for j, b := range all {
				cutB, _ := boundaries.Cut(b.RFM)
				if a.Monetary > b.Monetary && (cutA.M < cutB.M || ntile[i].M < ntile[j].M) ||
					a.Recency < b.Recency && (cutA.R < cutB.R || ntile[i].R < ntile[j].R) ||
					a.Frequency == b.Frequency && cutA.F != cutB.F {
					t.Fatalf("%+v is scored %v and %v, %+v is scored %v and %v", a, cutA, ntile[i], b, cutB, ntile[j])
				}
			}
		}
		for group := 1; group <= min(5, len(all)); group++ {
			if size := sizes[group]; size != len(all)/5 && size != (len(all)+4)/5 || group > 1 && size > sizes[group-1] {
				t.Fatalf("group sizes %v", sizes)
			}
		}

		other := slices.Clone(all)
		slices.Reverse(other)
		for i := range other {
			other[i].Monetary *= 1000
		}
		scaled, again := boundariesOf(other), customer.Ntile(other)
		slices.Reverse(again)
		for i, c := range all {
			before, _ := boundaries.Cut(c.RFM)
			c.Monetary *= 1000
			if after, _ := scaled.Cut(c.RFM); before != after || ntile[i] != again[i] {
				t.Fatalf("%+v: %v and %v, turned round and in another unit %v and %v", c, before, ntile[i], after, again[i])
			}
		}
	})
}

func TestBoundariesAreStoredWhole(t *testing.T) {
	t.Parallel()
	want := customer.BoundariesOf([]customer.RFM{{3, 1, 990}, {40, 2, 2000}, {8, 1, 10}})
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if text, want := string(text), `{"recency":[5,7,14,27],"frequency":[1,1,1,1],"monetary":[402,794,1192,1596],"customers":3}`; text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var got customer.Boundaries
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
