package workers_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/postgres"
)

// What the table of the promise names is there: each probe and each test.
func TestThePromiseNamesWhatThereIs(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "## The promise, line by line")
	table, _, _ = strings.Cut(table, "\n## ")
	if !found {
		t.Fatal("there is no table of the promise")
	}
	tests := map[string]bool{}
	for _, dir := range []string{"../internal", "."} {
		err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
				tests[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := 0
	for _, m := range regexp.MustCompile("`([A-Za-z_]+)`").FindAllStringSubmatch(table, -1) {
		switch name := m[1]; {
		case strings.HasPrefix(name, "Test"):
			if named++; !tests[name] {
				t.Errorf("there is no test %s", name)
			}
		case strings.Contains(name, "_"):
			if named++; !slices.Contains(postgres.Probes(), name) {
				t.Errorf("rewave audit has no probe %s", name)
			}
		}
	}
	if named < 40 {
		t.Errorf("the table names %d probes and tests", named)
	}
}
