//go:build chaos

package e2e

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The long form, for `make chaos`: each seed is a row of a file, and seeds that
// are there already are not run again, so that it can be stopped and go on.
func TestChaosLong(t *testing.T) {
	path := os.Getenv("REWAVE_CHAOS")
	number := func(name string) int {
		n, err := strconv.Atoi(os.Getenv(name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	customers, minutes, kills, jobs := number("REWAVE_CUSTOMERS"), number("REWAVE_MINUTES"), number("REWAVE_KILLS"), number("REWAVE_JOBS")
	form := size{Customers: customers, Workers: 4, Ticks: 2, Faults: time.Duration(minutes) * time.Minute, Gap: 2 * time.Second, Patience: 10 * time.Minute, Freeze: true}
	rows := readOutcomes(t, path)
	var seeds []uint64
	for _, text := range strings.Fields(os.Getenv("REWAVE_SEEDS")) {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(rows, func(r outcome) bool {
			return r.Seed == seed && r.Provider == providerOf(seed) && r.Customers == customers && r.Minutes == minutes
		}) {
			seeds = append(seeds, seed)
		}
	}
	slots := make(chan struct{}, max(jobs, 1))
	var mu sync.Mutex // of rows and their file
	t.Run("seeds", func(t *testing.T) {
		done := 0
		for _, seed := range seeds {
			t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				slots <- struct{}{}
				defer func() { <-slots }()
				row := runChaos(t, seed, form)
				row.Minutes = minutes
				mu.Lock()
				defer mu.Unlock()
				rows, done = append(rows, row), done+1
				writeOutcome(t, path, row)
				t.Logf("%d of %d seeds done, breaches: %d", done, len(seeds), row.breaches())
			})
		}
	})
	if len(rows) > 0 {
		for _, line := range table(rows) {
			t.Log(line)
		}
	}
	for _, row := range rows {
		if row.breaches() > 0 {
			t.Errorf("seed %d: breaches: %d\n%s", row.Seed, row.breaches(), strings.Join(row.Examples, "\n"))
		}
	}
	if kills > 0 {
		for _, line := range killTable(t, 1, kills, bySMTP, byHTTP) {
			t.Log(line)
		}
	}
	f := controlRun(t, 1, 2000)
	t.Logf("a queue alone: %d messages, %d taken, %d twice, %d not there when nothing more came", f.Deliveries, f.Taken, f.Twice, f.Lost)
	if f.Twice == 0 {
		t.Error("a queue alone sent nothing twice: the harness sees nothing")
	}
}
