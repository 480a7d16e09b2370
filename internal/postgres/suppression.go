package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ImportSuppression is a ban of an address on a channel. The address is only
// ever stored as its hash.
type ImportSuppression struct {
	Line             int
	Channel, Address string
	Reason           string    // bounced, complained or manual
	At               time.Time // zero: not said, which is the time of the import
}

// StageSuppressions stages a chunk of a suppressions file and commits it.
func (im *Import) StageSuppressions(ctx context.Context, bans []ImportSuppression) error {
	if len(bans) == 0 {
		return nil
	}
	n := len(bans)
	lines, channels, addresses := make([]int, n), make([]string, n), make([]string, n)
	reasons, at := make([]string, n), make([]*time.Time, n)
	for i, s := range bans {
		lines[i], channels[i], addresses[i], reasons[i], at[i] = s.Line, s.Channel, s.Address, s.Reason, instant(s.At)
	}
	return im.chunk(ctx, n, lines[n-1], func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, statement("suppression/stage"), lines, channels, addresses, reasons, at)
		return err
	})
}

// MergeSuppressions merges a staged suppressions file.
func (im *Import) MergeSuppressions(ctx context.Context) (ImportCounts, error) {
	return im.inMerge(ctx, func(m *merge) error {
		if err := m.analyze(ctx, "import_suppressions"); err != nil {
			return err
		}
		c := &m.counts.Suppressions
		if err := m.count(ctx, "suppression/add", &c.New); err != nil {
			return err
		}
		staged, err := m.staged(ctx)
		c.Unchanged = staged - c.New
		return err
	})
}
