package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// through reads with a statement that goes through a whole campaign. Its sorts
// and hashes fit into memory, where those of a gate's statement need none.
func (s *Store) through(ctx context.Context, read func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local work_mem = '32MB'"); err != nil {
			return err
		}
		return read(tx)
	})
}

// listThrough is the rows of such a statement.
func listThrough[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], text string, args ...any) (list []T, err error) {
	err = s.through(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, text, args...)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scan)
		return err
	})
	return list, mapError(err)
}

// PointQuery asks for one evaluation point of one design.
type PointQuery struct {
	Campaign     int
	Design       int
	Anchor       string // entry, wave, end
	Wave         string // with Anchor wave
	Round        int    // 0: every round
	Window       time.Duration
	ReturnWindow time.Duration
	AsOf         time.Time
	Currency     string
	From, Until  *time.Time // of entry, half-open; nil: no bound
}

// Totals are sums over enrollments of one arm.
type Totals struct{ Enrollments, Buyers, Orders, RevenueMinor int64 }

// ArmTotals are the sufficient statistics of one arm at one point.
type ArmTotals struct {
	Arm        string
	Assigned   int64
	LastAnchor *time.Time
	Matured    Totals
	Final      Totals

	Spent        Spent // of everyone assigned, so far
	SpentMatured Spent
	SpentFinal   Spent
	Money        Money // of the final ones
	Return       Return
}

// Return is what contact cost the final enrollments and what they brought, in
// minor units.
type Return struct {
	Redeemers            int64     // with a code of this campaign, on an order that counts
	Cost, Gain           []float64 // sum and squares; Gain is the margin before the cost
	CostOrders, GainCost float64   // sums of products
}

// Spent is what contact cost in the window.
type Spent struct {
	MessageMicros int64 // of the messages that were sent or may have been
	RedeemedMinor int64 // what this campaign's codes took off orders that count
}

// Money is the power sums over final enrollments, zeros included: values,
// squares and cubes.
type Money struct {
	LargestOrderMinor      int64
	Orders                 []float64
	Revenue, RevenueCapped []float64 // minor units
	Profit, ProfitCapped   []float64 // minor units; nothing to say where the margin is not known
	Returned               []float64 // orders of which something came back within the return window
	Placed                 []float64 // orders, kept or not: their sum, of squares, of products with those returned
	Unsubscribed           int64     // enrollments that withdrew a marketing consent; 0 where not asked for
}

// Worth says how orders turn into profit and what one enrollment counts for at
// most.
type Worth struct {
	Margin         *float64 // nil: not known
	MicrosPerMinor int64    // 1 to 1,000,000
	Few, Many      Capped   // with fewer than ManyHeld final in the holdout, and with as many or more
	ManyHeld       int64
	Unsubscribes   bool // whether they are counted
}

// margin is the margin as it is written, so that it is exact.
func (w Worth) margin() *string {
	if w.Margin == nil {
		return nil
	}
	text := strconv.FormatFloat(*w.Margin, 'f', -1, 64)
	return &text
}

// Capped is the bounds in minor units; nil: none.
type Capped struct{ Revenue, Profit *int64 }

func (q PointQuery) args() []any {
	return []any{q.Campaign, q.Design, q.Anchor, q.Wave, q.Round, q.Window.Seconds(), q.ReturnWindow.Seconds(), q.AsOf, q.Currency}
}

// Mixed counts what may have mixed the arms of a point; evaluation.Integrity
// says what each is.
type Mixed struct{ Held, Contaminated, GhostsDue, GhostsLost int64 }

// Integrity looks for what may have mixed the arms of a point.
func (s *Store) Integrity(ctx context.Context, q PointQuery) (Mixed, error) {
	var m Mixed
	err := s.through(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, statement("evaluation/integrity"), append(q.args()[:8], q.From, q.Until)...).Scan(&m.Held, &m.Contaminated, &m.GhostsDue, &m.GhostsLost)
	})
	if err != nil {
		return m, fmt.Errorf("look for mixed arms: %w", mapError(err))
	}
	return m, nil
}

// CurveRow counts the final enrollments of an arm that bought for the first
// time within one day after the anchor; Day nil counts the enrollments.
type CurveRow struct {
	Arm   string
	Day   *int
	Count int64
}

// Curve returns the first purchases of a point by day and arm.
func (s *Store) Curve(ctx context.Context, q PointQuery) ([]CurveRow, error) {
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[CurveRow], statement("evaluation/curve"), append(q.args(), q.From, q.Until)...)
	if err != nil {
		return nil, fmt.Errorf("read curve: %w", err)
	}
	return rows, nil
}

