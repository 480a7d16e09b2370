package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

// Memory is a ledger that keeps its rows in memory and answers as postgres.Store
// does. One thread uses it; host says when another may go on.
type Memory struct {
	host host

	versions   map[int]postgres.Campaign // never change, and outlive a schedule
	campaigns  table[campaign]
	limits     table[limits]
	people     table[person]
	importing  record[struct{}] // who erases or merges, one at a time
	bans       table[ban]
	enrolled   table[enrolled]
	deliveries table[message]
	claims     table[claim]
	resends    table[resend]
	said       table[said]
	pools      []coupon.Pool // by name
	codes      table[code]   // by code
	inbox      table[waiting]
	place      record[place] // of the dispatcher
	feed       record[time.Time]
	onHold     table[string] // channels; empty: all of them
	rests      table[rest]
	days       table[channelDay]
	planning   map[int]*tx           // who plans a campaign
	begun      []*tx                 // transactions of this schedule; those behind them are used again
	gatings    [][]gating            // that nobody uses
	pressing   [2][]audience.Message // room for what a customer had, and for what others will want
	known      record[int]           // the server that the ledger is known on
	server     int                   // the one that it is on
}

var _ engine.Ledger = (*Memory)(nil)

// host is the machine that the database runs on, and all who use it.
type host interface {
	// now is the database's clock.
	now() time.Time
	// step comes before each statement and commit: others may go on meanwhile. An
	// error is the statement's.
	step(t *tx, what string) error
	// wait comes while another transaction holds what t needs, until it may look
	// again. An error is the statement's.
	wait(t *tx) error
	// commit says whether a transaction is kept, and what its owner hears of it.
	// Its rows can be looked at as it leaves them.
	commit(t *tx) (keep bool, err error)
	// silence is how long it takes until that answer is known to be lost.
	silence(ctx context.Context)
	// breach hears of a write that a constraint or the trigger refused.
	breach(what string)
	// left hears of a message in doubt that may not be sent again, and why.
	left(delivery int64, why string)
}

// NewMemory is an empty database.
func NewMemory(h host) *Memory {
	return &Memory{host: h, versions: map[int]postgres.Campaign{}, planning: map[int]*tx{}}
}

// reset empties everything but the versions.
func (m *Memory) reset() {
	m.campaigns.reset()
	m.limits.reset()
	m.people.reset()
	m.bans.reset()
	m.enrolled.reset()
	m.deliveries.reset()
	m.claims.reset()
	m.resends.reset()
	m.said.reset()
	m.codes.reset()
	m.inbox.reset()
	m.onHold.reset()
	m.rests.reset()
	m.days.reset()
	m.pools = m.pools[:0]
	m.place, m.feed, m.importing = record[place]{}, record[time.Time]{}, record[struct{}]{}
	m.known, m.server = record[int]{}, 0
	m.begun = m.begun[:0]
	clear(m.planning)
}

// begin is a transaction that is not used again in this schedule: whoever waits
// for it asks whether it is done after others have begun.
func (m *Memory) begin(what string) *tx {
	n := len(m.begun)
	if n == cap(m.begun) {
		m.begun = slices.Grow(m.begun, max(64, n))
	}
	m.begun = m.begun[:n+1]
	t := m.begun[n]
	if t == nil {
		t = new(tx)
		m.begun[n] = t
	}
	*t = tx{m: m, what: what, began: m.host.now(), held: t.held[:0]}
	return t
}

// record is a row: as it was committed, and as the transaction that holds it
// will leave it.
type record[T any] struct {
	was, is T
	by      *tx
	written bool // is differs from was
	born    bool // by the transaction that holds it
	gone    bool // likewise
	dead    bool // was deleted, or its birth was rolled back
	undone  []undone[T]
}

// undone is a row as a commit found it.
type undone[T any] struct {
	was  T
	dead bool
}

// see is the row as a transaction finds it; nil: it is not there for it.
func (r *record[T]) see(t *tx) *T {
	mine := r.by == t && t != nil
	switch {
	case r.dead, r.born && !mine, r.gone && mine:
		return nil
	case r.written && mine:
		return &r.is
	}
	return &r.was
}

