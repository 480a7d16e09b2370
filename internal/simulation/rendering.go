package simulation

import (
	"context"
	"fmt"
	"time"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

// LoadRendering takes no locks. Of what only few messages speak of it knows the
// bound code.
func (m *Memory) LoadRendering(ctx context.Context, lane postgres.Lane, ids []int64, at *time.Time, want postgres.RenderingWants) (loaded []postgres.Rendering, err error) {
	if want.Order || want.Event || len(want.Attributes) > 0 {
		return nil, fmt.Errorf("load deliveries: the memory has no such facts: %+v", want)
	}
	err = m.one(ctx, "load", func(t *tx) error {
		now := t.time(at)
		loaded = make([]postgres.Rendering, 0, len(ids))
		for _, r := range m.where(t, ids, func(d *message) bool {
			return inLane(d, lane) && (want.Doubt && d.state == delivery.Unknown || !want.Doubt && !d.due.IsZero())
		}) {
			d := r.see(t)
			p := m.person(d.customer).see(t)
			x := postgres.Rendering{ID: d.id, Customer: d.customer, EnteredAt: d.entered, ShopID: p.shop, Locale: p.locale, Variant: d.variant, Untaken: d.untaken, Reason: d.reason}
			x.Stratum = m.enrollment(d.enrollment).see(t).stratum
			if want.Orders || want.Currency != "" {
				addOrders(&x, p, now, want)
			}
			loaded = append(loaded, x)
		}
		return nil
	})
	if err != nil || !want.Coupon || len(loaded) == 0 {
		return loaded, err
	}
	err = m.one(ctx, "load codes", func(t *tx) error {
		for i := range loaded {
			if c := m.bound(loaded[i].ID, t); c != nil {
				end := c.end
				loaded[i].Expires = &end
			}
		}
		return nil
	})
	return loaded, err
}

func (m *Memory) enrollment(id int64) *record[enrolled] { return m.enrolled.rows[id-1] }

// bound is the code that a delivery has; nil: none.
func (m *Memory) bound(delivery int64, t *tx) *code {
	for _, r := range m.codes.rows {
		if c := r.see(t); c != nil && c.delivery == delivery {
			return c
		}
	}
	return nil
}

func addOrders(x *postgres.Rendering, p *person, now time.Time, want postgres.RenderingWants) {
	for _, o := range p.orders {
		if o.placed.After(now) || !o.unkept.IsZero() && !o.unkept.After(now) {
			continue
		}
		if want.Orders {
			x.Orders++
			if x.LastOrder == nil || o.placed.After(*x.LastOrder) {
				last := o.placed
				x.LastOrder = &last
			}
		}
		if want.Currency != "" && o.currency == want.Currency {
			if x.Spent == nil {
				x.Spent = new(int64)
			}
			*x.Spent += o.minor
		}
	}
}