// DeliveryCount is how many deliveries of a wave stand in one state for one
// reason.
type DeliveryCount struct {
	Round                             int
	Wave, Arm, Channel, State, Reason string
	LostTo                            string // the campaign that it lost to; empty: none
	Count                             int64
}

// DeliveryCounts tells what became of a design's deliveries.
func (s *Store) DeliveryCounts(ctx context.Context, campaign, design int) ([]DeliveryCount, error) {
	counts, err := listThrough(ctx, s, pgx.RowToStructByPos[DeliveryCount], statement("evaluation/deliveries"), campaign, design)
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	return counts, nil
}

// EntrySpan is when a design's customers came in, and what one order of those
// held out is worth on average.
type EntrySpan struct {
	First, Last       *time.Time
	AverageOrderMinor int64
}

// Entries returns the span of a design's entries.
func (s *Store) Entries(ctx context.Context, campaign, design int, asOf time.Time, currency string) (EntrySpan, error) {
	var e EntrySpan
	err := s.pool.QueryRow(ctx, statement("evaluation/orders"), campaign, design, asOf, currency).Scan(&e.First, &e.Last, &e.AverageOrderMinor)
	return e, mapError(err)
}

// EntryCounts sums up how entry went: enrolled, and the first reason why not.
func (s *Store) EntryCounts(ctx context.Context, campaign, design int) (map[string]int64, error) {
	rows, err := s.pool.Query(ctx, "select reason, sum(customers)::bigint from entry_counts where campaign_id = $1 and design = $2 group by reason", campaign, design)
	if err != nil {
		return nil, mapError(err)
	}
	counts := map[string]int64{}
	var reason string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&reason, &n}, func() error { counts[reason] = n; return nil })
	return counts, err
}

// KeepStatistics stores what was known of a point at an instant.
func (s *Store) KeepStatistics(ctx context.Context, q PointQuery, point string, arms []ArmTotals) error {
	batch := &pgx.Batch{}
	for _, a := range arms {
		batch.Queue(statement("evaluation/keep"), q.Campaign, q.Design, point, q.Round, a.Arm, q.AsOf,
			a.Assigned, a.Matured.Enrollments, a.Final.Enrollments, a.Final.Buyers, a.Final.Orders, a.Final.RevenueMinor)
	}
	return mapError(s.pool.SendBatch(ctx, batch).Close())
}

// AcceptedDelivery names a message that a provider took.
type AcceptedDelivery struct {
	ID        int64
	Recipient string
}

// Accepted walks all accepted deliveries of a channel in order of their id.
func (s *Store) Accepted(ctx context.Context, channel string, fn func(AcceptedDelivery) error) error {
	rows, err := s.pool.Query(ctx, "select d.delivery_id, case d.channel when 'sms' then k.phone else k.email end from deliveries d join contacts k using (customer_id) where d.state = 'accepted' and d.channel = $1 order by d.delivery_id", channel)
	if err != nil {
		return mapError(err)
	}
	var d AcceptedDelivery
	_, err = pgx.ForEachRow(rows, []any{&d.ID, &d.Recipient}, func() error { return fn(d) })
	return mapError(err)
}

// MainCurrency is the currency of most orders; empty when there is not one.
func (s *Store) MainCurrency(ctx context.Context) (string, error) {
	var code string
	err := s.pool.QueryRow(ctx, "select coalesce((select currency from orders group by currency order by count(*) desc, currency limit 1), '')").Scan(&code)
	if err != nil {
		return "", fmt.Errorf("main currency: %w", mapError(err))
	}
	return code, nil
}

// OrderSpan is the placed_at of the first and the last order; nil when there is
// none.
func (s *Store) OrderSpan(ctx context.Context) (first, last *time.Time, err error) {
	err = s.pool.QueryRow(ctx, "select min(placed_at), max(placed_at) from orders").Scan(&first, &last)
	return first, last, mapError(err)
}

// NewestOrder is the placed_at of the newest order placed at or before upTo; nil
// when there is none. Any order placed at or after enough may be returned in its
// place, so that a feed that runs is known by the orders it stored last.
func (s *Store) NewestOrder(ctx context.Context, enough, upTo time.Time) (newest *time.Time, err error) {
	err = s.pool.QueryRow(ctx, statement("evaluation/newest_order"), enough, upTo).Scan(&newest)
	if err != nil {
		return nil, fmt.Errorf("newest order: %w", mapError(err))
	}
	return newest, nil
}
