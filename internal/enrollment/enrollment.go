// Package enrollment is a customer's entry into a campaign. The arm lives here
// and is kept for ever: whatever the file says later, the stored arm wins.
package enrollment

import (
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/holdout"
)

// Enrollment is one entry. EnteredAt is the instant of the trigger order or of
// the slot, in business time, and never changes.
type Enrollment struct {
	ID        int64
	Customer  customer.ID
	EnteredAt time.Time
	Entry     int // 1 for the first entry into this campaign
	Arm       holdout.Arm
	Layer     string  // with the shop's id it recomputes U
	U         float64 // in [0,1)
	Zone      string  // IANA name the schedule of this entry is computed in
}
