package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/consent"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// readPlanned reads what was not loaded before, or has been moved since.
func readPlanned(ctx context.Context, tx pgx.Tx, in GateInput) ([]*Planned, error) {
	rows, err := tx.Query(ctx, statement("delivery/planned"), in.IDs, in.At, in.Lane.Version, in.Lane.Wave, in.Lane.Channel, in.Doubt)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	planned, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Planned, error) {
		p := &Planned{}
		return p, row.Scan(append(p.columns(), &p.claimed, &p.clock, &p.body)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	return planned, nil
}

// columns are where delivery/planned and delivery/load begin.
func (p *Planned) columns() []any {
	return []any{&p.id, &p.place, &p.customer, &p.entered, &p.arm, &p.skip, &p.variant, &p.stratum, &p.epoch, &p.due, &p.scheduled, &p.expires, &p.held, &p.zone, &p.trigger,
		&p.enrollment, &p.round}
}

// holder is a customer whom the gate holds.
type holder struct {
	customer             int64
	erased, merged       bool
	email, phone         string
	emailHash, phoneHash []byte
}

func scanHeld(rows pgx.Rows, most int) ([]holder, error) {
	held := make([]holder, 0, most)
	var k holder
	_, err := pgx.ForEachRow(rows, []any{&k.customer, &k.erased, &k.merged, &k.email, &k.phone, &k.emailHash, &k.phoneHash}, func() error {
		held = append(held, k)
		k.emailHash, k.phoneHash = nil, nil
		return nil
	})
	return held, err
}

// chunk is what is due of customers whom the gate holds, the first delivery of each.
// Both lists are in the order of customers.
func chunk(in GateInput, at time.Time, planned []*Planned, held []holder) []Gated {
	ours := make([]Gated, 0, len(held))
	for _, p := range planned {
		for len(held) > 0 && held[0].customer < p.customer {
			held = held[1:]
		}
		if len(held) == 0 {
			break
		}
		k := &held[0]
		if k.customer != p.customer || !in.Doubt && p.due.After(at) {
			continue
		}
		held = held[1:]
		g := Gated{ID: p.id, Customer: p.customer, EnteredAt: p.entered, Epoch: p.epoch, Variant: p.variant, Stratum: p.stratum, Zone: p.zone,
			Planned: p, email: k.email, phone: k.phone, emailHash: k.emailHash, phoneHash: k.phoneHash}
		f := &g.Facts
		f.Arm, f.Skip, f.Channel, f.ExpiresAt, f.HeldFor = holdout.Arm(p.arm), p.skip, in.Lane.Channel, p.expires, audience.Reason(p.held)
		f.Contact.Erased, f.Merged = k.erased, k.merged
		ours = append(ours, g)
	}
	return ours
}

// readFacts reads what the gate looks at, of deliveries whose customers are ours.
func readFacts(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, gated []Gated) error {
	var requires *string
	if in.Requires != "" {
		requires = &in.Requires
	}
	ids, customers, entered := make(int64s, len(gated)), make(int64s, len(gated)), make(times, len(gated))
	triggers, emails, phones := make(int64s, len(gated)), make(hashes, len(gated)), make(hashes, len(gated))
	mails, texts := slices.Contains(in.Channels, "email"), slices.Contains(in.Channels, "sms")
	for i := range gated {
		g := &gated[i]
		ids[i], customers[i], entered[i], triggers[i] = g.ID, g.Customer, g.EnteredAt, g.trigger
		if mails {
			emails[i] = g.emailHash
		}
		if texts {
			phones[i] = g.phoneHash
		}
	}
	var words []lastWord
	reaches := make([]audience.Reach, len(gated)*len(in.Channels)) // of each delivery in turn, by the wave's channels
	batch := &pgx.Batch{}
	batch.Queue(statement("delivery/facts"), ids, customers, entered, triggers, emails, phones, at, requires, in.Regions, in.Campaign, in.Lane.Channel).
		Query(func(rows pgx.Rows) error { return scanFacts(rows, in, gated, reaches) })
	purposes := []string{"marketing"}
	if in.Service {
		purposes = append(purposes, "service")
	}
	batch.Queue(statement("delivery/consents"), customers, in.Channels, purposes, at).Query(func(rows pgx.Rows) (err error) {
		words = make([]lastWord, 0, len(gated))
		var w lastWord
		_, err = pgx.ForEachRow(rows, []any{&w.customer, &w.channel, &w.purpose, &w.granted}, func() error {
			words = append(words, w)
			return nil
		})
		return err
	})
	pressed := queuePressure(batch, in, at, customers)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	for i := range gated {
		g := &gated[i]
		mine := reaches[i*len(in.Channels):][:len(in.Channels)]
		// Both are in the order of customers.
		for ; len(words) > 0 && words[0].customer <= g.Customer; words = words[1:] {
			w := &words[0]
			switch n := slices.Index(in.Channels, w.channel); {
			case w.customer < g.Customer:
			case w.purpose == "service":
				mine[n].ServiceRefused = !w.granted
			default:
				mine[n].Word = consent.Word{Known: true, Granted: w.granted}
			}
		}
		g.Facts.Contact.Channels = make(map[string]audience.Reach, len(mine))
		for n, name := range in.Channels {
			if mine[n].Address = g.email; name == "sms" {
				mine[n].Address = g.phone
			}
			g.Facts.Contact.Channels[name] = mine[n]
		}
		if pressed != nil {
			asked := audience.Asked{Of: pressed.of, ScheduledAt: g.scheduled, At: at}
			g.Facts.Caps, g.Facts.Cooling = pressed.limits.Weigh(asked, pressed.had[g.Customer], pressed.wanted[g.Customer])
		}
	}
	return readRareFacts(ctx, tx, in, at, gated)
}

func scanFacts(rows pgx.Rows, in GateInput, gated []Gated, reaches []audience.Reach) error {
	var status, region string
	var onHold, rests, bannedEmail, bannedPhone, bought bool
	var required *string
	n := 0
	_, err := pgx.ForEachRow(rows, []any{&status, &onHold, &rests, &region, &bannedEmail, &bannedPhone, &bought, &required}, func() error {
		g := &gated[n]
		f := &g.Facts
		g.Region, f.CampaignStatus, f.OnHold, f.Rests, f.Repurchased = region, status, onHold, rests, bought
		for i, name := range in.Channels {
			r := &reaches[n*len(in.Channels)+i]
			if r.Suppressed = bannedEmail; name == "sms" {
				r.Suppressed = bannedPhone
			}
		}
		n++
		if in.Requires != "" {
			state := delivery.Suppressed
			if required != nil {
				state = delivery.State(*required)
			}
			f.Requires = &state
		}
		return nil
	})
	if err == nil && n != len(gated) {
		err = fmt.Errorf("the facts of %d deliveries for %d", n, len(gated))
	}
	return err
}

// lastWord is the newest of a customer on a channel and purpose.
type lastWord struct {
	customer         int64
	channel, purpose string
	granted          bool
}

// pressure is what counts against the caps of customers.
type pressure struct {
	limits      audience.Limits
	of          audience.Campaign
	had, wanted map[int64][]audience.Message
}

func queuePressure(batch *pgx.Batch, in GateInput, at time.Time, customers []int64) *pressure {
	limits := in.Limits()
	longest := limits.Longest()
	if longest == 0 {
		return nil
	}
	p := &pressure{limits: limits, had: map[int64][]audience.Message{}, wanted: map[int64][]audience.Message{}}
	batch.Queue(statement("delivery/rank"), in.Campaign).QueryRow(func(row pgx.Row) error {
		return row.Scan(&p.of.ID, &p.of.Name, &p.of.Priority, &p.of.Group)
	})
	var customer int64
	var m audience.Message
	whose := []any{&customer, &m.Of.ID, &m.Of.Name, &m.Of.Priority, &m.Of.Group, &m.At}
	batch.Queue(statement("delivery/pressure"), customers, at, in.Campaign, longest.Seconds()).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, append(whose, &m.Ghost), func() error { p.had[customer] = append(p.had[customer], m); return nil })
		return err
	})
	if in.ShopCap.Limit == 0 && len(in.Groups) == 0 {
		return p
	}
	batch.Queue(statement("delivery/outranking"), customers, at, in.Campaign).Query(func(rows pgx.Rows) error {
		m.Ghost = false
		_, err := pgx.ForEachRow(rows, whose, func() error { p.wanted[customer] = append(p.wanted[customer], m); return nil })
		return err
	})
	return p
}

// Limits are what holds a promotion back for the sake of a customer.
func (in GateInput) Limits() audience.Limits {
	l := audience.Limits{Shop: in.ShopCap.audience(), Own: in.OwnCap.audience(), CoolDown: in.CoolDown}
	if len(in.Groups) > 0 {
		l.Groups = make(map[string]audience.Cap, len(in.Groups))
	}
	for name, c := range in.Groups {
		l.Groups[name] = c.audience()
	}
	return l
}

func (c Cap) audience() audience.Cap { return audience.Cap{Limit: c.Limit, Window: c.Window} }

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
