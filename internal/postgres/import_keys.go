package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// heldKeys are keys that a merge has set aside and must put back.
type heldKeys struct {
	tx   pgx.Tx
	held bool
}

// setKeysAside drops the keys that would be checked row by row, for the first
// history that comes into a database: half a million order lines take 1.5 s to
// write and 5.4 s to check against orders and products one by one, 0.2 s all at
// once when the keys are put back.
//
// It locks these tables against everyone until the merge commits. That is
// harmless while there is no order yet, and only then is it done; where the
// locks are busy, or the tables are someone else's, the keys stay and the merge
// takes longer.
func (m *merge) setKeysAside(ctx context.Context) (heldKeys, error) {
	const worthwhile = 20_000 // lines; below, the locks cost more than they give
	keys := heldKeys{tx: m.tx}
	lines, err := m.staged(ctx)
	if err != nil || lines < worthwhile {
		return keys, err
	}
	var empty bool
	err = m.tx.QueryRow(ctx, "select not exists (select from orders) and not exists (select from order_lines) and not exists (select from refunds)").Scan(&empty)
	if err != nil || !empty {
		return keys, err
	}
	err = pgx.BeginFunc(ctx, m.tx, func(tx pgx.Tx) error {
		for _, sql := range []string{
			"set local lock_timeout = '2s'",
			"lock table customers, products, orders, order_lines, refunds in access exclusive mode",
			"alter table refunds drop constraint refunds_customer_id_fkey, drop constraint refunds_product_id_fkey, drop constraint refunds_order_id_order_line_no_fkey",
			"alter table order_lines drop constraint order_lines_order_id_fkey, drop constraint order_lines_product_id_fkey, drop constraint order_lines_pkey",
			"alter table orders drop constraint orders_customer_id_fkey",
			"set local lock_timeout = 0",
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	var refused *pgconn.PgError
	if errors.As(err, &refused) && ctx.Err() == nil {
		return keys, nil // undone; as said above
	}
	keys.held = err == nil
	return keys, err
}

// restoreLineKey puts back the primary key of order_lines, for statements that
// look lines up.
func (k heldKeys) restoreLineKey(ctx context.Context) error {
	if !k.held {
		return nil
	}
	_, err := k.tx.Exec(ctx, "alter table order_lines add constraint order_lines_pkey primary key (order_id, line_no)")
	return err
}

// restoreReferences puts back the foreign keys, which checks all rows.
func (k heldKeys) restoreReferences(ctx context.Context) error {
	if !k.held {
		return nil
	}
	for _, sql := range []string{
		"alter table orders add constraint orders_customer_id_fkey foreign key (customer_id) references customers",
		`alter table order_lines
			add constraint order_lines_order_id_fkey foreign key (order_id) references orders,
			add constraint order_lines_product_id_fkey foreign key (product_id) references products`,
		`alter table refunds
			add constraint refunds_customer_id_fkey foreign key (customer_id) references customers,
			add constraint refunds_product_id_fkey foreign key (product_id) references products,
			add constraint refunds_order_id_order_line_no_fkey foreign key (order_id, order_line_no) references order_lines`,
	} {
		if _, err := k.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
