package simulation

import (
	"context"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/postgres"
)

// What providers ask of us: rests, and how many messages a day.

func (m *Memory) giveBack(ctx context.Context, t *tx, took postgres.Took, untaken untaken, back int) error {
	if r := m.limit(took.Campaign); r != nil && untaken.money() > 0 {
		if err := t.step(ctx, "give back"); err != nil {
			return err
		}
		if err := await(t, r); err != nil {
			return err
		}
		l := r.edit(t)
		l.spent -= untaken.money()
		l.ofDay -= untaken.since(l.dayFrom)
	}
	if took.Channel == "" || back == 0 {
		return nil
	}
	if err := t.step(ctx, "give back the day's"); err != nil {
		return err
	}
	r, err := m.day(t, took.Channel, took.Day)
	if err != nil {
		return err
	}
	r.edit(t).passed -= back
	return nil
}

// day is the row of a channel's day, held by t; it is made where there is none.
func (m *Memory) day(t *tx, channel string, date calendar.Date) (*record[channelDay], error) {
	for i := 0; i < len(m.days.rows); i++ { // others may add some meanwhile
		r := m.days.rows[i]
		if r.dead || r.was.channel != channel || r.was.day != date {
			continue
		}
		if err := await(t, r); err != nil {
			return nil, err
		}
		if r.see(t) != nil {
			return r, nil
		}
	}
	return m.days.add(t, channelDay{channel: channel, day: date}), nil
}

// RestChannel adds a row unless it sees one that lasts as long.
func (m *Memory) RestChannel(ctx context.Context, channel string, at *time.Time, wait time.Duration, why string) error {
	return m.one(ctx, "rest", func(t *tx) error {
		now := m.host.now()
		if at != nil {
			now = *at
		}
		for _, r := range m.rests.rows {
			if h := r.see(t); h != nil && h.channel == channel && !h.until.Before(now.Add(wait)) {
				return nil
			}
		}
		m.rests.add(t, rest{channel, now, now.Add(wait), why})
		return nil
	})
}

// resting says whether a channel's provider rests.
func (m *Memory) resting(t *tx, channel string, at time.Time) bool {
	return m.restUntil(t, channel).After(at)
}

// restUntil is when the last rest of a channel ends; zero: there was none.
func (m *Memory) restUntil(t *tx, channel string) (until time.Time) {
	for _, r := range m.rests.rows {
		if h := r.see(t); h != nil && h.channel == channel && h.until.After(until) {
			until = h.until
		}
	}
	return until
}
