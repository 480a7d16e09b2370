package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAChangeOfTheSettingsIsToldOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rewave.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	file, err := newSettingsFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		text string
		want bool
	}{{"first", false}, {"second", true}, {"second", false}, {"", false}, {"first", false}, {"second", true}} {
		if write(step.text); file.changed() != step.want {
			t.Errorf("%q: got %v, want %v", step.text, !step.want, step.want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if file.changed() {
		t.Error("a file that is gone is a change")
	}
}
