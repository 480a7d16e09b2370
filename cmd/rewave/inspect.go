package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/importer"
)

func (a *app) importInspect() *cobra.Command {
	return &cobra.Command{Use: "inspect FILE", Short: "Say what a file looks like, and how to import it", Args: operands,
		Long: "Reads the beginning of a file and guesses its form. Nothing is imported, and no\nserver is needed.",
		Example: `  rewave import inspect orders.csv
  rewave import inspect online_retail.csv.gz
  rewave import inspect orders.csv --json`,
		RunE: func(_ *cobra.Command, args []string) error {
			seen, err := importer.Inspect(args[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.print(struct {
					File     string     `json:"file"`
					Bytes    int64      `json:"bytes"`
					Gzip     bool       `json:"gzip"`
					Form     string     `json:"form"`
					Divider  string     `json:"divider,omitempty"`
					Encoding string     `json:"encoding"`
					Columns  []string   `json:"columns"`
					Rows     [][]string `json:"rows"`
					Kind     string     `json:"kind,omitempty"`
					Preset   string     `json:"preset,omitempty"`
					Missing  []string   `json:"missing,omitempty"`
				}{seen.File, seen.Bytes, seen.Zipped, seen.Form, seen.Divider, seen.Encoding, seen.Columns, seen.Rows, seen.Kind, seen.Preset, seen.Missing})
			}
			fmt.Fprint(a.stdout, inspectionText(seen))
			return nil
		}}
}

func inspectionText(s importer.Inspection) string {
	var b strings.Builder
	packed := ""
	if s.Zipped {
		packed = ", gzip"
	}
	fmt.Fprintf(&b, "%s: %s%s, %s, %s\n", s.File, s.Form, packed, s.Encoding, count(int(s.Bytes), "byte"))
	fmt.Fprintln(&b, wrap("columns  ", strings.Join(s.Columns, ", ")))
	for i, row := range s.Rows {
		prefix := "         "
		if i == 0 {
			prefix = "rows     "
		}
		fmt.Fprintln(&b, wrap(prefix, strings.Join(row, ", ")))
	}
	switch {
	case s.Preset != "":
		try := "rewave import " + s.Kind + " " + s.File
		if s.Preset != importer.Generic {
			try += " --preset " + s.Preset
		}
		if s.Encoding != importer.UTF8 {
			try += " --encoding " + s.Encoding
		}
		fmt.Fprintf(&b, "Try: %s\n", try)
	case s.Kind != "":
		fmt.Fprintln(&b, wrap("", fmt.Sprintf("It is nearest to %s; map a column to each of: %s", s.Kind, strings.Join(s.Missing, ", "))))
		fmt.Fprintf(&b, "Try: rewave import %s %s --map columns.yaml\n", s.Kind, s.File)
	default:
		fmt.Fprintf(&b, "No form that is known has these columns; map them.\nTry: rewave import orders %s --map columns.yaml\n", s.File)
	}
	return b.String()
}
