//go:build linux

package devstack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/rewave/rewave/internal/fault"
)

var redisPrograms = []string{"redis-server", "valkey-server"}

// redisServer is a running Redis; one of process and memory is nil.
type redisServer struct {
	*process
	memory *miniredis.Miniredis
	end    chan struct{} // closed to stop memory's clock
	what   string
	url    string
}

// startRedis starts the installed program, or miniredis where there is none.
func startRedis(ctx context.Context, s *starter, r *run, as account, opts Options) (*redisServer, error) {
	for _, program := range redisPrograms {
		if path, err := exec.LookPath(program); err == nil {
			return startProgram(ctx, s, path, r, as, opts)
		}
	}
	if opts.RequireRedis {
		return nil, fault.New(fault.Unavailable, "Redis is not installed", installHint("redis-server"))
	}
	server, err := startMemory()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(opts.Log, "Redis is not installed: a small one inside this process takes its place, slower and without a file (%s)\n",
		installHint("redis-server"))
	return server, nil
}

func startProgram(ctx context.Context, s *starter, path string, r *run, as account, opts Options) (*redisServer, error) {
	dir, socket := filepath.Join(r.dir, "redis"), filepath.Join(r.sockets, "redis.sock")
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	if err := as.own(dir); err != nil {
		return nil, err
	}
	args := []string{
		"--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", dir, "--daemonize", "no",
		"--databases", strconv.Itoa(opts.RedisDatabases), "--maxmemory-policy", "noeviction", "--save", "",
	}
	if opts.Durable {
		args = append(args, "--appendonly", "yes", "--appendfsync", "everysec")
	}
	p, err := s.start(as, dir, filepath.Join(r.dir, "redis.log"), syscall.SIGTERM, path, args...)
	if err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	client := redis.NewClient(&redis.Options{
		Network: "unix", Addr: socket, MaxRetries: -1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	defer client.Close() // nothing is lost with it
	if err := p.until(ctx, func(ctx context.Context) error { return client.Ping(ctx).Err() }); err != nil {
		p.stop() // the first error says more
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	info, err := client.InfoMap(ctx, "server").Result()
	if err != nil {
		p.stop() // the first error says more
		return nil, fmt.Errorf("ask Redis for its version: %w", err)
	}
	what := "Redis " + info["Server"]["redis_version"]
	if v := info["Server"]["valkey_version"]; v != "" {
		what = "Valkey " + v
	}
	return &redisServer{process: p, what: what, url: "unix://" + socket}, nil
}

func startMemory() (*redisServer, error) {
	memory := miniredis.NewMiniRedis()
	password := rand.Text() // it listens on TCP, where others of this machine may knock
	memory.RequireAuth(password)
	if err := memory.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start miniredis: %w", err)
	}
	server := &redisServer{
		memory: memory, end: make(chan struct{}), what: "miniredis, in memory",
		url: (&url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: memory.Addr()}).String(),
	}
	go func() {
		// miniredis has no clock of its own: keys expire as it is told the time.
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-server.end:
				return
			case now := <-tick.C:
				memory.FastForward(now.Sub(last))
				last = now
			}
		}
	}()
	return server, nil
}

func (r *redisServer) stop() error {
	if r.memory != nil {
		close(r.end)
		r.memory.Close()
		return nil
	}
	return r.process.stop()
}
