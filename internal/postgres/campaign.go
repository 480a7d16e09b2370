package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// Campaign is a campaign as applied: one content version with the design it
// belongs to.
type Campaign struct {
	ID          int
	Name        string
	Status      string
	Because     string // the reason given for the status; may be empty
	Design      int
	ActivatedAt time.Time
	EntryUntil  *time.Time
	SlotDone    time.Time
	SlotOpen    *time.Time
	SlotCursor  int64
	VersionID   int
	Hash        string
	DesignHash  string
	Share       holdout.Share            // of the holdout, chosen or written
	Auto        bool                     // it was chosen at the first apply of the design
	Skips       map[string]holdout.Share // by wave, defaults resolved
	Global      holdout.Share            // of the global holdout, as it stood when the design began
	Epoch       string                   // of the global holdout; empty iff Global is 0
	ScoresID    int                      // what its rule predicts by, as the design began; 0: nothing
	Scores      *rules.Scores            // nil iff ScoresID is 0
	StartedAt   time.Time
	Definition  campaigns.Campaign // with its message files
}

// Campaigns lists what has been applied, by name; name limits it to one.
func (s *Store) Campaigns(ctx context.Context, name string) ([]Campaign, error) {
	var only *string
	if name != "" {
		only = &name
	}
	rows, err := s.pool.Query(ctx, statement("campaign/get"), only)
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", mapError(err))
	}
	list, err := pgx.CollectRows(rows, scanCampaign)
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", mapError(err))
	}
	if name != "" && len(list) == 0 {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("there is no campaign %q", name), "rewave campaign list")
	}
	return list, nil
}

// CampaignDesign is a campaign under one of its designs, with the last version
// that was applied under it; design 0 is the current one.
func (s *Store) CampaignDesign(ctx context.Context, name string, design int) (Campaign, error) {
	list, err := s.Campaigns(ctx, name)
	if err != nil {
		return Campaign{}, err
	}
	if design == 0 || design == list[0].Design {
		return list[0], nil
	}
	var version int
	err = s.pool.QueryRow(ctx, "select version_id from campaign_versions where campaign_id = $1 and design = $2 order by version_id desc limit 1",
		list[0].ID, design).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return Campaign{}, fault.New(fault.NotFound, fmt.Sprintf("campaign %q has no design %d; its newest is %d", name, design, list[0].Design),
			fmt.Sprintf("rewave report show %s --design %d", name, list[0].Design))
	}
	if err != nil {
		return Campaign{}, fmt.Errorf("read design %d of %s: %w", design, name, mapError(err))
	}
	return s.CampaignVersion(ctx, version)
}

// CampaignVersion is the stored version that a delivery names.
func (s *Store) CampaignVersion(ctx context.Context, version int) (Campaign, error) {
	rows, err := s.pool.Query(ctx, statement("campaign/version"), version)
	if err != nil {
		return Campaign{}, fmt.Errorf("read version %d: %w", version, mapError(err))
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCampaign)
	if err != nil {
		return Campaign{}, fmt.Errorf("read version %d: %w", version, mapError(err))
	}
	return c, nil
}

func scanCampaign(row pgx.CollectableRow) (Campaign, error) {
	var c Campaign
	var definition, files, skips, predicts []byte
	err := row.Scan(&c.ID, &c.Name, &c.Status, &c.Because, &c.Design, &c.ActivatedAt, &c.EntryUntil, &c.SlotDone, &c.SlotOpen, &c.SlotCursor,
		&c.VersionID, &c.Hash, &definition, &files, &c.DesignHash, &c.Share,
		&c.Auto, &skips, &c.Global, &c.Epoch, &c.StartedAt, &c.ScoresID, &predicts)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(definition, &c.Definition); err != nil {
		return c, fmt.Errorf("stored definition of %s: %w", c.Name, err)
	}
	c.Scores, err = frozenScores(c.ScoresID, predicts)
	return c, errors.Join(err, json.Unmarshal(files, &c.Definition.Messages), json.Unmarshal(skips, &c.Skips))
}

