package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
)

const (
	// askLimit is how many doubts one pass takes, of at most 500 deliveries each.
	askLimit = 4
	// askWithin bounds a pass: what it did not come to is asked about next time.
	askWithin = time.Minute
)

// Reconciled is what became of a delivery in doubt when its provider was asked.
type Reconciled struct {
	ID   int64          `json:"id"`
	Was  delivery.State `json:"was"`
	Now  delivery.State `json:"now"` // as it was where nothing was learnt
	Says string         `json:"says"`
}

// Reconcile asks providers about the deliveries in doubt whose time has come, and
// sends again what may be: under its key, where the provider takes a key once. It
// returns how many it settled. Several at once share the doubts, and two that ask
// about the same one are harmless.
func (e *Engine) Reconcile(ctx context.Context) (int, error) {
	var channels []string
	for name, s := range e.Channels {
		if p := s.Channel.Promise(); p.LookupByRef || p.IdempotencyWindow > 0 {
			channels = append(channels, name)
		}
	}
	if len(channels) == 0 {
		return 0, nil
	}
	slices.Sort(channels)
	doubts, err := e.ledger().Doubts(ctx, channels, askLimit)
	if err != nil || len(doubts) == 0 {
		return 0, err
	}
	found, err := e.reconcile(ctx, doubts)
	n := 0
	for _, r := range found {
		if r.Now != r.Was {
			n++
		}
	}
	if n > 0 {
		e.Log.Info("deliveries in doubt are settled", "asked", len(doubts), "settled", n)
	}
	return n, err
}

// ReconcileNow asks about the deliveries in doubt of these ids, or of a campaign,
// whenever they were asked about last.
func (e *Engine) ReconcileNow(ctx context.Context, campaign string, ids []int64) ([]Reconciled, error) {
	doubts, err := e.Store.DoubtsOf(ctx, campaign, ids)
	if err != nil {
		return nil, err
	}
	return e.reconcile(ctx, doubts)
}

func (e *Engine) reconcile(ctx context.Context, doubts []postgres.Doubt) (found []Reconciled, err error) {
	ctx, cancel := e.runner().Timeout(ctx, askWithin)
	defer cancel()
	by := map[string][]postgres.Doubt{}
	for _, d := range doubts {
		by[d.Lane.Channel] = append(by[d.Lane.Channel], d)
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(by)) {
		some, err := e.reconcileOn(ctx, name, by[name])
		found, faults = append(found, some...), append(faults, err)
	}
	return found, errors.Join(faults...)
}

// reconcileOn asks about the doubts on one channel; what the provider does not
// find stays in doubt, or is sent again.
func (e *Engine) reconcileOn(ctx context.Context, name string, doubts []postgres.Doubt) ([]Reconciled, error) {
	r := &reconciling{e: e, says: map[int64]*Reconciled{}}
	for _, d := range doubts {
		r.says[d.Claim.ID] = &Reconciled{ID: d.Claim.ID, Was: d.State, Now: d.State, Says: "its provider can neither be asked, nor takes a repeated message once"}
	}
	sender := e.Channels[name]
	var promise channel.Promise
	if sender != nil {
		promise = sender.Channel.Promise()
	}
	var err error
	if asked, ok := asksOf(sender); ok && promise.LookupByRef {
		doubts, err = r.ask(ctx, sender, asked, doubts)
	}
	if err == nil && promise.IdempotencyWindow > 0 {
		err = r.again(ctx, sender, promise.IdempotencyWindow, doubts)
	}
	out := make([]Reconciled, 0, len(r.says))
	for _, id := range slices.Sorted(maps.Keys(r.says)) {
		out = append(out, *r.says[id])
	}
	return out, err
}

func asksOf(s *Sender) (channel.Asked, bool) {
	if s == nil {
		return nil, false
	}
	asked, ok := s.Channel.(channel.Asked)
	return asked, ok
}

// reconciling is what one pass has learnt.
type reconciling struct {
	e    *Engine
	says map[int64]*Reconciled
}

// each runs work for every index below n, as many at once as the sender has calls,
// and leaves out those for which there was no time.
func (r *reconciling) each(ctx context.Context, sender *Sender, n int, work func(i int)) {
	run := r.e.runner()
	var calls sync.WaitGroup
	for i := range n {
		if !run.Slot(ctx, sender.pace.slots) {
			break
		}
		run.Go(&calls, func() {
			defer func() { <-sender.pace.slots }()
			work(i)
		})
	}
	run.Wait(&calls)
}

