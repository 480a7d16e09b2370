package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/devstack"
)

// keptRuns is how many demo runs' reports and mailboxes stay.
const keptRuns = 5

// keepDir makes the directory of this run below the state directory, and
// removes all but the newest of earlier runs.
func keepDir(state string) (string, error) {
	if state == "" {
		var err error
		if state, err = devstack.DefaultStateDir(); err != nil {
			return "", err
		}
	}
	parent := filepath.Join(state, "demo")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("make room for the reports: %w", err)
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return "", fmt.Errorf("look at earlier runs: %w", err)
	}
	var runs []string
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), "20") {
			runs = append(runs, e.Name())
		}
	}
	slices.Sort(runs)
	for len(runs) >= keptRuns {
		if err := os.RemoveAll(filepath.Join(parent, runs[0])); err != nil {
			return "", fmt.Errorf("remove an earlier run: %w", err)
		}
		runs = runs[1:]
	}
	dir := filepath.Join(parent, fmt.Sprintf("%s-%d", time.Now().UTC().Format("20060102T150405"), os.Getpid()))
	return dir, os.MkdirAll(dir, 0o755)
}

// writeFile writes a whole file or reports why not.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	if err := write(w); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return w.Flush()
}

func indent(text string) string { return "        " + strings.ReplaceAll(text, "\n", "\n        ") }
