package simulation

import (
	"slices"
	"strconv"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
)

// judge looks at what is committed and at what is called, in its own words: it
// asks neither the gate nor the ledger's statements whether they were right.
type judge struct {
	files  []file // by delivery
	codes  map[string]int64
	steers []steer
	passed []passedAt
	rests  []knownRest
	asked  []request  // for rests
	deals  []dealings // of processes with providers
	ended  time.Time  // when an operator last ended a rest
}

// file is what the judge knows of a delivery.
type file struct {
	calls   []*call
	by      *actor // whose claim it is, in which of its lives
	life    int
	gated   time.Time
	epoch   int // of its last pass
	planned time.Time
	trouble int       // how often a statement of its worker failed or was slow
	excused bool      // something went wrong with its worker, so that it may be unknown
	code    string    // that the customer read
	left    bool      // in doubt, it was not to be sent again
	unasked bool      // it counts as sent, and no gate that is known let it out
	again   bool      // it was planned again after a failover
	till    time.Time // then: a second call is taken for the first
	failed  bool      // its provider says that it arrived nowhere
	shaken  bool      // excused, before a failover excused everybody
	untaken bool      // its provider did not take it the last time
	moved   []string  // the channels on which its customer had another address
	to      string    // the address that its gate read
	written bool      // what became of its last pass was kept, if not for long
}

// call is one call at a provider.
type call struct {
	taken   int
	says    string          // to whom and what
	verdict channel.Verdict // empty: nobody has heard it yet
	began   time.Time
	epoch   int  // of its pass
	again   bool // it is of a message in doubt
}

// steer is what an operator did to a campaign, or above all of them.
type steer struct {
	campaign int    // 0: above all of them
	channel  string // there: which one; empty: every one
	status   string
	at       time.Time
}

// knownRest is a rest of a provider, and since when everybody can know of it.
type knownRest struct {
	rest
	kept time.Time
}

type passedAt struct {
	campaign int
	at       time.Time
}

func (j *judge) reset() {
	j.files, j.steers, j.passed, j.rests = j.files[:0], j.steers[:0], j.passed[:0], j.rests[:0]
	j.asked, j.deals, j.ended = j.asked[:0], j.deals[:0], time.Time{}
	if j.codes == nil {
		j.codes = map[string]int64{}
	}
	clear(j.codes)
}

func (j *judge) file(id int64) *file {
	for int64(len(j.files)) < id {
		if n := len(j.files); n < cap(j.files) {
			j.files = j.files[:n+1]
			j.files[n] = file{calls: j.files[n].calls[:0]}
		} else {
			j.files = append(j.files, file{})
		}
	}
	return &j.files[id-1]
}

// excuse notes that a process had trouble: what it has under way may end as unknown.
func (w *World) excuse(a *actor) {
	if a == nil {
		return
	}
	for i := range w.judge.files {
		if f := &w.judge.files[i]; f.by == a && f.life == a.life {
			f.shaken = f.shaken || !w.failedOver.Before(f.gated) // it may not write what it heard after all
			f.excused = true
		}
	}
}

// trouble notes that a statement of a process failed or was slow. Outcomes are
// written again and again, so that once or twice is no excuse.
func (w *World) trouble(th *thread) {
	if th.actor == nil {
		return
	}
	for i := range w.judge.files {
		if f := &w.judge.files[i]; f.by == th.actor && f.life == th.actor.life {
			if f.trouble++; f.trouble > 2 {
				f.excused = true
			}
		}
	}
}

// kept looks at a transaction that is about to be kept.
func (j *judge) kept(w *World, t *tx, th *thread) {
	for _, held := range t.held {
		switch r := held.(type) {
		case *record[message]:
			switch {
			case r.born:
				j.file(r.was.id).planned = w.clock
			case r.written && r.was.state != r.is.state:
				j.moved(w, t, th, r)
			}
		case *record[resend]:
			if d := w.memory.delivery(r.was.delivery).see(t); r.born {
				r.was.at = w.clock // its commit may have taken its time
				th.warned, j.file(d.id).to = false, w.memory.person(d.customer).see(t).address(d.channel)
				w.gatedFor(t, d, waveOf(w.definition(d.campaign), d.wave), w.memory.person(d.customer).see(t), func(invariant, why string) {
					w.violate(invariant, "delivery %d of customer %d is sent again: %s", d.id, d.customer, why)
				})
			}
		case *record[campaign]:
			if r.written && r.was.status != r.is.status {
				j.steers = append(j.steers, steer{campaign: r.is.id, status: r.is.status, at: w.clock})
			}
		case *record[rest]:
			if r.written {
				j.ended = w.clock
				for i := range j.rests {
					if x := &j.rests[i]; x.channel == r.is.channel && x.until.After(r.is.until) {
						x.until = r.is.until
					}
				}
				continue
			}
			j.rest(w, th, &r.was)
			j.rests = append(j.rests, knownRest{r.was, w.clock})
			if r.was.until.After(w.lastMishap) {
				w.lastMishap = r.was.until // nothing is due before
			}
		case *record[claim]:
			j.asks(w, t, r)
		case *record[string]:
			if r.born || r.gone {
				j.steers = append(j.steers, steer{channel: r.was, status: map[bool]string{true: "on hold", false: "running"}[r.born], at: w.clock})
			}
		}
	}
}