// edit is the row to be written by the transaction that holds it.
func (r *record[T]) edit(t *tx) *T {
	if r.by != t {
		panic("simulation: a row is written without its lock")
	}
	if !r.written && !r.born {
		r.is, r.written = r.was, true
	}
	if r.born {
		return &r.was
	}
	return &r.is
}

// free says whether a transaction could take the row at once.
func (r *record[T]) free(t *tx) bool { return r.by == nil || r.by == t }

// row is a record of any table.
type row interface {
	end(keep bool)
	keep() bool
	undo()
}

// keep notes what the transaction that holds a row is about to overwrite; false: it
// leaves it as it was.
func (r *record[T]) keep() bool {
	if !r.written && !r.born && !r.gone {
		return false
	}
	r.undone = append(r.undone, undone[T]{r.was, r.born})
	return true
}

// undo makes it again what it was when it was kept last.
func (r *record[T]) undo() {
	last := len(r.undone) - 1
	u := r.undone[last]
	*r = record[T]{was: u.was, dead: u.dead, undone: r.undone[:last]}
}

func (r *record[T]) end(keep bool) {
	switch {
	case keep && r.gone, !keep && r.born:
		r.dead = true
	case keep && r.written:
		r.was = r.is
	}
	r.by, r.written, r.born, r.gone = nil, false, false, false
}

// take locks a row that nobody else holds.
func take[T any](t *tx, r *record[T]) bool {
	if r.by == t {
		return true
	}
	if r.by != nil {
		return false
	}
	r.by = t
	t.held = append(t.held, r)
	return true
}

