package stats_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rewave/rewave/internal/stats"
	"pgregory.net/rapid"
)

type FollowUp = stats.FollowUp

// followed is one row: a customer who bought after some days, or was last seen then.
type followed struct {
	day    int
	bought bool
}

func followUp(rows []followed) (f FollowUp) {
	for _, r := range rows {
		f.Add(float64(r.day), r.bought)
	}
	return f
}

// What is kept by day says the same as the rows it was counted from, also when
// parts of it are kept apart, written down and merged.
func TestFollowUpOfRowsAndOfDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.Custom(func(t *rapid.T) followed {
			return followed{rapid.IntRange(0, 20).Draw(t, "day"), rapid.Bool().Draw(t, "bought")}
		})
		treat := rapid.SliceOfN(row, 1, 60).Draw(t, "treat")
		control := followUp(rapid.SliceOfN(row, 1, 60).Draw(t, "control"))
		whole := followUp(treat)

		// By day, as a table would count them.
		type counts [2]int64
		byDay := map[int]counts{}
		for _, r := range treat {
			c := byDay[r.day]
			c[int(hit(r.bought))]++
			byDay[r.day] = c
		}
		days := FollowUp{N: int64(len(treat))}
		for day, c := range byDay {
			days.Events = append(days.Events, Event{At: float64(day), Bought: c[1], Censored: c[0]})
		}

		// In two parts, one of them written and read.
		cut := rapid.IntRange(0, len(treat)).Draw(t, "cut")
		text, err := json.Marshal(followUp(treat[:cut]))
		if err != nil {
			t.Fatal(err)
		}
		var part FollowUp
		if err := json.Unmarshal(text, &part); err != nil {
			t.Fatal(err)
		}
		merged := part.Merge(followUp(treat[cut:]))
		if diff := cmp.Diff(merged, whole); diff != "" {
			t.Fatalf("merged (-got +want):\n%s", diff)
		}

		curve, wantTest := curveOf(whole.N, whole.Events...), logRank(whole, control)
		for name, f := range map[string]FollowUp{"by day": days, "merged": merged} {
			if diff := cmp.Diff(curveOf(f.N, f.Events...), curve); diff != "" {
				t.Fatalf("curve %s (-got +want):\n%s", name, diff)
			}
			if diff := cmp.Diff(logRank(f, control), wantTest); diff != "" {
				t.Fatalf("log-rank %s (-got +want):\n%s", name, diff)
			}
		}
	})
}

func logRank(treat, control FollowUp) stats.LogRankTest {
	test, _ := stats.LogRank(treat, control)
	return test
}

// drawn is an arm who buy at a constant hazard and entered on any of the last days.
func drawn(random *rand.Rand, n int64, hazard float64, days int) FollowUp {
	events := make([]Event, days)
	for i := range events {
		events[i].At = float64(i + 1)
	}
	for range n {
		buys, followed := int(random.ExpFloat64()/hazard), random.IntN(days)
		if buys <= followed {
			events[buys].Bought++
		} else {
			events[followed].Censored++
		}
	}
	return FollowUp{N: n, Events: events}
}
