package engine

import (
	"context"
	"time"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/postgres"
)

// Ledger is what the way of a message asks of the database, from the hint to
// the outcome, and what takes a message away from it. There are two: PostgreSQL,
// whose Store says what each method promises, and the memory that simulation
// runs schedules on. One suite of tests holds both to the same answers.
type Ledger interface {
	Now(ctx context.Context) (time.Time, error)
	CampaignVersion(ctx context.Context, version int) (postgres.Campaign, error)
	CouponPool(ctx context.Context, name string) (coupon.Pool, error)

	HandOut(ctx context.Context, at *time.Time, nothingQueued bool, silence time.Duration, limit int) ([]postgres.Hint, error)
	HandOutAgain(ctx context.Context) error

	NoteRules(ctx context.Context, rules postgres.GateRules) error
	LoadRendering(ctx context.Context, lane postgres.Lane, ids []int64, at *time.Time, want postgres.RenderingWants) ([]postgres.Rendering, error)
	Bury(ctx context.Context, reasons map[int64]string) error
	Postpone(ctx context.Context, lane postgres.Lane, ids []int64, at *time.Time, wait time.Duration, reason string) error
	Gate(ctx context.Context, in postgres.GateInput, prepare func(at time.Time, g *postgres.Gated)) (passed postgres.Passed, seen int, err error)
	Claimed(ctx context.Context, claim int64) (bool, error)
	Settle(ctx context.Context, provider string, at *time.Time, under postgres.Under, took postgres.Took, giveUp time.Duration, settled []postgres.Settlement) (int, error)

	RestChannel(ctx context.Context, channel string, at *time.Time, wait time.Duration, reason string) error

	Reap(ctx context.Context, giveUp time.Duration, limit int) (postgres.Reaped, error)
	Sweep(ctx context.Context, at *time.Time, limit int) (int, error)

	Doubts(ctx context.Context, channels []string, limit int) ([]postgres.Doubt, error)
	GateAgain(ctx context.Context, in postgres.GateInput, window time.Duration, prepare func(at time.Time, g *postgres.Gated)) (postgres.Again, error)

	NoticeFailover(ctx context.Context, giveUp time.Duration) (*postgres.Failover, error)
	Replan(ctx context.Context, claims []postgres.Claim, window time.Duration, at *time.Time) ([]int64, error)

	StoreFeedback(ctx context.Context, channel string, events []postgres.Feedback) (int, error)
	HearFeedback(ctx context.Context, name string, giveUp time.Duration, limit int) (postgres.Heard, error)

	WithdrawConsent(ctx context.Context, deliveryID int64, source string, at *time.Time) error
}

var _ Ledger = (*postgres.Store)(nil)

// ledger is where the engine sends from.
func (e *Engine) ledger() Ledger {
	if e.Ledger != nil {
		return e.Ledger
	}
	return e.Store
}
