package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
)

func readOutcomes(t *testing.T, path string) []outcome {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []outcome
	for in := json.NewDecoder(f); ; {
		var row outcome
		if err := in.Decode(&row); errors.Is(err, io.EOF) {
			return rows
		} else if err != nil {
			t.Fatal(fmt.Errorf("%s: %w", path, err))
		}
		rows = append(rows, row)
	}
}

func writeOutcome(t *testing.T, path string, row outcome) {
	t.Helper()
	line, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
}
