package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) couponStatus() *cobra.Command {
	var at string
	c := &cobra.Command{Use: "status [POOL]", Short: "How many codes are left, used and leaked", Args: operands,
		Long: `Every code is free, bound (given, its time still runs), redeemed, expired, or
burnt: an order named it before anybody was given it, so nobody will be. A leak
is a use by somebody else than the customer it was given to, or at another time.`,
		Example: `  rewave coupon status
  rewave coupon status d11-20-off
  rewave coupon status d11-20-off --at "2026-12-01 00:00" --json`,
		RunE: func(c *cobra.Command, args []string) error {
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			name := strings.Join(args, "")
			asOf, err := l.asOf(c.Context(), at, "rewave coupon status "+name)
			if err != nil {
				return err
			}
			all, err := l.store.CouponStatuses(c.Context(), name, asOf)
			if err != nil {
				return err
			}
			pools, err := l.store.CouponPools(c.Context())
			if err != nil {
				return err
			}
			terms := map[string]coupon.Pool{}
			for _, p := range pools {
				terms[p.Name] = p
			}
			if a.json {
				rows := make([]poolRow, len(all))
				for i, s := range all {
					rows[i] = rowOf(s, terms[s.Pool], asOf)
				}
				return a.print(rows)
			}
			if len(all) == 0 {
				fmt.Fprintln(a.stdout, "there is no coupon pool")
			}
			for _, s := range all {
				fmt.Fprintln(a.stdout, strings.Join(poolLines(s, terms[s.Pool], asOf, l.config.Shop.Zone), "\n"))
			}
			return nil
		}}
	c.Flags().StringVar(&at, "at", "", "as of this `TIME` in the shop's zone, \"2026-11-01 00:00\" (default now)")
	return c
}

// poolRow is what coupon status --json prints of a pool.
type poolRow struct {
	Pool            string             `json:"pool"`
	Says            string             `json:"says,omitempty"`
	Kind            coupon.Kind        `json:"kind"`
	Currency        string             `json:"currency,omitempty"`
	ValueMinor      *int64             `json:"value_minor,omitempty"`
	PercentPPB      int64              `json:"percent_ppb,omitempty"`
	AtMostMinor     *int64             `json:"at_most_minor,omitempty"`
	MinSpendMinor   *int64             `json:"min_spend_minor,omitempty"`
	ValidFrom       string             `json:"valid_from,omitempty"`
	Until           string             `json:"until,omitempty"`
	PerCustomer     int                `json:"per_customer"`
	Codes           int                `json:"codes"`
	Free            int                `json:"free"`
	Bound           int                `json:"bound"`
	Redeemed        int                `json:"redeemed"`
	Expired         int                `json:"expired"`
	Burnt           int                `json:"burnt"`
	RedeemedMinor   int64              `json:"redeemed_minor"`
	RedeemedUnknown int                `json:"redeemed_of_unknown_value"`
	Leaked          int                `json:"leaked"`
	Leaks           map[coupon.Why]int `json:"leaks"`
	Lately          int                `json:"bound_in_7_days"`
	Exhausted       string             `json:"exhausted,omitempty"`
}

func rowOf(s postgres.CouponStatus, p coupon.Pool, at time.Time) poolRow {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return timestamp(t)
	}
	end, _ := s.Exhausted(at)
	return poolRow{Pool: s.Pool, Says: p.Says, Kind: p.Kind, Currency: p.Currency, ValueMinor: p.Value, PercentPPB: p.Percent, AtMostMinor: p.AtMost,
		MinSpendMinor: p.MinSpend, ValidFrom: stamp(p.From), Until: stamp(p.Until), PerCustomer: p.PerCustomer,
		Codes: s.Codes, Free: s.Free, Bound: s.Bound, Redeemed: s.Redeemed, Expired: s.Expired, Burnt: s.Burnt,
		RedeemedMinor: s.RedeemedMinor, RedeemedUnknown: s.RedeemedUnknown, Leaked: s.Leaked, Leaks: s.Leaks, Lately: s.Lately, Exhausted: stamp(end)}
}

// poolLines are a paragraph: what a code is worth, where the codes are, leaks,
// and how long the free ones last.
func poolLines(s postgres.CouponStatus, p coupon.Pool, at time.Time, zone *time.Location) []string {
	when := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04") }
	lines := []string{wrap(s.Pool+": ", strings.Join(terms(p, when), ", "))}
	add := func(text string) { lines = append(lines, wrap("  ", text)) }
	if p.Says != "" {
		add(p.Says)
	}
	parts := []string{thousands(s.Free) + " free", thousands(s.Bound) + " bound"}
	redeemed := thousands(s.Redeemed) + " redeemed"
	if s.Redeemed > s.RedeemedUnknown && p.Currency != "" {
		redeemed += " for " + money(s.RedeemedMinor, p.Currency)
	}
	parts = append(parts, redeemed, thousands(s.Expired)+" expired")
	if s.Burnt > 0 {
		parts = append(parts, thousands(s.Burnt)+" burnt")
	}
	add(count(s.Codes, "code") + ": " + strings.Join(parts, ", "))
	if len(s.Leaks) > 0 {
		uses := map[string]int{}
		for why, n := range s.Leaks {
			uses[leakWords[why]] = n
		}
		add("leaks: " + byReason(uses))
	}
	end, known := s.Exhausted(at)
	switch {
	case s.Free == 0 && s.Codes > 0:
		add("no code is left")
	case p.Refuses(0, at) == coupon.NotValid:
		add("none is given now: it is outside the pool's time")
	case known:
		add(fmt.Sprintf("%s in 7 days: exhausted about %s at this rate", count(s.Lately, "code"), end.In(zone).Format("2006-01-02")))
	default:
		add("none was given in the last 7 days")
	}
	return lines
}

// leakWords say of a leak by whom or when.
var leakWords = map[coupon.Why]string{
	coupon.LeakFree: "before anybody was given it", coupon.LeakGuest: "by a guest", coupon.LeakOther: "by another customer",
	coupon.LeakEarly: "before it was given", coupon.LeakExpired: "after its time", coupon.LeakAgain: "used again",
}

// terms say what a code is worth and to whom.
func terms(p coupon.Pool, when func(time.Time) string) []string {
	var out []string
	switch p.Kind {
	case coupon.Amount:
		out = append(out, money(*p.Value, p.Currency)+" off")
	case coupon.Percent:
		off := fmt.Sprintf("%g%% off", float64(p.Percent)*100/coupon.Whole)
		if p.AtMost != nil {
			off += ", at most " + money(*p.AtMost, p.Currency)
		}
		out = append(out, off)
	default:
		what := strings.ReplaceAll(string(p.Kind), "_", " ")
		if p.Value != nil {
			what += " (costs " + money(*p.Value, p.Currency) + ")"
		}
		out = append(out, what)
	}
	if p.MinSpend != nil {
		out = append(out, "from "+money(*p.MinSpend, p.Currency)+" on")
	}
	if !p.From.IsZero() {
		out = append(out, "valid from "+when(p.From))
	}
	if !p.Until.IsZero() {
		out = append(out, "until "+when(p.Until))
	}
	return append(out, fmt.Sprintf("%d a customer", p.PerCustomer))
}

// money is an amount of minor units as people read it.
func money(minor int64, currency string) string {
	digits := order.Decimals(currency)
	unit := 1.0
	for range digits {
		unit *= 10
	}
	return evaluation.English().Money(float64(minor)/unit, evaluation.Currency{Code: currency, Digits: digits})
}