// ask looks every doubt up and writes what was found. It returns those that the
// provider does not know: which is not "not taken", because an index lags.
func (r *reconciling) ask(ctx context.Context, sender *Sender, asked channel.Asked, doubts []postgres.Doubt) (left []postgres.Doubt, err error) {
	run := r.e.runner()
	findings, faults, done := make([]channel.Finding, len(doubts)), make([]error, len(doubts)), make([]bool, len(doubts))
	r.each(ctx, sender, len(doubts), func(i int) {
		defer func() {
			if p := recover(); p != nil {
				faults[i] = fmt.Errorf("panic in the channel: %v", p)
			}
		}()
		ctx, cancel := run.Timeout(ctx, callTimeout)
		defer cancel()
		done[i] = true
		findings[i], faults[i] = asked.Ask(ctx, r.e.Ref(doubts[i].Claim.ID))
	})
	var settled []postgres.Settlement
	var of []postgres.Doubt
	for i, d := range doubts {
		says := r.says[d.Claim.ID]
		switch f := findings[i]; {
		case !done[i]:
			says.Says = "there was no time to ask"
		case faults[i] != nil:
			says.Says = text(faults[i].Error())
		case !f.Found:
			says.Says = "the provider does not know it, which does not say that it was not taken"
			left = append(left, d)
		default:
			s := postgres.Settlement{Claim: d.Claim, State: delivery.Accepted, ProviderID: text(f.ProviderID)}
			if f.Verdict == channel.Failed {
				s.State, s.Reason = delivery.Failed, text("the provider says: "+f.Reason)
			}
			says.Says = "the provider was asked, and has it as " + string(s.State)
			settled, of = append(settled, s), append(of, d)
		}
	}
	return left, r.write(ctx, sender, settled, of)
}

// write settles doubts, those of each limited campaign by themselves.
func (r *reconciling) write(ctx context.Context, sender *Sender, settled []postgres.Settlement, of []postgres.Doubt) error {
	by := map[int][]postgres.Settlement{}
	for i, s := range settled {
		limited := 0
		if of[i].Limited {
			limited = of[i].Campaign
		}
		by[limited] = append(by[limited], s)
	}
	run := r.e.runner()
	for _, limited := range slices.Sorted(maps.Keys(by)) {
		if err := r.e.settle(ctx, run.Now().Add(lease/2), sender.Channel.Name(), postgres.Under{}, postgres.Took{Campaign: limited}, by[limited]); err != nil {
			return err
		}
		for _, s := range by[limited] {
			r.says[s.Claim.ID].Now = s.State
		}
	}
	return nil
}

// again sends messages once more under their keys, lane by lane.
func (r *reconciling) again(ctx context.Context, sender *Sender, window time.Duration, doubts []postgres.Doubt) error {
	if err := r.replan(ctx, window, doubts); err != nil {
		return err
	}
	lanes := map[postgres.Lane][]postgres.Doubt{}
	var order []postgres.Lane
	for _, d := range doubts {
		if d.State != delivery.Unknown || d.GateAt == nil {
			continue
		}
		if lanes[d.Lane] == nil {
			order = append(order, d.Lane)
		}
		lanes[d.Lane] = append(lanes[d.Lane], d)
	}
	for _, lane := range order {
		left := lanes[lane]
		for len(left) > 0 && ctx.Err() == nil {
			n, done := r.e.room(ctx, sender, len(left))
			if n == 0 { // it rests
				break
			}
			called, rest, err := r.resend(ctx, sender, window, lane, left[:n])
			if done(called); err != nil {
				return err
			}
			left = append(rest, left[n:]...)
		}
		for _, d := range left {
			r.says[d.Claim.ID].Says = "there was no time to send it again"
		}
	}
	return nil
}

// replan plans what a failover put in doubt again: the provider takes the key once.
// Where a wave has several channels, the gate that is forgotten may have chosen
// another, whose provider knows nothing of this one's keys.
func (r *reconciling) replan(ctx context.Context, window time.Duration, doubts []postgres.Doubt) error {
	var claims []postgres.Claim
	for _, d := range doubts {
		if d.State != delivery.Quarantine {
			continue
		}
		v, err := r.e.version(ctx, d.Lane.Version)
		if err != nil {
			return err
		}
		r.says[d.Claim.ID].Says = "it may have gone out on another channel of its wave"
		if len(v.waves[d.Lane.Wave].Channels) == 1 {
			claims = append(claims, d.Claim)
			r.says[d.Claim.ID].Says = "the provider takes its key once, but not for long enough any more"
		}
	}
	if len(claims) == 0 {
		return nil
	}
	done, err := r.e.ledger().Replan(ctx, claims, window, r.e.at())
	for _, id := range done {
		r.says[id].Now, r.says[id].Says = delivery.Planned, "its provider takes the key once: it is planned again"
	}
	return err
}

