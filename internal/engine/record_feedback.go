package engine

import (
	"context"
	"fmt"

	"github.com/rewave/rewave/internal/postgres"
)

// hearLimit bounds one pass over feedback.
const hearLimit = 500

// tellRejected is how many words a pass names that speak of nothing here: a
// provider that serves several installations may tell each of all.
const tellRejected = 5

// RecordFeedback keeps what a channel's provider says, and returns how much of it
// was new. It is kept when this returns; what follows from it comes later.
func (e *Engine) RecordFeedback(ctx context.Context, channel string, events []postgres.Feedback) (int, error) {
	n, err := e.ledger().StoreFeedback(ctx, channel, events)
	if err != nil {
		return 0, fmt.Errorf("record feedback on %s: %w", channel, err)
	}
	return n, nil
}

// HearFeedback applies what providers have said, in whatever order it came, and
// returns how many words it ended. Words on a delivery that is not known are tried
// again for as long as an unknown waits, and then rejected.
func (e *Engine) HearFeedback(ctx context.Context) (int, error) {
	heard, err := e.ledger().HearFeedback(ctx, e.Links.Installation, giveUpAfter, hearLimit)
	for i, w := range heard.Rejected {
		if i == tellRejected {
			e.Log.Warn("more feedback is rejected", "words", len(heard.Rejected)-i)
			break
		}
		e.Log.Warn("feedback is rejected", "channel", w.Channel, "ref", text(w.Ref), "reason", w.Why)
	}
	return heard.Done + len(heard.Rejected), err
}
