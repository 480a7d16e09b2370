package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// GateInput is one chunk at the gate. All its deliveries are of one version's
// wave. What the wave does not ask for is not read.
type GateInput struct {
	IDs      []int64
	Lane     Lane       // rows that are in another are passed over
	At       *time.Time // business time; nil: the database's clock, read under the locks
	Campaign int
	Channels []string // the wave's
	Service  bool     // the wave is a service: words on service count
	Requires string   // the wave that must have been accepted; empty: none
	ShopCap  Cap      // over all campaigns
	OwnCap   Cap      // within the campaign
	Holds    []string // kinds of holds that matter; nil: none
	MaxAge   time.Duration
	Regions  bool     // the customers' regions are wanted
	Coupons  bool     // deliveries may carry a code
	Pools    []string // every pool that the campaign's waves name
	PerMinor int64    // millionths of the currency's unit in one of its minor units
	Lease    time.Duration
}

// Cap is a limit within a window; the zero Cap is none.
type Cap struct {
	Limit  int
	Window time.Duration
}

// Gated is one delivery under its lock: what the gate looks at, and who it is.
type Gated struct {
	ID        int64
	Customer  int64
	EnteredAt time.Time
	Epoch     int
	Variant   string // empty: the wave has none
	Stratum   string // empty: the campaign has none
	Zone      string
	Region    string         // empty where it is unknown or was not asked for
	Facts     delivery.Facts // Quiet, Zone, Rule, Cost and the coupon's pool are left to the caller
	Expires   time.Duration  // left to the caller: how long a code given now counts; 0: as long as its pool

	stock *CouponStock
}

func (g *Gated) wanted() Wanted {
	return Wanted{Delivery: g.ID, Customer: g.Customer, EnteredAt: g.EnteredAt}
}

// Claim is a delivery that passed: it is sending, under this epoch's lease.
type Claim struct {
	ID        int64
	Customer  int64
	EnteredAt time.Time
	Epoch     int
	Address   string
	Code      string // bound to it; empty where it goes without
}

// Passed is what a gate let through, under one lease. ID is 0 where nothing was.
type Passed struct {
	ID      int64
	Limited int // the campaign, where a budget or a rate holds it back; else 0
	Claims  []Claim
}

// Gate runs one short transaction: it locks the chunk's planned rows, then their
// customers, then what the campaign may still use, and codes last; reads the
// facts, lets prepare complete those of each delivery, asks the gate, and
// writes the answers. The claims have been committed when it returns; on any
// error none may be sent. With an error, passed is what was claimed if the commit
// was made after all and only its answer was lost, which Claimed tells. Rows that
// another worker holds, or of a customer who stands in the chunk twice, are left
// planned and not counted in seen.
func (s *Store) Gate(ctx context.Context, in GateInput, prepare func(at time.Time, g *Gated)) (passed Passed, seen int, err error) {
	err = s.inHotTx(ctx, func(tx pgx.Tx) error {
		now, ids, err := lockChunk(ctx, tx, in)
		if err != nil || len(ids) == 0 {
			return err
		}
		gated, err := readFacts(ctx, tx, in, now.at, ids)
		if err != nil {
			return err
		}
		for i := range gated {
			prepare(now.at, &gated[i])
		}
		reserve := now.reserve
		if in.Coupons {
			if reserve.Codes, err = holdCodes(ctx, tx, now.at, in.PerMinor, gated); err != nil {
				return err
			}
		}
		seen = len(gated)
		var w decisions
		for i := range gated {
			g := &gated[i]
			a := reserve.Gate(g.Facts, now.at)
			w.add(g, a)
			if a.To == delivery.Sending {
				passed.Claims = append(passed.Claims, Claim{ID: g.ID, Customer: g.Customer, EnteredAt: g.EnteredAt, Epoch: g.Epoch + 1,
					Address: g.Facts.Contact.Channels[a.Channel].Address})
			}
		}
		if now.limited && len(passed.Claims) > 0 {
			passed.Limited = in.Campaign
			w.limited = in.Campaign
		}
		if err := w.write(ctx, tx, now.at, passed.Claims, in.Lease, &passed.ID); err != nil || !in.Coupons {
			return err
		}
		return bindCodes(ctx, tx, gated, w.bind, passed.Claims)
	})
	if err != nil {
		return passed, 0, fmt.Errorf("gate: %w", mapError(err))
	}
	return passed, seen, nil
}

