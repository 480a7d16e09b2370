package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

// Options say what to import and how to read it.
type Options struct {
	Kind     string // one of Kinds
	File     string
	Preset   string // empty means Generic; the others are for Orders only
	Map      Map    // of the generic preset
	Zone     *time.Location
	Currency string // of orders that name none, and of products' prices
	Encoding string // one of Encodings; empty is UTF8
	Decimal  string // DecimalPoint (the default) or DecimalComma, of orders' and products' numbers
	Rejects  string // empty: beside the file, named FILE.rejects.csv

	// Attributes say how columns of a customers file are read of which the map does
	// not say it.
	Attributes Attributes

	// Consent, where set, is assumed for every customer of the file who has said
	// neither yes nor no on its channel.
	Consent *postgres.AssumedConsent

	// Now is the instant of the import: what it says of later is an error. Zero is
	// the clock's.
	Now time.Time

	// CompleteUntil is the instant before which the source has told everything, of
	// Orders and Events; zero: it does not say. It never goes back. Faults show it
	// in its own zone.
	CompleteUntil time.Time

	// AddressTemplate gives customers without an e-mail address one, %s being the
	// shop's id: "%s@demo.invalid". Empty gives none.
	AddressTemplate string

	// Progress is told how many bytes of the file were read, now and then, from
	// another goroutine. Nil tells nobody.
	Progress func(done, total int64)
}

// Summary is what an import did. Read = Merged + Rejected, always.
type Summary struct {
	File, SHA256 string
	Kind, Preset string

	Read, Merged, Rejected int // data rows
	RejectedBy             map[string]int
	AddressesLeftOut       map[string]int // by reason; their rows were merged
	RejectsFile            string         // empty: nothing to write
	ResumedAt              int            // line up to which an earlier run had staged; 0: from the start
	IgnoredColumns         []string
	MixedKinds             []MixedKinds // by column
	RefundsIn              string       // the currency of all refund lines; empty: there are none, or they have several

	postgres.ImportCounts
	Staged, Took time.Duration // until the last row was staged; in all
}

// Run imports a file into a migrated database. It returns when the merge is
// committed, and an error when nothing was merged: a *fault.Fault where a person
// can mend it. After a kill or a cancelled ctx, the same call goes on behind the
// last staged chunk; the error of an ended ctx is always ctx's. One import at a
// time runs into a database.
func Run(ctx context.Context, store *postgres.Store, opts Options) (Summary, error) {
	sum, err := runFile(ctx, store, opts)
	// A statement that was cut off tells of a lost connection as often as of the
	// interrupt that cut it.
	if ended := ctx.Err(); err != nil && ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	return sum, err
}

func runFile(ctx context.Context, store *postgres.Store, opts Options) (Summary, error) {
	begun := time.Now()
	opts, err := opts.complete()
	if err != nil {
		return Summary{}, err
	}
	in, err := openInput(opts.File)
	if err != nil {
		return Summary{}, err
	}
	defer in.Close() //nolint:errcheck // only read

	sum := Summary{
		File: opts.File, SHA256: hex.EncodeToString(in.sum[:]), Kind: opts.Kind, Preset: opts.Preset,
		RejectedBy: map[string]int{}, AddressesLeftOut: map[string]int{},
	}
	r := &run{in: in, opts: opts, sum: &sum, rejects: rejects{path: opts.Rejects, encoding: opts.Encoding}}
	if err := r.open(); err != nil {
		return Summary{}, err
	}
	r.store = store
	if err := r.notBehind(ctx); err != nil {
		return Summary{}, err
	}
	job, err := store.BeginImport(ctx, postgres.ImportKey{
		SHA256: in.sum, Kind: opts.Kind, Preset: opts.Preset, Settings: opts.fingerprint(), File: in.name, At: opts.Now,
	})
	if err != nil {
		return Summary{}, err
	}
	defer job.Close()
	sum.ResumedAt, r.latest = job.StagedTo(), job.Begun().Add(day)

	err = r.stage(ctx, job)
	sum.Staged = time.Since(begun)
	if err == nil {
		sum.ImportCounts, err = r.merge(ctx, job)
	}
	if r.orders != nil && !r.orders.mixed {
		sum.RefundsIn = r.orders.refundsIn
	}
	if err != nil {
		return Summary{}, r.giveUp(ctx, job, err)
	}
	if err := r.rejects.close(); err != nil {
		return sum, fmt.Errorf("merged, but the rejects are incomplete: %w", err)
	}
	if r.rejects.file != nil {
		sum.RejectsFile = opts.Rejects
	}
	sum.Took = time.Since(begun)
	return sum, nil
}

// Check reads the beginning of a file and returns what keeps Run from reading it:
// its form, its columns, its currency. Nothing is written.
func Check(opts Options) error {
	opts, err := opts.complete()
	if err != nil {
		return err
	}
	in, err := openInput(opts.File)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	return (&run{in: in, opts: opts}).open()
}

