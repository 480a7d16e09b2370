package main

import (
	"cmp"
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
type fileForm struct{ preset, mapping, zone, currency, encoding, decimal string }

// flags offers them; zone and currency say what holds where neither flag, map
// nor preset speaks.
func (f *fileForm) flags(c *cobra.Command, kind, zone, currency string) {
	flags := c.Flags()
	if kind == importer.Orders {
		flags.StringVar(&f.preset, "preset", "", "`FORM` of the file: generic, uci-online-retail or cdnow (default generic)")
	}
	flags.StringVar(&f.mapping, "map", "", "a YAML `FILE` that says which column is what")
	flags.StringVar(&f.zone, "zone", "", "`ZONE` of times without one, such as Europe/Berlin (default the map's or the preset's, else "+zone+")")
	if kind == importer.Orders || kind == importer.Products {
		flags.StringVar(&f.currency, "currency", "", "`CODE` of amounts without one, such as EUR (default the map's or the preset's"+currency+")")
	}
	if kind == importer.Orders || kind == importer.Products {
		flags.StringVar(&f.decimal, "decimal", "", "`MARK` of decimals: point or comma (default the map's, else point)")
	}
	flags.StringVar(&f.encoding, "encoding", "", "`NAME` utf-8, gb18030 or windows-1252 (default utf-8)")
}

// options reads what the flags name.
func (f *fileForm) options(kind, file string) (importer.Options, error) {
	if forms := []string{importer.Generic, importer.UCIOnlineRetail, importer.CDNOW}; f.preset != "" && !slices.Contains(forms, f.preset) {
		return importer.Options{}, fault.New(fault.Usage, fmt.Sprintf("there is no preset %q; there are %s", f.preset, strings.Join(forms, ", ")), "rewave import inspect "+file)
	}
	if known := importer.Encodings[:]; f.encoding != "" && !slices.Contains(known, f.encoding) {
		return importer.Options{}, fault.New(fault.Usage, fmt.Sprintf("there is no encoding %q; there are %s and %s, which reads Latin-1 too", f.encoding, strings.Join(known[:len(known)-1], ", "), known[len(known)-1]), "rewave import inspect "+file)
	}
	if f.decimal != "" && f.decimal != importer.DecimalPoint && f.decimal != importer.DecimalComma {
		return importer.Options{}, fault.New(fault.Usage, fmt.Sprintf("there is no decimal %q; there are %s and %s", f.decimal, importer.DecimalPoint, importer.DecimalComma), "rewave import inspect "+file)
	}
	opts := importer.Options{Kind: kind, File: file, Preset: f.preset, Currency: f.currency, Encoding: f.encoding, Decimal: f.decimal}
	var err error
	if f.mapping != "" {
		if opts.Map, err = importer.ReadMap(f.mapping, kind); err != nil {
			return opts, err
		}
	}
	if f.zone != "" {
		if opts.Zone, err = calendar.Zone(f.zone); err != nil {
			wrong, _ := fault.Of(err)
			return opts, fault.New(fault.Usage, "--zone: "+wrong.Message, wrong.Hint)
		}
	}
	return opts, nil
}

// tried gives a call that lacks its currency a whole one to try: the zone is what
// that command likes to be told besides.
func (f *fileForm) tried(err error, call, zone string) error {
	if !errors.Is(err, importer.ErrNoCurrency) {
		return err
	}
	if f.mapping != "" {
		call += " --map " + f.mapping
	}
	wrong, _ := fault.Of(err)
	return fault.New(fault.Usage, wrong.Message, call+" --currency EUR"+zone)
}

// fitted gives a call for a file of another form the one that fits; call is that
// for its kind, empty where there is none.
func (f *fileForm) fitted(err error, call func(kind string) string) error {
	var other *importer.OtherForm
	wrong, _ := fault.Of(err)
	if !errors.As(err, &other) || call(other.Kind) == "" {
		return err
	}
	try, currency := call(other.Kind), ""
	if other.Kind == importer.Orders || other.Kind == importer.Products {
		currency = f.currency
	}
	for _, flag := range []struct{ name, value string }{{"preset", other.Preset}, {"encoding", f.encoding}, {"zone", f.zone}, {"currency", currency}} {
		if flag.value != "" && flag.value != importer.Generic {
			try += " --" + flag.name + " " + flag.value
		}
	}
	return fault.Wrap(wrong.Code, wrong.Err, wrong.Message, try)
}

func (f *fileForm) generic() bool { return f.preset == "" || f.preset == importer.Generic }

func (a *app) importing() *cobra.Command {
	c := &cobra.Command{Use: "import", Short: "Bring in products, customers, orders, events and suppressions",
		Long: `Reads CSV or JSON lines, plain or gzip, UTF-8, GB18030 or Windows-1252. What
cannot be read goes to a reject file with its line and reason; the rest is
merged in one transaction. The same file again changes nothing; an import that
was cut off goes on.`,
		Example: `  rewave import orders orders.csv
  rewave import events events.jsonl.gz
  rewave import inspect orders.csv`}
	for _, kind := range importer.Kinds {
		c.AddCommand(a.takesJSON(a.takesConfig(a.importKind(kind))))
	}
	c.AddCommand(a.takesJSON(a.importInspect()))
	return c
}

var importHelp = map[string]string{
	importer.Orders: `The generic form has the columns order_id, placed_at, sku, quantity and
unit_price, and may have customer_id, currency, product_name, category, email,
phone, first_name, last_name, region, kind, refund_of and coupon. One row a line
of an order; a row of kind refund, or with refund_of, gives units back. A coupon
is a code the order was paid with, several separated by semicolons.`,
	importer.Customers: `The columns are customer_id and, where there are any, email, phone, first_name,
last_name, locale, region, zone, consent_email, consent_sms and consent_at.
Nobody is written to without consent, which is yes or no (ja, nein, 是, 否) since
consent_at: a file with the one has the other, or a default of it in the map. A
phone number has its country code, +49 30 901820; another is left out and the
customer kept. A column attribute.NAME is a text, number, date (2026-12-24) or
truth (true, false) that rules may ask for, by its look or by the map's types;
tags are divided by semicolons, all of a customer's, a single ; being none. Both
hold from changed_at on, else since the import. What is empty changes nothing.`,
	importer.Products: `The columns are sku and, where there are any, name, category, price and cost.`,
	importer.Events: `The columns are id, name, customer and at; every other column, or props.NAME, is
a property. A property is a text, unless the map's types say number, date or
truth; JSON lines have types of their own. An event is known by its id and never
changes. Complaint Opened and Complaint Closed, Dispute Opened and Dispute
Closed, paired by the property ref, are what hold_while waits for.`,
	importer.Suppressions: `The columns are channel (email or sms), address, reason (bounced, complained or
manual) and, where there is one, at. Nothing is sent to these addresses any
more. A phone number without its country code (+49, +86) is rejected: the ban
would hold nobody's. Only a hash of an address is stored.`,
}

func (a *app) importKind(kind string) *cobra.Command {
	var form fileForm
	var rejects, completeUntil string
	c := &cobra.Command{Use: kind + " FILE", Short: "Import " + kind, Long: importHelp[kind], Args: operands,
		Example: fmt.Sprintf("  rewave import %[1]s %[1]s.csv\n  rewave import %[1]s %[1]s.csv.gz --encoding gb18030\n  rewave import %[1]s export.csv --map columns.yaml", kind),
		RunE: func(c *cobra.Command, args []string) error {
			return a.importFile(c.Context(), kind, args[0], form, rejects, completeUntil)
		}}
	form.flags(c, kind, "the shop's", ", else the shop's")
	c.Flags().StringVar(&rejects, "rejects", "", "`FILE` for rows that cannot be read (default beside it, .rejects.csv)")
	if kind == importer.Orders || kind == importer.Events {
		c.Flags().StringVar(&completeUntil, "complete-until", "", "the file and those before it hold all "+kind+" before this `TIME`, \"2026-11-23 10:00\" in the shop's zone or 2026-11-23T10:00:00Z; it never goes back")
	}
	return c
}

func (a *app) importFile(ctx context.Context, kind, file string, form fileForm, rejects, completeUntil string) error {
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
	if completeUntil != "" {
		if opts.CompleteUntil, err = l.instant("--complete-until", completeUntil, "rewave import "+kind+" "+file); err != nil {
			return err
		}
	}
	guessed := func(*app) {}
	// The shop's own word counts for files of its own; the presets are others'.
	if form.generic() && opts.Zone == nil && opts.Map.Zone == nil {
		opts.Zone = l.config.Shop.Zone
		if kind == importer.Orders || kind == importer.Events {
			guessed = l.sayZone
		}
	}
	if form.generic() && opts.Currency == "" && opts.Map.Currency == "" && l.config.File != "" {
		opts.Currency = l.config.Shop.Currency
	}
	opts.Now = time.Now()
	bar := a.progress("reading " + kind)
	opts.Progress = bar.update
	sum, err := importer.Run(ctx, l.store, opts)
	bar.done()
	if err != nil && ctx.Err() != nil {
		return fault.Wrap(fault.Unavailable, err, "interrupted", "nothing was merged; the same call goes on where this one stopped reading")
	}
	if err != nil {
		err = form.fitted(err, func(kind string) string { return "rewave import " + kind + " " + file })
		return form.tried(err, "rewave import "+kind+" "+file, "")
	}
	defer a.warnRejected(sum)
	defer a.warnMixed(sum)
	guessed(a)
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

// manyRejected is the share of rejected rows at which a person must not overlook
// them: below it they are slips of single rows.
const manyRejected = 0.05

// warnRejected says on stderr, where nobody pipes it away, that much of a file is
// missing. A file of which all is missing is a fault.
func (a *app) warnRejected(s importer.Summary) {
	out := 0
	for _, n := range s.AddressesLeftOut {
		out += n
	}
	if float64(out) > manyRejected*float64(s.Read) {
		fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("addresses of %s left out: %s", filepath.Base(s.File), byReason(s.AddressesLeftOut))))
	}
	if s.Merged == 0 || float64(s.Rejected) <= manyRejected*float64(s.Read) {
		return
	}
	fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("%s of %s of %s were rejected (%d%%) and are not in the database: %s",
		thousands(s.Rejected), count(s.Read, "row"), filepath.Base(s.File), 100*s.Rejected/s.Read, byReason(s.RejectedBy))))
}

