package postgres

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/delivery"
)

// Doubt is a delivery of which nobody can say whether it was taken.
type Doubt struct {
	Claim    Claim          // without address and code
	State    delivery.State // unknown, unknown_final or quarantine
	Lane     Lane
	Campaign int
	Limited  bool // a budget or a rate holds the campaign back
	GateAt   *time.Time
}

// Doubts returns the deliveries on these channels whose time to be asked about
// has come, of at most limit claims, and puts them off until the next time. Of
// several callers at once each gets others.
func (s *Store) Doubts(ctx context.Context, channels []string, limit int) ([]Doubt, error) {
	waits := make([]float64, 0, 4)
	for n := 1; n < 4; n++ {
		waits = append(waits, delivery.AskAfter(n).Seconds())
	}
	return s.doubts(ctx, "delivery/doubts", channels, waits, limit)
}

// DoubtsOf returns the deliveries in doubt that a person asks about: of these ids,
// or of a campaign.
func (s *Store) DoubtsOf(ctx context.Context, campaign string, ids []int64) ([]Doubt, error) {
	if err := knows(ctx, s.pool, campaign); err != nil {
		return nil, err
	}
	return s.doubts(ctx, "delivery/doubts_of", ids, said(campaign))
}

func (s *Store) doubts(ctx context.Context, name string, args ...any) ([]Doubt, error) {
	rows, err := s.hot.Query(ctx, statement(name), args...)
	if err != nil {
		return nil, fmt.Errorf("read doubts: %w", mapError(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Doubt, err error) {
		var state string
		err = row.Scan(&d.Claim.ID, &d.Claim.Customer, &d.Claim.EnteredAt, &d.Claim.Epoch, &state, &d.Lane.Version, &d.Lane.Wave, &d.Lane.Channel, &d.Campaign, &d.Limited, &d.GateAt)
		d.State = delivery.State(state)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("read doubts: %w", mapError(err))
	}
	return list, nil
}

// Again is what GateAgain lets through: claims under the epochs they have, with
// the codes they carry, and why the others were left in doubt.
type Again struct {
	Claims []Claim
	Left   map[int64]string
}

// GateAgain is Gate for messages in doubt, which a provider takes once for a key
// within a window: under the same locks it reads the same facts, lets prepare
// complete them, and asks whether the message may go, is the one that went, and is
// within the window. What goes is noted before it returns; nothing else changes.
// On an error none may be sent.
func (s *Store) GateAgain(ctx context.Context, in GateInput, window time.Duration, prepare func(at time.Time, g *Gated)) (again Again, err error) {
	in.Doubt, in.WarmUp = true, nil // it has its place in a day
	again.Left = map[int64]string{}
	err = s.inHotTx(ctx, func(tx pgx.Tx) error {
		now, gated, err := lockChunk(ctx, tx, in)
		if err != nil || len(gated) == 0 {
			return err
		}
		if err := readFacts(ctx, tx, in, now.at, gated); err != nil {
			return err
		}
		var ids []int64
		var epochs []int
		for i := range gated {
			g := &gated[i]
			prepare(now.at, g)
			why := string(delivery.Again(g.Facts, now.at))
			switch {
			case why != "":
			case g.body == nil || !bytes.Equal(g.body, g.Body):
				why = "the message would not be the same"
			case g.claimed == nil || !delivery.Resendable(*g.claimed, g.clock, window):
				why = "the provider's window is over"
			}
			if why != "" {
				again.Left[g.ID] = why
				continue
			}
			ids, epochs = append(ids, g.ID), append(epochs, g.Epoch)
			again.Claims = append(again.Claims, Claim{ID: g.ID, Customer: g.Customer, EnteredAt: g.EnteredAt, Epoch: g.Epoch, Address: g.Facts.Contact.Channels[g.Facts.Channel].Address})
		}
		if len(ids) == 0 {
			return nil
		}
		rows, err := tx.Query(ctx, statement("delivery/resend"), ids, epochs, window.Seconds())
		if err != nil {
			return err
		}
		noted, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		again.Claims = slices.DeleteFunc(again.Claims, func(c Claim) bool { return !slices.Contains(noted, c.ID) })
		if !in.Coupons {
			return nil
		}
		return readCodes(ctx, tx, again.Claims)
	})
	if err != nil {
		return Again{}, fmt.Errorf("gate again: %w", mapError(err))
	}
	return again, nil
}

// readCodes gives each claim the code that it was given before.
func readCodes(ctx context.Context, tx pgx.Tx, claims []Claim) error {
	ids, customers, entered := make([]int64, len(claims)), make([]int64, len(claims)), make([]time.Time, len(claims))
	for i, c := range claims {
		ids[i], customers[i], entered[i] = c.ID, c.Customer, c.EnteredAt
	}
	rows, err := tx.Query(ctx, statement("coupon/bound"), ids, customers, entered)
	if err != nil {
		return err
	}
	codes := map[int64]string{}
	var id int64
	var code string
	var expires time.Time
	if _, err := pgx.ForEachRow(rows, []any{&id, &code, timeOrZero{&expires}}, func() error { codes[id] = code; return nil }); err != nil {
		return err
	}
	for i := range claims {
		claims[i].Code = codes[claims[i].ID]
	}
	return nil
}
