package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// holdCodes holds as many codes of each pool as the chunk may need, and says how
// many. A ghost asks like its twin, and is given none.
func holdCodes(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, gated []Gated) (map[string]int, error) {
	wanted := map[string][]Wanted{}
	for i := range gated {
		if pool := gated[i].Facts.Coupon.Pool; pool != "" {
			wanted[pool] = append(wanted[pool], gated[i].wanted())
		}
	}
	codes, stocks := map[string]int{}, map[string]*CouponStock{}
	for pool := range wanted {
		stock, err := CouponsLeft(ctx, tx, pool, in.Lane.Wave, wanted[pool], at, in.CodesAfter[pool])
		if err != nil {
			return nil, err
		}
		codes[pool], stocks[pool] = stock.Left, stock
	}
	for i := range gated {
		c := &gated[i].Facts.Coupon
		if c.Pool == "" {
			continue
		}
		stock := stocks[c.Pool]
		gated[i].stock, c.Bound = stock, stock.Has(gated[i].wanted())
		c.Refused = stock.Pool.Refuses(stock.had[gated[i].Customer], at) != ""
		if worth, known := stock.Pool.Exposure(); known {
			c.Minor = worth * in.PerMinor
		}
		if stock.busy {
			// Others hold the last free codes and may give them back: nobody is told yet that there are none.
			gated[i].Facts.IfCouponExhausted = "wait"
		}
	}
	return codes, nil
}

// bindCodes gives the codes that the gate granted, and each claim the one it
// has.
func bindCodes(ctx context.Context, tx pgx.Tx, gated []Gated, granted map[int64]bool, claims []Claim) error {
	type lot struct {
		pool    string
		expires time.Duration
	}
	lots := map[lot][]*Gated{}
	for i := range gated {
		g := &gated[i]
		if granted[g.ID] || g.Facts.Coupon.Bound {
			key := lot{g.Facts.Coupon.Pool, g.Expires}
			lots[key] = append(lots[key], g)
		}
	}
	codes := map[int64]string{}
	for key, of := range lots {
		wanted := make([]Wanted, len(of))
		for i, g := range of {
			wanted[i] = g.wanted()
		}
		bound, err := of[0].stock.Bind(ctx, tx, wanted, key.expires)
		if err != nil {
			return err
		}
		for i, b := range bound {
			if b.Refused != "" {
				return errors.New("a code that was held for a delivery is not there any more: " + string(b.Refused))
			}
			codes[of[i].ID] = b.Code
		}
	}
	for i := range claims {
		claims[i].Code = codes[claims[i].ID]
	}
	return nil
}
