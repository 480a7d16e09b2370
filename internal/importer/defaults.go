package importer

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/order"
)

// fill reads the map's defaults of what is known of customers and products. They
// wait for the merge: only there it is known what neither a later row nor an
// earlier import says.
func (r *run) fill() error {
	set := genericColumns[r.opts.Kind]
	for _, column := range slices.Sorted(maps.Keys(r.opts.Map.Defaults)) {
		text := r.opts.Map.Defaults[column]
		var bad *badLine
		switch {
		case slices.Contains(set.fills, column):
			bad = r.fillColumn(column, text)
		case set.own.prefixed(column) && set.own.fills:
			bad = r.fillAttribute(column[len(set.own.prefix):], text)
		}
		if bad != nil {
			return fault.New(fault.Invalid, fmt.Sprintf("the default of %s cannot be read: %s", column, bad.full()), "nothing was imported; mend the map")
		}
	}
	return nil
}

func (r *run) fillColumn(column, text string) (bad *badLine) {
	k, p := &r.defaults.Customer, &r.defaults.Product
	switch column {
	case "name", "product_name":
		p.Name = text
	case "category":
		p.Category = text
	case "price":
		p.Price, bad = r.numbers.minor([]byte(text), order.Decimals(r.opts.Currency))
	case "cost":
		p.Cost, bad = r.numbers.minor([]byte(text), order.Decimals(r.opts.Currency))
	case "role":
		p.Role, bad = roleOf([]byte(text))
	case "email":
		var err error
		if k.Email, err = customer.CheckAddress(text); err != nil {
			return badValue("not an e-mail address", []byte(text))
		}
	case "phone":
		var err error
		if k.Phone, err = customer.CheckPhone(text); err != nil {
			return badValue(err.Error(), []byte(text))
		}
	case "first_name":
		k.FirstName = text
	case "last_name":
		k.LastName = text
	case "locale":
		k.Locale = text
	case "region":
		k.Region = text
	case "zone":
		zone, err := calendar.Zone(text)
		if err != nil {
			return badValue("unknown time zone", []byte(text))
		}
		k.Zone = zone.String()
	case "consent_email":
		k.ConsentEmail, bad = consent([]byte(text))
	case "consent_sms":
		k.ConsentSMS, bad = consent([]byte(text))
	case "tags":
		k.Tags, bad = readTags([]byte(text))
	default:
		var v event.Value
		if v, bad = profileValue(column, text, r.days()); v.Kind != "" {
			r.defaultAttributes(map[string]event.Value{column: v})
		}
	}
	return bad
}

func (r *run) fillAttribute(name, text string) *badLine {
	own := ownLayout{set: r.layout.own.set, types: r.layout.own.types, defaults: map[string]string{name: text}}
	values, bad := own.values(&record{})
	r.defaultAttributes(values)
	return bad
}

func (r *run) defaultAttributes(values map[string]event.Value) {
	if r.defaults.Customer.Attributes == nil {
		r.defaults.Customer.Attributes = map[string]event.Value{}
	}
	maps.Copy(r.defaults.Customer.Attributes, values)
}
