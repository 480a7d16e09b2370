package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/delivery"
)

// GateInput is one chunk at the gate. All its deliveries are of one version's
// wave. What the wave does not ask for is not read.
type GateInput struct {
	IDs        []int64
	Planned    []*Planned // as they were loaded; nil: they are read now
	Lane       Lane       // rows that are in another are passed over
	At         *time.Time // business time; nil: the database's clock, read under the locks
	Campaign   int
	Channels   []string       // the wave's
	Service    bool           // the wave is a service: words on service count
	Requires   string         // the wave that must have been accepted; empty: none
	ShopCap    Cap            // over all campaigns
	OwnCap     Cap            // within the campaign
	Groups     map[string]Cap // over the campaigns of a group, by its name; which one the campaign is in, the database knows
	CoolDown   time.Duration  // after a promotion of another campaign; 0: none
	Holds      []string       // kinds of holds that matter; nil: none
	MaxAge     time.Duration
	Regions    bool              // the customers' regions are wanted
	Coupons    bool              // deliveries may carry a code
	Pools      []string          // every pool that the campaign's waves name
	CodesAfter map[string]string // by pool: codes behind this one are looked at first
	Zone       *time.Location    // the shop's, whose days the budget of a day counts; nil: UTC
	PerMinor   int64             // millionths of the currency's unit in one of its minor units
	Lease      time.Duration
	WarmUp     *delivery.WarmUp // of the lane's channel; nil: none
	Doubt      bool             // of GateAgain: rows in doubt are meant
}

// Days is the zone whose days the budget of a day counts.
func (in GateInput) Days() *time.Location { return cmp.Or(in.Zone, time.UTC) }

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
	Facts     delivery.Facts // Quiet, Blackout, Zone, Rule, Cost and the coupon's pool are left to the caller
	Expires   time.Duration  // left to the caller: how long a code given now counts; 0: as long as its pool
	Body      []byte         // left to the caller: hash of the message; nil: none is kept

	*Planned
	email, phone         string
	emailHash, phoneHash []byte
	stock                *CouponStock
}

// Planned is what the gate knows of a delivery before it holds its customer: all of
// it stays so for as long as nobody moves the delivery.
type Planned struct {
	id, customer     int64
	place            pgtype.TID
	entered          time.Time
	arm              string
	skip             bool
	variant, stratum string
	epoch            int
	due              time.Time
	scheduled        time.Time
	expires          time.Time
	held             string // what it waited for last
	zone             string
	trigger          int64 // the order that brought the customer in; 0: none
	enrollment       int64
	round            int

	claimed *time.Time // of one in doubt, with the database's clock now and the hash it went out under
	clock   time.Time
	body    []byte
}

func (g *Gated) wanted() Wanted {
	return Wanted{Delivery: g.ID, Customer: g.Customer, EnteredAt: g.EnteredAt, Enrollment: g.enrollment, Round: g.round, Epoch: g.Epoch}
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
	ID     int64
	Took   Took
	Claims []Claim
}

// Took is where a gate wrote down what it let through: what is surely not taken
// comes off there.
type Took struct {
	Campaign int           // that has a budget or a rate; 0: none
	Channel  string        // that warms up; empty: none
	Day      calendar.Date // whose messages those are, in the shop's zone
}

// Gate runs one short transaction: it locks the customers of the chunk, then what
// the campaign and the channel may still use, and codes last; reads
// the facts, lets prepare complete those of each delivery, asks the gate, and
// writes the answers to what is still as it was read. Where somebody has moved one
// meanwhile, or holds one, it begins again and locks the deliveries too, behind the
// limits. The claims have been committed when it returns; on any
// error none may be sent. With an error, passed is what was claimed if the commit
// was made after all and only its answer was lost, which Claimed tells. Rows that
// somebody else holds, or of a customer whom another worker holds or who stands in
// the chunk twice, are left planned and not counted in seen.
func (s *Store) Gate(ctx context.Context, in GateInput, prepare func(at time.Time, g *Gated)) (passed Passed, seen int, err error) {
	if passed, seen, err = s.gate(ctx, in, false, prepare); errors.Is(err, errMoved) {
		in.Planned = nil
		passed, seen, err = s.gate(ctx, in, true, prepare)
	}
	if err != nil {
		return passed, 0, fmt.Errorf("gate: %w", mapError(err))
	}
	return passed, seen, nil
}

