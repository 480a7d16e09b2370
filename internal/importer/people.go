package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
)

// maxTags is the most that one customer has.
const maxTags = 200

// customer reads a row of a customers file.
func (r *run) customer() func(*record) (postgres.ImportCustomer, bool, *badLine) {
	id, email, phone := r.layout.field("customer_id"), r.layout.field("email"), r.layout.field("phone")
	first, last, locale := r.layout.field("first_name"), r.layout.field("last_name"), r.layout.field("locale")
	region, zone := r.layout.field("region"), r.layout.field("zone")
	byEmail, bySMS, at := r.layout.field("consent_email"), r.layout.field("consent_sms"), r.layout.field("consent_at")
	tags, changed, profile := r.layout.field("tags"), r.layout.field("changed_at"), r.profile()
	var zones calendar.Zones
	addresses, assumed := &collector{template: r.opts.AddressTemplate, address: r.leaveOut}, r.defaults.Customer

	return func(rec *record) (k postgres.ImportCustomer, _ bool, bad *badLine) {
		k.Line, k.ShopID = rec.line, string(exported(id.of(rec)))
		if k.ShopID == "" {
			return k, false, &badLine{reason: "no customer_id"}
		}
		if len(k.ShopID) > maxID {
			return k, false, badValue(fmt.Sprintf("an id longer than %d bytes", maxID), []byte(k.ShopID))
		}
		if text := exported(zone.of(rec)); len(text) > 0 {
			place, err := zones.Find(string(text))
			if err != nil {
				return k, false, badValue("unknown time zone", text)
			}
			k.Zone = place.String()
		}
		if k.ConsentEmail, bad = consent(byEmail.of(rec)); bad != nil {
			return k, false, bad
		}
		if k.ConsentSMS, bad = consent(bySMS.of(rec)); bad != nil {
			return k, false, bad
		}
		if k.ConsentEmail != nil || k.ConsentSMS != nil || assumed.ConsentEmail != nil || assumed.ConsentSMS != nil {
			var ok bool
			if k.ConsentAt, ok = r.clock.read(at.of(rec)); !ok {
				return k, false, badValue("consent without an instant in consent_at", at.of(rec))
			}
		}
		if text := changed.of(rec); len(text) > 0 {
			var ok bool
			if k.ChangedAt, ok = r.clock.read(text); !ok {
				return k, false, badValue("changed_at cannot be read", text)
			}
		}
		if k.Attributes, bad = r.layout.own.values(rec); bad != nil {
			return k, false, bad
		}
		if k.Attributes, bad = profile.read(rec, k.Attributes); bad != nil {
			return k, false, bad
		}
		if k.Tags, bad = readTags(tags.of(rec)); bad != nil {
			return k, false, bad
		}
		set(&k.FirstName, exported(first.of(rec)))
		set(&k.LastName, exported(last.of(rec)))
		set(&k.Locale, exported(locale.of(rec)))
		set(&k.Region, exported(region.of(rec)))
		if text := exported(email.of(rec)); len(text) > 0 {
			addresses.email(&k, string(text))
		} else {
			addresses.assume(&k)
		}
		if text := phone.of(rec); len(text) > 0 {
			addresses.phone(&k, string(text))
		}
		return k, true, nil
	}
}

// wideSemicolon divides as the other does: it is the one on a Chinese keyboard.
const wideSemicolon = "；"

// readTags reads tags divided by semicolons, sorted; nil when the file does not
// say, none where nothing stands between them.
func readTags(text []byte) ([]string, *badLine) {
	if len(text) == 0 {
		return nil, nil
	}
	tags := []string{}
	for tag := range strings.SplitSeq(strings.ReplaceAll(string(text), wideSemicolon, ";"), ";") {
		if tag = strings.TrimSpace(tag); tag == "" || slices.Contains(tags, tag) {
			continue
		}
		if tags = append(tags, tag); len(tag) > event.MaxName || len(tags) > maxTags {
			return nil, badValue(fmt.Sprintf("a tag longer than %d bytes, or more than %d of them", event.MaxName, maxTags), []byte(tag))
		}
	}
	slices.Sort(tags)
	return tags, nil
}

// consent is nil when the file does not say.
func consent(text []byte) (*bool, *badLine) {
	if len(text) == 0 {
		return nil, nil
	}
	yes, ok := event.ReadTruth(string(text))
	if !ok {
		return nil, badValue("consent is neither yes nor no ("+event.TruthWords+")", text)
	}
	return &yes, nil
}

// product reads a row of a products file.
func (r *run) product() func(*record) (postgres.ImportProduct, bool, *badLine) {
	sku, name, category := r.layout.field("sku"), r.layout.field("name"), r.layout.field("category")
	price, cost, role := r.layout.field("price"), r.layout.field("cost"), r.layout.field("role")
	decimals := order.Decimals(r.opts.Currency)

	return func(rec *record) (p postgres.ImportProduct, _ bool, bad *badLine) {
		p.Line, p.SKU = rec.line, string(sku.of(rec))
		if p.SKU == "" {
			return p, false, &badLine{reason: "no sku"}
		}
		if len(p.SKU) > maxID {
			return p, false, badValue(fmt.Sprintf("an id longer than %d bytes", maxID), []byte(p.SKU))
		}
		set(&p.Name, name.of(rec))
		set(&p.Category, category.of(rec))
		if p.Price, bad = r.numbers.minor(price.of(rec), decimals); bad != nil {
			return p, false, bad
		}
		if p.Cost, bad = r.numbers.minor(cost.of(rec), decimals); bad != nil {
			return p, false, bad
		}
		if p.Role, bad = roleOf(role.of(rec)); bad != nil {
			return p, false, bad
		}
		return p, true, nil
	}
}

// roleOf is the role of a product; empty when the file does not say.
func roleOf(text []byte) (string, *badLine) {
	role := strings.ToLower(string(text))
	if role != "" && !assortment.Role(role).Valid() {
		return "", badValue("not a role ("+strings.Join(assortment.Words(), ", ")+")", text)
	}
	return role, nil
}

// minor is an amount in minor units; nil when the file does not say.
func (n *numberReader) minor(text []byte, decimals int) (*int64, *badLine) {
	if len(text) == 0 {
		return nil, nil
	}
	price, bad := n.price(text)
	if bad != nil {
		return nil, bad
	}
	amount, err := order.Amount(1, price, decimals)
	if err != nil {
		return nil, badValue("the price is too large", text)
	}
	return &amount, nil
}
