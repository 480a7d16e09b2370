package engine_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/testkit"
)

// with is the file with top-level keys in the place of its own.
func with(file, keys string) string {
	own := strings.SplitAfter(file, "\n")
	var out []string
	dropping := false
	for _, line := range own {
		key, _, found := strings.Cut(line, ":")
		if found && !strings.HasPrefix(line, " ") {
			dropping = strings.Contains("\n"+keys, "\n"+key+":")
		}
		if !dropping {
			out = append(out, line)
		}
	}
	return strings.Replace(keys, "enter:\n", "enter:\n  on: order_paid\n", 1) + strings.Join(out, "")
}

// Customers of food buy less when written to: they are found, and what is printed
// to leave them alone is a campaign that the product takes.
func TestWhoIsBetterLeftAloneIsAFileThatLoads(t *testing.T) {
	t.Parallel()
	const file = `campaign: thanks
says: Thank first-time buyers.
enter: {on: order_paid, when: orders.count == 1}
holdout: 50%
strata:
  by: order.category
  values: {food: {}, daily: {}}
  default: daily
waves:
  - {wave: hello, after: 1d, channels: [email], message: messages/hello}
evaluation:
  primary: repurchase_rate at overall_30d
  points:
    overall_30d: {from: {wave: hello, round: 1}, window: 30d}
`
	load := func(text string) (campaigns.Campaign, error) {
		return campaigns.Load(fstest.MapFS{"thanks/campaign.yaml": {Data: []byte(text)},
			"thanks/messages/hello/subject.txt": {Data: []byte("Hello")}, "thanks/messages/hello/text.txt": {Data: []byte("Hello. {{ unsubscribe_url }}")}}, "thanks", campaigns.Options{})
	}
	c, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	margin := 0.5
	w.Shop.Margin = &margin
	const n = 1200
	w.crowd(n, c)
	w.send(anchor)
	w.db.Exec(t, "alter table enrollments disable trigger all")
	w.db.Exec(t, "update enrollments set stratum = case when customer_id % 2 = 0 then 'food' else 'daily' end")
	var p purchases
	for i, line := range testkit.List[string](t, w.db, "select shop_id || ' ' || arm || ' ' || stratum from enrollments join customers using (customer_id) order by customer_id") {
		var customer, arm, stratum string
		if _, err := fmt.Sscan(line, &customer, &arm, &stratum); err != nil {
			t.Fatal(err)
		}
		of := map[string]int{"hold food": 5, "hold daily": 5, "treat food": 1, "treat daily": 8}[arm+" "+stratum]
		if i/2%10 < of {
			p.add(customer, anchor.Add(5*days), 4000, "EUR", time.Time{}, 0)
		}
	}
	w.store(p)
	r := w.together(engine.Programme{AsOf: start.Add(100 * days)})
	said := map[string]bool{}
	for _, q := range r.Quiet {
		said[q.Stratum] = q.Disturbs
	}
	same(t, "better left alone", said, map[string]bool{"food": true, "daily": false})

	var text bytes.Buffer
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	_, pasted, _ := strings.Cut(text.String(), "# In thanks/campaign.yaml")
	_, pasted, _ = strings.Cut(pasted, "\n")
	own, other, ok := strings.Cut(pasted, "---\n")
	if !ok {
		t.Fatal(text.String())
	}
	left, err := load(with(file, own))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "rule", left.Enter.When, `(orders.count == 1) and not (order.category == "food")`)
	explored, err := load(with(file, other))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "explored", explored.Enter.When, `(orders.count == 1) and (order.category == "food")`)
	same(t, "name", explored.Name, "thanks-food")
	same(t, "held out, in millionths", int64(explored.Holdout.Share)/1000, 900_000)
}