// errMoved says that somebody moved a delivery between reading and writing it, or
// holds it.
var errMoved = errors.New("deliveries were moved meanwhile")

func (s *Store) gate(ctx context.Context, in GateInput, firm bool, prepare func(at time.Time, g *Gated)) (passed Passed, seen int, err error) {
	err = s.inHotTx(ctx, func(tx pgx.Tx) error {
		now, gated, err := lockChunk(ctx, tx, in)
		if err == nil && firm {
			gated, err = holdDeliveries(ctx, tx, gated)
		}
		if err != nil || len(gated) == 0 {
			return err
		}
		if err := readFacts(ctx, tx, in, now.at, gated); err != nil {
			return err
		}
		for i := range gated {
			prepare(now.at, &gated[i])
		}
		reserve := now.reserve
		if in.Coupons {
			if reserve.Codes, err = holdCodes(ctx, tx, in, now.at, gated); err != nil {
				return err
			}
		}
		seen = len(gated)
		w := decisionsOf(len(gated))
		for i := range gated {
			g := &gated[i]
			a := reserve.Gate(g.Facts, now.at)
			if err := w.add(g, a); err != nil {
				return err
			}
			if a.To == delivery.Sending {
				passed.Claims = append(passed.Claims, Claim{ID: g.ID, Customer: g.Customer, EnteredAt: g.EnteredAt, Epoch: g.Epoch + 1,
					Address: g.Facts.Contact.Channels[a.Channel].Address})
			}
		}
		if len(passed.Claims) > 0 {
			passed.Took = now.took(in)
			w.took, w.began, w.ofDay = passed.Took, now.began, reserve.Spent
		}
		if err := w.write(ctx, tx, in, now.at, passed.Claims, &passed.ID); err != nil || !in.Coupons {
			return err
		}
		return bindCodes(ctx, tx, gated, w.bind, passed.Claims)
	})
	return passed, seen, err
}

// Claimed says whether the claim of a gate is there: its commit was made, and
// nobody has settled or reaped it.
func (s *Store) Claimed(ctx context.Context, claim int64) (there bool, err error) {
	err = s.hot.QueryRow(ctx, "select exists (select from claims where claim_id = $1)", claim).Scan(&there)
	return there, mapError(err)
}

// moment is the instant of a gate, with what the campaign and the channel may
// still use.
type moment struct {
	at      time.Time
	limited bool
	day     calendar.Date // of a channel that warms up
	began   time.Time     // the day in the shop's zone
	reserve delivery.Reserve
}

