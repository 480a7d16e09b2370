package scenario

import (
	"errors"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/gsm"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/rules"
)

// unsubscribe stands in messages for a customer's own link.
const unsubscribe = "https://shop.example/u/test"

func (r *run) render(s *send, l *life, content campaigns.Content, at time.Time) (out rendered, err error) {
	set := r.contents[content.Message]
	if set == nil {
		return out, errors.New("there is no message " + content.Message)
	}
	t := set.For(l.Locale).Only(s.Channel)
	if t == nil {
		return out, errors.New("the message has no text for " + s.Channel)
	}
	b := r.bindings(s, l, at)
	if content.Coupon != nil {
		if content.Coupon.Exhausted == "send" {
			bare, err := message.Render(t, b)
			if err != nil {
				return out, err
			}
			out.bare = &bare
		}
		b.Coupon = r.coupon(r.pools[content.Coupon.Pool].Pool, *content.Coupon, at)
	}
	if out.content, err = message.Render(t, b); err != nil {
		return out, err
	}
	out.cost = r.costs[s.Channel]
	if s.Channel == message.SMS {
		out.cost *= int64(gsm.Measure(out.content.SMS).Segments)
	}
	return out, nil
}

// bindings is what a message says of the customer, as of an instant.
func (r *run) bindings(s *send, l *life, at time.Time) message.Bindings {
	b := message.Bindings{
		Customer:       message.Customer{ID: l.ShopID, Locale: l.Locale, Attributes: map[string]any{}},
		Shop:           message.Shop{Name: r.settings.Shop.Name},
		Stratum:        message.Stratum{Name: s.of.Stratum},
		UnsubscribeURL: unsubscribe,
	}
	if l.FirstName != nil {
		b.Customer.FirstName = *l.FirstName
	}
	if l.LastName != nil {
		b.Customer.LastName = *l.LastName
	}
	for name, values := range l.attributes {
		if v, ok := newest(values, at); ok {
			b.Customer.Attributes[name] = bound(v)
		}
	}
	r.history(&b, l, at)
	if o := s.of.trigger; o != nil {
		fact, _ := o.kept(at)
		b.Order = &message.Order{ID: o.id, On: o.at.In(r.basis.Zone), Total: r.money(&fact.Minor, o.currency), FirstProduct: o.lines[0].name}
	}
	if e := s.of.fired; e != nil {
		b.Event = map[string]any{}
		for name, v := range properties(e.Props) {
			b.Event[name] = bound(v)
		}
	}
	if r.campaign.Strata != nil {
		for _, v := range r.campaign.Strata.Values {
			if v.Name == s.of.Stratum {
				b.Stratum.Notes = v.Notes
			}
		}
	}
	return b
}

// history fills in the orders as of an instant; only those in the shop's currency
// have a total.
func (r *run) history(b *message.Bindings, l *life, at time.Time) {
	var total int64
	some := false
	for _, o := range l.orders {
		fact, ok := o.kept(at)
		if !ok {
			continue
		}
		b.Orders.Count++
		b.Orders.LastOn = o.at.In(r.basis.Zone)
		if o.currency == r.settings.Shop.Currency {
			total, some = total+fact.Minor, true
		}
	}
	if some {
		b.Orders.Total = r.money(&total, r.settings.Shop.Currency)
	}
}

// bound is a value as templates read it.
func bound(v rules.Attribute) any {
	switch v.Kind {
	case rules.Text:
		return v.Text
	case rules.Number:
		return v.Number
	case rules.Date:
		return calendar.Instant(v.Date, 0, time.UTC)
	case rules.Truth:
		return v.Truth
	}
	return nil
}

// coupon is what a message says of the code that the gate is to bind.
func (r *run) coupon(pool coupon.Pool, of campaigns.Coupon, at time.Time) *message.Coupon {
	c := &message.Coupon{Percent: float64(pool.Percent) * 100 / coupon.Whole, MinSpend: r.money(pool.MinSpend, pool.Currency)}
	if pool.Kind == coupon.Amount {
		c.Value = r.money(pool.Value, pool.Currency)
	}
	if end := pool.Expiry(at, of.Lasts(at, r.basis.Zone)); !end.IsZero() {
		c.ExpiresOn = end.Add(-time.Nanosecond).In(r.basis.Zone)
	}
	return c
}

func (r *run) money(minor *int64, currency string) *message.Amount {
	if minor == nil {
		return nil
	}
	return &message.Amount{Minor: *minor, Currency: currency}
}
