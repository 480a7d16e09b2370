package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/consent"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// Hint is one due delivery and the lane it goes in.
type Hint struct {
	ID      int64
	Version int
	Wave    string
	Channel string
}

// HandOut returns at most limit due deliveries of running campaigns, from where
// the last call stopped. It starts over when the caller says that nothing is
// queued any more, and once in every silence, so that a hint which was lost is
// given again. Of several callers at once one gets rows. A nil at is the
// database's clock.
func (s *Store) HandOut(ctx context.Context, at *time.Time, nothingQueued bool, silence time.Duration, limit int) ([]Hint, error) {
	rows, err := s.hot.Query(ctx, statement("delivery/hand_out"), at, nothingQueued, silence.Seconds(), limit)
	if err != nil {
		return nil, fmt.Errorf("hand out deliveries: %w", mapError(err))
	}
	hints, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Hint])
	if err != nil {
		return nil, fmt.Errorf("hand out deliveries: %w", mapError(err))
	}
	if len(hints) > 0 {
		return hints, nil
	}
	// Nothing is due, or somebody has emptied the table that holds the place.
	made, err := s.hot.Exec(ctx, "insert into dispatch default values on conflict do nothing")
	if err != nil || made.RowsAffected() == 0 {
		return nil, mapError(err)
	}
	return s.HandOut(ctx, at, nothingQueued, silence, limit)
}

// HandOutAgain makes the next HandOut start over: hints were lost.
func (s *Store) HandOutAgain(ctx context.Context) error {
	_, err := s.hot.Exec(ctx, "update dispatch set due_at = '-infinity', delivery_id = 0")
	return mapError(err)
}

// Lane is what all deliveries of a chunk have in common.
type Lane struct {
	Version int    `json:"version"`
	Wave    string `json:"wave"`
	Channel string `json:"channel"`
}

// Postpone puts off planned deliveries that cannot be sent here and now. They
// stay planned, and end when their time is over.
func (s *Store) Postpone(ctx context.Context, lane Lane, ids []int64, at *time.Time, wait time.Duration, reason string) error {
	_, err := s.hot.Exec(ctx, statement("delivery/postpone"), ids, lane.Version, lane.Wave, lane.Channel, wait.Seconds(), reason, at)
	return mapError(err)
}

// Rendering is what a message needs to know of its customer.
type Rendering struct {
	ID        int64
	ShopID    string
	FirstName *string
	LastName  *string
	Locale    string
	Orders    int64
	LastOrder *time.Time
}

// LoadRendering reads what the messages of planned deliveries need, without
// locks; the orders only where they are wanted. Deliveries that are not planned
// any more, or not in this lane, are left out.
func (s *Store) LoadRendering(ctx context.Context, lane Lane, ids []int64, at *time.Time, orders bool) ([]Rendering, error) {
	rows, err := s.hot.Query(ctx, statement("delivery/load"), ids, at, orders, lane.Version, lane.Wave, lane.Channel)
	if err != nil {
		return nil, fmt.Errorf("load deliveries: %w", mapError(err))
	}
	loaded, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Rendering])
	if err != nil {
		return nil, fmt.Errorf("load deliveries: %w", mapError(err))
	}
	return loaded, nil
}

// GateInput is one chunk at the gate. All its deliveries are of one version's
// wave.
type GateInput struct {
	IDs      []int64
	Lane     Lane       // rows that are in another are passed over
	At       *time.Time // business time; nil: the database's clock, read under the locks
	Channels []string   // the wave's
	Requires string     // the wave that must have been accepted; empty: none
	ShopCap  Cap        // over all campaigns
	OwnCap   Cap        // within the campaign
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
	Zone      string
	Facts     delivery.Facts // Quiet and Zone are left to the caller
}

// Claim is a delivery that passed: it is sending, under this epoch's lease.
type Claim struct {
	ID        int64
	Customer  int64
	EnteredAt time.Time
	Epoch     int
	Address   string
}

// Passed is what a gate let through, under one lease. ID is 0 where nothing was.
type Passed struct {
	ID     int64
	Claims []Claim
}

