package scenario

import (
	"maps"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/wave"
	"github.com/rewave/rewave/rules"
)

// Runner runs cases of one campaign. It keeps what it compiled, and is not safe
// for concurrent use.
type Runner struct {
	campaign campaigns.Campaign
	planners map[plans]*wave.Planner
	messages map[shop]map[string]*message.Set
}

// plans and shop are what of a case's settings is compiled in.
type plans struct {
	zone          string
	share, global holdout.Share
	epoch         string
}

type shop struct{ zone, currency, url string }

// NewRunner is a runner of a campaign that was loaded without faults.
func NewRunner(c campaigns.Campaign) *Runner {
	return &Runner{campaign: c, planners: map[plans]*wave.Planner{}, messages: map[shop]map[string]*message.Set{}}
}

// Run plays a case and compares what happened with what it expects. An error
// says that the campaign cannot be run at all: a message that does not compile.
func (r *Runner) Run(k Case) (Result, error) {
	run, err := r.run(k)
	if err != nil {
		return Result{}, err
	}
	return run.judge(run.play()), nil
}

// run is a case that is ready to be played.
func (r *Runner) run(k Case) (*run, error) {
	planner, err := r.planner(k)
	if err != nil {
		return nil, err
	}
	contents, err := r.contents(k)
	if err != nil {
		return nil, err
	}
	digits := order.Decimals(k.settings.Shop.Currency)
	run := &run{Case: &k, campaign: r.campaign, planner: planner, contents: contents, costs: k.settings.Costs(), perMinor: 1_000_000,
		basis: rules.Basis{Zone: k.settings.Shop.Zone, Digits: digits, Money: k.settings.Shop.Currency}}
	for range digits {
		run.perMinor /= 10
	}
	for _, p := range k.customers {
		run.lives = append(run.lives, &life{person: p})
	}
	return run, nil
}

// autoShare is the holdout of `auto` where the case says none: a test has no
// past of a shop from which another could be chosen.
const autoShare = holdout.Whole / 10

func (r *Runner) planner(k Case) (*wave.Planner, error) {
	share := r.campaign.Holdout.Share
	if r.campaign.Holdout.Auto {
		share = autoShare
	}
	if k.share != nil {
		share = *k.share
	}
	key := plans{k.settings.Shop.Zone.String(), share, k.settings.Global.Share, k.settings.Global.Epoch}
	if p := r.planners[key]; p != nil {
		return p, nil
	}
	skips, err := wave.Skips(r.campaign, k.start, k.settings.Shop.Zone)
	if err != nil {
		return nil, err
	}
	p, err := wave.NewPlanner(r.campaign, wave.Design{Number: 1, Share: share, Skips: skips, Global: key.global, Epoch: key.epoch}, k.settings.Shop.Zone)
	if err != nil {
		return nil, err
	}
	r.planners[key] = p
	return p, nil
}

func (r *Runner) contents(k Case) (map[string]*message.Set, error) {
	of := k.settings
	key := shop{of.Shop.Zone.String(), of.Shop.Currency, of.PublicURL}
	if sets := r.messages[key]; sets != nil {
		return sets, nil
	}
	sets := map[string]*message.Set{}
	uses := message.Uses(r.campaign, message.Options{Currency: key.currency, Zone: of.Shop.Zone, Link: key.url})
	for path, use := range uses {
		set, err := message.NewSet(path, maps.Clone(r.campaign.Messages[path]), use)
		if err != nil {
			return nil, err
		}
		sets[path] = set
	}
	r.messages[key] = sets
	return sets, nil
}
