package workers_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
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

// bareLoop is a claim by INSERT that looks in the same statement at what it must
// not go out for, a text made of a template, a null provider, outcomes by COPY; 500 at
// a time through asynq. It has no planned row, no hand-out, no customer's lock, and
// nothing of it could be edited, paused or explained.
type bareLoop struct {
	tables   []string // %d is how many customers there are
	claim    string   // $1 ids; rows: id, address, name
	outcomes []string // columns behind campaign, wave, customer, state, provider's id and time
	outcome  []any    // their values
}

// leanest has all there is to know of a customer in one row: the least that could
// be called a ledger.
var leanest = bareLoop{
	tables: []string{
		"create table customers (customer_id bigint primary key, email text, first_name text, orders int, last_order_at timestamptz, opted_out boolean)",
		"create table claims (customer_id bigint, campaign int, wave int, at timestamptz, primary key (customer_id, campaign, wave))",
		"create table outcomes (campaign int, wave int, customer_id bigint, state text, provider_id text, at timestamptz)",
		"insert into customers select i, 'c' || i || '@mail.example', 'Ann', 1, now() - interval '40 days', false from generate_series(1, %d) i",
	},
	claim: `with claimed as (
			insert into claims select c.customer_id, 1, 1, now() from customers c
			 where c.customer_id = any($1) and not c.opted_out and c.orders = 1 and c.last_order_at > now() - interval '90 days'
			   and (select count(*) from claims k where k.customer_id = c.customer_id and k.at > now() - interval '14 days') < 4
			on conflict do nothing returning customer_id)
		select c.customer_id, c.email, c.first_name from claimed join customers c using (customer_id)`,
}

// prototype reads consent, bans, orders and what was sent before where a shop has
// them, each in a table of its own, and writes rows of eight columns.
var prototype = bareLoop{
	tables: []string{
		"create table customers (customer_id bigint primary key, email text, first_name text)",
		"create table consents (customer_id bigint, channel text, granted boolean, at timestamptz, primary key (customer_id, channel, at))",
		"create table bans (address text primary key, at timestamptz)",
		"create table orders (order_id bigint primary key, customer_id bigint, placed_at timestamptz)",
		"create index on orders (customer_id, placed_at)",
		`create table claims (customer_id bigint, campaign int, wave int, at timestamptz, arm text, variant text, channel text, version int, primary key (customer_id, campaign, wave))`,
		"create table outcomes (campaign int, wave int, customer_id bigint, state text, provider_id text, at timestamptz, reason text, provider text)",
		"insert into customers select i, 'c' || i || '@mail.example', 'Ann' from generate_series(1, %d) i",
		"insert into consents select customer_id, 'email', true, now() - interval '1 year' from customers",
		"insert into orders select customer_id, customer_id, now() - interval '40 days' from customers",
	},
	claim: `with claimed as (
			insert into claims select c.customer_id, 1, 1, now(), 'treat', 'a', 'email', 1 from customers c
			 where c.customer_id = any($1)
			   and (select s.granted from consents s where s.customer_id = c.customer_id and s.channel = 'email' order by s.at desc limit 1)
			   and not exists (select from bans b where b.address = c.email)
			   and (select count(*) = 1 and max(o.placed_at) > now() - interval '90 days' from orders o where o.customer_id = c.customer_id)
			   and (select count(*) from claims k where k.customer_id = c.customer_id and k.at > now() - interval '14 days') < 4
			on conflict do nothing returning customer_id)
		select c.customer_id, c.email, c.first_name from claimed join customers c using (customer_id)`,
	outcomes: []string{"reason", "provider"}, outcome: []any{nil, "null"},
}

func (l bareLoop) run(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
	ctx := b.Context()
	db := pool(b, dsn)
	for _, sql := range append(l.tables, "analyze") {
		if strings.Contains(sql, "%d") {
			sql = fmt.Sprintf(sql, n)
		}
		if _, err := db.Exec(ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	settled(b, dsn)
	text := template.Must(template.New("").Parse(benchText))
	provider := &null.Channel{}
	var sent atomic.Int64
	done := make(chan struct{})
	columns := append([]string{"campaign", "wave", "customer_id", "state", "provider_id", "at"}, l.outcomes...)
	send := func(ctx context.Context, ids []int64) error {
		rows, err := db.Query(ctx, l.claim, ids)
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
			outcomes[i] = append([]any{1, 1, r.ID, string(out.Verdict), out.ProviderID, time.Now()}, l.outcome...)
		}
		_, err = db.CopyFrom(ctx, pgx.Identifier{"outcomes"}, columns, pgx.CopyFromRows(outcomes))
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
