package engine

import (
	"cmp"
	"maps"
	"slices"

	"github.com/rewave/rewave/internal/delivery"
)

// outcomes are what becomes of a chunk while it is under way.
type outcomes struct {
	Sent
	refused map[refusal]int
	called  int  // calls that were begun
	rests   bool // the provider
}

// refusal is why it is not sure that a provider took a message, and what the
// delivery is then.
type refusal struct {
	State  delivery.State
	Reason string
}

func (o *outcomes) count(state delivery.State, reason string) {
	o.Sent.count(state)
	if state == delivery.Accepted {
		return
	}
	if o.refused == nil {
		o.refused = map[refusal]int{}
	}
	o.refused[refusal{state, cmp.Or(reason, "no reason given")}]++
}

// maxRefusals bounds what one chunk says in the log: some providers put a number
// of their own into every reason.
const maxRefusals = 10

// warnRefused says once for each reason how many messages the provider did not
// take: a mail server that is down is to be seen where operators look.
func (e *Engine) warnRefused(v *version, c Chunk, o outcomes) {
	if len(o.refused) == 0 {
		return
	}
	most := func(a, b refusal) int {
		return cmp.Or(o.refused[b]-o.refused[a], cmp.Compare(a.State, b.State), cmp.Compare(a.Reason, b.Reason))
	}
	log := e.Log.With("channel", c.Channel, "campaign", v.stored.Name, "wave", c.Wave)
	all := slices.SortedFunc(maps.Keys(o.refused), most)
	for _, r := range all[:min(len(all), maxRefusals)] {
		log.Warn("the provider did not take messages", "messages", o.refused[r], "reason", r.Reason, "now", r.State)
	}
	if len(all) > maxRefusals {
		more := 0
		for _, r := range all[maxRefusals:] {
			more += o.refused[r]
		}
		log.Warn("the provider did not take messages, for other reasons", "messages", more, "reasons", len(all)-maxRefusals)
	}
}
