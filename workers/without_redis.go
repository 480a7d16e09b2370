package workers

import (
	"context"
	"sync"
	"time"

	"github.com/rewave/rewave/internal/engine"
)

// withoutRedis sends what is due while Redis is away, and returns when ctx has
// ended and what was begun is written. A chunk comes from where the dispatcher
// would take it, by the same statement and from the same place, so that several
// workers share what is due; two that get the same rows send them once, as with
// any hint that comes twice.
func (s *Server) withoutRedis(ctx context.Context, p *Presence) {
	var all sync.WaitGroup
	for range s.concurrency() {
		all.Go(func() {
			for ctx.Err() == nil {
				if !p.Away() || s.sendDue(ctx, p) == 0 {
					pause(ctx, time.Second)
				}
			}
		})
	}
	all.Wait()
}

// sendDue takes one chunk's worth of what is due and sends it; it returns how
// many deliveries it got.
func (s *Server) sendDue(ctx context.Context, p *Presence) int {
	chunks, err := s.Engine.HandOutWithoutQueue(ctx, p.useless())
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Error("what is due could not be taken from PostgreSQL", "error", err)
		}
		return 0
	}
	got := 0
	for _, c := range chunks {
		if s.Engine.Channels[c.Channel] == nil {
			continue // of a worker that has this channel
		}
		got += len(c.IDs)
		sent, err := s.send(ctx, c)
		if s.Done != nil {
			s.Done("", sent, err)
		}
		if ctx.Err() != nil {
			return got // what is left has been handed to the others
		}
	}
	return got
}

// send looks at a chunk's deliveries. Whatever happens, the chunk has done its
// work: rows are handed out again after a while, so it is never worth a retry.
func (s *Server) send(ctx context.Context, chunk engine.Chunk) (engine.Sent, error) {
	begun := time.Now()
	sent, err := s.Engine.SendDeliveries(ctx, chunk)
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
		return sent, err
	}
	log.Debug("chunk done", "accepted", sent.Accepted, "failed", sent.Failed,
		"unknown", sent.Unknown, "returned", sent.Returned, "gated", sent.Gated, "took", time.Since(begun))
	return sent, err
}

// backTimeout is what a stop spends on handing over: it is a courtesy.
const backTimeout = 3 * time.Second

// pause returns after d, or when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
