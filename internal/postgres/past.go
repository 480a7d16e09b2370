package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/fault"
)

// Past is what happened to a delivery besides what its row says; of each kind
// the oldest first.
type Past struct {
	Acts    []Act
	Doubts  []DoubtBegun
	Resends []time.Time     // under its key, while it was in doubt
	Words   []delivery.Word // of its provider
	Ban     *Ban            // of the address that its customer has now; nil: there is none
}

// DoubtBegun is when nobody knew what had become of a call, and why.
type DoubtBegun struct {
	At     time.Time
	Reason string
}

// Ban is why an address is not written to, and since when that is on record.
type Ban struct {
	Reason   string
	Recorded time.Time
}

// Past reads what happened to a delivery.
func (s *Store) Past(ctx context.Context, id int64) (p Past, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, reading, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select at, who, verb, because, was, became from acts where delivery_id = $1 order by act_id", id)
		if err != nil {
			return err
		}
		if p.Acts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Act]); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, "select at, reason from doubts where delivery_id = $1 order by doubt_id", id); err != nil {
			return err
		}
		if p.Doubts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[DoubtBegun]); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, "select at from resends where delivery_id = $1 order by resend_id", id); err != nil {
			return err
		}
		if p.Resends, err = pgx.CollectRows(rows, pgx.RowTo[time.Time]); err != nil {
			return err
		}
		said, _, err := readFeedback(ctx, tx, []int64{id})
		if err != nil {
			return err
		}
		p.Words = said[id]
		var ban Ban
		err = tx.QueryRow(ctx, statement("delivery/ban_of"), id).Scan(&ban.Reason, &ban.Recorded)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		p.Ban = &ban
		return err
	})
	if err != nil {
		return Past{}, fmt.Errorf("read the past of a delivery: %w", mapError(err))
	}
	return p, nil
}

// DeliveryIDs finds deliveries by what people call them: the number, our
// reference (NUMBER.INSTALLATION, as it is or as the message id of a mail), or the
// provider's own name for the message. What is all digits is a number. An unknown
// one is a fault, and so is a name that two providers have given.
func (s *Store) DeliveryIDs(ctx context.Context, installation string, names []string) ([]int64, error) {
	ids := make([]int64, len(names))
	for i, name := range names {
		number, ours := ourNumber(name, installation)
		if ours {
			ids[i] = number
			continue
		}
		rows, err := s.pool.Query(ctx, "select delivery_id from deliveries where provider_id = $1 order by 1 limit 6", name)
		if err != nil {
			return nil, fmt.Errorf("find a delivery: %w", mapError(err))
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		switch {
		case err != nil:
			return nil, fmt.Errorf("find a delivery: %w", mapError(err))
		case len(found) == 0:
			return nil, fault.New(fault.NotFound, fmt.Sprintf("%q is neither the id nor a reference of a delivery here", name), "rewave delivery list")
		case len(found) > 1:
			return nil, fault.New(fault.Conflict, fmt.Sprintf("%q is what providers call several deliveries: %v; name one by its id", name, found), "rewave delivery list")
		}
		ids[i] = found[0]
	}
	return ids, s.knowsDeliveries(ctx, s.pool, ids)
}

// ourNumber is the number in a delivery's id or in our reference.
func ourNumber(name, installation string) (int64, bool) {
	name, _, _ = strings.Cut(strings.Trim(name, "<>"), "@")
	number, of, named := strings.Cut(name, ".")
	id, err := strconv.ParseInt(number, 10, 64)
	return id, err == nil && id > 0 && (!named || of == installation)
}

// knowsDeliveries is a fault where one of the ids is of no delivery.
func (s *Store) knowsDeliveries(ctx context.Context, on interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, ids []int64) error {
	rows, err := on.Query(ctx, "select delivery_id from deliveries where delivery_id = any ($1::bigint[])", ids)
	if err != nil {
		return mapError(err)
	}
	known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return mapError(err)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return fault.New(fault.NotFound, fmt.Sprintf("there is no delivery %d", id), "rewave delivery list")
		}
	}
	return nil
}
