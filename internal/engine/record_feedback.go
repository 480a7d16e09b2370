package engine

import (
	"context"
	"fmt"

	"github.com/rewave/rewave/internal/postgres"
)

// hearLimit bounds one pass over feedback.
const hearLimit = 500

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
	if heard.Rejected > 0 {
		e.Log.Warn("feedback speaks of messages that are not ours, or not known; it is rejected", "words", heard.Rejected)
	}
	return heard.Done + heard.Rejected, err
}
