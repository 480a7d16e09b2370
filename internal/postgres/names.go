package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rewave/rewave/rules"
)

// seen are where the names of a kind stand: which of $1 there are, and the first
// 100,000 of all.
var seen = map[string]struct{ which, all string }{
	rules.NameSKU: {"select sku from products where sku = any($1)", "select sku from products limit 100000"},
	rules.NameCategory: {"select distinct category from products where category = any($1)",
		"select distinct category from products where category is not null limit 100000"},
	rules.NameProduct: {"select n from unnest($1::text[]) n where exists (select from products where sku = n) or exists (select from products where n in (category, role))",
		"select sku from products union select category from products where category is not null union select role from products where role is not null limit 100000"},
	rules.NameEvent: {"select n from unnest($1::text[]) n where exists (select from events where name = n)",
		"select distinct name from events limit 100000"},
	rules.NameTag: {"select n from unnest($1::text[]) n where exists (select from customer_tags where n = any(tags))",
		"select distinct unnest(tags) from customer_tags limit 100000"},
	rules.NameInterest: {"select n from unnest($1::text[]) n where exists (select from customer_attributes where name = 'interests' and n = any(string_to_array(text_value, ';')))",
		"select distinct unnest(string_to_array(text_value, ';')) from customer_attributes where name = 'interests' limit 100000"},
	rules.NameAttribute: {"select n from unnest($1::text[]) n where exists (select from customer_attributes where name = n)",
		"select distinct name from customer_attributes limit 100000"},
}

// seenSettings bound what a look at names may cost: no index stands under some of
// them, and a note is not worth more.
const seenSettings = "set local statement_timeout = '2s'"

// Unseen are those of the names of a kind that stand nowhere in the shop, at any
// time, and, where there are some, the names that do. Where to look takes too long
// none is unseen.
func (s *Store) Unseen(ctx context.Context, of string, names []string) (unseen, all []string, err error) {
	look, ok := seen[of]
	if !ok {
		panic("postgres: no names of " + of)
	}
	var known []string
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, seenSettings); err != nil {
			return err
		}
		read := func(sql string, args ...any) ([]string, error) {
			rows, err := tx.Query(ctx, sql, args...)
			if err != nil {
				return nil, err
			}
			return pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if known, err = read(look.which, names); err != nil || len(known) >= len(names) {
			return err
		}
		all, err = read(look.all)
		return err
	})
	var late *pgconn.PgError
	switch {
	case errors.As(err, &late) && late.Code == "57014" && ctx.Err() == nil: // its time is over, which is not the answer's
		if known == nil {
			return nil, nil, nil
		}
	case err != nil:
		return nil, nil, fmt.Errorf("look for names: %w", mapError(err))
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			unseen = append(unseen, n)
		}
	}
	return unseen, all, nil
}
