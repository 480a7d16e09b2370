//go:build linux

package devstack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/fault"
)

const helperVariable = "REWAVE_DEVSTACK_HELPER"

// report is what a helper process says once it has started, or has not.
type report struct {
	Stack   *Stack
	Message string
	Log     string
}

// A helper is this test binary run as another process: one that can be killed,
// or be someone else.
func TestMain(m *testing.M) {
	if text := os.Getenv(helperVariable); text != "" {
		os.Exit(help(text))
	}
	os.Exit(m.Run())
}

// help starts a Stack and stops it when its input ends.
func help(text string) int {
	var opts Options
	if err := json.Unmarshal([]byte(text), &opts); err != nil {
		return 1
	}
	var log bytes.Buffer
	opts.Log = &log
	stack, err := Start(context.Background(), opts)
	r := report{Stack: stack, Message: message(err), Log: log.String()}
	if json.NewEncoder(os.Stdout).Encode(r) != nil || err != nil {
		return 1
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return 1
	}
	if err := stack.Stop(); err != nil {
		return 1
	}
	return 0
}

// message is all that a person sees of an error.
func message(err error) string {
	if err == nil {
		return ""
	}
	if f, ok := fault.Of(err); ok {
		return string(f.Code) + ": " + f.Message + " / " + f.Hint
	}
	return err.Error()
}

func TestFreshServicesAnswerAndLeaveNothing(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	stack := mustStart(t, Options{StateDir: dir, RedisDatabases: 20})
	if got := query(t, stack.DSN, "SELECT current_user || ' ' || current_setting('fsync') || ' ' || current_setting('listen_addresses')"); got != "rewave off " {
		t.Errorf("settings: got %q", got)
	}
	client := client(t, stack.RedisURL+"?db=19")
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Error(err)
	}
	text := stack.Describe()
	for _, want := range []string{"PostgreSQL ", "fsync off", "Redis ", stack.Dir} {
		if !strings.Contains(text, want) {
			t.Errorf("Describe: %q is not in %q", want, text)
		}
	}
	sockets := stack.running.run.sockets
	if err := errors.Join(stack.Stop(), stack.Stop()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(tree(t, dir), []string{"lock", "runs"}); diff != "" {
		t.Errorf("left in the state directory (-got +want):\n%s", diff)
	}
	if _, err := os.Stat(sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("sockets: got %v, want them gone", err)
	}
	if got := servicesIn(dir); len(got) != 0 {
		t.Errorf("still running: %v", got)
	}
}

func TestDurableDataOutliveAStop(t *testing.T) {
	t.Parallel()
	opts := Options{StateDir: stateDir(t), Durable: true}
	first := mustStart(t, opts)
	exec1(t, first.DSN, "CREATE TABLE kept AS SELECT 42 AS answer")
	if err := client(t, first.RedisURL).Set(t.Context(), "kept", "yes", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := mustStart(t, opts)
	if got := query(t, second.DSN, "SELECT answer || ' ' || current_setting('fsync') FROM kept"); got != "42 on" {
		t.Errorf("PostgreSQL: got %q, want %q", got, "42 on")
	}
	if got := client(t, second.RedisURL).Get(t.Context(), "kept").Val(); got != "yes" {
		t.Errorf("Redis: got %q, want %q", got, "yes")
	}
}

func TestDurableDataOutliveAKill(t *testing.T) {
	t.Parallel()
	opts := Options{StateDir: stateDir(t), Durable: true}
	helper, r := startHelper(t, opts)
	exec1(t, r.Stack.DSN, "CREATE TABLE kept AS SELECT 42 AS answer")
	kill(t, helper)
	stack := mustStart(t, opts)
	if got := query(t, stack.DSN, "SELECT answer::text FROM kept"); got != "42" {
		t.Errorf("got %q, want %q", got, "42")
	}
	if _, err := os.Stat(socketsOf(t, r.Stack)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dead run's sockets: got %v, want them gone", err)
	}
}

func TestServicesEndWithAKilledProcess(t *testing.T) {
	t.Parallel()
	opts := Options{StateDir: stateDir(t)}
	helper, r := startHelper(t, opts)
	if got := len(servicesIn(r.Stack.Dir)); got < 2 {
		t.Fatalf("got %d services, want PostgreSQL and Redis", got)
	}
	kill(t, helper)
	eventually(t, "the services end", func() bool { return len(servicesIn(r.Stack.Dir)) == 0 })

	var log bytes.Buffer
	opts.Log = &log
	mustStart(t, opts)
	want := fmt.Sprintf("removed what process %d had left in %s\n", helper.Process.Pid, r.Stack.Dir)
	if got := log.String(); got != want {
		t.Errorf("log: got %q, want %q", got, want)
	}
	for _, path := range []string{r.Stack.Dir, socketsOf(t, r.Stack)} {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v, want it gone", path, err)
		}
	}
}

