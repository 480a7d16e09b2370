package postgres

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/wave"
)

// Planning is the transaction in which a campaign's candidates are decided.
// Whoever holds it is alone with this campaign.
type Planning struct {
	tx    pgx.Tx
	c     Campaign
	first time.Time // of what was planned; zero: nothing was
}

// Plan runs fn in one transaction under the campaign's own lock; busy is true,
// and fn not called, when another planner holds it.
func (s *Store) Plan(ctx context.Context, c Campaign, fn func(*Planning) error) (busy bool, err error) {
	err = s.inHotTx(ctx, func(tx pgx.Tx) error {
		var locked bool
		var set string
		// Rules are asked between the statements. Other planners wait for this one, and a merge of those whose orders it looks at: one
		// that is suspended is ended. And each page is planned for the
		// tables as they are: what was best while they were empty goes through all of them for each customer later.
		if err := tx.QueryRow(ctx, `select pg_try_advisory_xact_lock(hashtext('rewave:plan'), $1), set_config('idle_in_transaction_session_timeout', '30s', true)
			|| set_config('plan_cache_mode', 'force_custom_plan', true)`, c.ID).Scan(&locked, &set); err != nil {
			return err
		}
		if busy = !locked; busy {
			return nil
		}
		if group := c.Definition.Limits.Group; group != "" {
			// Nobody else lets customers into a campaign of the group meanwhile, or they would be in two.
			if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('rewave:group'), hashtext($1))", group); err != nil {
				return err
			}
		}
		p := &Planning{tx: tx, c: c}
		if err := fn(p); err != nil {
			return err
		}
		return p.notBehind(ctx)
	})
	if err != nil {
		return busy, fmt.Errorf("plan %s: %w", c.Name, mapError(err))
	}
	return busy, nil
}

// Trigger is the name of the event that the campaign is entered by; empty where
// it is none.
func (p *Planning) Trigger() string { return p.c.Definition.Enter.Event }

// Slot reads where a slot stands: a slot whose customers were not all gone
// through, and up to which customer; nil when none is open.
func (p *Planning) Slot(ctx context.Context) (open *time.Time, cursor int64, done time.Time, err error) {
	err = p.tx.QueryRow(ctx, "select slot_open, slot_cursor, slot_done from campaigns where campaign_id = $1", p.c.ID).Scan(&open, &cursor, &done)
	return open, cursor, done, err
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

// Entering is one decided candidate with what was planned for it.
type Entering struct {
	Enrollment enrollment.Enrollment
	OrderID    int64 // the trigger; 0 where it is none
	EventID    int64 // the trigger; 0 where it is none
	NextRound  *time.Time
	Deliveries []wave.Delivery
}

// planned are the columns of deliveries to come.
type planned struct {
	customers, ids                  []int64
	entered                         []time.Time
	waves, arms, variants, channels []string
	skips, uncapped                 []bool
	scheduled, ends                 []time.Time
}

func (p *planned) add(customer int64, entered time.Time, enrollment int64, w wave.Delivery) {
	p.customers, p.entered, p.ids = append(p.customers, customer), append(p.entered, entered), append(p.ids, enrollment)
	p.waves, p.arms, p.variants = append(p.waves, w.Wave), append(p.arms, string(w.Arm)), append(p.variants, w.Variant)
	p.skips, p.uncapped, p.channels = append(p.skips, w.Skip), append(p.uncapped, w.Uncapped), append(p.channels, w.Channel)
	p.scheduled, p.ends = append(p.scheduled, w.ScheduledAt), append(p.ends, w.ExpiresAt)
}

// Enter writes a page of enrollments with their first rounds and planned
// deliveries; it returns how many were new.
func (p *Planning) Enter(ctx context.Context, page []Entering) (int, error) {
	n := len(page)
	customers, entered, entries := make([]int64, n), make([]time.Time, n), make([]int, n)
	arms, layers, us, shares := make([]string, n), make([]string, n), make([]float64, n), make([]int64, n)
	assigned, orders, events := make([]string, n), make([]int64, n), make([]int64, n)
	zones, strata, texts, next := make([]string, n), make([]string, n), make([]map[string]string, n), make([]*time.Time, n)
	var d planned
	for i, x := range page {
		e := x.Enrollment
		customers[i], entered[i], entries[i] = int64(e.Customer), e.EnteredAt, e.Entry
		arms[i], layers[i], us[i], shares[i] = string(e.Arm), e.Layer, e.U, int64(e.Share)
		assigned[i], orders[i], events[i] = e.Key, x.OrderID, x.EventID
		zones[i], strata[i], texts[i], next[i] = e.Zone, e.Stratum, e.Texts, x.NextRound
		for _, w := range x.Deliveries {
			d.add(int64(e.Customer), e.EnteredAt, 0, w)
		}
	}
	var count int
	batch := &pgx.Batch{}
	// Two lists of this page are joined here and nothing that is stored: what hot connections may not do elsewhere is right.
	batch.Queue("set local enable_hashjoin = on")
	batch.Queue(statement("enrollment/enter"), p.c.ID, p.c.Design, p.c.VersionID,
		customers, entered, entries, arms, layers, us, shares, assigned, orders, events, zones, strata, next,
		d.customers, d.entered, d.waves, d.arms, d.variants, d.skips, d.uncapped, d.channels, d.scheduled, d.ends, texts).
		QueryRow(func(row pgx.Row) error { return row.Scan(&count) })
	batch.Queue("set local enable_hashjoin = off")
	if err := p.tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("enroll: %w", err)
	}
	p.planned(d.scheduled)
	return count, nil
}

