package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// Candidate is a customer who may enter a campaign, as of At.
type Candidate struct {
	Profile   customer.Profile
	Merged    bool
	Contact   audience.Contact
	OrderID   int64 // the trigger; 0 for a slot
	Lines     int   // lines of the trigger
	At        time.Time
	Entries   int
	LastEntry time.Time
}

// Planning is the transaction in which a campaign's candidates are decided.
// Whoever holds it is alone with this campaign.
type Planning struct {
	tx pgx.Tx
	c  Campaign
}

// Plan runs fn in one transaction under the campaign's own lock; busy is true,
// and fn not called, when another planner holds it.
func (s *Store) Plan(ctx context.Context, c Campaign, fn func(*Planning) error) (busy bool, err error) {
	err = s.inHotTx(ctx, func(tx pgx.Tx) error {
		var locked bool
		if err := tx.QueryRow(ctx, "select pg_try_advisory_xact_lock(hashtext('rewave:plan'), $1)", c.ID).Scan(&locked); err != nil {
			return err
		}
		if busy = !locked; busy {
			return nil
		}
		return fn(&Planning{tx: tx, c: c})
	})
	if err != nil {
		return busy, fmt.Errorf("plan %s: %w", c.Name, mapError(err))
	}
	return busy, nil
}

// InboxCandidates returns the next orders to consider, oldest first.
func (p *Planning) InboxCandidates(ctx context.Context, at *time.Time, channels []string, limit int) ([]Candidate, error) {
	return p.candidates(ctx, channels, statement("candidate/inbox"), p.c.ID, at, channels, limit)
}

// Slot reads where a slot stands: a slot whose customers were not all gone
// through, and up to which customer; nil when none is open.
func (p *Planning) Slot(ctx context.Context) (open *time.Time, cursor int64, done time.Time, err error) {
	err = p.tx.QueryRow(ctx, "select slot_open, slot_cursor, slot_done from campaigns where campaign_id = $1", p.c.ID).Scan(&open, &cursor, &done)
	return open, cursor, done, err
}

// SlotCandidates returns the next page of customers of a slot by customer id.
func (p *Planning) SlotCandidates(ctx context.Context, slot time.Time, channels []string, after int64, onlyNew bool, limit int) ([]Candidate, error) {
	return p.candidates(ctx, channels, statement("candidate/slot"), p.c.ID, slot, channels, limit, after, onlyNew)
}

// MoveSlot records how far a slot has been gone through; done closes it.
func (p *Planning) MoveSlot(ctx context.Context, slot time.Time, cursor int64, done bool) error {
	if done {
		_, err := p.tx.Exec(ctx, "update campaigns set slot_open = null, slot_cursor = 0, slot_done = $2 where campaign_id = $1", p.c.ID, slot)
		return err
	}
	_, err := p.tx.Exec(ctx, "update campaigns set slot_open = $2, slot_cursor = $3 where campaign_id = $1", p.c.ID, slot, cursor)
	return err
}

func (p *Planning) candidates(ctx context.Context, channels []string, sql string, args ...any) ([]Candidate, error) {
	rows, err := p.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read candidates: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Candidate, error) {
		var c Candidate
		var email, phone string
		var granted []*bool
		var suppressed []bool
		var last *time.Time
		err := row.Scan(&c.Profile.ID, &c.Profile.ShopID, &c.Profile.FirstName, &c.Profile.LastName, &c.Profile.Locale, &c.Profile.Region, &c.Profile.Zone,
			&c.Merged, &c.Contact.Erased, &email, &phone, &granted, &suppressed, &c.OrderID, &c.Lines, &c.At, &c.Entries, &last)
		if err != nil {
			return c, err
		}
		if last != nil {
			c.LastEntry = *last
		}
		c.Contact.Channels = reach(channels, email, phone, granted, suppressed)
		return c, nil
	})
}

// OrderHistory is one order as rules may see it: the refunds with their dates,
// so that it can be asked as of any instant.
type OrderHistory struct {
	ID       int64
	PlacedAt time.Time
	Gross    int64 // minor units
	UnkeptAt *time.Time
	Refunds  []Refund
}

