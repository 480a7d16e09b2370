package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/event"
)

// Rendering is what a message needs to know of its customer. What was not
// wanted is zero.
type Rendering struct {
	ID        int64
	Customer  int64
	EnteredAt time.Time
	ShopID    string
	FirstName *string
	LastName  *string
	Locale    string
	Variant   string // empty: the wave has none
	Stratum   string // empty: the campaign has none

	Orders    int64
	LastOrder *time.Time
	Spent     *int64 // minor units of all kept orders in the currency asked for, net; nil: there are none

	Untaken    int    // how often the provider did not take it though it took others
	Reason     string // the last word on it; empty: none
	Order      *RenderingOrder
	Event      map[string]event.Value // of the event that brought the customer in
	Attributes map[string]event.Value // those asked for that are known
	Expires    *time.Time             // of the code that an earlier try has bound; zero: it has no end; nil: none is bound

	Planned Planned // for the gate
}

// RenderingOrder is the order that brought a customer in.
type RenderingOrder struct {
	ShopID       string
	PlacedAt     time.Time
	Currency     string
	Minor        int64  // net of what came back
	FirstProduct string // name of its first line; empty: unknown
}

// RenderingWants says what of a Rendering is wanted besides profile and variant.
type RenderingWants struct {
	Orders     bool
	Currency   string // of Spent; empty: it is not wanted
	Order      bool
	Event      bool
	Coupon     bool
	Attributes []string // asked for as of business time, which must then be given
	Doubt      bool     // of deliveries in doubt, and not of planned ones
}

// LoadRendering reads what the messages of planned deliveries need, without
// locks. Deliveries that are not planned any more, or not in this lane, are left
// out.
func (s *Store) LoadRendering(ctx context.Context, lane Lane, ids []int64, at *time.Time, want RenderingWants) ([]Rendering, error) {
	rows, err := s.hot.Query(ctx, statement("delivery/load"), int64s(ids), lane.Version, lane.Wave, lane.Channel, want.Doubt)
	if err != nil {
		return nil, fmt.Errorf("load deliveries: %w", mapError(err))
	}
	loaded := make([]Rendering, 0, len(ids))
	var r Rendering
	p := &r.Planned
	_, err = pgx.ForEachRow(rows, append(p.columns(), &r.ShopID, &r.FirstName, &r.LastName, &r.Locale, &r.Untaken), func() error {
		r.ID, r.Customer, r.EnteredAt, r.Variant, r.Stratum, r.Reason = p.id, p.customer, p.entered, p.variant, p.stratum, p.held
		loaded = append(loaded, r)
		return nil
	})
	if err == nil && len(loaded) > 0 && (want.Orders || want.Currency != "" || want.Order || want.Event || want.Coupon || len(want.Attributes) > 0) {
		err = s.loadRare(ctx, loaded, at, want)
	}
	if err != nil {
		return nil, fmt.Errorf("load deliveries: %w", mapError(err))
	}
	return loaded, nil
}

// loadRare adds what only few messages speak of, a statement each.
func (s *Store) loadRare(ctx context.Context, loaded []Rendering, at *time.Time, want RenderingWants) error {
	ids, customers, entered := make([]int64, len(loaded)), make([]int64, len(loaded)), make([]time.Time, len(loaded))
	by, of := make(map[int64]*Rendering, len(loaded)), make(map[int64][]*Rendering, len(loaded))
	for i := range loaded {
		r := &loaded[i]
		ids[i], customers[i], entered[i] = r.ID, r.Customer, r.EnteredAt
		by[r.ID], of[r.Customer] = r, append(of[r.Customer], r)
	}
	batch := &pgx.Batch{}
	var id int64
	if want.Orders || want.Currency != "" {
		batch.Queue(statement("delivery/load_orders"), customers, at, said(want.Currency)).Query(func(rows pgx.Rows) error {
			var x Rendering
			_, err := pgx.ForEachRow(rows, []any{&x.Customer, &x.Orders, &x.LastOrder, &x.Spent}, func() error {
				for _, r := range of[x.Customer] {
					r.Orders, r.LastOrder, r.Spent = x.Orders, x.LastOrder, x.Spent
				}
				return nil
			})
			return err
		})
	}
	if want.Order {
		batch.Queue(statement("delivery/load_order"), ids, customers, entered, at).Query(func(rows pgx.Rows) error {
			var o RenderingOrder
			_, err := pgx.ForEachRow(rows, []any{&id, &o.ShopID, &o.PlacedAt, &o.Currency, &o.Minor, &o.FirstProduct}, func() error {
				each := o
				by[id].Order = &each
				return nil
			})
			return err
		})
	}
	if want.Event {
		batch.Queue(statement("delivery/load_event"), ids, customers, entered).Query(func(rows pgx.Rows) error {
			var props []byte
			_, err := pgx.ForEachRow(rows, []any{&id, &props}, func() error { return json.Unmarshal(props, &by[id].Event) })
			return err
		})
	}
	if want.Coupon && slices.ContainsFunc(loaded, func(r Rendering) bool { return r.Planned.epoch > 0 }) { // a gate binds it
		batch.Queue(statement("coupon/bound"), ids, customers, entered).Query(func(rows pgx.Rows) error {
			var code string
			var expires time.Time
			_, err := pgx.ForEachRow(rows, []any{&id, &code, timeOrZero{&expires}}, func() error {
				each := expires
				by[id].Expires = &each
				return nil
			})
			return err
		})
	}
	if len(want.Attributes) > 0 {
		batch.Queue(statement("attribute/of_customers"), customers, want.Attributes, *at).Query(func(rows pgx.Rows) error {
			histories, err := readAttributes(rows)
			for customer, h := range histories {
				for _, r := range of[customer] {
					r.Attributes = h.AsOf(*at)
				}
			}
			return err
		})
	}
	return s.hot.SendBatch(ctx, batch).Close()
}
