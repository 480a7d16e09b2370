package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Gauges is what those who watch an installation ask for every few seconds.
type Gauges struct {
	Due      int64            // deliveries of running campaigns that are due
	Oldest   time.Duration    // since the first of them came due
	UnderWay int64            // gated, and their outcome is not written
	InDoubt  int64            // unknown, and looked after
	Audited  time.Time        // zero: no audit has ended
	Broken   map[string]int64 // of that audit: rows that break each invariant
}

// Gauges reads them; it looks at what is due and never at the whole ledger.
func (s *Store) Gauges(ctx context.Context) (g Gauges, err error) {
	var oldest float64
	if err := s.pool.QueryRow(ctx, statement("metrics/gauges")).Scan(&g.Due, &oldest, &g.UnderWay, &g.InDoubt, timeOrZero{&g.Audited}); err != nil {
		return g, mapError(err)
	}
	g.Oldest = time.Duration(oldest * float64(time.Second))
	rows, err := s.pool.Query(ctx, "select probe, broken from audit_findings")
	if err != nil {
		return g, mapError(err)
	}
	g.Broken = map[string]int64{}
	var probe string
	var broken int64
	_, err = pgx.ForEachRow(rows, []any{&probe, &broken}, func() error { g.Broken[probe] = broken; return nil })
	return g, mapError(err)
}

// AuditIfDue audits the ledger unless somebody began to within every, and keeps
// what it found. Of several that ask at once one does it; done says whether it was
// this one.
func (s *Store) AuditIfDue(ctx context.Context, every time.Duration) (found []Probe, done bool, err error) {
	tag, err := s.pool.Exec(ctx, statement("metrics/begin"), every.Seconds())
	if err != nil || tag.RowsAffected() == 0 {
		return nil, false, mapError(err)
	}
	if found, err = s.Audit(ctx); err != nil {
		return nil, true, err
	}
	names, broken, examples := make([]string, len(found)), make([]int64, len(found)), make([]string, len(found))
	for i, p := range found {
		names[i], broken[i], examples[i] = p.Name, p.Broken, strings.Join(p.Examples, ", ")
	}
	_, err = s.pool.Exec(ctx, statement("metrics/keep"), names, broken, examples)
	return found, true, mapError(err)
}
