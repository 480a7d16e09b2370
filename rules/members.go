package rules

import (
	"errors"
	"math"
	"slices"
	"strings"
)

// members are all rows, in the order of the documentation.
func members() []member {
	first := endOrders(kindFirst, func(o *orders) (*order, error) { return o.end(0) })
	last := endOrders(kindLast, func(o *orders) (*order, error) { return o.end(len(o.facts) - 1) })
	return slices.Concat(orderMembers(), oneOrder(), first, last, rfmMembers(), lifecycleMembers(), predictedMembers(), eventMembers(), customerMembers(), atMembers(), functions())
}

func orderMembers() []member {
	out := []member{
		ofOrders("count", kindNumber, "how many kept orders", func(o *orders) float64 { return float64(o.count()) }),
		inMoney(ofOrders("revenue", kindNumber, "what they are worth after refunds, before shipping", func(o *orders) float64 { return o.decimal(o.minor()) })),
		inMoney(someOrders(ofOrders("average", kindNumber, "`revenue` by `count`, rounded half to even",
			func(o *orders) float64 { return o.decimal(mean(o.minor(), o.count())) }))),
		fromLines(checked(kindOrders, "units", kindNumber, "how many kept units", (*orders).units)),
		someOrders(ofOrders("days_since_last", kindNumber, "days on the calendar since the last one", func(o *orders) float64 { return o.ago(o.day(o.last())) })),
		someOrders(ofOrders("days_since_first", kindNumber, "days on the calendar since the first one", func(o *orders) float64 { return o.ago(o.day(o.first())) })),
		someOrders(ofOrders("first_on", kindDate, "the day of the first one", func(o *orders) float64 { return dayNumber(o.day(o.first())) })),
		someOrders(ofOrders("last_on", kindDate, "the day of the last one", func(o *orders) float64 { return dayNumber(o.day(o.last())) })),
		inMoney(contribution()),
		ofOrders("days", kindNumber, "on how many days", func(o *orders) float64 { return float64(o.days()) }),
		when(ofOrders("average_gap", kindNumber, "mean number of days from one day with an order to the next", func(o *orders) float64 {
			gap, _ := o.averageGap()
			return gap
		}), noGap, func(o *orders) bool { _, ok := o.averageGap(); return ok }),
		when(ofOrders("overdue", kindNumber, "`days_since_last` by `average_gap`: 2 is twice as long as usual", func(o *orders) float64 {
			gap, _ := o.averageGap()
			return o.ago(o.day(o.last())) / gap
		}), noGap, func(o *orders) bool { _, ok := o.averageGap(); return ok }),
		aShare(allOrders("refund_share", "what came back, of the worth of all that was ever ordered", func(t Totals) float64 {
			if t.GrossMinor == 0 {
				return 0
			}
			return float64(t.RefundedMinor) / float64(t.GrossMinor)
		})),
		aShare(allOrders("refunded_share", "orders of which something came back, of all orders ever placed",
			func(t Totals) float64 { return float64(t.Refunded) / float64(t.Placed) })),
	}
	out = append(out, rhythmMembers()...)
	out = append(out,
		shareOf("coupon_share", "orders that named a coupon code, of all", noOrders, func(f *OrderFact, _ *moment) (bool, bool) { return f.Told.Coupon, true }),
		shareOf("full_price_share", "orders at full price, of those that tell their discount", "no order tells its discount",
			func(f *OrderFact, _ *moment) (bool, bool) {
				return f.Told.Discount != nil && *f.Told.Discount == 0, f.Told.Discount != nil
			}),
		shareOf("on_time_share", "orders delivered as promised, of those that tell", "no order tells of its delivery",
			func(f *OrderFact, m *moment) (bool, bool) { return (&order{*f, m}).onTime() }))
	back := method(kindOrders, "back_for", kindText, `"size"`, kindNumber, "how many orders something came back of for that reason, kept or not", (*orders).backFor)
	back.history, back.back, back.told, back.entire = true, true, true, true
	out = append(out, back)
	out = append(out, favourite())
	out = append(out, spans[*orders](kindOrders)...)
	narrow := func(o *orders, to choice) (*orders, error) {
		if err := o.loaded(); err != nil {
			return nil, err
		}
		return o.of(to)
	}
	return append(out,
		fromLines(method(kindOrders, "of", kindText, `"food"`, kindOrders, "those with a line of that category; their `revenue` is that of these lines",
			func(o *orders, category string) (*orders, error) { return narrow(o, choice{category: category}) })),
		fromLines(method(kindOrders, "of_sku", kindText, `"A-1"`, kindOrders, "those with a line of that product; their `revenue` is that of these lines",
			func(o *orders, sku string) (*orders, error) { return narrow(o, choice{sku: sku}) })),
		ofRole(fromLines(method(kindOrders, "of_role", kindText, `"profit"`, kindOrders, "those with a line of a product of that role; their `revenue` is that of these lines",
			func(o *orders, role string) (*orders, error) { return narrow(o, choice{role: role}) }))),
	)
}