func (j *judge) moved(w *World, t *tx, th *thread, r *record[message]) {
	d, f := &r.is, j.file(r.was.id)
	f.unasked = r.was.state == delivery.Planned && wasSent(d.state) && d.state != delivery.Sending || f.unasked && d.state != delivery.Planned && d.state != delivery.Sending
	f.written = d.state != delivery.Sending
	if r.was.state == delivery.Quarantine && d.state == delivery.Planned {
		f.again, f.till = true, r.was.gateAt.Add(w.promises[d.channel].IdempotencyWindow)
	}
	if w.tracing {
		w.note(th.name, "delivery "+itoa(d.id)+" of "+itoa(d.customer)+" "+d.wave+": "+string(r.was.state)+" > "+string(d.state)+" "+d.reason)
	}
	switch {
	case r.was.state == delivery.Sending && !f.excused && th.actor != nil && th.actor.stop != nil && (th.actor != f.by || f.life != f.by.life):
		w.violate("an outcome is of its own pass", "%s settles delivery %d, which %s let out", th.actor.name, d.id, f.by.name)
	case d.state == delivery.Sending && f.again && !d.gateAt.Before(f.till):
		w.violate("a key is used again within its window", "delivery %d is let out at %s, and that was over at %s", d.id, d.gateAt, f.till)
	case d.state == delivery.Sending:
		f.by, f.life, f.gated, f.epoch, f.excused, f.trouble = th.actor, th.actor.life, w.clock, d.epoch, false, 0
		th.warned, f.to = false, w.memory.person(d.customer).see(t).address(d.channel)
		w.gated(t, d)
	case d.state == delivery.Unknown && d.reason == "lease lapsed" && !f.excused:
		w.violate("unknown has a cause", "delivery %d is unknown though nothing befell %s", d.id, f.by.name)
	case d.state == delivery.Quarantine && d.gateAt.After(w.clock.Add(6*time.Second)):
		w.violate("only what may have been sent is in doubt", "delivery %d is in quarantine, and is due at %s", d.id, d.gateAt)
	case d.state == delivery.Suppressed && d.reason == string(audience.CouponsGone):
		w.exhausted(t, d)
	}
}

func (w *World) definition(id int) *campaigns.Campaign {
	return &w.catalogue[id-1].stored.Definition
}

func waveOf(c *campaigns.Campaign, name string) *campaigns.Wave {
	for i := range c.Waves {
		if c.Waves[i].Name == name {
			return &c.Waves[i]
		}
	}
	return nil
}

// gated judges a delivery that a gate has let through, by what is committed now.
func (w *World) gated(t *tx, d *message) {
	m, at := w.memory, d.gateAt
	def := w.definition(d.campaign)
	v := waveOf(def, d.wave)
	p, e := m.person(d.customer).see(t), m.enrollment(d.enrollment).see(t)
	zone, err := w.zones.Find(e.zone)
	if err != nil {
		zone = time.UTC
	}
	refuse := func(invariant, why string) {
		w.violate(invariant, "delivery %d of customer %d passed the gate: %s", d.id, d.customer, why)
	}
	switch late := w.clock.Sub(at); {
	case late < 0 || late > 3*time.Second+time.Second/2:
		refuse("the gate reads the database's clock", "it decided at "+at.String()+", and it is "+w.clock.String())
	case !at.Before(d.expires):
		refuse("nothing goes out late", "it had expired")
	case at.Before(d.scheduled):
		refuse("nothing goes out early", "it was not due")
	case d.arm != holdout.Treat || d.skip:
		refuse("ghosts are not sent", "it is a ghost")
	}
	w.gatedFor(t, d, v, p, refuse)
	if v.After.RequiresAccepted {
		if s := m.required(t, d, v.After.Wave); s != delivery.Accepted && s != delivery.Withheld {
			refuse("a required wave was accepted", "that wave is "+string(s))
		}
	}
	for _, h := range p.holds {
		if slices.Contains(def.HoldWhile, h.kind) && !h.opened.After(at) && (h.closed.IsZero() || h.closed.After(at)) {
			refuse("held while a complaint is open", "a complaint is open")
		}
	}
	stops := slices.Contains(def.Exit, "repurchased") || slices.Contains(v.After.Unless, "repurchased")
	if stops && w.bought(p, e, at) {
		refuse("who bought is left alone", "there is an order since entry")
	}
	if max, ok := w.others.Shop.MaxAge["orders"]; ok && (def.IfFeedStale == "wait" || def.IfFeedStale == "skip") && m.feed.see(t).Before(at.Add(-max)) {
		refuse("a stale feed holds", "orders are known up to "+m.feed.see(t).String())
	}
	if quiet, ok := w.others.Shop.Quiet[d.channel]; ok && quiet.Quiet(at, zone) {
		refuse("quiet hours", "it is quiet, "+at.In(zone).String())
	}
	if v.Between != nil && !v.Between.Contains(at, zone) {
		refuse("quiet hours", "it is outside the wave's hours")
	}
	w.gatedWithin(t, d, def, v, refuse)
	w.gatedBy(t, d, v, refuse)
}

