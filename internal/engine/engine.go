package engine

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// Engine runs the use cases over one database. All fields are set before the
// first call and not changed after. It is safe for many goroutines.
type Engine struct {
	Store    *postgres.Store
	Ledger   Ledger // what it sends from; nil: Store
	Shop     Shop
	Channels map[string]*Sender // by the name campaigns use
	Links    Links
	Clock    Clock // nil: live, the database's clock
	Replay   bool  // business time is driven by Clock: everything up to it is known, and ledger and figures are of one instant
	AA       bool  // what is replayed is the past, so that nobody was really treated: reports say so
	Log      *slog.Logger
	Runner   Runner   // nil: live
	Gave     sync.Map // by pool: the code that a gate gave last, behind which the next one looks first

	zones    calendar.Zones            // of customers
	noted    atomic.Pointer[time.Time] // when it said last what it sends by
	mu       sync.Mutex
	versions map[int]*version
}

// Shop is what belongs to the shop and not to a campaign.
type Shop struct {
	Name         string
	Zone         *time.Location
	Currency     string
	Digits       int                                   // decimals of the currency
	PublicURL    string                                // base of the links in messages, no slash at the end
	Quiet        map[string]calendar.Window            // quiet hours by channel, in the customer's zone
	QuietIn      map[string]map[string]calendar.Window // by country, then by channel: all that holds there
	Blackout     []calendar.Blackout                   // days without messages
	Cap          postgres.Cap                          // over all campaigns
	Groups       map[string]postgres.Cap               // over the campaigns of a group, by its name
	Global       holdout.Share                         // held out of every campaign that begins from now on
	Epoch        string                                // of the global holdout; empty iff Global is 0
	MaxAge       map[string]time.Duration              // by feed: how old its watermark may be before it counts as stale
	ReturnWindow time.Duration
	Margin       *float64         // share of revenue; nil: not known
	CostMicros   map[string]int64 // by channel: what a message costs, or one part of a text message, in millionths of the currency's unit
}

// Clock gives business time. Nil means the database's clock.
type Clock interface{ At() *time.Time }

// Links signs the links of messages.
type Links struct {
	Installation string // short name of this installation, part of every message's reference
	Keys         message.Keys
}

// Sender is a channel with what sending on it takes.
type Sender struct {
	Channel channel.Channel
	From    string
	Tokens  Tokens           // its rate; nil: none
	WarmUp  *delivery.WarmUp // nil: none

	pace   pace
	health health
}

// NewSender wraps a channel; inFlight is how many calls it may have open at
// once in this process.
func NewSender(c channel.Channel, from string, inFlight int) *Sender {
	return &Sender{Channel: c, From: from, pace: newPace(inFlight)}
}

// at is business time for statements: nil stands for the database's clock.
func (e *Engine) at() *time.Time {
	if e.Clock == nil {
		return nil
	}
	return e.Clock.At()
}

// now is business time as a value.
func (e *Engine) now(ctx context.Context) (time.Time, error) {
	if at := e.at(); at != nil {
		return *at, nil
	}
	return e.ledger().Now(ctx)
}

// version is one content version ready to run.
type version struct {
	stored  postgres.Campaign
	planner *wave.Planner
	needs   rules.Needs // of the planner
	basis   rules.Basis // what its rule is asked on, with the scores that its design began with
	waves   map[string]campaigns.Wave
	parts   map[choice]part
	pools   []string                           // that its waves give codes from, sorted
	wanted  map[string]postgres.RenderingWants // by wave, what its messages speak of
}

// choice is what of a wave a delivery carries.
type choice struct{ wave, variant, stratum string }

// part is the content of one choice.
type part struct {
	campaigns.Content
	set   *message.Set
	notes map[string]map[string]string // of all strata, by name
	rule  delivery.Rule
}

// version compiles a stored version once. Versions are immutable, so nothing
// is ever forgotten but by the process ending.
func (e *Engine) version(ctx context.Context, id int) (*version, error) {
	e.mu.Lock()
	v := e.versions[id]
	e.mu.Unlock()
	if v != nil {
		return v, nil
	}
	stored, err := e.ledger().CampaignVersion(ctx, id)
	if err != nil {
		return nil, err
	}
	v, err = e.compile(stored)
	if err != nil {
		return nil, brokenVersion{fmt.Errorf("version %d of %s: %w", id, stored.Name, err)}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.versions == nil {
		e.versions = map[int]*version{}
	}
	e.versions[id] = v
	return v, nil
}

// brokenVersion is a stored version that this program cannot run.
type brokenVersion struct{ error }

func (b brokenVersion) Unwrap() error { return b.error }

func (e *Engine) compile(stored postgres.Campaign) (*version, error) {
	def := stored.Definition
	planner, err := wave.NewPlanner(def, designOf(stored), e.Shop.Zone)
	if err != nil {
		return nil, err
	}
	v := &version{stored: stored, planner: planner, needs: planner.Needs(), basis: e.basis(), waves: map[string]campaigns.Wave{}, parts: map[choice]part{}}
	v.basis.Scores = stored.Scores
	sets := map[string]*message.Set{} // by the path written in a wave
	strata, notes := []string{""}, map[string]map[string]string{}
	if def.Strata != nil {
		strata = nil
		for _, s := range def.Strata.Values {
			strata = append(strata, s.Name)
			notes[s.Name] = s.Notes
		}
	}
	uses := message.Uses(def, message.Options{Currency: e.Shop.Currency, Zone: e.Shop.Zone, Link: e.Shop.PublicURL})
	for _, w := range def.Waves {
		v.waves[w.Name] = w
		variants := []string{""}
		if len(w.Variants) > 0 {
			variants = nil
			for _, variant := range w.Variants {
				variants = append(variants, variant.Name)
			}
		}
		for _, variant := range variants {
			for _, stratum := range strata {
				content := w.ContentFor(variant, stratum)
				set := sets[content.Message]
				if set == nil {
					if set, err = message.NewSet(content.Message, def.Messages[content.Message], uses[content.Message]); err != nil {
						return nil, err
					}
					sets[content.Message] = set
				}
				if c := content.Coupon; c != nil && !slices.Contains(v.pools, c.Pool) {
					v.pools = append(v.pools, c.Pool)
				}
				v.parts[choice{w.Name, variant, stratum}] = part{Content: content, set: set, notes: notes, rule: delivery.RuleOf(def, w, content)}
			}
		}
	}
	slices.Sort(v.pools)
	v.wanted = make(map[string]postgres.RenderingWants, len(v.waves))
	for name := range v.waves {
		v.wanted[name] = v.wants(name, e.Shop.Currency)
	}
	return v, nil
}

func designOf(c postgres.Campaign) wave.Design {
	return wave.Design{Number: c.Design, Share: c.Share, Skips: c.Skips, Global: c.Global, Epoch: c.Epoch}
}

// reads says whether any message of a wave may read a field below root.
func (v *version) reads(wave, root string) bool {
	for of, p := range v.parts {
		if of.wave == wave && p.set.Reads(root) {
			return true
		}
	}
	return false
}
