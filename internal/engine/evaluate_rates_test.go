package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/testkit"
)

// Of 600 customers: returned are orders of which all or a part came back in time, of all that were placed; unsubscribed is who withdrew
// a marketing consent within the window, however often. Only what the file names is shown.
func TestReturnsAndUnsubscribesAreCountedInTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(600, thanks(func(c *campaigns.Campaign) {
		c.Exit, c.Waves = nil, c.Waves[:1]
		c.Evaluation.Metrics = []string{"unsubscribes", "refund_rate", "orders"}
	}))
	w.send(anchor)
	arm := func(arm string) []string {
		return testkit.List[string](t, w.db, fmt.Sprintf("select 'c' || customer_id from enrollments where arm = '%s' order by customer_id", arm))
	}
	treat, hold := arm("treat"), arm("hold")
	at, none := anchor.Add(days), time.Time{}
	var p purchases
	for i, c := range treat[:40] {
		p.add(c, at, 1000, "EUR", none, 0)
		switch {
		case i < 6:
			p.add(c, at, 500, "EUR", at.Add(days), 500) // all of a second one
		case i < 10:
			p.add(c, at, 500, "EUR", at.Add(days), 100) // a part
		case i < 13:
			p.add(c, at, 500, "EUR", at.Add(31*days), 500) // too late
		}
	}
	p.add(treat[50], at, 700, "USD", at.Add(days), 700)
	p.add(treat[51], closing, 700, "EUR", closing.Add(days), 700)
	for i, c := range hold[:20] {
		back := int64(0)
		if i < 2 {
			back = 1000
		}
		p.add(c, at, 1000, "EUR", at.Add(days), back)
	}
	w.store(p)
	leave := func(customer string, at time.Time, channel, purpose string) {
		w.db.Exec(t, `insert into consents (customer_id, channel, purpose, granted, at, source) select customer_id, $2, $4, false, $3, 'test' from customers where shop_id = $1`, customer, channel, at, purpose)
	}
	for _, c := range treat[:5] {
		leave(c, anchor, "email", "marketing")
		leave(c, anchor.Add(days), "sms", "marketing") // the same customer
	}
	leave(hold[0], closing.Add(-second), "email", "marketing")
	leave(treat[20], closing, "email", "marketing")             // after the window
	leave(treat[21], anchor.Add(-second), "email", "marketing") // before it
	leave(treat[22], anchor.Add(days), "email", "service")

	r := w.report(final).Points[0]
	names := []string{}
	for _, m := range r.Metrics {
		names = append(names, m.Metric)
	}
	same(t, "shown", names, []string{"unsubscribes", "refund_rate", "orders"})
	n, held := float64(len(treat)), float64(len(hold))
	left, _ := r.Metric(evaluation.MetricLeaving)
	same(t, "unsubscribed", fmt.Sprintf("%.9f %.9f", *left.Treat, *left.Hold), fmt.Sprintf("%.9f %.9f", 5/n, 1/held))
	refunds, _ := r.Metric(evaluation.MetricRefunds)
	same(t, "returned", fmt.Sprintf("%.9f %.9f", *refunds.Treat, *refunds.Hold), fmt.Sprintf("%.9f %.9f", 10/n, 2/held))
	// 40 + 13 orders of those treated, 20 of those held out.
	same(t, "of orders", fmt.Sprintf("%.9f %.9f", *refunds.Ratio.Treat.Estimate, *refunds.Ratio.Hold.Estimate), fmt.Sprintf("%.9f %.9f", 10./53, 2./20))
	orders, _ := r.Metric(evaluation.MetricOrders)
	same(t, "kept orders", fmt.Sprintf("%.9f", *orders.Treat), fmt.Sprintf("%.9f", 47/n))
}
