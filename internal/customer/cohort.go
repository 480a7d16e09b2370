package customer

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/rewave/rewave/internal/stats"
)

// Cohort is the customers who bought for the first time in one calendar month.
type Cohort struct {
	Month  string // 2011-12; empty for several months together
	Size   int64
	Within []Return // in the order the horizons were asked
}

// Return is how many of a cohort came back within so many days of their first
// purchase. N counts the mature only: those whose first day and the days after it
// lie within the data. A rate over all would fall with every new customer.
type Return struct {
	Days int
	stats.Count
}

// Repurchase follows customers, given by their purchase days, from their first
// purchase to the last day of the data: whether one on a later day came within
// the days asked. A purchase after the end is not known, and a customer without
// one by then is in no cohort. Cohorts are in order of month.
func Repurchase(customers iter.Seq[[]int], end int, within ...int) []Cohort {
	byMonth := map[string]*Cohort{}
	months := map[int]string{} // of days: many customers share one
	for days := range customers {
		gap, ok := FirstGapOf(days, end)
		if !ok {
			continue
		}
		first := days[0]
		month, ok := months[first]
		if !ok {
			month = Month(first)
			months[first] = month
		}
		cohort := byMonth[month]
		if cohort == nil {
			cohort = &Cohort{Month: month, Within: make([]Return, len(within))}
			byMonth[month] = cohort
		}
		cohort.Size++
		for i, horizon := range within {
			r := &cohort.Within[i]
			r.Days = horizon
			if end-first < horizon {
				continue
			}
			r.N++
			if gap.Back && gap.Days <= horizon {
				r.X++
			}
		}
	}
	cohorts := make([]Cohort, 0, len(byMonth))
	for _, month := range slices.Sorted(maps.Keys(byMonth)) {
		cohorts = append(cohorts, *byMonth[month])
	}
	return cohorts
}

// Together is several cohorts of one call of Repurchase as one.
func Together(cohorts []Cohort) Cohort {
	var all Cohort
	for _, c := range cohorts {
		all.Size += c.Size
		if all.Within == nil {
			all.Within = make([]Return, len(c.Within))
		}
		for i, r := range c.Within {
			all.Within[i].Days = cmp.Or(all.Within[i].Days, r.Days)
			all.Within[i].X += r.X
			all.Within[i].N += r.N
		}
	}
	return all
}
