package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/fault"
)

// PreviewCustomer reads one customer, by the shop's own id, as a campaign would
// find them at an instant, in one read-only transaction: as a candidate, brought
// in by their newest order or event where the campaign is entered by those, and
// as a message would speak of them. Where nothing has brought them in yet, the
// candidate has neither order nor event and stands at the instant.
func (s *Store) PreviewCustomer(ctx context.Context, c Campaign, shopID string, at time.Time, currency string, attributes []string, fn func(*Planning, Candidate, Rendering) error) error {
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var id int64
		err := tx.QueryRow(ctx, "select customer_id from customers where shop_id = $1", shopID).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, fmt.Sprintf("there is no customer %q", shopID), "--customer sample is one of whom everything is known")
		}
		if err != nil {
			return err
		}
		p := &Planning{tx: tx, c: c}
		k, err := p.oneCandidate(ctx, id, at)
		if err != nil {
			return err
		}
		r, err := p.oneRendering(ctx, k, at, currency, attributes)
		if err != nil {
			return err
		}
		return fn(p, k, r)
	})
	if _, told := fault.Of(err); told {
		return err
	}
	if err != nil {
		return fmt.Errorf("preview %s: %w", c.Name, mapError(err))
	}
	return nil
}

func (p *Planning) oneCandidate(ctx context.Context, id int64, at time.Time) (Candidate, error) {
	var found []Candidate
	var err error
	switch enter := p.c.Definition.Enter; enter.On {
	case "order_paid":
		found, err = p.triggered(ctx, statement("preview/newest_order"), id, at)
	case "event":
		found, err = p.triggeredByEvent(ctx, statement("preview/newest_event"), id, at, enter.Event)
	}
	if err == nil && len(found) == 0 {
		found = []Candidate{{Profile: customer.Profile{ID: customer.ID(id)}, At: at}}
		err = p.complete(ctx, found)
	}
	if err != nil {
		return Candidate{}, err
	}
	return found[0], p.Reach(ctx, []*Candidate{&found[0]})
}

func (p *Planning) oneRendering(ctx context.Context, k Candidate, at time.Time, currency string, attributes []string) (Rendering, error) {
	id := int64(k.Profile.ID)
	r := Rendering{Customer: id, EnteredAt: k.At}
	err := p.tx.QueryRow(ctx, statement("preview/customer"), id, at, currency).
		Scan(&r.ShopID, &r.FirstName, &r.LastName, &r.Locale, &r.Orders, &r.LastOrder, &r.Spent)
	if err != nil {
		return r, fmt.Errorf("read the customer: %w", err)
	}
	if k.OrderID != 0 {
		var o RenderingOrder
		err := p.tx.QueryRow(ctx, statement("preview/order"), k.OrderID, at).Scan(&o.ShopID, &o.PlacedAt, &o.Currency, &o.Minor, &o.FirstProduct)
		if err != nil {
			return r, fmt.Errorf("read the order: %w", err)
		}
		r.Order = &o
	}
	if k.EventID != 0 {
		if err := p.tx.QueryRow(ctx, "select props from events where event_id = $1", k.EventID).Scan(&r.Event); err != nil {
			return r, fmt.Errorf("read the event: %w", err)
		}
	}
	if len(attributes) > 0 {
		known, err := p.Attributes(ctx, []int64{id}, attributes, at)
		if err != nil {
			return r, err
		}
		r.Attributes = known[id].AsOf(at)
	}
	return r, nil
}
