package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) customer() *cobra.Command {
	c := &cobra.Command{Use: "customer", Short: "Forget a customer, or make two records one",
		Example: `  rewave customer erase 4711 --because "asked by letter of 3 May"
  rewave customer merge 4711 9044 --because "one person, two accounts"
  rewave delivery list --customer 4711`}
	for _, sub := range []*cobra.Command{a.customerErase(), a.customerMerge()} {
		c.AddCommand(a.takesJSON(a.takesConfig(sub)))
	}
	return c
}

func (a *app) customerErase() *cobra.Command {
	var because string
	c := &cobra.Command{Use: "erase ID", Short: "Forget a customer, for good", Args: operands,
		Long: `Forgets addresses, names, region, zone, attributes, tags and what events carried
of a customer, and of all who were merged into them. The shop's id, orders and
what was sent stay, so that reports still add up. The addresses are banned by
hash: no import brings them back or lets anybody write to them.

Planned messages end at their gate as suppressed: erased. What is at a provider
already may arrive; it is counted.`,
		Example: `  rewave customer erase 4711 --because "asked by letter of 3 May"
  rewave customer erase 4711 --because "asked by letter of 3 May" --json
  rewave delivery list --customer 4711 --state sending,unknown`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.endCustomer(c, because, func(l *live, because string) (postgres.Ended, string, error) {
				out, err := l.store.EraseCustomer(c.Context(), args[0], account(), because)
				return out, "customer " + args[0] + " is forgotten", err
			})
		}}
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	return c
}

func (a *app) customerMerge() *cobra.Command {
	var because string
	c := &cobra.Command{Use: "merge FROM INTO", Short: "Make one customer another", Args: operands,
		Long: `Makes the first customer the second: orders, refunds and events go over, and
addresses, names and attributes that the second lacks. A no to a channel counts,
whoever of the two said it; so do messages that either has had, for caps, and
entries that either had, for campaigns that one enters once. Files that still
have the first id are of the second from now on.

Enrollments stay as they are, with the arm that was drawn. Planned messages of
the first end at their gate as suppressed: merged, so that a campaign which has
both writes once. It cannot be taken back.`,
		Example: `  rewave customer merge 4711 9044 --because "one person, two accounts"
  rewave customer merge 4711 9044 --because "one person, two accounts" --json
  rewave delivery list --customer 4711`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.endCustomer(c, because, func(l *live, because string) (postgres.Ended, string, error) {
				out, err := l.store.MergeCustomers(c.Context(), args[0], args[1], account(), because)
				says := "customer " + args[0] + " is " + out.Into
				if out.Into != "" && out.Into != args[1] {
					says += ", as is " + args[1] + ","
				}
				return out, says, err
			})
		}}
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	return c
}

func (a *app) endCustomer(c *cobra.Command, because string, deed func(l *live, because string) (postgres.Ended, string, error)) error {
	if because = strings.TrimSpace(because); because == "" {
		return fault.New(fault.Usage, named(c)+"say why, for the record: --because REASON", firstExample(c))
	}
	l, err := a.open(c.Context())
	if err != nil {
		return err
	}
	defer l.close()
	out, says, err := deed(l, because)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(struct {
			Changed  bool   `json:"changed"`
			Into     string `json:"into,omitempty"`
			Planned  int    `json:"planned"`    // end at their gate
			OnTheWay int    `json:"on_the_way"` // may arrive
		}{out.Changed, out.Into, out.Planned, out.Flying})
	}
	if !out.Changed {
		says += " already"
	}
	if out.Planned > 0 {
		says += fmt.Sprintf("; %s planned, and not sent any more", count(out.Planned, "message"))
	}
	if out.Flying > 0 {
		says += fmt.Sprintf("; %s on the way, which may arrive", count(out.Flying, "message"))
	}
	fmt.Fprintln(a.stdout, wrap("", says))
	return nil
}
