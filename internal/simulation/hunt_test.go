//go:build mutants

package simulation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMutants plants each bug, alone, in a copy of its file, builds the
// simulation with the copy in place of the file, and lets it hunt. It is
// asked for by REWAVE_MUTANTS: all, or the beginning of a name.
func TestMutants(t *testing.T) {
	asked := os.Getenv("REWAVE_MUTANTS")
	root, err := filepath.Abs("../..")
	must(t, err)
	for _, m := range mutants {
		if asked != "all" && !strings.HasPrefix(m.name, asked) {
			continue
		}
		found, err := m.hunt(t.TempDir(), root)
		switch {
		case err != nil:
			t.Errorf("%-52s %v", m.name, err)
		case found == "" && m.harmless != "":
			t.Logf("%-52s SURVIVED: %s", m.name, m.harmless)
		case found == "":
			t.Errorf("%-52s SURVIVED", m.name)
		default:
			t.Logf("%-52s %s", m.name, found)
		}
	}
}

// Each bug has the text that it is planted in, once: code that moves on takes its
// bug along.
func TestEachBugHasItsPlace(t *testing.T) {
	root, err := filepath.Abs("../..")
	must(t, err)
	for _, m := range mutants {
		if _, err := m.plant(t.TempDir(), root); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

// plant writes the files with the bug into dir, and returns the overlay that puts
// them in place.
func (m mutant) plant(dir, root string) ([]byte, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for i, e := range m.edits {
		file := filepath.Join(root, e.file)
		source := file
		if copied, ok := overlay.Replace[file]; ok {
			source = copied
		}
		text, err := os.ReadFile(source)
		if err != nil {
			return nil, err
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return nil, fmt.Errorf("%s: the text is there %d times: %q", e.file, n, e.old)
		}
		at := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(at, []byte(strings.Replace(string(text), e.old, e.new, 1)), 0o600); err != nil {
			return nil, err
		}
		overlay.Replace[file] = at
	}
	return json.Marshal(overlay)
}

// hunt says where the bug was found; empty: nowhere.
func (m mutant) hunt(dir, root string) (string, error) {
	list, err := m.plant(dir, root)
	if err != nil {
		return "", err
	}
	with := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(with, list, 0o600); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "hunt")
	if out, err := exec.Command("go", "test", "-c", "-vet=off", "-tags", "mutants", "-overlay", with, "-o", binary, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	cmd := exec.Command(binary, "-test.run=^TestHunt$", "-test.v")
	cmd.Env = append(os.Environ(), "REWAVE_MUTANTS=")
	out, err := cmd.CombinedOutput()
	for line := range bytes.Lines(out) {
		if _, found, ok := strings.Cut(string(line), "FOUND "); ok {
			return strings.TrimSpace(found), nil
		}
		if bytes.HasPrefix(line, []byte("panic: ")) {
			return strings.TrimSpace(string(line)), nil
		}
	}
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return "", nil
}

// TestHunt plays schedules until the first breaks, and says which.
func TestHunt(t *testing.T) {
	w, err := NewWorld()
	must(t, err)
	from, n := schedules(t)
	for seed := from; seed < from+n; seed++ {
		if v := w.Run(Spec{Seed: seed}); v != nil {
			t.Logf("FOUND seed %d, schedule %d: %s", seed, seed-from+1, v.Invariant)
			return
		}
	}
}
