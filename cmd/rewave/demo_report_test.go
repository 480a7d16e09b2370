package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/importer"
)

// The licence of the data asks for its makers' names, where it is used and
// nowhere else.
func TestTheDemoCreditsTheData(t *testing.T) {
	t.Parallel()
	for preset, want := range map[string]int{importer.UCIOnlineRetail: 1, importer.CDNOW: 0, "": 0} {
		var out bytes.Buffer
		d := &demo{app: &app{stdout: &out}, out: "/state", demoOptions: demoOptions{form: fileForm{preset: preset}}}
		if err := d.close(nil); err != nil {
			t.Fatal(err)
		}
		credit := "\nData: Daqing Chen, \"Online Retail\", UCI Machine Learning Repository (2015), CC\nBY 4.0.\n"
		if got := strings.Count(out.String(), credit); got != want {
			t.Errorf("preset %q: credited %d times, want %d:\n%s", preset, got, want, out.String())
		}
	}
}
