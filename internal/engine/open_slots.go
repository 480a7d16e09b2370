package engine

import (
	"context"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
)

// missed is how the tally names slots that passed while nobody was there.
const missed audience.Reason = "missed"

// OpenSlots lets customers in at every slot that has come: each is asked as of
// the slot, however late it is carried out. Of several slots that passed while
// nothing ran only the last is opened; the others are counted as missed. The
// days of an occasion are opened one by one: each is for other customers. A
// slot is gone through page by page, and goes on where a crash left it.
func (e *Engine) OpenSlots(ctx context.Context) (int, error) {
	now, err := e.now(ctx)
	if err != nil {
		return 0, err
	}
	entered := 0
	total, err := e.eachCampaign(ctx, func(c postgres.Campaign) (int, error) {
		if _, ok := wave.ScheduleOf(c.Definition.Enter); !ok {
			return 0, nil
		}
		return e.untilDone(ctx, c, func(p *postgres.Planning, v *version) (int, bool, error) {
			n, in, done, err := e.slotPage(ctx, p, v, now)
			entered += in
			return n, done, err
		})
	})
	if err == nil && entered > bigWave {
		err = e.Store.Analyze(ctx)
	}
	return total, err
}

// bigWave is from how many new enrollments on the database is told to look at
// the ledger again before anyone sends from it.
const bigWave = 5000

// slotPage goes through a page of the slot's customers: how many, how many of
// them came in, and whether nothing is left to do.
func (e *Engine) slotPage(ctx context.Context, p *postgres.Planning, v *version, now time.Time) (n, entered int, done bool, err error) {
	slot, cursor, opened, err := p.Slot(ctx)
	if err != nil {
		return 0, 0, true, err
	}
	enter := v.stored.Definition.Enter
	if slot == nil {
		schedule, _ := wave.ScheduleOf(enter)
		slots := wave.Slots(schedule, e.Shop.Zone, opened, now)
		if len(slots) == 0 {
			return 0, 0, true, nil
		}
		if enter.Occasion != nil {
			slots = slots[:1]
		}
		for _, s := range slots[:len(slots)-1] {
			if err := p.Count(ctx, map[time.Time]map[audience.Reason]int{s.UTC(): {missed: 1}}); err != nil {
				return 0, 0, true, err
			}
		}
		slot = &slots[len(slots)-1]
	}
	attribute, days := e.occasionDays(enter.Occasion, *slot)
	if enter.Occasion != nil && len(days) == 0 {
		return 0, 0, false, p.MoveSlot(ctx, *slot, cursor, true)
	}
	meant := postgres.SegmentQuery{Rule: v.planner.Rule(), At: *slot, Basis: v.basis, Currency: e.Shop.Currency}
	candidates, passed, err := p.SlotCandidates(ctx, meant, attribute, days, cursor, enter.Again, page)
	if err != nil {
		return 0, 0, true, err
	}
	why := map[audience.Reason]int{audience.NotInSegment: passed.NotMeant, audience.AlreadyEntered: passed.Entered}
	if !v.planner.Open(*slot) {
		why = map[audience.Reason]int{audience.EntryClosed: passed.NotMeant + passed.Entered}
	}
	for reason, n := range why {
		if n == 0 {
			continue
		}
		if err := p.Count(ctx, map[time.Time]map[audience.Reason]int{slot.UTC(): {reason: n}}); err != nil {
			return 0, 0, true, err
		}
	}
	if len(candidates) > 0 {
		if entered, err = e.enter(ctx, p, v, candidates); err != nil {
			return 0, 0, true, err
		}
		cursor = int64(candidates[len(candidates)-1].Profile.ID)
	}
	if err := p.MoveSlot(ctx, *slot, cursor, len(candidates) < page); err != nil {
		return 0, 0, true, err
	}
	return len(candidates), entered, false, nil
}

// occasionDays are the days of the year that an occasion may have at a slot,
// with the attribute that holds it; the attribute is empty for a date that is
// the same for all, and then there is no day where that date is another.
func (e *Engine) occasionDays(o *campaigns.Occasion, slot time.Time) (attribute string, days []postgres.YearDay) {
	if o == nil {
		return "", nil
	}
	day := calendar.DateOf(slot, e.Shop.Zone)
	kept := day.AddDays(o.Before)
	if o.Attribute == "" && !wave.OccasionToday(*o, nil, day) {
		return "", nil
	}
	days = []postgres.YearDay{{Month: int(kept.Month), Day: kept.Day}}
	if next := kept.AddDays(1); kept.Month == time.February && next.Month == time.March {
		days = append(days, postgres.YearDay{Month: 2, Day: 29}) // kept a day early in common years
	}
	return o.Attribute, days
}

// NextSlot is the next instant at which any campaign opens a slot; nil if none
// does.
func (e *Engine) NextSlot(ctx context.Context) (*time.Time, error) {
	var next *time.Time
	_, err := e.eachCampaign(ctx, func(c postgres.Campaign) (int, error) {
		schedule, ok := wave.ScheduleOf(c.Definition.Enter)
		if !ok {
			return 0, nil
		}
		at, ok := wave.NextSlot(schedule, e.Shop.Zone, c.SlotDone)
		if ok && (c.EntryUntil == nil || at.Before(*c.EntryUntil)) && (next == nil || at.Before(*next)) {
			next = &at
		}
		return 0, nil
	})
	return next, err
}
