package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/delivery"
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
	var hints []Hint
	var h Hint
	_, err = pgx.ForEachRow(rows, []any{&h.ID, &h.Version, &h.Wave, &h.Channel}, func() error {
		hints = append(hints, h)
		return nil
	})
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

// Settlement is the end of one provider call.
type Settlement struct {
	Claim      Claim
	State      delivery.State // accepted, failed, unknown, or planned when surely not taken
	Reason     string
	ProviderID string
	RetryIn    time.Duration // for planned: how long to wait before the next try
	Untaken    bool          // for planned: the provider took others meanwhile, and named no time to come back
}

// Under is the claim that outcomes come under; Open says that others of it are
// still under way.
type Under struct {
	Claim int64
	Open  bool
}

// Settle writes what became of calls. Rows whose epoch has moved on, or whom
// feedback has settled meanwhile, are left alone; it returns how many it wrote.
// What messages cost that were not taken, and their places in the channel's day,
// are given back to whom they were taken from. After a failover that nobody has
// noticed it is a fault, and nothing is written.
func (s *Store) Settle(ctx context.Context, provider string, at *time.Time, under Under, took Took, giveUp time.Duration, settled []Settlement) (int, error) {
	var known struct { // outcomes that also end a quarantine
		ids    []int64
		epochs []int
	}
	n := len(settled)
	ids, epochs, refs := make(int64s, n), make([]int, n), make(texts, n)
	states, reasons, wait, untaken := make([]string, n), make([]string, n), make([]float64, n), make([]bool, n)
	for i, x := range settled {
		ids[i], epochs[i] = x.Claim.ID, x.Claim.Epoch
		states[i], reasons[i], refs[i], wait[i] = string(x.State), x.Reason, x.ProviderID, x.RetryIn.Seconds()
		untaken[i] = x.Untaken
		if x.State == delivery.Accepted || x.State == delivery.Failed {
			known.ids, known.epochs = append(known.ids, x.Claim.ID), append(known.epochs, x.Claim.Epoch)
		}
	}
	settle := func(q querier, claim int64) (w written, err error) {
		err = q.QueryRow(ctx, statement("delivery/settle"), ids, epochs, unless(states, string(delivery.Accepted)), unless(reasons, ""), refs, unless(wait, 0), provider, at,
			claim, giveUp.Seconds(), unless(untaken, false), delivery.AskAfter(0).Seconds(), !under.Open).Scan(&w.rows, &w.gates, &w.costs, &w.back, &w.same, &w.gone)
		return w, err
	}
	var w, more written
	var err error
	if took == (Took{}) {
		w, err = settle(s.hot, under.Claim)
	} else {
		err = s.inHotTx(ctx, func(tx pgx.Tx) (err error) {
			if w, err = settle(tx, under.Claim); err != nil {
				return err
			}
			return took.giveBack(ctx, tx, w)
		})
	}
	if err == nil && !w.same {
		// What a gate let out may be planned here, until the failover is noticed: an outcome would be lost.
		return 0, closedGate()
	}
	if err == nil && w.rows < n {
		// In one transaction, or a crash between leaves in doubt what was known. Who reaped the claim meanwhile had put them in
		// doubt after the statement began: it looked for them under way.
		err = s.inHotTx(ctx, func(tx pgx.Tx) error {
			more = written{}
			woken, err := tx.Exec(ctx, statement("delivery/wake"), known.ids, known.epochs)
			if err != nil || woken.RowsAffected() == 0 && (!w.gone || under.Claim == 0) {
				return err
			}
			if more, err = settle(tx, 0); err == nil && !more.same {
				err = closedGate()
			}
			if err != nil {
				return err
			}
			return took.giveBack(ctx, tx, more)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("settle deliveries: %w", mapError(err))
	}
	return w.rows + more.rows, nil
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// written is what delivery/settle says.
type written struct {
	rows, back int
	gates      []time.Time
	costs      []int64
	same, gone bool
}

// unless is a list, or an empty one where all are usual: a statement knows what
// that is, and hundreds of words need not be written and read.
func unless[T comparable](all []T, usual T) []T {
	for _, v := range all {
		if v != usual {
			return all
		}
	}
	return []T{}
}

// giveBack takes off what messages cost, and how many may be tried again.
func (t Took) giveBack(ctx context.Context, tx pgx.Tx, w written) error {
	if t.Campaign != 0 && len(w.costs) > 0 {
		if _, err := tx.Exec(ctx, statement("limits/give_back"), t.Campaign, w.gates, w.costs); err != nil {
			return err
		}
	}
	if t.Channel != "" && w.back > 0 {
		_, err := tx.Exec(ctx, statement("warm_up/give_back"), t.Channel, t.Day.String(), w.back)
		return err
	}
	return nil
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
	err := s.hot.QueryRow(ctx, statement("delivery/reap"), giveUp.Seconds(), limit, delivery.AskAfter(0).Seconds()).Scan(&r.Unknown, &r.Final, &r.Claims)
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

// Due is when each kind of work comes next; nil where there is none. Order and
// Event are those that a campaign has to consider.
type Due struct{ Delivery, Order, Event, Round *time.Time }

// NextDue tells the next instants at which stored rows ask for something.
func (s *Store) NextDue(ctx context.Context) (Due, error) {
	var d Due
	err := s.hot.QueryRow(ctx, statement("delivery/next_due")).Scan(&d.Delivery, &d.Order, &d.Event, &d.Round)
	return d, mapError(err)
}
