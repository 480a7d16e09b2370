package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
)

const (
	lease       = 30 * time.Second // how long a claim is ours; longer than call and write together
	callTimeout = 10 * time.Second
	gateTimeout = 3 * time.Second

	// writeTimeout is for one try of what is tried for as long as a lease lasts: a
	// connection that hangs must leave time for another.
	writeTimeout = 8 * time.Second
)

// Sent counts what became of a chunk.
type Sent struct{ Accepted, Failed, Unknown, Returned, Gated, Dead int }

// SendDeliveries takes one chunk from planned to its outcomes: render, gate,
// call, settle, in sub-batches no larger than what can begin within two seconds
// and what the rate of the channel has. Rows that are no longer planned or due are
// passed over, so a chunk that comes twice does nothing the second time. What is
// left when the provider rests stays due.
func (e *Engine) SendDeliveries(ctx context.Context, c Chunk) (Sent, error) {
	v, err := e.version(ctx, c.Version)
	if errors.As(err, new(brokenVersion)) {
		return Sent{}, e.postpone(ctx, c, err)
	}
	if err != nil {
		return Sent{}, err
	}
	w, ok := v.waves[c.Wave]
	if !ok {
		return Sent{}, fmt.Errorf("version %d of %s has no wave %q", c.Version, v.stored.Name, c.Wave)
	}
	sender, ok := e.Channels[c.Channel]
	if !ok {
		return Sent{}, fault.New(fault.Unavailable, fmt.Sprintf("channel %q is not set up here", c.Channel), "configure it under `channels:` in rewave.yaml")
	}
	if err := e.noteRules(ctx); err != nil {
		return Sent{}, err
	}
	var sent outcomes
	defer func() { e.warnRefused(v, c, sent) }()
	contents, err := e.render(ctx, v, w, c, &sent.Sent)
	if err != nil {
		return sent.Sent, err
	}
	left := make([]int64, 0, len(contents))
	for _, id := range c.IDs {
		if _, ok := contents[id]; ok {
			left = append(left, id)
		}
	}
	for len(left) > 0 {
		if ctx.Err() != nil {
			return sent.Sent, ctx.Err()
		}
		n, done := e.room(ctx, sender, len(left))
		if n == 0 {
			return sent.Sent, ctx.Err()
		}
		begun := sent.called
		rest, err := e.sendBatch(ctx, v, w, c.Lane, sender, left[:n], contents, &sent)
		done(sent.called - begun)
		if err != nil || sent.rests {
			return sent.Sent, err
		}
		left = append(rest, left[n:]...)
	}
	return sent.Sent, nil
}

// noteEvery is how often a process that sends says by which settings: one that
// began with others is not the last to have said so while this one goes on. It is
// less than the minutes that an audit leaves out after settings were new.
const noteEvery = 5 * time.Minute

// noteRules keeps what this process sends by, before it sends anything.
func (e *Engine) noteRules(ctx context.Context) error {
	now := e.runner().Now()
	if last := e.noted.Load(); last != nil && now.Sub(*last) < noteEvery {
		return nil
	}
	rules := postgres.GateRules{ShopCap: e.Shop.Cap, Quiet: e.Shop.Quiet, QuietIn: e.Shop.QuietIn, Zone: e.Shop.Zone.String()}
	for _, b := range e.Shop.Blackout {
		rules.Blackout = append(rules.Blackout, postgres.Blackout{From: b.From.String(), To: b.To.String(), In: b.In, All: b.All})
	}
	err := e.ledger().NoteRules(ctx, rules)
	if err == nil {
		e.noted.Store(&now)
	}
	return err
}

// postponed is how long the deliveries of a version wait that cannot run here.
const postponed = 5 * time.Minute

// postpone puts off the deliveries of a version that this program cannot run:
// tried again at once they would only stand in the way of others, and a newer
// program may know better.
func (e *Engine) postpone(ctx context.Context, c Chunk, why error) error {
	e.Log.Error("a stored version cannot run here; its deliveries wait", "version", c.Version, "deliveries", len(c.IDs), "error", why)
	return e.ledger().Postpone(ctx, c.Lane, c.IDs, e.at(), postponed, "version cannot run")
}