// Refund is money given back at an instant.
type Refund struct {
	At    time.Time
	Minor int64
}

// AsOf is the order as a rule sees it at an instant: net of what came back by
// then; ok is false if it was not placed or not kept then.
func (o OrderHistory) AsOf(at time.Time) (fact rules.OrderFact, ok bool) {
	if o.PlacedAt.After(at) || (o.UnkeptAt != nil && !o.UnkeptAt.After(at)) {
		return fact, false
	}
	net := o.Gross
	for _, r := range o.Refunds {
		if !r.At.After(at) {
			net -= r.Minor
		}
	}
	return rules.OrderFact{At: o.PlacedAt, Minor: net}, true
}

// Orders reads the orders of customers up to an instant, oldest first, in one
// currency; orders in another do not count.
func (p *Planning) Orders(ctx context.Context, customers []int64, until time.Time, currency string) (map[int64][]OrderHistory, error) {
	rows, err := p.tx.Query(ctx, statement("candidate/orders"), customers, until, currency)
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	by := make(map[int64][]OrderHistory, len(customers))
	type place struct {
		customer int64
		index    int
	}
	refunded := map[int64]place{}
	var ids []int64
	var o OrderHistory
	var who int64
	var back bool
	_, err = pgx.ForEachRow(rows, []any{&who, &o.ID, &o.PlacedAt, &o.Gross, &back, &o.UnkeptAt}, func() error {
		if back {
			refunded[o.ID] = place{who, len(by[who])}
			ids = append(ids, o.ID)
		}
		by[who] = append(by[who], o)
		o = OrderHistory{}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return by, err
	}
	rows, err = p.tx.Query(ctx, statement("candidate/refunds"), ids)
	if err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	var id int64
	var r Refund
	_, err = pgx.ForEachRow(rows, []any{&id, &r.At, &r.Minor}, func() error {
		at := refunded[id]
		by[at.customer][at.index].Refunds = append(by[at.customer][at.index].Refunds, r)
		return nil
	})
	return by, err
}

// Entering is one decided candidate with what was planned for it.
type Entering struct {
	Enrollment enrollment.Enrollment
	AssignedID string
	OrderID    int64
	NextRound  *time.Time
	Deliveries []wave.Delivery
}

// Enter writes a page of enrollments with their first rounds and planned
// deliveries; it returns how many were new.
func (p *Planning) Enter(ctx context.Context, page []Entering) (int, error) {
	n := len(page)
	customers, entered, entries := make([]int64, n), make([]time.Time, n), make([]int, n)
	arms, layers, us, assigned := make([]string, n), make([]string, n), make([]float64, n), make([]string, n)
	orders, zones, next := make([]int64, n), make([]string, n), make([]*time.Time, n)
	var d struct {
		customers       []int64
		entered         []time.Time
		waves, channels []string
		scheduled, ends []time.Time
	}
	for i, x := range page {
		e := x.Enrollment
		customers[i], entered[i], entries[i] = int64(e.Customer), e.EnteredAt, e.Entry
		arms[i], layers[i], us[i], assigned[i] = string(e.Arm), e.Layer, e.U, x.AssignedID
		orders[i], zones[i], next[i] = x.OrderID, e.Zone, x.NextRound
		for _, w := range x.Deliveries {
			d.customers, d.entered = append(d.customers, int64(e.Customer)), append(d.entered, e.EnteredAt)
			d.waves, d.channels = append(d.waves, w.Wave), append(d.channels, w.Channel)
			d.scheduled, d.ends = append(d.scheduled, w.ScheduledAt), append(d.ends, w.ExpiresAt)
		}
	}
	var count int
	err := p.tx.QueryRow(ctx, statement("enrollment/enter"), p.c.ID, p.c.Design, p.c.VersionID, int64(p.c.Share),
		customers, entered, entries, arms, layers, us, assigned, orders, zones, next,
		d.customers, d.entered, d.waves, d.channels, d.scheduled, d.ends).Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("enroll: %w", err)
	}
	return count, p.notBehind(ctx, d.scheduled)
}