// Gate runs one short transaction: it locks the chunk's planned rows and then
// their customers, reads the facts, lets decide answer each, and writes the
// answers. The claims have been committed when it returns; on any error none
// may be sent. Rows that another worker holds, or of a customer who stands in
// the chunk twice, are left planned and not counted in seen.
func (s *Store) Gate(ctx context.Context, in GateInput, decide func(at time.Time, g *Gated) delivery.Answer) (passed Passed, seen int, err error) {
	err = s.inHotTx(ctx, func(tx pgx.Tx) error {
		at, ids, err := lockChunk(ctx, tx, in)
		if err != nil || len(ids) == 0 {
			return err
		}
		gated, err := readFacts(ctx, tx, in, at, ids)
		if err != nil {
			return err
		}
		seen = len(gated)
		var w decisions
		var sending []int64
		var epochs []int
		for i := range gated {
			g := &gated[i]
			a := decide(at, g)
			w.add(g, a)
			if a.To == delivery.Sending {
				sending, epochs = append(sending, g.ID), append(epochs, g.Epoch+1)
				passed.Claims = append(passed.Claims, Claim{ID: g.ID, Customer: g.Customer, EnteredAt: g.EnteredAt, Epoch: g.Epoch + 1,
					Address: g.Facts.Contact.Channels[a.Channel].Address})
			}
		}
		return w.write(ctx, tx, at, sending, epochs, in.Lease, &passed.ID)
	})
	if err != nil {
		return Passed{}, 0, fmt.Errorf("gate: %w", mapError(err))
	}
	return passed, seen, nil
}

// write stores the decisions and the claim of those that go out.
func (w *decisions) write(ctx context.Context, tx pgx.Tx, at time.Time, sending []int64, epochs []int, lease time.Duration, claim *int64) error {
	batch := &pgx.Batch{}
	batch.Queue(statement("delivery/decide"), w.ids, w.customers, w.entered, w.states, w.reasons, w.channels, w.due, at).Exec(func(tag pgconn.CommandTag) error {
		if int(tag.RowsAffected()) != len(w.ids) {
			return fmt.Errorf("%d of %d rows were still ours", tag.RowsAffected(), len(w.ids))
		}
		return nil
	})
	if len(sending) > 0 {
		batch.Queue(statement("delivery/claim"), sending, epochs, lease.Seconds()).QueryRow(func(row pgx.Row) error { return row.Scan(claim) })
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write decisions: %w", err)
	}
	return nil
}

