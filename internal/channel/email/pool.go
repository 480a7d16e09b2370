package email

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxIdle is how long a connection may have been silent and still be used;
// servers commonly hang up after one to five minutes.
const maxIdle = 50 * time.Second

// pool keeps open connections, the last used first, and bounds their number.
type pool struct {
	slots chan struct{}

	mu     sync.Mutex
	free   []*session
	closed bool
}

func newPool(size int) *pool { return &pool{slots: make(chan struct{}, size)} }

// acquire waits for the right to hold a connection.
func (p *pool) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) release() { <-p.slots }

// idle returns an open connection, or nil. Those silent for too long are closed.
func (p *pool) idle(now time.Time) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return nil
	}
	s := p.free[n-1]
	p.free = p.free[:n-1]
	if now.Sub(s.since) <= maxIdle {
		return s
	}
	// The others have been silent for longer still.
	s.close()
	for _, s := range p.free {
		s.close()
	}
	p.free = p.free[:0]
	return nil
}

func (p *pool) put(s *session, now time.Time) {
	s.since = now
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.close()
		return
	}
	p.free = append(p.free, s)
}

func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for _, s := range p.free {
		errs = append(errs, s.quit())
	}
	p.free = nil
	return errors.Join(errs...)
}
