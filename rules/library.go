package rules

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/rewave/rewave/internal/source"
)

// Shelf holds the segments that ship, segments/*.yaml.
//
//go:embed segments/*.yaml
var Shelf embed.FS

// Segment is a rule with a name, written in a file of that name:
//
//	segment: loyal
//	says: Bought three times or more, the last time within half a year.
//	when: orders.count >= 3 and orders.days_since_last <= 180
type Segment struct {
	Name string
	Says string // one sentence, may be empty
	When string // the rule
	File string
}

// Library is named segments, sorted by name, each of which compiles.
type Library []Segment

// Texts are the rules by name, as Options.Segments wants them.
func (l Library) Texts() map[string]string {
	texts := make(map[string]string, len(l))
	for _, s := range l {
		texts[s.Name] = s.When
	}
	return texts
}

// Find is the segment of a name.
func (l Library) Find(name string) (Segment, bool) {
	i := slices.IndexFunc(l, func(s Segment) bool { return s.Name == name })
	if i < 0 {
		return Segment{}, false
	}
	return l[i], true
}

var segmentKeys = source.Keys{Known: []string{"segment", "says", "when"}}

var segmentName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,59}$`)

// LoadSegments reads every *.yaml of a folder. A segment may name others of the
// folder, and of also where the folder has none of that name; none may read
// itself. The error is a source.List with every fault of every file; the Library
// then holds all others, and nothing in place of those. A folder that is not there
// has no segments.
func LoadSegments(fsys fs.FS, dir string, also Library, options Options) (Library, error) {
	files, err := fs.ReadDir(fsys, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read segments: %w", err)
	}
	var all Library
	files = slices.DeleteFunc(files, func(f fs.DirEntry) bool { return f.IsDir() || path.Ext(f.Name()) != ".yaml" })
	var docs []*source.Document
	rule := map[string]source.Node{} // by segment
	var nameless []source.Node       // rules whose file has no name that can be used
	for _, f := range files {
		file := path.Join(dir, f.Name())
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read segments: %w", err)
		}
		doc := source.Parse(file, data)
		docs = append(docs, doc)
		s, when := readSegment(doc.Root(), strings.TrimSuffix(f.Name(), ".yaml"))
		if s.Name == "" { // its faults say so, and those of its rule are told with them
			if s.When != "" {
				nameless = append(nameless, when)
			}
			continue
		}
		s.File = file
		rule[s.Name] = when
		all = append(all, s)
	}
	known := slices.Clone(all)
	for _, s := range also {
		if !slices.ContainsFunc(files, func(f fs.DirEntry) bool { return f.Name() == s.Name+".yaml" }) {
			known = append(known, s)
		}
	}
	options.Segments = known.Texts()
	options.Order, options.Event = false, false
	for _, s := range all {
		compileInside(s.Name, s.When, rule[s.Name], options)
	}
	for _, when := range nameless {
		text, _ := when.Text() // it was read before
		compileInside("", text, when, options)
	}
	var faults source.List
	for _, doc := range docs {
		faults = append(faults, doc.Faults()...)
	}
	slices.SortFunc(known, func(a, b Segment) int { return strings.Compare(a.Name, b.Name) })
	if len(faults) == 0 {
		return known, nil
	}
	faults.Sort()
	return slices.DeleteFunc(known, func(s Segment) bool {
		_, own := rule[s.Name]
		return own && slices.ContainsFunc(faults, func(d source.Diagnostic) bool { return d.File == s.File })
	}), faults
}

// compileInside reports the faults of the rule of a segment where it stands; the
// name is empty where it has none.
func compileInside(segment, text string, at source.Node, options Options) {
	_, wrong := compileOf(segment, text, options)
	for _, f := range wrong {
		at.ReportInside(f.Offset, f.Message, f.Hint)
	}
}

// readSegment reads one file and gives the place of its rule; the name is empty
// where the file has none that can be used.
func readSegment(n source.Node, file string) (s Segment, when source.Node) {
	m, ok := n.Mapping(segmentKeys)
	if !ok {
		return s, when
	}
	if n, ok := m.Get("says"); ok {
		s.Says, _ = n.Text()
	}
	if n, ok := m.Need("when", "for example when: orders.count >= 3"); ok {
		s.When, _ = n.Text()
		when = n
	}
	n, ok = m.Need("segment", "its name, for example segment: "+file)
	if !ok {
		return s, when
	}
	name, _ := n.Text()
	switch {
	case !segmentName.MatchString(name):
		n.Report("a name has small letters, digits and hyphens, at most 60", "for example segment: lapsed-vip")
	case name != file:
		n.Report(fmt.Sprintf("the file is called %s.yaml", file), "give both one name")
	case s.When != "":
		s.Name = name
	}
	return s, when
}
