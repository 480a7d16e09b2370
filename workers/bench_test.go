package workers_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

var (
	benchSize = fromEnvironment("REWAVE_BENCH_DELIVERIES", 100_000) // how many deliveries one run sends
	pairs     = fromEnvironment("REWAVE_BENCH_PAIRS", 3)            // how often ours and the baseline run, in turn
)

func fromEnvironment(name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		panic(name + " is not a number: " + text)
	}
	return n
}

// BenchmarkSendPath sends planned deliveries through the dispatcher, asynq, the
// full gate and a null provider, with fsync on, and beside it three baselines in
// the same run: the bare claim-and-append loop without a planned row, a
// hand-out, a gate or a lock, once with all there is to know in one row and once
// with the tables of a shop; and one asynq task for each recipient.
func BenchmarkSendPath(b *testing.B) {
	stack := benchStack(b)
	for b.Loop() {
		var ours, bare, proto, each []float64
		for range pairs {
			perSecond(b, stack, "-each", benchSize/10, runTaskPerRecipient, &each)
			perSecond(b, stack, "-bare", benchSize, leanest.run, &bare)
			perSecond(b, stack, "-prototype", benchSize, prototype.run, &proto)
			perSecond(b, stack, "", benchSize, sendPath{}.run, &ours)
		}
		b.ReportMetric(median(ours), "deliveries/s")
		b.ReportMetric(median(bare), "bare/s")
		b.ReportMetric(median(proto), "prototype/s")
		b.ReportMetric(median(each), "task-each/s")
		b.ReportMetric(ratio(ours, bare), "x-of-bare")
		b.ReportMetric(ratio(ours, proto), "x-of-prototype")
		b.ReportMetric(ratio(ours, each), "x-of-task-each")
		b.ReportMetric(slices.Min(ours), "slowest/s")
		b.ReportMetric(slices.Max(ours), "fastest/s")
	}
}

// benchStack is a PostgreSQL and a Redis on the same cores, with fsync on and
// the memory that its manual asks for, not the few MB it comes with.
func benchStack(b *testing.B) *devstack.Stack {
	b.Helper()
	stack, err := devstack.Start(b.Context(), devstack.Options{Sync: true, RequireRedis: true, SharedMB: 1024})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			b.Error(err)
		}
	})
	workers.TuneMemory()
	return stack
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

// settled lets rows be as if they had stood for a while: nobody tidies up behind
// them while the clock runs.
func settled(b *testing.B, dsn string) {
	b.Helper()
	db, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{"vacuum analyze", "checkpoint"} {
		if _, err := db.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func pool(b *testing.B, dsn string) *pgxpool.Pool {
	b.Helper()
	p, err := pgxpool.New(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// sendPath is a way to send planned deliveries of one wave; the zero sendPath
// is to a provider that takes everything at once.
type sendPath struct {
	channel  channel.Channel
	inFlight int                                          // calls at once; 0 is 64
	campaign func(*campaigns.Campaign)                    // changes it before it is applied
	prepare  func(context.Context, *postgres.Store) error // before the campaign is applied
	seed     string                                       // further statements, once the deliveries are planned
	unseen   bool                                         // planned just now: PostgreSQL has tidied nothing up
	every    time.Duration                                // the dispatcher's pause; 0 is 20 ms
	ticked   func(time.Duration)                          // hears how long each of its ticks took
	ended    func()                                       // once all are sent
}

func (p sendPath) run(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
	ctx := b.Context()
	if p.channel == nil {
		p.channel = &null.Channel{}
	}
	if p.inFlight == 0 {
		p.inFlight = 64
	}
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
		Channels: map[string]*engine.Sender{"email": engine.NewSender(p.channel, "shop@shop.example", p.inFlight)}}
	if p.prepare != nil {
		if err := p.prepare(ctx, store); err != nil {
			b.Fatal(err)
		}
	}
	c := benchCampaign(b)
	if p.campaign != nil {
		p.campaign(&c)
	}
	if _, err := e.ApplyCampaign(ctx, c, nil); err != nil {
		b.Fatal(err)
	}
	db := pool(b, dsn)
	for _, sql := range seedStatements {
		if _, err := db.Exec(ctx, sql, n); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.Exec(ctx, p.seed, pgx.QueryExecModeSimpleProtocol); err != nil {
		b.Fatal(err)
	}
	if err := store.Analyze(ctx); err != nil {
		b.Fatal(err)
	}
	db.Close()
	if !p.unseen {
		settled(b, dsn)
	}
	redis, err := workers.Connect(ctx, stack.RedisURL, log)
	if err != nil {
		b.Fatal(err)
	}
	var sent atomic.Int64
	done := make(chan struct{})
	server := &workers.Server{Engine: e, Redis: redis, Log: log, Channels: []string{"email"}, Concurrency: 3, Poll: 5 * time.Millisecond,
		Done: func(_ string, of engine.Sent, err error) {
			if err != nil {
				b.Error(err)
			}
			if sent.Add(int64(of.Accepted)) == int64(n) {
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
			role.Every = cmp.Or(p.every, 20*time.Millisecond)
			if tick := role.Tick; p.ticked != nil {
				role.Tick = func(ctx context.Context) (int, error) {
					begun := time.Now()
					n, err := tick(ctx)
					p.ticked(time.Since(begun))
					return n, err
				}
			}
			role.Run(run)
		})
		select {
		case <-done:
		case <-time.After(5 * time.Minute):
			b.Errorf("only %d of %d were sent", sent.Load(), n)
		}
		stop()
		all.Wait()
		if p.ended != nil {
			p.ended()
		}
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
	`insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, scheduled_at, due_at, expires_at, zone)
	   select customer_id, entered_at, enrollment_id, 1, 'hello', 1, 1, 'treat', 'email', now(), now(), now() + interval '1 day', zone from enrollments limit $1`,
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
