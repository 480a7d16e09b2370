package workers_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/workers"
)

// cpu is the processor time of this process, of PostgreSQL and of Redis: what a
// delivery costs, also where others use the machine.
type cpu [3]time.Duration

// cpuNow reads it. Of PostgreSQL it is the postmaster, its dead and its living
// children.
func cpuNow(b *testing.B, stack *devstack.Stack) (used cpu) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), stack.DSN)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context()) //nolint:errcheck // read and done
	var backend int
	if err := conn.QueryRow(b.Context(), "select pg_backend_pid()").Scan(&backend); err != nil {
		b.Fatal(err)
	}
	redis, err := workers.Connect(b.Context(), stack.RedisURL, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer redis.Close() //nolint:errcheck // read and done
	var server int
	for line := range strings.Lines(redis.Info(b.Context(), "server").Val()) {
		_, _ = fmt.Sscanf(line, "process_id:%d", &server)
	}
	postmaster := processAt(backend).parent
	var self syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		b.Fatal(err)
	}
	used[0] = time.Duration(self.Utime.Nano() + self.Stime.Nano())
	used[1] = processAt(postmaster).used + processAt(postmaster).children
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if p := processAt(pid); p.parent == postmaster {
			used[1] += p.used
		}
	}
	used[2] = processAt(server).used
	return used
}

type process struct {
	parent         int
	used, children time.Duration
}

// processAt reads proc(5)'s stat; the zero process for one that has ended.
func processAt(pid int) (p process) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, found := strings.Cut(string(text), ") ")
	if err != nil || !found {
		return p
	}
	fields := strings.Fields(after)
	ticks := func(i int) time.Duration {
		n, _ := strconv.Atoi(fields[i])
		return time.Duration(n) * 10 * time.Millisecond
	}
	p.parent, _ = strconv.Atoi(fields[1])
	p.used, p.children = ticks(11)+ticks(12), ticks(13)+ticks(14)
	return p
}

// report divides what was used since by deliveries, and tells it behind a name.
func (since cpu) report(b *testing.B, stack *devstack.Stack, name string, deliveries int) {
	now := cpuNow(b, stack)
	for i, who := range []string{"go", "postgres", "redis"} {
		b.ReportMetric(float64((now[i]-since[i]).Microseconds())/float64(deliveries), "us-"+who+name)
	}
}
