package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// importCounts is what came in since the last line was printed.
type importCounts struct{ orders, refunds, customers, events, optOuts int }

// keepShop brings in what the shop does, as it does it, and says what went out.
func (d *dev) keepShop(ctx context.Context) error {
	tick := time.NewTicker(devGrid)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !d.living.due.Before(d.ends) {
			fmt.Fprintln(d.stdout, wrap(time.Now().Format("15:04:05  "), "the story of this shop has ended: nobody orders any more. Stop it, and start another."))
			return nil
		}
		for now := time.Now(); !d.living.due.Add(devGrid).After(now) && d.living.due.Before(d.ends); {
			if err := d.living.Feed(ctx, now); err != nil {
				return err
			}
			h := d.living.last
			d.brought.orders += len(h.Orders)
			d.brought.refunds += len(h.Refunds)
			d.brought.customers += len(h.Customers)
			d.brought.events += len(h.Events)
			d.brought.optOuts += len(h.OptOuts)
		}
		if n%3 == 0 {
			if err := d.tellLine(ctx); err != nil {
				return err
			}
		}
	}
}

// tellLine prints what has happened since the last line.
func (d *dev) tellLine(ctx context.Context) error {
	b := d.brought
	d.brought = importCounts{}
	said := []string{count(b.orders, "order"), count(b.customers, "new customer")}
	for _, more := range []struct {
		n    int
		noun string
	}{{b.refunds, "refund"}, {b.events, "event"}, {b.optOuts, "opt-out"}} {
		if more.n > 0 {
			said = append(said, count(more.n, more.noun))
		}
	}
	running, err := d.live.store.Campaigns(ctx, "")
	if err != nil {
		return err
	}
	for _, c := range running {
		sent, err := d.sentSince(ctx, c.Name)
		if err != nil {
			return err
		}
		if len(sent) > 0 {
			said = append(said, c.Name+": "+strings.Join(sent, ", "))
		}
	}
	fmt.Fprintln(d.stdout, wrap(time.Now().Format("15:04:05  "), strings.Join(said, "; ")))
	return nil
}

// sentSince is what became of a campaign's messages since the last line, by wave.
func (d *dev) sentSince(ctx context.Context, campaign string) ([]string, error) {
	c, err := d.live.store.CampaignDesign(ctx, campaign, 0)
	if err != nil {
		return nil, err
	}
	counts, err := d.live.store.DeliveryCounts(ctx, c.ID, c.Design)
	if err != nil {
		return nil, err
	}
	now := map[string]int64{}
	for _, n := range counts {
		switch n.State {
		case "accepted":
			now[n.Wave+" sent"] += n.Count
		case "withheld":
			now[n.Wave+" withheld"] += n.Count
		}
	}
	var said []string
	for _, w := range c.Definition.Waves {
		for _, what := range []string{" sent", " withheld"} {
			key := campaign + "/" + w.Name + what
			if n := now[w.Name+what] - d.told[key]; n > 0 {
				said = append(said, fmt.Sprintf("%s %s", w.Name+what, thousands(int(n))))
			}
			d.told[key] = now[w.Name+what]
		}
	}
	return said, nil
}