// await locks a row as soon as nobody else holds it.
func await[T any](t *tx, r *record[T]) error {
	for !take(t, r) {
		t.waits = r.by
		err := t.m.host.wait(t)
		t.waits = nil
		if err == nil {
			err = t.alive()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// table keeps its rows when it is reset, for the next schedule.
type table[T any] struct{ rows []*record[T] }

func (x *table[T]) reset() { x.rows = x.rows[:0] }

// add is a new row, held by t; nil: it is committed.
func (x *table[T]) add(t *tx, row T) *record[T] {
	n := len(x.rows)
	if n == cap(x.rows) {
		x.rows = slices.Grow(x.rows, max(16, n))
	}
	x.rows = x.rows[:n+1]
	r := x.rows[n]
	if r == nil {
		r = new(record[T])
		x.rows[n] = r
	}
	*r = record[T]{was: row, undone: r.undone[:0]}
	if t != nil {
		r.by, r.born = t, true
		t.held = append(t.held, r)
	}
	return r
}

// idleLimit is how long the database waits for the next statement of a
// transaction before it ends it. A planner thinks for longer.
const (
	idleLimit     = 5 * time.Second
	idlePlanner   = 30 * time.Second
	lockTimeout   = 500 * time.Millisecond // at the gate
	whatOfGate    = "gate"
	whatOfPlanner = "plan"
)

// idle is the limit for a transaction.
func (t *tx) idle() time.Duration {
	if t.what == whatOfPlanner && !t.soon {
		return idlePlanner
	}
	return idleLimit
}

// tx is a transaction.
type tx struct {
	m      *Memory
	what   string
	soon   bool // a planner's last statement before its commit, which others wait for
	began  time.Time
	ctx    context.Context // of the statement that runs
	held   []row
	waits  *tx   // whom it waits for
	queues bool  // behind imports and merges, each of which may take as long as a planner
	over   error // somebody else ended it, and why
	done   bool
}

// in runs fn in a transaction: committed when it returns nil, else rolled back,
// as when whoever runs it dies.
func (m *Memory) in(ctx context.Context, what string, fn func(*tx) error) error {
	t := m.begin(what)
	defer t.end(false)
	err := fn(t)
	if err == nil {
		err = t.commit(ctx)
	}
	if err == nil {
		return nil
	}
	if _, told := fault.Of(err); told {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// one is a statement that is a transaction of its own.
func (m *Memory) one(ctx context.Context, what string, fn func(*tx) error) error {
	return m.in(ctx, what, func(t *tx) error {
		if err := t.step(ctx, what); err != nil {
			return err
		}
		return fn(t)
	})
}

// step comes before each statement.
func (t *tx) step(ctx context.Context, what string) error {
	if t.ctx = ctx; ctx.Err() != nil {
		return ctx.Err()
	}
	if err := t.m.host.step(t, what); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return t.alive()
}

func (t *tx) alive() error { return t.over }

func (t *tx) commit(ctx context.Context) error {
	if err := t.step(ctx, "commit"); err != nil {
		return err
	}
	keep, err := t.m.host.commit(t)
	t.end(keep)
	if err != nil {
		t.m.host.silence(ctx)
	}
	return err
}

// end gives up all locks, and what was written with them unless it is kept.
func (t *tx) end(keep bool) {
	if t.done {
		return
	}
	t.done = true
	for _, r := range t.held {
		r.end(keep && t.over == nil)
	}
	t.held = t.held[:0]
	if t.what != whatOfPlanner {
		return
	}
	for id, by := range t.m.planning {
		if by == t {
			delete(t.m.planning, id)
		}
	}
}

// kill ends a transaction from outside: its owner is told at its next step.
func (t *tx) kill(why error) {
	t.over = why
	t.end(false)
}

// circle says whether a transaction waits for itself, through others.
func (t *tx) circle() bool {
	for at := t.waits; at != nil; at = at.waits {
		if at == t {
			return true
		}
	}
	return false
}

// time is business time: what the caller says, or when the transaction began.
func (t *tx) time(at *time.Time) time.Time {
	if at != nil {
		return *at
	}
	return t.began
}

// errRefused is what the trigger and the constraints answer.
var errRefused = errors.New("check violation")

// move writes a delivery's new state as the trigger and the constraints allow.
// The caller has edited everything else.
func (t *tx) move(r *record[message], to delivery.State) error {
	d := r.edit(t)
	from := d.state
	d.state = to
	why := ""
	switch {
	case from != to && !delivery.Legal(from, to):
		why = fmt.Sprintf("cannot go from %s to %s", from, to)
	case (d.arm != "treat" || d.skip) && wasSent(to):
		why = fmt.Sprintf("a ghost cannot be %s", to)
	case to == delivery.Sending && (d.claimed.IsZero() || d.epoch == 0):
		why = "sending without a claim"
	case d.gateAt.IsZero() && (to == delivery.Sending || to == delivery.Accepted || to == delivery.Unknown || to == delivery.UnknownFinal || to == delivery.Withheld):
		why = fmt.Sprintf("%s without a gate", to)
	case d.reason == "" && refusal(to):
		why = fmt.Sprintf("%s without a reason", to)
	case d.due.IsZero() == (to == delivery.Planned):
		why = fmt.Sprintf("%s and due %v", to, d.due)
	default:
		return nil
	}
	t.m.host.breach(fmt.Sprintf("delivery %d: %s", d.id, why))
	return fmt.Errorf("delivery %d: %s: %w", d.id, why, errRefused)
}

func wasSent(s delivery.State) bool {
	switch s {
	case delivery.Sending, delivery.Accepted, delivery.Failed, delivery.Unknown, delivery.UnknownFinal, delivery.Quarantine:
		return true
	}
	return false
}

func refusal(s delivery.State) bool {
	switch s {
	case delivery.Failed, delivery.Suppressed, delivery.Cancelled, delivery.Expired, delivery.Dead, delivery.Quarantine, delivery.UnknownFinal:
		return true
	}
	return false
}

// Now is the database's clock.
func (m *Memory) Now(ctx context.Context) (now time.Time, err error) {
	err = m.one(ctx, "now", func(*tx) error { now = m.host.now(); return nil })
	return now, err
}

// CampaignVersion is a version as it was stored.
func (m *Memory) CampaignVersion(_ context.Context, version int) (postgres.Campaign, error) {
	stored, ok := m.versions[version]
	if !ok {
		return stored, fmt.Errorf("read version %d: no rows", version)
	}
	return stored, nil
}

// CouponPool is the terms of a pool.
func (m *Memory) CouponPool(_ context.Context, name string) (coupon.Pool, error) {
	for _, p := range m.pools {
		if p.Name == name {
			return p, nil
		}
	}
	return coupon.Pool{}, fault.New(fault.NotFound, fmt.Sprintf("there is no coupon pool %q", name), "")
}
