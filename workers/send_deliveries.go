package workers

import (
	"context"
	"encoding/json"

	"github.com/hibiken/asynq"

	"github.com/rewave/rewave/internal/engine"
)

// sendChunk decodes a hint and lets the engine look at it. Twice is harmless:
// rows that are no longer planned are passed over.
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
	sent, err := s.send(ctx, chunk)
	if s.Done != nil {
		id, _ := asynq.GetTaskID(task)
		s.Done(id, sent, err)
	}
	return nil
}
