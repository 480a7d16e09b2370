package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// noon is when histories begin, in business time. It lies in the past, so that
// what is recorded by the database's clock is later.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// side is a ledger with what is needed to set a scene and to look at it.
type side interface {
	engine.Ledger
	addPeople(n int)
	addCampaign(name string, priority int, budget *int64, perMinute int) int // its id, and its version's
	status(campaign int, status string)
	onHold(channel string, on bool) // empty: all channels
	entered(campaign int, page []postgres.Entering)
	order(customer int64, at time.Time)
	word(customer int64, w word)
	erased(customer int64)
	ban(customer int64, channel string, at time.Time)
	held(customer int64, kind string, at time.Time)
	feedUntil(at time.Time)
	sameMailbox(a, b int64)
	merged(from, into int64)
	// pressed is what an apply says of a campaign's rank, group and money of a day.
	pressed(campaign, priority int, group string, perDay int64)
	addCodes(p coupon.Pool, codes ...string)
	// holding has somebody hold what a statement locks until release.
	holding(what string, id int64) (release func())
	// failedOver has the ledger be on another server than it is known on.
	failedOver()
	// later has the time of every doubt come.
	later()
	// id is that of a customer's nth delivery of a wave, 0: there is none.
	id(customer int64, campaign, nth int, wave string) int64
	// rows is the whole ledger in words, sorted.
	rows() []string
	spent(campaign int) int64
	passedOn(channel string, day calendar.Date) int
}

// telling is a delivery in words that hold on both sides.
func telling(customer int64, campaign, round int, wave string, d message, code string) string {
	words := []string{fmt.Sprintf("c%d/%d/%d/%s", customer, campaign, round, wave), d.channel, string(d.state), d.reason}
	if !d.due.IsZero() {
		words = append(words, "due "+d.due.Sub(noon).String())
	}
	if !d.gateAt.IsZero() {
		words = append(words, "gate "+d.gateAt.Sub(noon).String(), fmt.Sprint("cost ", d.cost))
	}
	words = append(words, fmt.Sprintf("epoch %d returned %d untaken %d claimed %t done %t", d.epoch, d.returned, d.untaken, !d.claimed.IsZero(), !d.done.IsZero()))
	if d.provider != "" {
		words = append(words, "by "+d.provider+" "+d.providerID)
	}
	if code != "" {
		words = append(words, "code "+code)
	}
	if d.lost != nil {
		words = append(words, d.lost.String())
	}
	return strings.Join(words, " ")
}

// still is a host on which nobody else runs.
type still struct{ t testing.TB }

