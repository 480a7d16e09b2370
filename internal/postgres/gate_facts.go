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

// scanChunk reads who the deliveries of a chunk are, one a customer: the rows are in
// the order of customers.
func scanChunk(rows pgx.Rows, in GateInput) ([]Gated, error) {
	ours := make([]Gated, 0, len(in.IDs))
	var g Gated
	var arm, held, email, phone string
	var claimed *time.Time
	f := &g.Facts
	_, err := pgx.ForEachRow(rows, []any{&g.ID, &g.Customer, &g.EnteredAt, &arm, &f.Skip, &g.Variant, &g.Stratum, &f.Channel, &g.Epoch, &g.due,
		&g.scheduled, &f.ExpiresAt, &held, &g.Zone, &g.trigger, &f.Contact.Erased, &email, &phone, &g.email, &g.phone, &claimed, &g.clock, &g.body}, func() error {
		if len(ours) > 0 && ours[len(ours)-1].Customer == g.Customer {
			return nil
		}
		f.Arm, f.HeldFor = holdout.Arm(arm), audience.Reason(held)
		f.Contact.Channels = make(map[string]audience.Reach, len(in.Channels))
		for _, name := range in.Channels {
			r := audience.Reach{Address: email}
			if name == "sms" {
				r.Address = phone
			}
			f.Contact.Channels[name] = r
		}
		if claimed != nil {
			g.claimed = *claimed
		}
		ours = append(ours, g)
		return nil
	})
	return ours, err
}

// readFacts reads what the gate looks at, of deliveries whose customers are ours.
func readFacts(ctx context.Context, tx pgx.Tx, in GateInput, at time.Time, gated []Gated) error {
	var requires *string
	if in.Requires != "" {
		requires = &in.Requires
	}
	ids, customers, entered := make([]int64, len(gated)), make([]int64, len(gated)), make([]time.Time, len(gated))
	triggers, emails, phones := make([]int64, len(gated)), make([][]byte, len(gated)), make([][]byte, len(gated))
	mails, texts := slices.Contains(in.Channels, "email"), slices.Contains(in.Channels, "sms")
	for i := range gated {
		g := &gated[i]
		ids[i], customers[i], entered[i], triggers[i] = g.ID, g.Customer, g.EnteredAt, g.trigger
		if mails {
			emails[i] = g.email
		}
		if texts {
			phones[i] = g.phone
		}
	}
	var words map[topic]bool
	batch := &pgx.Batch{}
	batch.Queue(statement("delivery/facts"), ids, customers, entered, triggers, emails, phones, at, requires, in.Regions, in.Campaign, in.Lane.Channel).
		Query(func(rows pgx.Rows) error { return scanFacts(rows, in, gated) })
	purposes := []string{"marketing"}
	if in.Service {
		purposes = append(purposes, "service")
	}
	batch.Queue(statement("delivery/consents"), customers, in.Channels, purposes, at).Query(func(rows pgx.Rows) (err error) {
		words, err = scanWords(rows, len(customers))
		return err
	})
	pressed := queuePressure(batch, in, at, customers)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("read facts: %w", err)
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
		if pressed != nil {
			asked := audience.Asked{Of: pressed.of, ScheduledAt: g.scheduled, At: at}
			g.Facts.Caps, g.Facts.Cooling = pressed.limits.Weigh(asked, pressed.had[g.Customer], pressed.wanted[g.Customer])
		}
	}
	return readRareFacts(ctx, tx, in, at, gated)
}

func scanFacts(rows pgx.Rows, in GateInput, gated []Gated) error {
	var status, region string
	var onHold, rests, merged, bannedEmail, bannedPhone, bought bool
	var required *string
	n := 0
	_, err := pgx.ForEachRow(rows, []any{&status, &onHold, &rests, &region, &merged, &bannedEmail, &bannedPhone, &bought, &required}, func() error {
		g := &gated[n]
		n++
		f := &g.Facts
		g.Region, f.CampaignStatus, f.OnHold, f.Rests, f.Merged, f.Repurchased = region, status, onHold, rests, merged, bought
		for name, r := range f.Contact.Channels {
			if r.Suppressed = bannedEmail; name == "sms" {
				r.Suppressed = bannedPhone
			}
			f.Contact.Channels[name] = r
		}
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
