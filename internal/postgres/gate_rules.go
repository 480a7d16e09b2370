package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rewave/rewave/internal/calendar"
)

// GateRules are what a shop's settings ask of the gate.
type GateRules struct {
	ShopCap  Cap
	Quiet    map[string]calendar.Window
	QuietIn  map[string]map[string]calendar.Window
	Blackout []Blackout
	Zone     string
}

// Blackout is a calendar.Blackout with its days as text.
type Blackout struct {
	From, To string
	In       []string
	All      bool
}

// NoteRules keeps the rules that this process sends by, for audits, if they are
// others than were known last.
func (s *Store) NoteRules(ctx context.Context, rules GateRules) error {
	text, err := json.Marshal(rules)
	if err == nil {
		_, err = s.hot.Exec(ctx, `insert into gate_rules (rules) select $1::jsonb
			 where (select rules from gate_rules order by rules_id desc limit 1) is distinct from $1::jsonb`, string(text))
	}
	if err != nil {
		return fmt.Errorf("note the gate's rules: %w", mapError(err))
	}
	return nil
}
