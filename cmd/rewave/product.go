package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) product() *cobra.Command {
	c := &cobra.Command{Use: "product", Short: "The part each product plays, and why",
		Example: `  rewave product roles
  rewave product roles --propose
  rewave product roles --json`}
	c.AddCommand(a.takesJSON(a.takesConfig(a.productRoles())))
	return c
}

func (a *app) productRoles() *cobra.Command {
	var propose bool
	var at string
	c := &cobra.Command{Use: "roles", Short: "Print the role of each product, and where it comes from", Args: operands,
		Long: `Prints the role of each product: profit (earns, and is sold much), traffic (is
sold much and earns little), potential (earns, but is sold little), marginal
(neither), or new (too few sales to say). A role is given by the column role of
a products file, or else proposed from the sales of two years; it is printed
with its reasons.

A tick proposes roles once a week. --propose does it now, and keeps them. No
proposal changes a role that was given, and on a border a product keeps the role
it has. What a product earns is what its cost leaves; without a cost the shop's
margin says it; without a margin it is not known, and only sales speak.

Rules ask by bought("profit"), orders.of_role("profit") and
order.has_role("profit").`,
		Example: `  rewave product roles
  rewave product roles --propose
  rewave product roles --propose --at "2026-11-01 00:00" --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			if at != "" && !propose {
				return fault.New(fault.Usage, "product roles: --at says of what was known a proposal is made", `rewave product roles --propose --at "2026-11-01 00:00"`)
			}
			return a.printRoles(c.Context(), at, propose)
		}}
	c.Flags().BoolVar(&propose, "propose", false, "work the roles out from sales now, and keep them")
	c.Flags().StringVar(&at, "at", "", "propose from what was known at this `TIME` in the shop's zone, \"2026-11-01 00:00\" (default now)")
	return c
}

func (a *app) printRoles(ctx context.Context, at string, propose bool) error {
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	if propose {
		l.sayZone(a)
		when, err := l.asOf(ctx, at, "rewave product roles --propose")
		if err != nil {
			return err
		}
		kept, err := l.engine.ProposeRoles(ctx, when)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "proposed of what was known on %s: %s, %s changed\n", when.In(l.engine.Shop.Zone).Format("2006-01-02 15:04"), count(kept.Proposed, "role"), thousands(kept.Changed))
	}
	products, err := l.store.Products(ctx)
	if err != nil {
		return err
	}
	if len(products) == 0 {
		return fault.New(fault.NotFound, "there is no product", "rewave import products products.csv")
	}
	if a.json {
		out := make([]roleResult, 0, len(products))
		for _, p := range products {
			out = append(out, roleResultOf(p, l.engine.Shop.Currency))
		}
		return a.print(out)
	}
	fmt.Fprint(a.stdout, rolesText(products, l.engine.Shop.Currency))
	return nil
}

// roleResult is a product's role for programs.
type roleResult struct {
	SKU        string            `json:"sku"`
	Name       string            `json:"name,omitempty"`
	Category   string            `json:"category,omitempty"`
	Role       assortment.Role   `json:"role,omitempty"`   // none: not known
	Origin     string            `json:"origin,omitempty"` // given or proposed
	ProposedAt *time.Time        `json:"proposed_at,omitempty"`
	Why        *postgres.RoleWhy `json:"why,omitempty"`
	Words      []string          `json:"words,omitempty"` // the reasons, as a person reads them
}

func roleResultOf(p postgres.Product, currency string) roleResult {
	r := roleResult{SKU: p.SKU, Name: p.Name, Category: p.Category, Role: p.Role, Why: p.Why, Words: roleWords(p.Why, currency)}
	r.Origin = origin(p)
	if p.ProposedAt != nil {
		at := p.ProposedAt.UTC()
		r.ProposedAt = &at
	}
	return r
}

func origin(p postgres.Product) string {
	switch {
	case p.Role == "":
		return ""
	case p.Given:
		return "given"
	}
	return "proposed"
}

// rolesText is a block a product, and how many there are of each role.
func rolesText(products []postgres.Product, currency string) string {
	var b strings.Builder
	of := map[assortment.Role]int{}
	widest := len("product")
	for _, p := range products {
		of[p.Role]++
		widest = min(40, max(widest, len([]rune(p.SKU))))
	}
	fmt.Fprintf(&b, "%-*s  %-9s  %s\n", widest, "product", "role", "origin")
	for _, p := range products {
		role := string(p.Role)
		if role == "" {
			role = "not known"
		}
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("%-*s  %-9s  %s", widest, p.SKU, role, origin(p)), " "))
		if words := roleWords(p.Why, currency); len(words) > 0 {
			fmt.Fprintln(&b, wrap("    ", strings.Join(words, "; ")))
		}
	}
	var each []string
	for _, role := range append(assortment.Words(), "") {
		if n := of[assortment.Role(role)]; n > 0 {
			if role == "" {
				role = "not known"
			}
			each = append(each, thousands(n)+" "+role)
		}
	}
	fmt.Fprintln(&b, wrap(count(len(products), "product")+": ", strings.Join(each, ", ")))
	return b.String()
}

// roleWords are the reasons of a proposal, each with what it is held against.
func roleWords(why *postgres.RoleWhy, currency string) []string {
	if why == nil {
		return nil
	}
	isNew := len(why.Scores) == 0
	nearest := func(x float64) int64 { return int64(math.Round(x)) }
	percent := func(x float64) string { return fmt.Sprintf("%.0f%%", 100*x) }
	var words []string
	for _, r := range why.Reasons {
		switch {
		case r.Sign == assortment.SignSales && isNew:
			words = append(words, fmt.Sprintf("%s sold, of %.0f that it takes to say", count(int(r.Value), "unit"), r.Against))
		case r.Sign == assortment.SignOrders:
			words = append(words, fmt.Sprintf("in %s, of %.0f", count(int(r.Value), "order"), r.Against))
		case r.Sign == assortment.SignSales:
			words = append(words, fmt.Sprintf("sells %.2f times an even share (%.2f is much)", r.Value, r.Against))
		case r.Sign == assortment.SignContribution:
			words = append(words, fmt.Sprintf("earns %s a unit (%s is usual)", money(nearest(r.Value), currency), money(nearest(r.Against), currency)))
		case r.Sign == assortment.SignPartners:
			words = append(words, fmt.Sprintf("bought together with %s (%.1f is usual)", count(int(r.Value)-1, "other"), r.Against-1))
		case r.Sign == assortment.SignAgain:
			words = append(words, fmt.Sprintf("%s of those who came back bought it again (%s is usual)", percent(r.Value), percent(r.Against)))
		case r.Sign == assortment.SignFirst:
			words = append(words, fmt.Sprintf("%s of its orders are first ones (%s of all)", percent(r.Value), percent(r.Against)))
		case r.Sign == assortment.SignGrowth:
			words = append(words, fmt.Sprintf("sold %.2f times as much in the later half (%.2f is usual)", r.Value, r.Against))
		}
	}
	if why.Held {
		words = append(words, "another role leads, but not by enough to give this one up")
	}
	return words
}
