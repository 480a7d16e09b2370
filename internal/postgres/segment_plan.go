package postgres

import "context"

// Values are those of $1, $2 and so on in the statement of Plan.
func (g *Segment) Values(ctx context.Context) ([]any, error) {
	c, err := g.cheaper(ctx)
	if err != nil {
		return nil, err
	}
	_, args := g.counting(c)
	return args[1:], nil // the first is how to run it
}

// Settled says that no orders changed after the instant.
func (g *Segment) Settled() bool { return g.settled }
