package importer

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/postgres"
)

// stageFacts stages a file of events or suppressions.
func (r *run) stageFacts(ctx context.Context, job *postgres.Import) error {
	if r.opts.Kind == Suppressions {
		return stageEach(ctx, r, job.StagedTo(), job.StageSuppressions, r.suppression(), func(s postgres.ImportSuppression) int { return s.Line })
	}
	file := r.records
	defer func() { r.records = file }()
	r.records = &knownCustomers{records: file, id: r.layout.field("customer"), ask: func(ids []string) (map[string]bool, error) {
		return r.store.KnownCustomers(ctx, ids)
	}}
	return stageEach(ctx, r, job.StagedTo(), job.StageEvents, r.event(), func(e postgres.ImportEvent) int { return e.Line })
}

// stageEach reads and stages side by side, as run.stage says.
func stageEach[T any](ctx context.Context, r *run, staged int, stage func(context.Context, []T) error, row func(*record) (T, bool, *badLine), lineOf func(T) int) error {
	group, reading := errgroup.WithContext(ctx)
	chunks := make(chan []T, 2)
	group.Go(func() error { return drain(ctx, chunks, stage) })
	group.Go(func() error {
		defer close(chunks)
		return readRows(reading, r, staged, chunks, row, lineOf)
	})
	return group.Wait()
}

// notBehind refuses a watermark that would go back before the file is read; the
// merge asks again.
func (r *run) notBehind(ctx context.Context) error {
	if r.opts.CompleteUntil.IsZero() {
		return nil
	}
	return r.store.CheckFeed(ctx, r.opts.Kind, r.opts.CompleteUntil)
}

// event reads a row of an events file.
func (r *run) event() func(*record) (postgres.ImportEvent, bool, *badLine) {
	id, name, who, at := r.layout.field("id"), r.layout.field("name"), r.layout.field("customer"), r.layout.field("at")

	return func(rec *record) (e postgres.ImportEvent, _ bool, bad *badLine) {
		e.Line, e.ID, e.Name, e.ShopID = rec.line, string(id.of(rec)), string(name.of(rec)), string(who.of(rec))
		switch {
		case e.ID == "":
			return e, false, &badLine{reason: "no id"}
		case len(e.ID) > event.MaxID:
			return e, false, badValue(fmt.Sprintf("an id longer than %d bytes", event.MaxID), []byte(e.ID))
		case e.Name == "":
			return e, false, &badLine{reason: "no name"}
		case len(e.Name) > event.MaxName:
			return e, false, badValue(fmt.Sprintf("a name longer than %d bytes", event.MaxName), []byte(e.Name))
		case e.ShopID == "":
			return e, false, &badLine{reason: "no customer"}
		}
		var ok bool
		if e.At, ok = r.clock.read(at.of(rec)); !ok {
			return e, false, badValue("at cannot be read", at.of(rec))
		}
		if e.Props, bad = r.layout.own.values(rec); bad != nil {
			return e, false, bad
		}
		if len(e.Props) > event.MaxProps {
			return e, false, &badLine{reason: fmt.Sprintf("more than %d properties", event.MaxProps)}
		}
		return e, true, nil
	}
}

// suppression reads a row of a suppressions file. The address is normalised as
// that of a customer is, so that the ban finds it.
func (r *run) suppression() func(*record) (postgres.ImportSuppression, bool, *badLine) {
	channel, address := r.layout.field("channel"), r.layout.field("address")
	reason, at := r.layout.field("reason"), r.layout.field("at")

	return func(rec *record) (s postgres.ImportSuppression, _ bool, _ *badLine) {
		s.Line = rec.line
		text := string(address.of(rec))
		switch s.Channel = string(bytes.ToLower(channel.of(rec))); {
		case s.Channel != "email" && s.Channel != "sms":
			return s, false, badValue("the channel is neither email nor sms", channel.of(rec))
		case text == "":
			return s, false, &badLine{reason: "no address"}
		case s.Channel == "sms":
			var err error
			if s.Address, err = customer.CheckPhone(unquoted(text)); err != nil {
				return s, false, badValue(err.Error(), []byte(text))
			}
		default:
			var err error
			if s.Address, err = customer.CheckAddress(text); err != nil {
				return s, false, badValue("not an e-mail address", []byte(text))
			}
		}
		switch s.Reason = string(bytes.ToLower(reason.of(rec))); s.Reason {
		case "bounced", "complained", "manual":
		default:
			return s, false, badValue("the reason is not bounced, complained or manual", reason.of(rec))
		}
		if text := at.of(rec); len(text) > 0 {
			var ok bool
			if s.At, ok = r.clock.read(text); !ok {
				return s, false, badValue("at cannot be read", text)
			}
		}
		return s, true, nil
	}
}

// knownCustomers are records of which those with a customer whom nobody knows are
// bad. It reads ahead, because it asks the database for many at once.
type knownCustomers struct {
	records
	id  field
	ask func(ids []string) (map[string]bool, error)

	ahead []waitingRecord
	known map[string]bool // all that were asked for
}

type waitingRecord struct {
	rec record
	err error
}

// next implements records.
func (k *knownCustomers) next(rec *record) error {
	if len(k.ahead) == 0 {
		if err := k.read(); err != nil {
			return err
		}
	}
	row := k.ahead[0]
	k.ahead = k.ahead[1:]
	*rec = row.rec
	if row.err != nil {
		return row.err
	}
	if id := k.id.of(rec); len(id) > 0 && !k.known[string(id)] {
		return badValue("nobody knows the customer", id)
	}
	return nil
}

// read fills ahead with the next rows, the last of which may be an error or the
// end of the file.
func (k *knownCustomers) read() error {
	const rows = 4 << 10
	k.ahead = make([]waitingRecord, 0, rows)
	if k.known == nil {
		k.known = map[string]bool{}
	}
	var ids []string
	for len(k.ahead) < rows {
		var row waitingRecord
		row.err = k.records.next(&row.rec)
		row.rec = row.rec.clone()
		k.ahead = append(k.ahead, row)
		if _, bad := row.err.(*badLine); bad {
			continue
		}
		if row.err != nil {
			break
		}
		id := string(k.id.of(&row.rec))
		if _, asked := k.known[id]; !asked && len(id) <= maxID {
			k.known[id] = false
			ids = append(ids, id)
		}
	}
	found, err := k.ask(ids)
	for id := range found {
		k.known[id] = true
	}
	return err
}

// clone is a record that outlives the next.
func (rec record) clone() record {
	out := record{line: rec.line, raw: bytes.Clone(rec.raw), own: append([]ownKey(nil), rec.own...)}
	for _, f := range rec.fields {
		out.fields = append(out.fields, bytes.Clone(f))
	}
	return out
}
