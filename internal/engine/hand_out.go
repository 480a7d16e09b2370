package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/postgres"
)

// ChunkSize is how many deliveries one hint carries: enough that a queue's cost
// a hint does not matter, few enough that a crash leaves few in doubt.
const ChunkSize = 500

// Chunk is a hint to look at deliveries: no fact, and harmless if it is lost,
// repeated or late.
type Chunk struct {
	postgres.Lane
	IDs []int64 `json:"ids"`
}

// silence is after how long everything that is still due is handed out again
// even though the queue claims to hold it.
const silence = 45 * time.Second

// HandOut returns at most limit due deliveries in chunks by lane, from where the
// last call stopped; nothingQueued says that every earlier chunk has ended or is
// lost. Nothing is decided: a chunk that is handed out twice is harmless.
func (e *Engine) HandOut(ctx context.Context, nothingQueued bool, limit int) ([]Chunk, error) {
	hints, err := e.ledger().HandOut(ctx, e.at(), nothingQueued, silence, limit)
	if err != nil {
		return nil, err
	}
	return chunks(hints), nil
}

// HandOutWithoutQueue is HandOut for a worker that has no queue to take chunks
// from: at most ChunkSize deliveries. away is for how long nobody could queue
// anything: the first who asks after that starts over, because what was queued
// before is lost to all, and those who ask later go on from there.
func (e *Engine) HandOutWithoutQueue(ctx context.Context, away time.Duration) ([]Chunk, error) {
	hints, err := e.ledger().HandOut(ctx, e.at(), false, min(away, silence), ChunkSize)
	if err != nil {
		return nil, err
	}
	return chunks(hints), nil
}

// HandOutAgain makes the next HandOut start over: the queue lost what it had.
func (e *Engine) HandOutAgain(ctx context.Context) error { return e.ledger().HandOutAgain(ctx) }

func chunks(hints []postgres.Hint) []Chunk {
	slices.SortFunc(hints, func(a, b postgres.Hint) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Wave, b.Wave), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.ID, b.ID))
	})
	var out []Chunk
	for _, h := range hints {
		lane := postgres.Lane{Version: h.Version, Wave: h.Wave, Channel: h.Channel}
		if n := len(out); n == 0 || out[n-1].Lane != lane || len(out[n-1].IDs) == ChunkSize {
			out = append(out, Chunk{Lane: lane})
		}
		last := &out[len(out)-1]
		last.IDs = append(last.IDs, h.ID)
	}
	return out
}