// warnMixed says which columns of the shop's own a rule cannot ask for as one kind.
func (a *app) warnMixed(s importer.Summary) {
	for _, m := range s.MixedKinds {
		counts := make([]string, len(m.Counts))
		for i, c := range m.Counts {
			counts[i] = count(c.Count, string(c.Kind))
		}
		says := fmt.Sprintf("%s of %s is read as %s, as %q on line %d", m.Column, filepath.Base(s.File), strings.Join(counts, " and "), m.Example, m.Line)
		if len(m.Counts) > 1 {
			says += "; a rule asks for one kind and passes over the others"
		}
		fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("%s. A date is written 2026-12-24; if text is meant, a --map with types: {%s: text} says so", says, m.Column)))
	}
}

// importLines say what an import did: every row accounted for, then what is new
// or odd.
func importLines(s importer.Summary) []string {
	lines := []string{fmt.Sprintf("%s read, %s merged, %s rejected in %.1f s", count(s.Read, "row"), thousands(s.Merged), thousands(s.Rejected), s.Took.Seconds())}
	for _, c := range []struct {
		noun string
		postgres.ImportChanges
	}{{"customers", s.Customers}, {"products", s.Products}, {"orders", s.Orders}, {"refund lines", s.Refunds}, {"events", s.Events}, {"suppressions", s.Suppressions}} {
		if c.New+c.Changed+c.Unchanged > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s new, %s changed, %s as they were", c.noun, thousands(int(c.New)), thousands(int(c.Changed)), thousands(int(c.Unchanged))))
		}
	}
	for _, c := range []struct {
		n    int64
		noun string
		says string
	}{{s.AddressesChanged, "customer", " with another address"}, {s.Attributes, "attribute", " new or changed"}, {s.Tags, "customer", " with other tags"}, {s.Holds, "hold", " of complaints and disputes opened, closed or moved"},
		{s.EventsLeft, "event", " known with another content, left as it was"}} {
		if c.n > 0 {
			lines = append(lines, count(int(c.n), c.noun)+c.says)
		}
	}
	if !s.CompleteUntil.IsZero() {
		lines = append(lines, "complete until "+s.CompleteUntil.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	if s.GuestOrders > 0 {
		lines = append(lines, count(int(s.GuestOrders), "order")+" without a customer: nobody to write to")
	}
	if c := s.Coupons; c.Named+c.Redeemed+c.Leaked > 0 {
		lines = append(lines, fmt.Sprintf("coupons: %s named, %s redeemed, %s leaked", thousands(int(c.Named)), thousands(int(c.Redeemed)), thousands(int(c.Leaked))))
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

// byReason lists reasons, the most frequent first.
func byReason(counts map[string]int) string {
	parts := make([]string, 0, len(counts))
	most := func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) }
	for _, why := range slices.SortedFunc(maps.Keys(counts), most) {
		parts = append(parts, thousands(counts[why])+" "+why)
	}
	return strings.Join(parts, ", ")
}

// changes, couponUses and importResult are what import --json prints.
type changes struct {
	New       int64 `json:"new"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
}

type couponUses struct {
	Named    int64 `json:"named"`
	Redeemed int64 `json:"redeemed"`
	Leaked   int64 `json:"leaked"`
}

type mixedKinds struct {
	Column  string         `json:"column"`
	Counts  map[string]int `json:"counts"` // by kind
	Line    int            `json:"line"`
	Example string         `json:"example"`
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
	MixedKinds       []mixedKinds   `json:"mixed_kinds,omitempty"`
	Customers        changes        `json:"customers"`
	AddressesChanged int64          `json:"addresses_changed"`
	Products         changes        `json:"products"`
	Orders           changes        `json:"orders"`
	Lines            changes        `json:"lines"`
	RefundLines      changes        `json:"refund_lines"`
	RefundsUnmatched int64          `json:"refunds_unmatched"`
	GuestOrders      int64          `json:"guest_orders"`
	Attributes       int64          `json:"attributes"`
	Tags             int64          `json:"tags"`
	Events           changes        `json:"events"`
	EventsLeft       int64          `json:"events_left"`
	Holds            int64          `json:"holds"`
	Suppressions     changes        `json:"suppressions"`
	CompleteUntil    string         `json:"complete_until,omitempty"`
	Coupons          *couponUses    `json:"coupons,omitempty"` // new ones
	FirstOrder       string         `json:"first_order,omitempty"`
	LastOrder        string         `json:"last_order,omitempty"`
	Seconds          float64        `json:"seconds"`
}

func imported(s importer.Summary) importResult {
	out := importResult{Kind: s.Kind, Preset: s.Preset, File: s.File, SHA256: s.SHA256,
		Read: s.Read, Merged: s.Merged, Rejected: s.Rejected, RejectedBy: s.RejectedBy, RejectsFile: s.RejectsFile,
		AddressesLeftOut: s.AddressesLeftOut, IgnoredColumns: append([]string{}, s.IgnoredColumns...),
		Customers: changes(s.Customers), AddressesChanged: s.AddressesChanged, Products: changes(s.Products), Orders: changes(s.Orders), Lines: changes(s.Lines), RefundLines: changes(s.Refunds),
		RefundsUnmatched: s.Matched.None, GuestOrders: s.GuestOrders,
		Attributes: s.Attributes, Tags: s.Tags, Events: changes(s.Events), EventsLeft: s.EventsLeft, Holds: s.Holds, Suppressions: changes(s.Suppressions), Seconds: s.Took.Round(time.Millisecond).Seconds()}
	for _, m := range s.MixedKinds {
		mixed := mixedKinds{m.Column, map[string]int{}, m.Line, m.Example}
		for _, c := range m.Counts {
			mixed.Counts[string(c.Kind)] = c.Count
		}
		out.MixedKinds = append(out.MixedKinds, mixed)
	}
	if c := couponUses(s.Coupons); c != (couponUses{}) {
		out.Coupons = &c
	}
	if !s.FirstOrder.IsZero() {
		out.FirstOrder, out.LastOrder = timestamp(s.FirstOrder), timestamp(s.LastOrder)
	}
	if !s.CompleteUntil.IsZero() {
		out.CompleteUntil = timestamp(s.CompleteUntil)
	}
	return out
}