// Design is what a design rests on besides its definition: resolved once, when
// it begins, and kept.
type Design struct {
	Share  holdout.Share
	Auto   bool                     // Share was chosen
	Skips  map[string]holdout.Share // by wave; only those above 0
	Global holdout.Share
	Epoch  string
	Scores int     // what its rule predicts by; 0: nothing
	Bounds []Bound // on what one enrollment counts for; read by Store.Bounds
}

// Limits hold back all deliveries of a campaign, those of earlier versions too.
type Limits struct {
	Budget    *int64    // millionths of the currency's unit; nil: none
	PerMinute int       // messages; 0: no limit
	PerDay    *int64    // as Budget, of a day in the shop's zone; nil: none
	Day       time.Time // began in that zone; set where PerDay is
	PerMinor  int64     // millionths of the currency's unit in one of its minor units
}

// Applied is what an apply changed.
type Applied struct {
	Campaign   Campaign
	New        bool // first apply
	Changed    bool // another version runs than before, perhaps one that ran earlier
	NewVersion bool
	NewDesign  bool
}

// Applying is one definition to apply. Only a new design reads what it Rests
// on; an earlier one keeps its own.
type Applying struct {
	Definition campaigns.Campaign
	Rests      Design
	Limits     Limits
	EntryUntil *time.Time // nil: as the file says
}

// ApplyCampaigns stores definitions in one transaction, all of them or none: of
// each a new version where its content is new, a new design where the experiment
// changed. A campaign itself begins at `at` on its first apply. Customers in
// flight keep their version. No order or event falls between an apply and an
// import: both take one lock. What was applied stands in the order given.
func (s *Store) ApplyCampaigns(ctx context.Context, list []Applying, at time.Time) ([]Applied, error) {
	out := make([]Applied, len(list))
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('rewave:apply'))"); err != nil {
			return err
		}
		for i, one := range list {
			out[i] = Applied{}
			if err := apply(ctx, tx, one, at, &out[i]); err != nil {
				return fmt.Errorf("apply campaign %s: %w", one.Definition.Name, mapError(err))
			}
		}
		return nil
	})
	if err != nil {
		return nil, mapError(err)
	}
	for i, one := range list {
		found, err := s.Campaigns(ctx, one.Definition.Name)
		if err != nil {
			return nil, err
		}
		out[i].Campaign = found[0]
	}
	return out, nil
}

func apply(ctx context.Context, tx pgx.Tx, one Applying, at time.Time, out *Applied) error {
	def := one.Definition
	id, design, err := upsertCampaign(ctx, tx, def, at, one.EntryUntil, out)
	if err != nil {
		return err
	}
	version, err := storeVersion(ctx, tx, def, one.Rests, id, &design, at, out)
	if err != nil {
		return err
	}
	told, err := tx.Exec(ctx, `insert into campaign_history (campaign_id, deed, version_id)
		select campaign_id, 'applied', $2 from campaigns where campaign_id = $1 and version_id is distinct from $2`, id, version)
	if err != nil {
		return err
	}
	out.Changed = told.RowsAffected() > 0
	if !out.New {
		if err := skipPassedSlots(ctx, tx, id, def.Enter, at); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `update campaigns set version_id = $2, design = $3, priority = $4, exclusion_group = nullif($5, ''), applied_at = now()
		where campaign_id = $1`, id, version, design, def.Limits.Priority, def.Limits.Group)
	if err != nil {
		return err
	}
	if name := def.Enter.Segment; name != "" {
		if err := keepSegment(ctx, tx, name, def.Enter.Segments[name], def.Enter.Segments, 0); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, statement("limits/set"), id, one.Limits.Budget, nullInt(one.Limits.PerMinute), one.Limits.PerDay, one.Limits.Day, one.Limits.PerMinor); err != nil || !out.New {
		return err
	}
	switch def.Enter.On {
	case "order_paid":
		_, err = tx.Exec(ctx, statement("campaign/backlog"), id)
	case "event":
		_, err = tx.Exec(ctx, statement("campaign/event_backlog"), id, def.Enter.Event)
	}
	return err
}

