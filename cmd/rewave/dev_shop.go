package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/shop"
)

// The shop of dev buys so fast that something happens every few seconds.
const (
	devGrid     = 10 * time.Second   // of what the shop does, and how often it comes in
	devStory    = 2 * 24 * time.Hour // from last midnight on; its customers are all in memory
	devNewcomer = 15                 // customers a minute
)

// oldShop is its past up to last midnight: two years in which customers took
// their time, so that segments and plans have something to find.
func oldShop(now time.Time) shop.Config {
	c := shop.Small()
	c.End = now.Truncate(24 * time.Hour)
	c.Start = c.End.AddDate(-2, 0, 0)
	return c
}

// quickShop is a shop whose year is a day: a customer who stays buys again within
// the hour.
func quickShop(now time.Time) shop.Config {
	c := shop.Default()
	c.Start = now.Truncate(24 * time.Hour)
	c.End = c.Start.Add(devStory)
	c.Customers = int(c.End.Sub(c.Start) / time.Minute * devNewcomer)
	c.Seed = uint64(now.Unix())
	c.First = 500_000    // beyond those of the past
	c.Model.Scale = 0.05 // of a day
	return c
}

// stock brings in the shop's past, the codes and the campaigns.
func (d *dev) stock(ctx context.Context) error {
	now := time.Now().UTC()
	config := quickShop(now)
	s, err := shop.New(config)
	if err != nil {
		return err
	}
	world, err := s.World(config.Start, devGrid)
	if err != nil {
		return err
	}
	old, err := shop.New(oldShop(now))
	if err != nil {
		return err
	}
	until := now.Truncate(devGrid)
	today := world.Advance(until)
	d.ends = config.End
	d.living = &living{store: d.live.store, engine: d.live.engine, world: world, dir: filepath.Join(d.stack.Dir, "shop"), step: devGrid, due: until,
		clock: func() time.Time { return time.Now().UTC() }, effect: quickEffects(), worth: worths()}
	for _, sender := range d.live.engine.Channels {
		sender.Channel = d.living.listen(sender.Channel)
	}
	for _, file := range []struct {
		kind  string
		write func(io.Writer) error
	}{
		{importer.Products, old.WriteProducts}, {importer.Customers, old.WriteCustomers},
		{importer.Orders, old.WriteOrders}, {importer.Events, old.WriteEvents},
		{importer.Customers, today.WriteCustomers}, {importer.Orders, today.WriteOrders}, {importer.Events, today.WriteEvents},
	} {
		if _, err := d.living.importFile(ctx, now, file.kind, filepath.Join(d.living.dir, file.kind+".csv"), file.write); err != nil {
			return err
		}
	}
	if err := makeCodes(ctx, d.live.store); err != nil {
		return err
	}
	return d.apply(ctx)
}

// quickEffects are those of the demo for a shop whose year is a day.
func quickEffects() map[string]shop.Effect {
	all := map[string]shop.Effect{}
	for of, e := range planted {
		e.Fades /= 365
		all[of] = e
	}
	return all
}

// devCampaigns are the shelf's, with waves minutes apart.
var devCampaigns = map[string]*strings.Replacer{
	"thanks-coupon-care": strings.NewReplacer(
		"    after: 1d\n", "    after: 1m\n", "wait: 9d}", "wait: 2m}", "wait: 11d}", "wait: 2m}",
		"    between: [\"09:30\", \"20:30\"]         # in the customer's zone, else the shop's\n", "", "    between: [\"09:30\", \"20:30\"]\n", "",
		"holdout: auto\n", "holdout: 20%\n"),
}

// apply launches the campaigns; they lie beside the mailbox, to be changed and
// applied again.
func (d *dev) apply(ctx context.Context) error {
	folder := filepath.Join(d.out, "campaigns")
	for name, quick := range devCampaigns {
		shelf, err := fs.Sub(campaigns.Library(), name)
		if err != nil {
			return err
		}
		if err := os.CopyFS(filepath.Join(folder, name), shelf); err != nil {
			return fmt.Errorf("copy the campaign %s: %w", name, err)
		}
		// Its cases are of the waits that it had.
		if err := os.RemoveAll(filepath.Join(folder, name, "campaign.test.yaml")); err != nil {
			return err
		}
		file := filepath.Join(folder, name, campaigns.File)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(quick.Replace(string(text))), 0o644); err != nil {
			return err
		}
		c, err := campaigns.Load(os.DirFS(folder), name, campaigns.Options{Root: folder})
		if err != nil {
			return err
		}
		if _, err := d.live.engine.ApplyCampaign(ctx, c, nil); err != nil {
			return err
		}
	}
	return nil
}
