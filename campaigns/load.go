package campaigns

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// File is the name of the file that makes a folder a campaign.
const File = "campaign.yaml"

// Options are what a campaign leans on. The zero Options are those of a shop
// with every channel and no quiet hours.
type Options struct {
	Root     string                     // stands before names of files in diagnostics and in Dir; may be empty
	Channels []string                   // the channels campaigns may name; nil: all this version can send on
	Quiet    map[string]calendar.Window // quiet hours by channel
}

func (o Options) name(parts ...string) string {
	return path.Join(append([]string{o.Root}, parts...)...)
}

// Load reads the campaign in dir of fsys with its message files. Its faults are
// a source.List, also where dir is no campaign at all.
func Load(fsys fs.FS, dir string, options Options) (Campaign, error) {
	c, _, err := load(fsys, dir, options)
	return c, err
}

// LoadDir reads every campaign of fsys, one a folder, ordered by the folder's
// name. The campaigns without faults are returned whatever the error; the error
// is a source.List of the faults of all others, or a *fault.Fault where there
// is no campaign at all.
func LoadDir(fsys fs.FS, options Options) ([]Campaign, error) {
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fault.Wrap(fault.NotFound, err, "the folder of the campaigns cannot be read: "+options.name("."), "")
	}
	var (
		found  []Campaign
		faults source.List
		first  = map[string]string{} // campaign's name to its file
	)
	for _, f := range folders {
		dir := f.Name()
		if strings.HasPrefix(dir, ".") {
			continue
		}
		if _, err := fs.Stat(fsys, path.Join(dir, File)); err != nil {
			if _, err := fs.Stat(fsys, path.Join(dir, "campaign.yml")); err == nil {
				faults = append(faults, source.Diagnostic{File: options.name(dir, "campaign.yml"), Message: "is not read", Hint: "rename it to " + File})
			}
			continue
		}
		c, name, err := load(fsys, dir, options)
		var list source.List
		switch {
		case errors.As(err, &list):
			faults = append(faults, list...)
			continue
		case err != nil:
			return nil, err
		}
		if other, twice := first[c.Name]; twice {
			name.Report(fmt.Sprintf("the campaign %q is written in %s already", c.Name, other), "give one of them another name")
			faults = append(faults, name.Document().Faults()...)
			continue
		}
		first[c.Name] = options.name(dir, File)
		found = append(found, c)
	}
	if len(found) == 0 && len(faults) == 0 {
		return nil, fault.New(fault.NotFound, "there is no campaign in "+options.name("."), "a campaign is a folder with a "+File)
	}
	return found, faults.Err()
}

// load also returns the node of the campaign's name.
func load(fsys fs.FS, dir string, options Options) (Campaign, source.Node, error) {
	file := path.Join(dir, File)
	data, err := read(fsys, file)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		what := "there is no such folder"
		if info, err := fs.Stat(fsys, dir); err == nil && info.IsDir() {
			what = "there is no " + File + " in it"
		} else if err == nil {
			what = "is a file"
		}
		return Campaign{}, source.Node{}, source.List{{File: options.name(dir), Message: what, Hint: "a campaign is a folder with a " + File}}
	case err != nil:
		return Campaign{}, source.Node{}, fault.Wrap(fault.Unavailable, err, "the campaign "+options.name(file)+" cannot be read", "")
	}
	doc := source.Parse(options.name(file), data)
	if doc.Root().IsMapping() {
		w := &writing{fsys: fsys, dir: dir, options: options, read: map[string]bool{}}
		w.campaign(doc.Root())
		if len(doc.Faults()) == 0 {
			w.c.Dir = options.name(dir)
			w.c.Version, w.c.Design = version(w.c), design(w.c)
			return w.c, w.name, nil
		}
	} else if len(doc.Faults()) == 0 {
		doc.Root().Mapping(topKeys) // says what it is instead
	}
	return Campaign{}, source.Node{}, doc.Faults()
}

