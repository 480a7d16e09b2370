package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/assortment"
)

// Product is what is sold, and the part it plays.
type Product struct {
	ID         int64
	SKU        string
	Name       string // empty: not known
	Category   string // empty: none
	Cost       *int64 // minor units, of one; nil: not known
	Role       assortment.Role
	Given      bool       // by the shop; else proposed
	Why        *RoleWhy   // of a proposal; nil: there was none, or the role was given
	ProposedAt *time.Time // business time of it
}

// RoleWhy is why a role was proposed.
type RoleWhy struct {
	Reasons []assortment.Reason         `json:"reasons"`
	Scores  map[assortment.Role]float64 `json:"scores,omitempty"` // none where the product is new
	Held    bool                        `json:"held,omitempty"`   // another role leads, but not by enough
}

// Products are all that are known, by SKU.
func (s *Store) Products(ctx context.Context) ([]Product, error) {
	all, err := products(ctx, s.pool)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", mapError(err))
	}
	return all, nil
}

// Products are all that are known, by SKU.
func (f *Fitting) Products(ctx context.Context) ([]Product, error) { return products(ctx, f.tx) }

func products(ctx context.Context, q interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}) ([]Product, error) {
	rows, err := q.Query(ctx, `select product_id, sku, coalesce(name, ''), coalesce(category, ''), cost_minor, coalesce(role, ''), role_given, role_reasons, role_at from products order by sku`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Product, err error) {
		var why []byte
		err = row.Scan(&p.ID, &p.SKU, &p.Name, &p.Category, &p.Cost, &p.Role, &p.Given, &why, &p.ProposedAt)
		if err == nil && why != nil {
			p.Why = &RoleWhy{}
			err = json.Unmarshal(why, p.Why)
		}
		return p, err
	})
}

// SoldLine is a kept line of an order. An order of before the time has one with the
// Product 0.
type SoldLine struct {
	Order    int64
	Customer int64 // 0: nobody known
	PlacedAt time.Time
	Product  int64
	Units    int64 // net of what came back by then
	Minor    int64 // likewise
}

// Sold calls fn with the lines of the orders kept by then, the orders of a customer
// one after another, oldest first; of orders before from only that they were.
func (f *Fitting) Sold(ctx context.Context, from time.Time, fn func(*SoldLine)) error {
	rows, err := f.tx.Query(ctx, statement("product/sold"), pgx.QueryExecModeCacheDescribe, f.at, from, f.currency)
	if err != nil {
		return err
	}
	var l SoldLine
	_, err = pgx.ForEachRow(rows, []any{&l.Order, &l.Customer, &l.PlacedAt, &l.Product, &l.Units, &l.Minor}, func() error {
		fn(&l)
		return nil
	})
	return err
}

// KeepRoles writes what was proposed of products, by their number, but where the
// shop gave a role. It returns how many were written, and how many of these differ.
func (f *Fitting) KeepRoles(ctx context.Context, proposals map[int64]assortment.Proposal) (written, changed int, err error) {
	ids, roles, whys := make([]int64, 0, len(proposals)), make([]string, 0, len(proposals)), make([]string, 0, len(proposals))
	for id, p := range proposals {
		why, marshal := json.Marshal(RoleWhy{p.Reasons, p.Scores, p.Held})
		err = errors.Join(err, marshal)
		ids, roles, whys = append(ids, id), append(roles, string(p.Role)), append(whys, string(why))
	}
	if err != nil {
		return 0, 0, err
	}
	err = f.tx.QueryRow(ctx, statement("product/propose"), ids, roles, whys, f.at).Scan(&written, &changed)
	return written, changed, err
}
