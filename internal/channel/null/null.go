// Package null is a channel that takes every message and keeps none. It stands
// in for a provider where the cost of everything around it is measured; nothing
// but `make bench` and tests constructs it.
package null

import (
	"context"
	"sync/atomic"

	"github.com/rewave/rewave/internal/channel"
)

// Channel takes every message at once. The zero value is ready to use.
type Channel struct{ taken atomic.Int64 }

// Name is "email": it stands in for that channel.
func (c *Channel) Name() string { return "email" }

// Promise is empty.
func (c *Channel) Promise() channel.Promise { return channel.Promise{} }

// Send accepts, unless ctx has ended.
func (c *Channel) Send(ctx context.Context, _ channel.Message) channel.Outcome {
	if ctx.Err() != nil {
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "cancelled", Trouble: channel.OurOwn}
	}
	c.taken.Add(1)
	return channel.Outcome{Verdict: channel.Accepted}
}

// Taken is the number of messages accepted.
func (c *Channel) Taken() int64 { return c.taken.Load() }

// Close does nothing.
func (c *Channel) Close() error { return nil }
