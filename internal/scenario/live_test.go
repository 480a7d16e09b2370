package scenario

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/replay"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// What a run says of a case is what the live engine does on the same facts, row
// by row. Nothing is pinned live, so customers are given ids by which is drawn
// what the case pins.
func TestRunsAreWhatTheEngineDoes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"basics", "gate", "order", "event", "occasion", "pressure"} {
		c, files := unpacked(t, name)
		if c.Holdout.Auto {
			c.Holdout = campaigns.Holdout{Share: holdout.Whole / 5}
		}
		for _, k := range files[0].Cases {
			if why := apart(k); why != "" {
				continue
			}
			if !c.OnlyServices() {
				k.share = &c.Holdout.Share
			}
			for _, p := range k.customers {
				p.ShopID = lucky(t, c, k, p)
				p.arm, p.variants, p.skips = "", nil, nil
			}
			t.Run(name+"/"+k.Name, func(t *testing.T) {
				t.Parallel()
				want := newLive(t, c, k).play()
				got := played(t, c, k)
				if diff := cmp.Diff(got, want); diff != "" {
					t.Errorf("-run +live:\n%s", diff)
				}
			})
		}
	}
}

// lucky is an id by which a customer's first entry draws what the case pins.
func lucky(t *testing.T, c campaigns.Campaign, k Case, p *person) string {
	t.Helper()
	entry := 0
	if again := c.Enter.Again; again.EachTime || again.After > 0 {
		entry = 1
	}
	fits := func(id string) bool {
		arm, _ := holdout.Assign(c.Holdout.Share, holdout.CampaignLayer(c.Name, 1, entry), id)
		if g := k.settings.Global; g.Share > 0 {
			if all, _ := holdout.Assign(g.Share, holdout.GlobalLayer(g.Epoch), id); all == holdout.GlobalHold {
				arm = all
			}
		}
		if p.arm == holdout.GlobalHold && k.settings.Global.Share == 0 {
			p.arm = holdout.Hold // nobody is, without one
		}
		if p.arm != "" && !c.OnlyServices() && p.arm != arm {
			return false
		}
		for _, w := range c.Waves {
			if name := p.variants[w.Name]; name != "" {
				var shares []holdout.Share
				for _, v := range w.Variants {
					shares = append(shares, v.Share)
				}
				if w.Variants[holdout.Split(shares, holdout.VariantLayer(c.Name, 1, entry, w.Name), id)].Name != name {
					return false
				}
			}
			skipped := holdout.U(holdout.SkipLayer(c.Name, 1, entry, 1, w.Name), id) < w.Skip.Share.Float()
			if p.skips != nil && skipped != slices.Contains(*p.skips, w.Name) {
				return false
			}
		}
		return true
	}
	for i := range 10_000 {
		if id := p.ShopID + number(i); fits(id) {
			return id
		}
	}
	t.Fatalf("no id draws what %s is pinned to", p.ShopID)
	return ""
}

// apart says why a case cannot be told to a database as it is.
func apart(k Case) string {
	for _, p := range k.customers {
		switch {
		case len(p.sent) > 0 || !p.inGroup.IsZero():
			return "other campaigns would have to run"
		case slices.ContainsFunc(p.orders, func(o *purchase) bool { return o.uses != "" }):
			return "orders are imported after codes were given"
		}
	}
	return ""
}

