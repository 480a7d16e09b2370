package engine

import (
	"context"
	"time"
)

// auditEvery is how long one audit tells of the ledger: it reads all of it.
const auditEvery = time.Hour

// AuditLedger audits the ledger where nobody has within the hour, and says what
// does not hold. Several processes may ask at once.
func (e *Engine) AuditLedger(ctx context.Context) (int, error) {
	found, _, err := e.Store.AuditIfDue(ctx, auditEvery)
	for _, p := range found {
		if p.Broken > 0 {
			e.Log.Error("the ledger breaks an invariant", "invariant", p.Name, "promise", p.Promise, "rows", p.Broken, "examples", p.Examples, "next", p.Next)
		}
	}
	return 0, err
}
