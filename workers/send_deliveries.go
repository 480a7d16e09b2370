package workers

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hibiken/asynq"

	"github.com/rewave/rewave/internal/engine"
)

// sendChunk decodes a hint and lets the engine look at it. Twice is harmless:
// rows that are no longer planned are passed over. Whatever happens, the task
// has done its work: rows are given out again after a while, so it is never
// worth a retry.
func (s *Server) sendChunk(task context.Context, t *asynq.Task) error {
	s.handling.Add(1)
	defer s.handling.Done()
	var chunk engine.Chunk
	if err := json.Unmarshal(t.Payload(), &chunk); err != nil {
		s.Log.Error("a hint cannot be read", "error", err)
		return nil
	}
	// A server that stops begins no other call, nor does one whose task Redis gave to somebody else.
	ctx, cancel := context.WithCancel(s.running)
	defer cancel()
	defer context.AfterFunc(task, cancel)()
	begun := time.Now()
	sent, err := s.Engine.SendDeliveries(ctx, chunk)
	if s.Done != nil {
		id, _ := asynq.GetTaskID(task)
		s.Done(id, sent, err)
	}
	log := s.Log.With("channel", chunk.Channel, "wave", chunk.Wave)
	switch {
	case err != nil && ctx.Err() != nil:
		// Someone else may have what is left at once, and not after its silence.
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), backTimeout)
		defer cancel()
		if err := s.Engine.HandOutAgain(back); err != nil {
			log.Warn("what was left of a chunk goes out later", "error", err)
		}
	case err != nil:
		log.Error("chunk failed", "deliveries", len(chunk.IDs), "error", err)
		return nil
	}
	log.Debug("chunk done", "accepted", sent.Accepted, "failed", sent.Failed,
		"unknown", sent.Unknown, "returned", sent.Returned, "gated", sent.Gated, "took", time.Since(begun))
	return nil
}

// backTimeout is what a stop spends on handing over: it is a courtesy.
const backTimeout = 3 * time.Second
