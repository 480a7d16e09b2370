package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/consent"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/rules"
)

// Candidate is a customer who may enter a campaign, as of At.
type Candidate struct {
	Profile   customer.Profile
	FirstSeen time.Time // zero: unknown
	Merged    bool
	Contact   audience.Contact // its channels and Elsewhere are only known after Reach
	HasEmail  bool             // an address is known, whether or not it may be used
	HasPhone  bool             // likewise
	OrderID   int64            // the order that triggers; 0 where none does
	Lines     int              // its lines
	EventID   int64            // the event that triggers; 0 where none does
	At        time.Time
	Entries   int
	LastEntry time.Time
	Elsewhere bool // in another campaign of the group, with something yet to come

	email, phone string
}

// InboxCandidates returns the next orders to consider, oldest first.
func (p *Planning) InboxCandidates(ctx context.Context, at *time.Time, limit int) ([]Candidate, error) {
	return p.triggered(ctx, statement("candidate/inbox"), p.c.ID, at, limit)
}

// EventCandidates returns the next events to consider, oldest first.
func (p *Planning) EventCandidates(ctx context.Context, at *time.Time, limit int) ([]Candidate, error) {
	return p.triggeredByEvent(ctx, statement("candidate/event_inbox"), p.c.ID, at, limit)
}

func (p *Planning) triggered(ctx context.Context, sql string, args ...any) ([]Candidate, error) {
	rows, err := p.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read orders to consider: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Candidate, err error) {
		return c, row.Scan(&c.Profile.ID, &c.At, &c.OrderID, &c.Lines)
	})
	if err != nil {
		return nil, fmt.Errorf("read orders to consider: %w", err)
	}
	return found, p.complete(ctx, found)
}

func (p *Planning) triggeredByEvent(ctx context.Context, sql string, args ...any) ([]Candidate, error) {
	rows, err := p.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read events to consider: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Candidate, err error) {
		return c, row.Scan(&c.Profile.ID, &c.At, &c.EventID)
	})
	if err != nil {
		return nil, fmt.Errorf("read events to consider: %w", err)
	}
	return found, p.complete(ctx, found)
}

// YearDay is a day of the year.
type YearDay struct{ Month, Day int }

// PassedOver are the customers of a slot who need not be looked at.
type PassedOver struct {
	NotMeant int
	Entered  int // who may not enter yet again, whatever the rule says
}

// SlotCandidates returns the next page of customers of a slot by customer id, and
// whom it passed over because the rule of meant is surely false for them. Where
// days are given, it is of those who have a date on one of them in the attribute.
func (p *Planning) SlotCandidates(ctx context.Context, meant SegmentQuery, attribute string, days []YearDay, after int64, again campaigns.Again, limit int) (found []Candidate, passed PassedOver, err error) {
	slot, onlyNew := meant.At, again == campaigns.Again{}
	sql, args := statement("candidate/slot"), []any{p.c.ID, limit, after, onlyNew}
	var g *Segment
	if attribute == "" {
		if g, err = p.segment(ctx, meant, false); err != nil {
			return nil, passed, err
		}
	}
	if g != nil {
		sql, args = g.slot(p.c.ID, after, onlyNew, limit)
	}
	if attribute != "" {
		months, numbers := make([]int, len(days)), make([]int, len(days))
		for i, d := range days {
			months[i], numbers[i] = d.Month, d.Day
		}
		sql, args = statement("candidate/occasion"), append(args, attribute, months, numbers)
	}
	rows, err := p.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, passed, fmt.Errorf("read customers of a slot: %w", err)
	}
	found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Candidate, error) {
		c := Candidate{At: slot}
		return c, row.Scan(&c.Profile.ID)
	})
	if err != nil {
		return nil, passed, fmt.Errorf("read customers of a slot: %w", err)
	}
	if g != nil {
		var upTo *int64 // to the end
		if len(found) == limit {
			upTo = (*int64)(&found[limit-1].Profile.ID)
		}
		var since *time.Time // who entered then or later has to wait
		if again.After > 0 && !again.EachTime {
			since = new(slot.Add(-again.After))
		}
		ids := make([]int64, len(found))
		for i, c := range found {
			ids[i] = int64(c.Profile.ID)
		}
		if err := p.tx.QueryRow(ctx, statement("candidate/passed"), p.c.ID, after, upTo, onlyNew, since, ids).Scan(&passed.NotMeant, &passed.Entered); err != nil {
			return nil, passed, fmt.Errorf("count customers of a slot: %w", err)
		}
	}
	return found, passed, p.complete(ctx, found)
}

