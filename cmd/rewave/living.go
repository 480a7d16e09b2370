package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/gsm"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/shop"
)

// living is the made-up shop as a world that hears its mail and goes on: what
// arrives at the mail server and in the folder of texts changes what customers
// do from then on, and what they do comes in as files, through the importer.
//
// The world is told what a customer can see: that a message of this campaign and
// wave came, when, and with which code. The ledger is asked only what the
// reference on a message that has arrived stands for.
type living struct {
	store  *postgres.Store
	engine *engine.Engine
	world  *shop.World
	dir    string        // the files of each period
	step   time.Duration // of a period
	ahead  time.Duration // for how long accounts are known before their first order; 0: for as long as the period, and orders are told anew
	due    time.Time
	known  time.Time              // up to when they are
	last   shop.Happened          // what the last period brought
	orders int64                  // that came in since the first period
	clock  func() time.Time       // business time of what arrives
	effect map[string]shop.Effect // by campaign/wave
	worth  map[string]shop.Worth  // of its code, by campaign/wave

	mu    sync.Mutex
	heard []heardMessage
	spent map[string][]spentMessage // by customer; nil: nobody asks
}

// heardMessage is one that arrived and that the world has not been told of.
type heardMessage struct {
	delivery int64
	at       time.Time
	channel  string
	parts    int64 // a text message is paid by its parts
}

// spentMessage is what writing to a customer has cost.
type spentMessage struct {
	campaign string
	at       time.Time
	micros   int64
}

// listening is a channel of which the world hears what it accepted.
type listening struct {
	channel.Channel
	hear func(channel.Message)
}

// Send implements channel.Channel.
func (l listening) Send(ctx context.Context, m channel.Message) channel.Outcome {
	out := l.Channel.Send(ctx, m)
	if out.Verdict == channel.Accepted {
		l.hear(m)
	}
	return out
}

// listen lets the world hear a channel.
func (l *living) listen(c channel.Channel) channel.Channel {
	return listening{c, func(m channel.Message) {
		number, _, _ := strings.Cut(m.Ref, ".")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return // not one of the ledger's: a test message
		}
		parts := int64(1)
		if c.Name() == "sms" {
			parts = int64(gsm.Measure(m.Text).Segments)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heard = append(l.heard, heardMessage{id, l.clock(), c.Name(), parts})
	}}
}

// Due implements replay.Feed.
func (l *living) Due() time.Time { return l.due }

// Feed implements replay.Feed: the world hears what has arrived since, lives
// until the next period, and what it does comes in.
func (l *living) Feed(ctx context.Context, at time.Time) error {
	if err := l.tell(ctx); err != nil {
		return err
	}
	happened := l.world.Advance(l.due.Add(l.step))
	if l.ahead > 0 {
		// No campaign of the demo asks for it, and it would take a twentieth of its time.
		happened.Customers, happened.Retold = nil, nil
		if !l.known.After(l.due) {
			l.known = l.due.Add(l.ahead)
			happened.Customers = l.world.Newcomers(l.due, l.known)
		}
	}
	if err := l.bring(ctx, at, happened); err != nil {
		return fmt.Errorf("what happened in the shop from %s on: %w", happened.From.Format(time.RFC3339), err)
	}
	l.due, l.last, l.orders = happened.To, happened, l.orders+int64(len(happened.Orders))
	return nil
}

// tell tells the world of what has arrived.
func (l *living) tell(ctx context.Context) error {
	l.mu.Lock()
	heard := l.heard
	l.heard = nil
	l.mu.Unlock()
	if len(heard) == 0 {
		return nil
	}
	ids, at := make([]int64, len(heard)), make(map[int64]heardMessage, len(heard))
	for i, h := range heard {
		ids[i], at[h.delivery] = h.delivery, h
	}
	arrived, err := l.store.Arrivals(ctx, ids)
	if err != nil {
		return err
	}
	for _, a := range arrived {
		if !l.world.Knows(a.Customer) {
			continue // somebody's own, brought in from another terminal
		}
		h := at[a.Delivery]
		if earliest := l.world.Now().Add(-l.step); h.at.Before(earliest) {
			h.at = earliest // the machine's clock was set back
		}
		of := a.Campaign + "/" + a.Wave
		m := shop.Message{Ref: strconv.FormatInt(a.Delivery, 10), Campaign: a.Campaign, Wave: a.Wave, Customer: a.Customer, At: h.at,
			Code: a.Code, Worth: l.worth[of], Effect: l.effect[of]}
		if a.Until != nil {
			m.Until = *a.Until
		}
		if err := l.world.Receive(m); err != nil {
			return err
		}
		if l.spent == nil {
			continue
		}
		l.spent[a.Customer] = append(l.spent[a.Customer], spentMessage{a.Campaign, h.at, h.parts * l.engine.Shop.CostMicros[h.channel]})
	}
	return nil
}

// bring imports what happened, and withdraws consents as readers do.
func (l *living) bring(ctx context.Context, at time.Time, h shop.Happened) error {
	for _, file := range []struct {
		kind  string
		rows  int
		write func(io.Writer) error
	}{
		{importer.Customers, len(h.Customers), h.WriteCustomers},
		{importer.Orders, len(h.Orders) + len(h.Retold) + len(h.Refunds), h.WriteOrders},
		{importer.Events, len(h.Events), h.WriteEvents},
	} {
		if file.rows == 0 {
			continue
		}
		if _, err := l.importFile(ctx, at, file.kind, filepath.Join(l.dir, "new-"+file.kind+".csv"), file.write); err != nil {
			return err
		}
	}
	for _, o := range h.OptOuts {
		id, err := strconv.ParseInt(o.Message.Ref, 10, 64)
		if err != nil {
			return fmt.Errorf("an opt-out from %q: %w", o.Message.Ref, err)
		}
		if err := l.engine.Unsubscribe(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (l *living) importFile(ctx context.Context, at time.Time, kind, path string, write func(io.Writer) error) (importer.Summary, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return importer.Summary{}, err
	}
	if err := writeFile(path, write); err != nil {
		return importer.Summary{}, err
	}
	// Somebody else's import, from another terminal, is waited for: the world has gone on and cannot be asked again.
	for {
		sum, err := importer.Run(ctx, l.store, importer.Options{Kind: kind, File: path, Map: madeUpMap, Zone: l.engine.Shop.Zone, Currency: shop.Currency, Now: at})
		if f, ok := fault.Of(err); !ok || f.Code != fault.Conflict || ctx.Err() != nil {
			return sum, err
		}
	}
}

// spentOn is what writing to a customer cost a campaign within [from, until), in
// millionths of the currency's unit.
func (l *living) spentOn(customer, campaign string, from, until time.Time) (micros int64) {
	for _, s := range l.spent[customer] {
		if s.campaign == campaign && !s.at.Before(from) && s.at.Before(until) {
			micros += s.micros
		}
	}
	return micros
}