// gatedBy judges what the provider asks of us.
func (w *World) gatedBy(t *tx, d *message, v *campaigns.Wave, refuse func(string, string)) {
	for _, r := range w.judge.rests {
		if r.channel == d.channel && r.kept.Before(t.began) && r.until.After(d.gateAt) {
			refuse("a provider that rests is left alone", "it rests until "+r.until.String())
		}
	}
	if up := w.warmUps[d.channel]; up != nil && !v.Service {
		if n, limit := w.hadOn(t, d.channel, d.gateAt), up.Limit(calendar.DateOf(d.gateAt, time.UTC)); n > limit {
			refuse("no more than the day's", itoa(int64(n))+" messages of "+itoa(int64(limit)))
		}
	}
}

// hadOn counts the messages of a day that a provider may have had.
func (w *World) hadOn(t *tx, channel string, at time.Time) (n int) {
	day := calendar.DateOf(at, time.UTC)
	for _, r := range w.memory.deliveries.rows {
		if d := r.see(t); d != nil && d.channel == channel && wasSent(d.state) && !w.judge.file(d.id).unasked && calendar.DateOf(d.gateAt, time.UTC) == day {
			n++
		}
	}
	return n
}

// bought says whether a customer has ordered since entry.
func (w *World) bought(p *person, e *enrolled, at time.Time) bool {
	return slices.ContainsFunc(p.orders, func(o order) bool { return o.id != e.trigger && o.placed.After(e.entered) && !o.placed.After(at) })
}

// gatedFor judges whether the customer may be written to.
func (w *World) gatedFor(t *tx, d *message, v *campaigns.Wave, p *person, refuse func(string, string)) {
	said, known := newest(p.words, d.channel, "marketing", w.clock)
	yes := said && known
	service, spoke := newest(p.words, d.channel, "service", w.clock)
	switch {
	case p.into != 0:
		refuse("who was merged away is not written to", "the customer is "+itoa(p.into)+" now")
	case !p.erased.IsZero():
		refuse("erased is erased", "the customer was erased")
	case w.memory.banned(t, d.channel, p.address(d.channel), w.clock):
		refuse("opted out is opted out", "the address is suppressed")
	case (!v.Service || v.Consent) && !yes:
		refuse("opted out is opted out", "there is no consent")
	case v.Service && spoke && !service:
		refuse("opted out is opted out", "service is refused")
	}
}

