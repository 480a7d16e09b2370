package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/consent"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// readFacts locks and reads what is planned and due of customers that are ours, one
// delivery a customer.
func readFacts(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, ours held) ([]Gated, error) {
	var requires *string
	if in.Requires != "" {
		requires = &in.Requires
	}
	var gated []Gated
	var pressed map[int64]pressure
	var words map[topic]bool
	batch := &pgx.Batch{}
	batch.Queue(statement("delivery/facts"), ours.ids, at, in.Channels, requires, in.Regions, in.Campaign, in.Lane.Version, in.Lane.Wave, in.Lane.Channel).
		Query(func(rows pgx.Rows) (err error) {
			gated, err = scanFacts(rows, in, len(ours.customers))
			return err
		})
	purposes := []string{"marketing"}
	if in.Service {
		purposes = append(purposes, "service")
	}
	batch.Queue(statement("delivery/consents"), ours.customers, in.Channels, purposes, at).Query(func(rows pgx.Rows) (err error) {
		words, err = scanWords(rows, len(ours.customers))
		return err
	})
	if in.ShopCap.Limit > 0 || in.OwnCap.Limit > 0 {
		pressed = map[int64]pressure{}
		queuePressure(batch, in, at, ours.customers, pressed)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	for i := range gated {
		g := &gated[i]
		for name, r := range g.Facts.Contact.Channels {
			word, known := words[topic{g.Customer, name, "marketing"}]
			r.Word = consent.Word{Known: known, Granted: word}
			if service, known := words[topic{g.Customer, name, "service"}]; known {
				r.ServiceRefused = !service
			}
			g.Facts.Contact.Channels[name] = r
		}
		p := pressed[g.Customer]
		g.Facts.Caps = []audience.Pressure{
			{Limit: in.ShopCap.Limit, Real: p.realAll, Ghosts: p.ghostsAll, Outranking: p.outranking},
			{Limit: in.OwnCap.Limit, Real: p.realOwn, Ghosts: p.ghostsOwn},
		}
	}
	return gated, readRareFacts(ctx, tx, in, at, gated)
}

func scanFacts(rows pgx.Rows, in GateInput, customers int) ([]Gated, error) {
	gated := make([]Gated, 0, customers)
	var g Gated
	var arm, held, email, phone string
	var bannedEmail, bannedPhone bool
	var required *string
	f := &g.Facts
	_, err := pgx.ForEachRow(rows, []any{&g.ID, &g.Customer, &g.EnteredAt, &arm, &f.Skip, &g.Variant, &g.Stratum, &f.Channel, &g.Epoch, &f.ExpiresAt, &held,
		&f.CampaignStatus, &f.OnHold, &f.Rests, &g.Zone, &g.Region, &f.Contact.Erased, &email, &phone, &bannedEmail, &bannedPhone, &f.Repurchased, &required}, func() error {
		if len(gated) > 0 && gated[len(gated)-1].Customer == g.Customer {
			return nil // the rows are in the order of customers
		}
		f.Arm, f.HeldFor = holdout.Arm(arm), audience.Reason(held)
		f.Contact.Channels = make(map[string]audience.Reach, len(in.Channels))
		for _, name := range in.Channels {
			r := audience.Reach{Address: email, Suppressed: bannedEmail}
			if name == "sms" {
				r = audience.Reach{Address: phone, Suppressed: bannedPhone}
			}
			f.Contact.Channels[name] = r
		}
		f.Requires = nil
		if in.Requires != "" {
			state := delivery.Suppressed
			if required != nil {
				state = delivery.State(*required)
			}
			f.Requires = &state
		}
		gated = append(gated, g)
		return nil
	})
	return gated, err
}

// topic is what the newest word of a customer is about.
type topic struct {
	customer         int64
	channel, purpose string
}

func scanWords(rows pgx.Rows, customers int) (map[topic]bool, error) {
	words := make(map[topic]bool, customers)
	var w topic
	var granted bool
	_, err := pgx.ForEachRow(rows, []any{&w.customer, &w.channel, &w.purpose, &granted}, func() error { words[w] = granted; return nil })
	return words, err
}

// pressure is what counts against the caps of a customer.
type pressure struct{ realAll, ghostsAll, realOwn, ghostsOwn, outranking int }

func queuePressure(batch *pgx.Batch, in GateInput, at time.Time, customers []int64, pressed map[int64]pressure) {
	var customer int64
	batch.Queue(statement("delivery/pressure"), customers, at, in.Campaign, in.ShopCap.Window.Seconds(), in.OwnCap.Window.Seconds()).Query(func(rows pgx.Rows) error {
		var p pressure
		_, err := pgx.ForEachRow(rows, []any{&customer, &p.realAll, &p.ghostsAll, &p.realOwn, &p.ghostsOwn}, func() error { pressed[customer] = p; return nil })
		return err
	})
	if in.ShopCap.Limit == 0 {
		return
	}
	batch.Queue(statement("delivery/outranking"), customers, at, in.Campaign).Query(func(rows pgx.Rows) error {
		var n int
		_, err := pgx.ForEachRow(rows, []any{&customer, &n}, func() error {
			p := pressed[customer]
			p.outranking = n
			pressed[customer] = p
			return nil
		})
		return err
	})
}

// readRareFacts reads what only few waves ask about.
func readRareFacts(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, gated []Gated) error {
	if len(in.Holds) > 0 {
		customers := make([]int64, len(gated))
		for i, g := range gated {
			customers[i] = g.Customer
		}
		rows, err := tx.Query(ctx, statement("delivery/holds"), customers, at, in.Holds)
		if err != nil {
			return fmt.Errorf("read holds: %w", err)
		}
		open := map[int64]audience.Reason{}
		var customer int64
		var kind string
		if _, err := pgx.ForEachRow(rows, []any{&customer, &kind}, func() error { open[customer] = audience.Reason(kind); return nil }); err != nil {
			return fmt.Errorf("read holds: %w", err)
		}
		for i := range gated {
			gated[i].Facts.HeldBy = open[gated[i].Customer]
		}
	}
	if in.MaxAge > 0 {
		var stale bool
		// A feed that never topic how far it is complete is not known to be fresh.
		err := tx.QueryRow(ctx, "select coalesce((select complete_until from feeds where name = 'orders'), '-infinity') < $1::timestamptz - make_interval(secs => $2)",
			at, in.MaxAge.Seconds()).Scan(&stale)
		if err != nil {
			return fmt.Errorf("read feed: %w", err)
		}
		for i := range gated {
			gated[i].Facts.FeedStale = stale
		}
	}
	return nil
}
