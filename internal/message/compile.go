package message

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"

	"github.com/rewave/rewave/internal/source"
)

// maxSource is the ceiling of one file.
const maxSource = 64 << 10

// Template is a message that passed every check of Compile. It is immutable and
// safe for many callers at once.
type Template struct {
	subject, text part
	html          *part // nil: no HTML part
	source        string
}

// Reads reports whether the message may read a field below root ("orders"): it
// may say yes for a mere word, and never no for a field. Whoever loads the
// bindings can leave out what is not read.
func (t *Template) Reads(root string) bool { return strings.Contains(t.source, root) }

type part struct {
	file string
	tpl  *liquid.Template
}

// Compile parses and checks the files of one message folder. folder stands in
// front of the file's name in every diagnostic. The error, if any, is a
// source.List with every fault of all files, sorted; then the template is nil.
//
// Compile promises that Render ends soon whatever the customer's data, but not
// that it succeeds for all of them: Check tries that.
func Compile(folder string, files Files) (*Template, error) {
	var faults source.List
	parse := func(name, text string, e *liquid.Engine, html, required bool) *part {
		file := fileOf(folder, name)
		if strings.TrimSpace(text) == "" {
			if required {
				faults = append(faults, source.Diagnostic{File: file, Message: "is missing or empty",
					Hint: "every message needs " + SubjectFile + " and " + TextFile})
			}
			return nil
		}
		c := checker{file: file, text: text, html: html}
		tpl := c.compile(e)
		faults = append(faults, c.faults...)
		return &part{file: file, tpl: tpl}
	}
	e := engines()
	subject := parse(SubjectFile, files.Subject, e.subject, false, true)
	text := parse(TextFile, files.Text, e.text, false, true)
	html := parse(HTMLFile, files.HTML, e.html, true, false)
	if faults != nil {
		faults.Sort()
		return nil, faults
	}
	return &Template{subject: *subject, text: *text, html: html, source: files.Subject + files.Text + files.HTML}, nil
}

// fileOf is the name of a file in diagnostics.
func fileOf(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}

// engines are the three ways a value is written. They are built once and only
// read afterwards.
var engines = sync.OnceValue(func() (e struct{ subject, text, html *liquid.Engine }) {
	e.subject, e.text, e.html = engine(), engine(), engine()
	e.subject.SetAutoEscapeReplacer(oneLine{})
	e.html.SetAutoEscapeReplacer(render.HtmlEscaper)
	return e
})

func engine() *liquid.Engine {
	e := liquid.NewEngine()
	e.StrictVariables()
	// The checker refuses these tags already; without them and with a store that
	// is empty, a template that slipped through would still find nothing.
	for _, tag := range []string{"include", "render", "layout", "cycle"} {
		e.UnregisterTag(tag)
	}
	e.RegisterTemplateStore(emptyStore{})
	registerFilters(e)
	return e
}

// emptyStore knows no template. Without one the library reads the disk.
type emptyStore struct{}

func (emptyStore) ReadTemplate(string) ([]byte, error) {
	return nil, fmt.Errorf("templates cannot read other files")
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