// sendBatch gates a sub-batch and makes its calls. It returns the ids that the
// gate passed over, to be tried once more: a customer with two deliveries in
// the batch is gated one at a time. Nothing comes back when nothing was done.
func (e *Engine) sendBatch(ctx context.Context, v *version, w campaigns.Wave, lane postgres.Lane, sender *Sender, ids []int64, contents map[int64]*rendered, sent *outcomes) ([]int64, error) {
	decided, begun := make(map[int64]bool, len(ids)), e.runner().Now()
	// A stop must not cut a commit in the middle: what passed is given back below.
	gateCtx, cancel := e.runner().Timeout(context.WithoutCancel(ctx), gateTimeout)
	defer cancel()
	in, pools := e.gateInput(v, w, lane, sender, ids), map[int64]string{}
	in.Planned = make([]*postgres.Planned, len(ids))
	for i, id := range ids {
		in.Planned[i] = contents[id].planned
	}
	passed, seen, err := e.ledger().Gate(gateCtx, in, func(at time.Time, g *postgres.Gated) {
		decided[g.ID] = true
		sent.rests = sent.rests || g.Facts.Rests
		e.complete(v, w, sender, g, contents[g.ID])
		if of := v.parts[choice{w.Name, g.Variant, g.Stratum}]; of.Coupon != nil {
			g.Facts.Coupon.Pool, g.Expires = of.Coupon.Pool, of.Coupon.Lasts(at, e.Shop.Zone)
			pools[g.ID] = of.Coupon.Pool
		}
	})
	if err != nil {
		return nil, errors.Join(err, e.giveBackAll(ctx, sender, passed, begun))
	}
	for _, c := range passed.Claims {
		if c.Code != "" {
			e.Gave.Store(pools[c.ID], c.Code)
		}
	}
	sent.Gated += seen
	if sent.rests && sender.health.found(e.runner().Now()) {
		e.sayRests(lane.Channel, "another process was told")
	}
	if err := e.callAll(ctx, sender, lane.Channel, passed, contents, sent); err != nil {
		return nil, err
	}
	if seen == 0 {
		return nil, nil
	}
	var rest []int64
	for _, id := range ids {
		if !decided[id] {
			rest = append(rest, id)
		}
	}
	return rest, nil
}

// complete fills in what the database does not know of a delivery at the gate.
func (e *Engine) complete(v *version, w campaigns.Wave, sender *Sender, g *postgres.Gated, content *rendered) {
	f := &g.Facts
	f.Rule, f.Zone, f.Cost = v.parts[choice{w.Name, g.Variant, g.Stratum}].rule, e.zone(g.Zone), content.cost
	f.Quiet, f.Blackout = e.quiet(g.Region), calendar.Blackouts(e.Shop.Blackout, g.Region, w.Service)
	if sender.Channel.Promise().IdempotencyWindow > 0 {
		g.Body = content.hash(sender.From, f.Contact.Channels[f.Channel].Address)
	}
}

// gateInput asks for what the wave's keys speak of, and for nothing else.
func (e *Engine) gateInput(v *version, w campaigns.Wave, lane postgres.Lane, sender *Sender, ids []int64) postgres.GateInput {
	def := v.stored.Definition
	in := postgres.GateInput{IDs: ids, Lane: lane, At: e.at(), Campaign: v.stored.ID, Channels: w.Channels, Service: w.Service, Holds: def.HoldWhile,
		Regions: e.regions(), Zone: e.Shop.Zone, Coupons: v.wanted[w.Name].Coupon, Pools: v.pools, PerMinor: e.perMinor(), Lease: lease, WarmUp: sender.WarmUp}
	for _, pool := range v.pools {
		if code, ok := e.Gave.Load(pool); ok && in.Coupons {
			if in.CodesAfter == nil {
				in.CodesAfter = map[string]string{}
			}
			in.CodesAfter[pool] = code.(string)
		}
	}
	if w.After.RequiresAccepted {
		in.Requires = w.After.Wave
	}
	if !w.Service || w.Capped {
		in.ShopCap, in.Groups = e.Shop.Cap, e.Shop.Groups
		if cap := def.Limits.PerCustomer; cap != nil {
			in.OwnCap = postgres.Cap{Limit: cap.Count, Window: cap.Window}
		}
	}
	if !w.Service {
		in.CoolDown = def.Limits.CoolDown
	}
	// A replay knows everything up to the instant it stands at.
	if (def.IfFeedStale == "wait" || def.IfFeedStale == "skip") && !e.Replay {
		in.MaxAge = e.Shop.MaxAge["orders"]
	}
	return in
}

// limits are what holds a definition's promotions back for the sake of a customer.
func (e *Engine) limits(def campaigns.Campaign) audience.Limits {
	in := postgres.GateInput{ShopCap: e.Shop.Cap, Groups: e.Shop.Groups, CoolDown: def.Limits.CoolDown}
	if own := def.Limits.PerCustomer; own != nil {
		in.OwnCap = postgres.Cap{Limit: own.Count, Window: own.Window}
	}
	return in.Limits()
}

// sharesCap says whether the campaigns of a group share a cap. Those of another
// group exclude one another.
func (e *Engine) sharesCap(group string) bool {
	_, shares := e.Shop.Groups[group]
	return shares
}