func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	_, other := startHelper(t, Options{StateDir: dir})
	stack := mustStart(t, Options{StateDir: dir})
	exec1(t, stack.DSN, "CREATE TABLE mine (x int)")
	if got := query(t, other.Stack.DSN, "SELECT count(*)::text FROM pg_class WHERE relname = 'mine'"); got != "0" {
		t.Error("the two runs share a database")
	}
}

func TestASecondDurableRunIsRefused(t *testing.T) {
	t.Parallel()
	opts := Options{StateDir: stateDir(t), Durable: true}
	helper, r := startHelper(t, opts)
	exec1(t, r.Stack.DSN, "CREATE TABLE kept AS SELECT 42 AS answer")
	_, err := Start(t.Context(), opts)
	want := fmt.Sprintf("conflict: the services in %s are in use by process %d / end it first, or choose another state directory with --state",
		opts.StateDir, helper.Process.Pid)
	if got := message(err); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := query(t, r.Stack.DSN, "SELECT answer::text FROM kept"); got != "42" {
		t.Errorf("the first run: got %q, want %q", got, "42")
	}
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := Start(ctx, Options{StateDir: dir})
		failed <- err
	}()
	eventually(t, "a first program runs", func() bool { return len(servicesIn(dir)) > 0 })
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if diff := cmp.Diff(tree(t, dir), []string{"lock", "runs"}); diff != "" {
		t.Errorf("left in the state directory (-got +want):\n%s", diff)
	}
}

// stateDir is a folder that the services' user may enter, unlike t.TempDir's.
func stateDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devstack-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustStart(t *testing.T, opts Options) *Stack {
	t.Helper()
	stack, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(message(err))
	}
	t.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			t.Error(err)
		}
	})
	return stack
}

func startHelper(t *testing.T, opts Options, change ...func(*exec.Cmd)) (*exec.Cmd, report) {
	t.Helper()
	text, err := json.Marshal(opts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	for _, c := range change {
		c(cmd)
	}
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait() // some are killed, some are to fail
	})
	var r report
	if err := json.NewDecoder(bufio.NewReader(stdout)).Decode(&r); err != nil {
		t.Fatalf("the helper said nothing: %v", err)
	}
	return cmd, r
}

func kill(t *testing.T, helper *exec.Cmd) {
	t.Helper()
	if err := helper.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	helper.Wait() // it was killed
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within 20 s", what)
		case <-tick.C:
		}
	}
}

func exec1(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, dsn, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var got string
	if err := conn.QueryRow(t.Context(), sql).Scan(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func client(t *testing.T, address string) *redis.Client {
	t.Helper()
	opts, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(opts)
	t.Cleanup(func() { c.Close() })
	return c
}

// socketsOf reads the socket folder out of a Stack's DSN.
func socketsOf(t *testing.T, stack *Stack) string {
	t.Helper()
	config, err := pgx.ParseConfig(stack.DSN)
	if err != nil {
		t.Fatal(err)
	}
	return config.Host
}

// tree lists what lies below dir.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if path != dir {
			found = append(found, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
