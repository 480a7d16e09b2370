package campaigns

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/source"
)

// What reading one file may cost. A slow or a busy machine is given more time
// than the 50 ms that are meant; what is allocated does not depend on it.
const (
	mostTime  = 500 * time.Millisecond
	mostBytes = 32 << 20
)

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*.good.yaml", "testdata/*.bad.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			f.Add(slurp(f, file))
		}
	}
	for _, hostile := range hostile() {
		f.Add(hostile)
	}
	f.Fuzz(func(t *testing.T, yaml string) {
		c, err := loadWithin(t, yaml)
		if err == nil {
			if c.Name == "" || len(c.Waves) == 0 || len(c.Evaluation.Points) == 0 || c.Enter.When == "" || len(c.Version) != 64 || len(c.Design) != 64 {
				t.Errorf("loaded without faults and not whole: %+v", c)
			}
			for _, w := range c.Waves {
				for _, v := range append([]Variant{{}}, w.Variants...) {
					if len(w.Variants) > 0 && v.Name == "" {
						continue
					}
					for _, s := range append(c.Strata.names(), "") {
						if (s != "" || c.Strata == nil) && w.ContentFor(v.Name, s).Message == "" {
							t.Errorf("the wave %s has nothing to say to the variant %q of the stratum %q", w.Name, v.Name, s)
						}
					}
				}
			}
			if changes := Diff(c, c); len(changes) > 0 {
				t.Errorf("differs from itself: %s", changes)
			}
			return
		}
		var list source.List
		if !errors.As(err, &list) || len(list) == 0 {
			t.Errorf("got %v, want diagnostics", err)
		}
		for _, d := range list {
			if strings.Contains(d.String(), "\n") {
				t.Errorf("more than a line: %q", d)
			}
		}
	})
}

// loadWithin loads, and again where it took too much: other tests run beside it.
func loadWithin(t *testing.T, yaml string) (c Campaign, err error) {
	t.Helper()
	files := folder(yaml)
	var before, after runtime.MemStats
	for range 5 {
		runtime.ReadMemStats(&before)
		start := time.Now()
		c, err = Load(files, "c", evening)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if took < mostTime && after.TotalAlloc-before.TotalAlloc < mostBytes {
			return c, err
		}
		t.Logf("took %v and %d bytes", took, after.TotalAlloc-before.TotalAlloc)
	}
	t.Errorf("a file of %d bytes takes too much", len(yaml))
	return c, err
}

// hostile are files made to cost much.
func hostile() []string {
	head := "campaign: a\nenter: {on: order_paid, when: \"true\"}\nholdout: 10%\n"
	wave := "{wave: w%d, after: {wave: w%d, wait: 1d}, channels: [email], message: messages/thanks}"
	var waves, points, strata, variants, parts []string
	for i := range maxWaves {
		waves = append(waves, fmt.Sprintf(wave, i, (i+1)%maxWaves))
	}
	for i := range maxPoints {
		points = append(points, fmt.Sprintf("p%d: {from: w%d, window: 1d}", i, i))
	}
	for i := range maxStrata {
		strata = append(strata, fmt.Sprintf("s%d: {n: x}", i))
		parts = append(parts, fmt.Sprintf("s%d: {coupon: none}", i))
	}
	for i := range maxVariants {
		variants = append(variants, fmt.Sprintf("v%d: {share: 5%%}", i))
	}
	branches := fmt.Sprintf("by_stratum: {%s}, variants: {%s}", strings.Join(parts, ", "), strings.Join(variants, ", "))
	return []string{
		head + "waves: [" + strings.Join(waves, ",\n") + "]\nevaluation: {primary: repurchase_rate at p0, points: {" + strings.Join(points, ", ") + "}}\n",
		head + "strata: {by: order.category, values: {" + strings.Join(strata, ", ") + "}, default: s0}\nwaves:\n" +
			strings.Repeat("- {wave: w, after: 1d, channels: [email], message: messages/thanks, "+branches+"}\n", 8),
		head + "waves: [" + strings.Repeat("{}, ", 1500) + "{}]\n",
		head + strings.Repeat("unknown: 1\n", 2000),
		"campaign: a\nenter: {on: order_paid, when: '" + strings.Repeat("orders.cuont == 1 and ", 180) + "true'}\n",
		"limits: {" + strings.Repeat("a", 200_000) + ": 1}\n",
		"limits: {\"a:\\nday\": 1, \"b\\u2028c\": 1}\n",
		head + "evaluation: {looks: [" + strings.Repeat("a, ", 2500) + "a], by: [" + strings.Repeat("x, ", 1000) + "x]}\n",
		head + "evaluation: {looks: [" + strings.Repeat("a, ", 2000) + "a], by: [" + strings.Repeat("x, ", 1000), // never closed
	}
}
