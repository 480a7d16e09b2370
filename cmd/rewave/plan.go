package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// planning is what a call of campaign plan asks for.
type planning struct {
	at, html string
	check    bool
}

func (a *app) campaignPlan() *cobra.Command {
	var ask planning
	c := &cobra.Command{Use: "plan FOLDER...", Short: "Say who would enter, what goes out, what it costs", Args: operands,
		Long: `Asks the functions that will decide about every customer, and changes nothing:
who enters and why others do not, what goes out on which day, what it costs, and
whether the holdout can tell if it pays. Several folders are planned side by
side. A campaign entered by orders is asked about past orders, as if it had run
then, for a forecast. With --check the exit code is 4 when an apply would change
something, and 3 when it would refuse one of them.`,
		Example: `  rewave campaign plan campaigns/win-back
  rewave campaign plan campaigns/second-order --html plan.html
  rewave campaign plan campaigns/win-back --at "2026-11-23 10:00" --json --check`,
		RunE: func(c *cobra.Command, args []string) error { return a.planCampaigns(c.Context(), args, ask) }}
	c.Flags().StringVar(&ask.at, "at", "", "as of this `TIME` in the shop's zone, \"2026-11-23 10:00\" (default now)")
	c.Flags().StringVar(&ask.html, "html", "", "write one page to `FILE`, which needs no network to open")
	c.Flags().BoolVar(&ask.check, "check", false, "exit with 4 when an apply would change something, 3 when it would refuse")
	return c
}

func (a *app) planCampaigns(ctx context.Context, folders []string, ask planning) error {
	folders = campaignFolders(folders)
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	l.sayZone(a)
	defs, err := l.loadAll(ctx, "campaign plan", folders)
	if err != nil {
		return err
	}
	when, err := l.asOf(ctx, ask.at, "rewave campaign plan "+folders[0])
	if err != nil {
		return err
	}
	bar := a.progress("planning")
	plan, err := l.engine.PlanCampaign(ctx, defs, when, bar.update)
	bar.done()
	if err != nil {
		return err
	}
	if ask.html != "" {
		if err := replaceFile(ask.html, plan.HTML); err != nil {
			return err
		}
	}
	switch {
	case a.json:
		err = plan.JSON(a.stdout)
	case ask.html != "":
		_, err = fmt.Fprintln(a.stdout, "wrote "+ask.html)
	default:
		err = plan.Text(a.stdout)
	}
	if refused := plan.CannotApply(); err == nil && ask.check && len(refused) > 0 {
		return fault.New(fault.Invalid, "campaign plan: an apply would refuse "+strings.Join(refused, ", "), "rewave campaign plan "+folders[0])
	}
	if err == nil && ask.check && plan.Pending() {
		return fault.New(fault.Pending, "campaign plan: differences are pending", "rewave campaign apply "+folders[0])
	}
	return err
}

// loadAll reads every folder, and names the faults of all of them.
func (l *live) loadAll(ctx context.Context, call string, folders []string) ([]campaigns.Campaign, error) {
	known, err := l.store.CouponPools(ctx)
	if err != nil {
		return nil, err
	}
	pools := make([]string, len(known))
	for i, p := range known {
		pools[i] = p.Name
	}
	var defs []campaigns.Campaign
	var faults source.List
	from := map[string]string{}
	for _, folder := range folders {
		def, _, err := loadMeasured(folder, l.config, pools)
		if list, ok := err.(source.List); ok {
			faults = append(faults, list...)
			continue
		}
		if err != nil {
			return nil, err
		}
		if first, twice := from[def.Name]; twice {
			return nil, fault.New(fault.Usage, fmt.Sprintf("%s: %s and %s are both the campaign %s", call, first, folder, def.Name), "rewave "+call+" "+folder)
		}
		from[def.Name] = folder
		defs = append(defs, def)
	}
	return defs, faults.Err()
}

// replaceFile leaves the whole file or what was there.
func replaceFile(path string, write func(io.Writer) error) error {
	return writeWhole(path, 0o644, write)
}

// writeWhole is replaceFile with the permissions of the file. A link stays one, to
// what is written; a device or a pipe is never replaced by a file.
func writeWhole(path string, mode os.FileMode, write func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if there, err := os.Lstat(path); err == nil && !there.Mode().IsRegular() {
		return fault.New(fault.Usage, path+" cannot be written", "something else of that name is there")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fault.Wrap(fault.Usage, err, path+" cannot be written", "name a folder that is there and may be written to")
	}
	defer os.Remove(f.Name())
	err = write(f)
	if closed := f.Close(); err == nil {
		err = closed
	} else if !errors.As(err, new(*fs.PathError)) { // what was to be written could not be had
		return err
	}
	if err == nil {
		err = os.Chmod(f.Name(), mode)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fault.Wrap(fault.Usage, err, path+" cannot be written", "something else of that name may be there")
	}
	return nil
}
