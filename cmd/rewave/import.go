package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/importer"
)

type importFlags struct{ preset, mapping, zone, currency, encoding, rejects string }

func (a *app) importing() *cobra.Command {
	c := &cobra.Command{Use: "import", Short: "Bring in orders, customers and products", Args: cobra.NoArgs,
		Long: `Reads CSV or JSON lines, plain or gzip, UTF-8 or GB18030. What cannot be read goes
to a reject file with its line and reason; the rest is merged in one transaction.
The same file again changes nothing; an import that was cut off goes on.`,
		Example: "  rewave import orders orders.csv\n  rewave import orders online_retail.csv.gz --preset uci-online-retail\n  rewave import customers kunden.csv --map kunden.yaml"}
	for _, kind := range []string{importer.Orders, importer.Customers, importer.Products} {
		var f importFlags
		sub := &cobra.Command{Use: kind + " FILE", Short: "Import " + kind, Args: cobra.ExactArgs(1),
			Example: "  rewave import " + kind + " " + kind + ".csv",
			RunE:    func(c *cobra.Command, args []string) error { return a.importFile(c.Context(), kind, args[0], f) }}
		flags := sub.Flags()
		if kind == importer.Orders {
			flags.StringVar(&f.preset, "preset", "", "the file's form: generic, uci-online-retail or cdnow (default generic)")
		}
		flags.StringVar(&f.mapping, "map", "", "a YAML file that says which column is what")
		flags.StringVar(&f.zone, "zone", "", "zone of times without one (default the preset's, else the shop's)")
		flags.StringVar(&f.currency, "currency", "", "currency of amounts without one (default the preset's, else the shop's)")
		flags.StringVar(&f.encoding, "encoding", "", "utf-8 or gb18030 (default utf-8)")
		flags.StringVar(&f.rejects, "rejects", "", "where rejected lines go (default FILE.rejects.csv)")
		c.AddCommand(sub)
	}
	return c
}

func (a *app) importFile(ctx context.Context, kind, file string, f importFlags) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	opts := importer.Options{Kind: kind, File: file, Preset: f.preset, Currency: f.currency, Encoding: f.encoding, Rejects: f.rejects}
	if f.mapping != "" {
		if opts.Map, err = importer.ReadMap(f.mapping, kind); err != nil {
			return err
		}
	}
	if f.zone != "" {
		if opts.Zone, err = calendar.Zone(f.zone); err != nil {
			return err
		}
	} else if (f.preset == "" || f.preset == importer.Generic) && opts.Map.Zone == nil {
		opts.Zone = l.config.Shop.Zone
	}
	if opts.Currency == "" && (f.preset == "" || f.preset == importer.Generic) && l.config.Shop.Currency != "XXX" {
		opts.Currency = l.config.Shop.Currency
	}
	bar := a.progress("reading " + kind)
	opts.Progress = bar.update
	sum, err := importer.Run(ctx, l.store, opts)
	bar.done()
	if err != nil {
		return err
	}
	if a.json {
		return a.print(sum)
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s\n", kind, importSentence(sum))
	return err
}

// importSentence says what an import did, with every line accounted for.
func importSentence(s importer.Summary) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s rows read, %s merged, %s rejected in %.1f s", thousands(s.Read), thousands(s.Merged), thousands(s.Rejected), s.Took.Seconds())
	if s.Rejected > 0 {
		parts := make([]string, 0, len(s.RejectedBy))
		for _, why := range slices.Sorted(maps.Keys(s.RejectedBy)) {
			parts = append(parts, fmt.Sprintf("%s %s", thousands(s.RejectedBy[why]), why))
		}
		fmt.Fprintf(&b, "\n        rejected: %s; see %s", strings.Join(parts, ", "), s.RejectsFile)
	}
	return b.String()
}

// thousands groups digits by three.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
