package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
)

// fileForm is what a person says about the form of a file.
type fileForm struct{ preset, mapping, zone, currency, encoding string }

// flags offers them; zone and currency say what holds where neither flag, map
// nor preset speaks.
func (f *fileForm) flags(c *cobra.Command, kind, zone, currency string) {
	flags := c.Flags()
	if kind == importer.Orders {
		flags.StringVar(&f.preset, "preset", "", "`FORM` of the file: generic, uci-online-retail or cdnow (default generic)")
	}
	flags.StringVar(&f.mapping, "map", "", "a YAML `FILE` that says which column is what")
	flags.StringVar(&f.zone, "zone", "", "`ZONE` of times without one, such as Europe/Berlin (default the map's or the preset's, else "+zone+")")
	flags.StringVar(&f.currency, "currency", "", "`CODE` of amounts without one, such as EUR (default the map's or the preset's"+currency+")")
	flags.StringVar(&f.encoding, "encoding", "", "`NAME` utf-8 or gb18030 (default utf-8)")
}

// options reads what the flags name.
func (f *fileForm) options(kind, file string) (importer.Options, error) {
	if forms := []string{importer.Generic, importer.UCIOnlineRetail, importer.CDNOW}; f.preset != "" && !slices.Contains(forms, f.preset) {
		return importer.Options{}, fault.New(fault.Usage, fmt.Sprintf("there is no preset %q; there are %s", f.preset, strings.Join(forms, ", ")), "rewave import inspect "+file)
	}
	opts := importer.Options{Kind: kind, File: file, Preset: f.preset, Currency: f.currency, Encoding: f.encoding}
	var err error
	if f.mapping != "" {
		if opts.Map, err = importer.ReadMap(f.mapping, kind); err != nil {
			return opts, err
		}
	}
	if f.zone != "" {
		opts.Zone, err = calendar.Zone(f.zone)
	}
	return opts, err
}

// tried gives a wrong call a whole one to try: the zone is what that command
// likes to be told besides.
func (f *fileForm) tried(err error, call, zone string) error {
	wrong, ok := err.(*fault.Fault)
	if !ok || wrong.Code != fault.Usage {
		return err
	}
	if f.mapping != "" {
		call += " --map " + f.mapping
	}
	return fault.New(fault.Usage, wrong.Message, call+" --currency EUR"+zone)
}

func (f *fileForm) generic() bool { return f.preset == "" || f.preset == importer.Generic }

func (a *app) importing() *cobra.Command {
	c := &cobra.Command{Use: "import", Short: "Bring in orders, customers and products",
		Long: `Reads CSV or JSON lines, plain or gzip, UTF-8 or GB18030. What cannot be read
goes to a reject file with its line and reason; the rest is merged in one
transaction. The same file again changes nothing; an import that was cut off
goes on.`,
		Example: `  rewave import orders orders.csv
  rewave import orders online_retail.csv.gz --preset uci-online-retail
  rewave import inspect orders.csv`}
	for _, kind := range []string{importer.Orders, importer.Customers, importer.Products} {
		c.AddCommand(a.takesJSON(a.takesConfig(a.importKind(kind))))
	}
	c.AddCommand(a.takesJSON(a.importInspect()))
	return c
}

var importHelp = map[string]string{
	importer.Orders: `The generic form has the columns order_id, placed_at, sku, quantity and
unit_price, and may have customer_id, currency, product_name, category, email,
phone, first_name, last_name, region, kind and refund_of. One row a line of an
order; a row of kind refund, or with refund_of, gives units back.`,
	importer.Customers: `The columns are customer_id and, where there are any, email, phone, first_name,
last_name, locale, region, zone, consent_email, consent_sms and consent_at.
Nobody is written to without consent.`,
	importer.Products: `The columns are sku and, where there are any, name, category, price and cost.`,
}

func (a *app) importKind(kind string) *cobra.Command {
	var form fileForm
	var rejects string
	c := &cobra.Command{Use: kind + " FILE", Short: "Import " + kind, Long: importHelp[kind], Args: operands,
		Example: fmt.Sprintf("  rewave import %[1]s %[1]s.csv\n  rewave import %[1]s %[1]s.csv.gz --encoding gb18030\n  rewave import %[1]s export.csv --map columns.yaml", kind),
		RunE: func(c *cobra.Command, args []string) error {
			return a.importFile(c.Context(), kind, args[0], form, rejects)
		}}
	form.flags(c, kind, "the shop's", ", else the shop's")
	c.Flags().StringVar(&rejects, "rejects", "", "`FILE` for rows that cannot be read (default beside it, .rejects.csv)")
	return c
}

