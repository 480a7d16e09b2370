package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/fault"
)

// running is the campaigns of this demo.
func (d *demo) running() []string {
	if d.living != nil {
		return livingCampaigns
	}
	return demoCampaigns
}

// apply plans the campaigns, and launches them. They stay beside the reports as
// they ran, and so do the plans.
func (d *demo) apply(ctx context.Context, span span) error {
	folder := filepath.Join(d.out, "campaigns")
	for _, name := range d.running() {
		shelf, err := fs.Sub(campaigns.Library(), name)
		if err != nil {
			return err
		}
		if err := os.CopyFS(filepath.Join(folder, name), shelf); err != nil {
			return fmt.Errorf("copy the campaign %s: %w", name, err)
		}
	}
	said := "half of those who qualify are held out"
	if d.living != nil {
		said = "each holds customers out, so that its own effect can be known"
		if err := d.stock(ctx, folder); err != nil {
			return err
		}
	}
	// Once: what a campaign predicts by is frozen as it begins, so that later fits would change nothing here.
	if _, err := d.engine.FitScores(ctx, span.from, false); err != nil {
		if f, ok := fault.Of(err); !ok || f.Code != fault.NotFound { // no order before the replay begins
			return err
		}
	}
	fitted := ""
	if d.living != nil {
		fitted = ", fitted to this shop (year, prices, holdouts)"
	}
	d.say("%s from the shelf%s; %s", count(len(d.running()), "campaign"), fitted, said)
	for _, name := range d.running() {
		c, err := campaigns.Load(os.DirFS(folder), name, campaigns.Options{Root: folder})
		if err != nil {
			return err
		}
		plan, err := d.engine.PlanCampaign(ctx, []campaigns.Campaign{c}, span.from, nil)
		if err != nil {
			return fmt.Errorf("plan %s: %w", c.Name, err)
		}
		if err := writeFile(filepath.Join(d.out, c.Name+".plan.html"), plan.HTML); err != nil {
			return err
		}
		if _, err := d.engine.ApplyCampaign(ctx, c, &span.closes); err != nil {
			return err
		}
		d.names = append(d.names, c.Name)
		d.more(fmt.Sprintf("%-21s", c.Name), c.Says+" Waves: "+strings.Join(waveNames(c), ", ")+".")
	}
	return nil
}
