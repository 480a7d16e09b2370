package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

// chunkRows is how many rows are staged and committed together.
const chunkRows = 8 << 10

// day is how far ahead of ours the clock of a shop may be, and its zone.
const day = 24 * time.Hour

// maxID is the longest id of the shop's own: they are keys.
const maxID = 200

// ErrNoCurrency is the cause of the fault of a file that leaves it to the call to
// say in which currency its amounts are.
var ErrNoCurrency = errors.New("no currency")

// run is one import under way.
type run struct {
	in      *input
	store   *postgres.Store // nil: only checking or reading
	opts    Options
	reading bool // orders, by ReadOrders: nothing is written
	sum     *Summary
	rejects rejects

	records records
	layout  layout
	clock   *clockReader
	numbers numberReader
	orders  *collector // of the kind orders
	latest  time.Time  // at which an order may have been placed

	defaults postgres.ImportDefaults

	rec record // the current one
}

// open finds the form of the file and its columns; nothing is written.
func (r *run) open() error {
	text, err := r.in.text(r.opts.Encoding)
	if err != nil {
		return err
	}
	return r.lay(newLineReader(r.in.name, r.opts.Encoding, text))
}

// lay finds the form of text and its columns.
func (r *run) lay(lines *lineReader) (err error) {
	set, only := columnsOf(r.opts.Kind, r.opts.Preset), r.reading && r.opts.Preset == Generic
	if only {
		set = genericColumns[Purchases]
	}
	if r.records, err = openRecords(lines, set, r.opts.Map); err != nil {
		return err
	}
	if err := r.otherForm(); err != nil {
		return err
	}
	if r.layout, err = lay(lines.name, r.records.header(), set, r.opts.Map); err != nil {
		return err
	}
	_, unit := r.layout.at["unit_price"]
	if _, whole := r.layout.at["amount"]; only && !unit && !whole {
		return noColumns(lines.name, r.records.header(), []string{"unit_price", "amount"})
	}
	_, csv := r.records.(*csvReader)
	if r.layout.own, err = newOwnLayout(lines.name, r.records.header(), csv, ownNames{set.own, r.opts.Map.Columns}, r.opts.Map, &r.layout.ignored); err != nil {
		return err
	}
	forms := layouts
	switch {
	case r.opts.Map.Time != "":
		forms = []string{r.opts.Map.Time}
	case r.opts.Preset == UCIOnlineRetail:
		forms = append([]string{"1/2/2006 15:04"}, layouts...) // as the spreadsheet of the publisher has it
	}
	r.clock = newClockReader(r.opts.Zone, forms)
	r.numbers.comma = r.opts.Decimal == DecimalComma
	if err := r.fill(); err != nil {
		return err
	}
	if err := r.dated(); err != nil {
		return err
	}
	if r.opts.Kind != Orders && r.opts.Kind != Products {
		return nil
	}
	if _, column := r.layout.at["currency"]; r.opts.Currency == "" && !column && r.layout.defaults["currency"] == "" {
		return fault.Wrap(fault.Usage, ErrNoCurrency, lines.name+" does not say its currency", "say --currency GBP, or map a column to currency")
	}
	return nil
}

// dated refuses a file of consents that cannot say since when: each row of it
// would be rejected.
func (r *run) dated() error {
	has := func(column string) bool {
		_, there := r.layout.at[column]
		_, assumed := r.opts.Map.Defaults[column]
		return there || assumed
	}
	if r.opts.Kind != Customers || !undated(has) {
		return nil
	}
	return fault.New(fault.Invalid, r.in.name+" says who consents, and not since when: there is no column consent_at",
		"nothing was imported; map a column to consent_at, or give one day for all with defaults: {consent_at: 2026-01-31} in a --map")
}

// undated says whether there are consents without their instant.
func undated(has func(column string) bool) bool {
	return !has("consent_at") && (has("consent_email") || has("consent_sms"))
}

// openRecords tells CSV from JSON lines by the first character.
func openRecords(lines *lineReader, set columnSet, m Map) (records, error) {
	head, err := lines.r.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	if !bytes.HasPrefix(head, []byte("{")) {
		return newCSVReader(lines)
	}
	var keys []string
	for _, column := range set.known {
		keys = append(keys, first(m.Columns[column], column))
	}
	return newJSONReader(lines, keys, ownNames{set.own, m.Columns}), nil
}

// stage reads the whole file and stages what an earlier run has not. Reading and
// staging go side by side.
func (r *run) stage(ctx context.Context, job *postgres.Import) error {
	// Staging does not end with the reading: a statement cut off in the middle
	// would take the connection along, and the staged rows could not be dropped.
	group, reading := errgroup.WithContext(ctx)
	var err error
	switch r.opts.Kind {
	case Orders:
		chunks := make(chan []postgres.ImportLine, 2)
		r.orders = &collector{currency: r.opts.Currency, template: r.opts.AddressTemplate, address: r.leaveOut}
		group.Go(func() error { return drain(ctx, chunks, job.StageLines) })
		group.Go(func() error {
			defer close(chunks)
			return readRows(reading, r, job.StagedTo(), chunks, r.orderLine(), func(l postgres.ImportLine) int { return int(l.Line) })
		})
		err = group.Wait()
	case Customers:
		chunks := make(chan []postgres.ImportCustomer, 2)
		group.Go(func() error { return drain(ctx, chunks, job.StageCustomers) })
		group.Go(func() error {
			defer close(chunks)
			return readRows(reading, r, job.StagedTo(), chunks, r.customer(), func(c postgres.ImportCustomer) int { return c.Line })
		})
		err = group.Wait()
	case Products:
		chunks := make(chan []postgres.ImportProduct, 2)
		group.Go(func() error { return drain(ctx, chunks, job.StageProducts) })
		group.Go(func() error {
			defer close(chunks)
			return readRows(reading, r, job.StagedTo(), chunks, r.product(), func(p postgres.ImportProduct) int { return p.Line })
		})
		err = group.Wait()
	default:
		err = r.stageFacts(ctx, job)
	}
	if err != nil {
		return err
	}
	r.sum.IgnoredColumns = r.layout.ignored
	if own := r.layout.own; own.set != nil {
		r.sum.MixedKinds = own.seen.mixed(own.set.prefix)
	}
	if j, ok := r.records.(*jsonReader); ok {
		for key := range j.ignored {
			r.sum.IgnoredColumns = append(r.sum.IgnoredColumns, key)
		}
		slices.Sort(r.sum.IgnoredColumns)
	}
	return nil
}