// lockChunk takes deliveries first and customers second: every transaction
// that needs both takes them in this order.
func lockChunk(ctx context.Context, tx pgx.Tx, in GateInput) (time.Time, []int64, error) {
	var at time.Time
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
		return at, nil, fmt.Errorf("lock deliveries: %w", err)
	}
	if len(ids) == 0 {
		return at, nil, nil
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
	batch.Queue("select coalesce($1::timestamptz, clock_timestamp())", in.At).QueryRow(func(row pgx.Row) error { return row.Scan(&at) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return at, nil, fmt.Errorf("lock customers: %w", err)
	}
	ours := ids[:0]
	for i, id := range ids {
		if free[customers[i]] {
			ours = append(ours, id)
		}
	}
	return at, ours, nil
}

func readFacts(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, ids []int64) ([]Gated, error) {
	var requires *string
	if in.Requires != "" {
		requires = &in.Requires
	}
	rows, err := tx.Query(ctx, statement("delivery/facts"), ids, at, in.Channels, requires, in.ShopCap.Window.Seconds(), in.OwnCap.Window.Seconds())
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	defer rows.Close()
	gated := make([]Gated, 0, len(ids))
	var (
		arm, held, email, phone         string
		required                        *string
		granted                         []*bool
		suppressed                      []bool
		realAll, ghosts, realOwn, owned int
	)
	for rows.Next() {
		var g Gated
		f := &g.Facts
		err := rows.Scan(&g.ID, &g.Customer, &g.EnteredAt, &arm, &f.Channel, &g.Epoch, &f.ExpiresAt, &held,
			&f.CampaignStatus, &g.Zone, &f.Contact.Erased, &email, &phone, &granted, &suppressed, &f.Repurchased, &required,
			&realAll, &ghosts, &realOwn, &owned)
		if err != nil {
			return nil, fmt.Errorf("read facts: %w", err)
		}
		f.Arm, f.HeldFor, f.Channels = holdout.Arm(arm), audience.Reason(held), in.Channels
		f.Contact.Channels = reach(in.Channels, email, phone, granted, suppressed)
		if in.Requires != "" {
			state := delivery.Suppressed
			if required != nil {
				state = delivery.State(*required)
			}
			f.Requires = &state
		}
		f.Caps = []audience.Pressure{{Limit: in.ShopCap.Limit, Real: realAll, Ghosts: ghosts}, {Limit: in.OwnCap.Limit, Real: realOwn, Ghosts: owned}}
		gated = append(gated, g)
	}
	return gated, rows.Err()
}

// reach puts the answers of the channel lateral beside their addresses.
func reach(channels []string, email, phone string, granted []*bool, suppressed []bool) map[string]audience.Reach {
	by := make(map[string]audience.Reach, len(channels))
	for i, name := range channels {
		r := audience.Reach{Address: email, Suppressed: suppressed[i]}
		if name == "sms" {
			r.Address = phone
		}
		if granted[i] != nil {
			r.Word = consent.Word{Known: true, Granted: *granted[i]}
		}
		by[name] = r
	}
	return by
}

// decisions are the columns of delivery/decide.
type decisions struct {
	ids, customers            []int64
	entered                   []time.Time
	states, reasons, channels []string
	due                       []*time.Time
}

func (w *decisions) add(g *Gated, a delivery.Answer) {
	var due *time.Time
	if !a.DueAt.IsZero() {
		due = &a.DueAt
	}
	w.ids, w.customers, w.entered = append(w.ids, g.ID), append(w.customers, g.Customer), append(w.entered, g.EnteredAt)
	w.states, w.reasons, w.channels = append(w.states, string(a.To)), append(w.reasons, string(a.Reason)), append(w.channels, a.Channel)
	w.due = append(w.due, due)
}

// Settlement is the end of one provider call.
type Settlement struct {
	Claim      Claim
	State      delivery.State // accepted, failed, unknown, or planned when surely not taken
	Reason     string
	ProviderID string
	RetryIn    time.Duration // for planned: how long to wait before the next try
}

// Settle writes what became of calls. Rows whose epoch has moved on, or whom
// feedback has settled meanwhile, are left alone; it returns how many it wrote.
func (s *Store) Settle(ctx context.Context, provider string, at *time.Time, claim int64, giveUp time.Duration, settled []Settlement) (int, error) {
	n := len(settled)
	ids, customers, entered, epochs := make([]int64, n), make([]int64, n), make([]time.Time, n), make([]int, n)
	states, reasons, refs, wait := make([]string, n), make([]string, n), make([]string, n), make([]float64, n)
	for i, x := range settled {
		ids[i], customers[i], entered[i], epochs[i] = x.Claim.ID, x.Claim.Customer, x.Claim.EnteredAt, x.Claim.Epoch
		states[i], reasons[i], refs[i], wait[i] = string(x.State), x.Reason, x.ProviderID, x.RetryIn.Seconds()
	}
	var written int
	err := s.hot.QueryRow(ctx, statement("delivery/settle"), ids, customers, entered, epochs, states, reasons, refs, wait, provider, at, claim, giveUp.Seconds()).Scan(&written)
	if err != nil {
		return 0, fmt.Errorf("settle deliveries: %w", mapError(err))
	}
	return written, nil
}

// Bury ends planned deliveries whose message cannot be made.
func (s *Store) Bury(ctx context.Context, reasons map[int64]string) error {
	ids, why := make([]int64, 0, len(reasons)), make([]string, 0, len(reasons))
	for id, reason := range reasons {
		ids, why = append(ids, id), append(why, reason)
	}
	_, err := s.hot.Exec(ctx, statement("delivery/bury"), ids, why)
	return mapError(err)
}

// Reaped is what the reaper found: Unknown had their lease lapse, Final were
// unknown for too long. Claims is how many claims were looked at.
type Reaped struct{ Unknown, Final, Claims int }

// Reap looks at claims whose time has come, at most limit of them.
func (s *Store) Reap(ctx context.Context, giveUp time.Duration, limit int) (Reaped, error) {
	var r Reaped
	err := s.hot.QueryRow(ctx, statement("delivery/reap"), giveUp.Seconds(), limit).Scan(&r.Unknown, &r.Final, &r.Claims)
	return r, mapError(err)
}

// Sweep ends planned rows that can never go out, too late or cancelled, at most
// limit of each; it returns how many.
func (s *Store) Sweep(ctx context.Context, at *time.Time, limit int) (int, error) {
	late, err := s.hot.Exec(ctx, statement("delivery/sweep"), at, limit)
	if err != nil {
		return 0, fmt.Errorf("sweep deliveries: %w", mapError(err))
	}
	cancelled, err := s.hot.Exec(ctx, statement("delivery/cancel"), limit)
	return int(late.RowsAffected() + cancelled.RowsAffected()), mapError(err)
}

// Due is when each kind of work comes next; nil where there is none.
type Due struct{ Delivery, Order, Round *time.Time }

// NextDue tells the next instants at which stored rows ask for something.
func (s *Store) NextDue(ctx context.Context) (Due, error) {
	var d Due
	err := s.hot.QueryRow(ctx, statement("delivery/next_due")).Scan(&d.Delivery, &d.Order, &d.Round)
	return d, mapError(err)
}
