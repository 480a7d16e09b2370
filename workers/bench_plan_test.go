package workers_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel/null"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/workers"
)

// standing is a clock that does not go.
type standing time.Time

func (c standing) At() *time.Time {
	at := time.Time(c)
	return &at
}

// BenchmarkPlan lets a slot's customers (REWAVE_BENCH_CUSTOMERS, 100,000 where it
// is not set) into a campaign with their first round and wave, and hands them all
// out to Redis in passes, with fsync on.
func BenchmarkPlan(b *testing.B) {
	n := fromEnvironment("REWAVE_BENCH_CUSTOMERS", 100_000)
	stack := benchStack(b)
	var planned, handed, slowest []float64
	plan := func(b *testing.B, dsn string) func() {
		ctx := b.Context()
		if _, err := postgres.Migrate(ctx, dsn); err != nil {
			b.Fatal(err)
		}
		store, err := postgres.Open(ctx, dsn, postgres.Options{MaxConns: 8})
		if err != nil {
			b.Fatal(err)
		}
		day := calendar.DateOf(time.Now(), time.UTC).AddDays(1) // orders are of the days before
		slot := calendar.Instant(day, 10*60, time.UTC)
		log := slog.New(slog.DiscardHandler)
		e := &engine.Engine{Store: store, Clock: standing(slot.Add(-time.Hour)), Log: log, Links: engine.Links{Installation: "bench"},
			Shop:     engine.Shop{Name: "Bench", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://shop.example"},
			Channels: map[string]*engine.Sender{"email": engine.NewSender(&null.Channel{}, "shop@shop.example", 64)}}
		if err := store.EnsureFeatures(ctx, "EUR", "UTC"); err != nil {
			b.Fatal(err)
		}
		c := benchCampaign(b)
		c.Enter = campaigns.Enter{When: "orders.count == 2", Schedule: &campaigns.Schedule{AtDate: day, Time: 10 * 60}}
		c.Holdout, c.Waves[0].After, c.From, c.Until = campaigns.Holdout{Share: holdout.Whole / 10}, campaigns.After{}, calendar.Date{}, calendar.Date{}
		if _, err := e.ApplyCampaign(ctx, c, nil); err != nil {
			b.Fatal(err)
		}
		db := pool(b, dsn)
		for _, sql := range seedStatements[:4] { // people, and what is known of them
			if _, err := db.Exec(ctx, sql, n); err != nil {
				b.Fatal(err)
			}
		}
		db.Close()
		if _, err := store.RebuildFeatures(ctx); err != nil {
			b.Fatal(err)
		}
		settled(b, dsn)
		redis, err := workers.Connect(ctx, stack.RedisURL, log)
		if err != nil {
			b.Fatal(err)
		}
		d := workers.NewDispatcher(e, redis, log)
		return func() {
			e.Clock = standing(slot)
			begun, in := time.Now(), 0
			for {
				did, err := workers.PlanOnce(ctx, e)
				if err != nil {
					b.Fatal(err)
				}
				if in += did; did == 0 {
					break
				}
			}
			planned = append(planned, float64(in)/time.Since(begun).Seconds())
			begun = time.Now()
			out, passes := 0, []float64{}
			for {
				pass := time.Now()
				ids, err := d.Pass(ctx, false)
				if err != nil {
					b.Fatal(err)
				}
				if len(ids) == 0 {
					break
				}
				passes = append(passes, float64(time.Since(pass).Milliseconds()))
				out += len(ids)
				// As if workers had kept pace, but for one chunk: a queue that is full gets nothing, and an empty one everything again.
				redis.FlushDB(ctx)
				redis.LPush(ctx, "asynq:{send_email}:pending", "one")
			}
			handed = append(handed, float64(in)/time.Since(begun).Seconds())
			slowest = append(slowest, slices.Max(passes))
			if out*engine.ChunkSize < n*9/10 {
				b.Errorf("%d chunks for %d customers", out, n)
			}
			_ = redis.Close()
			store.Close()
		}
	}
	for b.Loop() {
		var whole []float64
		for range pairs {
			perSecond(b, stack, "", n, func(b *testing.B, _ *devstack.Stack, dsn string, _ int) func() { return plan(b, dsn) }, &whole)
		}
		b.ReportMetric(median(planned), "planned/s")
		b.ReportMetric(float64(n)/median(planned), "s-to-plan")
		b.ReportMetric(median(handed), "handed-out/s")
		b.ReportMetric(median(slowest), "ms-slowest-pass")
	}
}