// gatedWithin judges caps, rate, budget and code.
func (w *World) gatedWithin(t *tx, d *message, def *campaigns.Campaign, v *campaigns.Wave, refuse func(string, string)) {
	m := w.memory
	shop, own := w.others.Shop.Cap, def.Limits.PerCustomer
	if !v.Service || v.Capped {
		all, mine, grouped, group := 0, 0, 0, m.campaign(d.campaign, t).group
		for _, r := range m.deliveries.rows {
			o := r.see(t)
			if o == nil || o.customer != d.customer && m.person(o.customer).see(t).into != d.customer || o.uncapped || o.state == delivery.Withheld || !counts(o.state) {
				continue
			}
			if cap, ok := w.others.Shop.Groups[group]; ok && m.campaign(o.campaign, t).group == group && o.gateAt.After(d.gateAt.Add(-cap.Window)) {
				grouped++
			}
			if o.campaign != d.campaign && def.Limits.CoolDown > 0 && !v.Service && o.gateAt.After(d.gateAt.Add(-def.Limits.CoolDown)) {
				refuse("campaigns cool down", "campaign "+itoa(int64(o.campaign))+" wrote at "+o.gateAt.String())
			}
			if shop.Limit > 0 && o.gateAt.After(d.gateAt.Add(-shop.Window)) {
				all++
			}
			if own != nil && o.campaign == d.campaign && o.gateAt.After(d.gateAt.Add(-own.Window)) {
				mine++
			}
		}
		if shop.Limit > 0 && all > shop.Limit || own != nil && mine > own.Count {
			refuse("caps", "that is "+itoa(int64(max(all, mine)))+" within the window")
		}
		if cap, ok := w.others.Shop.Groups[group]; ok && group != "" && grouped > cap.Limit {
			refuse("caps of groups", "that is "+itoa(int64(grouped))+" of the group within the window")
		}
	}
	for _, b := range w.others.Shop.Blackout {
		wall, here := dateOf(d.gateAt.In(w.zoneOf(t, d))), len(b.In) == 0 || slices.Contains(b.In, m.person(d.customer).see(t).region)
		if here && (b.All || !v.Service) && wall >= number(b.From) && wall <= number(b.To) {
			refuse("days without messages", "it is "+itoa(int64(wall))+" where the customer lives")
		}
	}
	if l := m.limit(d.campaign); l != nil && l.see(t).perDay != nil {
		if day, spent := w.spentOn(t, d); spent > *l.see(t).perDay {
			refuse("the money of a day", itoa(spent)+" millionths of "+itoa(*l.see(t).perDay)+" on "+itoa(int64(day)))
		}
	}
	w.judge.passed = append(w.judge.passed, passedAt{d.campaign, d.gateAt})
	if limit := def.Limits.PerMinute; limit > 0 {
		n := 0
		for _, x := range w.judge.passed {
			if x.campaign == d.campaign && x.at.After(d.gateAt.Add(-time.Minute)) && !x.at.After(d.gateAt) {
				n++
			}
		}
		if n > limit {
			refuse("the rate", itoa(int64(n))+" within a minute")
		}
	}
	if b := w.catalogue[d.campaign-1].budget; b != nil {
		if spent := w.spent(t, d.campaign) + m.boundMinor(t, d.campaign, []string{"p", "q"}, d.gateAt)*perMinor; spent > *b {
			refuse("the budget", itoa(spent)+" millionths of "+itoa(*b))
		}
	}
	if c := v.Content.Coupon; c != nil && c.Exhausted != "send" && m.bound(d.id, t) == nil {
		refuse("one code each", "it has no code")
	}
}

func (w *World) zoneOf(t *tx, d *message) *time.Location {
	if zone, err := w.zones.Find(w.memory.enrollment(d.enrollment).see(t).zone); err == nil {
		return zone
	}
	return time.UTC
}

// dateOf is a day as one writes it, without the dashes.
func dateOf(at time.Time) int {
	y, m, d := at.Date()
	return number(calendar.Date{Year: y, Month: m, Day: d})
}

func number(d calendar.Date) int { return d.Year*10_000 + int(d.Month)*100 + d.Day }

// spentOn is what a campaign has spent on the day of a gate, on the shop's calendar.
func (w *World) spentOn(t *tx, d *message) (day int, micros int64) {
	on := func(at time.Time) int { return dateOf(at.In(w.others.Shop.Zone)) }
	day = on(d.gateAt)
	for _, r := range w.memory.deliveries.rows {
		o := r.see(t)
		if o == nil || o.campaign != d.campaign {
			continue
		}
		if o.state != delivery.Withheld && counts(o.state) && on(o.gateAt) == day {
			micros += o.cost
		}
		if c := w.memory.bound(o.id, t); c != nil && on(c.bound) == day {
			worth, _ := w.memory.pool(c.pool).Exposure()
			micros += worth * perMinor
		}
	}
	return day, micros
}

// spent is what the messages of a campaign cost that may have been taken.
func (w *World) spent(t *tx, campaign int) (micros int64) {
	for _, r := range w.memory.deliveries.rows {
		if d := r.see(t); d != nil && d.campaign == campaign && d.state != delivery.Withheld && counts(d.state) {
			micros += d.cost
		}
	}
	return micros
}

// exhausted judges a delivery that was told that there is no code.
func (w *World) exhausted(t *tx, d *message) {
	m := w.memory
	c := waveOf(w.definition(d.campaign), d.wave).Content.Coupon
	if m.had(t, c.Pool, d.customer) >= m.pool(c.Pool).PerCustomer {
		return
	}
	for _, r := range m.codes.rows {
		if x := r.see(t); x != nil && x.pool == c.Pool && x.delivery == 0 && r.by != t {
			w.violate("no code means none", "delivery %d was refused for want of a code, and %s is free", d.id, x.code)
			return
		}
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