func drain[T any](ctx context.Context, chunks <-chan []T, stage func(context.Context, []T) error) error {
	for chunk := range chunks {
		if err := stage(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// readRows reads the file to its end and hands out chunks of what row makes of
// its records; ok false is a row that is kept elsewhere. Rows up to staged are
// read, so that everything derived from them is there, but not handed out.
func readRows[T any](ctx context.Context, r *run, staged int, chunks chan<- []T, row func(*record) (T, bool, *badLine), lineOf func(T) int) error {
	chunk := make([]T, 0, chunkRows)
	send := func() error {
		if r.opts.Progress != nil {
			r.opts.Progress(r.in.done.Load(), r.in.size)
		}
		if len(chunk) == 0 {
			return nil
		}
		select {
		case chunks <- chunk:
			chunk = make([]T, 0, chunkRows)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		err := r.records.next(&r.rec)
		if err == io.EOF {
			break
		}
		bad, isBad := err.(*badLine)
		if err != nil && !isBad {
			return err
		}
		if r.sum.Read++; r.sum.Read > maxRows {
			return fault.New(fault.Invalid, fmt.Sprintf("%s has more than %d rows", r.in.name, maxRows), "nothing was imported; split it by date, whole orders together")
		}
		if bad == nil {
			var item T
			var ok bool
			item, ok, bad = row(&r.rec)
			if bad == nil {
				r.sum.Merged++
				if ok && lineOf(item) > staged {
					chunk = append(chunk, item)
				}
			}
		}
		if bad != nil {
			r.sum.Rejected++
			r.sum.RejectedBy[bad.reason]++
			if !r.reading {
				r.rejects.add(&r.rec, bad) //nolint:errcheck // asked for below
			}
		}
		if r.rejects.failed != nil {
			return r.rejects.failed
		}
		if len(chunk) == chunkRows {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

// leaveOut counts an address that no message could be sent to.
func (r *run) leaveOut(bad *badLine) {
	r.sum.AddressesLeftOut[bad.reason]++
	r.rejects.add(&r.rec, bad) //nolint:errcheck // readRows asks for the failure
}

// orderLine makes a staged line of a record, or keeps a refund.
func (r *run) orderLine() func(*record) (postgres.ImportLine, bool, *badLine) {
	read := newOrderReader(r.layout, r.opts.Preset, r.clock, &r.numbers)
	if r.reading && r.opts.Preset == Generic {
		read = readPurchases(r.layout, r.clock, &r.numbers)
	}
	var row orderRow // once: it is called through a func value, so each would be allocated
	return func(rec *record) (none postgres.ImportLine, _ bool, _ *badLine) {
		row = orderRow{}
		bad := read(rec, &row)
		if len(row.id) == 0 {
			return none, false, bad
		}
		for _, id := range [][]byte{row.id, row.customer, row.sku, row.refundOf} {
			if len(id) > maxID {
				return none, false, badValue(fmt.Sprintf("an id longer than %d bytes", maxID), id)
			}
		}
		number, ordinal := r.orders.touch(row.id)
		if bad == nil && row.at.After(r.latest) {
			bad = badValue("placed in the future", []byte(row.at.In(r.opts.Zone).Format("2006-01-02 15:04 MST")))
		}
		if bad != nil {
			return none, false, bad
		}
		return r.orders.add(&row, rec.line, number, ordinal)
	}
}

// merge merges what was staged.
func (r *run) merge(ctx context.Context, job *postgres.Import) (postgres.ImportCounts, error) {
	until := r.opts.CompleteUntil
	if r.sum.Merged == 0 && r.sum.Rejected > 0 {
		until = time.Time{} // a file that cannot be read tells nothing
	}
	switch r.opts.Kind {
	case Customers:
		return job.MergeCustomers(ctx, r.opts.source(), r.defaults.Customer, r.opts.Consent)
	case Products:
		return job.MergeProducts(ctx, r.defaults.Product)
	case Events:
		return job.MergeEvents(ctx, r.opts.source(), until)
	case Suppressions:
		return job.MergeSuppressions(ctx)
	}
	return job.MergeOrders(ctx, postgres.ImportedOrders{
		Source: r.opts.source(), Orders: r.orders.heads(), Customers: r.orders.customers.items,
		Products: r.orders.productHeads(), Refunds: r.orders.refunds, Coupons: r.orders.coupons.list, Consent: r.opts.Consent, Defaults: r.defaults,
		CompleteUntil: until,
	})
}

// giveUp leaves the staged chunks for the next run when this one was only
// interrupted. A file that is refused leaves nothing.
func (r *run) giveUp(ctx context.Context, job *postgres.Import, err error) error {
	errs := []error{err, r.rejects.discard()}
	if f, ok := fault.Of(err); ok && (f.Code == fault.Invalid || f.Code == fault.Denied) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		errs = append(errs, job.Abandon(ctx))
	}
	return joined(errs)
}

// joined keeps a single error as it is, so that its text stays the person's.
func joined(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
