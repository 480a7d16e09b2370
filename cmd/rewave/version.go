package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is which program this is, as the Go toolchain stamped it.
type build struct {
	Version  string `json:"version"`            // of the module; (devel) where it has none
	Revision string `json:"revision,omitempty"` // the commit
	Modified bool   `json:"modified"`           // there were changes not committed
	Go       string `json:"go"`
}

func readBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{Version: "unknown"}
	}
	b := build{Version: cmp.Or(info.Main.Version, "(devel)"), Go: info.GoVersion}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String is one line.
func (b build) String() string {
	text := "rewave " + b.Version
	if b.Revision != "" {
		text += ", revision " + b.Revision[:min(12, len(b.Revision))]
	}
	if b.Modified {
		text += " with changes"
	}
	return text + ", " + b.Go
}

func (a *app) version() *cobra.Command {
	return a.takesJSON(&cobra.Command{Use: "version", Short: "Say which program this is", Args: operands,
		Example: `  rewave version
  rewave version --json
  rewave --version`,
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.print(readBuild())
			}
			_, err := fmt.Fprintln(a.stdout, readBuild())
			return err
		}})
}
