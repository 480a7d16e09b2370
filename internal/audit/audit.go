// Package audit holds the ledger against its promises. Each invariant is one
// query below internal/postgres/sql/audit that returns the rows which break it;
// a sound ledger returns none, at any moment, live or in the middle of a crash.
package audit

import (
	"context"
	"fmt"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

// Result is one audit: every probe, in the order of its name.
type Result struct {
	Probes []postgres.Probe `json:"probes"`
}

// Run asks every probe on one snapshot of the database.
func Run(ctx context.Context, store *postgres.Store) (Result, error) {
	probes, err := store.Audit(ctx)
	return Result{Probes: probes}, err
}

// Broken counts the invariants that do not hold.
func (r Result) Broken() int {
	n := 0
	for _, p := range r.Probes {
		if p.Broken > 0 {
			n++
		}
	}
	return n
}

// Err is nil for a sound ledger, else a fault that names the first broken
// invariant.
func (r Result) Err() error {
	for _, p := range r.Probes {
		if p.Broken > 0 {
			return fault.New(fault.Broken, fmt.Sprintf("the ledger breaks %d of its %d invariants; first: %s (rows: %d, for example %s)",
				r.Broken(), len(r.Probes), p.Name, p.Broken, p.Examples[0]), "keep the database as it is and look at these rows before anything is sent (rewave hold all stops it)")
		}
	}
	return nil
}
