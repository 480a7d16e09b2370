package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/engine"
)

// Dispatcher turns due rows into hints. Several may run at once.
type Dispatcher struct {
	Engine *engine.Engine
	Redis  redis.UniversalClient
	Log    *slog.Logger

	client    *asynq.Client
	inspector *asynq.Inspector
}

const (
	// outstanding bounds the deliveries that stand in one queue as hints: enough
	// to keep workers busy for a minute, little enough to lose.
	outstanding = 40_000
	// passLimit is how many rows one pass hands out.
	passLimit = 10_000
	// incarnationKey is there as long as Redis remembers anything.
	incarnationKey = "rewave:incarnation"
)

// NewDispatcher uses one Redis connection for everything it does.
func NewDispatcher(e *engine.Engine, r redis.UniversalClient, log *slog.Logger) *Dispatcher {
	return &Dispatcher{Engine: e, Redis: r, Log: log, client: asynq.NewClientFromRedisClient(r), inspector: asynq.NewInspectorFromRedisClient(r)}
}

// Role is the dispatcher's loop.
func (d *Dispatcher) Role() Role {
	return Role{Name: "dispatcher", Every: time.Second, Log: d.Log, Tick: func(ctx context.Context) (int, error) {
		if err := d.NoticeLoss(ctx); err != nil {
			return 0, err
		}
		ids, err := d.Pass(ctx, false)
		return len(ids), err
	}}
}

// NoticeLoss asks whether Redis is still the one we filled. One that has
// forgotten gets everything again at once, not after the silence of each hint.
func (d *Dispatcher) NoticeLoss(ctx context.Context) error {
	// A new name each time: it is only taken where the old one is gone.
	if err := d.Redis.SetNX(ctx, incarnationKey, uuid.NewString(), 0).Err(); err != nil {
		return fmt.Errorf("ask Redis for its incarnation: %w", err)
	}
	got, err := d.Redis.Get(ctx, incarnationKey).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("ask Redis for its incarnation: %w", err)
	}
	known, err := d.Engine.Store.QueueIncarnation(ctx, got)
	if err != nil {
		return err
	}
	if known {
		return nil
	}
	d.Log.Warn("Redis has forgotten the queues; due deliveries are handed out again")
	return d.Engine.HandOutAgain(ctx)
}

// Pass hands out what is due, once, and returns the ids of the tasks queued. A
// queue that is full gets nothing more until workers have caught up.
// nothingQueued is for a caller who knows that every earlier task has ended;
// otherwise Redis is asked.
func (d *Dispatcher) Pass(ctx context.Context, nothingQueued bool) ([]string, error) {
	room := outstanding
	if !nothingQueued {
		used, err := d.used()
		if err != nil || used >= outstanding {
			return nil, err
		}
		room, nothingQueued = outstanding-used, used == 0
	}
	chunks, err := d.Engine.HandOut(ctx, nothingQueued, min(room, passLimit))
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(chunks))
	faults := make([]error, len(chunks))
	var enqueues sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i, c := range chunks {
		slots <- struct{}{}
		enqueues.Go(func() {
			defer func() { <-slots }()
			ids[i], faults[i] = d.enqueue(ctx, c)
		})
	}
	enqueues.Wait()
	return ids, errors.Join(faults...)
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

// used is how many deliveries stand in the fullest queue, counted in whole
// chunks.
func (d *Dispatcher) used() (int, error) {
	queues, err := d.queues()
	if err != nil {
		return 0, err
	}
	used := 0
	for _, name := range queues {
		info, err := d.inspector.GetQueueInfo(name)
		if err != nil {
			return 0, fmt.Errorf("ask Redis how full %s is: %w", name, err)
		}
		used = max(used, (info.Pending+info.Active)*engine.ChunkSize)
	}
	return used, nil
}

// queues are those of our channels that Redis knows: one that never had a task
// is unknown to it.
func (d *Dispatcher) queues() ([]string, error) {
	known, err := d.inspector.Queues()
	if err != nil {
		return nil, fmt.Errorf("ask Redis for its queues: %w", err)
	}
	var ours []string
	for name := range d.Engine.Channels {
		if slices.Contains(known, queueOf(name)) {
			ours = append(ours, queueOf(name))
		}
	}
	return ours, nil
}

// Purge drops what asynq keeps of tasks that failed: no facts, only weight.
func (d *Dispatcher) Purge(context.Context) (int, error) {
	queues, err := d.queues()
	if err != nil {
		return 0, err
	}
	total := 0
	for _, name := range queues {
		n, err := d.inspector.DeleteAllArchivedTasks(name)
		if err != nil {
			return total, fmt.Errorf("purge archive: %w", err)
		}
		total += n
	}
	return total, nil
}

// Janitor is the loop of Purge.
func (d *Dispatcher) Janitor() Role {
	return Role{Name: "janitor", Every: time.Minute, Log: d.Log, Tick: func(ctx context.Context) (int, error) {
		_, err := d.Purge(ctx)
		return 0, err
	}}
}
