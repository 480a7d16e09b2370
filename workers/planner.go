package workers

import (
	"context"
	"errors"
	"time"

	"github.com/rewave/rewave/internal/engine"
)

// Planner lets customers in and begins rounds. Several planners share the
// campaigns: each is planned under a lock of its own.
func Planner(e *engine.Engine) Role {
	return Role{Name: "planner", Every: time.Second, Log: e.Log, Tick: func(ctx context.Context) (int, error) {
		return PlanOnce(ctx, e)
	}}
}

// PlanOnce is one pass of the planner: stages, segments, orders, events, slots, rounds.
func PlanOnce(ctx context.Context, e *engine.Engine) (int, error) {
	total := 0
	var faults []error
	for _, step := range []func(context.Context) (int, error){e.RefreshStages, e.RefreshSegments, e.EnterOrders, e.EnterEvents, e.OpenSlots, e.BeginRounds} {
		n, err := step(ctx)
		total += n
		faults = append(faults, err) // one that fails stops no other
	}
	return total, errors.Join(faults...)
}

// Fitter fits what rules predict by, once a week: on the first minute of a Monday in
// the shop's zone at which one runs. Of several one fits. Running twice is harmless:
// each looks whether this week's fit is there.
func Fitter(e *engine.Engine) Role {
	return Role{Name: "fitter", Every: time.Minute, Log: e.Log, Tick: e.RefitScores}
}

// Reconciler asks providers what became of deliveries in doubt, and sends again
// what may be.
func Reconciler(e *engine.Engine) Role {
	return Role{Name: "reconciler", Every: 5 * time.Second, Log: e.Log, Tick: e.Reconcile}
}

// Watch notices that the database has failed over.
func Watch(e *engine.Engine) Role {
	return Role{Name: "watch", Every: time.Second, Log: e.Log, Tick: e.NoticeFailover}
}

// Listener applies what providers have said.
func Listener(e *engine.Engine) Role {
	return Role{Name: "listener", Every: time.Second, Log: e.Log, Tick: e.HearFeedback}
}

// Auditor audits the ledger once an hour: of several one does.
func Auditor(e *engine.Engine) Role {
	return Role{Name: "auditor", Every: time.Minute, Log: e.Log, Tick: e.AuditLedger}
}

// Reaper ends what nobody else will: lapsed leases, unknowns without evidence,
// and planned rows that are too late.
func Reaper(e *engine.Engine) Role {
	return Role{Name: "reaper", Every: 5 * time.Second, Log: e.Log, Tick: func(ctx context.Context) (int, error) {
		for _, step := range []func(context.Context) (int, error){e.Reap, e.Sweep} {
			if _, err := step(ctx); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}}
}