// regions says whether anything hangs on where a customer lives.
func (e *Engine) regions() bool {
	return len(e.Shop.QuietIn) > 0 || slices.ContainsFunc(e.Shop.Blackout, func(b calendar.Blackout) bool { return len(b.In) > 0 })
}

// quiet are the hours of a customer's country, where the shop has any of its
// own. A region is written as ISO 3166-2 (DE-BE) or as the country alone.
func (e *Engine) quiet(region string) map[string]calendar.Window {
	country, _, _ := strings.Cut(region, "-")
	if hours, ok := e.Shop.QuietIn[strings.ToUpper(country)]; ok {
		return hours
	}
	return e.Shop.Quiet
}

// zone is the enrollment's; it was checked when it was stored, so a zone that
// this machine does not know any more falls back to the shop's.
func (e *Engine) zone(name string) *time.Location {
	if zone, err := e.zones.Find(name); err == nil {
		return zone
	}
	return e.Shop.Zone
}

// callAll makes the provider calls of claims that have just been committed and
// writes all outcomes at once. A call that could not begin in time, or at all,
// goes back to planned: it alone is sure that no byte was written. So does what has
// not begun when a call hears that the provider rests.
func (e *Engine) callAll(ctx context.Context, sender *Sender, lane string, passed postgres.Passed, contents map[int64]*rendered, sent *outcomes) error {
	claims := passed.Claims
	if len(claims) == 0 {
		return nil
	}
	run := e.runner()
	committed := run.Now() // a stopwatch, not a clock: how long we have been at it
	// Who waits for a slot any longer could not begin: a provider that hangs must not hold back what is given back.
	begin, cancel := run.Timeout(ctx, startWithin)
	defer cancel()
	settled := make([]postgres.Settlement, len(claims))
	var calls sync.WaitGroup
	var rests atomic.Bool
	var back []postgres.Settlement
	var within deadline
	defer within.cancel()
	for i, claim := range claims {
		if rests.Load() || !run.Slot(begin, sender.pace.slots) {
			back = append(back, giveBack(claim))
			continue
		}
		now := run.Now()
		if now.Sub(committed) > startWithin || begin.Err() != nil || rests.Load() {
			<-sender.pace.slots
			back = append(back, giveBack(claim))
			continue
		}
		callCtx := within.of(ctx, run, now)
		run.Go(&calls, func() {
			defer func() { <-sender.pace.slots }()
			var out channel.Outcome
			settled[i], out = e.call(callCtx, sender, claim, contents[claim.ID])
			e.heed(ctx, sender, lane, out, &rests)
		})
	}
	// What never began is given back at once: a crash while the others are under way must not put it in doubt.
	var err error
	if len(back) > 0 {
		err = e.settle(ctx, committed.Add(lease/3), sender.Channel.Name(), postgres.Under{Claim: passed.ID, Open: true}, passed.Took, back)
	}
	run.Wait(&calls)
	sent.called += len(claims) - len(back)
	sent.rests = sent.rests || rests.Load()
	blame(settled, contents)
	called := settled[:0]
	for _, s := range settled {
		if s.State != "" {
			called = append(called, s)
			sent.count(s.State, s.Reason)
		}
	}
	sent.Returned += len(back)
	if err != nil {
		called = append(called, back...) // once more: nobody else knows that they were never begun
	}
	return e.settle(ctx, committed.Add(lease-2*time.Second), sender.Channel.Name(), postgres.Under{Claim: passed.ID}, passed.Took, called)
}

// deadline is when calls must be through. Those that begin within a hundredth of
// callTimeout share one, as a context and a timer each take longer than the rest
// of a call to a provider nearby. A stop does not cut a call in the middle: what was
// begun is seen through, within its own time.
type deadline struct {
	ctx     context.Context
	since   time.Time
	cancels []context.CancelFunc
}

func (d *deadline) of(ctx context.Context, run Runner, now time.Time) context.Context {
	if d.ctx == nil || now.Sub(d.since) > callTimeout/100 {
		within, cancel := run.Timeout(context.WithoutCancel(ctx), callTimeout)
		d.ctx, d.since, d.cancels = within, now, append(d.cancels, cancel)
	}
	return d.ctx
}

func (d *deadline) cancel() {
	for _, cancel := range d.cancels {
		cancel()
	}
}

// giveBackAll gives back what a gate has claimed whose commit was made though
// its answer was lost: nobody else knows that no call was begun. Whether it was
// made is read by the claim: epochs do not tell, because the next gate counts on
// from the same one if it was not. What cannot be read is left to the reaper.
func (e *Engine) giveBackAll(ctx context.Context, sender *Sender, passed postgres.Passed, begun time.Time) error {
	if passed.ID == 0 {
		return nil
	}
	run := e.runner()
	reading, cancel := run.Timeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		try, done := run.Timeout(reading, gateTimeout)
		ours, err := e.ledger().Claimed(try, passed.ID)
		done()
		if err == nil && !ours {
			return nil
		}
		if err == nil {
			break
		}
		if run.Sleep(reading, pause); reading.Err() != nil {
			return fmt.Errorf("read whether a gate was committed: %w", err)
		}
	}
	back := make([]postgres.Settlement, len(passed.Claims))
	for i, claim := range passed.Claims {
		back[i] = giveBack(claim)
	}
	return e.settle(ctx, begun.Add(lease-2*time.Second), sender.Channel.Name(), postgres.Under{Claim: passed.ID}, passed.Took, back)
}

