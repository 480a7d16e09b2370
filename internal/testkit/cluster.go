// Package testkit gives tests a real database and a real Redis, each test its
// own, and a clock to set.
//
// One PostgreSQL and one Redis serve a whole `go test ./...`, whose test
// binaries run as processes side by side. The first of them starts a keeper,
// which holds the services until the last process that uses them, and the
// `go test` above it, have ended in whatever way. The services are throw-away
// (no fsync) and live below rewave-test-UID in the temporary directory.
//
// A machine without PostgreSQL or Redis fails the test with the command that
// installs it; nothing is ever skipped.
package testkit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/fault"
)

const (
	keeperVariable = "REWAVE_TESTKIT_KEEPER"
	redisDatabases = 512
)

// A test binary has no main of ours, so the keeper's process begins here.
func init() {
	if dir := os.Getenv(keeperVariable); dir != "" {
		if err := keep(dir); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// cluster is what the keeper serves, as it stands in cluster.json.
type cluster struct {
	Keeper life   `json:"keeper"`
	DSN    string `json:"dsn"`
	Redis  string `json:"redis"`
	dir    string
}

// reply is what the keeper tells the process that started it.
type reply struct {
	Cluster cluster `json:"cluster"`
	Error   string  `json:"error"`
}

// joined is the cluster of this process; joining it once is enough.
var joined = sync.OnceValues(join)

// services returns the cluster, or ends the test.
func services(t testing.TB) cluster {
	t.Helper()
	c, err := joined()
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	return c
}

// join registers this process as a user of the cluster and starts it where it
// does not run.
func join() (c cluster, err error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("rewave-test-%d", os.Geteuid()))
	if err := makeDir(dir); err != nil {
		return c, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "cluster.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return c, err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return c, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if err := register(dir); err != nil {
		return c, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "cluster.json"))
	if err == nil && json.Unmarshal(text, &c) == nil && c.Keeper.alive() {
		c.dir = dir
		return c, nil
	}
	c, err = startKeeper(dir)
	c.dir = dir
	return c, err
}

// makeDir makes the folder that the services' user may enter and nobody else
// may write to; one that someone else made is refused.
func makeDir(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o755
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to someone else: set TMPDIR to another folder", dir)
	}
	for _, name := range []string{"users", "redis"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return err
		}
	}
	return os.Chmod(dir, mode)
}

// register names this process, and the `go test` that runs it, as users: between
// two packages there may be no test binary for a while.
func register(dir string) error {
	pids := []int{os.Getpid()}
	parent := os.Getppid()
	if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent)); err == nil && strings.TrimSpace(string(comm)) == "go" {
		pids = append(pids, parent)
	}
	for _, pid := range pids {
		l, err := lifeOf(pid)
		if err != nil {
			continue // the parent ended just now
		}
		if err := os.WriteFile(filepath.Join(dir, "users", l.String()), nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// startKeeper runs this binary again as the keeper and waits for its word.
func startKeeper(dir string) (cluster, error) {
	self, err := os.Executable()
	if err != nil {
		return cluster{}, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return cluster{}, err
	}
	defer read.Close()
	cmd := exec.Command(self)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), keeperVariable+"="+dir)
	// Not our own output: go test waits for it to be closed.
	cmd.ExtraFiles = []*os.File{write}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	write.Close()
	if err != nil {
		return cluster{}, fmt.Errorf("start the keeper: %w", err)
	}
	if err := cmd.Process.Release(); err != nil {
		return cluster{}, err
	}
	var r reply
	if err := json.NewDecoder(read).Decode(&r); err != nil {
		return cluster{}, fmt.Errorf("the keeper ended without a word: %w", err)
	}
	if r.Error != "" {
		return cluster{}, errors.New(r.Error)
	}
	return r.Cluster, nil
}

// keep is the keeper: it starts the services, says so on its third file, and
// stops them when no user is left.
func keep(dir string) error {
	syscall.CloseOnExec(3) // the services must not hold it open
	tell := os.NewFile(3, "reply")
	c, stack, err := serve(dir)
	r := reply{Cluster: c}
	if err != nil {
		r.Error = err.Error()
		if f, ok := fault.Of(err); ok {
			r.Error = f.Message + "; " + f.Hint
		}
	}
	if told := json.NewEncoder(tell).Encode(r); err == nil {
		err = told
	}
	tell.Close()
	if err != nil {
		if stack != nil {
			return errors.Join(err, stack.Stop())
		}
		return err
	}
	return errors.Join(attend(dir), os.Remove(filepath.Join(dir, "cluster.json")), stack.Stop())
}

// serve starts the services and writes down where they are.
func serve(dir string) (cluster, *devstack.Stack, error) {
	self, err := lifeOf(os.Getpid())
	if err != nil {
		return cluster{}, nil, err
	}
	stack, err := devstack.Start(context.Background(), devstack.Options{
		StateDir: dir, RequireRedis: true, Connections: 500, RedisDatabases: redisDatabases,
	})
	if err != nil {
		return cluster{}, nil, err
	}
	c := cluster{Keeper: self, DSN: stack.DSN, Redis: stack.RedisURL}
	text, err := json.Marshal(c)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "cluster.json"), text, 0o600)
	}
	return c, stack, err
}

// attend returns when no user is left, with the cluster's lock held until the
// process ends: whoever comes meanwhile waits, then starts a new cluster.
func attend(dir string) error {
	lock, err := os.OpenFile(filepath.Join(dir, "cluster.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if used, err := inUse(dir); err != nil {
			return err
		} else if used {
			continue
		}
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			continue // someone is coming in
		}
		if used, err := inUse(dir); !used || err != nil {
			return err
		}
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_UN); err != nil {
			return err
		}
	}
	return nil
}

// inUse says whether a registered process lives, and strikes the dead off.
func inUse(dir string) (bool, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "users"))
	if err != nil {
		return false, err
	}
	used := false
	for _, e := range entries {
		if parseLife(e.Name()).alive() {
			used = true
		} else if err := os.Remove(filepath.Join(dir, "users", e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
	}
	return used, nil
}

// life is one process and no later one with the same number.
type life struct {
	PID   int   `json:"pid"`
	Start int64 `json:"start"` // clock ticks since the machine's start
}

func (l life) String() string { return fmt.Sprintf("%d-%d", l.PID, l.Start) }

func parseLife(text string) life {
	pid, start, _ := strings.Cut(text, "-")
	p, err1 := strconv.Atoi(pid)
	s, err2 := strconv.ParseInt(start, 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return life{} // no such process: it will be struck off
	}
	return life{p, s}
}

func (l life) alive() bool {
	now, err := lifeOf(l.PID)
	return err == nil && now == l
}

// lifeOf reads field 22 of /proc/PID/stat; the second, a name in brackets, may
// hold anything. A zombie is an error: it has ended.
func lifeOf(pid int) (life, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return life{}, err
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 || string(fields[0]) == "Z" {
		return life{}, fmt.Errorf("process %d has ended", pid)
	}
	start, err := strconv.ParseInt(string(fields[19]), 10, 64)
	return life{pid, start}, err
}
