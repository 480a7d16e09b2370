package campaigns

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

// File is the name of the file that makes a folder a campaign.
const File = "campaign.yaml"

// Options are what a campaign leans on. The zero Options are those of a shop
// with every channel, no quiet hours and a currency of two decimals.
type Options struct {
	Root           string                     // stands before names of files in diagnostics and in Dir; may be empty
	Channels       []string                   // the channels campaigns may name; nil: email and sms
	Quiet          map[string]calendar.Window // quiet hours by channel
	Attributes     map[string]rules.Kind      // customers' attributes that the shop declared; nil: any may be named
	Segments       map[string]string          // the rules of named segments, by name
	CurrencyDigits *int                       // decimals of the shop's currency; nil: 2
	Pools          []string                   // the coupon pools there are; nil: not checked
}

func (o Options) name(parts ...string) string {
	return path.Join(append([]string{o.Root}, parts...)...)
}

// Folders names the folders of fsys that hold a campaign, in the order of the
// alphabet: also those whose file has another ending, which Load complains of.
// Those that begin with a dot are left out.
func Folders(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && (there(fsys, path.Join(e.Name(), File)) || there(fsys, path.Join(e.Name(), misnamed))) {
			found = append(found, e.Name())
		}
	}
	return found, nil
}

// misnamed is how some write the ending of File.
const misnamed = "campaign.yml"

func there(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

// Load reads the campaign in dir of fsys with its message files. Its faults are
// a source.List, also where dir is no campaign at all. A campaign with faults is
// what could be read of it, good for nothing but to check its messages too.
func Load(fsys fs.FS, dir string, options Options) (Campaign, error) {
	file := path.Join(dir, File)
	data, err := read(fsys, file)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		return Campaign{}, source.List{noCampaign(fsys, dir, options)}
	case err != nil:
		return Campaign{}, fault.Wrap(fault.Unavailable, err, "the campaign "+options.name(file)+" cannot be read", "")
	}
	doc := source.Parse(options.name(file), data)
	var partial Campaign
	if doc.Root().IsMapping() {
		w := &writing{fsys: fsys, dir: dir, options: options, folders: map[string]*folderRead{}, trigger: rules.Options{Attributes: options.Attributes, Segments: options.Segments}}
		w.campaign(doc.Root())
		if len(doc.Faults()) == 0 {
			w.c.Dir = options.name(dir)
			w.c.Version, w.c.Design = version(w.c), design(w.c)
			return w.c, nil
		}
		partial = w.c
	} else if len(doc.Faults()) == 0 {
		topTable.read(doc.Root()) // says what it is instead
	}
	return partial, doc.Faults()
}

// noCampaign says what dir is instead.
func noCampaign(fsys fs.FS, dir string, options Options) source.Diagnostic {
	if name := path.Join(dir, misnamed); there(fsys, name) {
		return source.Diagnostic{File: options.name(name), Message: "is not read", Hint: "rename it to " + File}
	}
	what := "there is no such folder"
	if info, err := fs.Stat(fsys, dir); err == nil && info.IsDir() {
		what = "there is no " + File + " in it"
	} else if err == nil {
		what = "is a file"
	}
	return source.Diagnostic{File: options.name(dir), Message: what, Hint: "a campaign is a folder with a " + File}
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

	c       Campaign
	trigger rules.Options // what a rule may read of the entry
	waves   []written
	folders map[string]*folderRead // message folders read already

	strataBroken bool // their names have faults
}

var (
	campaignName = regexp.MustCompile(campaignPattern)
	plainName    = regexp.MustCompile(namePattern)
	noteName     = regexp.MustCompile(notePattern)
)

