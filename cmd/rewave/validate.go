package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/gsm"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

func (a *app) campaignValidate() *cobra.Command {
	return &cobra.Command{Use: "validate FOLDER...", Short: "Check files; no server is needed", Args: operands,
		Long: `Checks campaign.yaml, its rules and its messages in every language, and names
every fault at once, each with its place and what to do. Exit code 3 when there
is one. With a rewave.yaml the channels must be among those set up there. Says
of each text message in how many segments it goes and what they cost, and in how
many where a name has letters that phones lack. A folder of campaigns stands for
all of them. Coupon pools, which are in the database, are checked by plan, diff
and apply.`,
		Example: `  rewave campaign validate campaigns/win-back
  rewave campaign validate campaigns/win-back campaigns/second-order
  rewave campaign validate campaigns/win-back --json`,
		RunE: func(_ *cobra.Command, args []string) error { return a.validate(args) }}
}

// load reads one campaign folder with everything that can be checked in it.
func load(folder string, c config.Config) (campaigns.Campaign, error) {
	def, _, err := loadMeasured(folder, c, nil)
	return def, err
}

// texts is what a text message takes, in one language.
type texts struct {
	Message    string       `json:"message"`
	Locale     string       `json:"locale,omitempty"`
	Segments   int          `json:"segments"`
	Encoding   gsm.Encoding `json:"encoding"`
	Characters int          `json:"characters"`
	Cost       *float64     `json:"cost,omitempty"`           // in the shop's currency, where it is known
	Named      int          `json:"segments_named,omitempty"` // with a name that phones have no letters for, where that takes more
	Foreign    string       `json:"foreign,omitempty"`        // its own letters that make it dearer

	length gsm.Length
}

func measure(path, locale string, l message.Length, c config.Config) texts {
	t := texts{Message: path, Locale: locale, Segments: l.Segments, Encoding: l.Encoding, Characters: l.Characters, Named: l.Named.Segments, Foreign: l.Foreign, length: l.Length}
	if c.SMS != nil && c.SMS.CostMicros > 0 {
		cost := float64(int64(l.Segments)*c.SMS.CostMicros) / 1e6
		t.Cost = &cost
	}
	return t
}

func (t texts) says(c config.Config) string {
	says := t.length.String()
	if t.Cost != nil {
		says += fmt.Sprintf(", costs %g %s", *t.Cost, c.Shop.Currency)
	}
	if t.Named > 0 {
		says += fmt.Sprintf("; up to %d segments where a name has a letter outside GSM-7, like Zoë", t.Named)
	}
	if t.Foreign != "" {
		says += fmt.Sprintf("; fewer without %s, outside GSM-7", t.Foreign)
	}
	return says
}

// loadMeasured also measures its text messages, and where the coupon pools are
// known, holds the campaign to them; nil: they are not. Faults of campaign.yaml
// hide none of the messages that it names.
func loadMeasured(folder string, c config.Config, pools []string) (campaigns.Campaign, []texts, error) {
	folder = filepath.Clean(folder)
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		if filepath.Base(folder) != campaigns.File {
			return campaigns.Campaign{}, nil, source.List{{File: folder, Message: "is a file", Hint: "a campaign is a folder with a " + campaigns.File}}
		}
		folder = filepath.Dir(folder)
	}
	library, err := segments(c)
	if err != nil {
		return campaigns.Campaign{}, nil, err
	}
	var faults source.List
	def, err := campaigns.Load(os.DirFS(folder), ".", campaigns.Options{Root: folder, Quiet: c.QuietHours, Channels: channels(c), CurrencyDigits: digits(c), Pools: pools, Attributes: kinds(c), Segments: library.Texts()})
	if err != nil && !errors.As(err, &faults) {
		return def, nil, err
	}
	shop := message.Options{Currency: c.Shop.Currency, Zone: c.Shop.Zone, Link: c.PublicURL, Attributes: slices.Sorted(maps.Keys(c.Attributes)), Lenient: len(faults) > 0}
	uses := message.Uses(def, shop)
	var measured []texts
	for _, path := range slices.Sorted(maps.Keys(def.Messages)) {
		use, used := uses[path]
		if !used {
			use = shop
		}
		lengths, err := message.Check(filepath.Join(folder, path), def.Messages[path], use)
		var list source.List
		if err != nil && !errors.As(err, &list) {
			return def, nil, err
		}
		faults = append(faults, list...)
		for _, locale := range slices.Sorted(maps.Keys(lengths)) {
			measured = append(measured, measure(path, locale, lengths[locale], c))
		}
	}
	return def, measured, faults.Err()
}

