package main

import (
	"bytes"
	"context"
	"net/http"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/web/show"
)

// pages show the installation as it is when they are asked for.
func (d *dev) pages() http.Handler {
	evaluate := func(ctx context.Context, name string) (report.Report, error) {
		now, err := d.live.store.Now(ctx)
		if err != nil {
			return report.Report{}, err
		}
		return d.live.engine.EvaluateCampaign(ctx, name, engine.Evaluating{AsOf: now})
	}
	return show.New(show.Options{
		Title: madeUpName, Says: "A made-up shop, live: its customers order, read, redeem and unsubscribe while you watch. Reload to see more.",
		Dir: d.out, Zone: d.live.engine.Shop.Zone, Log: d.live.log,
		Campaigns: func(ctx context.Context) ([]show.Campaign, error) {
			running, err := d.live.store.Campaigns(ctx, "")
			if err != nil {
				return nil, err
			}
			all := make([]show.Campaign, 0, len(running))
			for _, c := range running {
				r, err := evaluate(ctx, c.Name)
				if err != nil {
					return nil, err
				}
				all = append(all, shown(r, ""))
			}
			return all, nil
		},
		Report: func(ctx context.Context, name string) ([]byte, error) {
			r, err := evaluate(ctx, name)
			if err != nil {
				return nil, err
			}
			var page bytes.Buffer
			err = r.HTML(&page)
			return withWayBack(page.Bytes()), err
		},
		Audit: func(ctx context.Context) (string, bool, error) {
			result, err := audit.Run(ctx, d.live.store)
			if err != nil {
				return "", false, err
			}
			if err := result.Err(); err != nil {
				return err.Error(), false, nil
			}
			return allHold(result), true, nil
		},
		Next: []string{"cd " + d.out, "rewave campaign new spring-tea", "rewave campaign plan campaigns/spring-tea", "rewave campaign apply campaigns/spring-tea"},
	})
}
