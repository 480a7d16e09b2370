package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/event"
)

// attributes merges what the staged customers file says of attributes and tags.
func (m *merge) attributes(ctx context.Context, source string) error {
	if err := m.count(ctx, "attribute/record", &m.counts.Attributes, source); err != nil {
		return err
	}
	return m.count(ctx, "attribute/record_tags", &m.counts.Tags, source)
}

// stagedValues are values as import_customers has them.
func stagedValues(values map[string]event.Value) map[string][2]string {
	if values == nil {
		return nil
	}
	out := make(map[string][2]string, len(values))
	for name, v := range values {
		out[name] = [2]string{string(v.Kind), v.String()}
	}
	return out
}

// AttributeHistory is what was said of a customer's attributes, oldest first, so
// that it can be asked as of any instant.
type AttributeHistory []struct {
	Name  string
	At    time.Time
	Value event.Value
}

// AsOf are the values in force at an instant, by name; nil where none was.
func (h AttributeHistory) AsOf(at time.Time) map[string]event.Value {
	var values map[string]event.Value
	for _, a := range h {
		if a.At.After(at) {
			break
		}
		if values == nil {
			values = map[string]event.Value{}
		}
		values[a.Name] = a.Value
	}
	return values
}

// Attributes reads what was said of attributes of customers up to an instant.
func (p *Planning) Attributes(ctx context.Context, customers []int64, names []string, until time.Time) (map[int64]AttributeHistory, error) {
	rows, err := p.tx.Query(ctx, statement("attribute/of_customers"), customers, names, until)
	if err != nil {
		return nil, fmt.Errorf("read attributes: %w", err)
	}
	return readAttributes(rows)
}

func readAttributes(rows pgx.Rows) (map[int64]AttributeHistory, error) {
	by := map[int64]AttributeHistory{}
	var who int64
	var name string
	var at time.Time
	var kind event.Kind
	var text *string
	var number *float64
	var date *time.Time
	var truth *bool
	_, err := pgx.ForEachRow(rows, []any{&who, &name, &at, &kind, &text, &number, &date, &truth}, func() error {
		v := event.Value{Kind: kind}
		switch { // one of them, says a constraint
		case text != nil:
			v.Text = *text
		case number != nil:
			v.Number = *number
		case date != nil:
			v.Date = *date
		case truth != nil:
			v.Truth = *truth
		}
		by[who] = append(by[who], struct {
			Name  string
			At    time.Time
			Value event.Value
		}{name, at, v})
		return nil
	})
	return by, err
}

// TagHistory is what was said of a customer's tags, oldest first.
type TagHistory []struct {
	At   time.Time
	Tags []string // all of them, sorted
}

// AsOf are the tags in force at an instant, sorted.
func (h TagHistory) AsOf(at time.Time) []string {
	var tags []string
	for _, t := range h {
		if t.At.After(at) {
			break
		}
		tags = t.Tags
	}
	return tags
}

// Tags reads what was said of tags of customers up to an instant.
func (p *Planning) Tags(ctx context.Context, customers []int64, until time.Time) (map[int64]TagHistory, error) {
	rows, err := p.tx.Query(ctx, statement("attribute/tags_of_customers"), customers, until)
	if err != nil {
		return nil, fmt.Errorf("read tags: %w", err)
	}
	by := map[int64]TagHistory{}
	var who int64
	var at time.Time
	var tags []string
	_, err = pgx.ForEachRow(rows, []any{&who, &at, &tags}, func() error {
		by[who] = append(by[who], struct {
			At   time.Time
			Tags []string
		}{at, tags})
		tags = nil
		return nil
	})
	return by, err
}
