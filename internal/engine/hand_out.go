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

// Lane is what all deliveries of a chunk have in common.
type Lane struct {
	Version int    `json:"version"`
	Wave    string `json:"wave"`
	Channel string `json:"channel"`
}

// Chunk is a hint to look at deliveries: no fact, and harmless if it is lost,
// repeated or late.
type Chunk struct {
	Lane
	IDs []int64 `json:"ids"`
}

// silence is after how long a hint of which nothing was heard is given again.
const silence = 45 * time.Second

// HandOut marks at most limit due deliveries as handed out and returns them in
// chunks by lane. Nothing is decided. Running twice at once is harmless: rows
// are skipped while another holds them.
func (e *Engine) HandOut(ctx context.Context, limit int) ([]Chunk, error) {
	hints, err := e.Store.HandOut(ctx, e.at(), silence, limit)
	if err != nil {
		return nil, err
	}
	return chunks(hints), nil
}

// TakeBack undoes HandOut for a chunk that could not be queued.
func (e *Engine) TakeBack(ctx context.Context, c Chunk) error { return e.Store.TakeBack(ctx, c.IDs) }

// TakeBackAll forgets every hint: the queue has lost its memory.
func (e *Engine) TakeBackAll(ctx context.Context) error { return e.Store.TakeBack(ctx, nil) }

func chunks(hints []postgres.Hint) []Chunk {
	slices.SortFunc(hints, func(a, b postgres.Hint) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Wave, b.Wave), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.ID, b.ID))
	})
	var out []Chunk
	for _, h := range hints {
		lane := Lane{Version: h.Version, Wave: h.Wave, Channel: h.Channel}
		if n := len(out); n == 0 || out[n-1].Lane != lane || len(out[n-1].IDs) == ChunkSize {
			out = append(out, Chunk{Lane: lane})
		}
		last := &out[len(out)-1]
		last.IDs = append(last.IDs, h.ID)
	}
	return out
}
