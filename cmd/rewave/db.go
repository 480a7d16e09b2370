package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) db() *cobra.Command {
	c := &cobra.Command{Use: "db", Short: "Bring the database to this version", Args: cobra.NoArgs,
		Example: "  rewave db migrate\n  rewave db status\n  rewave db status --json"}
	c.AddCommand(
		&cobra.Command{Use: "migrate", Short: "Apply what is missing, under a lock", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				dsn, err := a.dsn()
				if err != nil {
					return err
				}
				applied, err := postgres.Migrate(c.Context(), dsn)
				if err != nil {
					return err
				}
				return a.migrations(applied, "the database was up to date")
			}},
		&cobra.Command{Use: "status", Short: "List migrations and what is missing", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				dsn, err := a.dsn()
				if err != nil {
					return err
				}
				all, err := postgres.Status(c.Context(), dsn)
				if err != nil {
					return err
				}
				return a.migrations(all, "")
			}})
	return c
}

func (a *app) dsn() (string, error) {
	c, err := config.Load(a.config, a.env)
	if err != nil {
		return "", err
	}
	if c.Database == "" {
		return "", fault.New(fault.Usage, "DATABASE_URL is not set: there is no database to use", "DATABASE_URL=postgres://rewave@127.0.0.1/rewave rewave db migrate")
	}
	return c.Database.Reveal(), nil
}

func (a *app) migrations(list []postgres.Migration, none string) error {
	if a.json {
		return a.print(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.stdout, none)
	}
	for _, m := range list {
		fmt.Fprintln(a.stdout, m)
	}
	return nil
}
