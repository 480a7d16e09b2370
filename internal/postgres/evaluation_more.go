package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// rowThrough is the only row of a statement that goes through a whole campaign.
func (s *Store) rowThrough(ctx context.Context, text string, args []any, to ...any) error {
	return mapError(s.through(ctx, func(tx pgx.Tx) error { return tx.QueryRow(ctx, text, args...).Scan(to...) }))
}

// CouponLeaks is how many codes of a design an order named which they were not
// for.
func (s *Store) CouponLeaks(ctx context.Context, campaign, design int, asOf time.Time) (n int64, err error) {
	if err := s.rowThrough(ctx, statement("evaluation/coupon_leaks"), []any{campaign, design, asOf}, &n); err != nil {
		return 0, fmt.Errorf("count leaked codes: %w", err)
	}
	return n, nil
}

// Credited is what crediting the last message counts: of the orders of the final
// treated enrollments of a point, those that came after a message.
type Credited struct{ Orders, Credited, RevenueMinor int64 }

// Credited credits orders to the last message of the time before them.
func (s *Store) Credited(ctx context.Context, q PointQuery, within time.Duration) (c Credited, err error) {
	err = s.rowThrough(ctx, statement("evaluation/credited"), append(q.args(), within.Seconds()), &c.Orders, &c.Credited, &c.RevenueMinor)
	if err != nil {
		return c, fmt.Errorf("credit the last message: %w", err)
	}
	return c, nil
}

// TraitRow counts the final enrollments of an arm that did or did not buy, by
// what was known of them when they entered; evaluation.TraitRow says what each is.
type TraitRow struct {
	Name, Level     string
	Rarer, Number   bool
	Arm             string
	Bought          bool
	N               int64
	Sum, Sum2       float64
	Least, Greatest float64
}

const (
	levelsTold = 12 // of a text; the rarer ones are one level
	traitsRead = 20 // of the shop's own
)

// Profile returns what was known at entry of a point's enrollments.
func (s *Store) Profile(ctx context.Context, q PointQuery) ([]TraitRow, error) {
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[TraitRow], statement("evaluation/profile"), append(q.args(), levelsTold, traitsRead)...)
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	return rows, nil
}

// CategoryRow counts final enrollments by the categories they bought;
// evaluation/categories says what each What is.
type CategoryRow struct {
	What, Category, Other, Arm string
	N                          int64
}

// Categories returns which categories a point's enrollments bought; pairs of them
// that fewer than so many bought together are left out.
func (s *Store) Categories(ctx context.Context, q PointQuery, together int64) ([]CategoryRow, error) {
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[CategoryRow], statement("evaluation/categories"), append(q.args(), together)...)
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	return rows, nil
}

// Harm is what those who were written to by a channel did about it.
type Harm struct {
	Channel                        string
	Sent, Complained, Unsubscribed int64
}

// Harm counts complaints and unsubscriptions of a design's messages.
func (s *Store) Harm(ctx context.Context, campaign, design int, asOf time.Time) ([]Harm, error) {
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[Harm], statement("evaluation/harm"), campaign, design, asOf)
	if err != nil {
		return nil, fmt.Errorf("count complaints: %w", err)
	}
	return rows, nil
}

// ReturnRow is what came back of an arm's orders; evaluation/returns says what N
// and Sums are.
type ReturnRow struct {
	Arm    string
	Reason *string // nil: the whole arm
	N      int64
	Sums   []float64
}

// Returns reads what came back of the orders in a point's window.
func (s *Store) Returns(ctx context.Context, q PointQuery) ([]ReturnRow, error) {
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[ReturnRow], statement("evaluation/returns"), q.args()...)
	if err != nil {
		return nil, fmt.Errorf("read returns: %w", err)
	}
	return rows, nil
}

// TrafficRow counts final enrollments of an arm by how far they came;
// evaluation/traffic says what each What is.
type TrafficRow struct {
	What, Name, Arm string
	N               int64
}

// Traffic tells how far a point's enrollments came in its window.
func (s *Store) Traffic(ctx context.Context, q PointQuery) ([]TrafficRow, error) {
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[TrafficRow], statement("evaluation/traffic"), q.args()...)
	if err != nil {
		return nil, fmt.Errorf("read traffic: %w", err)
	}
	return rows, nil
}

// AnswerRow counts final enrollments that gave an answer and had a value of a
// characteristic at entry.
type AnswerRow struct {
	Survey, Question, Answer, Name, Level string
	N                                     int64
}

// Answers tells what a point's enrollments answered in its window.
func (s *Store) Answers(ctx context.Context, q PointQuery) ([]AnswerRow, error) {
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[AnswerRow], statement("evaluation/surveys"), append(q.args()[:8], levelsTold)...)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	return rows, nil
}

// PointDoubts is what speaks against a point beside its arms' sizes;
// evaluation/doubts says what each is.
type PointDoubts struct {
	Treated, TreatedBefore, Held, HeldBefore int64
	Elsewhere                                int64
	ForeignOrders, LooseRefunds, Backward    int64
	Edited                                   int64
	EditedAt                                 *time.Time
}

// PointDoubts looks for it. Share is the holdout's in parts per billion and layer the
// salt, both as designed.
func (s *Store) PointDoubts(ctx context.Context, q PointQuery, share int64, layer string) (d PointDoubts, err error) {
	err = s.rowThrough(ctx, statement("evaluation/doubts"), append(q.args(), share, layer), &d.Treated, &d.TreatedBefore, &d.Held, &d.HeldBefore,
		&d.Elsewhere, &d.ForeignOrders, &d.LooseRefunds, &d.Backward, &d.Edited, &d.EditedAt)
	if err != nil {
		return d, fmt.Errorf("look for doubts: %w", err)
	}
	return d, nil
}

// OrdersByHour is how many orders the shop had in each hour of a time.
func (s *Store) OrdersByHour(ctx context.Context, from, to time.Time) ([]int64, error) {
	hours := make([]int64, max(0, int(to.Sub(from)/time.Hour)))
	type row struct {
		Hour int
		N    int64
	}
	rows, err := listThrough(ctx, s, pgx.RowToStructByPos[row], statement("evaluation/hours"), from, from.Add(time.Duration(len(hours))*time.Hour))
	if err != nil {
		return nil, fmt.Errorf("count orders by hour: %w", err)
	}
	for _, r := range rows {
		hours[r.Hour] = r.N
	}
	return hours, nil
}