// Claimed says whether the claim of a gate is there: its commit was made, and
// nobody has settled or reaped it.
func (s *Store) Claimed(ctx context.Context, claim int64) (there bool, err error) {
	err = s.hot.QueryRow(ctx, "select exists (select from claims where claim_id = $1)", claim).Scan(&there)
	return there, mapError(err)
}

// moment is the instant of a gate, with what the campaign may still use.
type moment struct {
	at      time.Time
	limited bool
	reserve delivery.Reserve
}

// lockChunk takes deliveries first, customers second and the campaign's limits
// third: every transaction that needs several takes them in this order.
func lockChunk(ctx context.Context, tx pgx.Tx, in GateInput) (moment, []int64, error) {
	var now moment
	var ids, customers []int64
	batch := &pgx.Batch{}
	batch.Queue("select set_config('statement_timeout', '2s', true), set_config('lock_timeout', '500ms', true)")
	batch.Queue(statement("delivery/lock"), in.IDs, in.At, in.Lane.Version, in.Lane.Wave, in.Lane.Channel).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id, customer int64
			if err := rows.Scan(&id, &customer); err != nil {
				return err
			}
			ids, customers = append(ids, id), append(customers, customer)
		}
		return rows.Err()
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return now, nil, fmt.Errorf("lock deliveries: %w", err)
	}
	if len(ids) == 0 {
		return now, nil, nil
	}
	batch = &pgx.Batch{}
	free := map[int64]bool{}
	batch.Queue(statement("delivery/lock_contacts"), customers).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var customer int64
			if err := rows.Scan(&customer); err != nil {
				return err
			}
			free[customer] = true
		}
		return rows.Err()
	})
	// The clock is read after the last lock: what waited for an opt-out is later than it.
	batch.Queue(statement("limits/clock"), in.At, in.Campaign).QueryRow(func(row pgx.Row) error { return row.Scan(&now.at, &now.limited) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return now, nil, fmt.Errorf("lock customers: %w", err)
	}
	if now.limited {
		if err := now.hold(ctx, tx, in); err != nil {
			return now, nil, fmt.Errorf("lock limits: %w", err)
		}
	}
	ours := ids[:0]
	for i, id := range ids {
		if free[customers[i]] {
			ours = append(ours, id)
		}
	}
	return now, ours, nil
}

// hold locks the limits of the campaign and reads what they leave.
func (now *moment) hold(ctx context.Context, tx pgx.Tx, in GateInput) error {
	var budget *int64
	var perMinute *int
	var spent int64
	var passedAt []time.Time
	var passed []int
	err := tx.QueryRow(ctx, statement("limits/hold"), in.Campaign).Scan(&budget, &perMinute, &spent, &passedAt, &passed)
	if err != nil {
		return err
	}
	// The clock moved while the lock was waited for.
	if err := tx.QueryRow(ctx, statement("limits/clock"), in.At, in.Campaign).Scan(&now.at, &now.limited); err != nil {
		return err
	}
	if budget != nil {
		var bound int64
		if len(in.Pools) > 0 {
			if err := tx.QueryRow(ctx, statement("limits/bound"), in.Campaign, now.at, in.Pools).Scan(&bound); err != nil {
				return err
			}
		}
		left := *budget - spent - bound*in.PerMinor
		now.reserve.Budget = &left
	}
	if perMinute != nil {
		now.reserve.Rate.Limit = *perMinute
		for i, at := range passedAt {
			if at.After(now.at.Add(-time.Minute)) && !at.After(now.at) {
				now.reserve.Rate.Used += passed[i]
				now.reserve.Rate.FreeAt = at.Add(time.Minute) // of the newest: then there is room for many
			}
		}
	}
	return nil
}

