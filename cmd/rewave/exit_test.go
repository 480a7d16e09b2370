package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// A setting that is wrong or missing has one exit code, whichever command meets
// it, and before that command does anything.
func TestSettingsHaveOneExitCode(t *testing.T) {
	t.Parallel()
	var asked []string
	for _, c := range commands((&app{stdout: io.Discard, stderr: io.Discard}).root()) {
		if c.HasSubCommands() || c.Flags().Lookup("config") == nil {
			continue
		}
		asked = append(asked, c.CommandPath())
		call := shellWords(firstExample(c))
		call = call[slices.Index(call, "rewave")+1:]
		if i := slices.Index(call, ">"); i >= 0 {
			call = call[:i]
		}
		for _, test := range []struct {
			name, want string
			call, env  []string
		}{
			{"no such file", "there is no configuration file nope.yaml", append(slices.Clone(call), "--config", "nope.yaml"), nil},
			{"no file", "cannot be read: is a directory", append(slices.Clone(call), "--config", "testdata"), nil},
			{"a bad variable", "environment: DATABASE_URL: is not a URL", call, []string{"DATABASE_URL=mysql://127.0.0.1/rewave"}},
			{"no database", "DATABASE_URL", call, nil},
		} {
			if test.name == "no database" && slices.Contains(withoutDatabase, c.CommandPath()) {
				continue
			}
			var stderr bytes.Buffer
			if code := run(test.call, test.env, strings.NewReader(""), io.Discard, &stderr); code != exitInvalid || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("%s: %s: exit code %d, want %d, and %q, want %q", strings.Join(test.call, " "), test.name, code, exitInvalid, stderr.String(), test.want)
			}
		}
	}
	if len(asked) < 20 {
		t.Errorf("asked %v only", asked)
	}
}

// withoutDatabase are the commands whose first example needs no server.
var withoutDatabase = []string{"rewave campaign new", "rewave campaign validate", "rewave campaign test", "rewave campaign preview", "rewave segment list", "rewave segment explain"}
