package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/wave"
)

// Engine runs the use cases over one database. All fields are set before the
// first call and not changed after. It is safe for many goroutines.
type Engine struct {
	Store    *postgres.Store
	Shop     Shop
	Channels map[string]*Sender // by the name campaigns use
	Links    Links
	Clock    Clock // nil: live, the database's clock
	Replay   bool  // the past is replayed and nobody was really treated: reports say so
	Log      *slog.Logger

	mu       sync.Mutex
	versions map[int]*version
}

// Shop is what belongs to the shop and not to a campaign.
type Shop struct {
	Name         string
	Zone         *time.Location
	Currency     string
	Digits       int                        // decimals of the currency
	PublicURL    string                     // base of the links in messages, no slash at the end
	Quiet        map[string]calendar.Window // quiet hours by channel, in the customer's zone
	Cap          postgres.Cap               // over all campaigns
	ReturnWindow time.Duration
	Margin       *float64         // share of revenue; nil: not known
	CostMicros   map[string]int64 // by channel: a message's cost in millionths of the currency's unit
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
	pace    pace
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
	return e.Store.Now(ctx)
}

// version is one content version ready to run.
type version struct {
	stored    postgres.Campaign
	planner   *wave.Planner
	waves     map[string]campaigns.Wave
	templates map[string]*message.Template // by wave
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
	stored, err := e.Store.CampaignVersion(ctx, id)
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
	planner, err := wave.NewPlanner(stored.Definition, wave.Design{Number: stored.Design, Share: stored.Share}, e.Shop.Zone)
	if err != nil {
		return nil, err
	}
	v := &version{stored: stored, planner: planner, waves: map[string]campaigns.Wave{}, templates: map[string]*message.Template{}}
	for _, w := range stored.Definition.Waves {
		t, err := message.Compile(w.Content.Message, message.Files(stored.Definition.Messages[w.Content.Message][""]))
		if err != nil {
			return nil, err
		}
		v.waves[w.Name], v.templates[w.Name] = w, t
	}
	return v, nil
}

// channels lists every channel the waves of a campaign name, each once.
func (v *version) channels() []string {
	var names []string
	seen := map[string]bool{}
	for _, w := range v.stored.Definition.Waves {
		for _, c := range w.Channels {
			if !seen[c] {
				seen[c] = true
				names = append(names, c)
			}
		}
	}
	return names
}
