package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// heldKeys are keys and indexes that a merge has set aside and must put back;
// none is the zero value. While they are held nobody else can write an order, a
// line or a refund, and there was none before.
type heldKeys struct {
	tx      pgx.Tx
	lineKey []string // statements that put back what finds an order line
	others  []string // and all else
}

// setKeysAside drops what would be checked and kept up row by row, for the first
// history that comes into a database: half a million order lines take 0.6 s to
// write and 5.4 s to check against orders and products one by one, 0.2 s all at
// once when the keys are put back.
//
// It locks these tables against everyone until the merge commits. That is
// harmless while there is no order yet, and only then is it done; where the
// locks are busy, or the tables are someone else's, the keys stay and the merge
// takes longer.
func (m *merge) setKeysAside(ctx context.Context) (heldKeys, error) {
	const worthwhile = 20_000 // lines; below, the locks cost more than they give
	lines, err := m.staged(ctx)
	if err != nil || lines < worthwhile {
		return heldKeys{}, err
	}
	if empty, err := noOrders(ctx, m.tx); err != nil || !empty {
		return heldKeys{}, err
	}
	keys := heldKeys{tx: m.tx}
	err = pgx.BeginFunc(ctx, m.tx, func(tx pgx.Tx) error {
		for _, sql := range []string{
			"set local lock_timeout = '2s'",
			"lock table customers, identities, contacts, products, orders, order_lines, refunds in access exclusive mode",
			"set local lock_timeout = 0",
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		// Somebody may have been writing an order while the locks were waited for.
		if empty, err := noOrders(ctx, tx); err != nil || !empty {
			return cmp.Or(err, errOrdersThere)
		}
		rows, err := tx.Query(ctx, statement("import/find_keys"))
		if err != nil {
			return err
		}
		var drops []string
		var drop, restore string
		var ofLine bool
		_, err = pgx.ForEachRow(rows, []any{&ofLine, &drop, &restore}, func() error {
			drops = append(drops, drop)
			if ofLine {
				keys.lineKey = append(keys.lineKey, restore)
			} else {
				keys.others = append(keys.others, restore)
			}
			return nil
		})
		if err != nil {
			return err
		}
		slices.Reverse(keys.others) // foreign keys come last
		return execAll(ctx, tx, drops)
	})
	var refused *pgconn.PgError
	if (errors.As(err, &refused) || errors.Is(err, errOrdersThere)) && ctx.Err() == nil {
		return heldKeys{}, nil // undone; as said above
	}
	return keys, err
}

// errOrdersThere undoes what setKeysAside began.
var errOrdersThere = errors.New("there are orders")

func noOrders(ctx context.Context, tx pgx.Tx) (none bool, err error) {
	err = tx.QueryRow(ctx, "select not exists (select from orders) and not exists (select from order_lines) and not exists (select from refunds)").Scan(&none)
	return none, err
}

// held says whether anything was set aside.
func (k heldKeys) held() bool { return k.tx != nil }

func execAll(ctx context.Context, tx pgx.Tx, statements []string) error {
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// restoreLineKey puts back the primary key of order_lines, for statements that
// look lines up.
func (k heldKeys) restoreLineKey(ctx context.Context) error {
	return execAll(ctx, k.tx, k.lineKey)
}

// restoreOthers puts back the rest, which checks all rows.
func (k heldKeys) restoreOthers(ctx context.Context) error {
	return execAll(ctx, k.tx, k.others)
}
