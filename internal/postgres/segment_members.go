package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/event"
)

// KeptSegment is a named segment whose members are kept.
type KeptSegment struct {
	ID        int
	Name      string
	Rule      string
	Named     map[string]string // the rules of the segments that it names
	Every     time.Duration     // how often it is asked
	Refreshed *time.Time        // business time as of which the members are right; nil: never asked
	Members   int64
}

// KeepSegment keeps the members of a named segment from now on; of one that is
// kept already it changes the rule, and the members follow at the next refresh.
// every is how often it is asked; 0: as before, or each quarter of an hour.
func (s *Store) KeepSegment(ctx context.Context, name, rule string, named map[string]string, every time.Duration) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return keepSegment(ctx, tx, name, rule, named, every) })
}

func keepSegment(ctx context.Context, tx pgx.Tx, name, rule string, named map[string]string, every time.Duration) error {
	if named == nil {
		named = map[string]string{}
	}
	var interval *time.Duration
	if every > 0 {
		interval = &every
	}
	if _, err := tx.Exec(ctx, statement("segment/keep"), name, rule, named, interval); err != nil {
		return fmt.Errorf("keep the segment %s: %w", name, mapError(err))
	}
	return nil
}

// DropSegment keeps the members of a segment no longer; what happened stays among
// the customers' events. found is false where they were not kept.
func (s *Store) DropSegment(ctx context.Context, name string) (found bool, err error) {
	tag, err := s.pool.Exec(ctx, "delete from segments where name = $1", name)
	return tag.RowsAffected() > 0, mapError(err)
}

// KeptSegments are the segments whose members are kept, by name.
func (s *Store) KeptSegments(ctx context.Context) ([]KeptSegment, error) {
	rows, err := s.pool.Query(ctx, "select segment_id, name, rule, named, every, refreshed_at, members from segments order by name")
	if err != nil {
		return nil, fmt.Errorf("read segments: %w", mapError(err))
	}
	kept, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k KeptSegment, err error) {
		return k, row.Scan(&k.ID, &k.Name, &k.Rule, &k.Named, &k.Every, &k.Refreshed, &k.Members)
	})
	if err != nil {
		return nil, fmt.Errorf("read segments: %w", mapError(err))
	}
	return kept, nil
}

// SegmentChange is what a refresh did.
type SegmentChange struct {
	Came, Left int64 // customers
	Put        int64 // of them before campaigns that are entered so
}

// RefreshSegment brings the members of a kept segment to those whom it means at
// the instant of q. SQL writes whom it decides, set by set; judge is to add the
// others, page by page. done is false where it is as new already, or somebody else
// is at it.
func (s *Store) RefreshSegment(ctx context.Context, id int, q SegmentQuery, judge func(g *Segment, add func([]int64) error) error) (change SegmentChange, done bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var refreshed *time.Time
		err := tx.QueryRow(ctx, "select refreshed_at from segments where segment_id = $1 for update skip locked", id).Scan(&refreshed)
		if err == pgx.ErrNoRows || err == nil && refreshed != nil && !refreshed.Before(q.At) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, sql := range []string{askingSettings, "create temp table segment_now (customer_id bigint primary key) on commit drop"} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		p := &Planning{tx: tx}
		g, err := p.segment(ctx, q, false)
		if err == nil && g == nil {
			err = otherBasis()
		}
		if err != nil {
			return err
		}
		if g.Exact() {
			if err := g.writeDecided(ctx); err != nil {
				return err
			}
		}
		err = judge(g, func(ids []int64) error {
			// An import may come between two statements, and put whom SQL decided before us.
			_, err := tx.Exec(ctx, "insert into segment_now select unnest($1::bigint[]) on conflict do nothing", ids)
			return err
		})
		if err != nil {
			return err
		}
		done = true
		return tx.QueryRow(ctx, statement("segment/refresh"), id, q.At, event.SegmentEntered, event.SegmentLeft, refreshed == nil).Scan(&change.Came, &change.Left, &change.Put)
	})
	if err != nil {
		return change, false, fmt.Errorf("refresh a segment: %w", askingError(err))
	}
	return change, done, nil
}

// writeDecided writes those who match into segment_now.
func (g *Segment) writeDecided(ctx context.Context) error {
	c, err := g.cheaper(ctx)
	if err != nil {
		return err
	}
	with, from, where := g.decided(c, c.Match)
	sql, args := ready(fmt.Sprintf("%sinsert into segment_now select f.customer_id from %s where %s", with, from, where), c.args)
	_, err = g.tx.Exec(ctx, sql, args...)
	return err
}

// SegmentDay is a day on which customers came into a segment or left it.
type SegmentDay struct {
	Day        time.Time // midnight in UTC of the shop's day
	Came, Left int64
}

// SegmentHistory is who came and who left by day of a zone, the newest day first,
// at most limit days; of one customer where shopID is not empty.
func (s *Store) SegmentHistory(ctx context.Context, name, zone, shopID string, limit int) ([]SegmentDay, error) {
	var who *string
	if shopID != "" {
		who = &shopID
	}
	rows, err := s.pool.Query(ctx, statement("segment/history"), event.SegmentEntered+name, event.SegmentLeft+name, zone, who, limit)
	if err != nil {
		return nil, fmt.Errorf("read the history of a segment: %w", mapError(err))
	}
	days, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SegmentDay])
	if err != nil {
		return nil, fmt.Errorf("read the history of a segment: %w", mapError(err))
	}
	return days, nil
}
