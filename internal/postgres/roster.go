package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Arrival is what a delivery that somebody has received stands for.
type Arrival struct {
	Delivery       int64
	Customer       string // the shop's id
	Campaign, Wave string
	Code           string     // empty: it carried none
	Until          *time.Time // the code counts before it; nil: no end
}

// Arrivals looks up deliveries by id.
func (s *Store) Arrivals(ctx context.Context, ids []int64) ([]Arrival, error) {
	rows, err := s.pool.Query(ctx, statement("delivery/arrived"), ids)
	if err != nil {
		return nil, fmt.Errorf("look up arrivals: %w", mapError(err))
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Arrival])
}

// Member is one final enrollment of a point.
type Member struct {
	Arm      string
	Customer string // the shop's id
	Anchor   time.Time
	Trigger  string // the shop's id of the order that brought them in; empty: none
}

// Roster says whom a point asks about, and from when on: not what they did.
func (s *Store) Roster(ctx context.Context, q PointQuery) ([]Member, error) {
	rows, err := s.pool.Query(ctx, statement("enrollment/roster"), q.Campaign, q.Design, q.Anchor, q.Wave, q.Round, q.Window.Seconds(), q.ReturnWindow.Seconds(), q.AsOf)
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", mapError(err))
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
}
