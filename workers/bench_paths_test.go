package workers_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/channel/null"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// BenchmarkSendPathCoupons is BenchmarkSendPath with a code bound to each
// delivery; the baseline binds none. With a budget each gate adds up what the
// codes before it bind.
func BenchmarkSendPathCoupons(b *testing.B) {
	for _, budget := range []bool{false, true} {
		b.Run(map[bool]string{false: "free", true: "budget"}[budget], func(b *testing.B) {
			stack := benchStack(b)
			for b.Loop() {
				var ours, bare []float64
				for range pairs {
					perSecond(b, stack, "-prototype", benchSize, prototype.run, &bare)
					perSecond(b, stack, "", benchSize, withCoupons(benchSize, budget).run, &ours)
				}
				b.ReportMetric(median(ours), "deliveries/s")
				b.ReportMetric(median(bare), "prototype/s")
				b.ReportMetric(ratio(ours, bare), "x-of-prototype")
			}
		})
	}
}

func withCoupons(n int, budget bool) sendPath {
	value := int64(1500)
	return sendPath{
		prepare: func(ctx context.Context, s *postgres.Store) error {
			codes := make([]string, n)
			for i := range codes {
				codes[i] = fmt.Sprintf("BENCH%07d", i)
			}
			rand.Shuffle(n, func(i, j int) { codes[i], codes[j] = codes[j], codes[i] }) // as they are generated
			_, err := s.AddCoupons(ctx, coupon.Pool{Name: "bench", Kind: coupon.Amount, Currency: "EUR", Value: &value, PerCustomer: 1}, codes)
			return err
		},
		campaign: func(c *campaigns.Campaign) {
			c.Waves[0].Content.Coupon = &campaigns.Coupon{Pool: "bench", Exhausted: "skip"}
			if enough := 2 * value * int64(n); budget {
				c.Limits.BudgetMinor = &enough
			}
			for _, m := range c.Messages {
				for locale, files := range m {
					files.Text += "{{ coupon.code }} {{ coupon.value | money }}"
					m[locale] = files
				}
			}
		},
	}
}

// BenchmarkSendPathSMTP sends real MIME with unsubscribe headers to a mail server
// that parses nothing, on the same cores.
func BenchmarkSendPathSMTP(b *testing.B) {
	for _, pipelining := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "pipelining"}[pipelining], func(b *testing.B) {
			stack := benchStack(b)
			server := testkit.StartLeanSMTP(b, pipelining)
			for b.Loop() {
				var rates []float64
				for range pairs {
					mail, err := email.New(email.Options{Host: server.Host, Port: server.Port, TLS: email.TLSNone, InFlight: 40})
					if err != nil {
						b.Fatal(err)
					}
					perSecond(b, stack, "", benchSize, sendPath{channel: mail, inFlight: 40}.run, &rates)
					if err := mail.Close(); err != nil {
						b.Error(err)
					}
				}
				b.ReportMetric(median(rates), "deliveries/s")
			}
		})
	}
}

// slow is a provider that takes its time.
type slow struct {
	null.Channel
	latency time.Duration
}

func (s *slow) Send(ctx context.Context, m channel.Message) channel.Outcome {
	time.Sleep(s.latency)
	return s.Channel.Send(ctx, m)
}

// BenchmarkSendPathSlow sends to a provider that answers after 20 ms: what the
// calls in flight allow is the limit.
func BenchmarkSendPathSlow(b *testing.B) {
	stack := benchStack(b)
	const inFlight, latency = 128, 20 * time.Millisecond
	for b.Loop() {
		var rates []float64
		for range pairs {
			perSecond(b, stack, "", benchSize/2, sendPath{channel: &slow{latency: latency}, inFlight: inFlight}.run, &rates)
		}
		b.ReportMetric(median(rates), "deliveries/s")
		b.ReportMetric(median(rates)*latency.Seconds()/inFlight, "x-of-in-flight")
	}
}

// BenchmarkSendPathLedger sends from a ledger that is full (REWAVE_BENCH_LEDGER
// rows, 1,000,000 where it is not set), and right after planning, before
// PostgreSQL has looked at what was planned; beside each, in the same run, the
// path from an empty ledger that it knows.
func BenchmarkSendPathLedger(b *testing.B) {
	rows := fromEnvironment("REWAVE_BENCH_LEDGER", 1_000_000)
	stack := benchStack(b)
	// What is checked row by row would take most of the time.
	full := sendPath{seed: fmt.Sprintf(`set session_replication_role = replica;
		insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, state, epoch, scheduled_at, expires_at,
		       gate_at, claimed_at, settled_at, provider)
		select 1 + i %% %d, at, -i, 1, 'past', 1, 1, 'treat', 'email', 'accepted', 1, at, at + interval '1 day', at, at, at, 'email'
		  from (select i, now() - interval '300 days' + i * interval '1 second' as at from generate_series(1, %d) i) x;
		set session_replication_role = origin`, benchSize, rows)}
	for b.Loop() {
		var empty, filled, unseen []float64
		for range pairs {
			perSecond(b, stack, "-empty", benchSize, sendPath{}.run, &empty)
			perSecond(b, stack, "-full", benchSize, full.run, &filled)
			perSecond(b, stack, "-unseen", benchSize, sendPath{unseen: true}.run, &unseen)
		}
		b.ReportMetric(median(empty), "empty/s")
		b.ReportMetric(ratio(filled, empty), "full-x-of-empty")
		b.ReportMetric(ratio(unseen, empty), "unseen-x-of-seen")
	}
}
