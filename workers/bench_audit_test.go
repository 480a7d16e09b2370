package workers_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel/null"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/postgres"
)

// BenchmarkAudit holds a ledger of REWAVE_BENCH_AUDIT deliveries (200,000 where it
// is not set) against its promises; a customer has ten of them in five entries,
// two orders and a word of consent. Beside it, in the same run, is what it costs
// one connection to read every delivery and enrollment once and join them. The
// limit is 30 s for 10,000,000 on two cores: an audit an hour then takes less than
// a hundredth of the machine.
func BenchmarkAudit(b *testing.B) {
	n := fromEnvironment("REWAVE_BENCH_AUDIT", 200_000)
	stack := benchStack(b)
	for b.Loop() {
		var whole, once []float64
		var probes []postgres.Probe
		perSecond(b, stack, "", n, func(b *testing.B, _ *devstack.Stack, dsn string, n int) func() {
			store := auditedLedger(b, dsn, n)
			once = append(once, readOnce(b, dsn))
			return func() {
				defer store.Close()
				found, err := audit.Run(b.Context(), store)
				if err != nil {
					b.Fatal(err)
				}
				if err := found.Err(); err != nil {
					b.Error(err)
				}
				probes = found.Probes
			}
		}, &whole)
		took := float64(n) / whole[0]
		b.ReportMetric(took, "s")
		b.ReportMetric(whole[0], "deliveries/s")
		b.ReportMetric(took/once[0], "x-of-reading-once")
		slices.SortFunc(probes, func(a, c postgres.Probe) int { return int(c.Took - a.Took) })
		for _, p := range probes[:8] {
			b.Logf("%8.3f s  %s", p.Took.Seconds(), p.Name)
		}
	}
}

// readOnce is how many seconds the least that an audit must do takes.
func readOnce(b *testing.B, dsn string) float64 {
	db, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close(context.Background()) //nolint:errcheck // read and done
	begun := time.Now()
	var differ int
	if err := db.QueryRow(b.Context(), `select count(*) from deliveries d join enrollments e using (customer_id, entered_at, enrollment_id)
		where d.arm <> e.arm`).Scan(&differ); err != nil || differ > 0 {
		b.Fatalf("%d deliveries have another arm than their enrollment (%v)", differ, err)
	}
	return time.Since(begun).Seconds()
}

// auditedLedger is a sound ledger of n deliveries that has stood for a while.
func auditedLedger(b *testing.B, dsn string, n int) *postgres.Store {
	ctx := b.Context()
	if _, err := postgres.Migrate(ctx, dsn); err != nil {
		b.Fatal(err)
	}
	store, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		b.Fatal(err)
	}
	e := &engine.Engine{Store: store, Log: slog.New(slog.DiscardHandler), Links: engine.Links{Installation: "bench"},
		Shop:     engine.Shop{Name: "Bench", Zone: time.UTC, Currency: "EUR", Digits: 2, PublicURL: "https://shop.example"},
		Channels: map[string]*engine.Sender{"email": engine.NewSender(&null.Channel{}, "shop@shop.example", 64)}}
	if err := store.EnsureFeatures(ctx, "EUR", "UTC"); err != nil {
		b.Fatal(err)
	}
	c := benchCampaign(b)
	c.Holdout = campaigns.Holdout{Share: holdout.Whole / 10}
	c.From, c.Until = calendar.Date{}, calendar.Date{}
	again := c.Waves[0]
	again.Name = "again"
	c.Waves = append(c.Waves, again)
	if _, err := e.ApplyCampaign(ctx, c, nil); err != nil {
		b.Fatal(err)
	}
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	// What is checked row by row would take most of the time.
	if _, err := db.Exec(ctx, "set session_replication_role = replica"); err != nil {
		b.Fatal(err)
	}
	for _, sql := range auditSeed {
		if _, err := db.Exec(ctx, sql, n/10); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(ctx); err != nil {
		b.Fatal(err)
	}
	if _, err := store.RebuildFeatures(ctx); err != nil {
		b.Fatal(err)
	}
	settled(b, dsn)
	return store
}

// auditSeed makes the ledger of so many customers: one order before they enter, one
// after all is over; a tenth held out by the hash that the audit computes anew.
var auditSeed = []string{
	`insert into customers (shop_id, first_name) select 'c' || i, 'Ann' from generate_series(1, $1::int) i`,
	`insert into contacts (customer_id, email) select customer_id, shop_id || '@mail.example' from customers limit $1`,
	`insert into consents (customer_id, channel, granted, at, source, recorded_at) select customer_id, 'email', true, '2020-01-01', 'bench', '2020-01-01' from customers limit $1`,
	`insert into products (sku) select 'mug' where $1 > 0`,
	`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
	   select 'bench', customer_id || '-' || i, customer_id, now() - (300 * i - 299) * interval '1 day', 'EUR', 1000 * i from customers, generate_series(1, 2) i limit $1 * 2`,
	`insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor)
	   select order_id, 1, 1, 1, gross_minor / 100.0, gross_minor from orders limit $1 * 2`,
	`insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone)
	   select c.customer_id, now() - (200 - 30 * i) * interval '1 day', 1, 1, 1, i, case when h.u < 0.1 then 'hold' else 'treat' end, 'c|bench|1', h.u, 100000000, c.shop_id, 'UTC'
	     from (select * from customers limit $1) c, lateral (select (('x' || encode(substring(sha256(convert_to('rt1|c|bench|1|' || c.shop_id, 'UTF8'))
	            from 1 for 8), 'hex'))::bit(64) >> 11)::bit(64)::bigint / 9007199254740992::float8 as u) h, generate_series(1, 5) i`,
	`insert into rounds (customer_id, entered_at, enrollment_id, round, started_at) select customer_id, entered_at, enrollment_id, 1, entered_at from enrollments limit $1 * 5`,
	`insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, state, reason, epoch, scheduled_at, expires_at,
	        gate_at, claimed_at, settled_at, provider, provider_id)
	   select customer_id, entered_at, enrollment_id, 1, wave, 1, 1, arm, 'email', state, case state when 'suppressed' then 'cap' end, sent::int, at, at + interval '3 days',
	          case when state <> 'suppressed' then at + interval '1 minute' end, case when sent then at + interval '1 minute' end,
	          at + interval '2 minutes', case when sent then 'email' end, case when sent then md5(enrollment_id || wave) end
	     from (select *, state in ('accepted', 'failed') as sent, entered_at + interval '1 day' as at
	             from (select e.*, w.wave, case when arm <> 'treat' then 'withheld' when enrollment_id % 10 = 0 then 'suppressed' else 'accepted' end as state
	                     from (select * from enrollments limit $1 * 5) e, unnest(array['hello', 'again']) as w(wave)) x) y`,
}
