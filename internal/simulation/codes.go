package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/postgres"
)

// boundMinor is the face value of a campaign's codes that count.
func (m *Memory) boundMinor(t *tx, campaign int, pools []string, now time.Time) (minor int64) {
	for _, r := range m.codes.rows {
		c := r.see(t)
		if c == nil || c.delivery == 0 || !slices.Contains(pools, c.pool) || !c.end.IsZero() && !c.end.After(now) {
			continue
		}
		if d := m.delivery(c.delivery).see(t); d == nil || d.campaign != campaign {
			continue
		}
		if worth, known := m.pool(c.pool).Exposure(); known {
			minor += worth
		}
	}
	return minor
}

func (m *Memory) pool(name string) *coupon.Pool {
	for i := range m.pools {
		if m.pools[i].Name == name {
			return &m.pools[i]
		}
	}
	return nil
}

// stock is what a gate holds of a pool.
type stock struct {
	pool *coupon.Pool
	free []*record[code]
	had  map[int64]int
	busy bool
}

func (m *Memory) had(t *tx, pool string, customer int64) (n int) {
	for _, r := range m.codes.rows {
		if c := r.see(t); c != nil && c.pool == pool && c.delivery != 0 && (c.customer == customer || m.person(c.customer).see(t).into == customer) {
			n++
		}
	}
	return n
}

// holdCodes holds as many codes of each pool as the chunk may need.
func (m *Memory) holdCodes(ctx context.Context, t *tx, in postgres.GateInput, now time.Time, gated []gating) (map[string]int, error) {
	codes, stocks := map[string]int{}, map[string]*stock{}
	for i := range gated {
		name := gated[i].Facts.Coupon.Pool
		if name == "" || stocks[name] != nil {
			continue
		}
		s, err := m.hold(ctx, t, name, in.CodesAfter[name], now, gated)
		if err != nil {
			return nil, err
		}
		codes[name], stocks[name] = len(s.free), s
	}
	for i := range gated {
		g := &gated[i]
		c := &g.Facts.Coupon
		if c.Pool == "" {
			continue
		}
		g.stock = stocks[c.Pool]
		c.Bound = m.bound(g.ID, t) != nil
		c.Refused = g.stock.pool.Refuses(g.stock.had[g.Customer], now) != ""
		if worth, known := g.stock.pool.Exposure(); known {
			c.Minor = worth * in.PerMinor
		}
		if g.stock.busy {
			g.Facts.IfCouponExhausted = "wait"
		}
	}
	return codes, nil
}

func (m *Memory) hold(ctx context.Context, t *tx, name, after string, now time.Time, gated []gating) (*stock, error) {
	if err := t.step(ctx, "coupon pool"); err != nil {
		return nil, err
	}
	s := &stock{pool: m.pool(name), had: map[int64]int{}}
	if s.pool == nil {
		return nil, fmt.Errorf("there is no coupon pool %q", name)
	}
	need := 0
	for i := range gated {
		g := &gated[i]
		if g.Facts.Coupon.Pool != name {
			continue
		}
		s.had[g.Customer] = m.had(t, name, g.Customer)
		if m.bound(g.ID, t) == nil && s.pool.Refuses(s.had[g.Customer], now) == "" {
			need++
		}
	}
	if need == 0 {
		return s, nil
	}
	for ; ; after = "" {
		if err := t.step(ctx, "take codes"); err != nil {
			return nil, err
		}
		s.free = s.free[:0]
		for _, r := range m.codes.rows {
			if c := r.see(t); c != nil && c.pool == name && c.code > after && c.delivery == 0 && !c.burnt && len(s.free) < need && take(t, r) {
				s.free = append(s.free, r)
			}
		}
		if len(s.free) == need {
			return s, nil
		}
		if after == "" {
			break
		}
	}
	if err := t.step(ctx, "count codes"); err != nil {
		return nil, err
	}
	free := 0
	for _, r := range m.codes.rows {
		if c := r.see(t); c != nil && c.pool == name && c.delivery == 0 && !c.burnt {
			free++
		}
	}
	s.busy = free > len(s.free)
	return s, nil
}

// bindCodes gives the codes that the gate granted, and each claim the one it has.
func (m *Memory) bindCodes(ctx context.Context, t *tx, now time.Time, gated []gating, claims []postgres.Claim) error {
	asked := false
	for i := range gated {
		g := &gated[i]
		if !g.answer.BindCoupon || g.Facts.Coupon.Bound {
			continue
		}
		if !asked {
			asked = true
			if err := t.step(ctx, "bind codes"); err != nil {
				return err
			}
		}
		s := g.stock
		if len(s.free) == 0 || s.pool.Refuses(s.had[g.Customer], now) != "" {
			return errors.New("a code that was held for a delivery is not there any more")
		}
		c := s.free[0].edit(t)
		c.delivery, c.customer, c.bound, c.end = g.ID, g.Customer, now, s.pool.Expiry(now, g.Expires)
		s.free = s.free[1:]
		s.had[g.Customer]++
	}
	for i := range claims {
		if c := m.bound(claims[i].ID, t); c != nil {
			claims[i].Code = c.code
		}
	}
	return nil
}
