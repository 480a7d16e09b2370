package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// People reads every customer once, in ranges of ids that readers take by turns,
// all of one snapshot, and calls fn with each range in the reader that took it; of
// the planning fn may read facts. The people are the reader's until fn returns, so
// that memory is bounded by the pages. The first error ends all readers.
func (s *Store) People(ctx context.Context, q PeopleQuery, fn func(reader int, p *Planning, people []Person) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := pgx.BeginTxFunc(ctx, s.pool, reading, func(first pgx.Tx) error {
		var snapshot string
		if err := first.QueryRow(ctx, "select pg_export_snapshot()").Scan(&snapshot); err != nil {
			return err
		}
		var next, last int64
		if err := first.QueryRow(ctx, statement("people/bounds")).Scan(&next, &last); err != nil {
			return err
		}
		ranges := &ranges{last: last, page: int64(q.Page)}
		ranges.next.Store(next - 1)
		faults := make([]error, q.Readers)
		var running sync.WaitGroup
		for reader := 1; reader < q.Readers; reader++ {
			running.Go(func() {
				faults[reader] = pgx.BeginTxFunc(ctx, s.pool, reading, func(tx pgx.Tx) error {
					if _, err := tx.Exec(ctx, "set transaction snapshot '"+snapshot+"'"); err != nil {
						return err
					}
					return ranges.read(ctx, tx, q, func(people []Person) error { return fn(reader, &Planning{tx: tx}, people) })
				})
				if faults[reader] != nil {
					cancel()
				}
			})
		}
		if faults[0] = ranges.read(ctx, first, q, func(people []Person) error { return fn(0, &Planning{tx: first}, people) }); faults[0] != nil {
			cancel()
		}
		running.Wait()
		return errors.Join(faults...)
	})
	if err != nil {
		return fmt.Errorf("read customers: %w", mapError(err))
	}
	return nil
}

// CustomerRange is the smallest and the largest id of a customer; 0 and 0 where
// there is none.
func (s *Store) CustomerRange(ctx context.Context) (first, last int64, err error) {
	err = s.pool.QueryRow(ctx, statement("people/bounds")).Scan(&first, &last)
	return first, last, mapError(err)
}

// reading is one snapshot that nothing is written in.
var reading = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// ranges hands out what has yet to be read.
type ranges struct {
	next       atomic.Int64
	last, page int64
}

func (r *ranges) read(ctx context.Context, tx pgx.Tx, q PeopleQuery, fn func([]Person) error) error {
	var room page
	for {
		from := r.next.Add(r.page) - r.page
		if from >= r.last {
			return nil
		}
		if err := room.read(ctx, tx, q, from, from+r.page); err != nil {
			return err
		}
		if len(room.people) == 0 {
			continue
		}
		if err := fn(room.people); err != nil {
			return err
		}
	}
}

// page holds what is known of the people of one range, each kind of fact in one
// piece that people have parts of. The next range is read into the same room.
type page struct {
	people   []Person
	words    []word
	bans     []ban
	entries  []Entered
	others   []other
	messages []Contacted
	orders   []OrderHistory
	lines    []int
	returned []place
	ids      []int64 // of returned
}

// place is an order that something came back of.
type place struct{ person, order int }

// part is one more fact of a person. Facts come person by person, so that a
// person's are the newest of all.
func part[T any](all *[]T, mine []T, one T) []T {
	*all = append(*all, one)
	end := len(*all)
	return (*all)[end-len(mine)-1 : end : end]
}

// read reads one range, everything in one round trip. Each statement is ordered
// by customer, so that its rows are dealt out in one pass.
func (g *page) read(ctx context.Context, tx pgx.Tx, q PeopleQuery, after, to int64) error {
	*g = page{g.people[:0], g.words[:0], g.bans[:0], g.entries[:0], g.others[:0], g.messages[:0], g.orders[:0], g.lines[:0], g.returned[:0], g.ids[:0]}
	var b pgx.Batch
	b.Queue(statement("people/profiles"), after, to).Query(func(rows pgx.Rows) error {
		var p Person
		_, err := pgx.ForEachRow(rows, []any{&p.Profile.ID, &p.Profile.ShopID, &p.Profile.FirstName, &p.Profile.LastName, &p.Profile.Locale, &p.Profile.Region,
			&p.Profile.Zone, timeOrZero{&p.firstSeen}, &p.erased, &p.email, &p.phone}, func() error { g.people = append(g.people, p); return nil })
		return err
	})
	deal := func(into []any, add func(i int, p *Person)) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			var who int64
			at := 0
			_, err := pgx.ForEachRow(rows, append([]any{&who}, into...), func() error {
				for at < len(g.people) && int64(g.people[at].Profile.ID) < who {
					at++
				}
				if at < len(g.people) && int64(g.people[at].Profile.ID) == who {
					add(at, &g.people[at])
				}
				return nil
			})
			return err
		}
	}
	var w word
	b.Queue(statement("people/consents"), after, to).Query(deal([]any{&w.channel, &w.purpose, &w.granted, &w.at}, func(_ int, p *Person) {
		p.words = part(&g.words, p.words, w)
		p.tell(w.at)
	}))
	var x ban
	b.Queue(statement("people/suppressions"), after, to).Query(deal([]any{&x.channel, &x.at}, func(_ int, p *Person) {
		p.bans = part(&g.bans, p.bans, x)
		p.tell(x.at)
	}))
	var e Entered
	b.Queue(statement("people/enrollments"), after, to, q.Campaigns).Query(deal([]any{&e.Campaign, &e.At},
		func(_ int, p *Person) { p.Entries = part(&g.entries, p.Entries, e) }))
	var o other
	if q.Groups {
		b.Queue(statement("people/groups"), after, to).Query(deal([]any{&o.campaign, &o.group}, func(_ int, p *Person) { p.others = part(&g.others, p.others, o) }))
	}
	var m Contacted
	b.Queue(statement("people/contacts"), after, to, q.Since, q.Campaigns).Query(deal([]any{&m.Campaign, &m.At, &m.Ghost},
		func(_ int, p *Person) { p.Messages = part(&g.messages, p.Messages, m) }))
	var h OrderHistory
	var lines int
	var back bool
	b.Queue(statement("people/orders"), after, to, q.Until, q.Currency, q.Lines).Query(
		deal([]any{&h.ID, &h.PlacedAt, &h.Gross, &back, &h.UnkeptAt, &lines}, func(i int, p *Person) {
			if back {
				g.returned, g.ids = append(g.returned, place{i, len(p.Orders)}), append(g.ids, h.ID)
			}
			p.Orders, p.Lines = part(&g.orders, p.Orders, h), part(&g.lines, p.Lines, lines)
		}))
	if err := tx.SendBatch(ctx, &b).Close(); err != nil || len(g.ids) == 0 {
		return err
	}
	return g.refunds(ctx, tx)
}

// tell notes the instant of a word.
func (p *Person) tell(at time.Time) {
	if at.After(p.told) {
		p.told = at
	}
}

// refunds reads what came back of the orders of the range.
func (g *page) refunds(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, statement("candidate/refunds"), g.ids)
	if err != nil {
		return err
	}
	of := make(map[int64]place, len(g.ids))
	for i, id := range g.ids {
		of[id] = g.returned[i]
	}
	var id int64
	var r Refund
	_, err = pgx.ForEachRow(rows, []any{&id, &r.At, &r.Minor}, func() error {
		o := &g.people[of[id].person].Orders[of[id].order]
		o.Refunds = append(o.Refunds, r)
		return nil
	})
	return err
}
