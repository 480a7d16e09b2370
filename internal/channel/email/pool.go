package email

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// maxIdle is how long a connection may have been silent and still be used;
// servers commonly hang up after one to five minutes.
const maxIdle = 50 * time.Second

// pool bounds how many messages are on their way, keeps open connections, the
// last used first, and lets who waits for one in by the order of their coming. A
// server that takes the next envelope with a content has two messages on each
// connection, and half as many connections.
type pool struct {
	mu      sync.Mutex
	size    int        // of them at most
	held    int        // rights to hold a connection that are given out
	free    []*session // open, and nobody's
	waiting []*turn
	closed  bool
}

func newPool(size int) *pool { return &pool{size: size} }

// pipelines says what the server's greeting told.
func (p *pool) pipelines(messages int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size = (messages + 1) / 2
}

// turn is a message that waits for a connection.
type turn struct {
	from, to string
	given    chan *session // the right to hold one, once: with an open one, or nil
}

// acquire waits for the right to hold a connection, and returns an open one if
// there is; nil: the caller dials.
func (p *pool) acquire(ctx context.Context, t *turn, now time.Time) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	if p.held < p.size {
		p.held++
		defer p.mu.Unlock()
		return p.idle(now), nil
	}
	t.given = make(chan *session, 1)
	p.waiting = append(p.waiting, t)
	p.mu.Unlock()
	select {
	case s := <-t.given:
		return s, nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	i := slices.Index(p.waiting, t)
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.mu.Unlock()
	if i < 0 { // it is on its way to us, and perhaps our envelope is on it
		go func() {
			s := <-t.given
			if s != nil && s.said {
				s.close()
				s = nil
			}
			p.release(s, now)
		}()
	}
	return nil, ctx.Err()
}

// next takes whoever waits longest, for a holder who will give way to them; nil:
// nobody does.
func (p *pool) next() *turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first()
}

func (p *pool) first() *turn {
	if len(p.waiting) == 0 {
		return nil
	}
	t := p.waiting[0]
	p.waiting = slices.Delete(p.waiting, 0, 1)
	return t
}

// release gives up the right to hold a connection, with the connection if it is
// of use; nil: it is not.
func (p *pool) release(s *session, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	tooMany := p.held > p.size
	if !tooMany {
		if t := p.first(); t != nil {
			t.given <- s
			return
		}
	}
	p.held--
	switch {
	case s == nil:
	case p.closed || tooMany:
		s.close()
	default:
		s.since = now
		p.free = append(p.free, s)
	}
}

// another returns an open connection to who holds the right and found theirs
// closed, or nil.
func (p *pool) another(now time.Time) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.idle(now)
}

// idle returns an open connection, or nil. Those silent for too long are closed.
func (p *pool) idle(now time.Time) *session {
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
