// Command gotest runs `go test -json` with its arguments and prints what a
// person needs: a line for each package, the whole output of what failed, and
// at the end one line `N passed, N failed, N skipped`. Its exit code is go
// test's.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func main() {
	cmd := exec.Command("go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	n, err := summarise(out, os.Stdout)
	ended := cmd.Wait()
	fmt.Printf("%d passed, %d failed, %d skipped\n", n.passed, n.failed, n.skipped)
	var exit *exec.ExitError
	switch {
	case errors.As(ended, &exit):
		os.Exit(exit.ExitCode())
	case err != nil || ended != nil:
		fmt.Fprintln(os.Stderr, errors.Join(err, ended))
		os.Exit(1)
	case n.failed > 0:
		os.Exit(1)
	}
}

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
	Elapsed                                                float64
}

// counts are of tests, subtests among them. A package that failed without a
// failed test (it did not build, it timed out) counts as one failed test.
type counts struct{ passed, failed, skipped int }

// summarise reads events to their end. Lines that are none are printed as they are.
func summarise(in io.Reader, out io.Writer) (counts, error) {
	var n counts
	output := map[string][]string{} // by package and test, until it has ended
	builds := map[string][]string{} // compiler's words, by import path
	failed := map[string]bool{}     // packages with a failed test
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			output[key] = append(output[key], e.Output)
		case "build-output":
			builds[e.ImportPath] = append(builds[e.ImportPath], e.Output)
		case "pass", "fail", "skip":
			if e.Test == "" {
				endPackage(out, e, output[key], builds[e.FailedBuild], failed[e.Package], &n)
				break
			}
			switch e.Action {
			case "pass":
				n.passed++
			case "skip":
				n.skipped++
			case "fail":
				n.failed++
				failed[e.Package] = true
				fmt.Fprintf(out, "FAIL  %s %s\n%s", e.Package, e.Test, strings.Join(output[key], ""))
			}
			delete(output, key)
		}
	}
	return n, lines.Err()
}

// endPackage prints a package's line, and before it what a failing one said
// outside its tests: the compiler's words, a TestMain's, a race's.
func endPackage(out io.Writer, e event, output, build []string, hasFailed bool, n *counts) {
	switch e.Action {
	case "pass":
		fmt.Fprintf(out, "ok    %s  %.1fs\n", e.Package, e.Elapsed)
	case "fail":
		if !hasFailed {
			n.failed++
		}
		fmt.Fprint(out, strings.Join(build, ""))
		for _, line := range output {
			if !strings.HasPrefix(line, "FAIL") {
				fmt.Fprint(out, line)
			}
		}
		fmt.Fprintf(out, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
	}
}
