package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
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

// options reads what the flags name; a map must agree with what is declared.
func (f *fileForm) options(kind, file string, declared importer.Attributes) (importer.Options, error) {
	if forms := []string{importer.Generic, importer.UCIOnlineRetail, importer.CDNOW}; f.preset != "" && !slices.Contains(forms, f.preset) {
		return importer.Options{}, fault.New(fault.Usage, fmt.Sprintf("there is no preset %q; there are %s", f.preset, strings.Join(forms, ", ")), "rewave import inspect "+file)
	}
	if known := importer.Encodings[:]; f.encoding != "" && !slices.Contains(known, f.encoding) {
		return importer.Options{}, fault.New(fault.Usage, fmt.Sprintf("there is no encoding %q; there are %s and %s, which reads Latin-1 too", f.encoding, strings.Join(known[:len(known)-1], ", "), known[len(known)-1]), "rewave import inspect "+file)
	}
	if f.decimal != "" && f.decimal != importer.DecimalPoint && f.decimal != importer.DecimalComma {
		return importer.Options{}, fault.New(fault.Usage, fmt.Sprintf("there is no decimal %q; there are %s and %s", f.decimal, importer.DecimalPoint, importer.DecimalComma), "rewave import inspect "+file)
	}
	opts := importer.Options{Kind: kind, File: file, Preset: f.preset, Currency: f.currency, Encoding: f.encoding, Decimal: f.decimal, Attributes: declared}
	var err error
	if f.mapping != "" {
		if opts.Map, err = importer.ReadMap(f.mapping, kind, declared); err != nil {
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
phone, first_name, last_name, region, kind, refund_of, coupon, status,
entry_path, promised_at, delivered_at, discount and reason. One row a line of an
order; a row of kind refund, or with refund_of, gives units back, for a reason.
A coupon is a code the order was paid with, several separated by semicolons.

What is told of an order may stand on any of its lines, and a later file may
tell it anew: status (paid, shipped, delivered, cancelled, returned, or the
shop's own word; the newest counts, and undoes nothing: what comes back is a
refund), entry_path (where the buyer came from), promised_at (a time, or a day,
which ends at midnight) and delivered_at, of several the latest, and discount,
what came off the line's list price; an order's is that of its lines together.
A discount changes no amount: unit_price is what counts. 0 is none, empty is not
said.`,
	importer.Customers: `The columns are customer_id and, where there are any, email, phone, first_name,
last_name, locale, region, zone, consent_email, consent_sms and consent_at.
Nobody is written to without consent, which is yes or no (ja, nein, 是, 否) since
consent_at: a file with the one has the other, or a default of it in the map. A
phone number has its country code, +49 30 901820; another is left out and the
customer kept. A column attribute.NAME is a text, number, date (2026-12-24) or
truth (true, false) that rules may ask for: what rewave.yaml's attributes or the
map's types say, which must agree, else what it looks like. Tags are divided by
semicolons, all of a customer's, a single ; being none. Both hold from
changed_at on, else since the import. What is empty changes nothing.

Some attributes have a column each in every shop: sex (female, male, other; f,
m, w, 女, 男), birthday (1990-02-03), occupation, interests (divided as tags are)
and source (how the customer came).`,
	importer.Products: `The columns are sku and, where there are any, name, category, price, cost and
role: traffic, profit, potential, marginal or new, the part the product plays.
No proposal of rewave product roles changes a role that a file gave.`,
	importer.Events: `The columns are id, name, customer and at; every other column, or props.NAME, is
a property. A property is a text, unless the map's types say number, date or
truth; JSON lines have types of their own. An event is known by its id and never
changes. Complaint Opened and Complaint Closed, Dispute Opened and Dispute
Closed, paired by the property ref, are what hold_while waits for. Product
Viewed (sku), Review Posted (score, order, sku) and Survey Answered (survey,
question, answer) are the names under which rules look for these.`,
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

// declared are the attributes of the shop's customers, as imports read them.
func declared(c config.Config) importer.Attributes {
	kinds := make(map[string]event.Kind, len(c.Attributes))
	for name, kind := range c.Attributes {
		kinds[name] = event.Kind(kind)
	}
	return importer.Attributes{File: c.File, Kinds: kinds}
}

func (a *app) importFile(ctx context.Context, kind, file string, form fileForm, rejects, completeUntil string) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	opts, err := form.options(kind, file, declared(l.config))
	if err != nil {
		return err
	}
	opts.Rejects = rejects
	if completeUntil != "" {
		if opts.CompleteUntil, err = l.instant("--complete-until", completeUntil, "rewave import "+kind+" "+file); err != nil {
			return err
		}
		opts.CompleteUntil = opts.CompleteUntil.In(l.config.Shop.Zone)
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
	for i, line := range importLines(sum, l.config.Shop.Zone) {
		prefix := "  "
		if i == 0 {
			prefix = kind + ": "
		}
		fmt.Fprintln(a.stdout, wrap(prefix, line))
	}
	return noneMerged(sum)
}