// oneOrder are the members of the triggering order, and so of the first and the
// last.
func oneOrder() []member {
	category := fromLines(checked(kindOrder, "category", kindText, "the category that is worth most in it; of equals, the first in the alphabet",
		func(o *order) (string, error) {
			c, err := o.category()
			if err == nil && c == "" {
				err = errors.New("order.category is unknown: " + noCategory)
			}
			return c, err
		}))
	category.unknown = noCategory
	out := []member{
		inMoney(field(kindOrder, "revenue", kindNumber, "what the order is worth after refunds, before shipping", func(o *order) float64 { return o.decimal(o.Minor) })),
		field(kindOrder, "lines", kindNumber, "how many kept lines it has", func(o *order) float64 { return float64(o.Lines) }),
		fromLines(checked(kindOrder, "units", kindNumber, "how many kept units it has", (*order).units)),
		field(kindOrder, "on", kindDate, "its day", func(o *order) float64 { return dayNumber(o.day(o.At)) }),
		category,
		fromLines(checked(kindOrder, "category_known", kindTruth, "whether `category` is known", func(o *order) (bool, error) {
			c, err := o.category()
			return c != "", err
		})),
		fromLines(method(kindOrder, "has", kindText, `"food"`, kindTruth, "whether it has a line of that category",
			func(o *order, category string) (bool, error) { return o.has(choice{category: category}) })),
		fromLines(method(kindOrder, "has_sku", kindText, `"A-1"`, kindTruth, "whether it has a line of that product",
			func(o *order, sku string) (bool, error) { return o.has(choice{sku: sku}) })),
		ofRole(fromLines(method(kindOrder, "has_role", kindText, `"profit"`, kindTruth, "whether it has a line of a product of that role",
			func(o *order, role string) (bool, error) { return o.has(choice{role: role}) }))),
	}
	const unsaid = "the order does not say"
	out = append(out, ofTold("status", kindText, "how it stands as of today, in small letters as the shop writes it", unsaid,
		func(o *order) (string, bool) { return o.Told.Status, o.Told.Status != "" })...)
	out = append(out, ofTold("entry_path", kindText, "where the buyer came from", unsaid,
		func(o *order) (string, bool) { return o.Told.EntryPath, o.Told.EntryPath != "" })...)
	out = append(out, ofTold("on_time", kindTruth, "whether it was delivered as promised", "nothing was promised, or it is under way", (*order).onTime)...)
	for _, m := range ofTold("discount", kindNumber, "what came off its list value", unsaid, func(o *order) (float64, bool) {
		if o.Told.Discount == nil {
			return 0, false
		}
		return o.decimal(*o.Told.Discount), true
	}) {
		m.money = m.gives == kindNumber
		out = append(out, m)
	}
	return append(out, ofTold("coupon", kindTruth, "whether it named a coupon code", "", func(o *order) (bool, bool) { return o.Told.Coupon, true })...)
}

// endOrders are the same of a customer's first order, or last.
func endOrders(of kind, pick func(*orders) (*order, error)) []member {
	var out []member
	for _, m := range oneOrder() {
		out = append(out, ofEnd(m, of, pick))
	}
	return out
}

// contribution is what the shop keeps of the lines.
func contribution() member {
	m := fromLines(checked(kindOrders, "contribution", kindNumber, "what their kept lines are worth, less what those units cost the shop", (*orders).contribution))
	m.unknown = noCost
	return m
}

