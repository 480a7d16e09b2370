package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/testkit"
)

func TestTheMailboxJudgesTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(3, thanks(treatAll))
	w.send(start.Add(1 * days))
	type mail struct{ id, to string }
	var sent []mail
	for i, id := range testkit.List[int64](t, w.db, "select delivery_id from deliveries where state = 'accepted' order by customer_id") {
		sent = append(sent, mail{w.Ref(id) + "@shop.example", fmt.Sprintf("C%d@mail.example", i+1)})
	}
	for name, row := range map[string]struct {
		received []mail
		want     string // part of the fault; empty: they agree
	}{
		"the same":               {sent, ""},
		"one is missing":         {sent[1:], "3 deliveries are accepted in the ledger, 2 were received"},
		"one came twice":         {append(sent[:3:3], sent[0]), "was received twice"},
		"one nobody sent":        {append(sent[:3:3], mail{"77.other@shop.example", "c1@mail.example"}), "is not accepted in the ledger"},
		"one to somebody else's": {append(sent[1:3:3], mail{sent[0].id, "c3@mail.example"}), "by another address than its customer's"},
	} {
		compared, err := audit.Mailbox(context.Background(), w.db.Store, "email", w.Ref, func(each func(id, to string) error) error {
			for _, m := range row.received {
				if err := each(m.id, m.to); err != nil {
					return err
				}
			}
			return nil
		})
		switch {
		case row.want == "" && err == nil:
			same(t, name, compared, audit.Compared{Messages: 3, Recipients: 3})
		case err == nil || row.want == "" || !strings.Contains(err.Error(), row.want):
			t.Errorf("%s: got %v, want %q", name, err, row.want)
		}
	}
}
