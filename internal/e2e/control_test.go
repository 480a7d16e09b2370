package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/testkit"
)

// The negative control: a worker that has nothing but the queue. Whoever sends
// in the handler and lets the queue remember what was sent must be caught by the
// same judge, under the same kinds of faults; else the judge is blind.
func TestChaosCatchesAWorkerThatTrustsItsQueue(t *testing.T) {
	t.Parallel()
	f := controlRun(t, 1, 600)
	t.Logf("a queue alone: %d messages, %d taken, %d twice, %d not there when nothing more came", f.Deliveries, f.Taken, f.Twice, f.Lost)
	if f.Twice == 0 { // what is not there may still come: a queue takes minutes to notice
		t.Error("nothing was sent twice: the harness sees nothing")
	}
}

const controlRole = "REWAVE_E2E_CONTROL" // host:port of Redis, and of the provider

// controlRun queues n messages and lets two such workers send them.
func controlRun(t *testing.T, seed uint64, n int) findings {
	t.Helper()
	server, address := ownRedis(t)
	socket := strings.TrimPrefix(address, "unix://")
	dir := t.TempDir()
	c := &chaos{shop: &shop{t: t, dir: dir}, seed: seed, redis: server, double: newDouble(t, dir, seed, bySMTP)}
	c.client = redis.NewClient(&redis.Options{Network: "unix", Addr: socket, MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
	t.Cleanup(func() { c.client.Close() })
	c.between.redis = testkit.NewProxy(t, "unix", socket, seed)
	c.between.mail = testkit.NewProxy(t, "tcp", c.double.addr(), seed+1)

	queue := asynq.NewClientFromRedisClient(c.client)
	ledger := make([]told, n)
	for i := range ledger {
		ledger[i] = told{Ref: fmt.Sprintf("%d.control", i+1), Arm: "treat", Campaign: "hello", To: fmt.Sprintf("c%d@mail.example", i+1), State: "accepted"}
		payload, err := json.Marshal(ledger[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := queue.Enqueue(asynq.NewTask("send", payload), asynq.MaxRetry(50), asynq.Timeout(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), controlRole+"="+c.between.redis.Addr()+" "+c.between.mail.Addr())
	for i := range 2 {
		c.workers = append(c.workers, keep(t, dir, "work-"+strconv.Itoa(i), env, self))
	}
	draw := rand.New(rand.NewPCG(seed, 5))
	for _, name := range []string{"worker killed", "redis cut", "redis snapshot", "mail cut", "worker killed", "provider takes and resets", "redis from an old snapshot", "redis cut", "worker killed"} {
		heard := c.double.count()
		c.until("some more are sent", func() bool { return c.double.count() >= heard+20 })
		everything[indexOf(name)].do(c, draw, func(time.Duration, func()) {})
	}
	c.double.set(temper{Slow: time.Millisecond})
	// It has its time: until it has sent all, or nothing more comes.
	last, since := c.double.count(), time.Now()
	c.until("the queue has come to rest", func() bool {
		if now := c.double.count(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 6*time.Second
	})
	for _, k := range c.workers {
		k.close(syscall.SIGKILL, patience)
	}
	return judge(c.double.arrivals(), ledger, facts{})
}

func indexOf(name string) int {
	for i, f := range everything {
		if f.name == name {
			return i
		}
	}
	panic("there is no fault " + name)
}

// control is the worker: the process that controlRole is set for.
func control(at string) error {
	redisAt, mailAt, _ := strings.Cut(at, " ")
	host, port, err := net.SplitHostPort(mailAt)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	mail, err := email.New(email.Options{Host: host, Port: number, TLS: email.TLSNone})
	if err != nil {
		return err
	}
	server := asynq.NewServer(asynq.RedisClientOpt{Addr: redisAt}, asynq.Config{Concurrency: 8, LogLevel: asynq.FatalLevel,
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return time.Second }})
	mux := asynq.NewServeMux()
	mux.HandleFunc("send", func(ctx context.Context, task *asynq.Task) error {
		var m told
		if err := json.Unmarshal(task.Payload(), &m); err != nil {
			return err
		}
		out := mail.Send(ctx, channel.Message{Ref: m.Ref, To: m.To, From: "Test shop <hello@shop.example>", Subject: "hello now", Text: "Dear you."})
		if out.Verdict != channel.Accepted {
			return errors.New(out.Reason) // and the queue tries again
		}
		return nil
	})
	if err := server.Start(mux); err != nil {
		return err
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	<-told
	server.Shutdown()
	return nil
}

// asControl runs this process as a control worker if it was started as one.
func asControl() bool {
	at := os.Getenv(controlRole)
	if at == "" {
		return false
	}
	if err := control(at); err != nil {
		slog.Error("control", "program", filepath.Base(os.Args[0]), "error", err)
	}
	return true
}
