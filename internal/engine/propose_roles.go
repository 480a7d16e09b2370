package engine

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

// roleDays is how far back sales speak for a role, and together how many baskets
// make two products partners.
const (
	roleDays     = 2 * 365
	partnersFrom = 20
)

// Roles is what became of proposals: how many products have one, the shop having
// given none, and how many of these had another role or none.
type Roles struct{ Proposed, Changed int }

// ProposeRoles works out from the sales of the last two years, as known at an
// instant, which role each product plays, and keeps it with its reasons where the
// shop gave none. Twice at one instant gives the same roles.
func (e *Engine) ProposeRoles(ctx context.Context, at time.Time) (kept Roles, err error) {
	_, err = e.Store.Fitting(ctx, e.Shop.Currency, e.Shop.Zone.String(), at, false, func(f *postgres.Fitting) error {
		s, err := e.readSales(ctx, f, at)
		if err != nil {
			return err
		}
		if len(s.products) == 0 {
			return fault.New(fault.NotFound, "there is no product", "rewave import products products.csv")
		}
		kept, err = s.propose(ctx, f)
		return err
	})
	return kept, err
}

// sales are what was sold of products as of an instant.
type sales struct {
	products []postgres.Product
	read     *assortment.Reader
}

func (e *Engine) readSales(ctx context.Context, f *postgres.Fitting, at time.Time) (*sales, error) {
	products, err := f.Products(ctx)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	known := make(map[int64]*postgres.Product, len(products))
	for i := range products {
		known[products[i].ID] = &products[i]
	}
	basis := e.basis()
	until := int(basis.Day(at)) + 1
	s := &sales{products: products, read: assortment.NewReader(until-roleDays, until, assortment.MostBaskets)}
	var order int64
	var o assortment.Order
	end := func() {
		if order != 0 {
			s.read.Add(o)
		}
	}
	from := calendar.Instant(calendar.DateOf(at, e.Shop.Zone).AddDays(1-roleDays), 0, e.Shop.Zone)
	err = f.Sold(ctx, from, func(l *postgres.SoldLine) {
		if l.Order != order {
			end()
			order = l.Order
			o = assortment.Order{ID: fmt.Sprintf("%019d", l.Order), Day: int(basis.Day(l.PlacedAt))}
			if l.Customer != 0 {
				o.Customer = fmt.Sprint(l.Customer)
			}
		}
		if p := known[l.Product]; p != nil && l.Units > 0 {
			line := assortment.Line{Product: p.SKU, Category: p.Category, Units: l.Units, Minor: l.Minor}
			line.Contribution, line.Costed = e.earned(p, l)
			o.Lines = append(o.Lines, line)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read sales: %w", err)
	}
	end()
	return s, nil
}

// earned is what a line brought beyond its cost; of a product without a cost of its
// own by the shop's margin, if that is known.
func (e *Engine) earned(p *postgres.Product, l *postgres.SoldLine) (minor int64, known bool) {
	switch {
	case p.Cost != nil:
		return l.Minor - *p.Cost*l.Units, true
	case e.Shop.Margin != nil:
		return int64(math.RoundToEven(*e.Shop.Margin * float64(l.Minor))), true
	}
	return 0, false
}

func (s *sales) propose(ctx context.Context, f *postgres.Fitting) (Roles, error) {
	all := s.read.Sales(partnersFrom)
	sold := make(map[string]bool, len(all))
	for _, x := range all {
		sold[x.Product] = true
	}
	before := map[string]assortment.Role{}
	ids := make(map[string]int64, len(s.products))
	for _, p := range s.products {
		if !sold[p.SKU] {
			all = append(all, assortment.Sales{Product: p.SKU, Category: p.Category})
		}
		if p.Given {
			continue
		}
		ids[p.SKU] = p.ID
		if p.Role != "" {
			before[p.SKU] = p.Role
		}
	}
	proposals := map[int64]assortment.Proposal{}
	for _, p := range assortment.Propose(all, before, assortment.Bounds{}) {
		if id, ok := ids[p.Product]; ok {
			proposals[id] = p
		}
	}
	written, changed, err := f.KeepRoles(ctx, proposals)
	if err != nil {
		return Roles{}, fmt.Errorf("keep roles: %w", err)
	}
	return Roles{written, changed}, nil
}
