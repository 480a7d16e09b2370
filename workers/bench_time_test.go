package workers_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/devstack"
)

// BenchmarkLateness lets deliveries come due evenly, for REWAVE_BENCH_SECONDS (10
// where it is not set), at 0.7 of what the path sends when all are due at once,
// which is measured first in the same run, with the dispatcher's own pause of a
// second. Late is a delivery by its gate's instant less its due one; the limits are
// p99 within 2 s, and p99 of the dispatcher's ticks within 200 ms: whoever writes
// at ten means ten.
func BenchmarkLateness(b *testing.B) {
	const load = 0.7
	seconds := fromEnvironment("REWAVE_BENCH_SECONDS", 10)
	stack := benchStack(b)
	for b.Loop() {
		var most, steady []float64
		var ticks []time.Duration
		perSecond(b, stack, "-at-once", benchSize/2, sendPath{}.run, &most)
		rate := load * most[0]
		var late [3]float64
		perSecond(b, stack, "", int(rate)*seconds, func(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
			p := sendPath{every: time.Second, ticked: func(d time.Duration) { ticks = append(ticks, d) }, ended: func() { late = lateness(b, dsn) }}
			// They begin to come due when the database has settled.
			p.seed = fmt.Sprintf(`set session_replication_role = replica;
				update deliveries set scheduled_at = at, due_at = at, expires_at = at + interval '1 day'
				  from (select delivery_id as id, now() + make_interval(secs => %f + (delivery_id - 1) / %f) as at from deliveries) x where x.id = delivery_id;
				delete from due;
				insert into due select due_at, delivery_id, expires_at, campaign_id, version_id, wave, channel from deliveries where due_at is not null;
				set session_replication_role = origin`, 10+float64(n)/10_000, rate)
			return p.run(b, stack, dsn, n)
		}, &steady)
		b.ReportMetric(most[0], "at-once/s")
		b.ReportMetric(rate, "due/s")
		for i, name := range []string{"late-p50-s", "late-p99-s", "late-most-s"} {
			b.ReportMetric(late[i], name)
		}
		slices.Sort(ticks)
		b.ReportMetric(float64(ticks[len(ticks)*99/100].Microseconds())/1000, "tick-p99-ms")
		b.ReportMetric(float64(len(ticks)), "ticks")
	}
}