func eventMembers() []member {
	everything := method(kindFunction, "events", kindName, `"Product Viewed"`, kindEvents, "the customer's events of that name", (*log).named)
	everything.with = "log"
	out := append([]member{everything}, happened(kindEvents)...)
	out = append(out, withProps(method(kindEvents, "distinct", kindName, `"sku"`, kindNumber, "how many different texts came with them", (*events).distinct)))
	for _, m := range attributes(kindEvents, "that came with the newest of them", "the newest event does not say, or there is none",
		[4]string{"answer", "score", "promised_on", "insured"}, (*events).newest) {
		out = append(out, withProps(m))
	}
	out = append(out, happened(kindMessages)...)
	out = append(out, happened(kindAnswers)...)
	out = append(out, field(kindEvent, "on", kindDate, "the event's day", func(e *event) float64 { return dayNumber(e.day(e.At)) }))
	return append(out, attributes(kindEvent, "that came with it", "the event does not say",
		[4]string{"carrier", "delay_days", "promised_on", "insured"}, func(e *event) (map[string]Attribute, error) { return e.Props, nil })...)
}

// happened are the members of things that happened to a customer.
func happened(of kind) []member {
	what := map[kind]string{kindEvents: "events", kindMessages: "messages of ours were sent to the customer", kindAnswers: "orders used a code of ours"}[of]
	as := map[kind]string{kindEvents: `"category", "food"`}[of]
	if as == "" {
		as = `"campaign", "win-back"`
	}
	out := []member{
		field(of, "count", kindNumber, "how many "+what, func(e *events) float64 { return float64(len(e.facts)) }),
		someEvents(field(of, "days_since_last", kindNumber, "days on the calendar since the last one", func(e *events) float64 { return e.ago(e.day(e.last())) })),
		someEvents(field(of, "last_on", kindDate, "the day of the last one", func(e *events) float64 { return dayNumber(e.day(e.last())) })),
	}
	out = append(out, spans[*events](of)...)
	return append(out, withProps(pair(of, "with", kindName, kindText, as, of, "those that came with that text", (*events).with)))
}

func profile(name, says string, get func(*customer) string) []member {
	return []member{
		when(field(kindCustomer, name, kindText, says, get), silent, func(c *customer) bool { return get(c) != "" }),
		field(kindCustomer, name+"_known", kindTruth, "whether `"+name+"` is known", func(c *customer) bool { return get(c) != "" }),
	}
}

func customerMembers() []member {
	out := []member{field(kindCustomer, "id", kindText, "the shop's own id", func(c *customer) string { return c.ID })}
	out = append(out, profile("first_name", "the first name", func(c *customer) string { return c.FirstName })...)
	out = append(out, profile("last_name", "the last name", func(c *customer) string { return c.LastName })...)
	out = append(out, profile("locale", "language and country, such as `de-AT`", func(c *customer) string { return c.Locale })...)
	out = append(out, profile("region", "the region as the shop writes it", func(c *customer) string { return c.Region })...)
	out = append(out, profile("zone", "the time zone by its IANA name", func(c *customer) string { return c.Zone })...)
	out = append(out,
		field(kindCustomer, "email_known", kindTruth, "whether there is an e-mail address", func(c *customer) bool { return c.EmailKnown }),
		field(kindCustomer, "phone_known", kindTruth, "whether there is a phone number", func(c *customer) bool { return c.PhoneKnown }),
		when(field(kindCustomer, "first_seen_on", kindDate, "the day from which the shop knows the customer",
			func(c *customer) float64 { return dayNumber(c.day(c.FirstSeen)) }), silent, func(c *customer) bool { return !c.FirstSeen.IsZero() }),
	)
	sex := own("sex", "sex", kindText, "the sex", func(_ *customer, a Attribute) string { return a.Text })
	sex[0] = oneOf(sex[0], "female", "male", "other")
	out = append(out, sex...)
	out = append(out, own("birthday", "birthday", kindDate, "the day of birth", func(_ *customer, a Attribute) float64 { return dayNumber(a.Date) })...)
	month := own("birthday_month", "birthday", kindNumber, "the month of the birthday", func(_ *customer, a Attribute) float64 { return float64(a.Date.Month) })[0]
	next := own("days_to_birthday", "birthday", kindNumber, "days on the calendar to the next birthday, 0 on the day; that of a 29 February is kept on the 28th in common years", (*customer).toBirthday)[0]
	out = append(out, wholeBetween(month, 1, 12), between(next, 0, math.Inf(1)))
	out = append(out, own("age", "birthday", kindNumber, "whole years since the day of birth", (*customer).age)...)
	out = append(out, own("occupation", "occupation", kindText, "what the customer does", func(_ *customer, a Attribute) string { return a.Text })...)
	out = append(out, own("source", "source", kindText, "how the customer came to the shop", func(_ *customer, a Attribute) string { return a.Text })...)
	interested := method(kindCustomer, "has_interest", kindText, `"tea"`, kindTruth, "whether that is among the interests of the customer", (*customer).interested)
	interested.attr = "interests"
	out = append(out, interested,
		open("complaint_open", "whether a complaint is open"),
		open("dispute_open", "whether a payment is disputed"),
		method(kindCustomer, "has_tag", kindText, `"vip"`, kindTruth, "whether the shop put that tag on the customer",
			func(c *customer, tag string) (bool, error) {
				if c.Tags == nil {
					return false, errors.New("the tags of the customer were not loaded")
				}
				return slices.Contains(c.Tags, tag), nil
			}),
	)
	return append(out, attributes(kindCustomer, "that the shop declared", silent,
		[4]string{"concern", "children", "birthday", "member"}, func(c *customer) (map[string]Attribute, error) {
			if c.Attributes == nil {
				return nil, errors.New("the attributes of the customer were not loaded")
			}
			return c.Attributes, nil
		})...)
}

