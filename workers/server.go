package workers

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/engine"
)

// Server takes chunks off the queues and runs them. While Redis is away it takes
// them from PostgreSQL.
type Server struct {
	Engine *engine.Engine
	Redis  redis.UniversalClient
	Log    *slog.Logger

	Presence *Presence // of Redis; nil: one of its own

	Channels    []string      // whose queues to serve; none is a mistake
	Concurrency int           // chunks at once; 0 means 2
	Poll        time.Duration // how often an idle server asks Redis; 0 means 1 s

	// Done, if set, hears of every chunk that ended, by the id of its task.
	Done func(id string, sent engine.Sent, err error)

	running  context.Context // ends when the server is told to stop
	handling sync.WaitGroup  // asynq lets go of a handler whose lease is lost; we do not
}

// stopWithin is how long calls in flight get to end when the server stops:
// longer than a provider call and the write behind it.
const stopWithin = 25 * time.Second

// Run serves until ctx ends, then takes no more chunks, begins no more calls,
// and returns when the calls in flight have ended and are written. Call it once.
func (s *Server) Run(ctx context.Context) error {
	queues := map[string]int{}
	for _, c := range s.Channels {
		queues[string(queueOf(c))] = 1
	}
	if len(queues) == 0 {
		return fmt.Errorf("no channel to serve")
	}
	s.running = ctx
	p := s.Presence
	if p == nil {
		p = NewPresence(s.Redis, s.Log)
	}
	server := asynq.NewServerFromRedisClient(s.Redis, asynq.Config{
		Concurrency:       s.concurrency(),
		Queues:            queues,
		TaskCheckInterval: s.Poll,
		ShutdownTimeout:   stopWithin,
		BaseContext:       func() context.Context { return context.WithoutCancel(ctx) },
		// These run outside asynq's own recover: they must not be able to panic.
		IsFailure:      func(error) bool { return false },
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return time.Minute },
		Logger:         asynqLog{s.Log, p},
		LogLevel:       asynq.WarnLevel,
	})
	mux := asynq.NewServeMux()
	mux.HandleFunc(sendDeliveries, s.sendChunk)
	if err := server.Start(mux); err != nil {
		return fmt.Errorf("start workers: %w", err)
	}
	var beside sync.WaitGroup
	beside.Go(func() { p.Run(ctx, s.Channels...) })
	if !s.Engine.Replay { // whoever drives the time hands out what is due at it
		beside.Go(func() { s.withoutRedis(ctx, p) })
	}
	<-ctx.Done()
	server.Shutdown()
	s.handling.Wait()
	beside.Wait()
	return nil
}

func (s *Server) concurrency() int { return max(s.Concurrency, 2) }

// asynqLog hands asynq's words to slog. While Redis fails they are for those who
// want every step: that it does is said once, by Presence.
type asynqLog struct {
	log *slog.Logger
	*Presence
}

func (l asynqLog) Debug(args ...any) { l.say(slog.LevelDebug, args) }
func (l asynqLog) Info(args ...any)  { l.say(slog.LevelDebug, args) }
func (l asynqLog) Warn(args ...any)  { l.say(slog.LevelWarn, args) }
func (l asynqLog) Error(args ...any) { l.say(slog.LevelError, args) }

func (l asynqLog) say(level slog.Level, args []any) {
	if l.Failing() {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, "asynq", "said", fmt.Sprint(args...))
}

func (l asynqLog) Fatal(args ...any) {
	l.log.Error("asynq", "said", fmt.Sprint(args...))
	os.Exit(1)
}

// Role is a background loop: it ticks, and ticks again at once while there is
// work, else after Every.
type Role struct {
	Name  string
	Every time.Duration
	Tick  func(context.Context) (worked int, err error)
	Log   *slog.Logger
}

// sayAgain is how often a role says that it still fails.
const sayAgain = time.Minute

// Run ticks until ctx ends. A tick that fails is logged and tried again after a
// pause; it never ends the role. One that goes on failing is logged once a
// minute, and when it works again.
func (r Role) Run(ctx context.Context) {
	var said time.Time // zero: it works
	failed := 0
	for ctx.Err() == nil {
		n, err := r.Tick(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			if failed++; time.Since(said) >= sayAgain {
				r.Log.Error("tick failed", "role", r.Name, "error", err)
				said = time.Now()
			}
		case err == nil && failed > 0:
			r.Log.Info("it works again", "role", r.Name, "failed", failed)
			said, failed = time.Time{}, 0
		}
		if n > 0 && err == nil {
			continue
		}
		pause(ctx, r.Every)
	}
}

// RunAll runs roles side by side and returns when ctx has ended and all of them
// have.
func RunAll(ctx context.Context, roles ...Role) {
	var all sync.WaitGroup
	for _, r := range roles {
		all.Go(func() { r.Run(ctx) })
	}
	all.Wait()
}
