package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

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

// Probe counts the rows that break one invariant, and names one of them. All
// probes of one audit read the same snapshot when run in one call of Audit.
type Probe struct {
	Name    string `json:"name"`
	Promise string `json:"promise"`
	Broken  int64  `json:"broken"`
	Example string `json:"example,omitempty"` // the id of a row that breaks it
}

// Audit runs every probe on one snapshot.
func (s *Store) Audit(ctx context.Context) ([]Probe, error) {
	var out []Probe
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// Every probe reads everything, so that its joins are by hash. Where nobody has counted the tables, as after a crash,
		// a restore or a large import, the planner takes them for tiny and compares each row with each.
		if _, err := tx.Exec(ctx, "select set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)"); err != nil {
			return err
		}
		for _, name := range Probes() {
			p := Probe{Name: name, Promise: Promise(name)}
			var example *string
			sql := "select count(*), min(broken.id::text) from (\n" + statement("audit/"+name) + "\n) as broken(id)"
			if err := tx.QueryRow(ctx, sql).Scan(&p.Broken, &example); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if example != nil {
				p.Example = *example
			}
			out = append(out, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("audit: %w", mapError(err))
	}
	return out, nil
}