func readFacts(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, ids []int64) ([]Gated, error) {
	var requires *string
	if in.Requires != "" {
		requires = &in.Requires
	}
	rows, err := tx.Query(ctx, statement("delivery/facts"), ids, at, in.Channels, requires, in.ShopCap.Window.Seconds(), in.OwnCap.Window.Seconds(), in.Service, in.Regions)
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	defer rows.Close()
	gated := make([]Gated, 0, len(ids))
	var (
		arm, held, email, phone                  string
		required                                 *string
		granted                                  []*bool
		refused, suppressed                      []bool
		realAll, ghosts, realOwn, owned, planned int
	)
	for rows.Next() {
		var g Gated
		f := &g.Facts
		err := rows.Scan(&g.ID, &g.Customer, &g.EnteredAt, &arm, &f.Skip, &g.Variant, &g.Stratum, &f.Channel, &g.Epoch, &f.ExpiresAt, &held,
			&f.CampaignStatus, &g.Zone, &g.Region, &f.Contact.Erased, &email, &phone, &granted, &refused, &suppressed, &f.Repurchased, &required,
			&realAll, &ghosts, &realOwn, &owned, &planned)
		if err != nil {
			return nil, fmt.Errorf("read facts: %w", err)
		}
		f.Arm, f.HeldFor = holdout.Arm(arm), audience.Reason(held)
		f.Contact.Channels = reach(in.Channels, email, phone, granted, refused, suppressed)
		if in.Requires != "" {
			state := delivery.Suppressed
			if required != nil {
				state = delivery.State(*required)
			}
			f.Requires = &state
		}
		f.Caps = []audience.Pressure{{Limit: in.ShopCap.Limit, Real: realAll, Ghosts: ghosts, Outranking: planned}, {Limit: in.OwnCap.Limit, Real: realOwn, Ghosts: owned}}
		gated = append(gated, g)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	return gated, readRareFacts(ctx, tx, in, at, gated)
}

// readRareFacts reads what only few waves ask about.
func readRareFacts(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, gated []Gated) error {
	if len(in.Holds) > 0 {
		customers := make([]int64, len(gated))
		for i, g := range gated {
			customers[i] = g.Customer
		}
		rows, err := tx.Query(ctx, statement("delivery/holds"), customers, at, in.Holds)
		if err != nil {
			return fmt.Errorf("read holds: %w", err)
		}
		open := map[int64]audience.Reason{}
		var customer int64
		var kind string
		if _, err := pgx.ForEachRow(rows, []any{&customer, &kind}, func() error { open[customer] = audience.Reason(kind); return nil }); err != nil {
			return fmt.Errorf("read holds: %w", err)
		}
		for i := range gated {
			gated[i].Facts.HeldBy = open[gated[i].Customer]
		}
	}
	if in.MaxAge > 0 {
		var stale bool
		// A feed that never said how far it is complete is not known to be fresh.
		err := tx.QueryRow(ctx, "select coalesce((select complete_until from feeds where name = 'orders'), '-infinity') < $1::timestamptz - make_interval(secs => $2)",
			at, in.MaxAge.Seconds()).Scan(&stale)
		if err != nil {
			return fmt.Errorf("read feed: %w", err)
		}
		for i := range gated {
			gated[i].Facts.FeedStale = stale
		}
	}
	return nil
}

// decisions are the columns of delivery/decide, and what was taken of limits.
type decisions struct {
	ids, customers            []int64
	entered                   []time.Time
	states, reasons, channels []string
	due                       []*time.Time
	costs                     []int64

	bind    map[int64]bool
	limited int // the campaign, where it has limits
	spent   int64
}

func (w *decisions) add(g *Gated, a delivery.Answer) {
	var due *time.Time
	if !a.DueAt.IsZero() {
		due = &a.DueAt
	}
	w.ids, w.customers, w.entered = append(w.ids, g.ID), append(w.customers, g.Customer), append(w.entered, g.EnteredAt)
	w.states, w.reasons, w.channels = append(w.states, string(a.To)), append(w.reasons, string(a.Reason)), append(w.channels, a.Channel)
	w.due, w.costs = append(w.due, due), append(w.costs, g.Facts.Cost)
	if a.To == delivery.Sending {
		w.spent += g.Facts.Cost
	}
	if a.BindCoupon {
		if w.bind == nil {
			w.bind = map[int64]bool{}
		}
		w.bind[g.ID] = true
	}
}

// write stores the decisions and the claim of those that go out.
func (w *decisions) write(ctx context.Context, tx pgx.Tx, at time.Time, claims []Claim, lease time.Duration, claim *int64) error {
	batch := &pgx.Batch{}
	batch.Queue(statement("delivery/decide"), w.ids, w.customers, w.entered, w.states, w.reasons, w.channels, w.due, at, w.costs).Exec(func(tag pgconn.CommandTag) error {
		if int(tag.RowsAffected()) != len(w.ids) {
			return fmt.Errorf("%d of %d rows were still ours", tag.RowsAffected(), len(w.ids))
		}
		return nil
	})
	if len(claims) > 0 {
		sending, epochs := make([]int64, len(claims)), make([]int, len(claims))
		for i, c := range claims {
			sending[i], epochs[i] = c.ID, c.Epoch
		}
		batch.Queue(statement("delivery/claim"), sending, epochs, lease.Seconds()).QueryRow(func(row pgx.Row) error { return row.Scan(claim) })
	}
	if w.limited != 0 {
		batch.Queue(statement("limits/take"), w.limited, w.spent, at, len(claims))
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write decisions: %w", err)
	}
	return nil
}
