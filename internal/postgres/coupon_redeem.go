package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/coupon"
)

// ImportCoupon is a code that an order of a file names. Order is its number.
type ImportCoupon struct {
	Order int32
	Code  string
}

// coupons notes the codes that the file's orders name and matches those of our
// pools anew. Only codes are looked at of which this import changed a use, and
// these with all their uses: a file that comes late ends where one in time does.
func (m *merge) coupons(ctx context.Context, named []ImportCoupon) error {
	orders := slices.Clone(m.settled)
	for part := range slices.Chunk(named, 100_000) {
		numbers, codes := make([]int32, len(part)), make([]string, len(part))
		for i, n := range part {
			numbers[i], codes[i] = n.Order, n.Code
		}
		rows, err := m.tx.Query(ctx, statement("coupon/name"), numbers, codes)
		if err != nil {
			return fmt.Errorf("coupon/name: %w", err)
		}
		fresh, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("coupon/name: %w", err)
		}
		m.counts.Coupons.Named += int64(len(fresh))
		orders = append(orders, fresh...)
	}
	var some bool
	if err := m.tx.QueryRow(ctx, "select exists (select from order_coupons) and exists (select from coupons)").Scan(&some); err != nil || !some {
		return err
	}
	rows, err := m.tx.Query(ctx, statement("coupon/affected"), orders)
	if err != nil {
		return fmt.Errorf("coupon/affected: %w", err)
	}
	codes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("coupon/affected: %w", err)
	}
	done, err := redeem(ctx, m.tx, codes)
	m.redeemed = done.orders
	m.counts.Coupons.Redeemed, m.counts.Coupons.Leaked = int64(done.redeemed), int64(done.leaked)
	return err
}

// redeemedCoupons counts what a matching found that was not known. orders
// redeemed a code that they had not, or no longer do.
type redeemedCoupons struct {
	redeemed, leaked, burnt int
	orders                  []int64
}

// redeem matches codes, sorted, with the orders that name them. It holds the
// codes until the transaction ends. A gate takes free codes only where nobody
// holds them and never waits for one, so a code is either bound before its uses
// are read here or not free when the gate looks.
func redeem(ctx context.Context, tx pgx.Tx, codes []string) (done redeemedCoupons, err error) {
	if len(codes) == 0 {
		return done, nil
	}
	pools, err := poolsByName(ctx, tx)
	if err != nil {
		return done, err
	}
	for part := range slices.Chunk(codes, 20_000) {
		m, err := loadUses(ctx, tx, part)
		if err != nil {
			return done, fmt.Errorf("load the uses of coupons: %w", err)
		}
		counts, err := m.write(ctx, tx, pools)
		if err != nil {
			return done, fmt.Errorf("write the uses of coupons: %w", err)
		}
		done.redeemed += counts.redeemed
		done.leaked += counts.leaked
		done.burnt += counts.burnt
		done.orders = append(done.orders, counts.orders...)
	}
	return done, nil
}

func poolsByName(ctx context.Context, tx pgx.Tx) (map[string]coupon.Pool, error) {
	rows, err := tx.Query(ctx, statement("coupon/pools"), nil)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scanPool)
	pools := make(map[string]coupon.Pool, len(all))
	for _, p := range all {
		pools[p.Name] = p
	}
	return pools, err
}

// usedCode is a code and every order that names it.
type usedCode struct {
	code, pool string
	coupon.Binding
	burnt    time.Time
	redeemed int64 // as it stood; 0: by none
	uses     []coupon.Use
	orders   map[int64]orderValue
}

// orderValue is what the lines of an order come to.
type orderValue struct {
	gross    int64
	currency string
	at       time.Time
}

// usedCodes are held codes, by code.
type usedCodes []usedCode

func loadUses(ctx context.Context, tx pgx.Tx, codes []string) (usedCodes, error) {
	rows, err := tx.Query(ctx, statement("coupon/lock"), codes)
	if err != nil {
		return nil, err
	}
	var all usedCodes
	at := map[string]int{}
	for rows.Next() {
		u := usedCode{orders: map[int64]orderValue{}}
		if err := rows.Scan(&u.code, &u.pool, &u.Customer, timeOrZero{&u.From}, timeOrZero{&u.Until}, timeOrZero{&u.burnt}, &u.redeemed); err != nil {
			rows.Close()
			return nil, err
		}
		at[u.code] = len(all)
		all = append(all, u)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if rows, err = tx.Query(ctx, statement("coupon/uses"), codes); err != nil {
		return nil, err
	}
	var code string
	var use coupon.Use
	var value orderValue
	_, err = pgx.ForEachRow(rows, []any{&code, &use.Order, &use.Customer, &use.At, &use.Kept, &value.gross, &value.currency}, func() error {
		u := &all[at[code]]
		value.at = use.At
		u.uses, u.orders[use.Order] = append(u.uses, use), value
		return nil
	})
	return all, err
}

// write stores which order redeemed each code, which are burnt, and the leaks.
func (m usedCodes) write(ctx context.Context, tx pgx.Tx, pools map[string]coupon.Pool) (done redeemedCoupons, err error) {
	n := len(m)
	codes, orders, placed, values, burnt := make([]string, n), make([]*int64, n), make([]*time.Time, n), make([]*int64, n), make([]*time.Time, n)
	var leakCodes, whys []string
	var leakOrders []int64
	for i, u := range m {
		codes[i] = u.code
		order, leaks := coupon.Redeem(u.Binding, u.uses)
		if order != 0 {
			v := u.orders[order]
			orders[i], placed[i] = &order, &v.at
			if minor, known := pools[u.pool].Face(v.gross, v.currency); known {
				values[i] = &minor
			}
			if u.redeemed == 0 {
				done.redeemed++
			}
		}
		for _, id := range []int64{order, u.redeemed} {
			if order != u.redeemed && id != 0 {
				done.orders = append(done.orders, id)
			}
		}
		if u.Customer == 0 && len(leaks) > 0 {
			at := u.orders[leaks[0].Order].at
			burnt[i] = &at
			if u.burnt.IsZero() {
				done.burnt++
			}
		}
		for _, l := range leaks {
			leakCodes, leakOrders, whys = append(leakCodes, u.code), append(leakOrders, l.Order), append(whys, string(l.Why))
		}
	}
	if _, err := tx.Exec(ctx, statement("coupon/redeem"), codes, orders, placed, values, burnt); err != nil {
		return done, err
	}
	err = tx.QueryRow(ctx, statement("coupon/leak"), codes, leakCodes, leakOrders, whys).Scan(&done.leaked)
	return done, err
}