// complete reads who each of the candidates is.
func (p *Planning) complete(ctx context.Context, found []Candidate) error {
	if len(found) == 0 {
		return nil
	}
	ids := make([]int64, len(found))
	for i, c := range found {
		ids[i] = int64(c.Profile.ID)
	}
	rows, err := p.tx.Query(ctx, statement("candidate/read"), ids, p.c.ID)
	if err != nil {
		return fmt.Errorf("read candidates: %w", err)
	}
	i := 0
	err = eachOf(rows, len(found), func() error {
		c := &found[i]
		i++
		var seen, last *time.Time
		err := rows.Scan(&c.Profile.ID, &c.Profile.ShopID, &c.Profile.FirstName, &c.Profile.LastName, &c.Profile.Locale, &c.Profile.Region, &c.Profile.Zone,
			&seen, &c.Merged, &c.Contact.Erased, &c.email, &c.phone, &c.Entries, &last)
		if seen != nil {
			c.FirstSeen = *seen
		}
		if last != nil {
			c.LastEntry = *last
		}
		c.HasEmail, c.HasPhone = c.email != "", c.phone != ""
		return err
	})
	if err != nil {
		return fmt.Errorf("read candidates: %w", err)
	}
	return nil
}

// Reach adds how candidates can be reached, and whether another campaign of the
// group has them, each as of its instant. It is dear, and only asked of those
// whom the rule means.
func (p *Planning) Reach(ctx context.Context, candidates []*Candidate) error {
	if len(candidates) == 0 {
		return nil
	}
	ids, instants := make([]int64, len(candidates)), make([]time.Time, len(candidates))
	for i, c := range candidates {
		ids[i], instants[i] = int64(c.Profile.ID), c.At
	}
	def := p.c.Definition
	channels := channelsOf(def)
	rows, err := p.tx.Query(ctx, statement("candidate/reach"), ids, instants, channels, p.c.ID, asksService(def), said(def.Limits.Group))
	if err != nil {
		return fmt.Errorf("read how candidates can be reached: %w", err)
	}
	i := 0
	err = eachOf(rows, len(candidates), func() error {
		c := candidates[i]
		i++
		var granted []*bool
		var refused, suppressed []bool
		if err := rows.Scan(&granted, &refused, &suppressed, &c.Elsewhere); err != nil {
			return err
		}
		c.Contact.Channels = reach(channels, c.email, c.phone, granted, refused, suppressed)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read how candidates can be reached: %w", err)
	}
	return nil
}

// eachOf calls fn for every row, of which there must be n.
func eachOf(rows pgx.Rows, n int, fn func() error) error {
	defer rows.Close()
	i := 0
	for ; rows.Next(); i++ {
		if i == n {
			return fmt.Errorf("more than the %d rows asked for", n)
		}
		if err := fn(); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if i != n {
		return fmt.Errorf("%d of the %d rows asked for", i, n)
	}
	return nil
}

// channelsOf lists every channel the waves of a campaign name, each once.
func channelsOf(c campaigns.Campaign) []string {
	var names []string
	for _, w := range c.Waves {
		for _, name := range w.Channels {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// asksService says whether words on service messages matter: a promotion never
// reads them.
func asksService(c campaigns.Campaign) bool {
	for _, w := range c.Waves {
		if w.Service {
			return true
		}
	}
	return false
}

// reach puts the answers of the channel lateral beside their addresses.
func reach(channels []string, email, phone string, granted []*bool, refused, suppressed []bool) map[string]audience.Reach {
	by := make(map[string]audience.Reach, len(channels))
	for i, name := range channels {
		by[name] = reachOf(name, email, phone, granted[i], refused != nil && refused[i], suppressed[i])
	}
	return by
}

// reachOf is one channel; granted is nil where nothing was said.
func reachOf(channel, email, phone string, granted *bool, refused, suppressed bool) audience.Reach {
	r := audience.Reach{Address: email, Suppressed: suppressed, ServiceRefused: refused}
	if channel == "sms" {
		r.Address = phone
	}
	if granted != nil {
		r.Word = consent.Word{Known: true, Granted: *granted}
	}
	return r
}

// OrderHistory is one order as rules may see it: the refunds with their dates,
// so that it can be asked as of any instant.
type OrderHistory struct {
	ID       int64
	PlacedAt time.Time
	Gross    int64 // minor units
	UnkeptAt *time.Time
	Refunds  []Refund
	Told     *ToldHistory // nil: not read
}

// ToldHistory is what was told of an order; why something came back has an
// instant.
type ToldHistory struct {
	rules.Told // its Reasons are not set
	reasons    []string
	at         []time.Time
}

func (t *ToldHistory) asOf(at time.Time) *rules.Told {
	if t == nil {
		return nil
	}
	told := t.Told
	for i, r := range t.reasons {
		if !t.at[i].After(at) {
			told.Reasons = append(told.Reasons, r)
		}
	}
	return &told
}

// Told reads what was told of orders.
func (p *Planning) Told(ctx context.Context, orders []int64) (map[int64]*ToldHistory, error) {
	rows, err := p.tx.Query(ctx, statement("candidate/told"), orders)
	if err != nil {
		return nil, fmt.Errorf("read what was told of orders: %w", err)
	}
	by := make(map[int64]*ToldHistory, len(orders))
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (none struct{}, err error) {
		var id int64
		var promised, delivered *time.Time
		t := new(ToldHistory)
		err = row.Scan(&id, &t.Status, &t.EntryPath, &promised, &delivered, &t.Discount, &t.Coupon, &t.reasons, &t.at)
		if promised != nil {
			t.Promised = *promised
		}
		if delivered != nil {
			t.Delivered = *delivered
		}
		by[id] = t
		return none, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was told of orders: %w", err)
	}
	return by, nil
}

// Refund is money given back at an instant.
type Refund struct {
	At    time.Time
	Minor int64
}

// AsOf is the order as a rule sees it at an instant: net of what came back by
// then, and Back where nothing of it was kept any more; ok is false if it was not
// placed then.
func (o OrderHistory) AsOf(at time.Time) (fact rules.OrderFact, ok bool) {
	if o.PlacedAt.After(at) {
		return fact, false
	}
	fact = rules.OrderFact{At: o.PlacedAt, Minor: o.Gross, Back: o.UnkeptAt != nil && !o.UnkeptAt.After(at)}
	fact.Told = o.Told.asOf(at)
	for _, r := range o.Refunds {
		if !r.At.After(at) {
			fact.Minor -= r.Minor
			fact.Refunded += r.Minor
		}
	}
	return fact, true
}

// Kept is AsOf where something of the order was kept.
func (o OrderHistory) Kept(at time.Time) (fact rules.OrderFact, ok bool) {
	if o.UnkeptAt != nil && !o.UnkeptAt.After(at) {
		return fact, false
	}
	return o.AsOf(at)
}

// Orders reads the orders of customers up to an instant, oldest first, in one
// currency; orders in another do not count.
func (p *Planning) Orders(ctx context.Context, customers []int64, until time.Time, currency string) (map[int64][]OrderHistory, error) {
	rows, err := p.tx.Query(ctx, statement("candidate/orders"), customers, until, currency)
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	by := make(map[int64][]OrderHistory, len(customers))
	type place struct {
		customer int64
		index    int
	}
	refunded := map[int64]place{}
	var ids []int64
	var o OrderHistory
	var who int64
	var back bool
	_, err = pgx.ForEachRow(rows, []any{&who, &o.ID, &o.PlacedAt, &o.Gross, &back, &o.UnkeptAt}, func() error {
		if back {
			refunded[o.ID] = place{who, len(by[who])}
			ids = append(ids, o.ID)
		}
		by[who] = append(by[who], o)
		o = OrderHistory{}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return by, err
	}
	rows, err = p.tx.Query(ctx, statement("candidate/refunds"), ids)
	if err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	var id int64
	var r Refund
	_, err = pgx.ForEachRow(rows, []any{&id, &r.At, &r.Minor}, func() error {
		at := refunded[id]
		by[at.customer][at.index].Refunds = append(by[at.customer][at.index].Refunds, r)
		return nil
	})
	return by, err
}
