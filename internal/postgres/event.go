package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/rules"
)

// ImportEvent is a row of an events file. Its Source is the import's.
type ImportEvent struct {
	Line int
	event.Event
}

// KnownCustomers says which of the shop's own ids are a customer's.
func (s *Store) KnownCustomers(ctx context.Context, ids []string) (map[string]bool, error) {
	rows, err := s.pool.Query(ctx, "select value from identities where kind = 'shop' and value = any($1)", ids)
	if err != nil {
		return nil, mapError(err)
	}
	known := map[string]bool{}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		known[id] = true
		return nil
	})
	return known, mapError(err)
}

// StageEvents stages a chunk of an events file and commits it.
func (im *Import) StageEvents(ctx context.Context, events []ImportEvent) error {
	if len(events) == 0 {
		return nil
	}
	return im.chunk(ctx, len(events), events[len(events)-1].Line, func(tx pgx.Tx) error {
		columns := []string{"line", "source_event_id", "name", "shop_id", "at", "props"}
		return copyRows(ctx, tx, "import_events", columns, len(events), func(i int) []any {
			e := &events[i]
			props := e.Props
			if props == nil {
				props = map[string]event.Value{}
			}
			return []any{e.Line, e.ID, e.Name, e.ShopID, e.At, props}
		})
	})
}

// MergeEvents merges a staged events file whose customers are all known. A zero
// completeUntil leaves the feed's watermark where it is.
func (im *Import) MergeEvents(ctx context.Context, source string, completeUntil time.Time) (ImportCounts, error) {
	return im.inMerge(ctx, func(m *merge) error {
		if err := m.analyze(ctx, "import_events"); err != nil {
			return err
		}
		c := &m.counts
		var held []int64
		err := m.tx.QueryRow(ctx, statement("event/insert"), source, event.HoldNames).Scan(&c.Events.New, &c.Inbox, &held)
		if err != nil {
			return fmt.Errorf("event/insert: %w", err)
		}
		if c.Events.New > 5000 {
			if err := m.analyze(ctx, "events"); err != nil {
				return err
			}
		}
		staged, err := m.staged(ctx)
		if err != nil {
			return err
		}
		if c.Events.New < staged {
			if err := m.count(ctx, "event/differing", &c.EventsLeft, source); err != nil {
				return err
			}
		}
		c.Events.Unchanged = staged - c.Events.New - c.EventsLeft
		if err := m.feed(ctx, "events", completeUntil); err != nil {
			return err
		}
		return m.holds(ctx, held)
	})
}

// holds folds the holds of customers anew from all their events.
func (m *merge) holds(ctx context.Context, customers []int64) error {
	const page = 5000
	for some := range slices.Chunk(customers, page) { // by id, as the gate locks
		if _, err := m.exec(ctx, "hold/lock", some); err != nil {
			return err
		}
		changed, err := foldHolds(ctx, m.tx, some)
		if err != nil {
			return fmt.Errorf("fold holds: %w", err)
		}
		m.counts.Holds += changed
	}
	return nil
}

// CustomerEvent is a stored event. Its ShopID is not read.
type CustomerEvent struct {
	Number int64 // events.event_id
	event.Event
}

// Events reads the events of customers by name, up to an instant, oldest first.
func (p *Planning) Events(ctx context.Context, customers []int64, names []string, until time.Time) (map[int64][]CustomerEvent, error) {
	return readEvents(ctx, p.tx, customers, names, &until)
}

// readEvents reads up to until, or all.
func readEvents(ctx context.Context, tx pgx.Tx, customers []int64, names []string, until *time.Time) (map[int64][]CustomerEvent, error) {
	rows, err := tx.Query(ctx, statement("event/of_customers"), customers, names, until)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	by := map[int64][]CustomerEvent{}
	var who int64
	var e CustomerEvent
	var props []byte
	_, err = pgx.ForEachRow(rows, []any{&who, &e.Number, &e.Source, &e.ID, &e.Name, &e.At, &props}, func() error {
		e.Props = nil
		if err := json.Unmarshal(props, &e.Props); err != nil {
			return fmt.Errorf("event %d: %w", e.Number, err)
		}
		by[who] = append(by[who], e)
		return nil
	})
	return by, err
}

// Contacts reads what passed between us and customers up to an instant, as
// events: messages that a provider took, and orders that used a code of theirs.
func (p *Planning) Contacts(ctx context.Context, customers []int64, until time.Time) (map[int64][]CustomerEvent, error) {
	rows, err := p.tx.Query(ctx, statement("event/contacts"), customers, until, rules.MessageSent, rules.CodeUsed)
	if err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	by := map[int64][]CustomerEvent{}
	var who int64
	var e CustomerEvent
	var campaign, wave, channel string
	_, err = pgx.ForEachRow(rows, []any{&who, &e.Name, &e.At, &campaign, &wave, &channel}, func() error {
		e.Props = map[string]event.Value{}
		for name, text := range map[string]string{"campaign": campaign, "wave": wave, "channel": channel} {
			e.Props[name] = event.Value{Kind: event.Text, Text: text}
		}
		by[who] = append(by[who], e)
		return nil
	})
	return by, err
}