// loaded is what loadMeasured returned for one folder.
type loaded struct {
	def   campaigns.Campaign
	texts []texts
	err   error
}

// loadAll loads many folders on all processors; the results stand in the order
// of the folders.
func loadAll(folders []string, c config.Config) []loaded {
	all := make([]loaded, len(folders))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(folders)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(folders)); i = next.Add(1) - 1 {
				l := &all[i]
				l.def, l.texts, l.err = loadMeasured(folders[i], c, nil)
			}
		})
	}
	workers.Wait()
	return all
}

// channels names those that are set up; nil where nothing says so.
func channels(c config.Config) []string {
	if c.File == "" {
		return nil
	}
	return c.Channels()
}

// digits is how many decimals the shop's currency has; nil where nothing says so.
func digits(c config.Config) *int {
	if c.File == "" {
		return nil
	}
	n := order.Decimals(c.Shop.Currency)
	return &n
}

// kinds are the attributes of customers that the shop declared; nil where it
// declared none.
func kinds(c config.Config) map[string]rules.Kind {
	if c.Attributes == nil {
		return nil
	}
	out := make(map[string]rules.Kind, len(c.Attributes))
	for name, kind := range c.Attributes {
		out[name] = rules.Kind(kind)
	}
	return out
}

// valid and faulty are what validate --json prints.
type valid struct {
	Campaign string   `json:"campaign"`
	Folder   string   `json:"folder"`
	Waves    int      `json:"waves"`
	Holdout  *float64 `json:"holdout"` // a share, 0.5 for 50%; null: auto, which the first apply resolves
	Because  string   `json:"because,omitempty"`
	Texts    []texts  `json:"texts,omitempty"`

	holdout string
}

func validOf(def campaigns.Campaign, folder string, measured []texts) valid {
	v := valid{Campaign: def.Name, Folder: folder, Waves: len(def.Waves), Because: def.Holdout.Because, Texts: measured, holdout: def.Holdout.String()}
	if !def.Holdout.Auto {
		share := def.Holdout.Share.Float()
		v.Holdout = &share
	}
	if v.Because == "" && def.OnlyServices() {
		v.Because = "services only"
	}
	if v.Because != "" {
		v.holdout += " (" + v.Because + ")"
	}
	return v
}

type faulty struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (a *app) validate(folders []string) error {
	c, err := config.Load(a.config, a.env)
	if err != nil {
		return err
	}
	folders = campaignFolders(folders)
	var faults source.List
	fine, first := []valid{}, map[string]string{}
	for i, l := range loadAll(folders, c) {
		folder, def, measured, err := folders[i], l.def, l.texts, l.err
		var list source.List
		switch {
		case errors.As(err, &list):
			faults = append(faults, list...)
		case err != nil:
			return err
		case first[def.Name] != "":
			faults = append(faults, source.Diagnostic{File: filepath.ToSlash(folder), Path: "campaign", Message: fmt.Sprintf("%q is the campaign in %s already", def.Name, first[def.Name]), Hint: "give one of them another name"})
		default:
			first[def.Name] = filepath.ToSlash(folder)
			fine = append(fine, validOf(def, folder, measured))
		}
	}
	if a.json {
		out := struct {
			Fine   []valid  `json:"fine"`
			Faults []faulty `json:"faults"`
		}{fine, []faulty{}}
		for _, d := range faults {
			out.Faults = append(out.Faults, faulty(d))
		}
		if err := a.print(out); err != nil || len(faults) == 0 {
			return err
		}
		return reported{faults}
	}
	for _, v := range fine {
		fmt.Fprintln(a.stdout, wrap(v.Campaign+": ", fmt.Sprintf("fine (%s, holdout %s)", count(v.Waves, "wave"), v.holdout)))
		for _, t := range v.Texts {
			fmt.Fprintln(a.stdout, wrap("  "+filepath.ToSlash(filepath.Join(t.Message, t.Locale))+"/sms.txt: ", t.says(c)))
		}
	}
	return faults.Err()
}
