package workers

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// BenchmarkQueues puts empty chunks into queues and takes them out again, with
// nothing behind them: what Redis itself can do. Four fetchers share one, two or
// four queues, on one node and on three.
//
// The processor time of the busiest node for each task is what bounds a Redis,
// which works on one core; x-room is by how much less that is than of one node
// and one queue. It says how far the load spreads also where the machine has
// fewer cores than nodes, and tasks/s cannot grow with them.
func BenchmarkQueues(b *testing.B) {
	tasks := 20_000
	if n, err := strconv.Atoi(os.Getenv("REWAVE_BENCH_TASKS")); err == nil && n > 0 {
		tasks = n
	}
	channels := []string{"email", "sms", "webhook", "push"}
	for b.Loop() {
		var alone queueFigures
		for _, nodes := range []int{1, 3} {
			c := testkit.NewRedisCluster(b, nodes)
			for _, queues := range []int{1, 2, 4} {
				got := throughQueues(b, c, channels[:queues], tasks)
				if alone.busiest == 0 {
					alone = got
				}
				name := fmt.Sprintf("-%dnode-%dq", nodes, queues)
				b.ReportMetric(got.perSecond, "tasks/s"+name)
				b.ReportMetric(got.busiest, "busiest-us/task"+name)
				b.ReportMetric(alone.busiest/got.busiest, "x-room"+name)
				b.Logf("%d nodes, %d queues: %6.0f tasks/s, µs a task of each node %.1f", nodes, queues, got.perSecond, got.each)
			}
		}
	}
}

type queueFigures struct {
	perSecond float64
	each      []float64 // microseconds of processor time for a task, by node
	busiest   float64   // the most of them
}

func throughQueues(b *testing.B, c *testkit.RedisCluster, channels []string, tasks int) (got queueFigures) {
	const fetchers, fillers = 4, 4
	log := slog.New(slog.DiscardHandler)
	client, err := Connect(b.Context(), c.URL, log)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	var ended atomic.Int64
	all := make(chan struct{})
	mux := asynq.NewServeMux()
	mux.HandleFunc(sendDeliveries, func(context.Context, *asynq.Task) error {
		if ended.Add(1) == int64(tasks) {
			close(all)
		}
		return nil
	})
	var servers []*asynq.Server
	for i := range fetchers {
		s := asynq.NewServerFromRedisClient(client, asynq.Config{Concurrency: 8, Queues: map[string]int{string(queueOf(channels[i%len(channels)])): 1},
			TaskCheckInterval: time.Millisecond, LogLevel: asynq.FatalLevel})
		if err := s.Start(mux); err != nil {
			b.Fatal(err)
		}
		servers = append(servers, s)
	}
	before := nodesCPU(b, c)
	begun := time.Now()
	d := NewDispatcher(&engine.Engine{}, client, log)
	var filling sync.WaitGroup
	for i := range fillers {
		filling.Go(func() {
			for n := i; n < tasks; n += fillers {
				if _, err := d.enqueue(b.Context(), engine.Chunk{Lane: postgres.Lane{Version: 1, Wave: "hello", Channel: channels[n%len(channels)]}}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	filling.Wait()
	select {
	case <-all:
	case <-time.After(5 * time.Minute):
		b.Fatalf("only %d of %d tasks ended", ended.Load(), tasks)
	}
	got.perSecond = float64(tasks) / time.Since(begun).Seconds()
	for i, used := range nodesCPU(b, c) {
		got.each = append(got.each, (used-before[i])/float64(tasks))
	}
	got.busiest = slices.Max(got.each)
	for _, s := range servers {
		s.Shutdown()
	}
	return got
}

// nodesCPU is the processor time of each node so far, in microseconds.
func nodesCPU(b *testing.B, c *testkit.RedisCluster) (used []float64) {
	b.Helper()
	for _, n := range c.Nodes {
		total := 0.0
		for line := range strings.Lines(n.Info("cpu")) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			if name == "used_cpu_user" || name == "used_cpu_sys" {
				seconds, err := strconv.ParseFloat(value, 64)
				if err != nil {
					b.Fatal(err)
				}
				total += seconds * 1e6
			}
		}
		used = append(used, total)
	}
	return used
}
