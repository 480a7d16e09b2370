package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/enrollment"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/gsm"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// SampleCode stands in previews and test messages where a coupon's code goes.
const SampleCode = "SAMPLE-CODE"

// Pick narrows a preview. Empty leaves it as it would be.
type Pick struct{ Wave, Variant, Locale, Channel string }

// Preview is what a campaign would do for one customer at an instant.
type Preview struct {
	Customer string // the shop's own id; empty: the sample, of whom everything is known
	At       time.Time

	Trigger   string          // the order or event that brings the customer in, for people; empty: none has
	Untouched bool            // the campaign waits for an order or an event of which there is none
	EnteredAt time.Time       // the trigger's instant, else At
	Reason    audience.Reason // why the customer would not enter; empty: they would
	Err       error           // with audience.RuleError only
	Clauses   []rules.Clause
	Arm       holdout.Arm // as it would be drawn; of the sample treat
	Stratum   string
	Messages  []PreviewMessage // of the first round, in the order of the file
}

// PreviewMessage is one wave as it would reach the customer if they entered.
type PreviewMessage struct {
	wave.Delivery
	Unreachable audience.Reason // why no channel of the wave reaches the customer; it is then shown on its first
	Content     message.Content // with SampleCode for a coupon's
	Pool        string          // of the coupon; empty: it gives none
	Length      gsm.Length      // of a text message
	CostMicros  int64
	Fault       string // why it cannot be rendered; empty: it can

	headers map[string]string
}

// PreviewCustomer asks about one customer what entry and rendering will ask, and
// writes nothing. A campaign that is entered by orders or events is asked about
// the customer's newest, as of the moment it came.
func (e *Engine) PreviewCustomer(ctx context.Context, def campaigns.Campaign, shopID string, at time.Time, pick Pick) (Preview, error) {
	out := Preview{At: at, Customer: shopID}
	stored, err := e.asApplied(ctx, def, at)
	if err != nil {
		return out, err
	}
	v, err := e.compile(stored)
	if err != nil {
		return out, err
	}
	if err := pick.Check(def); err != nil {
		return out, err
	}
	pools, err := e.poolsThere(ctx)
	if err != nil {
		return out, err
	}
	err = e.Store.PreviewCustomer(ctx, stored, shopID, at, e.Shop.Currency, v.attributes(""), func(p *postgres.Planning, k postgres.Candidate, r postgres.Rendering) error {
		known, err := e.know(ctx, p, v.needs, []postgres.Candidate{k})
		if err != nil {
			return err
		}
		facts := known[int64(k.Profile.ID)]
		env := e.env(&k, &v.needs, &facts, v.basis)
		decision := e.decide(v, &k, env, &facts)
		out.EnteredAt, out.Reason, out.Err = k.At, decision.Reason, decision.Err
		out.Untouched = def.Enter.On != "" && k.OrderID == 0 && k.EventID == 0
		switch {
		case r.Order != nil:
			out.Trigger = "order " + r.Order.ShopID
		case k.EventID != 0:
			out.Trigger = "event " + def.Enter.Event
		}
		if out.Untouched {
			out.Reason, out.Err = "", nil // the rule would speak of what is not there
		}
		who := wave.Candidate{Profile: k.Profile, Contact: k.Contact, EnteredAt: k.At, Entries: k.Entries, Env: env}
		if !out.Untouched {
			out.Clauses = v.planner.Explain(who.Env)
		}
		enrolled, deliveries, err := v.planner.AsIf(who)
		if err != nil {
			return err
		}
		out.Arm, out.Stratum = enrolled.Arm, enrolled.Stratum
		if pick.Locale != "" {
			r.Locale = pick.Locale
		}
		r.Stratum = enrolled.Stratum
		out.Messages = e.previewMessages(v, pick, deliveries, r.Locale, r.Stratum, func(d wave.Delivery, part part, _ *message.Template) message.Bindings {
			r := r
			r.Variant = d.Variant
			b := e.bindings(r, part.notes)
			b.UnsubscribeURL = e.unsubscribeURL(r.ID)
			if part.Coupon != nil {
				b.Coupon = e.couponOf(r, pools[part.Coupon.Pool], *part.Coupon, &d.ScheduledAt)
			}
			return b
		})
		for i := range out.Messages {
			m := &out.Messages[i]
			if m.Unreachable = v.planner.Reachable(m.Wave, k.Contact); m.Pool != "" && m.Fault == "" && pools[m.Pool].Name == "" {
				m.Fault = fmt.Sprintf("there is no coupon pool %q yet", m.Pool)
			}
		}
		return nil
	})
	return out, err
}

