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
					Decimal  string     `json:"decimal,omitempty"`
					Time     string     `json:"time_format,omitempty"`
				}{seen.File, seen.Bytes, seen.Zipped, seen.Form, seen.Divider, seen.Encoding, seen.Columns, seen.Rows, seen.Kind, seen.Preset, seen.Missing, seen.Decimal, seen.TimeFormat})
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
	try := "rewave import " + s.Kind + " " + s.File
	switch {
	case s.Preset != "" && s.TimeFormat != "":
		mapped(&b, s)
		try += " --map columns.yaml"
	case s.Preset == importer.Generic && s.Decimal != "":
		try += " --decimal " + s.Decimal
	case s.Preset == importer.Generic:
	case s.Preset != "":
		try += " --preset " + s.Preset
	case s.Kind != "":
		mapped(&b, s)
		fmt.Fprintln(&b, wrap("", fmt.Sprintf("It is nearest to %s; map a column to each of: %s", s.Kind, strings.Join(s.Missing, ", "))))
		try += " --map columns.yaml"
	default:
		mapped(&b, s)
		fmt.Fprintln(&b, "No form that is known has these columns; map them.")
		try = "rewave import orders " + s.File + " --map columns.yaml"
	}
	if s.Encoding != importer.UTF8 {
		try += " --encoding " + s.Encoding
	}
	fmt.Fprintf(&b, "Try: %s\n", try)
	return b.String()
}

// mapped prints what columns.yaml has to say besides columns.
func mapped(b *strings.Builder, s importer.Inspection) {
	var lines []string
	if s.TimeFormat != "" {
		line := fmt.Sprintf("time_format: %q", s.TimeFormat)
		if s.TimeUnsure {
			other := strings.NewReplacer("DD", "MM", "MM", "DD").Replace(s.TimeFormat)
			line += fmt.Sprintf("  # or %q: the first rows fit both", other)
		}
		lines = append(lines, line)
	}
	if s.Decimal != "" {
		lines = append(lines, "decimal: "+s.Decimal)
	}
	for i, line := range lines {
		prefix := "         "
		if i == 0 {
			prefix = "map      "
		}
		fmt.Fprintln(b, prefix+line)
	}
	if len(lines) > 0 {
		fmt.Fprintln(b, "Write what stands behind map into columns.yaml.")
	}
}
