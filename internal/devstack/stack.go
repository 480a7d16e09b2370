//go:build linux

package devstack

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// running is what a Stack has to stop.
type running struct {
	run      *run
	starter  *starter
	as       account
	postgres *postgresServer
	redis    *redisServer
	sync     string

	once sync.Once
	err  error
}

func start(ctx context.Context, opts Options) (_ *Stack, err error) {
	as, err := serviceAccount()
	if err != nil {
		return nil, err
	}
	r, err := claim(ctx, opts.StateDir, opts.Durable, as, opts.Log)
	if err != nil {
		return nil, err
	}
	up := &running{run: r, starter: newStarter(), as: as, sync: "fsync off"}
	if opts.Durable || opts.Sync {
		up.sync = "fsync on"
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, up.stop())
		}
	}()
	if up.postgres, err = startPostgres(ctx, up.starter, r, as, opts); err != nil {
		return nil, err
	}
	if up.redis, err = startRedis(ctx, up.starter, r, as, opts); err != nil {
		return nil, err
	}
	return &Stack{
		DSN:           up.postgres.dsn,
		RedisURL:      up.redis.url,
		RedisInMemory: up.redis.memory != nil,
		Dir:           r.dir,
		running:       up,
	}, nil
}

// Describe says what runs where, one line each.
func (s *Stack) Describe() string {
	up := s.running
	return fmt.Sprintf("PostgreSQL %s from %s, as user %s, %s\n%s\ndata in %s, sockets in %s",
		up.postgres.bin.version, up.postgres.bin.dir, up.as.name, up.sync, up.redis.what, up.run.dir, up.run.sockets)
}

// Stop ends both services, waits for them and removes what a throw-away run
// wrote. It may be called more than once; every call returns the first's error.
func (s *Stack) Stop() error { return s.running.stop() }

func (up *running) stop() error {
	up.once.Do(func() {
		var errs []error
		if up.redis != nil {
			errs = append(errs, up.redis.stop())
		}
		if up.postgres != nil {
			errs = append(errs, up.postgres.stop())
		}
		up.starter.close()
		up.err = errors.Join(append(errs, up.run.release())...)
	})
	return up.err
}
