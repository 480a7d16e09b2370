package scenario

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/source"
)

// Suffix is how the name of a file ends that holds tests.
const Suffix = ".test.yaml"

// How much there may be.
const (
	maxCases     = 1000 // of a file
	maxCustomers = 1000 // of a case
	maxSteps     = 100_000
)

// File is one test file without faults.
type File struct {
	Name  string // as in diagnostics
	Cases []Case // in the order of the file; at least one
}

// Case is one run of the campaign with what is expected of it.
type Case struct {
	Name string
	Line int // where it begins

	file      string
	column    int
	settings  config.Config
	start     time.Time
	end       time.Time // zero: what has begun is played to its end
	last      time.Time // the latest date that is written
	share     *holdout.Share
	pools     map[string]stock
	customers []*person // in the order of the file
	steers    []dated[string]
	silences  []dated[bool] // of the feed of orders; true: it says no more
	refusals  []dated[refusal]
	expect    []expectation
	exactly   bool
}

// dated is a fact that counts from an instant on. The zero instant is always.
type dated[T any] struct {
	at    time.Time
	value T
}

// stock is a pool of coupons, with the codes that are added on the way.
type stock struct {
	coupon.Pool
	endless bool
	added   []dated[int]
}

// refusal says whether the provider of a channel refuses what it is given.
type refusal struct {
	channel string
	refuses bool
}

// expectation is what a customer is expected to get, or not to get. What is
// empty is not asked about.
type expectation struct {
	file         string
	line, column int

	customers        []string
	entry, round     int // counted from 1
	wave             string
	decision         string
	reason           audience.Reason
	channel          string
	from, to         time.Time // [from, to); zero: at any time
	when             string    // as written
	variant, stratum string
	coupon           *bool
	arm              holdout.Arm
	says             []said
	isNone           bool
}

// said is a text that a part of the message must hold, or must not.
type said struct {
	part string // subject, text, html, sms; empty: any
	text string
	not  bool
}

// Load reads every test file in dir of fsys against the campaign that was loaded
// from there; the files come in the order of their names, none where there is no
// test. Root stands before names of files. The error is a source.List of the
// faults of all files, or a *fault.Fault where one cannot be read.
func Load(fsys fs.FS, dir, root string, c campaigns.Campaign, settings config.Config) ([]File, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fault.Wrap(fault.NotFound, err, "the folder cannot be read: "+path.Join(root, dir), "")
	}
	var (
		files  []File
		faults source.List
	)
	for _, e := range entries {
		name := path.Join(root, dir, e.Name())
		switch {
		case e.IsDir() || strings.HasPrefix(e.Name(), "."):
			continue
		case strings.HasSuffix(e.Name(), ".test.yml"):
			faults = append(faults, source.Diagnostic{File: name, Message: "is not read", Hint: "rename it to " + strings.TrimSuffix(e.Name(), "yml") + "yaml"})
			continue
		case !strings.HasSuffix(e.Name(), Suffix):
			continue
		}
		data, err := read(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "the test "+name+" cannot be read", "")
		}
		file, err := Parse(name, data, c, settings)
		var list source.List
		if errors.As(err, &list) {
			faults = append(faults, list...)
			continue
		}
		files = append(files, file)
	}
	return files, faults.Err()
}

func read(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from

	return io.ReadAll(io.LimitReader(f, source.MaxFile+1))
}

// Parse reads one test file of a campaign; file names it in every diagnostic.
// Settings are what the shop is like where the file does not say. The error is a
// source.List of all faults.
func Parse(file string, data []byte, c campaigns.Campaign, settings config.Config) (File, error) {
	doc := source.Parse(file, data)
	if len(doc.Faults()) > 0 && !doc.Root().IsMapping() {
		return File{}, doc.Faults()
	}
	r := &reader{file: file, campaign: c, faults: doc.Faults}
	out := File{Name: file}
	top := source.Keys{Known: []string{"settings", "cases"}, Elsewhere: elsewhere("an item of cases", caseKeys)}
	entries, _ := doc.Root().Entries()
	if !slices.ContainsFunc(entries, func(e source.Entry) bool { return e.Key.Name() == "cases" }) {
		out.Cases = r.one(doc.Root(), settings)
		return out, doc.Faults().Err()
	}
	m, _ := doc.Root().Mapping(top)
	if n, ok := m.Get("settings"); ok {
		settings = settings.With(n)
	}
	n, _ := m.Get("cases")
	items, ok := n.Items()
	if ok && (len(items) == 0 || len(items) > maxCases) {
		n.Report(fmt.Sprintf("must hold 1 to %d cases, not %d", maxCases, len(items)), "")
	}
	lines := map[string]int{}
	for _, item := range items {
		for _, k := range r.one(item, settings) {
			if line, twice := lines[k.Name]; twice {
				item.Report(fmt.Sprintf("the case %q stands on line %d already", k.Name, line), "give it another name")
			}
			lines[k.Name] = k.Line
			out.Cases = append(out.Cases, k)
		}
	}
	return out, doc.Faults().Err()
}

func elsewhere(place string, keys source.Keys) map[string]string {
	out := map[string]string{}
	for _, k := range keys.Known {
		if k != "settings" {
			out[k] = "it stands below " + place
		}
	}
	return out
}
