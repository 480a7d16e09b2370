package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// customer_features holds of every customer who is not merged what rules ask most
// often, on one basis: orders of one currency, days of one zone. Imports keep it in
// the transaction that takes in orders. Everybody who writes it holds
// featuresLock from before the first look at orders until the end of the
// transaction: a merge that is not committed and a rebuild that does not see it
// must not run side by side. It is not the import lock, which is held for as long
// as a file is read.
const featuresLock = "select pg_advisory_xact_lock(hashtext('rewave:features'))"

// featureBasis is what the rows are worked out on.
type featureBasis struct{ currency, zone string }

// EnsureFeatures makes currency and zone the basis of customer_features, and
// works the table out anew unless it is kept on that basis already. It waits for
// a merge that is under way. Until it was called once, imports do not keep the
// table.
func (s *Store) EnsureFeatures(ctx context.Context, currency, zone string) error {
	want := featureBasis{currency, zone}
	have, err := readBasis(ctx, s.pool)
	if err == nil && have != want {
		_, err = s.rebuild(ctx, func(featureBasis) featureBasis { return want })
	}
	return featuresError("ensure", err)
}

// RebuildFeatures works customer_features out anew, all of it, on the basis it
// is kept on, and returns how many rows it wrote: those that were wrong or not
// there. Without a basis it does nothing.
func (s *Store) RebuildFeatures(ctx context.Context) (written int64, err error) {
	written, err = s.rebuild(ctx, func(have featureBasis) featureBasis { return have })
	return written, featuresError("rebuild", err)
}

func featuresError(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s features: %w", what, mapError(err))
}

// readBasis returns the zero basis where none is set.
func readBasis(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
},
) (b featureBasis, err error) {
	err = q.QueryRow(ctx, "select currency, zone from feature_state").Scan(&b.currency, &b.zone)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return b, err
}

// rebuild works the table out on the basis that choose makes of the present one.
func (s *Store) rebuild(ctx context.Context, choose func(featureBasis) featureBasis) (written int64, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, featuresLock); err != nil {
			return err
		}
		have, err := readBasis(ctx, tx)
		if err != nil {
			return err
		}
		basis := choose(have)
		if basis == (featureBasis{}) {
			return nil
		}
		// A zone that the database does not know fails here, not in the next import.
		_, err = tx.Exec(ctx, `insert into feature_state (currency, zone, newest_at, most_orders, most_units)
			select $1::text, $2::text, '-infinity', 0, 0 where now() at time zone $2::text is not null
			on conflict (only_one) do update set currency = excluded.currency, zone = excluded.zone, newest_at = excluded.newest_at,
			   most_orders = 0, most_units = 0, rebuilt_at = now()`,
			basis.currency, basis.zone)
		if err != nil {
			return err
		}
		written, err = basis.writeAll(ctx, tx)
		return err
	})
	return written, err
}

// writeAll works out all rows and returns how many it wrote. Into an empty table
// they are written at once; else only what differs is, and never is the table
// empty for a reader.
func (b featureBasis) writeAll(ctx context.Context, tx pgx.Tx) (int64, error) {
	// Sorts that stay in the processor's cache, run by run, are faster than one in
	// memory. And orders by their index, where the table has to be looked at too, are
	// only fast as long as all of it is in memory.
	if _, err := tx.Exec(ctx, "set local work_mem = '4MB'; set local effective_cache_size = '128MB'"); err != nil {
		return 0, err
	}
	var empty bool
	if err := tx.QueryRow(ctx, "select not exists (select from customer_features)").Scan(&empty); err != nil {
		return 0, err
	}
	// Analyzed by chance in the midst of a fill, the table is empty to the planner,
	// who then compares every row with every other.
	const analyze = "analyze customer_features"
	if !empty {
		if _, err := tx.Exec(ctx, analyze); err != nil {
			return 0, err
		}
		return b.renew(ctx, tx, nil)
	}
	filled, err := tx.Exec(ctx, statement("feature/fill"), b.currency, b.zone)
	if err != nil {
		return 0, fmt.Errorf("feature/fill: %w", err)
	}
	_, err = tx.Exec(ctx, `update feature_state s set newest_at = greatest(s.newest_at, n.at), most_orders = coalesce(n.orders, 0), most_units = coalesce(n.units, 0)
		from (select max(changed_at) as at, max(orders) as orders, max(units) as units from customer_features) n; `+analyze)
	return filled.RowsAffected(), err
}

// renew works out the rows of customers, nil: of all, and returns how many it
// wrote.
func (b featureBasis) renew(ctx context.Context, tx pgx.Tx, customers []int64) (int64, error) {
	// Each time parsed and planned for what is asked: a plan for all reads all for one.
	tag, err := tx.Exec(ctx, statement("feature/renew"), pgx.QueryExecModeExec, customers, b.currency, b.zone)
	if err != nil {
		return 0, fmt.Errorf("feature/renew: %w", err)
	}
	return tag.RowsAffected(), nil
}

// features brings customer_features up to what the merge changed, at its end.
func (m *merge) features(ctx context.Context) error {
	c := &m.counts
	touched := c.Customers.New+c.Orders.New+c.Orders.Changed+int64(len(m.settled)+len(m.redeemed)+len(m.recategorized)) > 0
	if !touched {
		return nil
	}
	basis, err := readBasis(ctx, m.tx)
	if err != nil || basis == (featureBasis{}) {
		return err
	}
	var empty bool
	if err := m.tx.QueryRow(ctx, "select not exists (select from customer_features)").Scan(&empty); err != nil {
		return err
	}
	if empty {
		_, err := basis.writeAll(ctx, m.tx)
		return err
	}
	anew, err := m.addFeatures(ctx, basis)
	if err != nil || len(anew) == 0 {
		return err
	}
	// To look customers up one by one is faster than going through all orders, as
	// long as they are not too many; their number is an estimate of the planner's.
	var all int64
	if err := m.tx.QueryRow(ctx, "select reltuples::bigint from pg_class where oid = 'customers'::regclass").Scan(&all); err != nil {
		return err
	}
	const few = 10_000
	if len(anew) > few && int64(len(anew)) > all/4 {
		_, err := basis.writeAll(ctx, m.tx)
		return err
	}
	slices.Sort(anew)
	for part := range slices.Chunk(anew, few/2) {
		if _, err := basis.renew(ctx, m.tx, part); err != nil {
			return err
		}
	}
	return nil
}

// addFeatures adds the new orders of customers of whom nothing else changed, and
// returns the customers whose rows must be worked out anew.
func (m *merge) addFeatures(ctx context.Context, basis featureBasis) ([]int64, error) {
	var whole []int64
	if len(m.recategorized) > 0 {
		rows, err := m.tx.Query(ctx, statement("feature/of_products"), m.recategorized)
		if err == nil {
			whole, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		}
		if err != nil {
			return nil, fmt.Errorf("feature/of_products: %w", err)
		}
	}
	rows, err := m.tx.Query(ctx, statement("feature/add"), basis.currency, basis.zone, slices.Concat(m.settled, m.redeemed), whole)
	if err != nil {
		return nil, fmt.Errorf("feature/add: %w", err)
	}
	anew, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("feature/add: %w", err)
	}
	return anew, nil
}