func (w *writing) campaign(n source.Node) {
	m, _ := topTable.read(n)
	if n, ok := m.Need("campaign", "its name: campaign: win-back"); ok {
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
	w.bounds(m)
	if n, ok := m.Need("enter", "who comes in, and when: enter: {on: order_paid, when: orders.count == 1}"); ok {
		w.enter(n)
	}
	if n, ok := m.Get("exit"); ok {
		w.c.Exit = different(n, "reason to leave", exitReasons)
	}
	if n, ok := m.Get("hold_while"); ok {
		w.c.HoldWhile = different(n, "condition to hold on", holdConditions)
	}
	w.staleness(m)
	w.c.Rounds = Rounds{Times: 1}
	if n, ok := m.Get("rounds"); ok {
		w.rounds(n)
	}
	strata, hasStrata := m.Get("strata")
	if hasStrata {
		w.strata(strata)
	}
	if n, ok := m.Need("waves", "at least one: waves: [{wave: thanks, after: 1d, channels: [email], message: messages/thanks}]"); ok {
		w.allWaves(n, hasStrata)
	}
	w.holdout(m)
	w.c.Limits = Limits{Priority: defaultPriority}
	if n, ok := m.Get("limits"); ok {
		w.limits(n)
	}
	n, ok := m.Get("evaluation")
	w.evaluation(n, ok, hasStrata)
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

// staleness is after exit: with one, it is better to wait than to write to
// somebody who has just bought.
func (w *writing) staleness(m source.Mapping) {
	w.c.IfFeedStale = w.c.staleDefault()
	if n, ok := m.Get("if_feed_stale"); ok {
		w.c.IfFeedStale, _ = n.OneOf("way to go on", staleAnswers, nil)
	}
}

func (c Campaign) staleDefault() string {
	if len(c.Exit) > 0 {
		return "wait"
	}
	return "send"
}

func (w *writing) rounds(n source.Node) {
	m, ok := roundTable.read(n)
	if !ok {
		return
	}
	if times, ok := m.Need("times", "rounds: {times: 5, every: 30d}"); ok {
		if count, ok := times.Int(1, maxRounds); ok {
			w.c.Rounds.Times = count
		}
	}
	every, ok := m.Get("every")
	if ok {
		w.c.Rounds.Every, _ = every.Duration(time.Hour)
	} else if w.c.Rounds.Times > 1 {
		n.Report(`"every" is missing`, "from the beginning of one round to that of the next: every: 30d")
	}
}

func (w *writing) limits(n source.Node) {
	m, _ := limitTable.read(n)
	l := &w.c.Limits
	if n, ok := m.Get("per_customer"); ok {
		if count, window, ok := n.Cap(); ok {
			l.PerCustomer = &Cap{Count: count, Window: window}
		}
	}
	if n, ok := m.Get("per_minute"); ok {
		l.PerMinute, _ = n.Int(1, maxMinute)
	}
	l.BudgetMinor = w.budget(m, "budget")
	if l.DayBudgetMinor = w.budget(m, "budget_per_day"); l.BudgetMinor != nil && l.DayBudgetMinor != nil && *l.DayBudgetMinor > *l.BudgetMinor {
		n, _ := m.Get("budget_per_day")
		n.Report("more in a day than in all", "make it less than budget:, or take it out")
	}
	if n, ok := m.Get("cool_down"); ok {
		l.CoolDown, _ = n.Duration(time.Minute)
	}
	if n, ok := m.Get("priority"); ok {
		l.Priority, _ = n.Int(0, 100)
	}
	if n, ok := m.Get("group"); ok {
		l.Group, _ = plainText(n, "a group")
	}
}

// budget is an amount of money; nil: none is written.
func (w *writing) budget(m source.Mapping, key string) *int64 {
	n, ok := m.Get(key)
	if !ok {
		return nil
	}
	digits := 2
	if w.options.CurrencyDigits != nil {
		digits = *w.options.CurrencyDigits
	}
	minor, ok := n.Decimal(digits)
	switch {
	case !ok:
		return nil
	case minor == 0:
		n.Report("a budget of 0 would let nothing out", "leave it out for no budget")
		return nil
	}
	w.c.Limits.BudgetDigits = digits
	return &minor
}

// different reads a list of known words, none of them twice, sorted.
func different(n source.Node, what string, known []string) []string {
	out := once(n, func(item source.Node) (string, bool) { return item.OneOf(what, known, nil) })
	slices.Sort(out)
	return out
}

// once reads a list, in its order, of words of which none stands there twice.
func once(n source.Node, read func(source.Node) (string, bool)) []string {
	items, _ := n.Items()
	if len(items) > maxList {
		n.Report(fmt.Sprintf("must hold at most %d, not %d", maxList, len(items)), "")
		return nil
	}
	var out []string
	for _, item := range items {
		word, ok := read(item)
		switch {
		case !ok:
		case slices.Contains(out, word):
			item.Report(fmt.Sprintf("%q stands here twice", word), "")
		default:
			out = append(out, word)
		}
	}
	return out
}

// plainText reads a name of the kind that waves, variants, points and pools have.
func plainText(n source.Node, of string) (string, bool) {
	s, ok := n.Text()
	if ok && !plainName.MatchString(s) {
		notPlain(n, s, of)
		return "", false
	}
	return s, ok
}

// plainKey checks a key that the person chose.
func plainKey(key source.Node, of string) bool {
	if !plainName.MatchString(key.Name()) {
		notPlain(key, key.Name(), of)
		return false
	}
	return true
}

func notPlain(n source.Node, name, of string) {
	n.Report(fmt.Sprintf("%q is not a name for %s", name, of), "letters, digits, and . _ - between them, at most 60")
}

// dataText reads a word that comes from the shop's data, such as the name of an
// event or of an attribute.
func dataText(n source.Node, of string) (string, bool) {
	s, ok := n.Full()
	if ok && !isDataName(s) {
		notDataName(n, s, of)
		return "", false
	}
	return s, ok
}

func isDataName(s string) bool {
	return s != "" && strings.TrimSpace(s) == s && utf8.RuneCountInString(s) <= maxText && !strings.ContainsFunc(s, unicode.IsControl)
}

func notDataName(n source.Node, name, of string) {
	n.Report(fmt.Sprintf("%q is not a name for %s", name, of), fmt.Sprintf("at most %d letters on one line, without blanks at either end", maxText))
}
