package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/fault"
)

// Ended is what became of the messages of a customer who is not written to any
// more. Ghosts are not counted.
type Ended struct {
	Changed bool   // false: it had been done before
	Into    string // of a merge: the shop's id of the customer who stands for both
	Planned int    // of theirs, of a merge those of the one who went away: end at their gate, each as suppressed with the reason
	Flying  int    // were at a provider, or perhaps: these may arrive
}

// known is a customer whom a person means.
type known struct {
	customer, into int64 // 0: not merged
	intoID         string
	erased         bool
}

// EraseCustomer forgets a customer and all who were merged into them: addresses,
// names, attributes. The addresses stay banned by hash. No gate that begins after
// it returned lets a message through. An unknown customer is fault.NotFound, one
// who was merged away fault.Conflict.
func (s *Store) EraseCustomer(ctx context.Context, id, who, because string) (out Ended, err error) {
	err = s.changeCustomers(ctx, []string{id}, func(tx pgx.Tx, found map[string]known) error {
		k := found[id]
		if k.into != 0 {
			return fault.New(fault.Conflict, fmt.Sprintf("customer %q was merged into %q, and is forgotten with them", id, k.intoID), fmt.Sprintf("rewave customer erase %s --because REASON", k.intoID))
		}
		ids, err := lockCustomers(ctx, tx, k.customer)
		if err != nil {
			return err
		}
		if out.Changed = !k.erased; out.Changed {
			if _, err := tx.Exec(ctx, statement("customer/erase"), ids, event.HoldNames); err != nil {
				return err
			}
			if err := noteCustomerAct(ctx, tx, "erase", id, "erased", who, because); err != nil {
				return err
			}
		}
		return out.count(ctx, tx, ids)
	})
	if err != nil {
		return Ended{}, fmt.Errorf("erase customer: %w", mapError(err))
	}
	return out, nil
}

// MergeCustomers makes one customer another: orders, events, consent and what
// they lack of addresses go over, and the one who was merged away is not written
// to any more. Whoever into was merged into stands for them. Faults: NotFound for
// a customer who is unknown; Conflict for one with themselves, for one who was
// merged elsewhere, or erased.
func (s *Store) MergeCustomers(ctx context.Context, from, into, who, because string) (out Ended, err error) {
	err = s.changeCustomers(ctx, []string{from, into}, func(tx pgx.Tx, found map[string]known) error {
		f, i := found[from], found[into]
		target := i.customer
		if out.Into = into; i.into != 0 {
			target, out.Into = i.into, i.intoID
		}
		switch {
		case from == into:
			return fault.New(fault.Conflict, fmt.Sprintf("customer %q cannot be merged into themselves", from), "name two customers")
		case target == f.customer:
			return fault.New(fault.Conflict, fmt.Sprintf("customer %q was merged into %q: the other way round is a circle", into, from), "")
		case f.into != 0 && f.into != target:
			return fault.New(fault.Conflict, fmt.Sprintf("customer %q was merged into %q", from, f.intoID), fmt.Sprintf("rewave customer merge %s %s --because REASON", f.intoID, into))
		case f.erased || i.erased:
			return fault.New(fault.Conflict, "one of the two was erased, and nothing is to be known of them any more", "")
		}
		if _, err := tx.Exec(ctx, statement("customer/waiting"), f.customer); err != nil {
			return err
		}
		if _, err := lockCustomers(ctx, tx, f.customer, target); err != nil {
			return err
		}
		if out.Changed = f.into == 0; out.Changed {
			if err := mergeOne(ctx, tx, f.customer, target); err != nil {
				return err
			}
			if err := noteCustomerAct(ctx, tx, "merge", from, "merged into "+out.Into, who, because); err != nil {
				return err
			}
		}
		return out.count(ctx, tx, []int64{f.customer})
	})
	if err != nil {
		return Ended{}, fmt.Errorf("merge customers: %w", mapError(err))
	}
	return out, nil
}

// changeCustomers runs fn while no import and no apply runs: none brings back
// what was taken away.
func (s *Store) changeCustomers(ctx context.Context, ids []string, fn func(tx pgx.Tx, found map[string]known) error) error {
	return s.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('rewave:apply')); "+featuresLock); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, statement("customer/find"), ids)
		if err != nil {
			return err
		}
		found := map[string]known{}
		var id string
		var k known
		if _, err := pgx.ForEachRow(rows, []any{&id, &k.customer, &k.into, &k.intoID, &k.erased}, func() error { found[id] = k; return nil }); err != nil {
			return err
		}
		for _, id := range ids {
			if _, there := found[id]; !there {
				return fault.New(fault.NotFound, fmt.Sprintf("there is no customer %q", id), "it is the shop's own id, as in its files")
			}
		}
		return fn(tx, found)
	})
}

// lockCustomers returns them and those who were merged into them.
func lockCustomers(ctx context.Context, tx pgx.Tx, customers ...int64) ([]int64, error) {
	rows, err := tx.Query(ctx, statement("customer/lock"), customers)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func mergeOne(ctx context.Context, tx pgx.Tx, from, into int64) error {
	if _, err := tx.Exec(ctx, statement("customer/merge"), from, into); err != nil {
		return err
	}
	if _, err := foldHolds(ctx, tx, []int64{into}); err != nil {
		return err
	}
	basis, err := readBasis(ctx, tx)
	if err != nil || basis == (featureBasis{}) {
		return err
	}
	_, err = basis.renew(ctx, tx, []int64{from, into})
	return err
}

func noteCustomerAct(ctx context.Context, tx pgx.Tx, verb, id, became, who, because string) error {
	_, err := tx.Exec(ctx, "insert into acts (verb, target, was, became, who, because) values ($1, $2, 'known', $3, $4, $5)", verb, id, became, who, because)
	return err
}

func (e *Ended) count(ctx context.Context, tx pgx.Tx, customers []int64) error {
	return tx.QueryRow(ctx, statement("customer/on_the_way"), customers).Scan(&e.Planned, &e.Flying)
}

// foldHolds folds the holds of customers anew from all their events; it returns
// how many are new, gone or changed. The caller holds their contacts.
func foldHolds(ctx context.Context, tx pgx.Tx, customers []int64) (changed int64, err error) {
	told, err := readEvents(ctx, tx, customers, event.HoldNames, nil)
	if err != nil {
		return 0, err
	}
	var who []int64
	var kinds, refs []string
	var opened []time.Time
	var closed []*time.Time
	for _, id := range customers {
		events := make([]event.Event, len(told[id]))
		for i, e := range told[id] {
			events[i] = e.Event
		}
		for _, h := range event.Holds(events) {
			who, kinds, refs = append(who, id), append(kinds, string(h.Kind)), append(refs, h.Ref)
			opened, closed = append(opened, h.OpenedAt), append(closed, instant(h.ClosedAt))
		}
	}
	err = tx.QueryRow(ctx, statement("hold/replace"), customers, who, kinds, refs, opened, closed).Scan(&changed)
	return changed, err
}
