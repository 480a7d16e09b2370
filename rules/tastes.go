package rules

import (
	"errors"
	"fmt"

	"github.com/rewave/rewave/internal/assortment"
)

const noTastes = "no categories were compared"

// shopTastes are the shop's; the error says why there are none.
func (s *Scores) shopTastes() (*assortment.Tastes, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	if s.Tastes == nil {
		return nil, errors.New(noTastes)
	}
	return s.Tastes, nil
}

// spent is what the chosen lines of a customer are worth by category.
func (o *orders) spent() (map[string]int64, error) {
	if err := o.loaded(); err != nil {
		return nil, err
	}
	if err := o.itemized(); err != nil {
		return nil, err
	}
	if o.cut || o.older.Count > 0 {
		return nil, o.tooFar()
	}
	worth := map[string]int64{}
	o.each(func(p Part) {
		if p.Category != "" {
			worth[p.Category] += p.Minor
		}
	})
	return worth, nil
}

func favourite() member {
	m := fromLines(checked(kindOrders, "favourite", kindText, "the category of which most was bought by worth; of equals, the first in the alphabet", func(o *orders) (string, error) {
		worth, err := o.spent()
		if err == nil && assortment.Main(worth) == "" {
			err = errors.New(noCategory)
		}
		if err != nil {
			return "", fmt.Errorf("orders.favourite is unknown: %w", err)
		}
		return assortment.Main(worth), nil
	}))
	m.unknown = noCategory
	return m
}

// ofTaste is a function of a category that hangs on the shop's tastes.
func ofTaste(name, says, unknown string, get func(*orders, *assortment.Tastes, string) (float64, error)) member {
	m := fromLines(method(kindFunction, name, kindText, `"food"`, kindNumber, says, func(o *orders, category string) (float64, error) {
		t, err := o.basis.Scores.shopTastes()
		var n float64
		if err == nil {
			n, err = get(o, t, category)
		}
		if err != nil {
			return 0, fmt.Errorf("%s(%q) is unknown: %w", name, category, err)
		}
		return n, nil
	}))
	m.with, m.scores, m.unknown = string(kindOrders), true, unknown
	return m
}

func affinity() member {
	const unsold = "the shop has not sold it"
	return ofTaste("affinity", "the category's share of what the customer spent by that of what all did, drawn towards it by three orders: 1 is like everybody", unsold+", or "+noScores,
		func(o *orders, t *assortment.Tastes, category string) (float64, error) {
			own, err := o.spent()
			if err != nil {
				return 0, err
			}
			a, sold := assortment.AffinityTo(category, own, t.Spent, t.Prior())
			if !sold {
				return 0, errors.New(unsold)
			}
			return a.Index(), nil
		})
}

func nextCategory() member {
	const never = "nothing was ever ordered again"
	return aShare(ofTaste("next_category", "chance that the category is the main one of the customer's next order, if there is one, by that of the last", noOrders+", or "+noScores,
		func(o *orders, t *assortment.Tastes, category string) (float64, error) {
			if t.Next.All == 0 {
				return 0, errors.New(never)
			}
			last, err := o.end(len(o.facts) - 1)
			if err != nil {
				return 0, err
			}
			main, err := last.category()
			if err != nil {
				return 0, err
			}
			if main == "" { // what it is worth without knowing what came before
				return t.Next.Chance(category).Share, nil
			}
			return t.Next.Chance(category, main).Share, nil
		}))
}
