package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/fault"
)

// Steered is what a change of status found and did.
type Steered struct {
	Changed bool      // false: it stood like that already, and nothing was written
	Because string    // the reason that now stands; may be empty
	Since   time.Time // when it came to stand like that
	Waiting int64     // messages that are planned; ghosts not counted
	Held    int64     // ghosts that are planned
	Expires time.Time // of the first of Waiting; zero: none waits
}

// SetStatus pauses, resumes or cancels, and writes it into the history. A
// cancelled campaign stays cancelled. Where a campaign stands like that already
// the first reason stays; one that comes later is kept where there was none.
func (s *Store) SetStatus(ctx context.Context, name, status, because string) (Steered, error) {
	var out Steered
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		var id int
		var now string
		err := tx.QueryRow(ctx, "select campaign_id, status, coalesce(status_reason, ''), status_at from campaigns where name = $1 for update", name).
			Scan(&id, &now, &out.Because, &out.Since)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return fault.New(fault.NotFound, fmt.Sprintf("there is no campaign %q", name), "rewave campaign list")
		case err != nil:
			return err
		case now == "cancelled" && status != now:
			return fault.New(fault.Conflict, fmt.Sprintf("campaign %q was cancelled; a cancelled campaign cannot be %s", name, deeds[status]), "give the new campaign a name of its own")
		}
		var expires *time.Time
		err = tx.QueryRow(ctx, `select count(*) filter (where arm = 'treat' and not skip), count(*) filter (where arm <> 'treat' or skip), min(d.expires_at) filter (where arm = 'treat' and not skip)
			from deliveries d join due q on q.delivery_id = d.delivery_id where q.campaign_id = $1`, id).Scan(&out.Waiting, &out.Held, &expires)
		if expires != nil {
			out.Expires = *expires
		}
		if err == nil && now == status && out.Because == "" && because != "" && status != "running" {
			out.Because = because // said later, of what stands
			_, err = tx.Exec(ctx, "update campaigns set status_reason = $2 where campaign_id = $1", id, because)
		}
		if err != nil || now == status {
			return err
		}
		out.Changed, out.Because = true, because
		err = tx.QueryRow(ctx, "update campaigns set status = $2, status_reason = nullif($3, ''), status_at = now() where campaign_id = $1 returning status_at", id, status, because).Scan(&out.Since)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "insert into campaign_history (campaign_id, deed, because) values ($1, $2, nullif($3, ''))", id, deeds[status], because)
		return err
	})
	if _, told := fault.Of(err); told {
		return out, err
	}
	if err != nil {
		return out, fmt.Errorf("set status of %s: %w", name, mapError(err))
	}
	if !out.Changed {
		return out, nil
	}
	return out, s.HandOutAgain(ctx) // what was passed over while it was paused
}

// deeds names a status as the history does.
var deeds = map[string]string{"running": "resumed", "paused": "paused", "cancelled": "cancelled"}

// InFlight counts the customers who are on their way on one version, in one
// round.
type InFlight struct {
	Version   int
	Hash      string // of the version's content
	Design    int
	Round     int
	Customers int64
}

// InFlight returns who is on their way through a campaign.
func (s *Store) InFlight(ctx context.Context, campaign int) ([]InFlight, error) {
	rows, err := s.pool.Query(ctx, statement("campaign/in_flight"), campaign)
	if err != nil {
		return nil, fmt.Errorf("count customers in flight: %w", mapError(err))
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[InFlight])
}

// Enrolled counts the enrollments of a campaign by arm, of all designs.
type Enrolled struct{ Treat, Hold, GlobalHold int64 }

// All is how many there are.
func (e Enrolled) All() int64 { return e.Treat + e.Hold + e.GlobalHold }

// Enrolled counts who came into a campaign.
func (s *Store) Enrolled(ctx context.Context, campaign int) (e Enrolled, err error) {
	err = s.pool.QueryRow(ctx, `select count(*) filter (where arm = 'treat'), count(*) filter (where arm = 'hold'), count(*) filter (where arm = 'global_hold')
		from enrollments where campaign_id = $1`, campaign).Scan(&e.Treat, &e.Hold, &e.GlobalHold)
	if err != nil {
		return e, fmt.Errorf("count enrollments: %w", mapError(err))
	}
	return e, nil
}

// Ran reports whether entry into a campaign has been open: somebody entered, or
// a slot was gone through.
func (s *Store) Ran(ctx context.Context, c Campaign) (bool, error) {
	if c.SlotDone.After(c.ActivatedAt) {
		return true, nil
	}
	e, err := s.Enrolled(ctx, c.ID)
	return e.All() > 0, err
}

// Spending is what a campaign has used of a budget, whether or not it has one,
// and how many messages of it wait to be sent.
type Spending struct {
	Micros  int64 // for messages, in millionths of the currency's unit
	Bound   int64 // codes at their face value, in minor units, until they end unused
	Waiting int64 // ghosts not counted
}

// Spending reads it as of an instant; pools are those that codes are given from.
func (s *Store) Spending(ctx context.Context, campaign int, at time.Time, pools []string) (out Spending, err error) {
	if err := s.pool.QueryRow(ctx, statement("limits/spent"), campaign).Scan(&out.Micros, &out.Waiting); err != nil {
		return out, fmt.Errorf("read spending: %w", mapError(err))
	}
	if len(pools) == 0 {
		return out, nil
	}
	if err := s.pool.QueryRow(ctx, statement("limits/bound"), campaign, at, pools).Scan(&out.Bound); err != nil {
		return out, fmt.Errorf("read spending: %w", mapError(err))
	}
	return out, nil
}

// Deed is one line of a campaign's history. Hash and Design are set for an
// apply only.
type Deed struct {
	At      time.Time
	Deed    string // applied, paused, resumed, cancelled
	Because string
	Hash    string
	Design  int
	Version int
}

// History returns what was done to a campaign, oldest first.
func (s *Store) History(ctx context.Context, campaign int) ([]Deed, error) {
	rows, err := s.pool.Query(ctx, statement("campaign/history"), campaign)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", mapError(err))
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Deed])
}

// WaveState counts the deliveries of a wave that stand in one state for one
// reason. Due and Last are set for planned ones: when the first and the last of
// them are asked about next.
type WaveState struct {
	Round       int
	Wave, State string
	Reason      string // empty: none, or the provider's own words
	LostTo      string // the campaign that they lost to; empty: none
	Count       int64
	Due, Last   *time.Time
}

// Overdue is how many planned messages of running campaigns were due before an
// instant, and since when the first of them is; campaign 0 is all of them.
func (s *Store) Overdue(ctx context.Context, campaign int, before time.Time) (n int64, since time.Time, err error) {
	var first *time.Time
	if err := s.pool.QueryRow(ctx, statement("campaign/overdue"), nullInt(campaign), before).Scan(&n, &first); err != nil {
		return 0, since, fmt.Errorf("count what is overdue: %w", mapError(err))
	}
	if first != nil {
		since = *first
	}
	return n, since, nil
}

// Progress returns where the deliveries of a campaign stand, round by round, the
// waves in the order of their time.
func (s *Store) Progress(ctx context.Context, campaign int) ([]WaveState, error) {
	rows, err := s.pool.Query(ctx, statement("campaign/progress"), campaign)
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", mapError(err))
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[WaveState])
}
