package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/workers"
)

func (a *app) configuration() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check the settings before anything runs",
		Example: `  rewave config check
  rewave config check --config /etc/rewave.yaml
  REWAVE_PUBLIC_URL=https://mail.shop.example rewave config check`}
	c.AddCommand(a.takesConfig(&cobra.Command{Use: "check", Short: "Name every fault, and what a process that sends lacks", Args: operands,
		Long: `Reads rewave.yaml and the environment as rewave all would, and connects to
nothing. Exit code 3 when something is wrong or missing.`,
		Example: `  rewave config check
  rewave config check --config /etc/rewave.yaml
  rewave config check && rewave all`,
		RunE: func(*cobra.Command, []string) error {
			c, err := config.Load(a.config, a.env)
			if err != nil {
				return err
			}
			if err := c.Validate(); err != nil {
				return err
			}
			redis, err := workers.ReadAddress(c.Redis.Reveal())
			if err != nil {
				return err
			}
			for _, warning := range c.Warnings() {
				fmt.Fprintln(a.stderr, wrap("warning: ", warning))
			}
			fine := []string{c.Shop.Name, c.Shop.Zone.String(), c.Shop.Currency}
			if c.Email != nil {
				fine = append(fine, "e-mail by "+c.Email.Adapter+pace(c.Email.Flow))
			}
			if c.SMS != nil {
				fine = append(fine, "text messages by "+c.SMS.Adapter+pace(c.SMS.Flow))
			}
			fine = append(fine, redis.String())
			_, err = fmt.Fprintf(a.stdout, "fine: %s\n", strings.Join(fine, ", "))
			return err
		}}))
	return c
}

// pace is how fast a channel may go, in words.
func pace(f config.Flow) (says string) {
	if f.Messages > 0 {
		unit := "second"
		if f.Per == time.Minute {
			unit = "minute"
		}
		says = fmt.Sprintf(" (at most %d a %s)", f.Messages, unit)
	}
	if w := f.WarmUp; w != nil {
		limit := delivery.WarmUp{From: w.From, Start: w.Start, Grow: w.Grow, Until: w.Until}
		full := w.From
		for limit.Limit(full) < w.Until {
			full = full.AddDays(1)
		}
		says += fmt.Sprintf(" (warms up: %d on %s, %d a day from %s)", w.Start, w.From, w.Until, full)
	}
	return says
}