func (p *Planning) planned(scheduled []time.Time) {
	for _, at := range scheduled {
		if p.first.IsZero() || at.Before(p.first) {
			p.first = at
		}
	}
}

// notBehind takes the dispatcher's place back to what was planned behind it: an
// order learned late, or a slot opened late. Nothing is handed out until the
// commit, so it comes last, and a planner that is suspended then is soon ended.
func (p *Planning) notBehind(ctx context.Context) error {
	if p.first.IsZero() {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue("select set_config('idle_in_transaction_session_timeout', '5s', true)")
	batch.Queue("update dispatch set due_at = $1, delivery_id = 0 where due_at >= $1", p.first)
	return p.tx.SendBatch(ctx, batch).Close()
}

// Considered removes decided orders from the inbox.
func (p *Planning) Considered(ctx context.Context, orders []int64) error {
	_, err := p.tx.Exec(ctx, "delete from inbox where campaign_id = $1 and order_id = any($2)", p.c.ID, orders)
	return err
}

// ConsideredEvents removes decided events from their inbox.
func (p *Planning) ConsideredEvents(ctx context.Context, events []int64) error {
	_, err := p.tx.Exec(ctx, "delete from event_inbox where campaign_id = $1 and event_id = any($2)", p.c.ID, events)
	return err
}

// Count adds to the tallies of slots: enrolled, and the reasons why not.
func (p *Planning) Count(ctx context.Context, tallies map[time.Time]map[audience.Reason]int) error {
	var slots []time.Time
	var words []string
	var counts []int
	for slot, tally := range tallies {
		for reason, n := range tally {
			slots, words, counts = append(slots, slot), append(words, cmp.Or(string(reason), "enrolled")), append(counts, n)
		}
	}
	_, err := p.tx.Exec(ctx, `insert into entry_counts (campaign_id, design, slot, reason, customers)
		select $1, $2, t.slot, t.reason, t.customers from unnest($3::timestamptz[], $4::text[], $5::bigint[]) as t(slot, reason, customers)
		on conflict (campaign_id, design, slot, reason) do update set customers = entry_counts.customers + excluded.customers`,
		p.c.ID, p.c.Design, slots, words, counts)
	if err != nil {
		return fmt.Errorf("count entries: %w", err)
	}
	return nil
}

// DueRound is an enrollment whose next round begins.
type DueRound struct {
	Customer     int64
	EnteredAt    time.Time
	EnrollmentID int64
	Version      int
	Key          string
	Entry        int
	Arm          string
	Zone         string
	Begun        int
	StartsAt     time.Time
	NextRound    *time.Time
	Deliveries   []wave.Delivery
}

// Enrollment is what planning the round reads of it.
func (d DueRound) Enrollment() enrollment.Enrollment {
	return enrollment.Enrollment{ID: d.EnrollmentID, Customer: customer.ID(d.Customer), Key: d.Key, EnteredAt: d.EnteredAt, Entry: d.Entry,
		Arm: holdout.Arm(d.Arm), Zone: d.Zone}
}

// DueRounds locks a page of enrollments whose next round has come.
func (p *Planning) DueRounds(ctx context.Context, at *time.Time, limit int) ([]DueRound, error) {
	rows, err := p.tx.Query(ctx, statement("enrollment/due_rounds"), p.c.ID, at, limit)
	if err != nil {
		return nil, fmt.Errorf("read due rounds: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (DueRound, error) {
		var d DueRound
		return d, row.Scan(&d.Customer, &d.EnteredAt, &d.EnrollmentID, &d.Version, &d.Key, &d.Entry, &d.Arm, &d.Zone, &d.Begun, &d.StartsAt)
	})
}

// BeginRounds writes the next round of a page of enrollments.
func (p *Planning) BeginRounds(ctx context.Context, page []DueRound) error {
	n := len(page)
	customers, entered, ids, numbers := make([]int64, n), make([]time.Time, n), make([]int64, n), make([]int, n)
	starts, next := make([]time.Time, n), make([]*time.Time, n)
	var d planned
	var rounds, versions []int
	for i, x := range page {
		customers[i], entered[i], ids[i], numbers[i], starts[i], next[i] = x.Customer, x.EnteredAt, x.EnrollmentID, x.Begun+1, x.StartsAt, x.NextRound
		for _, w := range x.Deliveries {
			d.add(x.Customer, x.EnteredAt, x.EnrollmentID, w)
			rounds, versions = append(rounds, x.Begun+1), append(versions, x.Version)
		}
	}
	_, err := p.tx.Exec(ctx, statement("enrollment/begin_round"), p.c.ID, customers, entered, ids, numbers, starts, next,
		d.customers, d.entered, d.ids, rounds, versions, d.waves, d.arms, d.variants, d.skips, d.uncapped, d.channels, d.scheduled, d.ends)
	if err != nil {
		return fmt.Errorf("begin rounds: %w", err)
	}
	p.planned(d.scheduled)
	return nil
}

// Analyze refreshes the planner's knowledge of the ledger: without it, a wave
// just written is read whole for each chunk.
func (s *Store) Analyze(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, "analyze enrollments, rounds, deliveries, coupons")
	return mapError(err)
}
