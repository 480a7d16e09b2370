// Package e2e runs the program itself, as many processes side by side, against
// real services that fail in the middle of the work. What arrived is asked of
// the mail sink, a witness that knows nothing of the ledger.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

var (
	buildFlags []string
	program    string // the binary under test
)

func TestMain(m *testing.M) {
	if asControl() {
		return
	}
	flag.Parse()
	// These tests wait for processes more than they compute.
	jobs, _ := strconv.Atoi(os.Getenv("REWAVE_JOBS")) // of make chaos
	if err := flag.Set("test.parallel", strconv.Itoa(max(jobs, 5))); err != nil {
		panic(err) // the testing package has it
	}
	dir, err := os.MkdirTemp("", "rewave-e2e-")
	if err == nil {
		program = filepath.Join(dir, "rewave")
		build := exec.Command("go", append(append([]string{"build"}, buildFlags...), "-o", program, "github.com/rewave/rewave/cmd/rewave")...)
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir) // a temporary folder: the next clean-up has it otherwise
	os.Exit(code)
}
