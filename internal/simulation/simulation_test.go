package simulation

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// schedules is how many are played: REWAVE_SCHEDULES, else enough to see a bug
// of the plainer kind within seconds. REWAVE_SEED is where they begin.
func schedules(t testing.TB) (from, n uint64) {
	n = few
	for name, to := range map[string]*uint64{"REWAVE_SCHEDULES": &n, "REWAVE_SEED": &from} {
		if text := os.Getenv(name); text != "" {
			value, err := strconv.ParseUint(text, 10, 64)
			must(t, err)
			*to = value
		}
	}
	return from, n
}

// Everything that may go wrong, in any order: the invariants hold.
func TestSchedules(t *testing.T) {
	w, err := NewWorld()
	must(t, err)
	if line := os.Getenv("REWAVE_SCHEDULE"); line != "" {
		spec, err := ParseSpec(line)
		must(t, err)
		w.Lines = 1000
		if v := w.Explain(spec); v != nil {
			t.Error(v)
		}
		return
	}
	from, n := schedules(t)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // little is kept, and much is thrown away
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(512 << 20))
	begun := processor()
	broken, played := 0, uint64(0)
	for seed := from; seed < from+n && broken < 3; seed++ {
		played++
		if v := w.Run(Spec{Seed: seed}); v != nil {
			broken++
			report(t, w, v, seed-from+1)
		}
	}
	took := processor() - begun
	t.Logf("%d schedules, %.0f a second of one processor, %.1f M steps, %d broken", played, float64(played)/took.Seconds(), float64(w.total)/1e6, broken)
}

// processor is the time that processors have spent on this test: others may be
// at work on the machine.
func processor() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // it fails for wrong arguments only
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// report says what broke, in the smallest world in which it does, and how to see
// it again.
func report(t *testing.T, w *World, v *Violation, number uint64) {
	t.Helper()
	small := w.Shrink(v)
	explained := w.Explain(small.Spec)
	if explained == nil {
		t.Errorf("schedule %d: %v\nand it cannot be seen again: something in it hangs on what came before", number, small)
		return
	}
	t.Errorf("schedule %d (seed %d) breaks %q\n%v\nagain: make simulate SCHEDULE='%s'", number, v.Spec.Seed, v.Invariant, explained, small.Spec)
}

// What was broken once stays mended.
func TestRegressions(t *testing.T) {
	w, err := NewWorld()
	must(t, err)
	text, err := os.ReadFile("testdata/regressions.txt")
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		spec, err := ParseSpec(line)
		must(t, err)
		if v := w.Explain(spec); v != nil {
			t.Error(v)
		}
	}
}

// A seed is a schedule: nothing of it hangs on what ran before, or on a map's order.
func TestASeedIsASchedule(t *testing.T) {
	t.Parallel()
	one, err := NewWorld()
	must(t, err)
	for seed := range uint64(40) {
		one.tracing = true
		one.Run(Spec{Seed: seed})
		if seed%8 != 0 {
			continue // a world is dear to make
		}
		other, err := NewWorld()
		must(t, err)
		other.tracing = true
		other.Run(Spec{Seed: seed})
		if diff := cmp.Diff(one.trace, other.trace); diff != "" {
			t.Fatalf("seed %d: - after others, + alone\n%s", seed, diff)
		}
	}
}

func TestASpecIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	spec := Spec{Seed: 17, People: 3, Workers: 1, Without: Crash | Again}
	got, err := ParseSpec(spec.String() + " # why")
	must(t, err)
	if got != spec {
		t.Errorf("%q is read as %q", spec, got)
	}
	if _, err := ParseSpec("seed=1 without=storm"); err == nil {
		t.Error("an unknown fault is read")
	}
}
