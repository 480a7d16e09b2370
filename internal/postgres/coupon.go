package postgres

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/fault"
)

// CouponPool returns the terms of a pool; one that is not there is a
// fault.NotFound.
func (s *Store) CouponPool(ctx context.Context, name string) (coupon.Pool, error) {
	rows, err := s.pool.Query(ctx, statement("coupon/pools"), name)
	if err != nil {
		return coupon.Pool{}, fmt.Errorf("coupon pool %s: %w", name, mapError(err))
	}
	return onePool(rows, name)
}

// CouponPools returns the terms of all pools, by name.
func (s *Store) CouponPools(ctx context.Context) ([]coupon.Pool, error) {
	rows, err := s.pool.Query(ctx, statement("coupon/pools"), nil)
	if err != nil {
		return nil, fmt.Errorf("coupon pools: %w", mapError(err))
	}
	pools, err := pgx.CollectRows(rows, scanPool)
	if err != nil {
		return nil, fmt.Errorf("coupon pools: %w", mapError(err))
	}
	return pools, nil
}

func onePool(rows pgx.Rows, name string) (coupon.Pool, error) {
	pools, err := pgx.CollectRows(rows, scanPool)
	if err != nil {
		return coupon.Pool{}, fmt.Errorf("coupon pool %s: %w", name, mapError(err))
	}
	if len(pools) == 0 {
		return coupon.Pool{}, fault.New(fault.NotFound, fmt.Sprintf("there is no coupon pool %q", name),
			"rewave coupon generate "+name+" --count 1000 --kind percent --value 10%")
	}
	return pools[0], nil
}

func scanPool(row pgx.CollectableRow) (p coupon.Pool, err error) {
	err = row.Scan(&p.Name, &p.Says, &p.Kind, &p.Currency, &p.Value, &p.Percent, &p.AtMost, &p.MinSpend, timeOrZero{&p.From}, timeOrZero{&p.Until}, &p.PerCustomer)
	return p, err
}

// makePool makes the pool, or holds the one that is there to the same terms.
func makePool(ctx context.Context, tx pgx.Tx, p coupon.Pool) error {
	var percent *int64
	if p.Percent > 0 {
		percent = &p.Percent
	}
	_, err := tx.Exec(ctx, statement("coupon/make_pool"), p.Name, said(p.Says), p.Kind, said(p.Currency), p.Value, percent, p.AtMost, p.MinSpend,
		instant(p.From), instant(p.Until), p.PerCustomer)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, statement("coupon/pools"), p.Name)
	if err != nil {
		return err
	}
	stored, err := onePool(rows, p.Name)
	if err != nil {
		return err
	}
	if !stored.SameTerms(p) {
		return fault.New(fault.Conflict, fmt.Sprintf("the coupon pool %s has other terms already", p.Name),
			"leave the terms out to add codes to it as it is, or use another pool: rewave coupon status "+p.Name+" shows them")
	}
	return nil
}

// CouponsAdded is what became of codes that were to be added to a pool.
type CouponsAdded struct {
	New, Known int               // Known: the pool had them already
	Elsewhere  map[string]string // codes that are not added: they are of that other pool
	Burnt      int               // new ones that orders have named already: nobody will be given them
}

// AddCoupons makes the pool where it is not there yet and adds codes, each given
// once, all or none. Codes that are there already change nothing. Other terms
// than the pool's are a fault.Conflict, and so is an import under way.
func (s *Store) AddCoupons(ctx context.Context, pool coupon.Pool, codes []string) (CouponsAdded, error) {
	var added CouponsAdded
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		// An import of orders meanwhile would not see the codes, nor we its orders.
		var free bool
		if err := tx.QueryRow(ctx, "select pg_try_advisory_xact_lock(hashtext('rewave:import'))").Scan(&free); err != nil {
			return err
		}
		if !free {
			return fault.New(fault.Conflict, "an import is running into this database", "wait for it to end, then start this one again")
		}
		if err := makePool(ctx, tx, pool); err != nil {
			return err
		}
		fresh, err := addCodes(ctx, tx, pool.Name, codes)
		if err != nil {
			return err
		}
		added = CouponsAdded{New: len(fresh), Elsewhere: map[string]string{}}
		rows, err := tx.Query(ctx, "select code, pool from coupons where code = any($1) and pool <> $2", codes, pool.Name)
		if err != nil {
			return err
		}
		var code, other string
		if _, err := pgx.ForEachRow(rows, []any{&code, &other}, func() error { added.Elsewhere[code] = other; return nil }); err != nil {
			return err
		}
		added.Known = len(codes) - added.New - len(added.Elsewhere)
		done, err := redeem(ctx, tx, fresh)
		added.Burnt = done.burnt
		return err
	})
	if err != nil {
		return CouponsAdded{}, fmt.Errorf("add coupons to %s: %w", pool.Name, mapError(err))
	}
	return added, nil
}

