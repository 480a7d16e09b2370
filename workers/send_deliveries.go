package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/rewave/rewave/internal/engine"
)

// sendChunk decodes a hint and lets the engine look at it. Twice is harmless:
// rows that are no longer planned are passed over. An error means that the
// database could not be asked; the rows are given out again after a while, so
// the task itself is never worth a retry.
func (s *Server) sendChunk(ctx context.Context, task *asynq.Task) error {
	var chunk engine.Chunk
	if err := json.Unmarshal(task.Payload(), &chunk); err != nil {
		s.Log.Error("a hint cannot be read", "error", err)
		return fmt.Errorf("decode chunk: %w: %w", err, asynq.SkipRetry)
	}
	begun := time.Now()
	sent, err := s.Engine.SendDeliveries(ctx, chunk)
	if s.Done != nil {
		id, _ := asynq.GetTaskID(ctx)
		s.Done(id, sent, err)
	}
	if err != nil {
		s.Log.Error("chunk failed", "channel", chunk.Channel, "wave", chunk.Wave, "deliveries", len(chunk.IDs), "error", err)
		return nil
	}
	s.Log.Debug("chunk done", "channel", chunk.Channel, "wave", chunk.Wave, "accepted", sent.Accepted, "failed", sent.Failed,
		"unknown", sent.Unknown, "returned", sent.Returned, "gated", sent.Gated, "took", time.Since(begun))
	return nil
}
