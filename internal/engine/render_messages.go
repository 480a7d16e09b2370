package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/gsm"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
)

// rendered is a message on its way to the gate, with the sentinel where a code
// goes, and what it costs.
type rendered struct {
	message.Content
	bare     *message.Content // without a coupon, for a wave that goes out all the same; nil: there is none
	headers  map[string]string
	cost     int64 // millionths of the currency's unit
	codeless bool  // it carries no code
	untaken  int   // how often the provider did not take it though it took others
	planned  *postgres.Planned
}

// message is what is sent, with the code that the gate has bound in its place.
func (r *rendered) message(code string) (m channel.Message, err error) {
	c := r.Content
	if code != "" {
		if c, err = message.Splice(c, code); err != nil {
			return m, err
		}
	} else if r.bare != nil {
		c = *r.bare
	}
	m = channel.Message{Subject: c.Subject, Text: c.Text, HTML: c.HTML, Headers: r.headers}
	if c.SMS != "" {
		m.Text = c.SMS
	}
	return m, nil
}

// hash is what a message is known by to be the same, with its sender and address
// and all that it may say, but for the code, which stays the delivery's.
func (r *rendered) hash(from, to string) []byte {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode([]any{from, to, r.Content, r.bare, r.headers}) // texts only: it cannot fail
	return h.Sum(nil)[:16]
}

// cannotRender is a message that cannot be made, however often it is tried.
type cannotRender struct{ error }

func (c cannotRender) Unwrap() error { return c.error }

// renderAgain makes the message of a delivery in doubt as it was when the gate let
// it out, if what it speaks of is still so.
func (e *Engine) renderAgain(ctx context.Context, v *version, w campaigns.Wave, lane postgres.Lane, d postgres.Doubt) (rendered, error) {
	want := v.wanted[w.Name]
	want.Doubt = true
	loaded, err := e.ledger().LoadRendering(ctx, lane, []int64{d.Claim.ID}, d.GateAt, want)
	if err != nil {
		return rendered{}, err
	}
	if len(loaded) == 0 {
		return rendered{}, cannotRender{errors.New("it is not in doubt any more")}
	}
	var pools map[string]coupon.Pool
	if want.Coupon {
		if pools, err = e.poolsOf(ctx, v, w.Name); err != nil {
			return rendered{}, err
		}
	}
	out, err := e.renderOne(v, w, lane.Channel, loaded[0], d.GateAt, pools)
	if err != nil {
		return rendered{}, cannotRender{err}
	}
	return out, nil
}

// render makes the messages of both arms before any gate, so that what cannot
// be rendered never reserves anything.
func (e *Engine) render(ctx context.Context, v *version, w campaigns.Wave, c Chunk, sent *Sent) (map[int64]*rendered, error) {
	want := v.wanted[w.Name]
	at := e.at()
	if want.Coupon || len(want.Attributes) > 0 {
		now, err := e.now(ctx)
		if err != nil {
			return nil, err
		}
		at = &now
	}
	loaded, err := e.ledger().LoadRendering(ctx, c.Lane, c.IDs, at, want)
	if err != nil {
		return nil, err
	}
	var pools map[string]coupon.Pool
	if want.Coupon {
		if pools, err = e.poolsOf(ctx, v, w.Name); err != nil {
			return nil, err
		}
	}
	contents := make(map[int64]*rendered, len(loaded))
	dead := map[int64]string{}
	for i := range loaded {
		r := &loaded[i]
		if r.Untaken >= untakenLimit {
			dead[r.ID] = fmt.Sprintf("not taken %d times: %s", r.Untaken, r.Reason)
			continue
		}
		out, err := e.renderOne(v, w, c.Channel, *r, at, pools)
		if err != nil {
			dead[r.ID] = string(audience.Template) + ": " + err.Error()
			continue
		}
		out.untaken, out.planned = r.Untaken, &r.Planned
		contents[r.ID] = &out
	}
	if len(dead) > 0 {
		sent.Dead += len(dead)
		e.Log.Warn("deliveries are dead: their messages cannot be rendered, or are not taken", "campaign", v.stored.Name, "wave", w.Name, "deliveries", len(dead))
		if err := e.ledger().Bury(ctx, dead); err != nil {
			return nil, err
		}
	}
	return contents, nil
}

