package workers_test

import (
	"encoding/json"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/workers"
)

// BenchmarkWorkerMemory is the most memory that a worker process ever has while it
// sends a wave of 10,000, and beside it one of REWAVE_BENCH_DELIVERIES, to a
// provider that answers at once. The limit is 120 MB at any size: a worker that
// holds a wave rather than its chunks would be killed by the largest one.
func BenchmarkWorkerMemory(b *testing.B) {
	stack := benchStack(b)
	peak := func(n int) (mb float64) {
		var rates []float64
		perSecond(b, stack, "", n, func(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
			in := install(b, stack, dsn, 64, 0)
			in.due(n)
			return func() {
				defer in.close()
				work, tick := in.start("work"), in.start("tick")
				waitFor(b, "all are sent", func() bool { return in.called() >= n })
				mb = work.peak()
				tick.end(syscall.SIGTERM)
				work.end(syscall.SIGTERM)
			}
		}, &rates)
		return mb
	}
	for b.Loop() {
		small, large := peak(10_000), peak(benchSize)
		b.ReportMetric(small, "MB-10k")
		b.ReportMetric(large, "MB")
		b.ReportMetric(large/small, "x-of-10k")
	}
}

// A provider that is the limit: what one process has in flight gives 800 calls a
// second, a fraction of what the machine could.
const (
	slowInFlight = 16
	slowLatency  = 20 * time.Millisecond
)

// BenchmarkWorkersBesides sends with two worker processes, and beside it with one,
// to a provider that answers after 20 ms and of whom one process has 16 calls in
// flight. The limit is 1.6 times: one more worker gives at least 0.8 of what it
// could. x-of-in-flight is what one process makes of its calls in flight.
func BenchmarkWorkersBesides(b *testing.B) {
	n := fromEnvironment("REWAVE_BENCH_SLOW", 4_000)
	stack := benchStack(b)
	rate := func(processes int, rates *[]float64) {
		var whole []float64
		perSecond(b, stack, "", n, func(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
			in := install(b, stack, dsn, slowInFlight, slowLatency)
			in.due(n)
			var all []*role
			for range processes {
				all = append(all, in.start("work"))
			}
			return func() {
				defer in.close()
				tick := in.start("tick")
				waitFor(b, "all are sent", func() bool { return in.called() >= n })
				*rates = append(*rates, in.rate())
				for _, p := range append(all, tick) {
					p.end(syscall.SIGTERM)
				}
			}
		}, &whole)
	}
	for b.Loop() {
		var one, two []float64
		for range pairs {
			rate(1, &one)
			rate(2, &two)
		}
		b.ReportMetric(median(one), "one/s")
		b.ReportMetric(median(two), "two/s")
		b.ReportMetric(ratio(two, one), "x-of-one")
		b.ReportMetric(median(one)*slowLatency.Seconds()/slowInFlight, "x-of-in-flight")
	}
}

// BenchmarkRecovery kills the only worker process in the middle of a wave, starts
// another at once, and asks how long the rest takes, against the rate of a wave in
// the same run that nobody disturbs. The rest is what the dead did not have in its
// hands. The limit is 1.2 times, and no message twice.
//
// What it had in its hands waits for leases, by design: a chunk that it had taken
// off the queue for Redis' lease of 30 s and the janitor's round of 10 s, which
// s-to-the-last tells; what it had let through its gate for the lease of 30 s of its
// claim, and then is in doubt, because nobody sends that again by himself.
func BenchmarkRecovery(b *testing.B) {
	n := fromEnvironment("REWAVE_BENCH_SLOW", 4_000)
	stack := benchStack(b)
	for b.Loop() {
		var whole, undisturbed, longer, last, left, held, doubt []float64
		wave := func(disturb bool) {
			perSecond(b, stack, "", n, func(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
				in := install(b, stack, dsn, slowInFlight, slowLatency)
				in.due(n)
				work := in.start("work")
				return func() {
					defer in.close()
					tick := in.start("tick")
					if !disturb {
						waitFor(b, "all are sent", func() bool { return in.called() >= n })
						undisturbed = append(undisturbed, in.rate())
					} else {
						waitFor(b, "half are sent", func() bool { return in.called() >= n/2 })
						work.end(syscall.SIGKILL)
						killed := time.Now()
						lost, hands := in.states()["sending"], in.taken()
						rest := in.planned(hands)
						left, held, doubt = append(left, float64(rest)), append(held, float64(in.states()["planned"]-rest)), append(doubt, float64(lost))
						work = in.start("work")
						waitFor(b, "nothing is left but what the dead had", func() bool { return in.planned(hands) == 0 })
						longer = append(longer, time.Since(killed).Seconds()*undisturbed[len(undisturbed)-1]/float64(rest))
						waitFor(b, "nothing is left", func() bool { return in.planned(nil) == 0 })
						last = append(last, time.Since(killed).Seconds())
						if in.twice > 0 {
							b.Errorf("%d messages were sent twice", in.twice)
						}
					}
					tick.end(syscall.SIGTERM)
					work.end(syscall.SIGTERM)
				}
			}, &whole)
		}
		wave(false)
		wave(true) // one pair: the dead one's lease alone takes half a minute
		b.ReportMetric(median(undisturbed), "undisturbed/s")
		b.ReportMetric(median(left), "left")
		b.ReportMetric(median(held), "in-its-hands")
		b.ReportMetric(median(doubt), "in-doubt")
		b.ReportMetric(median(longer), "x-of-undisturbed")
		b.ReportMetric(median(last), "s-to-the-last")
	}
}

// taken are the deliveries of the chunks that some worker has taken off the queue.
func (in *installation) taken() (ids []int64) {
	in.b.Helper()
	redis, err := workers.Connect(in.b.Context(), in.stack.RedisURL, slog.New(slog.DiscardHandler))
	if err != nil {
		in.b.Fatal(err)
	}
	defer redis.Close() //nolint:errcheck // read and done
	tasks, err := asynq.NewInspectorFromRedisClient(redis).ListActiveTasks("send_email")
	if err != nil {
		in.b.Fatal(err)
	}
	for _, task := range tasks {
		var chunk engine.Chunk
		if err := json.Unmarshal(task.Payload, &chunk); err != nil {
			in.b.Fatal(err)
		}
		ids = append(ids, chunk.IDs...)
	}
	return ids
}

// planned counts what has yet to go out, without some.
func (in *installation) planned(without []int64) (n int) {
	in.b.Helper()
	if err := in.db.QueryRow(in.b.Context(), "select count(*) from deliveries where state = 'planned' and (delivery_id = any ($1)) is not true", without).Scan(&n); err != nil {
		in.b.Fatal(err)
	}
	return n
}
