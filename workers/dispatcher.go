package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/engine"
)

// Dispatcher turns due rows into hints. Several may run at once.
type Dispatcher struct {
	Engine *engine.Engine
	Redis  redis.UniversalClient
	Log    *slog.Logger

	client *asynq.Client
	bound  int // deliveries that may stand in one queue

	mu     sync.Mutex
	filled map[string]bool // channels we have queued for
}

const (
	// outstanding bounds the deliveries that stand in one queue as hints: enough
	// to keep workers busy for a minute, little enough to lose. Several
	// dispatchers that look at the same moment may exceed it by a pass each.
	outstanding = 40_000
	// passLimit is how many rows one pass hands out.
	passLimit = 10_000
)

// NewDispatcher uses one Redis connection for everything it does.
func NewDispatcher(e *engine.Engine, r redis.UniversalClient, log *slog.Logger) *Dispatcher {
	return &Dispatcher{Engine: e, Redis: r, Log: log, client: asynq.NewClientFromRedisClient(r), bound: outstanding, filled: map[string]bool{}}
}

// Role is the dispatcher's loop. It goes on without a pause only while passes
// are full: what fails at once would otherwise be handed out without end.
func (d *Dispatcher) Role() Role {
	return Role{Name: "dispatcher", Every: time.Second, Log: d.Log, Tick: func(ctx context.Context) (int, error) {
		if err := d.NoticeLoss(ctx); err != nil {
			return 0, err
		}
		_, full, err := d.pass(ctx, false)
		if !full {
			return 0, err
		}
		return 1, err
	}}
}

// NoticeLoss asks whether each queue is still where we filled it. If one is not,
// everything is handed out again at once, not after the silence of each hint; what
// others still hold comes twice, and goes out once.
func (d *Dispatcher) NoticeLoss(ctx context.Context) error {
	names := map[string]string{}
	for channel := range d.lanes() {
		q := queueOf(channel)
		name, err := q.incarnation(ctx, d.Redis)
		if err != nil {
			return err
		}
		names[string(q)] = name
	}
	lost, err := d.Engine.Store.QueueIncarnations(ctx, names)
	if err != nil || len(lost) == 0 {
		return err
	}
	d.Log.Warn("Redis has forgotten queues, or another one has taken over; due deliveries are handed out again", "queues", lost)
	return d.Engine.HandOutAgain(ctx)
}

// Pass hands out what is due, once, and returns the ids of the tasks queued. A
// queue that is full gets nothing more until workers have caught up.
// nothingQueued is for a caller who knows that every earlier task has ended;
// otherwise Redis is asked.
func (d *Dispatcher) Pass(ctx context.Context, nothingQueued bool) ([]string, error) {
	ids, _, err := d.pass(ctx, nothingQueued)
	return ids, err
}

// pass is Pass; full says that it handed out as much as one pass may.
func (d *Dispatcher) pass(ctx context.Context, nothingQueued bool) (ids []string, full bool, err error) {
	room := d.bound
	if !nothingQueued {
		used, err := d.used(ctx)
		if err != nil || used >= d.bound {
			return nil, false, err
		}
		room, nothingQueued = d.bound-used, used == 0
	}
	chunks, err := d.Engine.HandOut(ctx, nothingQueued, min(room, passLimit))
	if err != nil {
		return nil, false, err
	}
	if d.fill(chunks) { // what nobody knows yet, nobody would miss
		if err := d.NoticeLoss(ctx); err != nil {
			return nil, false, errors.Join(err, d.Engine.HandOutAgain(context.WithoutCancel(ctx)))
		}
	}
	ids = make([]string, len(chunks))
	faults := make([]error, len(chunks))
	var enqueues sync.WaitGroup
	slots := make(chan struct{}, 8)
	deliveries := 0
	for i, c := range chunks {
		deliveries += len(c.IDs)
		slots <- struct{}{}
		enqueues.Go(func() {
			defer func() { <-slots }()
			ids[i], faults[i] = d.enqueue(ctx, c)
		})
	}
	enqueues.Wait()
	return ids, deliveries == passLimit, errors.Join(faults...)
}

func (d *Dispatcher) enqueue(ctx context.Context, c engine.Chunk) (string, error) {
	task, id, err := newTask(c)
	if err != nil {
		return "", err
	}
	_, err = d.client.EnqueueContext(ctx, task)
	// A conflict is our own task whose answer was lost on the way back.
	if err == nil || errors.Is(err, asynq.ErrTaskIDConflict) {
		return id, nil
	}
	back := context.WithoutCancel(ctx)
	return "", errors.Join(fmt.Errorf("queue a chunk: %w", err), d.Engine.HandOutAgain(back))
}

// fill notes whose queues chunks go to, and says whether one is new.
func (d *Dispatcher) fill(chunks []engine.Chunk) (isNew bool) {
	known := d.lanes()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range chunks {
		isNew = isNew || !known[c.Channel]
		d.filled[c.Channel] = true
	}
	return isNew
}

// lanes are the channels whose queues we fill: those set up here, and those we
// have filled without knowing them.
func (d *Dispatcher) lanes() map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := maps.Clone(d.filled)
	for name := range d.Engine.Channels {
		all[name] = true
	}
	return all
}

// used is how many deliveries stand in the fullest queue, counted in whole
// chunks.
func (d *Dispatcher) used(ctx context.Context) (int, error) {
	used := 0
	for name := range d.lanes() {
		n, err := queueOf(name).length(ctx, d.Redis)
		if err != nil {
			return 0, err
		}
		used = max(used, n*engine.ChunkSize)
	}
	return used, nil
}

// Tidy drops from every queue what nobody works on, and has the deliveries of
// such tasks handed out again.
func (d *Dispatcher) Tidy(ctx context.Context) error {
	total := 0
	for name := range d.lanes() {
		n, err := queueOf(name).tidy(ctx, d.Redis)
		if err != nil {
			return err
		}
		total += n
	}
	if total == 0 {
		return nil
	}
	d.Log.Warn("tasks had lost their worker or their content; due deliveries are handed out again", "tasks", total)
	return d.Engine.HandOutAgain(ctx)
}

// Janitor is the loop of Tidy.
func (d *Dispatcher) Janitor() Role {
	return Role{Name: "janitor", Every: 10 * time.Second, Log: d.Log, Tick: func(ctx context.Context) (int, error) {
		return 0, d.Tidy(ctx)
	}}
}
