package message

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"
	"golang.org/x/text/language"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/source"
)

// maxSource is the ceiling of one file.
const maxSource = 64 << 10

// Template is a message in one language that passed every check of Compile. It
// is immutable and safe for many callers at once.
type Template struct {
	parts  []part // in the order of their files
	scope  *scope
	source string
	roots  map[string]bool // whether it may read these
	named  []string        // fields that campaign or shop name, as read
	kinds  map[string]kind // what those are used as
	only   map[string]*Template
}

type part struct {
	name    string // the file's
	file    string // with its folder, for diagnostics
	channel string
	text    string
	tpl     *liquid.Template

	straight straight // nil: it takes the library
}

// Reads reports whether the message may read a field below root ("orders"): it
// may say yes for a mere word, and never no for a field. Whoever loads the
// bindings can leave out what is not read.
func (t *Template) Reads(root string) bool {
	reads, asked := t.roots[root]
	return reads || !asked && strings.Contains(t.source, root)
}

// Only is the template without what is not for a channel. It is nil if nothing
// is left.
func (t *Template) Only(channel string) *Template { return t.only[channel] }

// split makes once what Only is asked for with every message.
func (t *Template) split() {
	t.only = map[string]*Template{}
	for _, p := range t.parts {
		only := t.only[p.channel]
		if only == nil {
			only = &Template{scope: t.scope, source: t.source, roots: t.roots, named: t.named, kinds: t.kinds}
			only.only = map[string]*Template{p.channel: only}
			t.only[p.channel] = only
		}
		only.parts = append(only.parts, p)
	}
}

// compile returns a template of the files that have no fault, and the faults of
// the others.
func compile(folder, locale string, files Files, s *scope) (*Template, source.List) {
	var faults source.List
	t := &Template{scope: s, source: files.Subject + files.Text + files.HTML + files.SMS, kinds: map[string]kind{}}
	wanted := s.Channels
	if s.Lenient {
		wanted = []string{}
	} else if wanted == nil {
		wanted = []string{Email}
		if files.SMS != "" && files.Subject+files.Text+files.HTML == "" {
			wanted = []string{SMS}
		}
	}
	e := enginesFor(s, cmp.Or(locale, s.Locale, "en"))
	for _, f := range []struct {
		name, channel, text string
		engine              *liquid.Engine
		tongue              *tongue
		optional            bool
	}{
		{SubjectFile, Email, files.Subject, e.line, &e.plain, false},
		{TextFile, Email, files.Text, e.text, &e.plain, false},
		{HTMLFile, Email, files.HTML, e.html, &e.plain, true},
		{SMSFile, SMS, files.SMS, e.sms, &e.phone, false},
	} {
		file := fileOf(folder, f.name)
		if strings.TrimSpace(f.text) == "" {
			if !f.optional && slices.Contains(wanted, f.channel) {
				hint := "every e-mail needs " + SubjectFile + " and " + TextFile
				if f.channel == SMS {
					hint = "every text message needs " + SMSFile
				}
				faults = append(faults, source.Diagnostic{File: file, Message: "is missing or empty", Hint: hint})
			}
			continue
		}
		c := checker{file: file, text: f.text, html: f.name == HTMLFile, scope: s, template: t, kinds: t.kinds}
		tpl := c.compile(f.engine)
		if tpl != nil && s.checking {
			c.links(f.name == HTMLFile)
		}
		if len(c.faults) == 0 && tpl != nil {
			t.parts = append(t.parts, part{name: f.name, file: file, channel: f.channel, text: f.text, tpl: tpl, straight: straightOf(tpl, f.tongue)})
		}
		faults = append(faults, c.faults...)
	}
	t.roots = map[string]bool{}
	for _, root := range []string{"customer", "unsubscribe_url", "shop", "orders", "stratum", "order", "coupon", "first_name", "last_name", "locale"} {
		t.roots[root] = strings.Contains(t.source, root)
	}
	t.split()
	return t, faults
}

// fileOf is the name of a file in diagnostics.
func fileOf(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}

// engines are the ways a value is written, in one language. They are only read
// once they are built.
type engines struct {
	line, text, html, sms *liquid.Engine
	plain, phone          tongue // what the first three speak, and the last
}

// built keeps engines for ever, by what they differ in: there are as many as a
// shop has languages, and one takes as long to build as ten templates to parse.
var built sync.Map

func enginesFor(s *scope, locale string) engines {
	tag, err := language.Parse(locale)
	if err != nil {
		tag = language.English
	}
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	key := struct{ tag, currency, zone string }{tag.String(), s.Currency, zone.String()}
	if e, ok := built.Load(key); ok {
		return e.(engines)
	}
	plain := tongue{tag: tag, currency: s.Currency, zone: zone, zones: new(calendar.Zones)}
	phone := plain
	phone.phone = true
	e := engines{line: engine(plain), text: engine(plain), html: engine(plain), sms: engine(phone), plain: plain, phone: phone}
	e.line.SetAutoEscapeReplacer(oneLine{})
	e.html.SetAutoEscapeReplacer(render.HtmlEscaper)
	e.sms.SetAutoEscapeReplacer(oneLine{})
	built.Store(key, e)
	return e
}

func engine(l tongue) *liquid.Engine {
	e := liquid.NewEngine()
	e.StrictVariables()
	// The checker refuses these tags already; without them and with a store that
	// is empty, a template that slipped through would still find nothing.
	for _, tag := range []string{"include", "render", "layout", "cycle"} {
		e.UnregisterTag(tag)
	}
	e.RegisterTemplateStore(emptyStore{})
	l.register(e)
	return e
}

// emptyStore knows no template. Without one the library reads the disk.
type emptyStore struct{}

func (emptyStore) ReadTemplate(string) ([]byte, error) {
	return nil, errors.New("templates cannot read other files")
}

// oneLine writes a value with every control character as a space, so that data
// cannot start a new header.
type oneLine struct{}

func (oneLine) WriteString(w io.Writer, s string) (int, error) {
	return io.WriteString(w, strings.Map(flat, s))
}

// flat maps what could break a line, visibly or not, to a space.
func flat(r rune) rune {
	if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
		return ' '
	}
	return r
}