// resend renders some doubts of a lane as of their gates, has the gate look again,
// and calls; it returns how often, and which the gate passed over to be asked
// about once more: none where it got nowhere. Only an answer about the message settles it.
func (r *reconciling) resend(ctx context.Context, sender *Sender, window time.Duration, lane postgres.Lane, doubts []postgres.Doubt) (called int, rest []postgres.Doubt, err error) {
	e, run := r.e, r.e.runner()
	v, err := e.version(ctx, lane.Version)
	if err != nil {
		return 0, nil, err
	}
	w, ok := v.waves[lane.Wave]
	if !ok {
		return 0, nil, fmt.Errorf("version %d of %s has no wave %q", lane.Version, v.stored.Name, lane.Wave)
	}
	contents := make(map[int64]*rendered, len(doubts))
	ids := make([]int64, 0, len(doubts))
	of := make(map[int64]postgres.Doubt, len(doubts))
	by := make(map[int64]postgres.Doubt, len(doubts))
	for _, d := range doubts {
		by[d.Claim.ID] = d
		content, err := e.renderAgain(ctx, v, w, lane, d)
		switch {
		case errors.As(err, new(cannotRender)):
			r.says[d.Claim.ID].Says = "it cannot be sent again: " + err.Error()
		case err != nil:
			return 0, nil, err
		default:
			contents[d.Claim.ID], of[d.Claim.ID], ids = &content, d, append(ids, d.Claim.ID)
		}
	}
	if len(ids) == 0 {
		return 0, nil, nil
	}
	// A stop must not cut a commit in the middle.
	gateCtx, cancel := run.Timeout(context.WithoutCancel(ctx), gateTimeout)
	again, err := e.ledger().GateAgain(gateCtx, e.gateInput(v, w, lane, sender, ids), window, func(_ time.Time, g *postgres.Gated) { e.complete(v, w, sender, g, contents[g.ID]) })
	cancel()
	if err != nil {
		return 0, nil, err
	}
	for id, why := range again.Left {
		r.says[id].Says = "it is not sent again: " + why
		delete(of, id)
	}
	for _, c := range again.Claims {
		delete(of, c.ID)
	}
	for id := range of {
		r.says[id].Says = "its customer is in other hands; it is asked about later"
	}
	if len(of) < len(ids) { // a customer with two is asked about one at a time
		for _, d := range doubts {
			if _, passedOver := of[d.Claim.ID]; passedOver {
				rest = append(rest, d)
			}
		}
	}
	for i, claim := range again.Claims {
		// The code stays the delivery's; a ledger that was restored may have lost it all the same.
		if content := contents[claim.ID]; claim.Code == "" && !content.codeless && content.bare == nil {
			r.says[claim.ID].Says = "it is not sent again: its code is not there any more"
			again.Claims[i].ID = 0
		}
	}
	again.Claims = slices.DeleteFunc(again.Claims, func(c postgres.Claim) bool { return c.ID == 0 })
	committed := run.Now()
	settled := make([]postgres.Settlement, len(again.Claims))
	var rests atomic.Bool
	begin, stop := run.Timeout(ctx, startWithin)
	defer stop()
	r.each(begin, sender, len(again.Claims), func(i int) {
		if run.Now().Sub(committed) > startWithin || rests.Load() {
			return
		}
		var out channel.Outcome
		callCtx, done := run.Timeout(context.WithoutCancel(ctx), callTimeout)
		settled[i], out = e.call(callCtx, sender, again.Claims[i], contents[again.Claims[i].ID])
		done()
		e.heed(ctx, sender, lane.Channel, out, &rests)
	})
	var known []postgres.Settlement
	var doubtful []postgres.Doubt
	for i, claim := range again.Claims {
		s, says := settled[i], r.says[claim.ID]
		if s.State != "" {
			called++
		}
		switch s.State {
		case delivery.Accepted, delivery.Failed:
			says.Says = "it was sent again under its key: " + string(s.State)
			known, doubtful = append(known, s), append(doubtful, by[claim.ID])
		case "":
			says.Says = "there was no time to send it again"
		default:
			says.Says = "it was sent again under its key, and nobody can say what became of it: " + s.Reason
		}
	}
	return called, rest, r.write(ctx, sender, known, doubtful)
}
