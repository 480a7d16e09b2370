//go:build living

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/devstack"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/shop"
	"github.com/rewave/rewave/internal/web"
)

type devOptions struct {
	state, listen string
}

func (a *app) dev() *cobra.Command {
	var o devOptions
	c := &cobra.Command{
		Use:   "dev",
		Short: "Everything on private services, live, with a shop that buys",
		Long: `Starts a private PostgreSQL and Redis, a mail server and every role in this
process, in live time, and beside them a made-up shop whose customers order,
read, redeem and complain: about a dozen new ones a minute. Two campaigns run
whose waves are minutes apart, so that they can be watched. Nothing leaves the
machine.

It prints what another terminal needs to work with the same installation: look,
plan, apply a campaign of your own. An interrupt stops all of it and removes the
data; the mailbox stays in the state directory.`,
		Example: `  rewave dev
  rewave dev --listen 127.0.0.1:9000
  rewave dev --state /tmp/rewave`,
		Args: operands,
		RunE: func(c *cobra.Command, _ []string) error { return a.runDev(c.Context(), o) },
	}
	c.Flags().StringVar(&o.state, "state", "", "`FOLDER` for everything that is written (default /var/lib/rewave for root, else ~/.local/state/rewave)")
	c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8080", "`ADDRESS` of the pages and of the links in messages")
	return a.takesVerbose(c)
}