func (still) now() time.Time                    { return time.Now() }
func (still) step(*tx, string) error            { return nil }
func (still) wait(*tx) error                    { return fmt.Errorf("it would wait for ever: %w", errLock) }
func (still) silence(context.Context)           {}
func (still) commit(*tx) (keep bool, err error) { return true, nil }
func (s still) breach(what string)              { s.t.Errorf("refused: %s", what) }
func (still) left(int64, string)                {}
func (s still) must(err error)                  { s.t.Helper(); must(s.t, err) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inMemory is the memory's side.
type inMemory struct {
	*Memory
	still
}

func newInMemory(t testing.TB) *inMemory {
	s := still{t}
	return &inMemory{NewMemory(s), s}
}

func (m *inMemory) addPeople(n int) {
	for range n {
		id := int64(len(m.people.rows)) + 1
		name := fmt.Sprintf("c%d", id)
		m.people.add(nil, person{id: id, shop: name, email: name + "@mail.example", phone: fmt.Sprintf("+4915%09d", id),
			words: []word{{"email", "marketing", true, noon.AddDate(-1, 0, 0)}, {"sms", "marketing", true, noon.AddDate(-1, 0, 0)}}})
	}
}

func (m *inMemory) addCampaign(name string, priority int, budget *int64, perMinute int) int {
	id := len(m.campaigns.rows) + 1
	m.campaigns.add(nil, campaign{id: id, version: id, name: name, status: "running", priority: priority})
	if budget != nil || perMinute > 0 {
		l := limits{campaign: id, budget: budget}
		if perMinute > 0 {
			l.perMinute = &perMinute
		}
		m.limits.add(nil, l)
	}
	return id
}

func (m *inMemory) status(campaign int, status string) {
	m.must(m.setStatus(context.Background(), campaign, status))
}

func (m *inMemory) onHold(channel string, on bool) {
	if on {
		m.must(m.putOnHold(context.Background(), channel))
		return
	}
	m.must(m.release(context.Background(), channel))
}

func (m *inMemory) entered(campaign int, page []postgres.Entering) {
	_, err := m.plan(context.Background(), campaign, campaign, func(p *planning) error { return p.enter(page) })
	m.must(err)
}

func (m *inMemory) order(customer int64, at time.Time) {
	m.must(m.placeOrder(context.Background(), customer, order{id: 1000 + int64(len(m.person(customer).was.orders)), placed: at, minor: 1000, currency: "EUR"}))
}

func (m *inMemory) word(customer int64, w word) { m.must(m.say(context.Background(), customer, w)) }

func (m *inMemory) erased(customer int64) { m.must(m.erase(context.Background(), customer)) }

func (m *inMemory) ban(customer int64, channel string, at time.Time) {
	m.bans.add(nil, ban{channel, m.person(customer).was.address(channel), at})
}

func (m *inMemory) held(customer int64, kind string, at time.Time) {
	p := &m.person(customer).was
	p.holds = append(p.holds, hold{kind: kind, opened: at})
}

func (m *inMemory) feedUntil(at time.Time) { m.must(m.moveFeed(context.Background(), at)) }

func (m *inMemory) sameMailbox(a, b int64) { m.person(b).was.email = m.person(a).was.email }

func (m *inMemory) merged(from, into int64) { m.must(m.merge(context.Background(), from, into)) }

func (m *inMemory) pressed(campaign, priority int, group string, perDay int64) {
	c := &m.campaigns.rows[campaign-1].was
	c.priority, c.group = priority, group
	if l := m.limit(campaign); l != nil {
		l.was.perDay = &perDay
	}
}

func (m *inMemory) addCodes(p coupon.Pool, codes ...string) {
	if m.pool(p.Name) == nil {
		m.pools = append(m.pools, p)
	}
	for _, c := range codes {
		m.codes.add(nil, code{pool: p.Name, code: c})
	}
}

func (m *inMemory) holding(what string, id int64) (release func()) {
	t := &tx{m: m.Memory, began: m.now()}
	switch what {
	case "delivery":
		take(t, m.delivery(id))
	case "customer":
		take(t, m.person(id))
	case "place":
		take(t, &m.place)
	case "claim":
		take(t, m.claims.rows[len(m.claims.rows)-1])
	case "codes":
		for _, r := range m.codes.rows {
			take(t, r)
		}
	case "first code":
		take(t, m.codes.rows[0])
	}
	return func() { t.end(false) }
}

func (m *inMemory) failedOver() { m.server++ }

func (m *inMemory) later() {
	for _, r := range m.claims.rows {
		if r.was.doubt {
			r.was.ask = m.now()
		}
	}
}

func (m *inMemory) id(customer int64, campaign, nth int, wave string) int64 {
	for _, r := range m.deliveries.rows {
		if d := r.see(nil); d != nil && d.customer == customer && d.campaign == campaign && d.wave == wave {
			if nth--; nth == 0 {
				return d.id
			}
		}
	}
	return 0
}

func (m *inMemory) rows() (all []string) {
	for _, r := range m.deliveries.rows {
		if d := r.see(nil); d != nil {
			code := ""
			if c := m.bound(d.id, nil); c != nil {
				code = c.code
			}
			all = append(all, telling(d.customer, d.campaign, d.round, d.wave, *d, code))
		}
	}
	slices.Sort(all)
	return all
}

func (m *inMemory) spent(campaign int) int64 {
	if l := m.limit(campaign); l != nil {
		return l.was.spent
	}
	return 0
}

// inPostgres is the database's side.
type inPostgres struct {
	*postgres.Store
	t    testing.TB
	made []postgres.Campaign
	conn *pgx.Conn
}

func newInPostgres(t testing.TB) *inPostgres {
	db := testkit.NewDB(t)
	conn, err := pgx.Connect(context.Background(), db.DSN)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // the database goes away
	return &inPostgres{Store: db.Store, t: t, conn: conn}
}

// empty makes it as new: making a database takes longer than most histories.
func (p *inPostgres) empty(t testing.TB) *inPostgres {
	p.t, p.made = t, nil
	p.exec("do $$ begin set local session_replication_role = replica; delete from resends; truncate customers, campaigns, rounds, deliveries, due, coupon_pools, claims, suppressions, feeds restart identity cascade; end $$") // they stay
	p.exec("insert into incarnations (name) values (server_incarnation())")
	p.exec("update dispatch set due_at = '-infinity', delivery_id = 0, round_at = '-infinity'")
	p.exec("do $$ begin set local session_replication_role = replica; delete from send_holds; delete from provider_holds; delete from channel_days; end $$") // without an act
	return p
}

func (p *inPostgres) exec(sql string, args ...any) {
	p.t.Helper()
	_, err := p.conn.Exec(context.Background(), sql, args...)
	must(p.t, err)
}

func (p *inPostgres) addPeople(n int) {
	p.exec(`with c as (insert into customers (shop_id) select 'c' || i from generate_series(1, $1::int) i returning customer_id, shop_id),
		k as (insert into contacts (customer_id, email, phone) select customer_id, shop_id || '@mail.example', '+4915' || lpad(customer_id::text, 9, '0') from c returning customer_id)
		insert into consents (customer_id, channel, granted, at, source) select customer_id, x, true, $2, 'test' from k, unnest(array['email', 'sms']) x`, n, noon.AddDate(-1, 0, 0))
}

func (p *inPostgres) addCampaign(name string, priority int, budget *int64, perMinute int) int {
	def := campaigns.Campaign{Name: name, Version: name, Design: name, Enter: campaigns.Enter{On: "event", Event: "none"}, Limits: campaigns.Limits{Priority: priority},
		Messages: map[string]campaigns.Message{}}
	applied, err := p.ApplyCampaigns(context.Background(), []postgres.Applying{{Definition: def, Limits: postgres.Limits{Budget: budget, PerMinute: perMinute}}}, noon.AddDate(-1, 0, 0))
	must(p.t, err)
	c := applied[0].Campaign
	if c.ID != len(p.made)+1 || c.VersionID != c.ID {
		p.t.Fatalf("campaign %d has the number %d and version %d", len(p.made)+1, c.ID, c.VersionID)
	}
	p.made = append(p.made, c)
	return c.ID
}

func (p *inPostgres) onHold(channel string, on bool) {
	change := p.ReleaseSends
	if on {
		change = p.HoldSends
	}
	_, err := change(context.Background(), postgres.SendHold{Channel: channel, Who: "ann", Because: "test"})
	must(p.t, err)
}

func (p *inPostgres) status(campaign int, status string) {
	_, err := p.SetStatus(context.Background(), p.made[campaign-1].Name, status, "test")
	must(p.t, err)
}

func (p *inPostgres) entered(campaign int, page []postgres.Entering) {
	_, err := p.Plan(context.Background(), p.made[campaign-1], func(x *postgres.Planning) error { _, err := x.Enter(context.Background(), page); return err })
	must(p.t, err)
}

func (p *inPostgres) order(customer int64, at time.Time) {
	// As an import does it: what comes for somebody who was merged is the other's.
	p.exec(`insert into orders (source, shop_order_id, customer_id, placed_at, currency, gross_minor)
		select 'test', gen_random_uuid()::text, coalesce(u.merged_into, u.customer_id), $2, 'EUR', 1000 from customers u where u.customer_id = $1`, customer, at)
}

func (p *inPostgres) word(customer int64, w word) {
	p.exec("insert into consents (customer_id, channel, purpose, granted, at, source) values ($1, $2, $3, $4, $5, 'test')", customer, w.channel, w.purpose, w.granted, w.at)
}

func (p *inPostgres) erased(customer int64) {
	_, err := p.EraseCustomer(context.Background(), fmt.Sprintf("c%d", customer), "ann", "test")
	must(p.t, err)
}

func (p *inPostgres) ban(customer int64, channel string, at time.Time) {
	p.exec("insert into suppressions (channel, address_hash, reason, at) select $2::text, case $2::text when 'sms' then phone_hash else email_hash end, 'manual', $3 from contacts where customer_id = $1", customer, channel, at)
}

func (p *inPostgres) held(customer int64, kind string, at time.Time) {
	p.exec("insert into holds (customer_id, kind, ref, opened_at) values ($1, $2, 'test', $3)", customer, kind, at)
}

func (p *inPostgres) feedUntil(at time.Time) {
	p.exec("insert into feeds (name, complete_until) values ('orders', $1) on conflict (name) do update set complete_until = excluded.complete_until", at)
}

func (p *inPostgres) sameMailbox(a, b int64) {
	p.exec("update contacts set email = (select email from contacts where customer_id = $1) where customer_id = $2", a, b)
}

func (p *inPostgres) merged(from, into int64) {
	_, err := p.MergeCustomers(context.Background(), fmt.Sprintf("c%d", from), fmt.Sprintf("c%d", into), "ann", "test")
	if _, told := fault.Of(err); !told { // what makes no sense is refused, and changes nothing
		must(p.t, err)
	}
}

func (p *inPostgres) pressed(campaign, priority int, group string, perDay int64) {
	p.exec("update campaigns set priority = $2, exclusion_group = nullif($3, '') where campaign_id = $1", campaign, priority, group)
	p.exec("update campaign_limits set day_budget_micros = $2 where campaign_id = $1", campaign, perDay)
}

func (p *inPostgres) addCodes(pool coupon.Pool, codes ...string) {
	_, err := p.AddCoupons(context.Background(), pool, codes)
	must(p.t, err)
}

func (p *inPostgres) holding(what string, id int64) (release func()) {
	ctx := context.Background()
	tx, err := p.conn.Begin(ctx)
	must(p.t, err)
	sql := map[string]string{
		"delivery": "select from deliveries where delivery_id = $1 for no key update",
		"customer": "select from contacts where customer_id = $1 for no key update",
		"place":    "select from dispatch where $1::bigint is not null for update",
		"claim":    "select from claims where $1::bigint is not null order by claim_id desc limit 1 for update",
		"codes":    "select from coupons where $1::bigint is not null for no key update",

		"first code": "select from coupons where $1::bigint is not null order by code limit 1 for no key update",
	}[what]
	_, err = tx.Exec(ctx, sql, id)
	must(p.t, err)
	return func() { must(p.t, tx.Rollback(ctx)) }
}

func (p *inPostgres) failedOver() {
	p.exec("insert into incarnations (name) values ('another')")
}

func (p *inPostgres) later() {
	p.exec("update claims set ask_at = clock_timestamp() where ask_at is not null")
}

func (p *inPostgres) id(customer int64, campaign, nth int, wave string) int64 {
	rows, err := p.conn.Query(context.Background(), "select delivery_id from deliveries where customer_id = $1 and campaign_id = $2 and wave = $3 order by delivery_id", customer, campaign, wave)
	must(p.t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	must(p.t, err)
	if len(ids) < nth {
		return 0
	}
	return ids[nth-1]
}

func (p *inPostgres) rows() (all []string) {
	rows, err := p.conn.Query(context.Background(), `select d.customer_id, d.campaign_id, d.round, d.wave, d.channel, d.state, coalesce(d.reason, ''), d.due_at, d.gate_at, coalesce(d.cost_micros, 0),
			d.epoch, d.returned, d.untaken, d.claimed_at, d.settled_at, coalesce(d.provider, ''), coalesce(d.provider_id, ''), coalesce(c.code, ''), d.lost_to
		from deliveries d left join coupons c using (customer_id, entered_at, enrollment_id, round, wave)`)
	must(p.t, err)
	var who int64
	var d message
	var code string
	var due, gate, claimed, done *time.Time
	_, err = pgx.ForEachRow(rows, []any{&who, &d.campaign, &d.round, &d.wave, &d.channel, &d.state, &d.reason, &due, &gate, &d.cost, &d.epoch, &d.returned, &d.untaken,
		&claimed, &done, &d.provider, &d.providerID, &code, &d.lost}, func() error {
		d.due, d.gateAt, d.claimed, d.done = or(due), or(gate), or(claimed), or(done)
		all = append(all, telling(who, d.campaign, d.round, d.wave, d, code))
		return nil
	})
	must(p.t, err)
	slices.Sort(all)
	return all
}

func or(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

func (p *inPostgres) spent(campaign int) (micros int64) {
	must(p.t, p.conn.QueryRow(context.Background(), "select coalesce(max(spent_micros), 0) from campaign_limits where campaign_id = $1", campaign).Scan(&micros))
	return micros
}
