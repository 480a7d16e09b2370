package engine

import (
	"cmp"
	"slices"

	"github.com/rewave/rewave/internal/postgres"
)

// sortBySlot puts the campaigns into the order in which the engine opens their
// slots: the earliest first, and of one instant by name.
func (w *walk) sortBySlot() {
	slices.SortStableFunc(w.order, func(i, j int) int {
		a, b := w.campaigns[i], w.campaigns[j]
		return cmp.Or(a.slot.Compare(b.slot), cmp.Compare(a.def.Name, b.def.Name))
	})
}

// elsewhere reports whether the person has entered another campaign of the plan
// that is of the same group, at an earlier slot, with something yet to come at
// this one. Both arms are in it alike.
func (r *reader) elsewhere(c *planned, p *postgres.Person) bool {
	group := c.def.Limits.Group
	if group == "" {
		return false
	}
	same := func(s *send) bool { return r.campaigns[s.campaign].def.Limits.Group == group }
	met := false
	for i := range r.slots {
		met = met || same(&r.slots[i])
	}
	if !met {
		return false
	}
	return slices.ContainsFunc(r.settle(p, r.slots), func(s *send) bool { return same(s) && !s.at.Before(c.slot) })
}