func (e *Engine) renderOne(v *version, w campaigns.Wave, to string, r postgres.Rendering, at *time.Time, pools map[string]coupon.Pool) (out rendered, err error) {
	defer func() { // one message must not end the worker that has 500 in hand
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	part, ok := v.parts[choice{w.Name, r.Variant, r.Stratum}]
	if !ok {
		return out, fmt.Errorf("the wave has no message for variant %q and stratum %q", r.Variant, r.Stratum)
	}
	t := part.set.For(r.Locale).Only(to)
	if t == nil {
		return out, fmt.Errorf("the message has no text for %s", to)
	}
	b := e.bindings(r, part.notes)
	if to != message.SMS || t.Reads("unsubscribe_url") {
		b.UnsubscribeURL = e.unsubscribeURL(r.ID)
	}
	if out.codeless = part.Coupon == nil; !out.codeless {
		if part.Coupon.Exhausted == "send" {
			bare, err := message.Render(t, b)
			if err != nil {
				return out, err
			}
			out.bare = &bare
		}
		b.Coupon = e.couponOf(r, pools[part.Coupon.Pool], *part.Coupon, at)
	}
	if out.Content, err = message.Render(t, b); err != nil {
		return out, err
	}
	out.cost = e.Shop.CostMicros[to]
	if to == message.SMS {
		out.cost *= int64(gsm.Measure(out.SMS).Segments)
		return out, nil
	}
	out.headers = message.UnsubscribeHeaders(b.UnsubscribeURL, "")
	return out, nil
}

// wants is what the messages of a wave speak of, in any language.
func (v *version) wants(wave, currency string) postgres.RenderingWants {
	def := v.stored.Definition
	want := postgres.RenderingWants{Orders: v.reads(wave, "orders"), Order: def.Enter.On == "order_paid" && v.reads(wave, "order."),
		Event: def.Enter.On == "event" && v.reads(wave, "event.")}
	if v.reads(wave, "orders.total") {
		want.Currency = currency
	}
	for of, p := range v.parts {
		want.Coupon = want.Coupon || of.wave == wave && p.Coupon != nil
	}
	want.Attributes = v.attributes(wave)
	return want
}

// attributes are those of the customer that the messages of a wave read, or with
// no name those of any, in the order of the alphabet.
func (v *version) attributes(wave string) []string {
	var names []string
	for of, p := range v.parts {
		if wave == "" || of.wave == wave {
			names = append(names, p.set.Attributes()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// poolsOf reads the terms of the pools that a wave gives codes from.
func (e *Engine) poolsOf(ctx context.Context, v *version, wave string) (map[string]coupon.Pool, error) {
	pools := map[string]coupon.Pool{}
	for of, p := range v.parts {
		if of.wave != wave || p.Coupon == nil {
			continue
		}
		if _, had := pools[p.Coupon.Pool]; had {
			continue
		}
		pool, err := e.ledger().CouponPool(ctx, p.Coupon.Pool)
		if err != nil {
			return nil, err
		}
		pools[pool.Name] = pool
	}
	return pools, nil
}

func (e *Engine) bindings(r postgres.Rendering, notes map[string]map[string]string) message.Bindings {
	b := message.Bindings{
		Customer: message.Customer{ID: r.ShopID, Locale: r.Locale, Attributes: values(r.Attributes)},
		Shop:     message.Shop{Name: e.Shop.Name},
		Orders:   message.Orders{Count: int(r.Orders)},
		Event:    values(r.Event),
		Stratum:  message.Stratum{Name: r.Stratum, Notes: notes[r.Stratum]},
	}
	if r.FirstName != nil {
		b.Customer.FirstName = *r.FirstName
	}
	if r.LastName != nil {
		b.Customer.LastName = *r.LastName
	}
	if r.LastOrder != nil {
		b.Orders.LastOn = r.LastOrder.In(e.Shop.Zone)
	}
	if r.Spent != nil {
		b.Orders.Total = &message.Amount{Minor: *r.Spent, Currency: e.Shop.Currency}
	}
	if o := r.Order; o != nil {
		b.Order = &message.Order{ID: o.ShopID, On: o.PlacedAt.In(e.Shop.Zone), Total: &message.Amount{Minor: o.Minor, Currency: o.Currency}, FirstProduct: o.FirstProduct}
	}
	return b
}

// values are properties as a template reads them.
func values(of map[string]event.Value) map[string]any {
	if of == nil {
		return nil
	}
	out := make(map[string]any, len(of))
	for name, v := range of {
		switch v.Kind {
		case event.Text:
			out[name] = v.Text
		case event.Number:
			out[name] = v.Number
		case event.Date:
			out[name] = v.Date
		case event.Truth:
			out[name] = v.Truth
		}
	}
	return out
}

// couponOf is what the message says of the code that the gate will bind, or has
// bound at an earlier try. A code bound a moment later ends no sooner.
func (e *Engine) couponOf(r postgres.Rendering, pool coupon.Pool, of campaigns.Coupon, at *time.Time) *message.Coupon {
	c := &message.Coupon{Percent: float64(pool.Percent) * 100 / coupon.Whole}
	if pool.Kind == coupon.Amount {
		c.Value = amount(pool.Value, pool.Currency)
	}
	c.MinSpend = amount(pool.MinSpend, pool.Currency)
	end := pool.Expiry(*at, of.Lasts(*at, e.Shop.Zone))
	if r.Expires != nil {
		end = *r.Expires
	}
	if !end.IsZero() {
		c.ExpiresOn = end.Add(-time.Nanosecond).In(e.Shop.Zone) // a day in the zone of the value
	}
	return c
}

func amount(minor *int64, currency string) *message.Amount {
	if minor == nil {
		return nil
	}
	return &message.Amount{Minor: *minor, Currency: currency}
}
