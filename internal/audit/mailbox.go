package audit

import (
	"context"
	"fmt"
	"strings"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

// Compared is what both sides hold.
type Compared struct{ Messages, Recipients int }

// Mailbox lets the receiving side judge the ledger: every accepted delivery was
// received once, by its customer, and nothing was received that is not accepted.
// ref names a delivery as the provider saw it, the part of a message id before
// the @; received walks what arrived.
func Mailbox(ctx context.Context, store *postgres.Store, channel string, ref func(int64) string, received func(func(id, to string) error) error) (Compared, error) {
	accepted := map[string]string{} // ref -> recipient
	err := store.Accepted(ctx, channel, func(d postgres.AcceptedDelivery) error {
		accepted[ref(d.ID)] = d.Recipient
		return nil
	})
	if err != nil {
		return Compared{}, fmt.Errorf("compare with the mailbox: %w", err)
	}
	seen := make(map[string]bool, len(accepted))
	recipients := map[string]bool{}
	err = received(func(id, to string) error {
		name, _, _ := strings.Cut(id, "@")
		want, ok := accepted[name]
		switch {
		case !ok:
			return differ("message %s was received and is not accepted in the ledger", id)
		case seen[name]:
			return differ("message %s was received twice", id)
		case !strings.EqualFold(want, to):
			return differ("message %s was received by another address than its customer's", id)
		}
		seen[name], recipients[strings.ToLower(to)] = true, true
		return nil
	})
	if err != nil {
		return Compared{}, err
	}
	if len(seen) != len(accepted) {
		return Compared{}, differ("%d deliveries are accepted in the ledger, %d were received", len(accepted), len(seen))
	}
	return Compared{Messages: len(seen), Recipients: len(recipients)}, nil
}

func differ(format string, args ...any) error {
	return fault.New(fault.Broken, "ledger and mailbox differ: "+fmt.Sprintf(format, args...), "keep both as they are and look at this message first")
}