// open is a hold of that name.
func open(name, says string) member {
	return checked(kindCustomer, name, kindTruth, says, func(c *customer) (bool, error) {
		if c.Holds == nil {
			return false, errors.New("the complaints of the customer were not loaded")
		}
		return slices.Contains(c.Holds, name) || slices.Contains(c.Holds, strings.TrimSuffix(name, "_open")), nil
	})
}

func atMembers() []member {
	return []member{
		field(kindAt, "on", kindDate, "the day of the decision", func(m *moment) float64 { return dayNumber(m.day(m.at)) }),
		oneOf(field(kindAt, "weekday", kindText, "the day of the week", func(m *moment) string { return strings.ToLower(m.day(m.at).Weekday().String()) }),
			"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
		wholeBetween(field(kindAt, "month", kindNumber, "the month", func(m *moment) float64 { return float64(m.day(m.at).Month) }), 1, 12),
		wholeBetween(field(kindAt, "day", kindNumber, "day of the month", func(m *moment) float64 { return float64(m.day(m.at).Day) }), 1, 31),
	}
}

func functions() []member {
	since := method(kindFunction, "days_since", kindDate, `customer.date("birthday")`, kindNumber, "days on the calendar from that day to the decision's",
		func(m *moment, day float64) (float64, error) { return dayNumber(m.day(m.at)) - day, nil })
	since.with = string(kindAt)
	bought := fromLines(method(kindFunction, "bought", kindText, `"profit"`, kindTruth, "whether a kept line of the customer is of the product, the category or a product of the role of that name",
		(*orders).bought))
	bought.with = string(kindOrders)
	around := pair(kindFunction, "bought_around", kindName, kindNumber, `"mothers-day", 2`, kindTruth,
		"whether there is a kept order in the three weeks up to the occasion, in each of its last years", (*orders).around)
	around.with, around.history, around.around = string(kindOrders), true, true
	return []member{
		bought, around,
		affinity(),
		nextCategory(),
		since,
		{of: kindFunction, name: "in_segment", takes: kindName, as: `"loyal"`, gives: kindTruth, says: "whether the named segment's rule is true", inlined: true,
			call: func(...any) (any, error) { return nil, errors.New("a segment was not read") }, typeOf: new(func(string) bool)},
		{of: kindFunction, name: "abs", takes: kindNumber, gives: kindNumber, says: "the number without its sign",
			call: func(args ...any) (any, error) { return math.Abs(args[0].(float64)), nil }, typeOf: new(func(float64) float64)},
		{of: kindFunction, name: "lower", takes: kindText, gives: kindText, says: "the text in small letters",
			call: func(args ...any) (any, error) { return strings.ToLower(args[0].(string)), nil }, typeOf: new(func(string) string)},
	}
}
