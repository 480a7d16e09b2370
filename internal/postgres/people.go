package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/customer"
)

// PeopleQuery says what is to be known of the shop's customers.
type PeopleQuery struct {
	Campaigns []int     // whose entries are read
	Currency  string    // of the orders
	Until     time.Time // orders up to then
	Lines     time.Time // the lines of orders after then are counted
	Since     time.Time // messages that were let through after then
	Groups    bool      // which campaigns of a group they are in
	Page      int       // customers read at once by each reader
	Readers   int       // side by side, at least 1
}

// Asking is what a campaign asks of a person. The zero campaign was never applied:
// nobody has entered it.
type Asking struct {
	campaign int
	channels []string
	service  bool
	group    string
}

// AskingOf is what a campaign asks.
func AskingOf(c Campaign) Asking {
	return Asking{campaign: c.ID, channels: channelsOf(c.Definition), service: asksService(c.Definition), group: c.Definition.Limits.Group}
}

// Anew is the same of a campaign that nobody has entered, in no group.
func (a Asking) Anew() Asking {
	a.campaign, a.group = 0, ""
	return a
}

// Person is a customer with what was known when: planning may ask about any
// instant.
type Person struct {
	Profile  customer.Profile
	Orders   []OrderHistory // oldest first
	Lines    []int          // of each of Orders, where that was asked for
	Messages []Contacted    // oldest first
	Entries  []Entered      // oldest first

	firstSeen    time.Time
	erased       bool
	others       []other
	email, phone string
	words        []word
	bans         []ban
}

// Contacted is a message that a customer had, or is to have.
type Contacted struct {
	Campaign int
	At       time.Time
}

// Entered is an entry into a campaign.
type Entered struct {
	Campaign int
	At       time.Time
}

// other is a campaign of a group that a customer is still in.
type other struct {
	campaign int
	group    string
}

type word struct {
	channel string
	purpose string
	granted bool
	at      time.Time
}

type ban struct {
	channel string
	at      time.Time
}

// Candidate is the person at an instant, as SlotCandidates would read it for a
// campaign.
func (p *Person) Candidate(a Asking, at time.Time) Candidate {
	c := Candidate{Profile: p.Profile, FirstSeen: p.firstSeen, HasEmail: p.email != "", HasPhone: p.phone != "", At: at}
	n := len(a.channels)
	granted, refused, suppressed := make([]*bool, n), make([]bool, n), make([]bool, n)
	for i, name := range a.channels {
		granted[i] = p.word(name, "marketing", at)
		if service := p.word(name, "service", at); a.service && service != nil {
			refused[i] = !*service
		}
		for _, b := range p.bans {
			suppressed[i] = suppressed[i] || b.channel == name && !b.at.After(at)
		}
	}
	c.Contact.Erased, c.Contact.Channels = p.erased, reach(a.channels, p.email, p.phone, granted, refused, suppressed)
	for _, e := range p.Entries {
		if a.campaign > 0 && e.Campaign == a.campaign {
			c.Entries, c.LastEntry = c.Entries+1, e.At
		}
	}
	for _, o := range p.others {
		c.Elsewhere = c.Elsewhere || a.group != "" && o.group == a.group && o.campaign != a.campaign
	}
	return c
}

// word is the newest on a channel and a purpose up to an instant; nil where there
// is none.
func (p *Person) word(channel, purpose string, at time.Time) *bool {
	for i := range p.words {
		if w := &p.words[i]; w.channel == channel && w.purpose == purpose && !w.at.After(at) {
			return &w.granted
		}
	}
	return nil
}

// People reads every customer once, in ranges of ids that readers take by turns,
// all of one snapshot, and calls fn with each range in the reader that took it; of
// the planning fn may read facts. Memory is bounded by the pages. The first error ends all readers.
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
	for {
		from := r.next.Add(r.page) - r.page
		if from >= r.last {
			return nil
		}
		people, err := readPeople(ctx, tx, q, from, from+r.page)
		if err != nil {
			return err
		}
		if len(people) == 0 {
			continue
		}
		if err := fn(people); err != nil {
			return err
		}
	}
}

// readPeople reads one range, everything in one round trip. Each statement is
// ordered by customer, so that its rows are dealt out in one pass.
func readPeople(ctx context.Context, tx pgx.Tx, q PeopleQuery, after, to int64) ([]Person, error) {
	var people []Person
	var b pgx.Batch
	b.Queue(statement("people/profiles"), after, to).Query(func(rows pgx.Rows) error {
		var p Person
		_, err := pgx.ForEachRow(rows, []any{&p.Profile.ID, &p.Profile.ShopID, &p.Profile.FirstName, &p.Profile.LastName, &p.Profile.Locale, &p.Profile.Region,
			&p.Profile.Zone, timeOrZero{&p.firstSeen}, &p.erased, &p.email, &p.phone}, func() error { people = append(people, p); return nil })
		return err
	})
	deal := func(into []any, add func(p *Person)) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			var who int64
			at := 0
			_, err := pgx.ForEachRow(rows, append([]any{&who}, into...), func() error {
				for at < len(people) && int64(people[at].Profile.ID) < who {
					at++
				}
				if at < len(people) && int64(people[at].Profile.ID) == who {
					add(&people[at])
				}
				return nil
			})
			return err
		}
	}
	var w word
	b.Queue(statement("people/consents"), after, to).Query(deal([]any{&w.channel, &w.purpose, &w.granted, &w.at}, func(p *Person) { p.words = append(p.words, w) }))
	var x ban
	b.Queue(statement("people/suppressions"), after, to).Query(deal([]any{&x.channel, &x.at}, func(p *Person) { p.bans = append(p.bans, x) }))
	var e Entered
	b.Queue(statement("people/enrollments"), after, to, q.Campaigns).Query(deal([]any{&e.Campaign, &e.At}, func(p *Person) { p.Entries = append(p.Entries, e) }))
	var g other
	if q.Groups {
		b.Queue(statement("people/groups"), after, to).Query(deal([]any{&g.campaign, &g.group}, func(p *Person) { p.others = append(p.others, g) }))
	}
	var m Contacted
	b.Queue(statement("people/contacts"), after, to, q.Since).Query(deal([]any{&m.Campaign, &m.At}, func(p *Person) { p.Messages = append(p.Messages, m) }))
	var o OrderHistory
	var lines int
	var back bool
	refunded := map[int64]*[]Refund{}
	var ids []int64
	b.Queue(statement("people/orders"), after, to, q.Until, q.Currency, q.Lines).Query(
		deal([]any{&o.ID, &o.PlacedAt, &o.Gross, &back, &o.UnkeptAt, &lines}, func(p *Person) {
			p.Orders, p.Lines = append(p.Orders, o), append(p.Lines, lines)
			if back {
				ids = append(ids, o.ID)
			}
		}))
	if err := tx.SendBatch(ctx, &b).Close(); err != nil || len(ids) == 0 {
		return people, err
	}
	for _, id := range ids {
		refunded[id] = new([]Refund)
	}
	rows, err := tx.Query(ctx, statement("candidate/refunds"), ids)
	if err != nil {
		return nil, err
	}
	var id int64
	var r Refund
	if _, err := pgx.ForEachRow(rows, []any{&id, &r.At, &r.Minor}, func() error { *refunded[id] = append(*refunded[id], r); return nil }); err != nil {
		return nil, err
	}
	for i := range people {
		for j := range people[i].Orders {
			if back := refunded[people[i].Orders[j].ID]; back != nil {
				people[i].Orders[j].Refunds = *back
			}
		}
	}
	return people, nil
}
