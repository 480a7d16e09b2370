package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/rewave/rewave/internal/coupon"
)

// Wanted is a delivery that a code is wanted for.
type Wanted struct {
	Delivery   int64
	Customer   int64
	EnteredAt  time.Time
	Enrollment int64
	Round      int
	Epoch      int // 0: no gate let it pass yet, so it has no code either
}

// BoundCoupon is the code a delivery was given, or why it was given none.
type BoundCoupon struct {
	Code    string
	Expires time.Time      // it counts before this instant; zero: no end
	Refused coupon.Refusal // empty: Code is the delivery's
}

// CouponStock is what one transaction may give away of a pool. Its codes are
// held until the transaction ends: what it promises, Bind keeps.
type CouponStock struct {
	Pool coupon.Pool
	Left int // codes held here, at most as many as deliveries were asked for

	at    time.Time
	wave  string
	had   map[int64]int         // by customer
	bound map[int64]BoundCoupon // by delivery, from an earlier time
	free  []freeCode
	busy  bool // others hold free codes, and may give them back
}

// freeCode is a code that is held, and where it stands meanwhile.
type freeCode struct {
	Code  string
	Place pgtype.TID
}

// CouponsLeft holds as many free codes of a pool as deliveries of a wave may need,
// those behind the code after first, and says which of them can be given one at that
// instant. The caller holds the customers (contacts), as the gate does; codes come
// last, and are never waited for. A pool that is not there is a fault.NotFound.
func CouponsLeft(ctx context.Context, tx pgx.Tx, pool, wave string, wanted []Wanted, at time.Time, after string) (*CouponStock, error) {
	s := &CouponStock{at: at, wave: wave, had: make(map[int64]int), bound: make(map[int64]BoundCoupon, len(wanted))}
	customers := make(int64s, len(wanted))
	var again []int64
	var of int64s
	var entered times
	for i, w := range wanted {
		if customers[i] = w.Customer; w.Epoch > 0 {
			again, of, entered = append(again, w.Delivery), append(of, w.Customer), append(entered, w.EnteredAt)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(statement("coupon/pools"), pool).Query(func(rows pgx.Rows) (err error) {
		s.Pool, err = onePool(rows, pool)
		return err
	})
	if len(again) > 0 {
		batch.Queue(statement("coupon/bound"), again, of, entered).Query(func(rows pgx.Rows) error {
			var id int64
			var b BoundCoupon
			_, err := pgx.ForEachRow(rows, []any{&id, &b.Code, timeOrZero{&b.Expires}}, func() error { s.bound[id] = b; return nil })
			return err
		})
	}
	batch.Queue(statement("coupon/had"), pool, customers).Query(func(rows pgx.Rows) error {
		var customer int64
		var had int
		_, err := pgx.ForEachRow(rows, []any{&customer, &had}, func() error { s.had[customer] = had; return nil })
		return err
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("coupon pool %s: %w", pool, mapError(err))
	}
	// Only as many as can go: what is held here is nobody else's meanwhile.
	need := 0
	for _, w := range wanted {
		if _, has := s.bound[w.Delivery]; !has && s.Pool.Refuses(s.had[w.Customer], at) == "" {
			need++
		}
	}
	if need == 0 {
		return s, nil
	}
	if err := s.hold(ctx, tx, need, after); err != nil {
		return nil, fmt.Errorf("coupon pool %s: %w", pool, mapError(err))
	}
	return s, nil
}

// hold takes free codes. When it finds too few, it looks whether there are
// others in somebody's hands: that one may roll back, so the pool is not said to
// be exhausted. Waiting for them instead could end in a circle.
func (s *CouponStock) hold(ctx context.Context, tx pgx.Tx, need int, after string) error {
	rows, err := tx.Query(ctx, statement("coupon/take"), s.Pool.Name, need, after)
	if err != nil {
		return err
	}
	if s.free, err = pgx.CollectRows(rows, pgx.RowToStructByPos[freeCode]); err != nil {
		return err
	}
	if s.Left = len(s.free); s.Left == need {
		return nil
	}
	if after != "" {
		return s.hold(ctx, tx, need, "") // what is held already is found again
	}
	return tx.QueryRow(ctx, "select count(*) > $2 from (select from coupons where pool = $1 and bound_at is null and burnt_at is null limit $2 + 1) free",
		s.Pool.Name, s.Left).Scan(&s.busy)
}

// Has says whether a delivery was given a code at an earlier time; it keeps it,
// whatever has become of the pool.
func (s *CouponStock) Has(w Wanted) bool { _, has := s.bound[w.Delivery]; return has }

// Refuses says why a delivery would be given no code now; empty: it would.
func (s *CouponStock) Refuses(w Wanted) coupon.Refusal {
	if s.Has(w) {
		return ""
	}
	if why := s.Pool.Refuses(s.had[w.Customer], s.at); why != "" {
		return why
	}
	switch {
	case len(s.free) > 0:
		return ""
	case s.busy:
		return coupon.Busy
	}
	return coupon.Exhausted
}

// Bind gives each delivery its code, in their order; they are among those the
// stock was made for. A delivery that has one already gets the same. expires is
// the time from the stock's instant on in which the codes count; 0: as long as
// the pool. Left is less by as many codes as were given.
func (s *CouponStock) Bind(ctx context.Context, tx pgx.Tx, wanted []Wanted, expires time.Duration) ([]BoundCoupon, error) {
	out := make([]BoundCoupon, len(wanted))
	end := s.Pool.Expiry(s.at, expires)
	n := min(len(wanted), len(s.free))
	codes, at := make([]string, 0, n), make(places, 0, n)
	customers, entered, enrollments, rounds := make(int64s, 0, n), make(times, 0, n), make(int64s, 0, n), make([]int, 0, n)
	for i, w := range wanted {
		if had, has := s.bound[w.Delivery]; has {
			out[i] = had
			continue
		}
		if out[i].Refused = s.Refuses(w); out[i].Refused != "" {
			continue
		}
		free := s.free[0]
		out[i] = BoundCoupon{Code: free.Code, Expires: end}
		codes, at = append(codes, free.Code), append(at, free.Place)
		customers, entered = append(customers, w.Customer), append(entered, w.EnteredAt)
		enrollments, rounds = append(enrollments, w.Enrollment), append(rounds, w.Round)
		s.free, s.bound[w.Delivery] = s.free[1:], out[i]
		s.had[w.Customer]++
	}
	s.Left = len(s.free)
	if len(codes) == 0 {
		return out, nil
	}
	tag, err := tx.Exec(ctx, statement("coupon/bind"), codes, at, customers, entered, enrollments, rounds, s.wave, s.at, instant(end))
	if err == nil && int(tag.RowsAffected()) != len(codes) {
		err = fmt.Errorf("%d of %d codes were still free", tag.RowsAffected(), len(codes))
	}
	if err != nil {
		return nil, fmt.Errorf("bind coupons of %s: %w", s.Pool.Name, mapError(err))
	}
	return out, nil
}
