package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) db() *cobra.Command {
	c := &cobra.Command{Use: "db", Short: "Bring the database to this version, and in order",
		Example: `  rewave db migrate
  rewave db status --json
  rewave db features`}
	c.AddCommand(
		a.takesJSON(a.takesConfig(&cobra.Command{Use: "migrate", Short: "Apply what is missing, under a lock", Args: operands,
			Long: `Brings the schema of DATABASE_URL to what this program needs, each step in a
transaction of its own. Any number of processes may call it at once; a second
call changes nothing.`,
			Example: `  rewave db migrate
  rewave db migrate --json
  DATABASE_URL=postgres://rewave@127.0.0.1/rewave rewave db migrate`,
			RunE: func(c *cobra.Command, _ []string) error {
				settings, dsn, err := a.configured()
				if err != nil {
					return err
				}
				applied, err := postgres.Migrate(c.Context(), dsn)
				if err != nil {
					return err
				}
				return a.migrations(applied, settings.Shop.Zone, "the database was up to date")
			}})),
		a.takesJSON(a.takesConfig(&cobra.Command{Use: "status", Short: "List migrations and what is missing", Args: operands,
			Example: `  rewave db status
  rewave db status --json
  rewave db status --config /etc/rewave.yaml`,
			RunE: func(c *cobra.Command, _ []string) error {
				settings, dsn, err := a.configured()
				if err != nil {
					return err
				}
				all, err := postgres.Status(c.Context(), dsn)
				if err != nil {
					return err
				}
				return a.migrations(all, settings.Shop.Zone, "")
			}})),
		a.takesJSON(a.takesConfig(&cobra.Command{Use: "features", Short: "Work out anew what rules ask of orders", Args: operands,
			Long: `Works out anew, from all orders, the table that rules over many customers read
(orders, revenue, days and so on, a row a customer), and writes what differs.
Imports keep it: it is for a database that somebody has written to by hand, or
where ` + "`rewave audit`" + ` says that it does not add up. Imports wait meanwhile,
readers do not. A second call changes nothing.`,
			Example: `  rewave db features
  rewave db features --json
  rewave db features --config /etc/rewave.yaml`,
			RunE: func(c *cobra.Command, _ []string) error {
				l, err := a.open(c.Context())
				if err != nil {
					return err
				}
				defer l.close()
				rows, err := l.store.RebuildFeatures(c.Context())
				if err != nil {
					return err
				}
				if a.json {
					return a.print(struct {
						Written int64 `json:"written"`
					}{rows})
				}
				_, err = fmt.Fprintln(a.stdout, map[bool]string{true: "all rows were right", false: count(int(rows), "row") + " written"}[rows == 0])
				return err
			}})))
	return c
}

// configured loads the configuration of a command that needs the database.
func (a *app) configured() (config.Config, string, error) {
	c, err := config.Load(a.config, a.env)
	if err != nil {
		return c, "", err
	}
	if c.Database == "" {
		return c, "", noDatabase()
	}
	return c, c.Database.Reveal(), nil
}

func (a *app) migrations(list []postgres.Migration, zone *time.Location, none string) error {
	if a.json {
		type row struct {
			Version   int64   `json:"version"`
			Name      string  `json:"name"`
			AppliedAt *string `json:"applied_at"` // null: pending
		}
		rows := make([]row, len(list))
		for i, m := range list {
			rows[i] = row{Version: m.Version, Name: m.Name}
			if !m.AppliedAt.IsZero() {
				at := timestamp(m.AppliedAt)
				rows[i].AppliedAt = &at
			}
		}
		return a.print(rows)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.stdout, none)
	}
	for _, m := range list {
		state := "pending"
		if !m.AppliedAt.IsZero() {
			state = "applied " + m.AppliedAt.In(zone).Format("2006-01-02 15:04 MST")
		}
		fmt.Fprintf(a.stdout, "%-20s %s\n", m.Name, state)
	}
	return nil
}
