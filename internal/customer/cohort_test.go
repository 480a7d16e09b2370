package customer_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/stats"
)

func TestRepurchaseCountsTheMatureOnly(t *testing.T) {
	t.Parallel()
	june := date(t, "2011-06-01")
	end := june + 60
	got := customer.Repurchase(slices.Values([][]int{
		{june, june, june + 30}, // on the last day that counts
		{june + 29, june + 60},  // a day late
		{june + 35, june + 36},  // July, too young for 30 days
		{june - 1, june + 90},   // May; back after the end, which nobody knows yet
		{june + 61},             // not yet a customer
		{june + 10, june + 11, june + 12},
	}), end, 30, 60)
	want := []customer.Cohort{
		{Month: "2011-05", Size: 1, Within: []customer.Return{{30, stats.Count{X: 0, N: 1}}, {60, stats.Count{X: 0, N: 1}}}},
		{Month: "2011-06", Size: 3, Within: []customer.Return{{30, stats.Count{X: 2, N: 3}}, {60, stats.Count{X: 1, N: 1}}}},
		{Month: "2011-07", Size: 1, Within: []customer.Return{{30, stats.Count{}}, {60, stats.Count{}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	all := customer.Cohort{Size: 5, Within: []customer.Return{{30, stats.Count{X: 2, N: 4}}, {60, stats.Count{X: 1, N: 2}}}}
	if diff := cmp.Diff(all, customer.Together(got)); diff != "" {
		t.Errorf("together: -want +got\n%s", diff)
	}
}

// retailRepurchase is what the reference says of coming back.
type retailRepurchase struct {
	Repurchase struct {
		End     string `json:"data_end"`
		Cohorts map[string]retailCohort
		All     retailCohort
		Median  float64 `json:"median_gap_days_of_those_who_came_back"`
	}
}

type retailCohort struct {
	Size          int64 `json:"cohort_size"`
	D30, D60, D90 retailReturn
}

type retailReturn struct{ Mature, Repurchased int64 }

// Every cohort of Online Retail.
func TestRepurchaseOfOnlineRetail(t *testing.T) {
	t.Parallel()
	histories := purchaseDays(onlineRetail(t))
	var reference retailRepurchase
	retailReference(t, &reference)
	want := reference.Repurchase
	if n := len(want.Cohorts); n != 13 {
		t.Fatalf("%d cohorts in the reference", n)
	}

	told := func(c customer.Cohort) retailCohort {
		var returns [3]retailReturn
		for i, r := range c.Within {
			returns[i] = retailReturn{r.N, r.X}
		}
		return retailCohort{c.Size, returns[0], returns[1], returns[2]}
	}
	cohorts := customer.Repurchase(slices.Values(histories), date(t, want.End), 30, 60, 90)
	got := map[string]retailCohort{}
	var months []string
	for _, c := range cohorts {
		got[c.Month] = told(c)
		months = append(months, c.Month)
	}
	if diff := cmp.Diff(want.Cohorts, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !slices.IsSorted(months) {
		t.Errorf("cohorts are not in order of month: %v", months)
	}
	all := told(customer.Together(cohorts))
	all.Size = 0 // not in the reference
	if diff := cmp.Diff(want.All, all); diff != "" {
		t.Errorf("all: -want +got\n%s", diff)
	}
}