// notBehind takes the dispatcher's place back to what was planned behind it: an
// order learned late, or a slot opened late.
func (p *Planning) notBehind(ctx context.Context, scheduled []time.Time) error {
	if len(scheduled) == 0 {
		return nil
	}
	_, err := p.tx.Exec(ctx, "update dispatch set due_at = $1, delivery_id = 0 where due_at >= $1", slices.MinFunc(scheduled, time.Time.Compare))
	return err
}

// Considered removes decided orders from the inbox.
func (p *Planning) Considered(ctx context.Context, orders []int64) error {
	_, err := p.tx.Exec(ctx, "delete from inbox where campaign_id = $1 and order_id = any($2)", p.c.ID, orders)
	return err
}

// Count adds to the tally of a slot: enrolled, and the reasons why not.
func (p *Planning) Count(ctx context.Context, slot time.Time, tally map[audience.Reason]int) error {
	for reason, n := range tally {
		word := string(reason)
		if word == "" {
			word = "enrolled"
		}
		_, err := p.tx.Exec(ctx, `insert into entry_counts (campaign_id, design, slot, reason, customers) values ($1, $2, $3, $4, $5)
			on conflict (campaign_id, design, slot, reason) do update set customers = entry_counts.customers + excluded.customers`,
			p.c.ID, p.c.Design, slot, word, n)
		if err != nil {
			return fmt.Errorf("count entries: %w", err)
		}
	}
	return nil
}

// DueRound is an enrollment whose next round begins.
type DueRound struct {
	Customer     int64
	EnteredAt    time.Time
	EnrollmentID int64
	Version      int
	Arm          string
	Zone         string
	Begun        int
	StartsAt     time.Time
	NextRound    *time.Time
	Deliveries   []wave.Delivery
}

// DueRounds locks a page of enrollments whose next round has come.
func (p *Planning) DueRounds(ctx context.Context, at *time.Time, limit int) ([]DueRound, error) {
	rows, err := p.tx.Query(ctx, statement("enrollment/due_rounds"), p.c.ID, at, limit)
	if err != nil {
		return nil, fmt.Errorf("read due rounds: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (DueRound, error) {
		var d DueRound
		return d, row.Scan(&d.Customer, &d.EnteredAt, &d.EnrollmentID, &d.Version, &d.Arm, &d.Zone, &d.Begun, &d.StartsAt)
	})
}

// BeginRounds writes the next round of a page of enrollments.
func (p *Planning) BeginRounds(ctx context.Context, page []DueRound) error {
	n := len(page)
	customers, entered, ids, numbers := make([]int64, n), make([]time.Time, n), make([]int64, n), make([]int, n)
	starts, next := make([]time.Time, n), make([]*time.Time, n)
	var d struct {
		customers, ids        []int64
		entered               []time.Time
		numbers, versions     []int
		waves, arms, channels []string
		scheduled, ends       []time.Time
	}
	for i, x := range page {
		customers[i], entered[i], ids[i], numbers[i], starts[i], next[i] = x.Customer, x.EnteredAt, x.EnrollmentID, x.Begun+1, x.StartsAt, x.NextRound
		for _, w := range x.Deliveries {
			d.customers, d.entered, d.ids = append(d.customers, x.Customer), append(d.entered, x.EnteredAt), append(d.ids, x.EnrollmentID)
			d.numbers, d.versions, d.waves, d.arms = append(d.numbers, x.Begun+1), append(d.versions, x.Version), append(d.waves, w.Wave), append(d.arms, x.Arm)
			d.channels, d.scheduled, d.ends = append(d.channels, w.Channel), append(d.scheduled, w.ScheduledAt), append(d.ends, w.ExpiresAt)
		}
	}
	_, err := p.tx.Exec(ctx, statement("enrollment/begin_round"), p.c.ID, customers, entered, ids, numbers, starts, next,
		d.customers, d.entered, d.ids, d.numbers, d.versions, d.waves, d.arms, d.channels, d.scheduled, d.ends)
	if err != nil {
		return fmt.Errorf("begin rounds: %w", err)
	}
	return p.notBehind(ctx, d.scheduled)
}

// Analyze refreshes the planner's knowledge of the ledger: without it, a wave
// just written is read whole for each chunk.
func (s *Store) Analyze(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, "analyze enrollments, rounds, deliveries")
	return mapError(err)
}
