package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
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
			for _, warning := range c.Warnings() {
				fmt.Fprintln(a.stderr, wrap("warning: ", warning))
			}
			fine := []string{c.Shop.Name, c.Shop.Zone.String(), c.Shop.Currency}
			if c.Email != nil {
				fine = append(fine, "e-mail by "+c.Email.Adapter)
			}
			if c.SMS != nil {
				fine = append(fine, "text messages by "+c.SMS.Adapter)
			}
			_, err = fmt.Fprintf(a.stdout, "fine: %s\n", strings.Join(fine, ", "))
			return err
		}}))
	return c
}
