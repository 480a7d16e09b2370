package engine

import (
	"context"
	"time"
)

// giveUpAfter is how long an unknown waits for evidence before it is final.
const giveUpAfter = 72 * time.Hour

// reapLimit bounds one statement of the background roles.
const reapLimit = 5000

// Reap turns claims whose lease lapsed into unknown: the worker that had them is
// gone, and nobody can say whether it made the calls. Unknowns that no evidence
// settled in time become final. It returns how many deliveries it moved.
func (e *Engine) Reap(ctx context.Context) (int, error) {
	r, err := e.ledger().Reap(ctx, giveUpAfter, reapLimit)
	if r.Unknown > 0 {
		e.Log.Warn("leases lapsed; these deliveries are unknown and will not be sent again", "deliveries", r.Unknown)
	}
	return r.Unknown + r.Final, err
}

// NoticeFailover puts in doubt what a failover of the database may have made it
// forget, and opens the gates again. It returns how many deliveries it moved.
func (e *Engine) NoticeFailover(ctx context.Context) (int, error) {
	f, err := e.ledger().NoticeFailover(ctx, giveUpAfter)
	if err != nil || f == nil {
		return 0, err
	}
	e.Log.Error("the database has failed over or was restored, and may have forgotten what it committed last; what may have been sent is in doubt",
		"from", f.From, "to", f.To, "quarantined", f.Quarantined, "unknown", f.Doubtful, "see", "rewave delivery list --state quarantine")
	return f.Quarantined + f.Doubtful, nil
}

// Sweep ends planned deliveries that can never go out: expired while nobody
// looked, or of a cancelled campaign.
func (e *Engine) Sweep(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := e.ledger().Sweep(ctx, e.at(), reapLimit)
		total += n
		if err != nil || n < reapLimit {
			return total, err
		}
	}
}
