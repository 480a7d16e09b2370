package workers_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"text/template"
	"time"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/null"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/workers"
)

// benchSize is how many deliveries one run sends.
const benchSize = 100_000

// pairs is how often ours and the baseline run, in turn.
const pairs = 3

// BenchmarkSendPath sends planned deliveries through the dispatcher, asynq, the
// full gate and a null provider, with fsync on, and beside it two baselines in
// the same run: the bare claim-and-append loop without a planned row, a
// hand-out, a gate or a lock; and one asynq task for each recipient.
func BenchmarkSendPath(b *testing.B) {
	stack, err := devstack.Start(b.Context(), devstack.Options{Sync: true, RequireRedis: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			b.Error(err)
		}
	})
	workers.TuneMemory()
	for b.Loop() {
		var ours, bare, each []float64
		for range pairs {
			perSecond(b, stack, "-each", benchSize/10, runTaskPerRecipient, &each)
			perSecond(b, stack, "-bare", benchSize, runBare, &bare)
			perSecond(b, stack, "", benchSize, runSendPath, &ours)
		}
		b.ReportMetric(median(ours), "deliveries/s")
		b.ReportMetric(median(bare), "bare/s")
		b.ReportMetric(median(each), "task-each/s")
		b.ReportMetric(ratio(ours, bare), "x-of-bare")
		b.ReportMetric(ratio(ours, each), "x-of-task-each")
		b.ReportMetric(slices.Min(ours), "slowest/s")
		b.ReportMetric(slices.Max(ours), "fastest/s")
	}
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[len(s)/2]
}

// ratio is the median of the ratios of each pair.
func ratio(a, b []float64) float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return median(r)
}

var databases atomic.Int64

// perSecond makes a fresh database, lets run prepare it, and times what run
// returns.
func perSecond(b *testing.B, stack *devstack.Stack, name string, n int, run func(*testing.B, *devstack.Stack, string, int) func(), rates *[]float64) {
	b.Helper()
	admin, err := pgx.Connect(b.Context(), stack.DSN)
	if err != nil {
		b.Fatal(err)
	}
	defer admin.Close(context.Background()) //nolint:errcheck // the server goes away
	db := fmt.Sprintf("bench_%d", databases.Add(1))
	if _, err := admin.Exec(b.Context(), "create database "+db); err != nil {
		b.Fatal(err)
	}
	config, err := pgxpool.ParseConfig(stack.DSN)
	if err != nil {
		b.Fatal(err)
	}
	dsn := fmt.Sprintf("host=%s user=%s dbname=%s", config.ConnConfig.Host, config.ConnConfig.User, db)
	timed := run(b, stack, dsn, n)
	// The rows have stood for a while: nobody tidies up behind them while the clock runs.
	settle, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{"vacuum analyze", "checkpoint"} {
		if _, err := settle.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	if err := settle.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	before := cpuNow(b, stack)
	begun := time.Now()
	timed()
	took := time.Since(begun)
	before.report(b, stack, name, n)
	if _, err := admin.Exec(b.Context(), "drop database "+db+" with (force)"); err != nil {
		b.Fatal(err)
	}
	*rates = append(*rates, float64(n)/took.Seconds())
}

func pool(b *testing.B, dsn string) *pgxpool.Pool {
	b.Helper()
	p, err := pgxpool.New(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func runSendPath(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
	ctx := b.Context()
	if _, err := postgres.Migrate(ctx, dsn); err != nil {
		b.Fatal(err)
	}
	store, err := postgres.Open(ctx, dsn, postgres.Options{MaxConns: 8})
	if err != nil {
		b.Fatal(err)
	}
	_, secrets, err := store.Installation(ctx)
	if err != nil {
		b.Fatal(err)
	}
	keys, err := message.NewKeys(secrets...)
	if err != nil {
		b.Fatal(err)
	}
	quietNever := map[string]calendar.Window{"email": {From: 3 * 60, To: 3*60 + 1}}
	log := slog.New(slog.DiscardHandler)
	e := &engine.Engine{Store: store, Log: log, Links: engine.Links{Installation: "bench", Keys: keys},
		Shop: engine.Shop{Name: "Bench", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://shop.example", Quiet: quietNever,
			Cap: postgres.Cap{Limit: 4, Window: 14 * 24 * time.Hour}},
		Channels: map[string]*engine.Sender{"email": engine.NewSender(&null.Channel{}, "shop@shop.example", 64)}}
	if _, err := e.ApplyCampaign(ctx, benchCampaign(b), nil); err != nil {
		b.Fatal(err)
	}
	db := pool(b, dsn)
	for _, sql := range seedStatements {
		if _, err := db.Exec(ctx, sql, n); err != nil {
			b.Fatal(err)
		}
	}
	if err := store.Analyze(ctx); err != nil {
		b.Fatal(err)
	}
	db.Close()
	redis, err := workers.Connect(ctx, stack.RedisURL, log)
	if err != nil {
		b.Fatal(err)
	}
	var settled atomic.Int64
	done := make(chan struct{})
	server := &workers.Server{Engine: e, Redis: redis, Log: log, Channels: []string{"email"}, Concurrency: 3, Poll: 5 * time.Millisecond,
		Done: func(_ string, sent engine.Sent, err error) {
			if err != nil {
				b.Error(err)
			}
			if settled.Add(int64(sent.Accepted)) == int64(n) {
				close(done)
			}
		}}
	return func() {
		run, stop := context.WithCancel(ctx)
		var all sync.WaitGroup
		all.Go(func() { _ = server.Run(run) })
		d := workers.NewDispatcher(e, redis, log)
		all.Go(func() {
			role := d.Role()
			role.Every = 20 * time.Millisecond
			role.Run(run)
		})
		select {
		case <-done:
		case <-time.After(5 * time.Minute):
			b.Errorf("only %d of %d were sent", settled.Load(), n)
		}
		stop()
		all.Wait()
		store.Close()
		redis.FlushDB(context.Background())
		_ = redis.Close()
	}
}

// seedStatements each plan a part of n treated deliveries that are due.
var seedStatements = []string{
	`insert into customers (shop_id, first_name) select 'c' || i, 'Ann' from generate_series(1, $1::int) i`,
	`insert into contacts (customer_id, email) select customer_id, shop_id || '@mail.example' from customers limit $1`,
	`insert into consents (customer_id, channel, granted, at, source) select customer_id, 'email', true, '2020-01-01', 'bench' from customers limit $1`,
	`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor) select 'bench', customer_id || '-' || i, customer_id, now() - i * interval '100 days', 'EUR', 1000 * i
	   from customers, generate_series(1, 2) i where $1 > 0`,
	`insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone)
	   select customer_id, now() - interval '1 day', 1, 1, 1, 1, 'treat', 'c|bench|1', 0.5, 0, shop_id, 'UTC' from customers limit $1`,
	`insert into rounds (customer_id, entered_at, enrollment_id, round, started_at) select customer_id, entered_at, enrollment_id, 1, entered_at from enrollments limit $1`,
	`insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, scheduled_at, due_at, expires_at)
	   select customer_id, entered_at, enrollment_id, 1, 'hello', 1, 1, 'treat', 'email', now(), now(), now() + interval '1 day' from enrollments limit $1`,
}

func benchCampaign(b *testing.B) campaigns.Campaign {
	c, err := campaigns.Load(campaigns.Library(), "second-order", campaigns.Options{})
	if err != nil {
		b.Fatal(err)
	}
	c.Name, c.Waves = "bench", c.Waves[:1]
	c.Waves[0].Name, c.Waves[0].Between = "hello", nil
	return c
}

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
