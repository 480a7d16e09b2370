package workers_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"text/template"
	"time"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/null"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/workers"
)

// benchText is what the baseline says, about as long as ours.
const benchText = `Hello {{ .Name }},

Three weeks ago you ordered from us for the first time. Some come
back about now, often for the thing they nearly took the first time.

If there was something like that, it may still be here. And if there was
not, no harm done: this is our last reminder.

Kind regards,
the people of the shop

--
You get this because you ordered from us. To end our e-mails to you:
https://shop.example/u/{{ .ID }}
`

// runBare is the least that could be called a ledger: a claim by INSERT that looks
// in the same statement at opt-out, orders, recency and how often somebody was
// written to; a text made of a template, a null provider, outcomes by COPY; 500 at
// a time through asynq. It has no planned row, no hand-out, no customer's lock, and
// nothing of it could be edited, paused or explained.
func runBare(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
	ctx := b.Context()
	db := pool(b, dsn)
	for _, sql := range []string{
		"create table customers (customer_id bigint primary key, email text, first_name text, orders int, last_order_at timestamptz, opted_out boolean)",
		"create table claims (customer_id bigint, campaign int, wave int, at timestamptz, primary key (customer_id, campaign, wave))",
		"create table outcomes (campaign int, wave int, customer_id bigint, state text, provider_id text, at timestamptz)",
		fmt.Sprintf("insert into customers select i, 'c' || i || '@mail.example', 'Ann', 1, now() - interval '40 days', false from generate_series(1, %d) i", n), "analyze customers"} {
		if _, err := db.Exec(ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	settled(b, dsn)
	text := template.Must(template.New("").Parse(benchText))
	provider := &null.Channel{}
	var sent atomic.Int64
	done := make(chan struct{})
	send := func(ctx context.Context, ids []int64) error {
		rows, err := db.Query(ctx, `with claimed as (
				insert into claims select c.customer_id, 1, 1, now() from customers c
				 where c.customer_id = any($1) and not c.opted_out and c.orders = 1 and c.last_order_at > now() - interval '90 days'
				   and (select count(*) from claims k where k.customer_id = c.customer_id and k.at > now() - interval '14 days') < 4
				on conflict do nothing returning customer_id)
			select c.customer_id, c.email, c.first_name from claimed join customers c using (customer_id)`, ids)
		if err != nil {
			return err
		}
		type recipient struct {
			ID          int64
			Email, Name string
		}
		claimed, err := pgx.CollectRows(rows, pgx.RowToStructByPos[recipient])
		if err != nil {
			return err
		}
		outcomes := make([][]any, len(claimed))
		var made bytes.Buffer
		for i, r := range claimed {
			made.Reset()
			if err := text.Execute(&made, r); err != nil {
				return err
			}
			out := provider.Send(ctx, channel.Message{Ref: strconv.FormatInt(r.ID, 10), To: r.Email, From: "shop@shop.example", Subject: "Thank you", Text: made.String()})
			outcomes[i] = []any{1, 1, r.ID, string(out.Verdict), out.ProviderID, time.Now()}
		}
		_, err = db.CopyFrom(ctx, pgx.Identifier{"outcomes"}, []string{"campaign", "wave", "customer_id", "state", "provider_id", "at"}, pgx.CopyFromRows(outcomes))
		if sent.Add(int64(len(claimed))) == int64(n) {
			close(done)
		}
		return err
	}
	return overAsynq(b, stack, n, 500, done, send, db)
}

// runTaskPerRecipient is how a queue is used by the book: one task, one claim,
// one outcome for each recipient.
func runTaskPerRecipient(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
	ctx := b.Context()
	db := pool(b, dsn)
	for _, sql := range []string{
		"create table customers (customer_id bigint primary key, email text, orders int, opted_out boolean)",
		"create table sends (customer_id bigint primary key, state text, provider_id text, at timestamptz)",
		fmt.Sprintf("insert into customers select i, 'c' || i || '@mail.example', 1, false from generate_series(1, %d) i", n), "analyze customers"} {
		if _, err := db.Exec(ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	settled(b, dsn)
	var sent atomic.Int64
	done := make(chan struct{})
	send := func(ctx context.Context, ids []int64) error {
		if _, err := db.Exec(ctx, `insert into sends select customer_id, 'sending', null, now() from customers where customer_id = $1 and not opted_out and orders = 1 on conflict do nothing`, ids[0]); err != nil {
			return err
		}
		_, err := db.Exec(ctx, "update sends set state = 'accepted', provider_id = 'x' where customer_id = $1", ids[0])
		if sent.Add(1) == int64(n) {
			close(done)
		}
		return err
	}
	return overAsynq(b, stack, n, 1, done, send, db)
}

// overAsynq carries n ids in tasks of the given size.
func overAsynq(b *testing.B, stack *devstack.Stack, n, size int, done chan struct{}, send func(context.Context, []int64) error, db *pgxpool.Pool) func() {
	redis, err := workers.Connect(b.Context(), stack.RedisURL, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		server := asynq.NewServerFromRedisClient(redis, asynq.Config{Concurrency: 16, TaskCheckInterval: 5 * time.Millisecond, LogLevel: asynq.FatalLevel})
		mux := asynq.NewServeMux()
		mux.HandleFunc("bench", func(ctx context.Context, t *asynq.Task) error {
			ids := make([]int64, len(t.Payload())/8)
			for i := range ids {
				for k := range 8 {
					ids[i] |= int64(t.Payload()[i*8+k]) << (8 * k)
				}
			}
			if err := send(ctx, ids); err != nil {
				b.Error(err)
			}
			return nil
		})
		if err := server.Start(mux); err != nil {
			b.Fatal(err)
		}
		client := asynq.NewClientFromRedisClient(redis)
		var all sync.WaitGroup
		for w := range 8 {
			all.Go(func() {
				for at := w * size; at < n; at += 8 * size {
					payload := make([]byte, 0, size*8)
					for i := at; i < min(n, at+size); i++ {
						for k := range 8 {
							payload = append(payload, byte(int64(i+1)>>(8*k)))
						}
					}
					if _, err := client.Enqueue(asynq.NewTask("bench", payload)); err != nil {
						b.Error(err)
					}
				}
			})
		}
		all.Wait()
		select {
		case <-done:
		case <-time.After(5 * time.Minute):
			b.Error("the baseline did not end")
		}
		server.Shutdown()
		redis.FlushDB(context.Background())
		_ = redis.Close()
		db.Close()
	}
}