func (a *app) importFile(ctx context.Context, kind, file string, form fileForm, rejects string) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	opts, err := form.options(kind, file)
	if err != nil {
		return err
	}
	opts.Rejects = rejects
	// The shop's own word counts for files of its own; the presets are others'.
	if form.generic() && opts.Zone == nil && opts.Map.Zone == nil {
		opts.Zone = l.config.Shop.Zone
	}
	if form.generic() && opts.Currency == "" && opts.Map.Currency == "" && l.config.File != "" {
		opts.Currency = l.config.Shop.Currency
	}
	bar := a.progress("reading " + kind)
	opts.Progress = bar.update
	sum, err := importer.Run(ctx, l.store, opts)
	bar.done()
	if err != nil && ctx.Err() != nil {
		return fault.Wrap(fault.Unavailable, err, "interrupted", "nothing was merged; the same call goes on where this one stopped reading")
	}
	if err != nil {
		return form.tried(err, "rewave import "+kind+" "+file, "")
	}
	if a.json {
		return errors.Join(a.print(imported(sum)), noneMerged(sum))
	}
	for i, line := range importLines(sum) {
		prefix := "  "
		if i == 0 {
			prefix = kind + ": "
		}
		fmt.Fprintln(a.stdout, wrap(prefix, line))
	}
	return noneMerged(sum)
}

// noneMerged is the fault of a file of which nothing could be read.
func noneMerged(s importer.Summary) error {
	if s.Merged > 0 || s.Rejected == 0 {
		return nil
	}
	return fault.New(fault.NotFound, fmt.Sprintf("%s has no row that can be read: %s", filepath.Base(s.File), byReason(s.RejectedBy)), "")
}

// importLines say what an import did: every row accounted for, then what is new
// or odd.
func importLines(s importer.Summary) []string {
	lines := []string{fmt.Sprintf("%s read, %s merged, %s rejected in %.1f s", count(s.Read, "row"), thousands(s.Merged), thousands(s.Rejected), s.Took.Seconds())}
	for _, c := range []struct {
		noun string
		postgres.ImportChanges
	}{{"customers", s.Customers}, {"products", s.Products}, {"orders", s.Orders}, {"refund lines", s.Refunds}} {
		if c.New+c.Changed+c.Unchanged > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s new, %s changed, %s as they were", c.noun, thousands(int(c.New)), thousands(int(c.Changed)), thousands(int(c.Unchanged))))
		}
	}
	if s.GuestOrders > 0 {
		lines = append(lines, count(int(s.GuestOrders), "order")+" without a customer: nobody to write to")
	}
	if s.Matched.None > 0 {
		lines = append(lines, count(int(s.Matched.None), "refund line")+" of no known order")
	}
	if s.Rejected > 0 {
		lines = append(lines, "rejected: "+byReason(s.RejectedBy))
	}
	if len(s.AddressesLeftOut) > 0 {
		lines = append(lines, "addresses left out: "+byReason(s.AddressesLeftOut))
	}
	if s.RejectsFile != "" {
		lines = append(lines, "see "+s.RejectsFile)
	}
	if len(s.IgnoredColumns) > 0 {
		lines = append(lines, "columns not read: "+strings.Join(s.IgnoredColumns, ", "))
	}
	return lines
}

func byReason(counts map[string]int) string {
	parts := make([]string, 0, len(counts))
	for _, why := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, thousands(counts[why])+" "+why)
	}
	return strings.Join(parts, ", ")
}

// changes and importResult are what import --json prints.
type changes struct {
	New       int64 `json:"new"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
}

type importResult struct {
	Kind             string         `json:"kind"`
	Preset           string         `json:"preset"`
	File             string         `json:"file"`
	SHA256           string         `json:"sha256"`
	Read             int            `json:"read"`
	Merged           int            `json:"merged"`
	Rejected         int            `json:"rejected"`
	RejectedBy       map[string]int `json:"rejected_by"`
	RejectsFile      string         `json:"rejects_file,omitempty"`
	AddressesLeftOut map[string]int `json:"addresses_left_out"`
	IgnoredColumns   []string       `json:"ignored_columns"`
	Customers        changes        `json:"customers"`
	Products         changes        `json:"products"`
	Orders           changes        `json:"orders"`
	Lines            changes        `json:"lines"`
	RefundLines      changes        `json:"refund_lines"`
	RefundsUnmatched int64          `json:"refunds_unmatched"`
	GuestOrders      int64          `json:"guest_orders"`
	FirstOrder       string         `json:"first_order,omitempty"`
	LastOrder        string         `json:"last_order,omitempty"`
	Seconds          float64        `json:"seconds"`
}

func imported(s importer.Summary) importResult {
	out := importResult{Kind: s.Kind, Preset: s.Preset, File: s.File, SHA256: s.SHA256,
		Read: s.Read, Merged: s.Merged, Rejected: s.Rejected, RejectedBy: s.RejectedBy, RejectsFile: s.RejectsFile,
		AddressesLeftOut: s.AddressesLeftOut, IgnoredColumns: append([]string{}, s.IgnoredColumns...),
		Customers: changes(s.Customers), Products: changes(s.Products), Orders: changes(s.Orders), Lines: changes(s.Lines), RefundLines: changes(s.Refunds),
		RefundsUnmatched: s.Matched.None, GuestOrders: s.GuestOrders, Seconds: s.Took.Round(time.Millisecond).Seconds()}
	if !s.FirstOrder.IsZero() {
		out.FirstOrder, out.LastOrder = timestamp(s.FirstOrder), timestamp(s.LastOrder)
	}
	return out
}