// PreviewSample is a preview for a customer of whom everything is known. It
// needs no database; without keys to sign with, the links are samples too.
func (e *Engine) PreviewSample(def campaigns.Campaign, at time.Time, pick Pick) (Preview, error) {
	out := Preview{At: at, EnteredAt: at, Arm: holdout.Treat}
	v, err := e.compile(postgres.Campaign{Name: def.Name, Definition: def, Design: 1})
	if err != nil {
		return out, err
	}
	if err := pick.Check(def); err != nil {
		return out, err
	}
	sample := enrollment.Enrollment{Key: "sample", Customer: customer.ID(0), EnteredAt: at, Entry: 1, Arm: holdout.Treat, Zone: e.Shop.Zone.String()}
	if def.Strata != nil {
		sample.Stratum = def.Strata.Default
	}
	out.Stratum = sample.Stratum
	deliveries, err := v.planner.Round(sample, 1, audience.Contact{})
	if err != nil {
		return out, err
	}
	out.Messages = e.previewMessages(v, pick, deliveries, pick.Locale, sample.Stratum, func(d wave.Delivery, part part, t *message.Template) message.Bindings {
		b := message.SampleFor(t)
		b.Shop.Name = e.Shop.Name
		b.Stratum.Name = sample.Stratum
		if e.Links.Installation != "" {
			b.UnsubscribeURL = e.unsubscribeURL(message.TestDelivery)
		}
		for name, note := range part.notes[sample.Stratum] {
			b.Stratum.Notes[name] = note
		}
		if o := def.Enter.Occasion; o != nil && o.Attribute != "" {
			b.Customer.Attributes[o.Attribute] = at.In(e.Shop.Zone).AddDate(-30, 0, o.Before) // theirs is the day asked about
		}
		switch {
		case part.Coupon == nil:
			b.Coupon = nil
		case part.Coupon.Expires > 0:
			b.Coupon.ExpiresOn = d.ScheduledAt.Add(part.Coupon.Expires - 1).In(e.Shop.Zone)
		}
		return b
	})
	return out, nil
}

// binder is what a message may speak of.
type binder func(wave.Delivery, part, *message.Template) message.Bindings

// previewMessages renders a round. A message that cannot be rendered says why
// and hides none of the others.
func (e *Engine) previewMessages(v *version, pick Pick, round []wave.Delivery, locale, stratum string, bind binder) []PreviewMessage {
	var out []PreviewMessage
	for _, d := range round {
		w := v.waves[d.Wave]
		if pick.Wave != "" && pick.Wave != d.Wave || pick.Channel != "" && !slices.Contains(w.Channels, pick.Channel) {
			continue
		}
		if pick.Variant != "" && slices.ContainsFunc(w.Variants, func(x campaigns.Variant) bool { return x.Name == pick.Variant }) {
			d.Variant = pick.Variant
		}
		if pick.Channel != "" {
			d.Channel = pick.Channel
		}
		out = append(out, e.previewMessage(v, d, locale, stratum, bind))
	}
	return out
}

func (e *Engine) previewMessage(v *version, d wave.Delivery, locale, stratum string, bind binder) PreviewMessage {
	m := PreviewMessage{Delivery: d}
	part := v.parts[choice{d.Wave, d.Variant, stratum}]
	if part.Coupon != nil {
		m.Pool = part.Coupon.Pool
	}
	t := part.set.For(locale).Only(d.Channel)
	if t == nil {
		m.Fault = "the message has no text for " + d.Channel
		return m
	}
	b := bind(d, part, t)
	content, err := message.Render(t, b)
	if err != nil {
		m.Fault = err.Error()
		return m
	}
	put := strings.NewReplacer(message.Sentinel, SampleCode)
	m.Content = message.Content{Subject: put.Replace(content.Subject), Text: put.Replace(content.Text), HTML: put.Replace(content.HTML), SMS: put.Replace(content.SMS)}
	m.CostMicros = e.Shop.CostMicros[d.Channel]
	if d.Channel == message.SMS {
		m.Length = gsm.Measure(content.SMS) // with the sentinel: as long as the longest code
		m.CostMicros *= int64(m.Length.Segments)
		return m
	}
	m.headers = message.UnsubscribeHeaders(b.UnsubscribeURL, "")
	return m
}

// Check refuses what the campaign does not have.
func (p Pick) Check(def campaigns.Campaign) error {
	var waves, variants []string
	for _, w := range def.Waves {
		waves = append(waves, w.Name)
		for _, v := range w.Variants {
			variants = append(variants, v.Name)
		}
	}
	for _, x := range []struct {
		what, name string
		there      []string
	}{{"wave", p.Wave, waves}, {"variant", p.Variant, variants}} {
		if x.name != "" && !slices.Contains(x.there, x.name) {
			there := "there is none"
			if len(x.there) > 0 {
				there = "there are: " + strings.Join(slices.Compact(x.there), ", ")
			}
			return fault.New(fault.Usage, fmt.Sprintf("campaign %s has no %s %q", def.Name, x.what, x.name), there)
		}
	}
	return nil
}

// poolsThere is every pool that there is, by name.
func (e *Engine) poolsThere(ctx context.Context) (map[string]coupon.Pool, error) {
	list, err := e.Store.CouponPools(ctx)
	by := make(map[string]coupon.Pool, len(list))
	for _, p := range list {
		by[p.Name] = p
	}
	return by, err
}
