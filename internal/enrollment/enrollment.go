// Package enrollment is a customer's entry into a campaign. The arm lives here
// and is kept for ever: whatever the file says later, the stored arm wins.
package enrollment

import (
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/holdout"
)

// Enrollment is one entry. EnteredAt is the instant of the trigger or of the
// slot, in business time, and never changes. The arm recomputes from Key, Layer
// and Share; where it is holdout.GlobalHold they are those of the global
// holdout, else the campaign's own.
type Enrollment struct {
	ID        int64
	Customer  customer.ID
	Key       string // the shop's own id at entry: every draw of this entry is made from it
	EnteredAt time.Time
	Entry     int // 1 for the first entry into this campaign
	Arm       holdout.Arm
	Layer     string            // with Key it recomputes U
	Share     holdout.Share     // what U was held against
	U         float64           // in [0,1)
	Zone      string            // IANA name the schedule of this entry is computed in
	Stratum   string            // frozen at entry; empty where the campaign has none
	Texts     map[string]string // what evaluation.by names, frozen at entry; without what is not known
}