// lockChunk takes the customers first and the campaign's limits second. It returns
// what is planned and due of the customers that are ours, one delivery a customer.
func lockChunk(ctx context.Context, tx pgx.Tx, in GateInput) (now moment, ours []Gated, err error) {
	planned := slices.Clone(in.Planned)
	if in.Planned == nil {
		if planned, err = readPlanned(ctx, tx, in); err != nil {
			return now, nil, err
		}
	}
	slices.SortFunc(planned, func(a, b *Planned) int {
		return cmp.Or(cmp.Compare(a.customer, b.customer), cmp.Compare(a.id, b.id))
	})
	customers := make(int64s, len(planned))
	for i, p := range planned {
		customers[i] = p.customer
	}
	var held []holder
	same := false
	batch := &pgx.Batch{}
	batch.Queue("select set_config('statement_timeout', '2s', true), set_config('lock_timeout', '500ms', true)")
	batch.Queue(statement("delivery/lock"), customers).Query(func(rows pgx.Rows) (err error) {
		held, err = scanHeld(rows, len(planned))
		return err
	})
	batch.Queue(sameIncarnation).QueryRow(func(row pgx.Row) error { return row.Scan(&same) })
	// The clock is read after the last lock: what waited for an opt-out is later than it.
	batch.Queue(statement("limits/clock"), in.At, in.Campaign).QueryRow(func(row pgx.Row) error { return row.Scan(&now.at, &now.limited) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return now, ours, fmt.Errorf("lock customers: %w", err)
	}
	if !same {
		return now, ours, closedGate()
	}
	ours = chunk(in, now.at, planned, held)
	if now.limited && len(ours) > 0 {
		if err := now.hold(ctx, tx, in); err != nil {
			return now, ours, fmt.Errorf("lock limits: %w", err)
		}
	}
	if in.WarmUp != nil && len(ours) > 0 {
		if err := now.warmUp(ctx, tx, in); err != nil {
			return now, ours, fmt.Errorf("lock the day of %s: %w", in.Lane.Channel, err)
		}
	}
	return now, ours, nil
}

// holdDeliveries locks those that nobody holds and nobody has moved since they were
// read, and returns them.
func holdDeliveries(ctx context.Context, tx pgx.Tx, gated []Gated) ([]Gated, error) {
	n := len(gated)
	ids, customers, epochs := make([]int64, n), make([]int64, n), make([]int, n)
	entered, due := make([]time.Time, n), make([]time.Time, n)
	for i, g := range gated {
		ids[i], customers[i], entered[i], epochs[i], due[i] = g.ID, g.Customer, g.EnteredAt, g.Epoch, g.due
	}
	rows, err := tx.Query(ctx, statement("delivery/hold"), ids, customers, entered, epochs, due)
	if err != nil {
		return nil, fmt.Errorf("lock deliveries: %w", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("lock deliveries: %w", err)
	}
	return slices.DeleteFunc(gated, func(g Gated) bool { return !slices.Contains(held, g.ID) }), nil
}

// hold locks the limits of the campaign and reads what they leave.
func (now *moment) hold(ctx context.Context, tx pgx.Tx, in GateInput) error {
	var budget *int64
	var perMinute *int
	var spent int64
	var passedAt []time.Time
	var passed []int
	var day dayBudget
	err := tx.QueryRow(ctx, statement("limits/hold"), in.Campaign).Scan(&budget, &perMinute, &spent, &passedAt, &passed, &day.limit, &day.from, &day.spent)
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
	today, zone := calendar.DateOf(now.at, in.Days()), in.Days()
	now.began = calendar.Instant(today, 0, zone)
	now.reserve.DayBudget, now.reserve.DayEnds = day.left(now.began), calendar.Instant(today.AddDays(1), 0, zone)
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

// warmUp locks the messages that the channel has had today and reads how many are
// left.
func (now *moment) warmUp(ctx context.Context, tx pgx.Tx, in GateInput) error {
	for {
		day := in.WarmUp.On(now.at)
		today := delivery.Rate{Limit: day.Limit, FreeAt: day.Ends}
		err := tx.QueryRow(ctx, statement("warm_up/hold"), in.Lane.Channel, day.Date.String(), now.at, day.Limit).Scan(&today.Used)
		if err != nil {
			return err
		}
		now.reserve.Day, now.day = today, day.Date
		// The clock moved while the lock was waited for, perhaps past midnight.
		if err := tx.QueryRow(ctx, statement("limits/clock"), in.At, in.Campaign).Scan(&now.at, &now.limited); err != nil {
			return err
		}
		if in.WarmUp.On(now.at).Date == day.Date {
			return nil
		}
	}
}

// took is where what passes is written down.
func (now *moment) took(in GateInput) (t Took) {
	if now.limited {
		t.Campaign = in.Campaign
	}
	if in.WarmUp != nil {
		t.Channel, t.Day = in.Lane.Channel, now.day
	}
	return t
}

// dayBudget is what a campaign may spend in a day, and what it has since one began.
type dayBudget struct {
	limit *int64
	from  *time.Time
	spent int64
}

func (d dayBudget) left(day time.Time) *int64 {
	if d.limit == nil {
		return nil
	}
	left := *d.limit
	if d.from != nil && !d.from.Before(day) {
		left -= d.spent
	}
	return &left
}

// decisions are the columns of delivery/decide, and what was taken of limits.
type decisions struct {
	ids                       int64s
	places                    places
	states, reasons, channels []string
	due                       []*time.Time
	costs                     []int64
	bodies                    hashes
	lost                      []*string
	epochs                    []int
	wasDue                    times

	bind  map[int64]bool
	took  Took
	spent int64
	ofDay int64 // of the budget of the day that began then
	began time.Time
}

func decisionsOf(n int) decisions {
	return decisions{ids: make(int64s, 0, n), places: make(places, 0, n), states: make([]string, 0, n), reasons: make([]string, 0, n), channels: make([]string, 0, n),
		due: make([]*time.Time, 0, n), costs: make([]int64, 0, n), bodies: make(hashes, 0, n), lost: make([]*string, 0, n), epochs: make([]int, 0, n), wasDue: make(times, 0, n)}
}

func (w *decisions) add(g *Gated, a delivery.Answer) error {
	var lost *string
	if a.Lost != nil {
		text, err := json.Marshal(a.Lost)
		if err != nil {
			return err
		}
		written := string(text)
		lost = &written
	}
	w.lost = append(w.lost, lost)
	var due *time.Time
	if !a.DueAt.IsZero() {
		due = &a.DueAt
	}
	w.ids, w.places = append(w.ids, g.ID), append(w.places, g.place)
	w.states, w.reasons, w.channels = append(w.states, string(a.To)), append(w.reasons, string(a.Reason)), append(w.channels, a.Channel)
	w.due, w.costs, w.bodies = append(w.due, due), append(w.costs, g.Facts.Cost), append(w.bodies, g.Body)
	w.epochs, w.wasDue = append(w.epochs, g.Epoch), append(w.wasDue, g.due)
	if a.To == delivery.Sending {
		w.spent += g.Facts.Cost
	}
	if a.BindCoupon {
		if w.bind == nil {
			w.bind = map[int64]bool{}
		}
		w.bind[g.ID] = true
	}
	return nil
}

// write stores the decisions and the claim of those that go out.
func (w *decisions) write(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, claims []Claim, claim *int64) error {
	batch := &pgx.Batch{}
	bodies := w.bodies
	if !slices.ContainsFunc(bodies, func(b []byte) bool { return b != nil }) {
		bodies = nil
	}
	channel, cost := in.Lane.Channel, w.costs[0]
	batch.Queue(statement("delivery/decide"), w.ids, w.places, w.epochs, w.wasDue, channel, unless(w.states, string(delivery.Sending)), unless(w.reasons, ""),
		unless(w.channels, channel), unless(w.due, nil), unless(w.costs, cost), unless(w.lost, nil), bodies, cost, at).Exec(func(tag pgconn.CommandTag) error {
		if int(tag.RowsAffected()) != len(w.ids) {
			return errMoved
		}
		return nil
	})
	if len(claims) > 0 {
		sending, epochs := make(int64s, len(claims)), make([]int, len(claims))
		for i, c := range claims {
			sending[i], epochs[i] = c.ID, c.Epoch
		}
		batch.Queue(statement("delivery/claim"), sending, epochs, in.Lease.Seconds()).QueryRow(func(row pgx.Row) error { return row.Scan(claim) })
	}
	if w.took.Campaign != 0 {
		batch.Queue(statement("limits/take"), w.took.Campaign, w.spent, at, len(claims), w.began, w.ofDay)
	}
	if w.took.Channel != "" {
		batch.Queue(statement("warm_up/take"), w.took.Channel, w.took.Day.String(), len(claims), at)
	}
	err := tx.SendBatch(ctx, batch).Close()
	if waited := new(pgconn.PgError); errors.As(err, &waited) && waited.Code == "55P03" { // lock not available: limits are ours already
		err = errors.Join(errMoved, err)
	}
	if err != nil {
		return fmt.Errorf("write decisions: %w", err)
	}
	return nil
}
