package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/coupon"
)

// planned is the campaigns of this demo.
func (d *demo) planned() []string {
	if d.orders == "" {
		return append(append([]string{}, demoCampaigns...), moreCampaigns...)
	}
	return demoCampaigns
}

// apply plans the campaigns. They stay beside the reports as they ran.
func (d *demo) apply(ctx context.Context, until, closes time.Time) error {
	folder := filepath.Join(d.out, "campaigns")
	for _, name := range d.planned() {
		shelf, err := fs.Sub(campaigns.Library(), name)
		if err != nil {
			return err
		}
		if err := os.CopyFS(filepath.Join(folder, name), shelf); err != nil {
			return fmt.Errorf("copy the campaign %s: %w", name, err)
		}
	}
	if d.orders == "" {
		if err := d.fitShop(ctx, folder, until); err != nil {
			return err
		}
	}
	d.say("%s from the shelf; half of those who qualify are held out of second-order and win-back", count(len(d.planned()), "campaign"))
	for _, name := range d.planned() {
		c, err := campaigns.Load(os.DirFS(folder), name, campaigns.Options{Root: folder})
		if err != nil {
			return err
		}
		if _, err := d.engine.ApplyCampaign(ctx, c, &closes); err != nil {
			return err
		}
		d.names = append(d.names, c.Name)
		d.more(fmt.Sprintf("%-16s", name), c.Says+" Waves: "+strings.Join(waveNames(c), ", ")+".")
	}
	return nil
}

// fitShop gives Double 11 the year and the prices of the made-up shop, whose
// 40 pounds are the 299 yuan of the case, and makes the pools of codes.
func (d *demo) fitShop(ctx context.Context, folder string, until time.Time) error {
	file := filepath.Join(folder, "double-11", campaigns.File)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	year := until.Year()
	if until.Before(time.Date(year, time.November, 12, 0, 0, 0, 0, time.UTC)) {
		year--
	}
	fitted := strings.NewReplacer("2026-11-1", fmt.Sprintf("%d-11-1", year), "2027-06", fmt.Sprintf("%d-06", year+1), ">= 299", ">= 40").Replace(string(text))
	if err := os.WriteFile(file, []byte(fitted), 0o644); err != nil {
		return err
	}
	worth := func(minor int64) *int64 { return &minor }
	for _, pool := range []coupon.Pool{
		{Name: "d11-20-off", Kind: coupon.Amount, Value: worth(500), Currency: d.info.currency, PerCustomer: 5},
		{Name: "food-10", Kind: coupon.Amount, Value: worth(300), Currency: d.info.currency, PerCustomer: 1},
		{Name: "all-10", Kind: coupon.Percent, Percent: 100_000_000, Currency: d.info.currency, PerCustomer: 1},
	} {
		_, err := d.store.GenerateCoupons(ctx, pool, 5000, rand.Reader, func([]string, int) error { return nil })
		if err != nil {
			return err
		}
	}
	return nil
}
