package workers

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/postgres"
)

// chunk is any hint.
var chunk = engine.Chunk{Lane: postgres.Lane{Version: 7, Wave: "hello", Channel: "email"}, IDs: []int64{3, 1, 1 << 40}}

func TestAHintCarriesItsChunkUnderANewNameEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.dispatcher()
	var ids []string
	for range 2 {
		id, err := d.enqueue(t.Context(), chunk)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if ids[0] == ids[1] || !strings.HasPrefix(ids[0], "chunk:") {
		t.Errorf("got names %q, want two that begin with chunk:", ids)
	}
	info, err := asynq.NewInspectorFromRedisClient(w.redis).GetTaskInfo("send_email", ids[0])
	if err != nil {
		t.Fatal(err)
	}
	var got engine.Chunk
	if err := json.Unmarshal(info.Payload, &got); err != nil {
		t.Fatal(err)
	}
	same(t, "chunk", got, chunk)
	same(t, "payload", string(info.Payload), `{"version":7,"wave":"hello","channel":"email","ids":[3,1,1099511627776]}`)
	type promise struct {
		Type      string
		Retries   int
		Timeout   time.Duration
		Retention time.Duration
		State     string
	}
	same(t, "task", promise{info.Type, info.MaxRetry, info.Timeout, info.Retention, info.State.String()},
		promise{"deliveries:send", 1, taskTimeout, 0, "pending"})
}

func TestAHintThatCannotBeReadIsDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(1)
	d := w.dispatcher()
	for _, payload := range []string{"", "{", `{"ids":"all"}`, `{"version":1e99}`} {
		if _, err := d.client.Enqueue(asynq.NewTask(sendDeliveries, []byte(payload), asynq.Queue("send_email"))); err != nil {
			t.Fatal(err)
		}
	}
	w.serve(&Server{})
	if _, err := d.Pass(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	until(t, "the readable hint was followed", func() bool { return w.states()["accepted"] == 1 })
	until(t, "the queue is empty", func() bool {
		used, err := d.used(t.Context())
		return err == nil && used == 0
	})
	same(t, "log lines", w.log.with("level=ERROR", "a hint cannot be read"), 4)
}

func TestAHintOfSomethingUnknownIsLoggedAndForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ended := make(chan error, 1)
	w.serve(&Server{Done: func(_ string, _ engine.Sent, err error) { ended <- err }})
	if _, err := w.dispatcher().enqueue(context.Background(), chunk); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("got no error, want one: there is no version 7")
	}
	until(t, "a line in the log", func() bool { return w.log.with("level=ERROR", "chunk failed", "deliveries=3") == 1 })
	d := w.dispatcher()
	until(t, "the queue is empty", func() bool {
		used, err := d.used(t.Context())
		return err == nil && used == 0
	})
}