// untakenLimit is after how many tries a delivery is dead that the provider does
// not take, though it takes others and names no time to come back.
const untakenLimit = 5

// blame finds what is wrong with a delivery and not with its provider: it was not
// taken while others were. Such a one waits longer each time, from half a minute
// to half an hour, which is more than mail servers ask of those whom they do not
// know yet.
func blame(settled []postgres.Settlement, contents map[int64]*rendered) {
	taken := slices.ContainsFunc(settled, func(s postgres.Settlement) bool { return s.State == delivery.Accepted })
	for i := range settled {
		if s := &settled[i]; s.Untaken {
			before := contents[s.Claim.ID].untaken
			if s.Untaken = taken; taken && before+1 < untakenLimit {
				s.RetryIn = max(s.RetryIn, retryAfter<<(2*before))
			}
		}
	}
}

// giveBack is a claim whose call never began.
func giveBack(c postgres.Claim) postgres.Settlement {
	return postgres.Settlement{Claim: c, State: delivery.Planned, Reason: "given back"}
}

// call makes one call, which ends with ctx. What is settled follows from its outcome alone.
func (e *Engine) call(ctx context.Context, sender *Sender, claim postgres.Claim, content *rendered) (s postgres.Settlement, out channel.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			e.Log.Error("a channel panicked; its message is unknown", "channel", sender.Channel.Name(), "delivery", claim.ID, "panic", p)
			out = channel.Outcome{Verdict: channel.Unknown, Reason: "panic in the channel"}
			s = postgres.Settlement{Claim: claim, State: delivery.Unknown, Reason: out.Reason}
		}
	}()
	m, err := content.message(claim.Code)
	if err != nil {
		e.Log.Error("a code cannot be put into its message", "delivery", claim.ID, "error", err)
		return postgres.Settlement{Claim: claim, State: delivery.Failed, Reason: string(audience.Template) + ": " + err.Error()},
			channel.Outcome{Verdict: channel.NotTaken, Trouble: channel.OurOwn}
	}
	m.Ref, m.To, m.From = e.Ref(claim.ID), claim.Address, sender.From
	begun := e.runner().Now()
	out = sender.Channel.Send(ctx, m)
	sender.pace.took(e.runner().Now().Sub(begun))
	s = postgres.Settlement{Claim: claim, Reason: text(out.Reason), ProviderID: text(out.ProviderID)}
	switch out.Verdict {
	case channel.Accepted:
		s.State, s.Reason = delivery.Accepted, ""
	case channel.Failed:
		s.State = delivery.Failed
		s.Reason = cmp.Or(s.Reason, "refused")
	case channel.NotTaken:
		s.State = delivery.Planned
		s.RetryIn = max(out.RetryAfter, retryAfter)
		s.Untaken = out.RetryAfter == 0 && (out.Trouble == channel.OfMessage || out.Trouble == channel.OfProvider)
	default:
		s.State = delivery.Unknown
	}
	return s, out
}

// text is what a provider said, fit to be stored: valid UTF-8, no NUL, short.
func text(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300])
	}
	return s
}

// retryAfter is how long a delivery waits that the provider surely did not take.
const retryAfter = 30 * time.Second

// settle writes outcomes; it tries until the lease is nearly over, because what
// it knows is lost with it. After that the rows are reaped as unknown.
func (e *Engine) settle(ctx context.Context, until time.Time, provider string, under postgres.Under, took postgres.Took, settled []postgres.Settlement) error {
	run := e.runner()
	ctx, cancel := run.Timeout(context.WithoutCancel(ctx), until.Sub(run.Now()))
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		try, done := run.Timeout(ctx, writeTimeout)
		_, err := e.ledger().Settle(try, provider, e.at(), under, took, giveUpAfter, settled)
		done()
		if err == nil {
			return nil
		}
		if run.Sleep(ctx, pause); ctx.Err() != nil {
			return fmt.Errorf("outcomes of %d calls could not be written: %w", len(settled), err)
		}
	}
}

func (s *Sent) count(state delivery.State) {
	switch state {
	case delivery.Accepted:
		s.Accepted++
	case delivery.Failed:
		s.Failed++
	case delivery.Unknown:
		s.Unknown++
	case delivery.Planned:
		s.Returned++
	}
}