// lateness is the median, the 99th percentile and the most, in seconds. A ledger
// that was due before anybody looked is no measure.
func lateness(b *testing.B, dsn string) (late [3]float64) {
	b.Helper()
	db, err := pgx.Connect(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close(b.Context()) //nolint:errcheck // read and done
	var least float64
	if err := db.QueryRow(b.Context(), `select min(late), percentile_disc(0.5) within group (order by late), percentile_disc(0.99) within group (order by late), max(late)
		  from (select extract(epoch from claimed_at - scheduled_at)::float8 as late, delivery_id from deliveries where state = 'accepted') d`).Scan(&least, &late[0], &late[1], &late[2]); err != nil {
		b.Fatal(err)
	}
	if least < 0 || least > 1.5 {
		b.Errorf("the first was sent %.1f s after it came due", least)
	}
	return late
}

// BenchmarkExit imports an order of every customer in the middle of a wave that
// ends with it, by the command that shops run, and asks how long after the commit
// the last call began. The limit is 2 s: what has passed the gate still goes out,
// and no more passes it. A call takes 20 ms, which is the least.
func BenchmarkExit(b *testing.B) {
	n := fromEnvironment("REWAVE_BENCH_SLOW", 6_000)
	stack := benchStack(b)
	for b.Loop() {
		var whole, after, exited []float64
		for range pairs {
			perSecond(b, stack, "", n, func(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
				in := install(b, stack, dsn, slowInFlight, slowLatency)
				in.due(n)
				work := in.start("work")
				return func() {
					defer in.close()
					var orders strings.Builder
					orders.WriteString("order_id,customer_id,placed_at,sku,quantity,unit_price\n")
					at := time.Now().UTC().Add(-time.Second).Format(time.RFC3339)
					for i := range n {
						fmt.Fprintf(&orders, "o%d,c%d,%s,mug,1,9.90\n", i+1, i+1, at)
					}
					in.write("orders.csv", orders.String())
					tick := in.start("tick")
					waitFor(b, "some are sent", func() bool { return in.called() >= n/20 })
					in.run("import", "orders", "orders.csv")
					waitFor(b, "nothing is left", func() bool { s := in.states(); return s["planned"]+s["sending"] == 0 })
					var committed time.Time
					if err := in.db.QueryRow(b.Context(), "select max(ended) from merges").Scan(&committed); err != nil {
						b.Fatal(err)
					}
					after, exited = append(after, max(0, in.last.Sub(committed).Seconds())), append(exited, float64(n-in.states()["accepted"]))
					if in.states()["accepted"] == n {
						b.Error("all were sent before the orders were there")
					}
					tick.end(syscall.SIGTERM)
					work.end(syscall.SIGTERM)
				}
			}, &whole)
		}
		b.ReportMetric(median(after), "s-to-the-last-call")
		b.ReportMetric(slices.Max(after), "s-at-worst")
		b.ReportMetric(median(exited), "exited")
	}
}

// BenchmarkEvent imports events by the command that shops run, 25 at a time, that
// each let a customer into a campaign whose first message is due at once, and asks
// how long after the import began to write it the provider had taken it. The limit
// is 3 s for 99 of 100: planner and dispatcher look once a second each, which is
// 1 s at the median and 2 s at most of it.
func BenchmarkEvent(b *testing.B) {
	const each = 25
	imports := fromEnvironment("REWAVE_BENCH_IMPORTS", 20)
	stack := benchStack(b)
	for b.Loop() {
		var whole []float64
		var late [3]float64
		perSecond(b, stack, "", each*imports, func(b *testing.B, stack *devstack.Stack, dsn string, n int) func() {
			in := install(b, stack, dsn, slowInFlight, slowLatency)
			in.write("looked/campaign.yaml", `campaign: looked
says: Write to who looked.
enter: {on: {event: "Looked"}, when: "true"}
holdout: none
because: this is a benchmark
waves:
  - {wave: hello, after: 0m, channels: [email], message: messages/now, expires_after: 2d}
evaluation:
  points: {overall_30d: {from: {wave: hello, round: 1}, window: 30d}}
`)
			in.write("looked/messages/now/subject.txt", "You looked\n")
			in.write("looked/messages/now/text.txt", "Dear {{ customer.id }}.\n{{ unsubscribe_url }}\n")
			in.seed(seedStatements[:4], n)
			in.run("campaign", "apply", "looked")
			work, tick := in.start("work"), in.start("tick")
			return func() {
				defer in.close()
				for i := range imports {
					var events strings.Builder
					at := time.Now().UTC().Format(time.RFC3339Nano) // to the second, it may be before the campaign
					for k := range each {
						fmt.Fprintf(&events, `{"id":"e%[1]d","name":"Looked","customer":"c%[1]d","at":%[2]q}`+"\n", i*each+k+1, at)
					}
					in.write("events.jsonl", events.String())
					in.run("import", "events", "events.jsonl")
				}
				waitFor(b, fmt.Sprintf("all %d are accepted", n), func() bool { return in.states()["accepted"] == n })
				if err := in.db.QueryRow(b.Context(), `select percentile_disc(0.5) within group (order by late), percentile_disc(0.99) within group (order by late), max(late)
					  from (select extract(epoch from d.settled_at - v.recorded_at)::float8 as late
					          from deliveries d join enrollments e using (customer_id, entered_at, enrollment_id) join events v on v.event_id = e.trigger_event_id) x`).Scan(&late[0], &late[1], &late[2]); err != nil {
					b.Fatal(err)
				}
				tick.end(syscall.SIGTERM)
				work.end(syscall.SIGTERM)
			}
		}, &whole)
		for i, name := range []string{"p50-s", "p99-s", "most-s"} {
			b.ReportMetric(late[i], name)
		}
	}
}