// complete checks the options and fills in what they leave to the preset.
func (o Options) complete() (Options, error) {
	if !slices.Contains(Kinds[:], o.Kind) {
		return o, fault.New(fault.Usage, fmt.Sprintf("%q cannot be imported", o.Kind), strings.Join(Kinds[:], ", "))
	}
	type preset struct{ zone, currency string }
	known := map[string]preset{Generic: {zone: "UTC"}, UCIOnlineRetail: {"Europe/London", "GBP"}, CDNOW: {"UTC", "USD"}}
	if o.Preset == "" {
		o.Preset = Generic
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	p, ok := known[o.Preset]
	switch {
	case !ok:
		return o, fault.New(fault.Usage, fmt.Sprintf("there is no preset %q", o.Preset), "presets: "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	case o.Preset != Generic && o.Kind != Orders:
		return o, fault.New(fault.Usage, fmt.Sprintf("the preset %s is for orders, not for %s", o.Preset, o.Kind), "")
	case !o.CompleteUntil.IsZero() && o.Kind != Orders && o.Kind != Events:
		return o, fault.New(fault.Usage, fmt.Sprintf("a file of %s cannot say up to when it is complete", o.Kind), "orders and events can")
	case o.CompleteUntil.After(o.Now):
		return o, fault.New(fault.Usage, "a file cannot be complete up to "+o.CompleteUntil.Format("2006-01-02 15:04 MST")+", which is still to come",
			"nothing was imported; say the instant at which it was written")
	case o.Preset != Generic && !o.Map.empty():
		return o, fault.New(fault.Usage, "a map goes with the generic preset, not with "+o.Preset, "leave one of the two out")
	}
	if o.Encoding == "" {
		o.Encoding = UTF8
	}
	if err := checkEncoding(o.Encoding); err != nil {
		return o, err
	}
	o.Decimal = first(o.Decimal, o.Map.Decimal)
	switch {
	case o.Decimal != "" && o.Decimal != DecimalPoint && o.Decimal != DecimalComma:
		return o, fault.New(fault.Usage, fmt.Sprintf("there is no decimal %q; there are %s and %s", o.Decimal, DecimalPoint, DecimalComma), "")
	case o.Decimal == DecimalComma && o.Preset != Generic:
		return o, fault.New(fault.Usage, "a decimal comma goes with the generic preset, not with "+o.Preset, "leave one of the two out")
	}
	if o.Zone == nil {
		o.Zone = o.Map.Zone
	}
	if o.Zone == nil {
		zone, err := calendar.Zone(p.zone)
		if err != nil {
			return o, err
		}
		o.Zone = zone
	}
	o.Currency = first(o.Currency, o.Map.Currency, p.currency)
	if o.Currency != "" {
		code, err := currencyCode(o.Currency)
		if wrong, ok := fault.Of(err); ok { // a map's was checked when it was read
			return o, fault.New(fault.Usage, wrong.Message, wrong.Hint)
		}
		o.Currency = code
	}
	if o.AddressTemplate != "" && !strings.Contains(o.AddressTemplate, "%s") {
		return o, fault.New(fault.Usage, fmt.Sprintf("the address template %q has no %%s", o.AddressTemplate), `for example "%s@demo.invalid"`)
	}
	o.Rejects = first(o.Rejects, o.File+".rejects.csv")
	if o.Kind == Customers {
		o.Map.Types = o.Attributes.under(o.Map.Types)
	}
	return o, nil
}

// under are the types of a map and those declared of which it does not speak.
func (a Attributes) under(types map[string]event.Kind) map[string]event.Kind {
	out := map[string]event.Kind{}
	for name, kind := range a.Kinds {
		out[genericColumns[Customers].own.prefix+name] = kind
	}
	maps.Copy(out, types)
	return out
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func (m Map) empty() bool {
	return m.Source == "" && len(m.Columns) == 0 && len(m.Defaults) == 0 && m.Time == "" && m.Zone == nil && m.Currency == "" && m.Decimal == "" && len(m.Types) == 0
}

// fingerprint names everything that changes what the same bytes are staged as.
func (o Options) fingerprint() string {
	text := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%q|%q", o.Zone, o.Currency, o.Encoding, o.AddressTemplate, o.Map.Source, o.Map.Time, o.Map.Columns, o.Map.Defaults)
	if len(o.Map.Types) > 0 {
		text += fmt.Sprintf("|%q", o.Map.Types)
	}
	if o.Decimal == DecimalComma {
		text += "|,"
	}
	sum := sha256.Sum256([]byte(text)) // maps print in the order of their keys
	return hex.EncodeToString(sum[:8])
}

// source is the first part of every order's and event's identity.
func (o Options) source() string { return first(o.Map.Source, o.Preset) }