func unpacked(t *testing.T, name string) (campaigns.Campaign, []File) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	folder := fstest.MapFS{}
	for _, f := range txtar.Parse(data).Files {
		folder[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	c, err := campaigns.Load(fs.FS(folder), ".", campaigns.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := Load(folder, ".", "", c, config.Default())
	if err != nil {
		t.Fatal(err)
	}
	return c, files
}

// played is every delivery of a run, a line each.
func played(t *testing.T, c campaigns.Campaign, k Case) []string {
	t.Helper()
	r, err := NewRunner(c).run(k)
	if err != nil {
		t.Fatal(err)
	}
	if !r.play() {
		t.Fatal("the run did not end")
	}
	lines := []string{}
	for _, l := range r.lives {
		for _, e := range l.entries {
			for _, s := range e.sends {
				at := ""
				if !s.gated.IsZero() {
					at = s.gated.UTC().Format(time.RFC3339)
				}
				code := ""
				if s.code != nil {
					code = s.code.pool
				}
				lines = append(lines, strings.Join([]string{l.ShopID, number(e.Entry), e.EnteredAt.UTC().Format(time.RFC3339), string(e.Arm), e.Stratum,
					number(s.round), s.Wave, string(s.Arm), s.Variant, fmt.Sprint(s.Skip), s.ScheduledAt.UTC().Format(time.RFC3339), s.Channel,
					string(s.state), string(s.reason), at, code, sent(s)}, " | "))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// sent is what the provider is given, a line; empty where it was given nothing.
func sent(s *send) string {
	if s.state != delivery.Accepted && s.state != delivery.Failed {
		return ""
	}
	if s.Channel == "sms" {
		return alike(s.content.SMS)
	}
	return alike(s.content.Subject + "\n" + s.content.Text)
}

var links, codes = regexp.MustCompile(`https://shop\.example/u/\S+`), regexp.MustCompile(`(LIVE|CODE)[0-9]+`)

// alike takes out what differs by nature: the customer's own link, the code.
func alike(text string) string {
	return strings.ReplaceAll(codes.ReplaceAllString(links.ReplaceAllString(text, "LINK"), "CODE"), "\n", "; ")
}

// live is the engine on a database that holds the facts of a case.
type live struct {
	t     *testing.T
	k     Case
	c     campaigns.Campaign
	db    *testkit.DB
	clock *replay.Clock
	*engine.Engine
	later []dated[func()]
	codes int

	mu   sync.Mutex
	took map[string]channel.Message // by reference
}

func newLive(t *testing.T, c campaigns.Campaign, k Case) *live {
	t.Helper()
	db := testkit.NewDB(t)
	name, secrets, err := db.Store.Installation(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := message.NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	l := &live{t: t, k: k, c: c, db: db, clock: replay.NewClock(k.start), took: map[string]channel.Message{}}
	s := k.settings
	l.Engine = &engine.Engine{Store: db.Store, Clock: l.clock, Log: slog.New(slog.DiscardHandler), Links: engine.Links{Installation: name[:8], Keys: keys},
		Shop: engine.Shop{Name: s.Shop.Name, Zone: s.Shop.Zone, Currency: s.Shop.Currency, Digits: order.Decimals(s.Shop.Currency), PublicURL: "https://shop.example",
			Quiet: s.QuietHours, QuietIn: s.QuietIn, Cap: postgres.Cap{Limit: s.PerCustomer.Count, Window: s.PerCustomer.Window},
			Global: s.Global.Share, Epoch: s.Global.Epoch, MaxAge: s.Feeds, CostMicros: s.Costs(), ReturnWindow: 30 * 24 * time.Hour},
		Channels: map[string]*engine.Sender{}}
	l.Shop.Blackout, l.Shop.Groups = s.Blackout, map[string]postgres.Cap{}
	for name, group := range s.Groups {
		l.Shop.Groups[name] = postgres.Cap{Limit: group.Count, Window: group.Window}
	}
	for _, name := range knownChannels {
		l.Channels[name] = engine.NewSender(&taker{name, l}, "shop@shop.example", 4)
	}
	return l
}

// taker is a provider that takes everything, unless the case says otherwise.
type taker struct {
	name string
	*live
}

func (p *taker) Name() string             { return p.name }
func (p *taker) Promise() channel.Promise { return channel.Promise{} }
func (p *taker) Close() error             { return nil }
func (p *taker) Send(_ context.Context, m channel.Message) channel.Outcome {
	p.mu.Lock()
	p.took[m.Ref] = m
	p.mu.Unlock()
	for i := len(p.k.refusals) - 1; i >= 0; i-- {
		if said := p.k.refusals[i]; said.value.channel == p.name && !said.at.After(*p.clock.At()) {
			if said.value.refuses {
				return channel.Outcome{Verdict: channel.Failed}
			}
			break
		}
	}
	return channel.Outcome{Verdict: channel.Accepted, ProviderID: m.Ref}
}

// play tells the facts, applies the campaign and jumps from one stop to the next.
func (l *live) play() []string {
	l.t.Helper()
	for _, p := range l.k.customers {
		l.tell(p)
	}
	for _, s := range l.k.pools {
		l.fill(s)
	}
	r := &run{Case: &l.k, campaign: l.c, basis: rules.Basis{Zone: l.k.settings.Shop.Zone}}
	var until *time.Time
	if slots := r.slots(); len(slots) > 0 {
		closes := slots[len(slots)-1].Add(time.Second)
		until = &closes
	}
	l.clock.Set(l.k.start.Add(-time.Second)) // a slot at the start itself is still to come
	if _, err := l.ApplyCampaign(context.Background(), l.c, until); err != nil {
		l.t.Fatal(err)
	}
	for _, s := range l.k.steers {
		l.after(s.at, func() {
			if _, err := l.Store.SetStatus(context.Background(), l.c.Name, s.value, "test"); err != nil && s.value != running {
				l.t.Error(err)
			}
		})
	}
	byTime(l.later)
	for at, ok := l.k.start, true; ok; at, ok = l.next(at) {
		if !l.k.end.IsZero() && at.After(l.k.end) {
			break
		}
		l.stop(at)
	}
	return l.rows()
}

func (l *live) after(at time.Time, do func()) { l.later = append(l.later, dated[func()]{at, do}) }

// stop does all that is due at an instant.
func (l *live) stop(at time.Time) {
	l.clock.Set(at)
	for len(l.later) > 0 && !l.later[0].at.After(at) {
		l.later[0].value()
		l.later = l.later[1:]
	}
	if silent, _ := newest(l.k.silences, at); !silent {
		l.db.Exec(l.t, "insert into feeds (name, complete_until) values ('orders', $1) on conflict (name) do update set complete_until = excluded.complete_until", at)
	}
	ctx := context.Background()
	for _, do := range []func(context.Context) (int, error){l.EnterOrders, l.EnterEvents, l.OpenSlots, l.BeginRounds, l.Sweep} {
		if _, err := do(ctx); err != nil {
			l.t.Fatal(err)
		}
	}
	for {
		chunks, err := l.HandOut(ctx, true, 100_000)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, c := range chunks {
			if _, err := l.SendDeliveries(ctx, c); err != nil {
				l.t.Fatal(err)
			}
		}
		due, err := l.Store.NextDue(ctx)
		if err != nil {
			l.t.Fatal(err)
		}
		if due.Delivery == nil || due.Delivery.After(at) {
			return
		}
	}
}

func (l *live) next(at time.Time) (time.Time, bool) {
	due, err := l.Store.NextDue(context.Background())
	if err != nil {
		l.t.Fatal(err)
	}
	slot, err := l.NextSlot(context.Background())
	if err != nil {
		l.t.Fatal(err)
	}
	var next *time.Time
	if len(l.later) > 0 {
		next = &l.later[0].at
	}
	ends := testkit.List[time.Time](l.t, l.db, "select expires_at from deliveries where due_at is not null") // of what is paused
	for _, when := range append([]*time.Time{due.Delivery, due.Order, due.Event, due.Round, slot}, pointers(ends)...) {
		if when != nil && when.After(at) && (next == nil || when.Before(*next)) {
			next = when
		}
	}
	if next == nil {
		return at, false
	}
	return *next, true
}

func pointers(times []time.Time) []*time.Time {
	out := make([]*time.Time, len(times))
	for i := range times {
		out[i] = &times[i]
	}
	return out
}

// rows is every delivery of the ledger, a line each.
func (l *live) rows() []string {
	lines := testkit.List[string](l.t, l.db, `
		select d.delivery_id || ':' || concat_ws(' | ', u.shop_id, e.entry, to_char(e.entered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), e.arm, coalesce(e.stratum, ''),
		       d.round, d.wave, d.arm, coalesce(d.variant, ''), d.skip::text, to_char(d.scheduled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), d.channel,
		       d.state, split_part(coalesce(d.reason, ''), ':', 1),
		       coalesce(case when d.state in ('accepted', 'withheld') then to_char(d.gate_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end, ''),
		       coalesce((select c.pool from coupons c where c.customer_id = d.customer_id and c.entered_at = d.entered_at
		                    and c.enrollment_id = d.enrollment_id and c.round = d.round and c.wave = d.wave), ''))
		  from deliveries d join customers u using (customer_id) join enrollments e using (customer_id, entered_at, enrollment_id)`)
	out := []string{}
	for _, line := range lines {
		number, line, _ := strings.Cut(line, ":")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			l.t.Fatal(err)
		}
		text := ""
		if m, ok := l.took[l.Ref(id)]; ok {
			text = alike(strings.TrimPrefix(m.Subject+"\n"+m.Text, "\n"))
		}
		out = append(out, line+" | "+text)
	}
	slices.Sort(out)
	return out
}
