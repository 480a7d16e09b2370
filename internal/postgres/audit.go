package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Probes lists the names of the audit's queries, sorted: one file below
// sql/audit each.
func Probes() []string {
	entries, err := fs.ReadDir(files, "sql/audit")
	if err != nil {
		panic(err) // the files are in the binary
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".sql")
	}
	return names
}

// Promise is the first line of a probe's file: the invariant in words.
func Promise(probe string) string {
	line, _, _ := strings.Cut(statement("audit/"+probe), "\n")
	return strings.TrimPrefix(line, "-- ")
}

// Probe counts the rows that break one invariant, and names some of them. All
// probes of one audit read the same snapshot when run in one call of Audit.
type Probe struct {
	Name     string   `json:"name"`
	Promise  string   `json:"promise"`
	Broken   int64    `json:"broken"`
	Examples []string `json:"examples,omitempty"` // the ids of the first rows that break it, at most five
	Next     string   `json:"next,omitempty"`     // the command that shows the first, or mends all

	Took time.Duration `json:"-"` // beside the others; of those that are asked at once, together
}

// auditors is how many probes run side by side. What they read they read together:
// PostgreSQL has scans of one table go along with each other.
const auditors = 3

// Audit runs every probe on one snapshot, several at once where the pool has
// connections to spare.
func (s *Store) Audit(ctx context.Context) ([]Probe, error) {
	names := Probes()
	asked, out := questions(names), make([]Probe, len(names))
	faults := make([]error, auditors)
	err := pgx.BeginTxFunc(ctx, s.pool, reading, func(first pgx.Tx) error {
		var snapshot string
		if err := first.QueryRow(ctx, "select pg_export_snapshot()").Scan(&snapshot); err != nil {
			return err
		}
		var next atomic.Int64
		probe := func(tx pgx.Tx) error {
			// Every probe reads everything, so that its joins are by hash. Where nobody has counted the tables, as after a crash,
			// a restore or a large import, the planner takes them for tiny and compares each row with each. The waves of the versions
			// are therefore read as JSON by a query of their own: what must loop would hide what each way to do the rest costs.
			if _, err := tx.Exec(ctx, "select set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)"); err != nil {
				return err
			}
			for i := next.Add(1) - 1; i < int64(len(asked)); i = next.Add(1) - 1 {
				if err := ask(ctx, tx, names, asked[i], out); err != nil {
					return err
				}
			}
			return nil
		}
		// The first asks until nothing is left; the others wait for a connection no longer than that.
		waiting, stop := context.WithCancel(ctx)
		var running sync.WaitGroup
		for i := 1; i < auditors; i++ {
			running.Go(func() {
				c, err := s.pool.Acquire(waiting)
				if err != nil {
					return
				}
				defer c.Release()
				faults[i] = pgx.BeginTxFunc(ctx, c, reading, func(tx pgx.Tx) error {
					if _, err := tx.Exec(ctx, "set transaction snapshot '"+snapshot+"'"); err != nil {
						return err
					}
					return probe(tx)
				})
			})
		}
		faults[0] = probe(first)
		stop()
		running.Wait()
		return errors.Join(faults...)
	})
	if err != nil {
		return nil, fmt.Errorf("audit: %w", mapError(err))
	}
	return out, nil
}

// ofOne begins a probe that looks at each delivery by itself.
const ofOne = "select d.delivery_id from deliveries d\n where "

// questions are the probes by their place in names: those that look at each
// delivery by itself are one, which reads the ledger once, all others one each.
func questions(names []string) [][]int {
	var all [][]int
	var alone []int
	for i, name := range names {
		if condition(name) != "" {
			alone = append(alone, i)
		} else {
			all = append(all, []int{i})
		}
	}
	return append([][]int{alone}, all...)
}

// condition is what is wrong with a delivery of which the probe tells; empty for a
// probe that reads more.
func condition(probe string) string {
	_, body, _ := strings.Cut(statement("audit/"+probe), "\n")
	if rest, ok := strings.CutPrefix(body, ofOne); ok && !strings.Contains(rest, "\nunion ") {
		return rest
	}
	return ""
}

// ask runs the probes of one question, and writes what they find to their places.
func ask(ctx context.Context, tx pgx.Tx, names []string, question []int, out []Probe) error {
	var found, wrong, broken []string
	var into []any
	for n, i := range question {
		out[i] = Probe{Name: names[i], Promise: Promise(names[i])}
		into = append(into, &out[i].Broken)
		column := fmt.Sprintf("p%d", n)
		found = append(found, "count(*) filter (where "+column+")")
		wrong = append(wrong, "("+condition(names[i])+"\n) as "+column)
		broken = append(broken, column)
	}
	sql := "select count(*) from (\n" + statement("audit/"+names[question[0]]) + "\n) as broken(id)"
	if condition(names[question[0]]) != "" {
		sql = "select " + strings.Join(found, ", ") + " from (select " + strings.Join(wrong, ", ") + " from deliveries d) each where " + strings.Join(broken, " or ")
	}
	begun := time.Now()
	if err := tx.QueryRow(ctx, sql).Scan(into...); err != nil {
		return fmt.Errorf("%s: %w", names[question[0]], err)
	}
	took := time.Since(begun)
	for _, i := range question {
		p := &out[i]
		if p.Took = took; p.Broken == 0 {
			continue
		}
		rows, err := tx.Query(ctx, "select broken.id::text from (\n"+statement("audit/"+p.Name)+"\n) as broken(id) order by broken.id limit 5")
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if p.Examples, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		p.Next = next(p.Name, p.Examples[0])
	}
	return nil
}

// next is the command that shows a row that breaks an invariant, or mends all:
// most probes tell of deliveries.
func next(probe, id string) string {
	switch probe {
	case "features_add_up":
		return "rewave db features"
	case "coupon_limit", "coupon_once", "coupon_redeemed", "coupon_single", "coupon_treated":
		return "rewave coupon status"
	case "bound_adds_up", "within_budget":
		return "rewave campaign list"
	case "within_warm_up":
		return "rewave delivery list --state accepted"
	case "arm_recomputed", "entered_once", "planned_once":
		return inTable("enrollments", "enrollment_id", id)
	case "refunds_add_up":
		return inTable("orders", "order_id", id)
	case "forgotten", "stages_told":
		return inTable("customers", "customer_id", id)
	}
	return "rewave delivery explain " + id
}

func inTable(table, key, id string) string {
	return fmt.Sprintf(`psql "$DATABASE_URL" -xc "select * from %s where %s = %s"`, table, key, id)
}