// addCodes returns those that nobody had, sorted.
func addCodes(ctx context.Context, tx pgx.Tx, pool string, codes []string) ([]string, error) {
	var fresh []string
	for part := range slices.Chunk(slices.Sorted(slices.Values(codes)), 100_000) {
		rows, err := tx.Query(ctx, statement("coupon/add"), pool, part)
		if err != nil {
			return nil, err
		}
		added, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, added...)
	}
	slices.Sort(fresh)
	return fresh, nil
}

// GenerateCoupons makes the pool where it is not there yet and n new codes in
// it. written is called with all of them, and with how many the pool has
// then, before they are committed: when it fails, the pool is as it was, and no code is in it that the shop has not seen.
// It returns that number. Other terms than the pool's are a
// fault.Conflict.
func (s *Store) GenerateCoupons(ctx context.Context, pool coupon.Pool, n int, random io.Reader, written func(codes []string, total int) error) (total int, err error) {
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		if err := makePool(ctx, tx, pool); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, "select count(*) from coupons where pool = $1", pool.Name).Scan(&total); err != nil {
			return err
		}
		total += n
		var fresh []string
		for len(fresh) < n { // a code that is there already is made up for
			codes, err := coupon.Generate(n-len(fresh), total, random)
			if err != nil {
				return fault.Wrap(fault.Usage, err, "the codes cannot be made", "use a pool of its own for each campaign")
			}
			added, err := addCodes(ctx, tx, pool.Name, codes)
			if err != nil {
				return err
			}
			fresh = append(fresh, added...)
		}
		return written(fresh, total)
	})
	if err != nil {
		return 0, fmt.Errorf("generate coupons for %s: %w", pool.Name, mapError(err))
	}
	return total, nil
}

// CouponStatus is how a pool stands. Free, Burnt, Bound, Redeemed and Expired
// add up to Codes.
type CouponStatus struct {
	Pool     string
	Codes    int
	Free     int
	Burnt    int // an order named them while they were free
	Bound    int // given, neither used nor ended
	Redeemed int
	Expired  int // given and not used in time
	Lately   int // given within Window before the instant asked for

	RedeemedMinor   int64 // what the redeemed took off or cost, in the pool's currency
	RedeemedUnknown int   // redeemed codes of which that is not known

	Leaked int                // bound codes of which there is a leak
	Leaks  map[coupon.Why]int // uses, by why
}

// CouponWindow is what CouponStatus.Lately counts over.
const CouponWindow = 7 * 24 * time.Hour

// CouponStatuses says how one pool or, for an empty name, all stand, by name. A
// name that is not there is a fault.NotFound.
func (s *Store) CouponStatuses(ctx context.Context, name string, at time.Time) ([]CouponStatus, error) {
	rows, err := s.pool.Query(ctx, statement("coupon/status"), said(name), at, CouponWindow.Seconds())
	if err != nil {
		return nil, fmt.Errorf("coupon status: %w", mapError(err))
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CouponStatus])
	if err != nil {
		return nil, fmt.Errorf("coupon status: %w", mapError(err))
	}
	if len(all) == 0 && name != "" {
		_, err := s.CouponPool(ctx, name)
		return nil, err
	}
	return all, nil
}

// Exhausted is when the free codes are used up if as many go in a day as lately;
// false where none went, or none is left.
func (c CouponStatus) Exhausted(at time.Time) (time.Time, bool) {
	if c.Lately == 0 || c.Free == 0 {
		return time.Time{}, false
	}
	days := float64(c.Free) / float64(c.Lately) * CouponWindow.Hours() / 24
	if days > 36500 {
		return time.Time{}, false // not in anybody's time
	}
	return at.Add(time.Duration(days * 24 * float64(time.Hour))), true
}
