package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// outcome is what one seed came to.
type outcome struct {
	findings
	Seed            uint64
	Provider        string // the adapter it is reached by
	Customers       int
	Minutes         int // of faults, in the long form
	OptOuts, Orders int
	Pauses          int
	Doubtful        int // in doubt, and nothing had gone wrong around them
	Unsettled       int // in doubt, though the provider was asked and takes a key once
	Unwanted        int // likewise, but its customer must not be written to any more
	Missing         int // customers who never came into a campaign, and had not said no
	Audit, Crashed  int
	Faults          map[string]int
	Took, Healing   time.Duration
	Examples        []string
}

func (r outcome) breaches() int {
	return r.findings.breaches() + r.Doubtful + r.Unsettled + r.Missing + r.Audit + r.Crashed
}

func (r outcome) faults() int {
	n := 0
	for _, k := range r.Faults {
		n += k
	}
	return n
}

// table prints rows, and below them what went wrong how often.
func table(rows []outcome) []string {
	cells := [][]string{{"seed", "provider", "customers", "planned", "heard", "taken", "accepted", "in doubt", "no cause", "unsettled", "unwanted", "twice", "lost", "not let in", "stray",
		"held out", "after no", "after order", "cancelled", "paused", "open", "audit", "crashed", "faults", "nos", "orders", "pauses", "heals in", "took"}}
	total := map[string]int{}
	for _, r := range rows {
		share := 0.0
		if r.Deliveries > 0 {
			share = 100 * float64(r.Unknown) / float64(r.Deliveries)
		}
		cell := []string{fmt.Sprint(r.Seed), r.Provider}
		for _, n := range []int{r.Customers, r.Deliveries, r.Heard, r.Taken, r.Accepted} {
			cell = append(cell, fmt.Sprint(n))
		}
		cell = append(cell, fmt.Sprintf("%d (%.2f%%)", r.Unknown, share))
		for _, n := range []int{r.Doubtful, r.Unsettled, r.Unwanted, r.Twice, r.Lost, r.Missing, r.Stray, r.Holdout, r.AfterOptOut, r.AfterOrder, r.Cancelled, r.Paused, r.Open, r.Audit, r.Crashed, r.faults(), r.OptOuts, r.Orders, r.Pauses} {
			cell = append(cell, fmt.Sprint(n))
		}
		cells = append(cells, append(cell, r.Healing.Round(time.Second).String(), r.Took.Round(time.Second).String()))
		for name, n := range r.Faults {
			total[name] += n
		}
	}
	lines := align(cells)
	var names []string
	for name, n := range total {
		names = append(names, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(names)
	return append(lines, "faults: "+strings.Join(names, ", "))
}

// align pads columns.
func align(cells [][]string) []string {
	width := make([]int, len(cells[0]))
	for _, row := range cells {
		for i, c := range row {
			width[i] = max(width[i], len(c))
		}
	}
	lines := make([]string, len(cells))
	for n, row := range cells {
		for i, c := range row {
			lines[n] += fmt.Sprintf("%*s  ", width[i], c)
		}
	}
	return lines
}

func TestOutcomesAreReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chaos.jsonl")
	want := []outcome{{Seed: 1, Customers: 10, Minutes: 2, findings: findings{Twice: 1, Taken: 3}, Faults: map[string]int{"deploy": 2}, Examples: []string{"a"}, Took: time.Minute},
		{Seed: 2, Customers: 10, Minutes: 2}}
	if got := readOutcomes(t, path); len(got) > 0 {
		t.Errorf("got %v before anything was written", got)
	}
	for _, row := range want {
		writeOutcome(t, path, row)
	}
	if diff := cmp.Diff(readOutcomes(t, path), want, cmp.AllowUnexported(outcome{}, findings{})); diff != "" {
		t.Errorf("outcomes (got -, want +):\n%s", diff)
	}
	if got := want[0].breaches(); got != 1 {
		t.Errorf("%d breaches, want 1", got)
	}
}