// skipPassedSlots lets nobody in at slots that only an edit has put behind us.
func skipPassedSlots(ctx context.Context, tx pgx.Tx, id int, enter campaigns.Enter, at time.Time) error {
	var before campaigns.Campaign
	err := tx.QueryRow(ctx, "select v.definition from campaigns c join campaign_versions v on v.version_id = c.version_id where c.campaign_id = $1", id).Scan(&before)
	if err != nil || wave.SameSlots(before.Enter, enter) {
		return err
	}
	_, err = tx.Exec(ctx, "update campaigns set slot_done = greatest(slot_done, $2) where campaign_id = $1", id, at)
	return err
}

func upsertCampaign(ctx context.Context, tx pgx.Tx, def campaigns.Campaign, at time.Time, until *time.Time, out *Applied) (id, design int, err error) {
	var status string
	err = tx.QueryRow(ctx, "select campaign_id, design, status from campaigns where name = $1 for update", def.Name).Scan(&id, &design, &status)
	if status == "cancelled" {
		return 0, 0, fault.New(fault.Conflict, fmt.Sprintf("campaign %q was cancelled; it cannot be applied again", def.Name), "give the new campaign a name of its own")
	}
	if errors.Is(err, pgx.ErrNoRows) {
		out.New = true
		err = tx.QueryRow(ctx, "insert into campaigns (name, activated_at, slot_done, entry_until, design) values ($1, $2, $2, $3, 1) returning campaign_id, design",
			def.Name, at, until).Scan(&id, &design)
	} else if err == nil && until != nil {
		_, err = tx.Exec(ctx, "update campaigns set entry_until = $2 where campaign_id = $1", id, until)
	}
	return id, design, err
}

// storeVersion finds or inserts the version and, where the design hash is new,
// the next design.
func storeVersion(ctx context.Context, tx pgx.Tx, def campaigns.Campaign, rests Design, id int, design *int, at time.Time, out *Applied) (version int, err error) {
	var hash string
	err = tx.QueryRow(ctx, "select design_hash from campaign_designs where campaign_id = $1 and design = $2", id, *design).Scan(&hash)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		out.NewDesign = true
	case err != nil:
		return 0, err
	case hash != def.Design:
		out.NewDesign = true
		*design++
	}
	// Going back to earlier content under a newer design is a version of its own: deliveries read the design from it.
	key := def.Version
	if *design > 1 {
		key = fmt.Sprintf("%s/%d", def.Version, *design)
	}
	err = tx.QueryRow(ctx, "select version_id from campaign_versions where campaign_id = $1 and hash = $2", id, key).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		out.NewVersion = true
		files := def.Messages
		def.Messages, def.Dir = nil, ""
		err = tx.QueryRow(ctx, "insert into campaign_versions (campaign_id, hash, design, definition, files) values ($1, $2, $3, $4, $5) returning version_id",
			id, key, *design, def, files).Scan(&version)
	}
	if err != nil || !out.NewDesign {
		return version, err
	}
	skips := rests.Skips
	if skips == nil {
		skips = map[string]holdout.Share{}
	}
	bounds := rests.Bounds
	if bounds == nil {
		bounds = []Bound{}
	}
	_, err = tx.Exec(ctx, `insert into campaign_designs (campaign_id, design, design_hash, holdout_ppb, auto, skips, global_ppb, epoch, caps, version_id, started_at, scores_id)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		id, *design, def.Design, int64(rests.Share), rests.Auto, skips, int64(rests.Global), rests.Epoch, bounds, version, at, nullInt(rests.Scores))
	return version, err
}

// nullInt is nil for 0.
func nullInt(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
