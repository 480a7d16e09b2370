package simulation

import (
	"fmt"
	"strconv"
	"strings"
)

// Spec names a schedule: a seed, and what of the world that it stands for is
// made smaller. Zero is as drawn.
type Spec struct {
	Seed                       uint64
	Without                    Faults
	People, Campaigns, Workers int
}

// String is a line that ParseSpec reads.
func (s Spec) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed=%d", s.Seed)
	for _, x := range []struct {
		name string
		n    int
	}{{"people", s.People}, {"campaigns", s.Campaigns}, {"workers", s.Workers}} {
		if x.n > 0 {
			fmt.Fprintf(&b, " %s=%d", x.name, x.n)
		}
	}
	if s.Without != 0 {
		fmt.Fprintf(&b, " without=%s", s.Without)
	}
	return b.String()
}

// ParseSpec reads a line such as `seed=17 people=3 without=crash,flush`. What
// stands behind a # is for people.
func ParseSpec(line string) (s Spec, err error) {
	line, _, _ = strings.Cut(line, "#")
	for _, word := range strings.Fields(line) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "seed":
			s.Seed, err = strconv.ParseUint(value, 10, 64)
		case "people":
			s.People, err = strconv.Atoi(value)
		case "campaigns":
			s.Campaigns, err = strconv.Atoi(value)
		case "workers":
			s.Workers, err = strconv.Atoi(value)
		case "without":
			s.Without, err = ParseFaults(value)
		default:
			err = fmt.Errorf("it has seed, people, campaigns, workers and without; not %q", name)
		}
		if err != nil {
			return s, fmt.Errorf("schedule %q: %w", line, err)
		}
	}
	return s, nil
}

// shrinkSeeds is how many schedules of a smaller world are tried before it is
// taken to be sound.
const shrinkSeeds = 400

// Shrink looks for the smallest world in which the same invariant is broken:
// fewer kinds of mishap first, then fewer of everybody.
func (w *World) Shrink(v *Violation) *Violation {
	for i := range faultNames {
		v = w.try(v, func(s *Spec) { s.Without |= 1 << i })
	}
	for _, n := range []int{1, 2, 3, 5} {
		v = w.try(v, func(s *Spec) { s.People = n })
		if v.Spec.People == n {
			break
		}
	}
	v = w.try(v, func(s *Spec) { s.Campaigns = 1 })
	v = w.try(v, func(s *Spec) { s.Workers = 1 })
	return v
}

// try is v, or the same in a smaller world.
func (w *World) try(v *Violation, smaller func(*Spec)) *Violation {
	spec := v.Spec
	smaller(&spec)
	best := v
	for i := range uint64(shrinkSeeds) {
		spec.Seed = v.Spec.Seed + i
		if found := w.Run(spec); found != nil && found.Invariant == v.Invariant {
			best = found
			break
		}
	}
	return best
}
