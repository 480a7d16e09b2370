package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/fault"
)

// Act is what a person did to a delivery, and why.
type Act struct {
	At          time.Time
	Who         string
	Verb        string // replay, settle
	Because     string
	Was, Became delivery.State
}

// Meant is what a person means to do.
type Meant struct {
	IDs      []int64 // the deliveries; nil: all of the campaign's in such a state
	Campaign string  // empty only with IDs
	From     []delivery.State
	Who      string     // the account it is done from
	Because  string     // never empty
	At       *time.Time // business time; nil: the database's clock
}

// Done is what became of it. Left are those meant by id that stood otherwise, or
// whose time is over.
type Done struct {
	IDs  []int64
	Left []int64
}

// Replay plans dead deliveries, and unknown or quarantined ones that nobody settled, again: due
// now, until their own end or until the instant given. Those whose end has passed
// are left. Each has an act, in the same transaction.
func (s *Store) Replay(ctx context.Context, m Meant, until *time.Time) (done Done, err error) {
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		var alive *time.Time
		if until == nil {
			var now time.Time
			if err := tx.QueryRow(ctx, "select coalesce($1::timestamptz, now())", m.At).Scan(&now); err != nil {
				return err
			}
			alive = &now
		}
		if done, err = choose(ctx, tx, m, "replay", delivery.Planned, alive); err != nil || len(done.IDs) == 0 {
			return err
		}
		_, err := tx.Exec(ctx, statement("delivery/replay"), done.IDs, until, m.At)
		return err
	})
	if err != nil {
		return Done{}, fmt.Errorf("replay deliveries: %w", mapError(err))
	}
	if len(done.IDs) == 0 {
		return done, nil
	}
	return done, s.HandOutAgain(ctx)
}

// SettleByHand writes what a person knows of deliveries in doubt: accepted, failed,
// or dead, which says that they were surely not taken and may be replayed. A
// message that was not taken costs its campaign nothing.
func (s *Store) SettleByHand(ctx context.Context, m Meant, to delivery.State) (done Done, err error) {
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		// What a failover put in doubt is in doubt like any other once somebody knows.
		if _, err := tx.Exec(ctx, statement("delivery/wake"), m.IDs, make([]*int, len(m.IDs))); err != nil {
			return err
		}
		if done, err = choose(ctx, tx, m, "settle", to, nil); err != nil || len(done.IDs) == 0 {
			return err
		}
		untaken, err := settleByHand(ctx, tx, done.IDs, to, m.Because)
		if err != nil || to == delivery.Accepted {
			return err
		}
		return untaken.giveBack(ctx, tx)
	})
	if err != nil {
		return Done{}, fmt.Errorf("settle deliveries by hand: %w", mapError(err))
	}
	return done, nil
}

func settleByHand(ctx context.Context, tx pgx.Tx, ids []int64, to delivery.State, because string) (untaken, error) {
	var rows pgx.Rows
	var err error
	switch to {
	case delivery.Dead:
		rows, err = tx.Query(ctx, statement("delivery/not_taken_by_hand"), ids, "not taken, by hand: "+because)
	case delivery.Failed:
		rows, err = tx.Query(ctx, statement("delivery/settle_by_hand"), ids, string(to), "by hand: "+because)
	default:
		rows, err = tx.Query(ctx, statement("delivery/settle_by_hand"), ids, string(to), nil)
	}
	if err != nil {
		return nil, err
	}
	return untakenOf(rows)
}

// knows is a fault where there is no campaign of that name; the empty name is any.
func knows(ctx context.Context, on interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, campaign string) error {
	known := campaign == ""
	if !known {
		if err := on.QueryRow(ctx, "select exists (select from campaigns where name = $1)", campaign).Scan(&known); err != nil {
			return mapError(err)
		}
	}
	if !known {
		return fault.New(fault.NotFound, fmt.Sprintf("there is no campaign %q", campaign), "rewave campaign list")
	}
	return nil
}

// untaken is what messages cost that were not taken, by campaign.
type untaken map[int]*gatesAndCosts

type gatesAndCosts struct {
	gates []time.Time
	costs []int64
}

// untakenOf reads rows of a campaign, a gate and a cost.
func untakenOf(rows pgx.Rows) (untaken, error) {
	of := untaken{}
	var campaign int
	var gate time.Time
	var cost int64
	_, err := pgx.ForEachRow(rows, []any{&campaign, &gate, &cost}, func() error {
		if of[campaign] == nil {
			of[campaign] = &gatesAndCosts{}
		}
		of[campaign].gates, of[campaign].costs = append(of[campaign].gates, gate), append(of[campaign].costs, cost)
		return nil
	})
	return of, err
}

// giveBack gives campaigns back what it cost.
func (u untaken) giveBack(ctx context.Context, tx pgx.Tx) error {
	for _, campaign := range slices.Sorted(maps.Keys(u)) {
		if _, err := tx.Exec(ctx, statement("limits/give_back"), campaign, u[campaign].gates, u[campaign].costs); err != nil {
			return err
		}
	}
	return nil
}

func choose(ctx context.Context, tx pgx.Tx, m Meant, verb string, to delivery.State, alive *time.Time) (done Done, err error) {
	if err := knows(ctx, tx, m.Campaign); err != nil {
		return done, err
	}
	from := make([]string, len(m.From))
	for i, s := range m.From {
		from[i] = string(s)
	}
	rows, err := tx.Query(ctx, statement("delivery/choose_for_act"), m.IDs, said(m.Campaign), from, alive, verb, string(to), m.Who, m.Because)
	if err != nil {
		return done, err
	}
	if done.IDs, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return done, err
	}
	for _, id := range m.IDs {
		if !slices.Contains(done.IDs, id) {
			done.Left = append(done.Left, id)
		}
	}
	return done, nil
}

// Told is a delivery for people to look at. Nil times have not come.
type Told struct {
	ID                                   int64
	Campaign, Wave                       string
	Round                                int
	Customer                             string // the shop's own id
	Channel, Arm                         string
	Skip                                 bool
	State                                delivery.State
	Reason                               string
	EnteredAt, ScheduledAt               time.Time
	DueAt                                *time.Time
	ExpiresAt                            time.Time
	Epoch, Returned, Untaken             int
	GateAt, ClaimedAt                    *time.Time
	Provider, ProviderID                 string
	SettledAt                            *time.Time
	DeliveredAt, BouncedAt, ComplainedAt *time.Time
	Lost                                 *audience.Loss // what it lost to; nil: nothing
	Stopped                              string         // what keeps a planned one from going out now; empty: nothing but its time
}

// Telling says which deliveries are wanted; what is empty asks for all.
type Telling struct {
	States             []delivery.State
	Campaign, Customer string
	IDs                []int64
	Limit              int
}

// Deliveries returns those asked for, the last decided first.
func (s *Store) Deliveries(ctx context.Context, t Telling) ([]Told, error) {
	var states []string
	for _, s := range t.States {
		states = append(states, string(s))
	}
	if err := knows(ctx, s.pool, t.Campaign); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, statement("delivery/list"), states, said(t.Campaign), said(t.Customer), t.IDs, t.Limit)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", mapError(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Told])
	return list, mapError(err)
}
