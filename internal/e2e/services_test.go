package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/rewave/rewave/internal/devstack"
)

// service is a server that a test stops and starts again as it was.
type service struct {
	t      *testing.T
	pid    int
	args   []string
	dir    string
	as     *syscall.Credential
	ended  chan struct{} // of the one we started, nil for the first
	answer func(context.Context) error
}

// adopt learns how a running server was started.
func adopt(t *testing.T, pid int, answer func(context.Context) error) *service {
	t.Helper()
	s := &service{t: t, pid: pid, answer: answer}
	proc := fmt.Sprintf("/proc/%d", pid)
	line, err := os.ReadFile(proc + "/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	s.args = strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
	if s.dir, err = os.Readlink(proc + "/cwd"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(proc)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); int(owner.Uid) != os.Geteuid() {
		s.as = &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
	}
	return s
}

// end sends a signal and returns when the server has gone.
func (s *service) end(signal syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(s.pid, signal); err != nil {
		s.t.Fatal(err)
	}
	if s.ended != nil {
		<-s.ended
		return
	}
	s.wait("the server has gone", func() bool { return syscall.Kill(s.pid, 0) != nil })
}

// start runs the server again; it ends with the test.
func (s *service) start() {
	s.t.Helper()
	s.t.Cleanup(func() {
		syscall.Kill(s.pid, syscall.SIGQUIT) // it may have ended
		<-s.ended
	})
	cmd := exec.Command(s.args[0], s.args[1:]...)
	cmd.Dir = s.dir
	// The kernel ends it with the thread that forked it, which is the test's own until it ends.
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.as, Pdeathsig: syscall.SIGQUIT}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	s.pid, s.ended = cmd.Process.Pid, ended
	go func() { cmd.Wait(); close(ended) }() // how it ended is the test's doing
	s.wait("the server answers", func() bool { return s.answer(context.Background()) == nil })
}

func (s *service) wait(what string, ready func() bool) {
	s.t.Helper()
	(&shop{t: s.t}).until(what, ready)
}

// ownRedis is a Redis that keeps nothing, and its URL.
func ownRedis(t *testing.T) (*service, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "rewave-redis-") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, MaxRetries: -1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
	t.Cleanup(func() { client.Close() })
	s := &service{t: t, dir: dir, args: []string{"redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir},
		answer: func(ctx context.Context) error { return client.Ping(ctx).Err() }}
	s.start()
	return s, "unix://" + socket
}

// ownStack is a PostgreSQL that writes safely, its database, and a Redis.
func ownStack(t *testing.T) (postgres *service, dsn, redisURL string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "rewave-state-") // PostgreSQL's user cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	stack, err := devstack.Start(t.Context(), devstack.Options{StateDir: dir, Sync: true, RequireRedis: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			t.Error(err)
		}
	})
	text, err := os.ReadFile(filepath.Join(stack.Dir, "pg", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return adopt(t, pid, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, stack.DSN)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	}), stack.DSN, stack.RedisURL
}