// read reads at most one byte more than a file may have.
func read(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from

	return io.ReadAll(io.LimitReader(f, source.MaxFile+1))
}

// writing is a campaign while it is read. Where a value has a fault the reading
// goes on without it.
type writing struct {
	fsys    fs.FS
	dir     string
	options Options

	c     Campaign
	name  source.Node
	waves []written
	read  map[string]bool // message folders read already
}

// written is a wave with the places of what is checked once all are known.
type written struct {
	wave           *Wave
	name           source.Node
	after          source.Node // of the wave it follows; valid where After.Wave is set
	between        source.Node // valid where Between is set
	hasName, wired bool
}

var (
	topKeys = source.Keys{
		Known: []string{"campaign", "says", "owner", "enter", "from", "until", "holdout", "because", "exit", "rounds", "waves", "limits", "evaluation"},
		Later: []string{"hold_while", "strata", "if_feed_stale", "priority", "budget", "variants", "zone", "currency"},
	}
	roundKeys = source.Keys{Known: []string{"times", "every"}}
	limitKeys = source.Keys{Known: []string{"per_customer"}, Later: []string{"per_minute", "budget", "priority"}}
)

var (
	campaignName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,59}$`)
	plainName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`)
)

func (w *writing) campaign(n source.Node) {
	m, _ := n.Mapping(topKeys)
	if n, ok := m.Need("campaign", "its name: campaign: win-back"); ok {
		w.name = n
		w.c.Name, _ = source.Parsed(n, func(s string) (string, error) {
			if !campaignName.MatchString(s) {
				return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not a name for a campaign", s), "small letters, digits and hyphens, at most 60: win-back")
			}
			return s, nil
		})
	}
	if n, ok := m.Get("says"); ok {
		w.c.Says, _ = n.Full()
	}
	if n, ok := m.Get("owner"); ok {
		w.c.Owner, _ = n.Full()
	}
	if n, ok := m.Need("enter", "who comes in, and when: enter: {on: order_paid, when: orders.count == 1}"); ok {
		w.enter(n)
	}
	w.bounds(m)
	w.holdout(m)
	if n, ok := m.Get("exit"); ok {
		w.exit(n)
	}
	w.c.Rounds = Rounds{Times: 1}
	if n, ok := m.Get("rounds"); ok {
		w.rounds(n)
	}
	if n, ok := m.Need("waves", "at least one: waves: [{wave: thanks, after: 1d, channels: [email], message: messages/thanks}]"); ok {
		w.allWaves(n)
	}
	if n, ok := m.Get("limits"); ok {
		limits, _ := n.Mapping(limitKeys)
		if n, ok := limits.Get("per_customer"); ok {
			if count, window, ok := n.Cap(); ok {
				w.c.Limits.PerCustomer = &Cap{Count: count, Window: window}
			}
		}
	}
	n, ok := m.Get("evaluation")
	w.evaluation(n, ok)
}

func (w *writing) bounds(m source.Mapping) {
	if n, ok := m.Get("from"); ok {
		w.c.From, _ = source.Quoted(n, calendar.ParseDate)
	}
	n, ok := m.Get("until")
	if !ok {
		return
	}
	w.c.Until, ok = source.Quoted(n, calendar.ParseDate)
	if ok && !w.c.From.IsZero() && !w.c.From.Before(w.c.Until) {
		n.Report(fmt.Sprintf("entry from %s until %s is never open", w.c.From, w.c.Until), "`until` is the first day on which nobody comes in")
	}
}

func (w *writing) exit(n source.Node) {
	items, _ := n.Items()
	for _, item := range items {
		reason, ok := item.OneOf("reason to leave", []string{"repurchased"}, nil)
		if !ok {
			continue
		}
		for _, had := range w.c.Exit {
			if had == reason {
				item.Report(fmt.Sprintf("%q stands here twice", reason), "")
				ok = false
			}
		}
		if ok {
			w.c.Exit = append(w.c.Exit, reason)
		}
	}
	sort.Strings(w.c.Exit)
}
