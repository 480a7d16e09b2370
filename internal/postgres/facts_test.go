package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/event"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// january is noon of a day, UTC.
func january(day int) time.Time { return time.Date(2026, 1, day, 12, 0, 0, 0, time.UTC) }

// Everything that rules ask for is answered as of an instant: what was said
// later is not known yet.
func TestFactsAsOfAnInstant(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	db.Exec(t, `insert into customers (customer_id, shop_id) values (1, 'ann'), (2, 'bob');
		insert into customer_attributes (customer_id, name, at, kind, text_value, number_value, date_value, truth_value, source) values
			(1, 'size', '2026-01-02 12:00Z', 'text', 'M', null, null, null, 't'), (1, 'size', '2026-01-05 12:00Z', 'number', null, 38.5, null, null, 't'),
			(1, 'born', '2026-01-03 12:00Z', 'date', null, null, '1990-02-03', null, 't'), (1, 'unasked', '2026-01-02 12:00Z', 'truth', null, null, null, true, 't'),
			(2, 'member', '2026-01-02 12:00Z', 'truth', null, null, null, false, 't');
		insert into customer_tags (customer_id, at, tags, source) values (1, '2026-01-02 12:00Z', '{new,vip}', 't'), (1, '2026-01-04 12:00Z', '{}', 't'), (2, '2026-01-09 12:00Z', '{vip}', 't');
		insert into events (event_id, source, source_event_id, name, customer_id, at, props) values
			(1, 't', 'a', 'Seen', 1, '2026-01-04 12:00Z', '{}'), (2, 't', 'b', 'Seen', 1, '2026-01-02 12:00Z', '{"n": 1, "due": {"date": "2026-01-09"}}'),
			(3, 't', 'c', 'Seen', 1, '2026-01-06 12:00Z', '{}'), (4, 't', 'd', 'Other', 1, '2026-01-02 12:00Z', '{}'), (5, 't', 'e', 'Bought', 2, '2026-01-02 12:00Z', '{}');
		insert into products (product_id, sku, category) values (1, 'tea', 'food'), (2, 'pot', null);
		insert into orders (order_id, source, shop_order_id, customer_id, placed_at, currency, gross_minor) values (1, 't', '1', 1, '2026-01-02 12:00Z', 'EUR', 1500), (2, 't', '2', 1, '2026-01-02 12:00Z', 'EUR', 1);
		insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor, refunded_quantity) values (1, 1, 1, 3, 3, 900, 3), (1, 2, 2, 1, 6, 600, 0), (2, 1, 1, 1, 0.01, 1, 0);
		insert into refunds (source, shop_refund_id, line_no, order_id, order_line_no, customer_id, product_id, refunded_at, quantity, amount_minor) values
			('t', 'r2', 1, 1, 1, 1, 1, '2026-01-07 12:00Z', 2, 600), ('t', 'r1', 1, 1, 1, 1, 1, '2026-01-04 12:00Z', 1, 300)`)

	type answer struct {
		Attributes map[int64]map[string]event.Value
		Tags       map[int64][]string
		Events     map[int64][]postgres.CustomerEvent
		Lines      map[int64][]postgres.KeptLine
	}
	ask := func(at time.Time) (a answer) {
		a = answer{map[int64]map[string]event.Value{}, map[int64][]string{}, nil, map[int64][]postgres.KeptLine{}}
		busy, err := db.Store.Plan(context.Background(), postgres.Campaign{ID: 1}, func(p *postgres.Planning) error {
			everybody, until := []int64{1, 2}, january(9) // as a page whose candidates differ in their instants asks
			attributes, err := p.Attributes(t.Context(), everybody, []string{"size", "born", "member"}, until)
			if err != nil {
				return err
			}
			tags, err := p.Tags(t.Context(), everybody, until)
			if err != nil {
				return err
			}
			for _, id := range everybody {
				a.Attributes[id], a.Tags[id] = attributes[id].AsOf(at), tags[id].AsOf(at)
			}
			if a.Events, err = p.Events(t.Context(), everybody, []string{"Seen", "Bought"}, at); err != nil {
				return err
			}
			lines, err := p.Lines(t.Context(), []int64{1, 2, 3})
			for order, lines := range lines {
				for _, l := range lines {
					if kept, ok := l.AsOf(at); ok {
						a.Lines[order] = append(a.Lines[order], kept)
					}
				}
			}
			return err
		})
		if busy || err != nil {
			t.Fatal(busy, err)
		}
		return a
	}
	stored := func(number int64, id, name string, day int, props map[string]event.Value) postgres.CustomerEvent {
		return postgres.CustomerEvent{Number: number, Event: event.Event{Source: "t", ID: id, Name: name, At: january(day), Props: props}}
	}
	born := event.Value{Kind: event.Date, Date: time.Date(1990, 2, 3, 0, 0, 0, 0, time.UTC)}
	pot, second := postgres.KeptLine{SKU: "pot", Minor: 600, Units: 1}, postgres.KeptLine{Category: "food", SKU: "tea", Minor: 1, Units: 1}
	first := stored(2, "b", "Seen", 2, map[string]event.Value{"n": {Kind: event.Number, Number: 1},
		"due": {Kind: event.Date, Date: time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC)}})
	none := map[string]event.Value{}
	for _, test := range []struct {
		name string
		at   time.Time
		want answer
	}{
		{"before anything was said", january(1), answer{
			map[int64]map[string]event.Value{1: nil, 2: nil}, map[int64][]string{1: nil, 2: nil}, map[int64][]postgres.CustomerEvent{},
			map[int64][]postgres.KeptLine{1: {{Category: "food", SKU: "tea", Minor: 900, Units: 3}, pot}, 2: {second}}}},
		{"at the very instant", january(4), answer{
			map[int64]map[string]event.Value{1: {"size": {Kind: event.Text, Text: "M"}, "born": born}, 2: {"member": {Kind: event.Truth}}},
			map[int64][]string{1: {}, 2: nil},
			map[int64][]postgres.CustomerEvent{1: {first, stored(1, "a", "Seen", 4, none)}, 2: {stored(5, "e", "Bought", 2, none)}},
			map[int64][]postgres.KeptLine{1: {{Category: "food", SKU: "tea", Minor: 600, Units: 2}, pot}, 2: {second}}}},
		{"at the end", january(9), answer{
			map[int64]map[string]event.Value{1: {"size": {Kind: event.Number, Number: 38.5}, "born": born}, 2: {"member": {Kind: event.Truth}}},
			map[int64][]string{1: {}, 2: {"vip"}},
			map[int64][]postgres.CustomerEvent{1: {first, stored(1, "a", "Seen", 4, none), stored(3, "c", "Seen", 6, none)}, 2: {stored(5, "e", "Bought", 2, none)}},
			map[int64][]postgres.KeptLine{1: {pot}, 2: {second}}}},
	} {
		if diff := cmp.Diff(ask(test.at), test.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", test.name, diff)
		}
	}
}
