package main

import (
	"fmt"
	"maps"
	"slices"
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
					File     string            `json:"file"`
					Bytes    int64             `json:"bytes"`
					Gzip     bool              `json:"gzip"`
					Form     string            `json:"form"`
					Divider  string            `json:"divider,omitempty"`
					Encoding string            `json:"encoding"`
					Columns  []string          `json:"columns"`
					Rows     [][]string        `json:"rows"`
					Kind     string            `json:"kind,omitempty"`
					Preset   string            `json:"preset,omitempty"`
					Missing  []string          `json:"missing,omitempty"`
					Named    map[string]string `json:"named,omitempty"`
					Decimal  string            `json:"decimal,omitempty"`
					Time     string            `json:"time_format,omitempty"`
					Undated  bool              `json:"undated,omitempty"` // consents without consent_at
				}{seen.File, seen.Bytes, seen.Zipped, seen.Form, seen.Divider, seen.Encoding, seen.Columns, seen.Rows, seen.Kind, seen.Preset, seen.Missing, seen.Named, seen.Decimal, seen.TimeFormat, seen.Undated})
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
	said := mapped(&b, s)
	switch {
	case said && s.Kind != "":
		try += " --map columns.yaml"
	case s.Preset == importer.Generic && s.Decimal != "":
		try += " --decimal " + s.Decimal
	case s.Preset != "" && s.Preset != importer.Generic:
		try += " --preset " + s.Preset
	case s.Kind == "":
		fmt.Fprintln(&b, "No form that is known has these columns. A map says which of them are ours:")
		for _, kind := range []string{importer.Customers, importer.Orders} {
			fmt.Fprintln(&b, wrap("  "+kind+": ", knownColumns(kind)))
		}
		try = "rewave import orders " + s.File + " --map columns.yaml"
	}
	if s.Encoding != importer.UTF8 {
		try += " --encoding " + s.Encoding
	}
	fmt.Fprintf(&b, "Try: %s\n", try)
	return b.String()
}

// mapped prints what columns.yaml has to say; false where nothing has to be said.
func mapped(b *strings.Builder, s importer.Inspection) bool {
	var lines []string
	if s.Preset == "" && s.Kind != "" {
		lines = append(lines, "columns:")
		needed, others, _ := importer.KnownColumns(s.Kind)
		for _, ours := range slices.Concat(needed, others) {
			theirs, ok := s.Named[ours]
			switch {
			case ok && strings.EqualFold(ours, theirs): // found without a map
			case ok:
				lines = append(lines, fmt.Sprintf("  %s: %q", ours, theirs))
			case slices.Contains(needed, ours):
				lines = append(lines, fmt.Sprintf("  %s: \"\"  # needed: the name of a column of the file", ours))
			}
		}
	}
	if s.TimeFormat != "" {
		line := fmt.Sprintf("time_format: %q", s.TimeFormat)
		if s.TimeUnsure {
			other := strings.NewReplacer("DD", "MM", "MM", "DD").Replace(s.TimeFormat)
			line += fmt.Sprintf("  # or %q: the first rows fit both", other)
		}
		lines = append(lines, line)
	}
	if s.Decimal != "" && (s.Preset == "" || len(lines) > 0) {
		lines = append(lines, "decimal: "+s.Decimal)
	}
	if s.Undated {
		lines = append(lines, `defaults: {consent_at: "2026-01-31"}  # since when they consent: put your day`)
	}
	if len(lines) == 0 {
		return false
	}
	for i, line := range lines {
		prefix := "         "
		if i == 0 {
			prefix = "map      "
		}
		fmt.Fprintln(b, prefix+line)
	}
	fmt.Fprintln(b, "Write what stands behind map into columns.yaml.")
	if s.Preset == "" && s.Kind != "" {
		fmt.Fprintln(b, wrap("Columns of "+s.Kind+": ", knownColumns(s.Kind)))
		if left := unread(s); len(left) > 0 {
			fmt.Fprintln(b, wrap("Not read: ", strings.Join(left, ", ")))
		}
	}
	return true
}

// unread are the columns that nothing of ours is proposed for.
func unread(s importer.Inspection) (columns []string) {
	taken := slices.Collect(maps.Values(s.Named))
	for _, column := range s.Columns {
		if column != "" && !slices.Contains(taken, column) {
			columns = append(columns, column)
		}
	}
	return columns
}

func knownColumns(kind string) string {
	needed, others, own := importer.KnownColumns(kind)
	text := strings.Join(needed, ", ")
	if len(others) > 0 {
		text += "; there may be " + strings.Join(others, ", ")
	}
	if own != "" {
		text += "; and " + own + "NAME for what is your own"
	}
	return text
}
